"""Asking for an answer of a type, by the service's own means or, where the caller opts in, by other ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from onellm.call import Op, StreamOp
from onellm.capabilities import Capability
from onellm.errors import CapabilityError, ConfigurationError, InvalidRequestError
from onellm.mapping import mapped, mapped_stream
from onellm.types.parsed import OutputType, ParsedChatCompletion

if TYPE_CHECKING:
    from onellm.types.chat import ChatCompletionResponse
    from onellm.types.chat_params import Structured
    from onellm.types.chunk import ChatCompletionChunk

PROMPT = "Answer with one JSON value that fits this JSON Schema, and with nothing else:\n{schema}"


class Wanted:
    """A type that a chat is to answer with: what it changes in the request, and in the answer."""

    def __init__(self, target: Any, how: Structured) -> None:
        if how not in ("native", "tool", "prompt"):
            raise ConfigurationError(f"structured must be 'native', 'tool' or 'prompt', not {how!r}.")
        self.output: OutputType[Any] = OutputType(target)
        self.how: Structured = how

    def ask(self, given: dict[str, Any], messages: list[Any]) -> list[Any]:
        """Put it into the parameters, in place; the messages come back, with the schema where they carry it."""
        del given["response_format"]
        if self.how == "native":
            given["response_format"] = self.output.response_format()
            return messages
        if self.how == "prompt":
            schema = json.dumps(self.output.schema, ensure_ascii=False)
            return [{"role": "system", "content": PROMPT.format(schema=schema)}, *messages]
        if given.get("tools") or given.get("tool_choice"):
            raise InvalidRequestError("structured='tool' uses a tool of its own; leave out tools.", param="tools")
        function = {"name": self.output.name, "description": "The answer.", "parameters": self.output.schema}
        given["tools"] = [{"type": "function", "function": function}]
        given["tool_choice"] = {"type": "function", "function": {"name": self.output.name}}
        return messages

    def advise(self, error: CapabilityError) -> CapabilityError:
        """The refusal of a model without a JSON Schema mode, with the other ways to ask."""
        if self.how != "native" or error.capability != Capability.JSON_SCHEMA:
            return error
        return CapabilityError(
            f"{error.message} Or pass structured='tool' (a tool that the model must call) or structured='prompt' (the "
            "schema in the prompt); the answer is checked either way.",
            capability=error.capability,
            alternatives=error.alternatives,
        )

    def read(self, op: Op[ChatCompletionResponse]) -> Op[ParsedChatCompletion[Any]]:
        """The operation with an answer that can be read as the type."""
        return mapped(op, self._parsed)

    def read_stream(
        self, op: StreamOp[ChatCompletionChunk, ChatCompletionResponse]
    ) -> StreamOp[ChatCompletionChunk, ParsedChatCompletion[Any]]:
        """The same for a stream: the arguments of the tool come as content, `final()` has the value."""
        return mapped_stream(op, self._parsed, _as_content if self.how == "tool" else None)

    def _parsed(self, answer: ChatCompletionResponse) -> ParsedChatCompletion[Any]:
        for choice in answer.choices:
            message = choice.message
            if self.how == "tool" and message.tool_calls:
                message.content = message.tool_calls[0].function.arguments
                message.tool_calls = None
                if choice.finish_reason == "tool_calls":
                    choice.finish_reason = "stop"
            if self.how == "prompt" and message.content:
                message.content = _unfenced(message.content)
        return ParsedChatCompletion[Any].of(answer, self.output)


def _as_content() -> Callable[[ChatCompletionChunk], ChatCompletionChunk]:
    def change(chunk: ChatCompletionChunk) -> ChatCompletionChunk:
        for choice in chunk.choices:
            calls = choice.delta.tool_calls
            if calls:
                choice.delta.content = "".join(
                    call.function.arguments or "" for call in calls if call.function and call.index == 0
                )
                choice.delta.tool_calls = None
            if choice.finish_reason == "tool_calls":
                choice.finish_reason = "stop"
        return chunk

    return change


def _unfenced(text: str) -> str:
    """JSON that stands in a code fence, without the fence; anything else as it is."""
    stripped = text.strip()
    if not (stripped.startswith("```") and stripped.endswith("```") and stripped.count("```") == 2):
        return text
    first, _, rest = stripped[3:-3].partition("\n")
    return rest.strip() if first.strip().lower() in ("", "json") else text
