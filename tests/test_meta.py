"""What a result says of how it came about."""

from __future__ import annotations

import pytest

from onellm import Meta
from onellm.meta import RateLimit, request_id
from tests.support import DONE, Caller, Wait, chunk, completion, event, serve, streamed, whole

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
    assert Meta(reply_headers=HEADERS).rate_limits == {
        "requests": RateLimit(500, 499, "120ms"),
        "tokens": RateLimit(1_000_000, None, None),
    }
    assert Meta().rate_limits == {}
    odd = {
        "x-ratelimit-limit-requests": "many",
        "x-ratelimit-remaining-tokens": "inf",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    assert Meta(reply_headers=odd).rate_limits == {"requests": RateLimit(), "tokens": RateLimit(reset="6m0s")}


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


def test_of_values_that_no_engine_made() -> None:
    from onellm import ChatCompletionResponse

    answer = ChatCompletionResponse.model_validate(completion())
    assert answer.meta == Meta()
    assert not answer.dropped_params
    answer.attach(Meta(provider="acme", dropped_params=("seed",)))
    assert answer.meta.provider == "acme"
    assert answer.dropped_params == ("seed",)
    assert "meta" not in answer.model_dump()
