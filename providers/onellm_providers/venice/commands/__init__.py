"""`onellm venice`: what Venice has beyond chat, from the command line."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "image": "media", "edit": "media", "upscale": "media", "speak": "media", "transcribe": "media", "video": "video",
    "characters": "lists", "models": "lists", "balance": "account", "usage": "account", "keys": "keys",
    "search": "web", "scrape": "web", "attest": "web", "contract": "contract", "operations": "contract",
}  # fmt: skip
"""Each is the command of that name in the module of that name here."""


class Commands(click.Group):
    """Imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{COMMANDS[cmd_name]}"), cmd_name)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--profile", metavar="NAME", help="A second account: its key is VENICE_<NAME>_API_KEY.")
@click.option(
    "--env-file", metavar="FILE", help="Read keys and base URLs from a file of KEY=VALUE lines; the environment wins."
)
@click.pass_context
def venice(ctx: click.Context, profile: str | None, env_file: str | None) -> None:
    """Images, speech, video, characters, billing and more of Venice. The key is VENICE_API_KEY."""
    from onellm.config import load_config

    if env_file is not None:
        load_config(env_file)
    ctx.obj = profile
