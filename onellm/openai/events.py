"""The events of `client.chat.completions.stream`, made of chunks."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import TypeAlias

from onellm.openai_compatible.assemble import ChatAssembler
from onellm.types.chat import ChatCompletionResponse
from onellm.types.chunk import ChatCompletionChunk

Event: TypeAlias = SimpleNamespace
"""An event; `type` says what it is and which fields it has."""


class EventMaker:
    """Turns chunks into events of the first choice."""

    def __init__(self) -> None:
        self._whole = ChatAssembler()
        self._content = ""
        self._refusal = ""

    def events(self, chunk: ChatCompletionChunk) -> Iterator[Event]:
        """The events that a chunk makes."""
        self._whole.add(chunk)
        yield Event(type="chunk", chunk=chunk, snapshot=self._whole.result())
        for choice in chunk.choices:
            delta = choice.delta
            if choice.index:
                continue
            if delta.content is not None:
                self._content += delta.content
                yield Event(type="content.delta", delta=delta.content, snapshot=self._content, parsed=None)
            if delta.refusal is not None:
                self._refusal += delta.refusal
                yield Event(type="refusal.delta", delta=delta.refusal, snapshot=self._refusal)
            for call in delta.tool_calls or ():
                if call.function is not None and call.function.arguments:
                    whole = (self._whole.result().choices[0].message.tool_calls or [])[call.index].function
                    yield Event(
                        type="tool_calls.function.arguments.delta",
                        name=whole.name,
                        index=call.index,
                        arguments=whole.arguments,
                        parsed_arguments=None,
                        arguments_delta=call.function.arguments,
                    )

    def ends(self, answer: ChatCompletionResponse) -> Iterator[Event]:
        """The events of the end."""
        from onellm.openai.parsing import parsed

        message = answer.choices[0].message
        if message.content is not None:
            value = getattr(parsed(answer).choices[0].message, "parsed", None)
            yield Event(type="content.done", content=message.content, parsed=value)
        if message.refusal is not None:
            yield Event(type="refusal.done", refusal=message.refusal)
        for index, call in enumerate(message.tool_calls or ()):
            yield Event(
                type="tool_calls.function.arguments.done",
                name=call.function.name,
                index=index,
                arguments=call.function.arguments,
                parsed_arguments=None,
            )
