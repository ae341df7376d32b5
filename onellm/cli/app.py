"""The group behind `onellm`: its commands, those that packages add, and errors shown in one line."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from onellm import __version__
from onellm.cli.output import one_line
from onellm.errors import ConfigurationError, OneLLMError

COMMANDS = (
    "chat", "embed", "image", "speak", "transcribe", "batch", "models", "providers", "auth", "simulate", "demo"
)  # fmt: skip
"""Each is the command of that name in the module of that name."""
GROUP = "onellm.commands"
INTERRUPTED = 130


@functools.cache
def added() -> Mapping[str, EntryPoint]:
    """The commands that installed packages add, not yet imported."""
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in COMMANDS}


class Commands(click.Group):
    """Imports a command when it is asked for, and turns errors into a line and a status."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *sorted(added())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            found: Any = getattr(import_module(f"onellm.cli.{cmd_name}"), cmd_name)
        elif (point := added().get(cmd_name)) is not None:
            found = _load(point)
        else:
            return None
        if not isinstance(found, click.Command):
            raise ConfigurationError(f"What is installed as the command {cmd_name!r} is no click command.")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Added commands are listed by their origin, so that help imports none of them."""
        own = [(name, command.get_short_help_str(80)) for name in COMMANDS if (command := self.get_command(ctx, name))]
        others = [(name, f"From {point.value.partition(':')[0]}.") for name, point in sorted(added().items())]
        with formatter.section("Commands"):
            formatter.write_dl([*own, *others])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OneLLMError as error:
            click.echo(one_line(f"{type(error).__name__}: {error.message}"), err=True)
            ctx.exit(1)
        except (KeyboardInterrupt, click.Abort):
            click.echo("Interrupted.", err=True)
            ctx.exit(INTERRUPTED)


def _load(point: EntryPoint) -> Any:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"The command {point.name} cannot be imported: {error}.") from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="onellm", message="%(prog)s %(version)s")
def cli() -> None:
    """One API over every model provider; a model is written PROVIDER/MODEL, such as venice/zai-org-glm-5."""
