"""The Responses API as it is: what goes out, what is stored, streams that are cut or followed later."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import TypeAdapter

import onellm
from onellm import APIError, CapabilityError, InvalidRequestError, StreamInterrupted, UnsupportedParameterError
from tests.responses.recorded import responses
from tests.responses.test_bridge import BEGIN, CALLS, END, ENDED, FAILED, HEAD, MESSAGE, USAGE, call_item, named
from tests.support import KEY, serve, streamed, whole

DONE = {**HEAD, "status": "completed", "output": ENDED, "usage": USAGE}
KINDS = pytest.mark.parametrize("kind", ["sync", "async"])


def do(kind: str, url: str, what: Callable[[Any], Any], *, drain: bool = False) -> Any:
    """What a client of this kind gives; with `drain` the events of a stream, its error and the whole."""
    providers = {"openai": {"api_key": KEY, "base_url": url}}
    if kind == "sync":
        with onellm.OneLLM(providers=providers) as client:
            got = what(client)
            if not drain:
                return got
            events: list[Any] = []
            try:
                events.extend(got)
            except onellm.OneLLMError as error:
                return events, error, error.partial or getattr(error, "partial", None)
            return events, None, got.final()

    async def main() -> Any:
        async with onellm.AsyncOneLLM(providers=providers) as client:
            got = await what(client)
            if not drain:
                return got
            events: list[Any] = []
            try:
                async for event in got:
                    events.append(event)  # noqa: PERF401 - those before the error count
            except onellm.OneLLMError as error:
                return events, error, error.partial
            return events, None, await got.final()

    return asyncio.run(main())


def weather(city: str) -> str:
    """Get the weather."""
    return city


@KINDS
def test_what_goes_out(kind: str) -> None:
    previous = onellm.ResponseItem.model_validate(MESSAGE)
    with serve(whole(DONE)) as host:
        answer = do(
            kind,
            host.url,
            lambda client: client.responses.create(
                "openai/gpt-x",
                [previous, {"role": "user", "content": "And now?"}],
                instructions="Be brief.",
                max_output_tokens=64,
                previous_response_id="openai/resp_0",
                reasoning={"effort": "low"},
                tools=[weather, {"type": "web_search"}],
                extra_body={"service_tier": "flex"},
            ),
        )
        body = json.loads(host.requests[0].body)
    TypeAdapter(ResponseCreateParamsNonStreaming).validate_python(body)
    assert body["previous_response_id"] == "resp_0"
    assert body["input"][0] == {
        **MESSAGE, "content": [{"type": "output_text", "text": "I call.", "annotations": []}],
    }  # fmt: skip
    assert body["tools"][0]["name"] == "weather"
    assert body["tools"][1] == {"type": "web_search"}
    assert body["service_tier"] == "flex"
    assert answer.output_text == "I call."
    assert [item.call_id for item in answer.function_calls] == ["call_1", "call_2"]
    assert answer.id == "openai/resp_1"
    assert answer.meta.provider == "openai"


def test_the_face(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(whole(DONE), streamed(*CALLS, END), whole(DONE)) as host:
        given: Any = {"base_url": host.url, "api_key": KEY}
        assert onellm.Response.create("openai/m", "Hi", **given).output_text == "I call."
        stream = onellm.Response.create("openai/m", "Hi", stream=True, **given)
        assert [event.type for event in stream][-1] == "response.completed"
        assert stream.final().output_text == "I call."
        assert asyncio.run(onellm.Response.acreate("openai/m", "Hi", **given)).output_text == "I call."


@KINDS
def test_a_stream(kind: str) -> None:
    with serve(streamed(*CALLS, END)) as host:
        events, error, final = do(
            kind, host.url, lambda client: client.responses.create("openai/m", "Hi", stream=True), drain=True
        )
        assert json.loads(host.requests[0].body) == {"model": "m", "input": "Hi", "stream": True}
    assert error is None
    assert [event.type for event in events][:3] == [
        "response.created", "response.output_item.added", "response.output_text.delta",
    ]  # fmt: skip
    assert final.model_dump(exclude_none=True)["output"] == [json.loads(json.dumps(item)) for item in ENDED]
    assert final.usage.total_tokens == 14


@KINDS
@pytest.mark.parametrize("cut", range(1, len(CALLS) + 1))
def test_a_stream_that_is_cut_is_told_with_what_came(kind: str, cut: int) -> None:
    with serve(streamed(*CALLS[:cut])) as host:
        _, error, partial = do(
            kind, host.url, lambda client: client.responses.create("openai/m", "Hi", stream=True), drain=True
        )
    assert isinstance(error, StreamInterrupted)
    assert partial.output_text == ("I call." if cut >= 3 else "")
    if cut == len(CALLS):
        assert [item.arguments for item in partial.function_calls] == ['{"a": 1}', '{"b": 2}']
    elif cut == 8:
        assert [item.arguments for item in partial.function_calls] == ['{"a": 1}', '{"b":']


@KINDS
def test_deltas_alone_make_the_items(kind: str) -> None:
    """A host whose last event has no output, and a stream of every kind of text."""
    items: list[dict[str, Any]] = [
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "message", "id": "m_1", "role": "assistant", "content": []},
        {"type": "custom_tool_call", "id": "c_1", "call_id": "call_9", "name": "shell", "input": ""},
    ]
    deltas = [
        named("response.reasoning_summary_text.delta", output_index=0, summary_index=0, delta="One"),
        named("response.reasoning_summary_text.delta", output_index=0, summary_index=1, delta="Two"),
        named("response.reasoning_text.delta", output_index=0, content_index=0, delta="raw"),
        named("response.output_text.delta", output_index=1, content_index=0, delta="He"),
        named("response.output_text.delta", output_index=1, content_index=0, delta="llo"),
        named("response.refusal.delta", output_index=1, content_index=1, delta="No."),
        named("response.custom_tool_call_input.delta", output_index=2, delta="ls"),
    ]
    added = [named("response.output_item.added", output_index=place, item=item) for place, item in enumerate(items)]
    end = named("response.completed", response={**HEAD, "status": "completed", "usage": USAGE})
    with serve(streamed(BEGIN, *added, *deltas, end)) as host:
        _, error, final = do(
            kind, host.url, lambda client: client.responses.create("openai/m", "Hi", stream=True), drain=True
        )
    assert error is None
    reasoning, message, call = final.output
    assert [part.text for part in reasoning.summary] == ["One", "Two"]
    assert [part.text for part in reasoning.content] == ["raw"]
    assert final.output_text == "Hello"
    assert message.content[1].refusal == "No."
    assert call.input == "ls"


@KINDS
def test_events_without_places_find_their_items_by_id(kind: str) -> None:
    """llama.cpp's server gives ids alone."""
    calls = [{**call_item(number), "status": "in_progress"} for number in (1, 2)]
    ended = [call_item(1, '{"a": 1}'), call_item(2, '{"b": 2}')]
    script = [
        BEGIN,
        *(named("response.output_item.added", item=item) for item in calls),
        named("response.function_call_arguments.delta", item_id="fc_2", delta='{"b": 2}'),
        named("response.function_call_arguments.delta", item_id="fc_1", delta='{"a": 1}'),
        *(named("response.output_item.done", item=item) for item in ended),
    ]
    end = named("response.completed", response={**HEAD, "status": "completed", "output": ended, "usage": USAGE})
    with serve(streamed(*script, end), streamed(*script)) as host:
        events, error, final = do(
            kind, host.url, lambda client: client.responses.create("openai/m", "Hi", stream=True), drain=True
        )
        _, cut, partial = do(
            kind, host.url, lambda client: client.responses.create("openai/m", "Hi", stream=True), drain=True
        )
    assert error is None
    assert [event.output_index for event in events[1:-1]] == [0, 1, 1, 0, 0, 1]
    assert isinstance(cut, StreamInterrupted)
    for response in (final, partial):
        assert [item.arguments for item in response.function_calls] == ['{"a": 1}', '{"b": 2}']


