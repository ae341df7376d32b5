"""What the commands share: the client, and results as JSON."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from onellm.cli.output import one_line
from onellm_providers.venice.client import Venice

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def client() -> Generator[Venice]:
    """A client of the account that `--profile` names."""
    profile: str | None = click.get_current_context().obj
    with Venice(profile=profile) as found:
        yield found


def plain(result: Any) -> Any:
    """A result as JSON has it."""
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


def written(path: Path) -> None:
    """Say where a result went."""
    click.echo(one_line(str(path)))


def number(value: object) -> str:
    """A number for people; a dash where it is not known."""
    return "–" if value is None else f"{float(str(value)):,.6g}"
