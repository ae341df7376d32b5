"""`onellm demo`: what OneLLM does, shown without a key and without a network."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onellm.cli.answer import Answer
from onellm.cli.output import one_line
from onellm.errors import CapabilityError

if TYPE_CHECKING:
    from onellm.client import OneLLM
    from onellm.testing.simulator import Simulator
    from onellm.types.chat import ChatCompletionResponse
    from onellm.types.chat_params import MessageParam

MODELS = ("venice/zai-org-glm-5", "openai/gpt-5.4-mini")
QUESTIONS = ("Hello, who is there?", "And what did I ask first?")
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
PACE = 0.02
RETRY_AFTER = "0.3"


@click.command()
def demo() -> None:
    """Show what OneLLM does, on a simulator: no key, no network."""
    from onellm import Connections, OneLLM
    from onellm.testing.simulator import simulator

    click.echo("A simulator on this machine answers here, not a model: no key is used, and nothing leaves the machine.")
    # Settings and connections are given in full, so that nothing is taken from the user's environment.
    with (
        simulator(pace=PACE) as sim,
        OneLLM(providers=sim.providers, connections=Connections(trust_env=False)) as client,
    ):
        _title("The same conversation with two companies: only the model string changes")
        for model in MODELS:
            converse(client, model)
        _title("What a model is known not to do is refused before anything is sent")
        refuse(client, sim)
        _title("A 429 is tried again when the service says that it may")
        retry(client, sim)
    _title("With a real key")
    started = Path(sys.argv[0])  # `make demo` starts one that is not on PATH
    command = started if started.name == "onellm" and not shutil.which("onellm") else "onellm"
    click.echo(f"{command} auth set venice          # or: export VENICE_API_KEY=…")
    click.echo(f'{command} chat -m {MODELS[0]} "Hello"')
    click.echo(f"{command} models venice            # what there is, what it can do and costs")


def converse(client: OneLLM, model: str) -> None:
    """Two questions and their streamed answers."""
    click.secho(f"model = {model!r}", bold=True)
    messages: list[MessageParam] = []
    for question in QUESTIONS:
        click.echo(f"  you: {question}\n  it:  ", nl=False)
        messages.append({"role": "user", "content": question})
        messages.append(ask(client, model, messages).choices[0].message)


def ask(client: OneLLM, model: str, messages: Sequence[MessageParam]) -> ChatCompletionResponse:
    """Print an answer as it comes, and return it whole."""
    answer = Answer()
    with client.chat.completions.create(model, messages, stream=True) as chunks:
        for chunk in chunks:
            answer.chunk(chunk)
        answer.end()
        return chunks.final()


def refuse(client: OneLLM, sim: Simulator) -> None:
    """An image for a model that its service lists as text only."""
    listed = client.refresh_models("venice")
    text_only = next(info.model for info in listed if info.supports("vision") is False and info.supports("tools"))
    before = len(sim.requests)
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": PIXEL}}]
    try:
        client.chat.completions.create(text_only, [{"role": "user", "content": parts}])
    except CapabilityError as error:
        click.echo(f"  {type(error).__name__}: {one_line(error.message)}")
        click.echo(f"  requests sent: {len(sim.requests) - before}")


def retry(client: OneLLM, sim: Simulator) -> None:
    """A service that is busy once."""
    from onellm.testing.simulator import faults

    sim.inject(faults.rate_limit(retry_after=RETRY_AFTER))
    response = client.chat.completions.create(MODELS[0], [{"role": "user", "content": QUESTIONS[0]}])
    for attempt in response.meta.attempts:
        waited = f" after a wait of {attempt.waited:.1f} s" if attempt.waited else ""
        click.echo(f"  attempt {attempt.number}{waited}: {attempt.outcome} ({attempt.status})")


def _title(text: str) -> None:
    click.secho(f"\n{text}", bold=True)
