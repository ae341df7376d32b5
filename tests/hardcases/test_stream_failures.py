"""STR-07 to STR-13: streams that fail, end early or never begin. None of it may look like a whole answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onellm import errors
from onellm.options import RetryPolicy
from tests.support import DONE, Caller, End, Piece, Wait, chunk, event, serve, streamed, whole

CALLERS = [pytest.param(Caller("sync"), id="sync"), pytest.param(Caller("async"), id="async")]
both = pytest.mark.parametrize("caller", CALLERS)

FAST = RetryPolicy(base=0)
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def texts(result: Any) -> list[str | None]:
    return [item.choices[0].delta.content for item in result.events]


def partial(error: Any) -> str | None:
    """The text that an error says had arrived."""
    content: str | None = error.partial.choices[0].message.content
    return content


@both
@pytest.mark.parametrize(
    "broken", [b'{"broken', b"[1, 2]", b"42", b'{"choices": [{"delta": 7}]}', b'{"choices": 7}', b"{}x"]
)
def test_str_07_malformed_json_in_the_middle(caller: Caller, broken: bytes) -> None:
    """The chunks before it come, then the error with the raw text; nothing after the hole is handed out."""
    pieces = [event(chunk("a")), b"data: " + broken + b"\n\n", event(chunk("c", finish="stop")), DONE]
    with serve(streamed(*pieces)) as server:
        result = caller.chat_stream(server.provider())
        assert len(server.requests) == 1
    assert texts(result) == ["a"]
    assert type(result.error) is errors.BadResponseError
    assert result.error.body == broken.decode()
    assert partial(result.error) == "a"
    assert result.error.partial.choices[0].finish_reason is None


@both
def test_str_07_malformed_first_event(caller: Caller) -> None:
    """Nothing was delivered yet; still it is an error, and not repeated: the service did the work."""
    with serve(streamed(b"data: {oops\n\n", event(chunk("c", finish="stop")), DONE)) as server:
        with pytest.raises(errors.BadResponseError) as caught:
            caller.chat_stream(server.provider())
        assert len(server.requests) == 1
    assert caught.value.body == "{oops"


@both
@pytest.mark.parametrize("pieces", [[], [End()], [End(reset=True)]], ids=["body ends", "FIN", "RST"])
def test_str_08_premature_end(caller: Caller, pieces: list[Piece]) -> None:
    """Whether the body, the connection or the host ended: the delivered chunks, then StreamInterrupted."""
    body = streamed(
        event(chunk("a")), event(chunk("b")), Wait(0.05), *pieces, end=not pieces, headers={"x-request-id": "r7"}
    )
    with serve(body) as server:
        result = caller.chat_stream(server.provider())
        assert len(server.requests) == 1
    assert texts(result) == ["a", "b"]
    assert type(result.error) is errors.StreamInterrupted
    assert partial(result.error) == "ab"
    assert result.error.partial.choices[0].finish_reason is None
    assert result.error.request_id == "r7"


@both
def test_str_08_cut_in_the_middle_of_an_event(caller: Caller) -> None:
    """Half an event is no event."""
    half = event(chunk("b", finish="stop"))[:-30]
    with serve(streamed(event(chunk("a")), half)) as server:
        result = caller.chat_stream(server.provider())
    assert texts(result) == ["a"]
    assert isinstance(result.error, (errors.StreamInterrupted, errors.BadResponseError))
    assert partial(result.error) == "a"


@both
def test_str_08_one_of_two_choices_is_cut(caller: Caller) -> None:
    """A finish reason ends its own choice, not another that had begun after it."""
    second = chunk("b")
    second["choices"][0]["index"] = 1
    with serve(streamed(event(chunk("a", finish="stop")), event(second), End(), end=False)) as server:
        result = caller.chat_stream(server.provider(), n=2)
    assert isinstance(result.error, errors.StreamInterrupted)
    assert [choice.message.content for choice in result.error.partial.choices] == ["a", "b"]


@both
@pytest.mark.parametrize("first_end", [b"\n\n", b"\r\n\r\n"], ids=["lf", "crlf"])
def test_str_09_last_event_without_a_newline(caller: Caller, first_end: bytes) -> None:
    """`data: [DONE]` and the connection ends; or the last chunk itself has no newline."""
    last = event(chunk("b", finish="stop")).rstrip()
    with serve(
        streamed(event(chunk("a")), last + first_end + b"data: [DONE]"), streamed(event(chunk("a")), last)
    ) as server:
        for _ in range(2):
            result = caller.chat_stream(server.provider())
            assert result.error is None
            assert texts(result) == ["a", "b"]
            assert result.final.choices[0].finish_reason == "stop"
        assert len(server.requests) == 2


@both
@pytest.mark.parametrize("pieces", [[], [End()], [End(reset=True)]], ids=["body ends", "FIN", "RST"])
def test_str_09_no_done_but_a_finish_reason(caller: Caller, pieces: list[Piece]) -> None:
    """The answer is whole: a normal end, however the connection ends."""
    body = [event(chunk("a")), event(chunk("b", finish="length")), Wait(0.05), *pieces]
    with serve(streamed(*body, end=not pieces)) as server:
        result = caller.chat_stream(server.provider())
    assert result.error is None
    assert texts(result) == ["a", "b"]
    assert result.final.choices[0].finish_reason == "length"


@both
def test_str_09_data_after_done_is_ignored(caller: Caller) -> None:
    """Also within the same piece, also an error, also broken."""
    late = event(chunk("z")) + b'data: {"error": {"message": "late"}}\n\ndata: {oops\n\n'
    with serve(streamed(event(chunk("a", finish="stop")), DONE + late, late)) as server:
        result = caller.chat_stream(server.provider())
    assert (result.error, texts(result)) == (None, ["a"])
    assert result.final.choices[0].message.content == "a"


@both
def test_str_10_error_event(caller: Caller) -> None:
    """The class comes from the error's type, not from the 200 that the stream began with."""
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    pieces = [event(chunk("a")), b"event: error\n" + event(body), event(chunk("b", finish="stop")), DONE]
    with serve(streamed(*pieces)) as server:
        result = caller.chat_stream(server.provider())
        assert len(server.requests) == 1
    assert texts(result) == ["a"]
    assert type(result.error) is errors.OverloadedError
    assert "Overloaded" in str(result.error)
    assert partial(result.error) == "a"


