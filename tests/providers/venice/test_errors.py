"""Every shape of error body that Venice has, as the error it means (section 3 of the notes; hard case SAFE-06)."""

from __future__ import annotations

import datetime
import json
import pickle
from typing import Any

import pytest
from onellm_providers.venice import errors
from onellm_providers.venice.error_words import BY_STATUS, CODES, SAYINGS

import onellm
from onellm import Reply, get_provider
from onellm import errors as core
from onellm.meta import reset_time
from tests.providers.venice.calls import HI, MODEL
from tests.providers.venice.media import Asker, both
from tests.support import KEY, event, serve, streamed, whole

ACCEPTS = [{"scheme": "exact", "network": "base", "amount": "10000000", "payTo": "0x1"}]
DISCOVERY = {"x402Version": 2, "accepts": ACCEPTS, "authOptions": {"apiKey": {"header": "Authorization"}}}
WALLET = {
    "error": "Payment required", "code": "PAYMENT_REQUIRED", "reason": "insufficient_balance",
    "currentBalanceUsd": 0.5, "minimumBalanceUsd": 1, "suggestedTopUpUsd": 10, "minimumTopUpUsd": 5,
    "topUpInstructions": {"receiverWallet": "0x2"}, "siwxChallenge": {"info": {}},
}  # fmt: skip
CONSENT = {
    "error": {"code": "needs_consent", "message": "Faces were found"}, "consent_flow": "seedance",
    "face_media_roles": ["image"], "consent": {"consent_version": "2026-01", "policy_text": "I agree."},
    "docs_url": "https://docs.venice.ai/consent",
}  # fmt: skip
PROVIDER_POLICY = {
    "error": {
        "message": "The provider refused", "type": "provider_content_policy", "recommended_model": "wan-2-7",
        "credits_refunded": True,
    }
}  # fmt: skip
ZOD = {"_errors": [], "input": {"_errors": ["Too long"]}}
ISSUES = [{"code": "too_big", "maximum": 4096, "path": ["input"], "message": "Too long"}]
Fields = dict[str, Any]

