"""Venice's error bodies, as they concern chat: section 3.1 of the notes."""

from __future__ import annotations

from typing import Any

import pytest
from onellm_providers.venice.errors import VeniceAPIError

import onellm
from onellm import (
    APIError,
    AuthenticationError,
    ContextLengthError,
    InsufficientBalanceError,
    InvalidRequestError,
    OverloadedError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from tests.support import serve, whole
from tests.wire import both

ONCE: dict[str, Any] = {"max_retries": 0}
ZOD = {"_errors": [], "seed": {"_errors": ["Number must be greater than 0"]}}
WALLET = {
    "error": "Payment required",
    "code": "PAYMENT_REQUIRED",
    "reason": "insufficient_balance",
    "siwxChallenge": {},
}
DISCOVERY: dict[str, Any] = {"x402Version": 2, "accepts": [{"scheme": "exact"}], "authOptions": {"apiKey": {}}}
FULL = {
    "error": {"message": "Too long", "type": "invalid_request_error", "code": "context_length_exceeded", "param": None}
}
CLOUDFLARE = b"<!DOCTYPE html><title>524: A timeout occurred</title><h1>A timeout occurred</h1><p>Ray ID: 8f2a</p>"
ERRORS: list[tuple[int, Any, type[APIError], str]] = [
    (400, {"error": "Invalid request parameters", "details": ZOD}, InvalidRequestError, "seed: Number must be greater"),
    (400, {"error": "Specified model not found"}, InvalidRequestError, "Specified model not found"),
    (400, FULL, ContextLengthError, "Too long"),
    (401, {"error": "Authentication failed"}, AuthenticationError, "VENICE_API_KEY"),
    (401, {"error": "This model is only available to Pro users"}, PermissionDeniedError, "Pro users"),
    (
        402,
        {"error": "Insufficient USD or Diem balance to complete request"},
        InsufficientBalanceError,
        "Insufficient USD",
    ),
    (402, WALLET, InsufficientBalanceError, "Payment required"),
    (402, DISCOVERY, InsufficientBalanceError, "402"),
    (403, {"error": "Unauthorized"}, PermissionDeniedError, "Unauthorized"),
    (404, {"error": "Specified model not found"}, onellm.ModelNotFoundError, "onellm models venice"),
    (413, {"code": "PAYLOAD_TOO_LARGE", "error": "Request too large"}, onellm.PayloadTooLargeError, "too large"),
    (415, {"error": "Invalid content type"}, InvalidRequestError, "Invalid content type"),
    (429, {"error": "Rate limit exceeded"}, RateLimitError, "Rate limit"),
    (429, {"error": "The model is currently overloaded"}, OverloadedError, "overloaded"),
    (500, {"error": "Inference processing failed"}, ServerError, "Inference"),
    (503, {"error": "The model is at capacity"}, OverloadedError, "capacity"),
    (504, {"error": "The request took too long"}, ServerError, "too long"),
    (524, CLOUDFLARE, ServerError, "A timeout occurred"),
]


@both
@pytest.mark.parametrize("how", ["whole", "streamed"])
@pytest.mark.parametrize(("status", "body", "kind", "said"), ERRORS)
def test_an_error_has_its_class_and_its_words(
    caller: Any, how: str, status: int, body: Any, kind: type[APIError], said: str
) -> None:
    content = "text/html" if isinstance(body, bytes) else "application/json"
    with serve(whole(body, status, {"CF-RAY": "8f2a-LHR"}, content)) as server, pytest.raises(APIError) as caught:
        (caller.chat if how == "whole" else caller.chat_stream)(server.provider(), "venice/m", **ONCE)
    error = caught.value
    assert isinstance(error, VeniceAPIError)
    assert isinstance(error, kind)
    assert said in str(error)
    assert (error.status, error.request_id, error.provider, error.model) == (status, "8f2a-LHR", "venice", "m")
    assert isinstance(body, bytes) or error.body == body


@both
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404])
def test_what_repeating_cannot_change_is_asked_once(caller: Any, status: int) -> None:
    with serve(whole({"error": "No."}, status)) as server, pytest.raises(APIError):
        caller.chat(server.provider(), "venice/m")
    assert len(server.requests) == 1
