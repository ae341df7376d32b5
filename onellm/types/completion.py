"""Text completions: what is asked and answered (OpenAI's POST /completions)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator

from onellm.meta import Meta
from onellm.types.base import Model, Result
from onellm.types.call_params import CallParams
from onellm.types.chat import FinishReason, Usage
from onellm.types.request import ModelRequest, as_list

CompletionPrompt: TypeAlias = str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]]
"""One text, several texts, or either as token numbers."""


class CompletionRequest(ModelRequest):
    """A text completion as a provider sees it."""

    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"prompt"}

    prompt: Annotated[str | list[str] | list[int] | list[list[int]], BeforeValidator(as_list)]
    best_of: int | None = None
    echo: bool | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: int | None = None
    max_tokens: int | None = None
    min_p: float | None = None
    n: int | None = None
    presence_penalty: float | None = None
    repetition_penalty: float | None = None
    seed: int | None = None
    stop: Annotated[str | list[str] | None, BeforeValidator(as_list)] = None
    stream_options: dict[str, Any] | None = None
    suffix: str | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    user: str | None = None


class CompletionParams(CallParams, total=False):
    """Every parameter of a text completion but `model`, `prompt` and `stream`.

    `max_tokens` bounds the answer (OpenAI: 16 where it is not given). `suffix` is what comes after the completion.
    `echo` repeats the prompt before it. `logprobs` is how many alternatives to tell, 0–5. `best_of` candidates are made
    on the server, all of them billed. The sampling parameters are those of chat.
    """

    best_of: int | None
    echo: bool | None
    frequency_penalty: float | None
    logit_bias: Mapping[str, float] | None
    logprobs: int | None
    max_tokens: int | None
    min_p: float | None
    n: int | None
    presence_penalty: float | None
    repetition_penalty: float | None
    seed: int | None
    stop: str | Sequence[str] | None
    stream_options: Mapping[str, object] | None
    suffix: str | None
    temperature: float | None
    top_k: int | None
    top_p: float | None
    user: str | None


class CompletionLogprobs(Model):
    """Log probabilities by token; the lists have the same length."""

    text_offset: list[int] | None = None
    token_logprobs: list[float | None] | None = None
    tokens: list[str] | None = None
    top_logprobs: list[dict[str, float] | None] | None = None


class CompletionChoice(Model):
    """One completion, or in a stream a piece of it."""

    index: int = 0
    text: str = ""
    finish_reason: FinishReason | None = None
    native_finish_reason: str | None = None
    logprobs: CompletionLogprobs | None = None


class _Completion(Result):
    """What a whole completion and a chunk share."""

    id: str = ""
    object: Literal["text_completion"] = "text_completion"
    created: int = 0
    model: str = ""
    choices: list[CompletionChoice]
    usage: Usage | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None

    def attach(self, meta: Meta) -> None:
        if self.usage is not None:
            self.usage.account(meta)
        super().attach(meta)


class CompletionResponse(_Completion):
    """A whole text completion."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The text of the first choice."""
        return self.choices[0].text if self.choices else ""


class CompletionChunk(_Completion):
    """A piece of a streamed text completion. Every chunk that is handed out has a choice; usage is on the last."""

    __slots__ = ()
