"""Responses: what is asked and answered (OpenAI's POST /responses; openai SDK 3.52, API reference of August 2026)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, cast

from pydantic import BeforeValidator

from onellm.meta import Meta
from onellm.types.base import Model, Result
from onellm.types.call_params import CallParams
from onellm.types.chat import CompletionTokensDetails, PromptTokensDetails, Usage
from onellm.types.request import ModelRequest

ResponseInput: TypeAlias = "str | Sequence[Mapping[str, object] | ResponseItem]"
"""A text, or items: messages, results of functions, items of an earlier response."""


def _as_items(value: object) -> object:
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        return cast("object", value)
    return [_as_dict(item) for item in cast("Sequence[object]", value)]


def _as_dict(item: object) -> object:
    dump = getattr(item, "model_dump", None)
    return dump(exclude_none=True) if callable(dump) else item


def _as_tools(value: object) -> object:
    """Functions as flat tools."""
    if not isinstance(value, (list, tuple)):
        return value
    from onellm.types.function import as_tool

    return [flat_tool(as_tool(tool)) for tool in cast("Sequence[object]", value)]


def flat_tool(tool: object) -> object:
    """A tool as Responses writes it: what a chat nests under `function` or `custom` stands beside `type`."""
    if not isinstance(tool, dict):
        return tool
    fields = cast("dict[str, Any]", tool)
    kind = fields.get("type")
    nested = fields.get(kind) if isinstance(kind, str) else None
    if kind not in ("function", "custom") or not isinstance(nested, dict):
        return fields
    return {"type": kind, **cast("dict[str, Any]", nested)}


class ResponseRequest(ModelRequest):
    """A response as a provider sees it."""

    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"input"}

    input: Annotated[str | list[dict[str, Any]] | None, BeforeValidator(_as_items)] = None
    background: bool | None = None
    context_management: list[dict[str, Any]] | None = None
    conversation: str | dict[str, Any] | None = None
    include: list[str] | None = None
    instructions: str | None = None
    max_output_tokens: int | None = None
    max_tool_calls: int | None = None
    metadata: dict[str, str] | None = None
    moderation: dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    previous_response_id: str | None = None
    prompt: dict[str, Any] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_retention: str | None = None
    reasoning: dict[str, Any] | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    stream_options: dict[str, Any] | None = None
    temperature: float | None = None
    text: dict[str, Any] | None = None
    tool_choice: str | dict[str, Any] | None = None
    tools: Annotated[list[dict[str, Any]] | None, BeforeValidator(_as_tools)] = None
    top_logprobs: int | None = None
    top_p: float | None = None
    truncation: str | None = None
    user: str | None = None


class ResponseQuery(ModelRequest):
    """One response by its id at the service, without the provider."""

    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"id"}

    model: str = ""
    id: str
    after: str | None = None
    include: list[str] | None = None
    limit: int | None = None
    order: str | None = None
    starting_after: int | None = None


class ResponseParams(CallParams, total=False):
    """The parameters of a response beside `model`, `input` and `stream`.

    `instructions` stand before the input. `max_output_tokens` counts reasoning too. `previous_response_id` goes on from
    a stored response, `conversation` within a stored conversation; not both. `store` (True at OpenAI) keeps the
    response at the service; with `store=False`, `include=["reasoning.encrypted_content"]` lets the reasoning go into
    the next turn. `background=True` answers at once; `retrieve` tells how far it is. `text` holds the format (the
    schema stands beside its type) and the verbosity, `reasoning` the effort and the summary. `tools` are functions or
    dicts in OpenAI's flat form.
    """

    background: bool | None
    context_management: Sequence[Mapping[str, object]] | None
    conversation: str | Mapping[str, object] | None
    include: Sequence[str] | None
    instructions: str | None
    max_output_tokens: int | None
    max_tool_calls: int | None
    metadata: Mapping[str, str] | None
    moderation: Mapping[str, object] | None
    parallel_tool_calls: bool | None
    previous_response_id: str | None
    prompt: Mapping[str, object] | None
    prompt_cache_key: str | None
    prompt_cache_options: Mapping[str, object] | None
    prompt_cache_retention: str | None
    reasoning: Mapping[str, object] | None
    safety_identifier: str | None
    service_tier: str | None
    store: bool | None
    stream_options: Mapping[str, object] | None
    temperature: float | None
    text: Mapping[str, object] | None
    tool_choice: Literal["none", "auto", "required"] | Mapping[str, object] | None
    tools: Sequence[object] | None
    top_logprobs: int | None
    top_p: float | None
    truncation: Literal["auto", "disabled"] | None
    user: str | None


class ResponseListParams(CallParams, total=False):
    """Which input items to list: at most `limit`, after an item's id, in `order`."""

    after: str | None
    include: Sequence[str] | None
    limit: int | None
    order: Literal["asc", "desc"] | None


