"""What each media operation raises for each status and body that Venice's OpenAPI file declares for it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from onellm_providers.venice import errors

from onellm import BadResponseError, UnknownOutcomeError
from tests.providers.venice.media import Asker, Judge, both, contract
from tests.providers.venice.media_operations import OPERATIONS, PURCHASES
from tests.support import serve, whole

CHANGER = "/audio/voice-changer/"
STATUSES = (400, 401, 402, 403, 404, 409, 413, 415, 422, 429, 500, 503)
DISCOVERY = {
    "x402Version": 2, "resource": {"url": "https://u", "description": "d", "mimeType": "application/json"},
    "accepts": [{"scheme": "exact", "network": "base", "asset": "0x1", "amount": "1", "payTo": "0x2",
                 "maxTimeoutSeconds": 300, "extra": {"name": "USD Coin"}}],
    "authOptions": {
        "apiKey": {"header": "h", "getKey": "g", "docs": "d"},
        "x402Wallet": {"header": "h", "legacyHeader": "l", "topUp": "t", "docs": "d"},
    },
}  # fmt: skip
DETAILED = {
    "error": "Invalid request parameters",
    "details": {"_errors": [], "model": {"_errors": ["Required"]}},
    "issues": [{"code": "invalid_type", "path": ["model"], "message": "Required"}],
}
CONSENT = {
    "error": {"code": "needs_consent", "message": "Consent is required"}, "consent_flow": "seedance",
    "face_media_roles": ["image"], "consent": {"consent_version": "1", "policy_text": "The policy."}, "docs_url": "https://d",
}  # fmt: skip
BODIES: dict[int, list[tuple[Any, type[Exception]]]] = {
    400: [(DETAILED, errors.BadRequestError), ({"error": "Corrupted image"}, errors.InvalidMediaError)],
    401: [
        ({"error": "Authentication failed"}, errors.AuthenticationError),
        ({"error": "This model is only available to Pro users"}, errors.ModelAccessError),
    ],
    402: [
        ({"error": "Insufficient USD or Diem balance to complete request"}, errors.InsufficientBalanceError),
        (DISCOVERY, errors.CredentialsRequiredError),
    ],
    403: [
        ({"error": "Unauthorized access"}, errors.PermissionDeniedError),
        ({"error": "The specified model is unavailable in your region."}, errors.RegionRestrictedError),
    ],
    404: [({"error": "Media could not be found. Request may be expired."}, errors.MediaNotFoundError)],
    409: [(CONSENT, errors.ConsentRequiredError)],
    413: [({"code": "PAYLOAD_TOO_LARGE", "error": "The request payload is too large."}, errors.PayloadTooLargeError)],
    415: [({"error": "Invalid content type"}, errors.BadRequestError)],
    422: [
        ({"error": "Your prompt violates the policy", "suggested_prompt": "p"}, errors.ContentPolicyError),
        (
            {"error": {"message": "No", "type": "provider_content_policy", "credits_refunded": True}},
            errors.ProviderContentPolicyError,
        ),
        ({"error": "Zero-length audio"}, errors.InvalidMediaError),
    ],
    429: [({"error": "Rate limit exceeded"}, errors.RateLimitError)],
    500: [({"error": "Inference processing failed"}, errors.ServerError)],
    503: [({"error": "The model is at capacity. Please try again later."}, errors.ModelUnavailableError)],
}
AREAS = {"image": errors.ImageGenerationError, "images": errors.ImageGenerationError,
         "audio": errors.AudioGenerationError, "video": errors.VideoGenerationError}  # fmt: skip


def test_these_are_all_media_operations(shared: Path) -> None:
    areas = ("/image/", "/images/", "/audio/", "/video/")
    declared = {
        (method.upper(), path)
        for path, operations in contract(shared)["paths"].items()
        for method in operations
        if path.startswith(areas)
    }
    assert {each for each in OPERATIONS if not each[1].startswith(CHANGER)} == declared
    assert len(OPERATIONS) - len(declared) == 4


@both
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each[1])
def test_each_error(ask: Asker, shared: Path, operation: tuple[str, str], status: int) -> None:
    method, path = operation
    judge = Judge(contract(shared))
    declared = path.startswith(CHANGER) or str(status) in (judge.operation(method, path) or {})["responses"]
    judged = 0
    for body, kind in BODIES[status]:
        valid = declared and (
            path.startswith(CHANGER)
            or judge.answer(method, path, status, "application/json", json.dumps(body).encode()) == []
        )
        judged += valid
        expected: type[Exception] = AREAS[path.split("/")[1]] if status == 500 else kind
        bought = status == 500 and path in PURCHASES
        with serve(whole(body, status)) as server:
            with pytest.raises(UnknownOutcomeError if bought else expected) as caught:
                ask(server.url, OPERATIONS[operation], max_retries=0)
            assert len(server.requests) == 1
        error: Any = caught.value.__cause__ if bought else caught.value
        assert isinstance(error, expected)
        assert isinstance(error, errors.VeniceAPIError)
        assert (error.status, error.body) == (status, body)
    assert judged or not declared, f"no body here is one that the file declares for {status} of {path}"


@both
def test_a_wallet_without_credit(ask: Asker) -> None:
    """The header holds the requirements too; the body is what is read."""
    header = {"PAYMENT-REQUIRED": base64.b64encode(json.dumps(DISCOVERY).encode()).decode()}
    with serve(whole(DISCOVERY, 402, header)) as server, pytest.raises(errors.CredentialsRequiredError) as caught:
        ask(server.url, OPERATIONS["POST", "/image/edit"])
    assert caught.value.accepts == DISCOVERY["accepts"]


@both
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each[1])
def test_a_page_in_between_is_no_answer(ask: Asker, operation: tuple[str, str]) -> None:
    page = whole(b"<html><title>Sign in</title></html>", content_type="text/html")
    with serve(page) as server, pytest.raises(BadResponseError, match="no result"):
        ask(server.url, OPERATIONS[operation], max_retries=0)
