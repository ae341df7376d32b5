"""The Responses API in the simulator: the same model, answering in items. Nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from onellm.checks import anything, array, boolean, either, integer, mapping, nullable, number, record, string
from onellm.decode.json import table
from onellm.testing.simulator.chat import CREATED, Call, Choice, Completion, complete, tokens
from onellm.testing.simulator.values import Answer, ServiceError, SimReply, SimRequest, SimStream, sse

RESPONSE = record(
    {
        "model": string(low=1),
        "input": either(string(), array(anything(), low=1)),
        "background": nullable(boolean()),
        "context_management": nullable(array(anything())),
        "conversation": anything(),
        "include": nullable(array(string())),
        "instructions": nullable(string()),
        "max_output_tokens": nullable(integer(16)),
        "max_tool_calls": nullable(integer(1)),
        "metadata": nullable(mapping(string(high=512), high=16, longest_key=64)),
        "moderation": anything(),
        "parallel_tool_calls": nullable(boolean()),
        "previous_response_id": nullable(string()),
        "prompt": anything(),
        "prompt_cache_key": nullable(string()),
        "prompt_cache_options": anything(),
        "prompt_cache_retention": nullable(string("in_memory", "24h")),
        "reasoning": nullable(record({})),
        "safety_identifier": nullable(string(high=128)),
        "service_tier": nullable(string("auto", "default", "flex", "scale", "priority", "fast")),
        "store": nullable(boolean()),
        "stream": nullable(boolean()),
        "stream_options": anything(),
        "temperature": nullable(number(0, 2)),
        "text": nullable(record({})),
        "tool_choice": anything(),
        "tools": nullable(array(record({"type": string()}, ("type",)))),
        "top_logprobs": nullable(integer(0, 20)),
        "top_p": nullable(number(0, 1)),
        "truncation": nullable(string("auto", "disabled")),
        "user": string(),
    },
    ("model", "input"),
    closed=True,
)
"""The parameters of POST /responses (OpenAPI file of 2026-08-21)."""

_ROLES = {"developer": "developer", "system": "system", "assistant": "assistant", "user": "user"}


def respond(request: SimRequest) -> Answer:
    """POST /responses."""
    body: dict[str, Any] = request.checked(RESPONSE)
    if body.get("previous_response_id"):
        message = f"Previous response with id '{body['previous_response_id']}' not found."
        raise ServiceError(400, message, code="previous_response_not_found", param="previous_response_id")
    effort = table(body.get("reasoning")).get("effort") or "none"
    completion = complete(_as_chat(body), effort=effort, limit=body.get("max_output_tokens"))
    response = _response(body, completion)
    if not body.get("stream"):
        return SimReply.json(response)
    return SimStream([
        sse({"type": kind, "sequence_number": number, **fields}, kind)
        for number, (kind, fields) in enumerate(_events(response))
    ])  # fmt: skip


def _as_chat(body: dict[str, Any]) -> dict[str, Any]:
    """The request as a chat's body, which the model understands."""
    given = body["input"]
    messages: list[dict[str, Any]] = []
    if body.get("instructions"):
        messages.append({"role": "system", "content": body["instructions"]})
    items: list[Any] = [{"role": "user", "content": given}] if isinstance(given, str) else given
    messages += map(_message, items)
    chat: dict[str, Any] = {"messages": messages, "n": 1}
    if body.get("tools"):
        chat["tools"] = [_tool(tool) for tool in body["tools"]]
        choice = body.get("tool_choice") or "auto"
        chat["tool_choice"] = choice if isinstance(choice, str) else _tool(choice)
    form = table(body.get("text")).get("format")
    if form:
        chat["response_format"] = {"type": form["type"], "json_schema": form}
    return chat


def _message(item: dict[str, Any]) -> dict[str, Any]:
    kind = item.get("type", "message")
    if kind == "message":
        if item.get("role") not in _ROLES:
            raise ServiceError(400, f"Invalid value: {item.get('role')!r}.", code="invalid_value", param="input")
        return {"role": _ROLES[item["role"]], "content": _text(item.get("content"))}
    if kind in ("function_call_output", "custom_tool_call_output"):
        return {"role": "tool", "content": _text(item.get("output"))}
    return {"role": "assistant", "content": json.dumps(item, ensure_ascii=False)}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return " ".join(str(part.get("text", "")) for part in content or ())


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    kind = tool["type"]
    return {"type": kind, kind: tool} if kind in ("function", "custom") else tool


