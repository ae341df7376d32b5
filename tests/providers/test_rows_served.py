"""Every row against a scripted server, through both engines: chat, stream, tools, an error, a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import RateLimitError, UnsupportedParameterError
from tests.providers.test_contract import HOSTS, MODELS
from tests.support import DONE, KEY, Caller, chunk, completion, event, serve, streamed, whole
from tests.wire import USER, both, calling, result, tool, tool_call

hosts = pytest.mark.parametrize("host", sorted(HOSTS))
TOOLS = [tool("look")]


def asked(host: str, url: str) -> tuple[dict[str, dict[str, Any]], str]:
    return {host: {"api_key": KEY, "base_url": url}}, f"{host}/{MODELS.get(host, 'some/model:tag')}"


@both
@hosts
def test_chat(caller: Caller, host: str) -> None:
    with serve(whole(completion("Hello"))) as server:
        answer = caller.chat(*asked(host, server.url), [USER], max_tokens=20)
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json["model"] == asked(host, "")[1].partition("/")[2]
    assert request.json["messages"] == [USER]
    assert 20 in request.json.values()
    assert answer.choices[0].message.content == "Hello"
    assert (answer.choices[0].finish_reason, answer.usage.total_tokens, answer.meta.provider) == ("stop", 5, host)


@both
@hosts
def test_stream(caller: Caller, host: str) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    data = [event(chunk("Hel")), b": keep-alive\n\n", event(chunk("lo")), event(chunk(finish="stop"))]
    with serve(streamed(*data, event(chunk(choices=[], usage=usage)), DONE)) as server:
        stream = caller.chat_stream(*asked(host, server.url), [USER])
    assert server.requests[0].json["stream"] is True
    assert (stream.error, stream.text) == (None, "Hello")
    assert stream.events[-1].usage.total_tokens == stream.final.usage.total_tokens == 5
    assert stream.final.choices[0].finish_reason == "stop"


@both
@hosts
def test_tools(caller: Caller, host: str) -> None:
    """A call comes, whole and in pieces; its result goes back, and the ids of the two are one."""
    made = tool_call("call_1", "look", '{"a": "x"}')
    body = completion(choices=[{"index": 0, "message": calling(made), "finish_reason": "tool_calls"}])
    fragments: list[dict[str, Any]] = [
        {"index": 0, "id": "call_1", "type": "function", "function": {"name": "look", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"a": '}},
        {"index": 0, "function": {"arguments": '"x"}'}},
    ]
    data = [event(chunk(choices=[{"index": 0, "delta": {"tool_calls": [piece]}}])) for piece in fragments]
    script = (whole(body), streamed(*data, event(chunk(finish="tool_calls")), DONE), whole(completion("Done")))
    with serve(*script) as server:
        first = caller.chat(*asked(host, server.url), [USER], tools=TOOLS)
        second = caller.chat_stream(*asked(host, server.url), [USER], tools=TOOLS, tool_choice="auto").final
        message = second.choices[0].message
        caller.chat(*asked(host, server.url), [USER, message, result("call_1", "ok")], tools=TOOLS)
    for answer in (first, second):
        (found,) = answer.choices[0].message.tool_calls
        assert (found.id, found.function.name, found.function.arguments) == ("call_1", "look", '{"a": "x"}')
        assert answer.choices[0].finish_reason == "tool_calls"
    one, two, three = (request.json for request in server.requests)
    assert one["tools"] == two["tools"] == three["tools"] == TOOLS
    assert two["tool_choice"] == "auto"
    (sent,) = three["messages"][1]["tool_calls"]
    assert sent["function"] == {"name": "look", "arguments": '{"a": "x"}'}
    assert three["messages"][2] == result(sent["id"], "ok")


@both
@hosts
def test_an_error(caller: Caller, host: str) -> None:
    body = {"error": {"message": "Slow down", "type": "rate_limit_error"}}
    with serve(whole(body, 429, {"retry-after": "90000"})) as server:
        for ask in (caller.chat, caller.chat_stream):
            with pytest.raises(RateLimitError, match="Slow down") as caught:
                ask(*asked(host, server.url), [USER])
            assert (caught.value.status, caught.value.retry_after, caught.value.provider) == (429, 90000, host)
    assert len(server.requests) == 2


@both
@hosts
def test_a_refusal(caller: Caller, host: str) -> None:
    """What the host does not take never leaves."""
    with serve(whole(completion())) as server:
        for ask in (caller.chat, caller.chat_stream):
            with pytest.raises(UnsupportedParameterError) as caught:
                ask(*asked(host, server.url), [USER], **HOSTS[host][1])
            assert caught.value.param in HOSTS[host][1]
    assert not server.requests