class ResponseRetrieveParams(CallParams, total=False):
    """What to give of a stored response beside the usual."""

    include: Sequence[str] | None


class ResponsePart(Model):
    """A part of a message or of reasoning: `output_text`, `refusal`, `summary_text`, `reasoning_text`, …"""

    type: str
    text: str | None = None
    refusal: str | None = None
    annotations: list[dict[str, Any]] | None = None


class ResponseItem(Model):
    """One item of the output; `type` says what it is, and which fields it has.

    A `message` has `content`, `reasoning` has `summary` and `content`, a `function_call` has `call_id` (the id to
    answer), `name` and `arguments`. Items of tools that run at the service have fields of their own.
    """

    type: str = "message"
    id: str | None = None
    status: str | None = None
    role: str | None = None
    content: list[ResponsePart] | None = None
    summary: list[ResponsePart] | None = None
    encrypted_content: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    input: Any = None


class ResponseUsage(Model):
    """Tokens, inclusive: the input counts cached ones, the output counts reasoning."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    input_tokens_details: PromptTokensDetails | None = None
    output_tokens_details: CompletionTokensDetails | None = None
    cost: Any = None

    def as_chat(self) -> Usage:
        """The same in the words of a chat."""
        return Usage(
            prompt_tokens=self.input_tokens,
            completion_tokens=self.output_tokens,
            total_tokens=self.total_tokens or self.input_tokens + self.output_tokens,
            prompt_tokens_details=self.input_tokens_details,
            completion_tokens_details=self.output_tokens_details,
        )


class ResponseObject(Result):
    """A response. `id` carries its provider (`openai/resp_…`); times are Unix seconds.

    `status` is completed, incomplete (`incomplete_details` says why), failed, cancelled, queued or in_progress.
    """

    __slots__ = ("_cost",)

    id: str = ""
    object: str = "response"
    created_at: float = 0
    status: str | None = None
    model: str = ""
    output: list[ResponseItem] = []
    usage: ResponseUsage | None = None
    error: dict[str, Any] | None = None
    incomplete_details: dict[str, Any] | None = None

    @property
    def output_text(self) -> str:
        """What the model said, as one text."""
        return "".join(
            part.text or ""
            for item in self.output
            if item.type == "message"
            for part in item.content or ()
            if part.type == "output_text"
        )

    @property
    def function_calls(self) -> list[ResponseItem]:
        """The calls of functions. Answer each with `{"type": "function_call_output", "call_id": …, "output": …}`."""
        return [item for item in self.output if item.type == "function_call"]

    def priced(self, usage: Usage) -> None:
        """Take over what the usage costs."""
        object.__setattr__(self, "_cost", usage)

    def account(self, meta: Meta) -> None:
        """Tell the meta the cost."""
        usage: Usage | None = getattr(self, "_cost", None)
        if usage is not None:
            usage.account(meta)

    def attach(self, meta: Meta) -> None:
        self.account(meta)
        super().attach(meta)


class ResponseEvent(Result):
    """An event of a stream; `type` says what it is: `response.output_text.delta` has `delta`, the last `response`."""

    __slots__ = ()

    type: str
    sequence_number: int | None = None
    output_index: int | None = None
    content_index: int | None = None
    item_id: str | None = None
    delta: Any = None
    item: ResponseItem | None = None
    response: ResponseObject | None = None


class ResponseDeleted(Result):
    """What became of a deletion."""

    __slots__ = ()

    id: str = ""
    object: str = "response"
    deleted: bool = True


class ResponseItemList(Result):
    """The input of a response; `has_more` says that there are others after `last_id`."""

    __slots__ = ()

    data: list[ResponseItem]
    object: str = "list"
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False