@KINDS
def test_failures(kind: str) -> None:
    with serve(whole(FAILED)) as host, pytest.raises(APIError, match="It broke"):
        do(kind, host.url, lambda client: client.responses.create("openai/m", "Hi", max_retries=0))
    with serve(streamed(BEGIN, named("response.failed", response=FAILED))) as host:
        events, error, _ = do(
            kind, host.url, lambda client: client.responses.create("openai/m", "Hi", stream=True), drain=True
        )
    assert isinstance(error, APIError)
    assert events[-1].response.status == "failed"
    with serve(streamed(BEGIN, b"event: response.in_progress\ndata: {broken\n\n")) as host:
        _, error, _ = do(
            kind, host.url, lambda client: client.responses.create("openai/m", "Hi", stream=True), drain=True
        )
    assert isinstance(error, onellm.OneLLMError)
    assert "hole" in str(error) or isinstance(error, StreamInterrupted)


@KINDS
def test_what_is_stored(kind: str) -> None:
    listed = {"object": "list", "data": [MESSAGE], "first_id": "msg_1", "last_id": "msg_1", "has_more": False}
    queued = {**HEAD, "status": "queued", "background": True}
    deleted = {"id": "resp_1", "object": "response", "deleted": True}
    script: list[tuple[Callable[[Any], Any], Any, str]] = [
        (lambda client: client.responses.create("openai/m", "Hi", background=True), queued, "POST /responses"),
        (lambda client: client.responses.retrieve("openai/resp_1"), FAILED, "GET /responses/resp_1"),
        (lambda client: client.responses.cancel("openai/resp_1"), {**HEAD, "status": "cancelled"},
         "POST /responses/resp_1/cancel"),
        (lambda client: client.responses.delete("openai/resp_1"), deleted, "DELETE /responses/resp_1"),
        (lambda client: client.responses.input_items("openai/resp_1", limit=5, order="asc"), listed,
         "GET /responses/resp_1/input_items?limit=5&order=asc"),
    ]  # fmt: skip
    got: list[Any] = []
    for what, answer, line in script:
        with serve(whole(answer)) as host:
            got.append(do(kind, host.url, what))
            request = host.requests[0]
            assert f"{request.method} {request.path.removeprefix('/v1')}" == line
    assert [each.status for each in got[:3]] == ["queued", "failed", "cancelled"]
    assert got[1].error == {"code": "server_error", "message": "It broke."}, "a stored failure is read, not raised"
    assert (got[3].id, got[3].deleted) == ("openai/resp_1", True)
    assert got[4].data[0].content[0].text == "I call."


