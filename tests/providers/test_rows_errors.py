"""Refusals of each row in its own shape, and its rate-limit headers, written out. No test reads the row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onellm import (
    APIError,
    AuthenticationError,
    ContentPolicyError,
    InsufficientBalanceError,
    InvalidRequestError,
    NotFoundError,
    OverloadedError,
    QuotaExceededError,
    RateLimitError,
    Reply,
    ServerError,
)
from onellm.meta import Meta
from tests.support import KEY, Caller, completion, serve, whole
from tests.wire import both, provider

BODIES: list[tuple[str, int, Any, type[APIError], str, str | None]] = [
    ("openrouter", 402, {"error": {"code": 402, "message": "credits"}}, InsufficientBalanceError, "credits", "402"),
    (
        "together",
        429,
        {"id": "x", "error": {"message": "slow", "type": "t", "code": None}},
        RateLimitError,
        "slow",
        None,
    ),
    ("groq", 413, {"error": {"message": "too large", "type": "tokens", "code": "x"}}, APIError, "too large", "x"),
    (
        "fireworks",
        400,
        {"error": {"object": "error", "type": "t", "code": "c", "message": "no"}},
        InvalidRequestError,
        "no",
        "c",
    ),
    ("deepseek", 402, {"error": {"message": "Insufficient Balance"}}, InsufficientBalanceError, "Balance", None),
    (
        "mistral",
        422,
        {"detail": [{"loc": ["body", "user"], "msg": "extra", "type": "extra_forbidden"}]},
        InvalidRequestError,
        "body.user: extra",
        None,
    ),
    (
        "mistral",
        400,
        {"object": "error", "message": {"detail": [{"loc": ["body"], "msg": "bad"}]}, "type": "t", "code": 3280},
        InvalidRequestError,
        "body: bad",
        "3280",
    ),
    ("mistral", 401, {"detail": "Unauthorized"}, AuthenticationError, "Unauthorized", None),
    (
        "xai",
        400,
        {"code": "Client specified an invalid argument", "error": "Model not found"},
        InvalidRequestError,
        "Model not found",
        "Client specified an invalid argument",
    ),
    (
        "moonshot",
        429,
        {"error": {"message": "m", "type": "exceeded_current_quota_error"}},
        QuotaExceededError,
        "m",
        None,
    ),
    ("moonshot", 429, {"error": {"message": "m", "type": "rate_limit_reached_error"}}, RateLimitError, "m", None),
    ("moonshot", 429, {"error": {"message": "m", "type": "engine_overloaded_error"}}, APIError, "m", None),
    ("moonshot", 400, {"error": {"message": "m", "type": "content_filter"}}, ContentPolicyError, "m", None),
    ("zai", 401, {"error": {"code": "1001", "message": "no header"}}, AuthenticationError, "no header", "1001"),
    ("zai", 429, {"error": {"code": "1113", "message": "arrears"}}, QuotaExceededError, "arrears", "1113"),
    ("zai", 400, {"error": {"code": "1301", "message": "unsafe"}}, ContentPolicyError, "unsafe", "1301"),
    ("zai", 429, {"error": {"code": "1302", "message": "slow"}}, RateLimitError, "slow", "1302"),
    (
        "cerebras",
        400,
        {"message": "bad", "type": "invalid_request_error", "param": "n", "code": "wrong_value"},
        InvalidRequestError,
        "bad",
        "wrong_value",
    ),
    (
        "sambanova",
        404,
        {"error": {"message": "no model", "type": "t", "param": None, "code": "c"}, "request_id": "r"},
        NotFoundError,
        "no model",
        "c",
    ),
    ("sambanova", 400, {"error": "older text"}, InvalidRequestError, "older text", None),
    ("nebius", 422, {"detail": "Model not found"}, InvalidRequestError, "Model not found", None),
    ("nvidia", 402, {"detail": "out of credits"}, InsufficientBalanceError, "credits", None),
    (
        "huggingface",
        402,
        {"error": "You have exceeded your monthly credits"},
        InsufficientBalanceError,
        "monthly",
        None,
    ),
    ("deepinfra", 400, {"detail": {"error": "inference failed"}}, InvalidRequestError, "inference failed", None),
    (
        "novita",
        400,
        {"code": 400, "reason": "INVALID_REQUEST_BODY", "message": "bad body", "metadata": {}},
        InvalidRequestError,
        "bad body",
        "400",
    ),
    (
        "cloudflare",
        401,
        {"success": False, "errors": [{"code": 10000, "message": "Authentication error"}], "result": None},
        AuthenticationError,
        "Authentication error",
        "10000",
    ),
    (
        "databricks",
        400,
        {"error_code": "BAD_REQUEST", "message": "unknown field"},
        InvalidRequestError,
        "unknown field",
        "BAD_REQUEST",
    ),
    (
        "vllm",
        400,
        {"object": "error", "message": "old", "type": "BadRequestError", "param": None, "code": 400},
        InvalidRequestError,
        "old",
        "400",
    ),
    ("lmstudio", 404, {"error": "No models loaded"}, NotFoundError, "No models loaded", None),
    (
        "perplexity",
        400,
        {"error": {"message": "unknown field", "type": "invalid_request", "code": 400}},
        InvalidRequestError,
        "unknown field",
        "400",
    ),
    (
        "vercel",
        402,
        {"error": {"message": "no credits", "type": "insufficient_funds"}},
        InsufficientBalanceError,
        "no credits",
        None,
    ),
    ("groq", 498, {"error": {"message": "no room"}}, OverloadedError, "no room", None),
    ("hyperbolic", 503, b"<html><body>upstream</body></html>", OverloadedError, "upstream", None),
    (
        "google",
        500,
        [{"error": {"code": 500, "message": "internal", "status": "INTERNAL"}}],
        ServerError,
        "internal",
        "500",
    ),
]
"""Host, status, body, our error, what it must say, its code: the notes on compatible hosts of 2026-11-21."""


@pytest.mark.parametrize(("host", "status", "body", "error", "words", "code"), BODIES)
def test_a_refusal_is_typed(
    host: str, status: int, body: Any, error: type[APIError], words: str, code: str | None
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = provider(host).error(Reply(status, {}, content), "m")
    assert isinstance(found, error)
    assert type(found) is not APIError
    assert words in str(found)
    assert (found.status, found.code, found.provider, found.model) == (status, code, host, "m")


HEADERS = [
    (
        "groq SDK 1.7.0",
        {
            "x-ratelimit-limit-requests": "14400", "x-ratelimit-remaining-requests": "14370",
            "x-ratelimit-reset-requests": "2m59.56s", "x-ratelimit-limit-tokens": "18000",
        },
        {"requests": (14400, 14370, "2m59.56s"), "tokens": (18000, None, None)},
    ),
    (
        "Cerebras documentation",
        {
            "x-ratelimit-limit-requests-day": "1000", "x-ratelimit-remaining-tokens-minute": "999",
            "x-ratelimit-reset-tokens-minute": "12.5",
        },
        {"requests-day": (1000, None, None), "tokens-minute": (None, 999, "12.5")},
    ),
    (
        "Mistral, not confirmed",
        {"x-ratelimit-limit-req-minute": "60", "x-ratelimit-remaining-req-minute": "59"},
        {"req-minute": (60, 59, None)},
    ),
    (
        "Fireworks, not confirmed",
        {"x-ratelimit-limit-tokens-prompt": "100", "x-ratelimit-over-limit": "yes"},
        {"tokens-prompt": (100, None, None)},
    ),
    (
        "Together and OpenRouter, not confirmed",
        {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "9", "x-ratelimit-reset": "1", "x-tokenlimit-limit": "5"},
        {"requests": (10, 9, "1"), "tokens": (5, None, None)},
    ),
]  # fmt: skip


def shown(meta: Meta) -> dict[str, Any]:
    """The limits as the headers say them."""
    return {family: (found.limit, found.remaining, found.reset) for family, found in meta.rate_limits.items()}


@pytest.mark.parametrize(("source", "headers", "limits"), HEADERS)
def test_rate_limits_are_read_by_family(source: str, headers: dict[str, str], limits: dict[str, Any]) -> None:
    found = Meta(reply_headers=headers)
    assert shown(found) == limits, source
    assert found.headers == headers, source


@both
def test_rate_limits_come_with_the_answer(caller: Caller) -> None:
    headers = {"x-ratelimit-limit-requests-day": "1000", "x-ratelimit-reset-requests-day": "33.0"}
    with serve(whole(completion(), headers=headers)) as server:
        answer = caller.chat({"cerebras": {"api_key": KEY, "base_url": server.url}}, "cerebras/m")
    assert shown(answer.meta) == {"requests-day": (1000, None, "33.0")}
