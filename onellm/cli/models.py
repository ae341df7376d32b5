"""`onellm models`: what providers serve, as they say it now; or, with a filter, as it is known without asking them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from onellm.capabilities import Capability, ModelInfo, Prices
from onellm.cli.options import env_file
from onellm.cli.output import one_line, print_json, print_table
from onellm.errors import CapabilityError, ConfigurationError, OneLLMError

if TYPE_CHECKING:
    from onellm.client import OneLLM
    from onellm.models.search import ModelFilter

F = TypeVar("F", bound=Callable[..., Any])

WORDS = {
    Capability.TOOLS: "Takes tools.",
    Capability.JSON_SCHEMA: "Answers by a JSON schema.",
    Capability.REASONING: "Reasons.",
    Capability.VISION: "Takes images.",
    Capability.AUDIO_INPUT: "Takes audio.",
    Capability.VIDEO_INPUT: "Takes video.",
    Capability.DOCUMENT_INPUT: "Takes documents.",
    Capability.AUDIO_OUTPUT: "Gives audio.",
    Capability.IMAGE_OUTPUT: "Gives images.",
}
"""The capabilities that have an option."""

BOUNDS = (
    ("--max-price", "max_input_price", click.FloatRange(0), "USD for a million tokens of input, at most."),
    ("--max-output-price", "max_output_price", click.FloatRange(0), "USD for a million tokens of output, at most."),
    ("--min-context", "min_context", click.IntRange(1), "Context window in tokens, at least."),
)


def filters(command: F) -> F:
    """The options of a filter."""
    for flag, name, kind, text in reversed(BOUNDS):
        command = click.option(flag, name, type=kind, help=text)(command)
    for word, text in reversed(WORDS.items()):
        option = f"--{word.value.replace('_', '-')}"
        command = click.option(option, word.value, flag_value=True, default=None, help=text)(command)
    return command


@click.command()
@click.argument("provider", required=False)
@filters
@click.option("--offline", is_flag=True, help="Ask nobody; a filter implies it.")
@click.option("--json", "as_json", is_flag=True, help="Print one array with an object for each model.")
@env_file
def models(provider: str | None, offline: bool, as_json: bool, **given: Any) -> None:
    """Ask a provider for its models; without one, all that have a key.

    With a filter nobody is asked: these are the models of all providers, or of one, that are known to fit.
    """
    from onellm.client import OneLLM

    wanted = cast("ModelFilter", {name: value for name, value in given.items() if value is not None})
    with OneLLM() as client:
        if wanted or offline:
            if provider:
                wanted["provider"] = provider
            found, complete = client.find_models(**wanted), True
        else:
            found, complete = (client.list_models(provider), True) if provider else _ask_all(client)
    if as_json:
        print_json([{"model": info.model, **asdict(info)} for info in found])
    else:
        columns = ("model", "context", "capabilities", "USD per 1M, in / out")
        print_table(columns, [_row(info) for info in found])
    if not complete:
        raise click.exceptions.Exit(1)


def _ask_all(client: OneLLM) -> tuple[list[ModelInfo], bool]:
    """The models of all providers that have a key and a list, and whether each of them answered."""
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
        except CapabilityError:  # it has no list
            continue
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