@KINDS
def test_a_background_response_is_followed_from_where_it_was_left(kind: str, shared: Path) -> None:
    recorded = responses(shared / "recordings" / "openai")
    (followed,) = [each for each in recorded if "starting_after" in each.label and each.request is None]
    with serve(streamed(followed.body)) as host:
        events, error, final = do(
            kind,
            host.url,
            lambda client: client.responses.retrieve("openai/resp_0", stream=True, starting_after=0),
            drain=True,
        )
        assert host.requests[0].path.removeprefix("/v1") in (
            "/responses/resp_0?starting_after=0&stream=true", "/responses/resp_0?stream=true&starting_after=0",
        )  # fmt: skip
    assert error is None
    assert events[0].sequence_number == 1
    assert final.status == "completed"
    assert final.output_text


@pytest.mark.parametrize(
    ("params", "kind", "problem"),
    [
        ({"input": "x", "previous_response_id": "r", "conversation": "c"}, InvalidRequestError, "give one"),
        ({}, InvalidRequestError, "input is missing"),
        ({"input": 3}, InvalidRequestError, "input"),
        ({"input": "x", "temperature": 3}, InvalidRequestError, "temperature"),
        ({"input": "x", "max_tokens": 3}, UnsupportedParameterError, "max_tokens"),
        ({"input": "x", "extra_body": {"input": "y"}}, InvalidRequestError, "extra_body"),
    ],
)
def test_what_is_wrong_is_told_before_sending(params: dict[str, Any], kind: type[Exception], problem: str) -> None:
    client = onellm.OneLLM(providers={"openai": {"api_key": KEY, "base_url": "http://127.0.0.1:9"}})
    create: Any = client.responses.create
    with pytest.raises(kind, match=problem):
        create("openai/m", **params)


def test_ids_name_their_provider() -> None:
    client = onellm.OneLLM(providers={"openai": {"api_key": KEY, "base_url": "http://127.0.0.1:9"}})
    with pytest.raises(InvalidRequestError, match="names no provider"):
        client.responses.retrieve("resp_1")


def test_a_host_without_responses_is_refused() -> None:
    onellm.register_provider(onellm.Spec(name="chatonly", base_url="http://127.0.0.1:9", key_required=False))
    with pytest.raises(CapabilityError, match="responses"):
        onellm.OneLLM().responses.create("chatonly/m", "Hi")
