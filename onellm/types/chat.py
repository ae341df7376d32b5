"""Chat completions: the answer and its parts (OpenAI API reference, openai SDK 3.52). Its chunks are in `chunk.py`."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator

from onellm.meta import Meta
from onellm.types.base import Model, Priced, Result
from onellm.types.chat_request import ChatRequest as ChatRequest

FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "function_call", "error"]
"""OpenAI's words, and `error` for an abnormal end that has none. `native_finish_reason` has the host's own."""

FINISH_REASONS: frozenset[str] = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call", "error"})


def _empty_if_null(value: Any) -> Any:
    return [] if value is None else value


class FunctionCall(Model):
    """A function's name and its arguments as a JSON string."""

    name: str = ""
    arguments: str = ""


class CustomCall(Model):
    """A custom tool's name and its free-form input."""

    name: str = ""
    input: str = ""


class ToolCall(Model):
    """A call that the model wants made. Answer it with a message `{"role": "tool", "tool_call_id": id, …}`.

    A custom tool's call has `custom`; its `function` is empty.
    """

    id: str
    type: str = "function"
    function: FunctionCall = FunctionCall.model_construct(name="", arguments="")
    custom: CustomCall | None = None


class TopLogprob(Model):
    token: str
    logprob: float
    bytes: list[int] | None = None


class TokenLogprob(Model):
    token: str
    logprob: float
    bytes: list[int] | None = None
    top_logprobs: Annotated[list[TopLogprob], BeforeValidator(_empty_if_null)] = []


class Logprobs(Model):
    content: list[TokenLogprob] | None = None
    refusal: list[TokenLogprob] | None = None


class Message(Model):
    """What the model said.

    `provider_state` is what its provider wants back in the next turn (signatures, reasoning details): it survives
    `model_dump()` and JSON, goes back to its owner unchanged and to nobody else.
    """

    role: Literal["assistant"] = "assistant"
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[ToolCall] | None = None
    provider_state: dict[str, Any] | None = None


class PromptTokensDetails(Model):
    """Parts of `prompt_tokens`."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None


class CompletionTokensDetails(Model):
    """Parts of `completion_tokens`."""

    reasoning_tokens: int | None = None
    audio_tokens: int | None = None
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None


class Usage(Priced):
    """Tokens, inclusive: the prompt counts cached tokens, the completion counts reasoning, total is their sum.

    `cost` is in USD: what the host reports, else prices times tokens, else None.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    prompt_tokens_details: PromptTokensDetails | None = None
    completion_tokens_details: CompletionTokensDetails | None = None


class Choice(Model):
    index: int = 0
    message: Message
    finish_reason: FinishReason | None = None
    native_finish_reason: str | None = None
    logprobs: Logprobs | None = None


class ChatResult(Result):
    """What a whole answer and a chunk share."""

    id: str = ""
    created: int = 0
    model: str = ""
    usage: Usage | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None

    def attach(self, meta: Meta) -> None:
        if self.usage is not None:
            self.usage.account(meta)
        super().attach(meta)


class ChatCompletionResponse(ChatResult):
    """A whole answer."""

    __slots__ = ()
    object: Literal["chat.completion"] = "chat.completion"
    choices: list[Choice]