REPLIES: list[tuple[str, int, Any, type[errors.VeniceAPIError], Fields]] = [
    ("augment/search", 400, {"error": "Invalid"}, errors.BadRequestError, {"code": None}),
    ("augment/search", 400, {"error": "Invalid request", "details": ZOD, "issues": ISSUES}, errors.BadRequestError,
     {"details": ZOD, "issues": ISSUES}),
    ("", 400, {"error": {"message": "Long", "code": "context_length_exceeded"}}, errors.ContextLengthError,
     {"code": "context_length_exceeded", "code_inferred": False}),
    ("", 400, {"error": "Too many tokens in the prompt"}, errors.ContextLengthError,
     {"code": "TOO_MANY_TOKENS", "code_inferred": True}),
    ("image/edit", 400, {"error": "The image is corrupted"}, errors.InvalidMediaError, {"code": "CORRUPTED_IMAGE"}),
    ("audio/transcriptions", 400, {"error": "Invalid audio format"}, errors.InvalidMediaError, {}),
    ("video/retrieve", 400, {"error": "Request ID not found"}, errors.MediaNotFoundError,
     {"code": "REQUEST_ID_NOT_FOUND"}),
    ("x402/top-up", 400, {"error": "X402_INVALID_PAYMENT", "message": "No", "details": {"reason": "r"}},
     errors.BadRequestError, {"code": "X402_INVALID_PAYMENT", "code_inferred": False}),
    ("", 401, {"error": "Authentication failed"}, errors.AuthenticationError, {}),
    ("", 401, {"error": "This model is only available to Pro users"}, errors.ModelAccessError,
     {"code": "PRO_ONLY_MODEL", "code_inferred": True}),
    ("api_keys", 401, {"error": "Admin API key required"}, errors.PermissionDeniedError, {}),
    ("", 401, {"error": "Invalid sign-in header"}, errors.WalletAuthError, {"code": "X402_INVALID_SIGN_IN"}),
    ("", 401, {"error": "Invalid", "code": "X402_INVALID_SIGN_IN"}, errors.WalletAuthError, {"code_inferred": False}),
    ("", 402, {"error": "Insufficient USD or Diem balance to complete request"}, errors.InsufficientBalanceError,
     {"code": "INSUFFICIENT_BALANCE"}),
    ("", 402, {"error": "API key DIEM spend limit exceeded"}, errors.KeySpendLimitError, {"currency": "DIEM"}),
    ("", 402, {"error": "API key USD spending limit exceeded"}, errors.KeySpendLimitError, {"currency": "USD"}),
    ("", 402, {"error": "Spend limit exceeded"}, errors.KeySpendLimitError, {"currency": None}),
    ("", 402, DISCOVERY, errors.CredentialsRequiredError,
     {"accepts": ACCEPTS, "auth_options": DISCOVERY["authOptions"], "x402_version": 2}),
    ("", 402, WALLET, errors.WalletPaymentRequiredError,
     {"reason": "insufficient_balance", "current_balance_usd": 0.5, "suggested_top_up_usd": 10,
      "minimum_top_up_usd": 5, "minimum_balance_usd": 1, "top_up_instructions": {"receiverWallet": "0x2"},
      "siwx_challenge": {"info": {}}, "code": "PAYMENT_REQUIRED"}),
    ("", 403, {"error": "Unauthorized access"}, errors.PermissionDeniedError, {}),
    ("video/queue", 403, {"error": "This model is unavailable in your region"}, errors.RegionRestrictedError, {}),
    ("x402/balance/0x1", 403, {"error": "Wallet address does not match"}, errors.WalletMismatchError, {}),
    ("", 403, {"error": "This key is limited to private models"}, errors.ModelAccessError, {}),
    ("characters/x", 404, {"error": "Character not found"}, errors.CharacterNotFoundError, {}),
    ("video/retrieve", 404, {"error": "Media could not be found"}, errors.MediaNotFoundError, {}),
    ("", 404, {"error": "Specified model not found"}, errors.ModelNotFoundError, {"code": "MODEL_NOT_FOUND"}),
    ("api_keys/x", 404, {"error": "No such thing"}, errors.NotFoundError, {"code": None}),
    ("video/queue", 409, CONSENT, errors.ConsentRequiredError,
     {"policy_text": "I agree.", "consent_version": "2026-01", "consent_flow": "seedance",
      "face_media_roles": ["image"], "docs_url": "https://docs.venice.ai/consent", "code": "needs_consent"}),
    ("", 409, {"error": "Conflict"}, errors.ConflictError, {}),
    ("audio/transcriptions", 413, {"code": "PAYLOAD_TOO_LARGE", "error": "Too large"}, errors.PayloadTooLargeError,
     {"code": "PAYLOAD_TOO_LARGE"}),
    ("", 415, {"error": "Invalid content type"}, errors.BadRequestError, {}),
    ("audio/queue", 422, {"error": "Against the policy", "suggested_prompt": "A dog"}, errors.ContentPolicyError,
     {"suggested_prompt": "A dog"}),
    ("video/queue", 422, {"error": "Moderated", "credits_refunded": 0.2}, errors.ContentPolicyError,
     {"credits_refunded": 0.2}),
    ("video/retrieve", 422, PROVIDER_POLICY, errors.ProviderContentPolicyError,
     {"recommended_model": "wan-2-7", "credits_refunded": True, "code": "provider_content_policy"}),
    ("audio/transcriptions", 422, {"error": "The audio could not be transcribed"}, errors.InvalidMediaError, {}),
    ("video/queue", 422, {"error": "The video is too long"}, errors.InvalidMediaError,
     {"code": "VIDEO_DURATION_TOO_LONG"}),
    ("", 429, {"error": "Rate limit exceeded"}, errors.RateLimitError, {"code": "RATE_LIMIT_EXCEEDED"}),
    ("", 429, {"error": "The model is overloaded"}, errors.ModelOverloadedError, {"code": "MODEL_OVERLOADED"}),
    ("", 429, {"error": "Too many failed attempts (> 20). Wait 30 seconds."}, errors.FailureLockoutError,
     {"retry_after": 30.0}),
    ("image/generate", 500, {"error": "Inference processing failed"}, errors.ImageGenerationError, {}),
    ("images/generations", 500, {"error": "Inference processing failed"}, errors.ImageGenerationError, {}),
    ("audio/speech", 500, {"error": "Inference processing failed"}, errors.AudioGenerationError, {}),
    ("video/queue", 500, {"error": "Inference processing failed"}, errors.VideoGenerationError, {}),
    ("embeddings", 500, {"error": "Inference processing failed"}, errors.EmbeddingError, {}),
    ("billing/balance", 500, {"error": "Unknown"}, errors.BillingError, {}),
    ("", 500, {"error": "Inference processing failed"}, errors.ServerError, {}),
    ("tee/attestation", 502, {"error": "TEE attestation failed"}, errors.TEEUpstreamError,
     {"code": "TEE_ATTESTATION_FAILED"}),
    ("audio/transcriptions", 502, {"error": "Transcription upstream failed"}, errors.AudioGenerationError,
     {"code": "ASR_UPSTREAM_FAILED"}),
    ("", 503, {"error": "The model is at capacity"}, errors.ModelUnavailableError, {"code": "MODEL_AT_CAPACITY"}),
    ("", 503, {"error": "The model is offline"}, errors.ModelUnavailableError, {"code": "MODEL_OFFLINE"}),
    ("", 504, {"error": "Timed out"}, errors.RequestTimeoutError, {}),
    ("", 418, {"error": "A teapot"}, errors.BadRequestError, {}),
    ("", 524, {"error": "Timed out"}, errors.ServerError, {}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "status", "body", "kind", "fields"), REPLIES)
