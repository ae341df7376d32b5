"""What Venice's chat takes, for type checkers, editors and `inspect.signature`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    from onellm_providers.venice.e2ee import E2EE

Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Verbosity: TypeAlias = Literal["low", "medium", "high", "auto"]


class VeniceParameters(TypedDict, total=False):
    """What only Venice has; each may also be given as a parameter of its own.

    `enable_web_search` is "on", "off" or "auto". `enable_web_scraping` reads up to 5 URLs of the last message, and is
    billed for each. `include_venice_system_prompt` is on unless it is switched off, and costs prompt tokens.
    """

    character_slug: str | None
    disable_thinking: bool | None
    enable_e2ee: bool | None
    enable_web_citations: bool | None
    enable_web_scraping: bool | None
    enable_web_search: Literal["on", "off", "auto"] | bool | None
    enable_x_search: bool | None
    include_search_results_in_stream: bool | None
    include_venice_system_prompt: bool | None
    return_search_results_as_documents: bool | None
    strip_thinking_response: bool | None


class VeniceChatParams(VeniceParameters, total=False):
    """Every parameter of Venice's chat but `model`, `messages` and `stream`.

    Sampling: `temperature`, `min_temp` and `max_temp` 0–2, `top_p` and `min_p` 0–1, `top_k` from 0, `seed` above 0,
    `frequency_penalty` and `presence_penalty` −2–2, `repetition_penalty` from 0. `stop`: one to four texts.
    `fallbacks`: at most 10 models, as `{"model": id}`. `reasoning_effort` wins over `reasoning`.

    `e2ee=True` encrypts the chat up to the machine that runs the model. `privacy="private"` refuses, before sending, a
    model that is not known to be private. `anon_user_id` is not in Venice's OpenAPI file.
    """

    anon_user_id: str | None
    e2ee: bool | E2EE | None
    extra_body: Mapping[str, object] | None
    extra_headers: Mapping[str, str] | None
    fallbacks: Sequence[Mapping[str, str]] | None
    frequency_penalty: float | None
    include: Sequence[str] | None
    logprobs: bool | None
    max_completion_tokens: int | None
    max_temp: float | None
    max_tokens: int | None
    metadata: Mapping[str, str] | None
    min_p: float | None
    min_temp: float | None
    n: int | None
    parallel_tool_calls: bool | None
    presence_penalty: float | None
    privacy: Literal["private"] | None
    prompt_cache_key: str | None
    prompt_cache_retention: Literal["default", "extended", "24h"] | None
    reasoning: Mapping[str, object] | None
    reasoning_effort: Effort | None
    repetition_penalty: float | None
    response_format: Mapping[str, object] | None
    seed: int | None
    stop: str | Sequence[str] | None
    stop_token_ids: Sequence[int] | None
    store: bool | None
    stream_options: Mapping[str, object] | None
    temperature: float | None
    text: Mapping[str, object] | None
    tool_choice: Literal["none", "auto", "required"] | Mapping[str, object] | None
    tools: Sequence[Mapping[str, object]] | None
    top_k: int | None
    top_logprobs: int | None
    top_p: float | None
    unsupported: Literal["raise", "drop"]
    user: str | None
    venice_parameters: VeniceParameters | None
    verbosity: Verbosity | None


class ResponseParams(TypedDict, total=False):
    """Every parameter of Venice's responses but `model`, `input` and `stream`.

    `max_output_tokens` is above 0, `temperature` 0–2, `top_p` 0–1; `fallbacks` at most 10. `tools` are written as in
    chat, with the function in `function`. `instructions`, `parallel_tool_calls`, `prompt_cache_retention` and
    `anon_user_id` are not in Venice's OpenAPI file.
    """

    anon_user_id: str | None
    fallbacks: Sequence[Mapping[str, str]] | None
    include: Sequence[str] | None
    instructions: str | None
    max_output_tokens: int | None
    parallel_tool_calls: bool | None
    prompt_cache_retention: Literal["default", "extended", "24h"] | None
    reasoning: Mapping[str, object] | None
    temperature: float | None
    tool_choice: Literal["none", "auto", "required"] | Mapping[str, object] | None
    tools: Sequence[Mapping[str, object]] | None
    top_p: float | None
    venice_parameters: Mapping[str, object] | None
    web_search: bool | None
