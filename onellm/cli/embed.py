"""`onellm embed`: texts as vectors."""

from __future__ import annotations

from typing import Any, cast

import click

from onellm.cli.input import as_text, on_terminal, read_stdin
from onellm.cli.options import env_file, model, params
from onellm.cli.output import note, print_json


@click.command()
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@model
@click.option("--dimensions", type=int, help="A shorter vector, where the model can.")
@params
@env_file
def embed(texts: tuple[str, ...], model: str, dimensions: int | None, params: dict[str, Any]) -> None:
    """Turn texts into vectors: the arguments, or each line of stdin. Prints one JSON array, a vector a text."""
    given = [as_text(text, "A text") for text in texts]
    if not given and not on_terminal():
        given = [line for line in read_stdin().splitlines() if line.strip()]
    if not given:
        raise click.UsageError("Give texts as arguments, or one a line on stdin.")
    if dimensions is not None:
        params["dimensions"] = dimensions

    from onellm.client import OneLLM

    with OneLLM() as client:
        response = client.embeddings.create(model, given, **cast("Any", params))
    print_json(response.vectors)
    if response.usage is not None:
        note(f"{model} · {len(given)} texts · {response.usage.total_tokens} tokens")
