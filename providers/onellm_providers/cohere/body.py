"""The body of POST /v2/chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onellm.decode.json import Table, table
from onellm.errors import InvalidRequestError
from onellm.translate.parameters import (
    add_extra_body,
    drop_nothings,
    refuse_rest,
    take_max_tokens,
    take_stop,
    take_stream_options,
)
from onellm.translate.tools import as_openai, check_distinct, read_choice, read_functions, settle_without_tools
from onellm.types.chat_request import ChatRequest
from onellm_providers.cohere.messages import encode_messages
from onellm_providers.cohere.target import Target

NATIVE = frozenset({"citation_options", "documents", "priority", "safety_mode", "strict_tools", "thinking"})
"""Cohere's own parameters, taken beside OpenAI's (cohere SDK 7.3.1)."""
RENAMED = {"temperature": "temperature", "top_p": "p", "top_k": "k", "seed": "seed", "logprobs": "logprobs"}
PENALTIES = ("frequency_penalty", "presence_penalty")
"""Between 0 and 1, as the SDK says; OpenAI's may be negative."""
TAKEN = NATIVE | set(RENAMED) | {
    *PENALTIES, "max_completion_tokens", "max_tokens", "parallel_tool_calls", "reasoning_effort", "response_format",
    "stop", "stream_options", "tool_choice", "tools",
}  # fmt: skip
BUDGETS: Mapping[str, int | None] = {
    "minimal": 1024, "low": 1024, "medium": 4096, "high": None, "xhigh": None, "max": None
}  # fmt: skip
"""The token budgets that efforts stand for; None sets no bound. The service itself knows on, off and a budget."""


def encode_body(target: Target, request: ChatRequest, *, stream: bool) -> Table:
    """The body of a chat. Raises InvalidRequestError, UnsupportedParameterError for what the service does not take."""
    given = request.parameters()
    body: Table = {"model": request.model, "messages": encode_messages(target, request.messages)}
    if (most := take_max_tokens(given)) is not None:
        body["max_tokens"] = most
    if sequences := take_stop(given):
        body["stop_sequences"] = sequences
    take_stream_options(given, target.losses, target.name, stream=stream)
    drop_nothings(given)
    for name, theirs in RENAMED.items():
        if name in given:
            body[theirs] = given.pop(name)
    _place_penalties(target, given, body)
    _place_tools(target, given, body)
    _place_format(given, body)
    _place_thinking(given, body)
    for name in sorted(NATIVE & given.keys()):
        body[name] = given.pop(name)
    refuse_rest(given, target.losses, target, TAKEN)
    add_extra_body(body, request)
    if stream:
        body["stream"] = True
    return body


def _place_penalties(target: Target, given: dict[str, Any], body: Table) -> None:
    for name in PENALTIES:
        value = given.pop(name, None)
        if value is None:
            continue
        if 0 <= value <= 1:
            body[name] = value
        else:
            target.losses.refuse(name, f"{target.name} takes a {name} from 0 to 1, not {value:g}.")


def _place_tools(target: Target, given: dict[str, Any], body: Table) -> None:
    """`tools` and `tool_choice`. A named function is the only one that is sent, and a call is required."""
    asked, choice = given.pop("tools", None), read_choice(given.pop("tool_choice", None))
    parallel = given.pop("parallel_tool_calls", None)
    functions = [function for _, function in read_functions(asked, target.losses, target.name)]
    tools = [as_openai(function) for function in functions]
    check_distinct(tool["function"]["name"] for tool in tools)
    if not tools:
        settle_without_tools(target.losses, choice, parallel)
        return
    if parallel is False:
        target.losses.refuse("parallel_tool_calls", f"{target.name} cannot be kept from calling several tools at once.")
    if choice is not None and choice.word == "named":
        tools = [tool for tool in tools if tool["function"]["name"] == choice.name]
        if not tools:
            raise InvalidRequestError(f"tool_choice names {choice.name!r}, which is no tool.", param="tool_choice")
    body["tools"] = tools
    if choice is not None and choice.word != "auto":
        body["tool_choice"] = "NONE" if choice.word == "none" else "REQUIRED"
    _place_strict(target, given, [function.strict for function in functions], body)


def _place_strict(target: Target, given: dict[str, Any], strict: list[bool], body: Table) -> None:
    """Strictness is one switch for all tools; where only some ask for it, it is left out and told."""
    if "strict_tools" in given:
        return
    if all(strict):
        body["strict_tools"] = True
    elif any(strict):
        target.losses.note("tools.strict")


def _place_format(given: dict[str, Any], body: Table) -> None:
    asked = table(given.pop("response_format", None))
    kind = asked.get("type")
    if kind in (None, "text"):
        return
    if kind == "json_object":
        body["response_format"] = {"type": "json_object"}
        return
    schema = table(table(asked.get("json_schema")).get("schema"))
    if kind != "json_schema" or not schema:
        raise InvalidRequestError(
            "response_format must be text, json_object, or json_schema with a schema.", param="response_format"
        )
    body["response_format"] = {"type": "json_object", "json_schema": schema}


def _place_thinking(given: dict[str, Any], body: Table) -> None:
    """`thinking`, which the caller may also give in Cohere's own form."""
    effort = given.pop("reasoning_effort", None)
    if effort is None:
        return
    if "thinking" in given:
        raise InvalidRequestError("reasoning_effort and thinking mean the same; give one.", param="reasoning_effort")
    if effort == "none":
        body["thinking"] = {"type": "disabled"}
    elif effort in BUDGETS:
        budget = BUDGETS[effort]
        body["thinking"] = {"type": "enabled", **({} if budget is None else {"token_budget": budget})}
    else:
        raise InvalidRequestError(
            f"reasoning_effort is {effort!r}; it must be none, {', '.join(BUDGETS)}.", param="reasoning_effort"
        )
