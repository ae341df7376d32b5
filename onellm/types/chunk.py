"""Chat completions as they are streamed: the chunks, and their parts (OpenAI API reference, openai SDK 3.52)."""

from typing import Literal

from onellm.types.base import Model
from onellm.types.chat import ChatResult, FinishReason, Logprobs


class FunctionCallDelta(Model):
    name: str | None = None
    arguments: str | None = None


class ToolCallDelta(Model):
    """A fragment of a tool call; fragments belong together by `index`."""

    index: int
    id: str | None = None
    type: str | None = None
    function: FunctionCallDelta | None = None


class Delta(Model):
    """What a chunk adds to the message."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[ToolCallDelta] | None = None


class ChunkChoice(Model):
    index: int = 0
    delta: Delta
    finish_reason: FinishReason | None = None
    native_finish_reason: str | None = None
    logprobs: Logprobs | None = None


class ChatCompletionChunk(ChatResult):
    """A piece of a streamed answer. The chunk with `usage` has no choices."""

    __slots__ = ()
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    choices: list[ChunkChoice]
