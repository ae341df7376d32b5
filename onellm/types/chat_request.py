"""What a chat completion is asked with: OpenAI's parameters, checked for type before anything is sent."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, cast

from pydantic import BeforeValidator

from onellm.types.request import ModelRequest


def _as_dicts(value: object) -> object:
    """Messages as plain dicts; an earlier answer's `message` (ours or another SDK's) is dumped."""
    if type(value) is list:
        return [_as_dict(item) for item in cast("list[object]", value)]
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Sequence):
        raise ValueError("must be a list of messages like {'role': 'user', 'content': '…'}")
    return [_as_dict(item) for item in cast("Sequence[object]", value)]


def _as_dict(item: object) -> object:
    if type(item) is dict:
        return cast("object", item)
    if isinstance(item, Mapping):
        return dict(cast("Mapping[str, object]", item))
    dump = getattr(item, "model_dump", None)
    return dump(exclude_none=True) if callable(dump) else item


def _one_or_more(value: object) -> object:
    return list(cast("tuple[object, ...]", value)) if isinstance(value, tuple) else value


def _as_tools(value: object) -> object:
    if not isinstance(value, (list, tuple)):
        return value
    tools = cast("Sequence[object]", value)
    if all(type(tool) is dict for tool in tools):
        return list(tools)
    from onellm.types.function import as_tool

    return [as_tool(tool) for tool in tools]


class ChatRequest(ModelRequest):
    """A chat completion as a provider sees it: `model` is the bare name, without the provider.

    Unknown parameters are kept; the provider refuses those that its service does not take.
    Raises InvalidRequestError where a value has the wrong type.
    """

    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"messages"}

    messages: Annotated[list[dict[str, Any]], BeforeValidator(_as_dicts)]
    audio: dict[str, Any] | None = None
    frequency_penalty: float | None = None
    function_call: str | dict[str, Any] | None = None
    functions: list[dict[str, Any]] | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    max_completion_tokens: int | None = None
    max_tokens: int | None = None
    metadata: dict[str, str] | None = None
    min_p: float | None = None
    modalities: list[str] | None = None
    moderation: dict[str, Any] | None = None
    n: int | None = None
    parallel_tool_calls: bool | None = None
    prediction: dict[str, Any] | None = None
    presence_penalty: float | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_retention: str | None = None
    reasoning: dict[str, Any] | None = None
    reasoning_effort: str | None = None
    repetition_penalty: float | None = None
    response_format: dict[str, Any] | None = None
    safety_identifier: str | None = None
    seed: int | None = None
    service_tier: str | None = None
    stop: Annotated[str | list[str] | None, BeforeValidator(_one_or_more)] = None
    store: bool | None = None
    stream_options: dict[str, Any] | None = None
    temperature: float | None = None
    tool_choice: str | dict[str, Any] | None = None
    tools: Annotated[list[dict[str, Any]] | None, BeforeValidator(_as_tools)] = None
    top_k: int | None = None
    top_logprobs: int | None = None
    top_p: float | None = None
    user: str | None = None
    verbosity: str | None = None
    web_search_options: dict[str, Any] | None = None