@both
@pytest.mark.parametrize(
    "rest",
    [
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]},
        {"choices": [{"delta": {"content": ""}, "finish_reason": "error"}], "usage": USAGE, "id": "x"},
        {"choices": []},
        {"choices": None},
        {},
    ],
)
def test_str_11_error_object_in_a_chunk(caller: Caller, rest: dict[str, Any]) -> None:
    """An error with the code it names, never an empty or a usage chunk."""
    failed = {"error": {"code": 502, "message": "Provider returned error"}, **rest}
    with serve(streamed(event(chunk("a")), event(failed), DONE)) as server:
        result = caller.chat_stream(server.provider(), "openrouter/m")
        assert len(server.requests) == 1
    assert texts(result) == ["a"]
    assert type(result.error) is errors.ServerError
    assert (result.error.status, result.error.code) == (502, "502")
    assert "Provider returned error" in str(result.error)
    assert partial(result.error) == "a"


@both
def test_str_11_error_as_the_first_event(caller: Caller) -> None:
    """Nothing was delivered, so the opening is repeated as for the status that the error names."""
    failed = streamed(event({"error": {"code": 503, "message": "no capacity"}, "choices": []}))
    with serve(failed, failed, streamed(event(chunk("a", finish="stop")), DONE)) as server:
        result = caller.chat_stream(server.provider(), client={"max_retries": FAST})
        assert len(server.requests) == 3
    assert result.text == "a"
    assert [attempt.outcome for attempt in result.meta.attempts] == ["OverloadedError", "OverloadedError", "ok"]


@both
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/problem+json"])
def test_str_12_json_error_body_with_200(caller: Caller, kind: str) -> None:
    body = {
        "error": {"code": 400, "type": "exceed_context_size_error", "message": "the request exceeds the context size"}
    }
    with serve(whole(body, content_type=kind)) as server:
        with pytest.raises(errors.ContextLengthError) as caught:
            caller.chat_stream(server.provider())
        assert len(server.requests) == 1
    assert (caught.value.status, caught.value.type) == (400, "exceed_context_size_error")


@both
@pytest.mark.parametrize("content", [b"", b"<html>Welcome to Hotel WiFi</html>", json.dumps({"choices": []}).encode()])
def test_str_12_no_stream_with_200(caller: Caller, content: bytes) -> None:
    """A login page, a whole answer, nothing at all: not an empty success."""
    kind = "text/html" if content.startswith(b"<") else "application/json"
    with serve(whole(content, content_type=kind)) as server, pytest.raises(errors.BadResponseError):
        caller.chat_stream(server.provider(), client={"max_retries": 0})


@both
def test_str_13_http_error_when_the_stream_is_opened(caller: Caller) -> None:
    """`create(stream=True)` itself raises; the body was read and the headers kept."""
    body = {"error": {"message": "Slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}
    headers = {"Retry-After": "7", "x-request-id": "req-13", "x-ratelimit-remaining-requests": "0"}
    with serve(whole(body, 429, headers)) as server, pytest.raises(errors.RateLimitError) as caught:
        caller.chat_stream(server.provider(), client={"max_retries": 0})
    error = caught.value
    assert (error.status, error.code, error.type) == (429, "rate_limit_exceeded", "rate_limit_error")
    assert (error.retry_after, error.request_id, error.body) == (7.0, "req-13", body)
    assert error.headers["x-ratelimit-remaining-requests"] == "0"
    assert "Slow down" in str(error)
