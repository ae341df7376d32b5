"""Answers of a type of the caller's from models of Bedrock that take no schema: by way of a tool."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.providers.bedrock.test_stream import binary, settings
from tests.providers.bedrock.wire import frames, judge, message
from tests.support import Caller, serve, whole
from tests.wire import both

OLD = "anthropic.claude-3-haiku-20240307-v1:0"


@dataclass
class City:
    city: str


@both
def test_a_value_by_way_of_a_tool(caller: Caller) -> None:
    """OUT-01, OUT-02: the input of the forced tool is the content, whole and in pieces, and no call is to be seen."""
    use = {"toolUse": {"toolUseId": "t1", "name": "City", "input": {"city": "Oban"}}}
    answer = message(use, stop_reason="tool_use")
    params: dict[str, Any] = {"response_format": City, "structured": "tool"}
    with serve(whole(answer), binary(*frames(answer))) as server:
        got = caller.chat(settings(server), f"bedrock/{OLD}", **params)
        found = caller.chat_stream(settings(server), f"bedrock/{OLD}", **params)
    for request in server.requests:
        judge(request.json)
        assert request.json["toolConfig"]["toolChoice"] == {"tool": {"name": "City"}}
    assert found.error is None
    for each in (got, found.final):
        choice = each.choices[0]
        assert (each.parsed, choice.message.tool_calls) == (City("Oban"), None)
        assert choice.finish_reason == "stop"
    assert json.loads(found.text) == {"city": "Oban"}
    assert len([chunk for chunk in found.events if chunk.choices[0].delta.content]) > 1
    assert not any(chunk.choices[0].delta.tool_calls for chunk in found.events)
