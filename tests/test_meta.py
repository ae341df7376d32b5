"""What a result says of how it came about."""

from __future__ import annotations

import datetime
import time
from typing import Any, cast

import pytest

from onellm import ChatCompletionResponse, ChatRequest, Meta, get_provider
from onellm.call import Call, Flow, ask
from onellm.meta import RateLimit, request_id, reset_time
from tests.support import DONE, Caller, Wait, chunk, completion, event, serve, streamed, whole

NOW = 1_795_262_400.0  # 2026-11-21, 12:00 UTC
HEADERS = {
    "x-request-id": "req-1",
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-remaining-requests": "499",
    "x-ratelimit-reset-requests": "120ms",
    "x-ratelimit-limit-tokens": "1e6",
    "x-venice-balance-usd": "12.5",
    "openai-processing-ms": "12",
    "set-cookie": "secret",
    "server": "x",
}


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest) -> Caller:
    return Caller(request.param)


def test_headers_worth_keeping() -> None:
    meta = Meta(reply_headers=HEADERS)
    assert set(meta.headers) == set(HEADERS) - {"set-cookie", "server"}
    assert meta.request_id == "req-1"
    assert "secret" not in repr(meta)


def test_rate_limits() -> None:
    soon = datetime.datetime(2026, 11, 21, 12, 0, 0, 120_000, datetime.UTC)
    assert Meta(reply_headers=HEADERS, answered_at=NOW).rate_limits == {
        "requests": RateLimit(500, 499, "120ms", soon),
        "tokens": RateLimit(1_000_000, None, None),
    }
    assert Meta().rate_limits == {}
    odd = {
        "x-ratelimit-limit-requests": "many",
        "x-ratelimit-remaining-tokens": "inf",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    later = datetime.datetime(2026, 11, 21, 12, 6, tzinfo=datetime.UTC)
    assert Meta(reply_headers=odd, answered_at=NOW).rate_limits == {
        "requests": RateLimit(),
        "tokens": RateLimit(reset="6m0s", reset_at=later),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6m0s", NOW + 360),
        ("20ms", NOW + 0.02),
        ("2m59.56s", NOW + 179.56),
        ("1h", NOW + 3600),
        ("12", NOW + 12),
        (" 0.5 ", NOW + 0.5),
        ("1790000000", 1_790_000_000),
        ("1790000000123", 1_790_000_000.123),
        ("2026-11-21T12:00:07Z", NOW + 7),
        ("2026-11-21T13:00:07+01:00", NOW + 7),
        *((text, None) for text in ("soon", "6m0", "-3", "nan", "1e400", "", "9" * 400 + "s", "2026-11-21T12:00:07")),
    ],
)
def test_when_a_limit_is_reset(text: str, expected: float | None) -> None:
    """Durations, numbers of three kinds, and RFC 3339: what no clock can mean is None, and never an error."""
    found = reset_time(text, NOW)
    assert (found and found.timestamp()) == (expected if expected is None else pytest.approx(expected, abs=1e-5))


@pytest.mark.parametrize("name", ["x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "cf-ray"])
def test_request_ids(name: str) -> None:
    assert request_id({name: "id", "date": "x"}) == "id"
    assert request_id({}) is None


def test_of_a_whole_answer(caller: Caller) -> None:
    busy = whole({"error": {"message": "slow down"}}, 429, {"Retry-After": "0"})
    with serve(busy, [Wait(0.05), *whole(completion(), headers=HEADERS)]) as server:
        meta = caller.chat(server.provider(), "openai/some/model").meta
    assert (meta.provider, meta.model, meta.request_id, meta.cost) == ("openai", "some/model", "req-1", None)
    assert [(attempt.number, attempt.outcome, attempt.status) for attempt in meta.attempts] == [
        (1, "RateLimitError", 429),
        (2, "ok", 200),
    ]
    assert meta.latency >= meta.attempts[1].elapsed >= 0.05
    assert meta.attempts[0].waited == 0
    assert meta.time_to_first_token is None
    assert meta.rate_limits["requests"].remaining == 499


def test_of_a_stream(caller: Caller) -> None:
    answer = streamed(Wait(0.05), event(chunk("Hi")), Wait(0.05), event(chunk(None, "stop")), DONE, headers=HEADERS)
    with serve(answer) as server:
        result = caller.chat_stream(server.provider())
    for meta in (result.meta, result.final.meta):
        assert (meta.provider, meta.model, meta.request_id) == ("openai", "m", "req-1")
        assert len(meta.attempts) == 1
        assert 0.05 <= meta.time_to_first_token < meta.latency
        assert meta.latency >= 0.1


def test_what_was_left_out(caller: Caller) -> None:
    """Parameters that the host does not take, in whole answers, streams and their whole."""
    answers = whole(completion()), streamed(event(chunk("Hi")), event(chunk(None, "stop")), DONE)
    params: Any = {"model": "groq/m", "logit_bias": {"1": 1}, "unsupported": "drop"}
    with serve(*answers) as server:
        settings = {"groq": server.provider()["openai"]}
        answer = caller.chat(settings, **params)
        result = caller.chat_stream(settings, **params)
    for found in (answer.meta, result.meta, result.final.meta):
        assert found.dropped_params == ("logit_bias",)
    assert answer.dropped_params == result.final.dropped_params == ("logit_bias",)


def test_of_a_stream_that_was_opened_twice(caller: Caller) -> None:
    """The time to the first token is the caller's: it holds the first attempt and the wait."""
    busy = whole({"error": {"message": "slow down"}}, 429, {"Retry-After": "0.1"})
    with serve(busy, streamed(event(chunk("Hi")), event(chunk(None, "stop")), DONE, headers=HEADERS)) as server:
        result = caller.chat_stream(server.provider())
    for meta in (result.meta, result.final.meta):
        assert [(attempt.outcome, attempt.status) for attempt in meta.attempts] == [
            ("RateLimitError", 429),
            ("ok", 200),
        ]
        assert 0.1 <= meta.attempts[1].waited <= meta.time_to_first_token <= meta.latency
        limit = meta.rate_limits["requests"]
        assert limit.remaining == 499
        assert abs(limit.reset_at.timestamp() - time.time()) < 5


def test_of_a_flow(caller: Caller) -> None:
    """All sends of all steps, the time of the whole, and what the last answer said."""

    def flow() -> Flow[ChatCompletionResponse]:
        first = yield from ask(cast("Call[ChatCompletionResponse]", provider.chat(request)))
        assert len(first.meta.attempts) == 1
        return (yield from ask(cast("Call[ChatCompletionResponse]", provider.chat(request))))

    request = ChatRequest(model="m", messages=[{"role": "user", "content": "Hi"}])
    with serve(whole(completion()), whole({}, 503), whole(completion(), headers=HEADERS)) as server:
        provider = get_provider("openai", **server.provider()["openai"])
        meta = caller.run(flow).meta
    assert [attempt.status for attempt in meta.attempts] == [200, 503, 200]
    assert (meta.provider, meta.model, meta.request_id) == ("openai", "m", "req-1")
    assert meta.latency >= sum(attempt.elapsed for attempt in meta.attempts)


def test_of_values_that_no_engine_made() -> None:
    answer = ChatCompletionResponse.model_validate(completion())
    assert answer.meta == Meta()
    assert not answer.dropped_params
    answer.attach(Meta(provider="acme", dropped_params=("seed",)))
    assert answer.meta.provider == "acme"
    assert answer.dropped_params == ("seed",)
    assert "meta" not in answer.model_dump()
