"""Streams of Anthropic: how they end, what interrupts them, and what of that reaches the caller, by hard cases' ids."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from onellm import (
    BadResponseError,
    InvalidRequestError,
    OneLLMError,
    OverloadedError,
    RateLimitError,
    ServerError,
    StreamInterrupted,
)
from onellm.decode.limits import Limits
from tests.providers.anthropic.wire import OLD, events, message, sse, streamed
from tests.support import KEY, Caller, End, serve, whole
from tests.support import streamed as stream_of
from tests.wire import both, stream_call, tool

THINKING = {"type": "thinking", "thinking": "Need the tide.", "signature": "Qk1Z"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "tide", "input": {"port": "Oban"}}
FULL = message(THINKING, "Let me see. 日本", CALL, stop_reason="tool_use")
OVERLOADED = sse(
    {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_9"}
)


@dataclass
class City:
    city: str


def settings(server: Any) -> dict[str, dict[str, str]]:
    return {"anthropic": {"base_url": server.url, "api_key": KEY}}


def partial_text(error: OneLLMError) -> str:
    return str(error.partial.choices[0].message.content or "") if error.partial.choices else ""


def said(made: list[bytes]) -> str:
    """The text of the events, read without any of our code."""
    values = [json.loads(event.partition(b"data: ")[2]) for event in made]
    return "".join(value.get("delta", {}).get("text", "") for value in values)


@both
def test_a_stream_cut_at_any_event_is_interrupted_with_what_came(caller: Caller) -> None:
    """STR-08, USE-13: the usage so far is on the partial answer."""
    made = events(FULL)
    for cut in range(1, len(made)):
        with serve(stream_of(*made[:cut])) as server:
            try:
                found = caller.chat_stream(settings(server), f"anthropic/{OLD}", max_retries=0)
            except OneLLMError as early:
                raise AssertionError(f"nothing came before event {cut}") from early
        error = found.error
        assert isinstance(error, StreamInterrupted), cut
        assert partial_text(error) == found.text == said(made[:cut])
        assert error.partial.usage.prompt_tokens == 3


@both
def test_a_whole_stream_over_the_wire(caller: Caller) -> None:
    with serve(stream_of(*events(FULL), headers={"request-id": "req_1"})) as server:
        found = caller.chat_stream(settings(server), f"anthropic/{OLD}", tools=[tool("tide")])
    assert found.error is None
    message = found.final.choices[0].message
    assert (message.content, message.reasoning_content) == ("Let me see. 日本", "Need the tide.")
    assert message.tool_calls[0].function.arguments == '{"port": "Oban"}'
    assert found.final.choices[0].finish_reason == "tool_calls"
    assert found.meta.request_id == "req_1"
    assert found.meta.cost == pytest.approx((3 * 3 + 2 * 15) / 1e6)
    sent = server.requests[0]
    assert (sent.path, sent.headers["x-api-key"], sent.json["stream"]) == ("/v1/messages", KEY, True)
    assert sent.headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in sent.headers


def test_str_01_bytes_cut_anywhere() -> None:
    data = b"".join(events(FULL))
    expected = streamed(FULL).final.model_dump()
    for cut in range(1, len(data), 7):
        call = stream_call("anthropic")
        decoder, assembler = call.decoder(), call.assembler()
        for piece in (data[:cut], data[cut:]):
            for chunk in decoder.feed(piece):
                assembler.add(chunk)
        assert decoder.done
        assert assembler.result().model_dump() == expected


def test_str_02_separators_that_are_no_ends_of_lines() -> None:
    text = "a\u2028b\u2029c\u0085d\x0b"
    assert streamed(message(text)).final.choices[0].message.content == text


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"])
def test_str_03_ends_of_lines(ends: str) -> None:
    data = b"".join(events(FULL)).replace(b"\n", ends.encode())
    assert streamed(data).final.model_dump() == streamed(FULL).final.model_dump()


def test_str_04_and_06_no_space_comments_pings_and_unknown_events() -> None:
    made = [event.replace(b"data: ", b"data:") for event in events(FULL)]
    noise = [b": hello\n\n", sse({"type": "ping"}), sse({"type": "brand_new", "x": 1}), b"\n"]
    data = b"\xef\xbb\xbf" + b"".join(piece for event in made for piece in (*noise, event))
    assert streamed(data).final.model_dump() == streamed(FULL).final.model_dump()


def test_str_07_broken_json_in_the_middle() -> None:
    made = events(message("Hello"))
    found = streamed(b"".join([*made[:4], b'data: {"type": "content_block_delta", broken\n\n', *made[4:]]))
    assert isinstance(found.failure, BadResponseError)
    assert "broken" in found.failure.body
    assert found.final.choices[0].message.content == "Hel"
    assert found.final.choices[0].finish_reason is None


@both
@pytest.mark.parametrize(
    ("kind", "expected", "status"),
    [("overloaded_error", OverloadedError, 529), ("rate_limit_error", RateLimitError, 429),
     ("api_error", ServerError, 500), ("invalid_request_error", InvalidRequestError, 400),
     ("timeout_error", ServerError, 504)],
)  # fmt: skip
def test_str_10_an_error_event_in_the_middle(caller: Caller, kind: str, expected: Any, status: int) -> None:
    made = events(message("Hello"))
    failed = OVERLOADED.replace(b"overloaded_error", kind.encode())
    with serve(stream_of(*made[:6], failed, *made[6:])) as server:
        found = caller.chat_stream(settings(server), f"anthropic/{OLD}", max_retries=0)
    error: Any = found.error
    assert isinstance(error, expected)
    assert (error.status, error.type, error.request_id, error.provider) == (status, kind, "req_9", "anthropic")
    assert partial_text(error) == found.text != ""
    assert error.partial.usage.prompt_tokens == 3
    assert len(server.requests) == 1


@both
def test_str_10_an_error_event_at_the_beginning_is_raised_and_tried_again(caller: Caller) -> None:
    with serve(stream_of(OVERLOADED), stream_of(*events(message("Hi")))) as server:
        found = caller.chat_stream(settings(server), f"anthropic/{OLD}", max_retries=1)
    assert (found.text, len(server.requests)) == ("Hi", 2)


@both
def test_str_12_and_13_an_error_in_place_of_a_stream(caller: Caller) -> None:
    failed = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    limited = {"type": "error", "error": {"type": "rate_limit_error", "message": "Slow"}, "request_id": "req_2"}
    for answer, expected in (
        (whole(failed), OverloadedError),
        (whole(failed, 529), OverloadedError),
        (whole(limited, 429, {"retry-after": "7"}), RateLimitError),
    ):
        with serve(answer) as server, pytest.raises(expected) as caught:
            caller.chat_stream(settings(server), f"anthropic/{OLD}", max_retries=0)
    assert (caught.value.retry_after, caught.value.request_id) == (7, "req_2")


@both
def test_a_connection_that_breaks(caller: Caller) -> None:
    with serve(stream_of(*events(FULL)[:6], End(reset=True), end=False)) as server:
        found = caller.chat_stream(settings(server), f"anthropic/{OLD}", max_retries=0)
    assert isinstance(found.error, StreamInterrupted)
    assert found.error.partial.choices[0].message.reasoning_content == "Need the "


def test_stc_08_usage_of_later_events_replaces_what_was_said() -> None:
    start = message()
    start["usage"] = {
        "input_tokens": 10,
        "cache_read_input_tokens": 5,
        "cache_creation_input_tokens": 7,
        "output_tokens": 1,
    }
    first, *_, _, last = events(start)
    first = sse({"type": "message_start", "message": start})
    delta = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
    later = [{"output_tokens": 4}, {"output_tokens": 9, "cache_read_input_tokens": 0, "input_tokens": 30}]
    found = streamed(b"".join([first, *(sse({**delta, "usage": usage}) for usage in later), last])).final.usage
    assert found is not None
    assert found.prompt_tokens_details is not None
    assert (found.prompt_tokens, found.completion_tokens) == (37, 9)
    assert found.prompt_tokens_details.cached_tokens == 0


def test_fields_beside_the_ending_are_kept() -> None:
    managed: dict[str, Any] = {"applied_edits": []}
    end = {"stop_reason": "end_turn", "container": {"id": "c1", "expires_at": "2026"}}
    made = [
        events(message("Hi"))[0],
        sse({"type": "message_delta", "delta": end, "usage": {"output_tokens": 1}, "context_management": managed}),
        sse({"type": "message_stop"}),
    ]
    found = streamed(b"".join(made)).final.model_dump()
    assert (found["container"], found["context_management"]) == (end["container"], managed)


def test_stc_13_white_space_is_kept() -> None:
    text = "Hello \n\n world  "
    found = streamed(b"".join(events(message(text), size=1)))
    assert found.final.choices[0].message.content == text
    assert "".join(chunk.choices[0].delta.content or "" for chunk in found.chunks) == text


def test_arguments_have_a_limit() -> None:
    call = stream_call("anthropic")
    decoder: Any = call.decoder()
    decoder.limit(Limits(arguments=8))
    decoder.feed(b"".join(events(message({**CALL, "input": {"a": "x" * 20}}))))
    assert isinstance(decoder.failure, BadResponseError)
    assert "max_arguments" in str(decoder.failure)


def test_what_comes_after_the_end_does_not_count() -> None:
    found = streamed(b"".join([*events(message("Hi")), *events(message("again"))]))
    assert (found.failure, found.final.choices[0].message.content) == (None, "Hi")


def test_a_delta_of_no_block_is_told() -> None:
    made = events(message("Hi"))
    found = streamed(b"".join([made[0], made[3]]))
    assert isinstance(found.failure, BadResponseError)
    assert json.loads(found.failure.body)["index"] == 0


@both
def test_out_01_and_02_a_value_by_way_of_a_tool(caller: Caller) -> None:
    """The input of the forced tool is the content, whole and in pieces, and no call is to be seen."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "City", "input": {"city": "Oban"}}
    answer = message(call, stop_reason="tool_use")
    params: dict[str, Any] = {"response_format": City, "structured": "tool"}
    with serve(whole(answer), stream_of(*events(answer))) as server:
        got = caller.chat(settings(server), f"anthropic/{OLD}", **params)
        found = caller.chat_stream(settings(server), f"anthropic/{OLD}", **params)
    assert [each.json["tool_choice"]["name"] for each in server.requests] == ["City", "City"]
    assert found.error is None
    for each in (got, found.final):
        choice = each.choices[0]
        assert (each.parsed, choice.message.tool_calls) == (City("Oban"), None)
        assert choice.finish_reason == "stop"
    assert json.loads(found.text) == {"city": "Oban"}
    assert len([chunk for chunk in found.events if chunk.choices[0].delta.content]) > 1
    assert not any(chunk.choices[0].delta.tool_calls for chunk in found.events)
