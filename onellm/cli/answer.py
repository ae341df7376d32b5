"""An answer on its way to the terminal: content to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from onellm.cli.output import note
from onellm.cli.sanitize import Sanitizer

if TYPE_CHECKING:
    from onellm.types.chat import ChatCompletionResponse, Usage
    from onellm.types.chunk import ChatCompletionChunk

ENDINGS = {
    "length": "The answer was cut: the limit on its tokens is reached (--max-tokens).",
    "content_filter": "The service's content filter ended the answer.",
    "error": "The answer ended abnormally.",
}


class Answer:
    """Writes the first choice of an answer as it comes, sanitized unless `raw`."""

    def __init__(self, *, raw: bool = False, reasoning: bool = True) -> None:
        self._raw = raw
        self._reasoning = reasoning
        self._content = Sanitizer()
        self._thoughts = Sanitizer()
        self._thinking = False
        self._last = "\n"

    def chunk(self, chunk: ChatCompletionChunk) -> None:
        """Write what a chunk adds."""
        for choice in chunk.choices:
            if choice.index == 0:
                self.write(choice.delta.content, choice.delta.reasoning_content)

    def message(self, response: ChatCompletionResponse) -> None:
        """Write a whole answer."""
        for choice in response.choices[:1]:
            self.write(choice.message.content, choice.message.reasoning_content)

    def write(self, content: str | None, thoughts: str | None = None) -> None:
        """Write more of the reasoning and of the content."""
        if thoughts and self._reasoning:
            self._write_thoughts(self._thoughts.feed(thoughts))
        if content:
            self._write_content(content if self._raw else self._content.feed(content))

    def end(self) -> None:
        """Write what was held back, and end the last line."""
        self._stop_thinking()
        if not self._raw:
            self._write_content(self._content.close())
            if self._last != "\n":
                self._write_content("\n")

    def _write_thoughts(self, text: str) -> None:
        if text:
            self._thinking = True
            click.secho(text, dim=True, err=True, nl=False)

    def _write_content(self, text: str) -> None:
        if text:
            self._stop_thinking()
            self._last = text[-1]
            sys.stdout.write(text)
            sys.stdout.flush()

    def _stop_thinking(self) -> None:
        if self._thinking:
            self._write_thoughts(self._thoughts.close())
            self._thinking = False
            click.echo(err=True)


def report(model: str, response: ChatCompletionResponse) -> None:
    """Say on stderr how the answer ended, what it used and what it cost."""
    choice = response.choices[0] if response.choices else None
    if choice is not None:
        if choice.message.refusal:
            note(f"The model refused: {choice.message.refusal}")
        if choice.message.tool_calls:
            note("The model asks for tool calls; --json shows them.")
        if choice.finish_reason in ENDINGS:
            native = f" ({choice.native_finish_reason})" if choice.native_finish_reason else ""
            note(f"{ENDINGS[choice.finish_reason]}{native}")
    meta = response.meta
    facts = [model, _tokens(response.usage), f"cost {price(response.usage.cost if response.usage else None)}"]
    if meta.latency is not None:
        facts.append(f"{meta.latency:.2f} s")
    if len(meta.attempts) > 1:
        facts.append(f"{len(meta.attempts)} attempts")
    if meta.dropped_params:
        facts.append(f"left out: {', '.join(meta.dropped_params)}")
    note(" · ".join(facts))


def price(cost: float | None) -> str:
    """A cost in USD; what is not known is not zero."""
    return "unknown" if cost is None else f"${cost:.10f}".rstrip("0").rstrip(".")


def _tokens(usage: Usage | None) -> str:
    if usage is None:
        return "tokens unknown"
    cached = usage.prompt_tokens_details and usage.prompt_tokens_details.cached_tokens
    reasoning = usage.completion_tokens_details and usage.completion_tokens_details.reasoning_tokens
    prompt = f"{usage.prompt_tokens} prompt{f' ({cached} cached)' if cached else ''}"
    completion = f"{usage.completion_tokens} completion{f' ({reasoning} reasoning)' if reasoning else ''}"
    return f"{prompt} + {completion} = {usage.total_tokens} tokens"