def test_a_reply_is_its_error(path: str, status: int, body: Any, kind: Any, fields: Fields) -> None:

    provider: Any = get_provider("venice", api_key=KEY)
    error = provider.error(Reply(status, {"cf-ray": "8f2a-LHR"}, json.dumps(body).encode()), "m", path)
    assert type(error) is kind
    assert isinstance(error, errors.VeniceAPIError)
    assert {name: getattr(error, name) for name in fields} == fields
    assert (error.status, error.body, error.request_id, error.provider, error.model) == (
        status, body, "8f2a-LHR", "venice", "m",
    )  # fmt: skip
    assert error.message.endswith(".")
    copied = pickle.loads(pickle.dumps(error))
    assert (type(copied), copied.__dict__) == (kind, error.__dict__)


def test_every_class_is_met() -> None:
    """Each error of the module is what some reply means, or the base of one that is."""
    met = {kind for _, _, _, kind, _ in REPLIES} | {errors.EndpointSunsetError, errors.ModelRetiredError}
    met |= {base for kind in met for base in kind.__mro__}
    every = {each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, core.APIError)}
    assert {each.__name__ for each in every - met} == {"PriceLimitError"}  # raised here, never by a reply


@pytest.mark.parametrize("kind", sorted({*CODES.values(), *BY_STATUS.values()}, key=str))
def test_every_error_is_one_of_the_core(kind: type[errors.VeniceAPIError]) -> None:
    """So that code for every provider catches it."""
    named = [each for each in kind.__mro__ if each.__module__ == "onellm.errors" and each is not core.APIError]
    assert len(named) >= 2, kind


def test_a_message_tells_one_code() -> None:
    assert len({saying.code for saying in SAYINGS}) == len(SAYINGS)


@both
def test_no_credential_is_not_a_bad_key(ask: Asker) -> None:
    """Detail 18: 402 with `accepts`, and 401 for a model of Pro users."""
    with serve(whole(DISCOVERY, 402)) as server, pytest.raises(errors.CredentialsRequiredError) as caught:
        ask(server.url, lambda v: v.augment.search("x"))
    assert not isinstance(caught.value, onellm.AuthenticationError)
    assert "VENICE_API_KEY" in str(caught.value)
    pro = {"error": "This model is only available to Pro users"}
    with serve(whole(pro, 401)) as server, pytest.raises(errors.ModelAccessError) as refused:
        ask(server.url, lambda v: v.chat.completions.create(MODEL, HI))
    assert not isinstance(refused.value, onellm.AuthenticationError)
    assert "The key is good" in str(refused.value)


