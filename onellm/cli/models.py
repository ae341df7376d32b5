"""`onellm models`: what providers serve, as they say it now."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from onellm.capabilities import Capability, ModelInfo, Prices
from onellm.cli.options import env_file
from onellm.cli.output import one_line, print_json, print_table
from onellm.errors import ConfigurationError, OneLLMError

if TYPE_CHECKING:
    from onellm.client import OneLLM


@click.command()
@click.argument("provider", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one array with an object for each model.")
@env_file
def models(provider: str | None, as_json: bool) -> None:
    """Ask a provider for its models; without one, all that have a key."""
    from onellm.client import OneLLM

    with OneLLM() as client:
        found, complete = (client.list_models(provider), True) if provider else _ask_all(client)
    if as_json:
        print_json([{"model": info.model, **asdict(info)} for info in found])
    else:
        columns = ("model", "context", "capabilities", "USD per 1M, in / out")
        print_table(columns, [_row(info) for info in found])
    if not complete:
        raise click.exceptions.Exit(1)


def _ask_all(client: OneLLM) -> tuple[list[ModelInfo], bool]:
    """The models of all providers that have a key, and whether each of them answered."""
    from onellm.cli.providers import status
    from onellm.registry import list_providers

    names = [name for name in list_providers() if status(name).key_configured]
    if not names:
        raise ConfigurationError(
            "No provider has a key. Set one (`onellm providers` lists the variables), run `onellm auth set PROVIDER`, "
            "or name a provider that needs none."
        )
    found: list[ModelInfo] = []
    complete = True
    for name in names:
        try:
            found += client.list_models(name)
        except OneLLMError as error:
            complete = False
            click.echo(one_line(f"{name}: {type(error).__name__}: {error.message}"), err=True)
    return found, complete


def _row(info: ModelInfo) -> tuple[str, ...]:
    does = [word.value for word in Capability if info.capabilities.get(word)]
    window = f"{info.context_window:,}" if info.context_window else "unknown"
    return info.model, window, " ".join(does) or "unknown", _prices(info.prices)


def _prices(prices: Prices | None) -> str:
    if prices is None:
        return "unknown"
    return " / ".join("unknown" if price is None else f"{price:.4g}" for price in (prices.input, prices.output))
