"""`onellm batch`: many requests at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import click

from onellm.cli.options import env_file
from onellm.cli.output import note, print_json


@click.group()
def batch() -> None:
    """Many requests at once, answered within a day for less."""


@batch.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--provider", help="Where it goes, if the models in FILE are bare.")
@click.option("--endpoint", help="What the requests are; default: the first one's url, else chat completions.")
@env_file
def create(file: Path, provider: str | None, endpoint: str | None) -> None:
    """Start a batch of the requests in FILE, one JSON table a line, and print its id.

    A line is {"custom_id": …, "body": {"model": "PROVIDER/MODEL", "messages": …}}.
    """
    from onellm.client import OneLLM

    with OneLLM() as client:
        started = client.batches.create(file, cast("Any", endpoint), provider=provider)
    click.echo(started.id)


@batch.command()
@click.argument("id")
@click.option("--wait", is_flag=True, help="Ask until it has ended.")
@click.option("--every", type=float, default=30.0, show_default=True, help="Seconds between two questions.")
@env_file
def status(id: str, wait: bool, every: float) -> None:
    """Print how far the batch ID is, as JSON."""
    from onellm.client import OneLLM

    with OneLLM() as client:
        if wait:
            found = client.batches.wait(id, every=every, on_progress=lambda each: note(f"{each.id} · {each.status}"))
        else:
            found = client.batches.retrieve(id)
    print_json(found.model_dump(mode="json", exclude_none=True))


@batch.command()
@click.argument("id")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file for the lines, in place of stdout.")
@env_file
@click.pass_context
def results(ctx: click.Context, id: str, output: Path | None) -> None:
    """Print the results of the batch ID, one JSON table a line, in the order of its requests.

    The exit status is 1 where a request failed.
    """
    from onellm.client import OneLLM

    with OneLLM() as client:
        found = client.batches.results(id)
    lines = [json.dumps(_shown(each.model_dump(mode="json", exclude={"response"}))) for each in found]
    if output is None:
        click.echo("\n".join(lines))
    else:
        output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    failed = len(found.failed)
    note(f"{found.batch.status} · {len(found) - failed} of {len(found)} answered")
    ctx.exit(1 if failed else 0)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}
