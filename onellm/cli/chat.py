"""`onellm chat`: ask a model."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

import click

from onellm.cli.answer import Answer, report
from onellm.cli.input import as_text, read_prompt
from onellm.cli.options import env_file
from onellm.cli.options import params as params_option
from onellm.cli.output import print_json
from onellm.errors import OneLLMError

if TYPE_CHECKING:
    from onellm.client import OneLLM
    from onellm.types.chat_params import ChatParams


@click.command()
@click.argument("prompt", required=False)
@click.option("-m", "--model", envvar="ONELLM_MODEL", show_envvar=True, metavar="PROVIDER/MODEL", help="Who answers.")
@click.option("-s", "--system", metavar="TEXT", help="A system message before the prompt.")
@click.option("-t", "--temperature", type=float, help="From 0 to 2.")
@click.option("--max-tokens", type=int, help="The longest answer, reasoning included.")
@params_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
@click.option("--no-stream", is_flag=True, help="Print the answer when it is complete.")
@click.option(
    "--reasoning/--no-reasoning", default=None, help="Show the model's reasoning on stderr. Default: if that is a tty."
)
@click.option("--raw", is_flag=True, help="Keep terminal escapes in the text; only where stdout is not a terminal.")
@env_file
def chat(
    prompt: str | None,
    model: str | None,
    system: str | None,
    temperature: float | None,
    max_tokens: int | None,
    params: dict[str, Any],
    as_json: bool,
    no_stream: bool,
    reasoning: bool | None,
    raw: bool,
) -> None:
    """Ask a model. The prompt is the argument, what comes on stdin, or both in that order.

    The answer goes to stdout as it comes; reasoning, usage and cost go to stderr. Ctrl-C stops the model.
    """
    if model is None:
        raise click.UsageError("Name a model with -m, such as -m venice/zai-org-glm-5, or set ONELLM_MODEL.")
    if raw and sys.stdout.isatty():
        raise click.UsageError("--raw is for files and pipes: on a terminal the text could steer it.")
    if "n" in params and not as_json:
        raise click.UsageError("Several answers (n) need --json.")
    messages = [{"role": "system", "content": as_text(system, "The system message")}] if system is not None else []
    messages.append({"role": "user", "content": read_prompt(prompt)})
    own = {"temperature": temperature, "max_completion_tokens": max_tokens}
    given = cast("ChatParams", {**params, **{name: value for name, value in own.items() if value is not None}})

    from onellm.client import OneLLM

    with OneLLM() as client:
        if as_json:
            response = client.chat.completions.create(model, messages, **given)
            print_json(response.model_dump(mode="json"))
            report(model, response)
        else:
            answer = Answer(raw=raw, reasoning=sys.stderr.isatty() if reasoning is None else reasoning)
            _show(client, model, messages, given, answer, stream=not no_stream)


def _show(
    client: OneLLM, model: str, messages: list[dict[str, str]], given: ChatParams, answer: Answer, *, stream: bool
) -> None:
    if not stream:
        response = client.chat.completions.create(model, messages, **given)
        answer.message(response)
        answer.end()
    else:
        with client.chat.completions.create(model, messages, stream=True, **given) as chunks:
            try:
                for chunk in chunks:
                    answer.chunk(chunk)
            except (KeyboardInterrupt, OneLLMError):
                answer.end()
                raise
            answer.end()
            response = chunks.final()
    report(model, response)
