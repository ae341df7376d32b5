"""What `create` takes, for type checkers and editors; nothing imports this module when a program runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, TypeVar

from onellm.types.call_params import CallParams

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from onellm.types.chat import Message

T = TypeVar("T")

OutputOf: TypeAlias = "type[T] | TypeAdapter[T]"
"""A type that an answer is to have: a pydantic model, dataclass, TypedDict, or a TypeAdapter for anything else."""
Structured: TypeAlias = Literal["native", "tool", "prompt"]
ReasoningEffort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
MessageParam: TypeAlias = "Mapping[str, object] | Message"
"""A message: a dict in OpenAI's form, or the `message` of an earlier answer."""


class Encryption(Protocol):
    """How a provider is to encrypt a chat: its `E2EE(…)`."""

    @property
    def plaintext_assistant(self) -> bool: ...


class ChatParams(CallParams, total=False):
    """Every parameter of a chat completion but `model`, `messages`, `stream` and `response_format`.

    Sampling: `temperature` 0–2, `top_p` 0–1, `top_k`, `min_p`, `seed`, `frequency_penalty` and `presence_penalty`
    −2–2, `repetition_penalty`, `logit_bias`, `logprobs`, `top_logprobs` 0–20. Length: `max_completion_tokens`
    (reasoning included; `max_tokens` is its older name), `stop` (one or up to four strings), `n` answers.
    `tools` are functions, whose schemas come from their annotations and docstrings, or dicts in OpenAI's form.
    `structured` says how a `response_format` that is a type is asked for: "native" (the default), or where the model
    has no JSON Schema mode, "tool" or "prompt". `venice_parameters` goes to Venice as it is; `e2ee=True`, or the
    provider's `E2EE(…)`, encrypts a chat with Venice end to end. What steers the call itself is in `CallParams`.
    """

    audio: Mapping[str, object] | None
    e2ee: bool | Encryption | None
    frequency_penalty: float | None
    function_call: str | Mapping[str, object] | None
    functions: Sequence[Mapping[str, object]] | None
    logit_bias: Mapping[str, float] | None
    logprobs: bool | None
    max_completion_tokens: int | None
    max_tokens: int | None
    metadata: Mapping[str, str] | None
    min_p: float | None
    modalities: Sequence[Literal["text", "audio", "image"]] | None
    moderation: Mapping[str, object] | None
    n: int | None
    parallel_tool_calls: bool | None
    prediction: Mapping[str, object] | None
    presence_penalty: float | None
    prompt_cache_key: str | None
    prompt_cache_options: Mapping[str, object] | None
    prompt_cache_retention: str | None
    reasoning: Mapping[str, object] | None
    reasoning_effort: ReasoningEffort | None
    repetition_penalty: float | None
    safety_identifier: str | None
    seed: int | None
    service_tier: str | None
    stop: str | Sequence[str] | None
    store: bool | None
    stream_options: Mapping[str, object] | None
    structured: Structured | None
    temperature: float | None
    tool_choice: Literal["none", "auto", "required"] | Mapping[str, object] | None
    tools: Sequence[Mapping[str, object] | Callable[..., object]] | None
    top_k: int | None
    top_logprobs: int | None
    top_p: float | None
    user: str | None
    venice_parameters: Mapping[str, object] | None
    verbosity: Literal["low", "medium", "high", "auto"] | None
    web_search_options: Mapping[str, object] | None
