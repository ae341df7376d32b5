"""The `onellm` command. It needs the extra `cli` (click, rich); nothing of it is imported before `main` runs."""

from __future__ import annotations

import io
import sys
from importlib import import_module

ADVICE = (
    "The onellm command needs its extra 'cli': run `python -m pip install click rich`, "
    "or install the checkout or wheel again as 'PATH[cli]'."
)


def main() -> None:
    """Run the command line and exit with its status."""
    try:
        import_module("rich")
        from onellm.cli.app import cli
    except ImportError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.exit(ADVICE)
    except KeyboardInterrupt:
        sys.exit(130)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a character shows a ? for it
    cli(prog_name="onellm")
