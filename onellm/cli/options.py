"""Options that several commands share."""

from __future__ import annotations

import click

from onellm.config import load_config


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