@both
@pytest.mark.parametrize(
    "body", [{"error": "No", "suggested_prompt": "x"}, PROVIDER_POLICY, {"error": "No", "credits_refunded": 1}]
)
def test_a_refused_content_is_a_content_policy_error(ask: Asker, body: Any) -> None:
    """Detail 19: as a text, as an object, with the refund beside it."""
    with serve(whole(body, 422)) as server, pytest.raises(onellm.ContentPolicyError) as caught:
        ask(server.url, lambda v: v.chat.completions.create(MODEL, HI))
    assert isinstance(caught.value, errors.ContentPolicyError)


@both
def test_a_withdrawn_endpoint_says_what_follows(ask: Asker, venice: Any) -> None:
    """Detail 15: asked once; `Deprecation`, `Sunset` and `Link` are read."""
    with pytest.raises(errors.EndpointSunsetError, match="usage-history") as caught:
        ask(venice.url, lambda v: v.billing.usage())
    assert caught.value.deprecated_at == datetime.datetime(2026, 7, 9, tzinfo=datetime.UTC)
    assert caught.value.sunset_at == datetime.datetime(2026, 9, 16, tzinfo=datetime.UTC)
    assert caught.value.successor == "/api/v1/billing/usage-history"
    assert len(venice.sim.requests) == 1


def test_a_withdrawn_endpoint_without_headers() -> None:
    provider: Any = get_provider("venice", api_key=KEY)
    error = provider.error(
        Reply(410, {"sunset": "soon", "deprecation": "true"}, b'{"error": "Gone"}'), "", "billing/usage"
    )
    assert (error.deprecated_at, error.sunset_at, error.successor) == (None, None, None)
    retired = provider.error(
        Reply(410, {"x-venice-deprecated-replacement": "m2"}, b'{"error": "Gone"}'), "m", "image/edit"
    )
    assert (type(retired), retired.replacement) == (errors.ModelRetiredError, "m2")


@both
def test_an_error_inside_a_stream(ask: Asker) -> None:
    answer = streamed(event({"error": "Rate limit exceeded", "code": "rate_limit_exceeded"}))
    with serve(answer) as server, pytest.raises(errors.VeniceAPIError):
        ask(server.url, lambda v: v.chat.completions.create(MODEL, HI, stream=True), max_retries=0)


@pytest.mark.parametrize("text", ["1780580108941", "1780580108", "12"])
def test_when_a_limit_starts_anew(text: str) -> None:
    """Detail 17: milliseconds, seconds, or seconds from now, by their magnitude."""
    now = datetime.datetime(2026, 6, 4, 13, 34, 56, tzinfo=datetime.UTC)
    found = reset_time(text, now.timestamp())
    assert found is not None
    assert abs((found - datetime.datetime(2026, 6, 4, 13, 35, 8, tzinfo=datetime.UTC)).total_seconds()) < 1
    assert found.tzinfo is datetime.UTC


def test_a_rate_limit_says_when_and_whose() -> None:
    headers = {"x-ratelimit-reset-requests": "1780580108941", "x-ratelimit-type": "api_key"}
    provider: Any = get_provider("venice", api_key=KEY)
    error = provider.error(Reply(429, headers, b'{"error": "Rate limit exceeded"}'))
    assert error.limit_type == "api_key"
    assert error.reset_at == reset_time("1780580108941", 0)
    rpc = provider.error(Reply(429, {"x-ratelimit-reset": "1704067260"}, b'{"error": "Slow"}'), "", "crypto/rpc/x")
    assert rpc.reset_at == datetime.datetime(2024, 1, 1, 0, 1, tzinfo=datetime.UTC)
