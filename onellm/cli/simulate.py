"""`onellm simulate`: the simulator for programs outside Python, and for a first try without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from onellm.testing.simulator import Simulator


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=4010, show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--pace", type=click.FloatRange(0), default=0.0, help="Seconds between two events of a stream.")
def simulate(port: int, host: str, pace: float) -> None:
    """Answer on loopback as the services do, until Ctrl-C.

    There is no model behind it, and any key will do. `onellm chat` and other programs find it by the variables printed.
    """
    from onellm.testing.simulator import serve

    try:
        serve(host, port, pace, ready=_announce)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--host") from None
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on {host}, port {port}: {error.strerror}. Choose another with --port."
        ) from None


def _announce(sim: Simulator) -> None:
    click.echo(f"Simulating on {sim.url}; Ctrl-C ends it. To send OneLLM's calls here:\n")
    for name, value in sim.environ.items():
        click.echo(f"export {name}={value}")
