"""How commands print: tables, JSON and notes, all of them harmless for a terminal."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

import click

from onellm.cli.sanitize import sanitize

_UNSAFE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: str) -> str:
    """The text in one line, sanitized."""
    return " ".join(sanitize(text).split())


def note(text: str) -> None:
    """A remark beside the answer: dim, on stderr."""
    click.secho(one_line(text), dim=True, err=True)


def print_json(value: Any) -> None:
    """A value as JSON on stdout; characters that could steer a terminal are escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    click.echo(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on stdout: as wide as the terminal, or lines of tab-separated cells where stdout is no terminal."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in [columns, *cells]:
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(Text(column), no_wrap=number == 0, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    Console(markup=False, highlight=False).print(table)
