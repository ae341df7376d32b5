"""What a chat completion is asked with: OpenAI's parameters, checked for type before anything is sent."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, cast

from pydantic import BeforeValidator, ConfigDict, ValidationError

from onellm.errors import InvalidRequestError
from onellm.types.base import Model

Unsupported: TypeAlias = Literal["raise", "drop"]


def _as_dicts(value: object) -> object:
    """Messages as plain dicts; an earlier answer's `message` (ours or another SDK's) is dumped."""
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


class ChatRequest(Model):
    """A chat completion as a provider sees it: `model` is the bare name, without the provider.

    Unknown parameters are kept; the provider refuses those that its service does not take.
    Raises InvalidRequestError where a value has the wrong type.
    """

    model_config = ConfigDict(extra="allow", protected_namespaces=(), defer_build=True, strict=False)

    model: str
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
    tools: list[dict[str, Any]] | None = None
    top_k: int | None = None
    top_logprobs: int | None = None
    top_p: float | None = None
    user: str | None = None
    verbosity: str | None = None
    web_search_options: dict[str, Any] | None = None
    extra_body: dict[str, Any] | None = None
    extra_headers: dict[str, str] | None = None
    unsupported: Unsupported = "raise"

    if not TYPE_CHECKING:

        def __init__(self, **data: Any) -> None:
            try:
                super().__init__(**data)
            except ValidationError as error:
                raise InvalidRequestError(_explain(error), param=str(error.errors()[0]["loc"][0])) from None

    def parameters(self) -> dict[str, Any]:
        """The parameters that were given: set and not None, without those that steer the call itself."""
        given = {name: value for name, value in self.__dict__.items() if value is not None and name not in _STEERING}
        if self.model_extra:
            given.update({name: value for name, value in self.model_extra.items() if value is not None})
        return given


_STEERING = frozenset({"model", "messages", "extra_body", "extra_headers", "unsupported"})


def _explain(error: ValidationError) -> str:
    """Where and what, without the value, which may be private."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}: {first['msg'].removeprefix('Value error, ')}{more}."