def _response(body: dict[str, Any], completion: Completion) -> dict[str, Any]:
    (choice,) = completion.choices
    cut = choice.finish_reason == "length"
    own = completion.id.removeprefix("chatcmpl-")
    return {
        "id": f"resp_{own}",
        "object": "response",
        "created_at": CREATED,
        "completed_at": CREATED,
        "status": "incomplete" if cut else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "instructions": body.get("instructions"),
        "metadata": body.get("metadata") or {},
        "model": body["model"],
        "output": list(_items(own, choice)),
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "temperature": 1.0 if body.get("temperature") is None else body["temperature"],
        "top_p": 1.0 if body.get("top_p") is None else body["top_p"],
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "usage": {
            "input_tokens": completion.prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": completion.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": completion.reasoning_tokens},
            "total_tokens": completion.prompt_tokens + completion.completion_tokens,
        },
    }


def _items(own: str, choice: Choice) -> Iterator[dict[str, Any]]:
    if choice.reasoning:
        summary = [{"type": "summary_text", "text": choice.reasoning.strip()}]
        yield {"type": "reasoning", "id": f"rs_{own}", "summary": summary}
    for place, call in enumerate(choice.calls):
        yield _call(f"{own}{place}", call)
    if choice.content is not None:
        part: dict[str, Any] = {"type": "output_text", "text": choice.content, "annotations": [], "logprobs": []}
        yield {"type": "message", "id": f"msg_{own}", "role": "assistant", "status": "completed", "content": [part]}


def _call(own: str, call: Call) -> dict[str, Any]:
    if call.custom:
        return {"type": "custom_tool_call", "id": f"ctc_{own}", "call_id": call.id, "name": call.name,
                "input": call.arguments}  # fmt: skip
    return {"type": "function_call", "id": f"fc_{own}", "call_id": call.id, "name": call.name,
            "arguments": call.arguments, "status": "completed"}  # fmt: skip


def _events(response: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    begun: dict[str, Any] = {**response, "status": "in_progress", "output": [], "usage": None, "completed_at": None}
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    for index, item in enumerate(response["output"]):
        place = {"output_index": index, "item_id": item["id"]}
        yield "response.output_item.added", {"output_index": index, "item": _empty(item)}
        if item["type"] == "message":
            yield from _said(item["content"][0], place)
        elif item["type"] == "reasoning":
            part = item["summary"][0]
            at = {**place, "summary_index": 0}
            yield "response.reasoning_summary_part.added", {**at, "part": {**part, "text": ""}}
            for piece in tokens(part["text"]):
                yield "response.reasoning_summary_text.delta", {**at, "delta": piece}
            yield "response.reasoning_summary_text.done", {**at, "text": part["text"]}
            yield "response.reasoning_summary_part.done", {**at, "part": part}
        elif item["type"] == "function_call":
            yield "response.function_call_arguments.delta", {**place, "delta": item["arguments"]}
            yield (
                "response.function_call_arguments.done",
                {**place, "name": item["name"], "arguments": item["arguments"]},
            )
        else:
            yield "response.custom_tool_call_input.delta", {**place, "delta": item["input"]}
            yield "response.custom_tool_call_input.done", {**place, "input": item["input"]}
        yield "response.output_item.done", {"output_index": index, "item": item}
    yield f"response.{response['status']}", {"response": response}


def _empty(item: dict[str, Any]) -> dict[str, Any]:
    """An item as it begins."""
    begun: dict[str, Any] = {"content": [], "status": "in_progress", "summary": [], "arguments": "", "input": ""}
    return {**item, **{name: value for name, value in begun.items() if name in item}}


def _said(part: dict[str, Any], place: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    at = {**place, "content_index": 0}
    yield "response.content_part.added", {**at, "part": {**part, "text": ""}}
    for piece in tokens(part["text"]):
        yield "response.output_text.delta", {**at, "delta": piece, "logprobs": []}
    yield "response.output_text.done", {**at, "text": part["text"], "logprobs": []}
    yield "response.content_part.done", {**at, "part": part}
