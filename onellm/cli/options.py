"""Options that several commands share."""

from __future__ import annotations

import json
from typing import Any

import click

from onellm.config import load_config

RESERVED = ("model", "messages", "stream")


def parameters(ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]) -> dict[str, Any]:
    """NAME=VALUE pairs as a table. Raises BadParameter."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not name or not sign:
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE.")
        if name in RESERVED:
            raise click.BadParameter(f"{name} has its own place on the command line.")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


model = click.option("-m", "--model", required=True, metavar="PROVIDER/MODEL", help="Which model does it.")
params = click.option(
    "-p", "--param", "params", multiple=True, callback=parameters, metavar="NAME=VALUE",
    help="Any other parameter of the API; VALUE is JSON or text. May be given several times.",
)  # fmt: skip


def _load(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None:
        load_config(value)


env_file = click.option(
    "--env-file",
    metavar="FILE",
    callback=_load,
    expose_value=False,
    help="Read keys and base URLs from a file of KEY=VALUE lines; the real environment wins.",
)
