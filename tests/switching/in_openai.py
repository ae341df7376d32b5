"""Answers in OpenAI's formats, chat completions and Responses, and who judges what is sent in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)
from pydantic import TypeAdapter

from tests.faces import openai_spec
from tests.providers import venice_schema
from tests.support import completion

Body = dict[str, Any]
ARGUMENTS = {"port": "Oban"}


def said(call_id: str, **more: Any) -> Body:
    function = {"name": "tide", "arguments": json.dumps(ARGUMENTS)}
    call = {"id": call_id, "type": "function", "function": function}
    return {"role": "assistant", "content": "Let me see.", "tool_calls": [call], **more}


def chat_whole(said: Body) -> bytes:
    answer = completion("x")
    answer["choices"] = [{"index": 0, "message": said, "finish_reason": "tool_calls"}]
    return json.dumps(answer).encode()


def chat_stream(said: Body) -> bytes:
    calls = [{"index": number, **call} for number, call in enumerate(said["tool_calls"])]
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    choices: list[Body] = [
        {"index": 0, "delta": {**said, "tool_calls": calls}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "tool_calls"},
    ]
    events = [json.dumps({**head, "choices": [choice]}) for choice in choices]
    return "".join(f"data: {event}\n\n" for event in (*events, "[DONE]")).encode()


def plain(call_id: str, secret: str) -> Body:
    return said(call_id)


def thoughts(call_id: str, secret: str) -> Body:
    return said(call_id, reasoning_content=secret)


def thoughts_kept(call_id: str, secret: str) -> Any:
    return secret


def details(call_id: str, secret: str) -> Body:
    details = [
        {"type": "reasoning.text", "text": "Need the tide.", "index": 0, "format": "x"},
        {"type": "reasoning.encrypted", "data": secret, "index": 1, "format": "x"},
    ]
    return said(call_id, reasoning="Need the tide.", reasoning_details=details)


def details_kept(call_id: str, secret: str) -> Any:
    return details(call_id, secret)["reasoning_details"]


# -- OpenAI's Responses ------------------------------------------------------------------------------------------------


def response(call_id: str, secret: str) -> Body:
    usage = {"input_tokens": 9, "output_tokens": 5, "total_tokens": 14}
    said = {"type": "output_text", "text": "Let me see.", "annotations": []}
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": "completed", "usage": usage,
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": secret},
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [said]},
            {"type": "function_call", "id": "fc_1", "call_id": call_id, "name": "tide", "status": "completed",
             "arguments": json.dumps(ARGUMENTS)},
        ],
    }  # fmt: skip


def response_stream(call_id: str, secret: str) -> bytes:
    whole = response(call_id, secret)
    events: list[Body] = [{"type": "response.created", "response": {**whole, "output": [], "status": "in_progress"}}]
    for index, item in enumerate(whole["output"]):
        at = {"output_index": index, "item_id": item["id"]}
        events.append({"type": "response.output_item.added", **at, "item": {**item, "content": [], "arguments": ""}})
        if item["type"] == "message":
            events.append({"type": "response.output_text.delta", **at, "content_index": 0, "delta": "Let me see."})
        elif item["type"] == "function_call":
            events.append({"type": "response.function_call_arguments.delta", **at, "delta": item["arguments"]})
        events.append({"type": "response.output_item.done", **at, "item": item})
    events.append({"type": "response.completed", "response": whole})
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def response_kept(call_id: str, secret: str) -> Any:
    return response(call_id, secret)["output"][0]


def response_judge(_: Path, body: Body) -> None:
    kind = ResponseCreateParamsStreaming if body.get("stream") else ResponseCreateParamsNonStreaming
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    adapter.validate_python(body)


def openai_judge(shared: Path, body: Body) -> None:
    assert openai_spec.complaints(shared, "/chat/completions", body) == []


def venice_judge(shared: Path, body: Body) -> None:
    assert venice_schema.complaints(shared, "ChatCompletionRequest", body) == []


def host_judge(shared: Path, body: Body) -> None:
    """OpenAI's file, for hosts that have none: what goes beyond it is the state that they gave."""
    turns = [
        {name: value for name, value in turn.items() if not name.startswith("reasoning")} for turn in body["messages"]
    ]
    openai_judge(shared, {**{name: body[name] for name in body if name != "reasoning"}, "messages": turns})
