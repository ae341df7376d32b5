"""Which reply becomes which error: by status, then by the body's shape, then by its message.

Venice sends the code of an error in few cases; where the message alone tells it, it is marked as inferred. Sources:
Venice's OpenAPI file of 2026-08-21, its error codes page, its guides on video and x402.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from onellm import errors as core
from onellm.call import Reply
from onellm.decode.json import array, table
from onellm_providers.venice import errors


class Saying(NamedTuple):
    """A message that tells the code: the status it comes with (0: any), its pattern, the code, the error."""

    status: int
    pattern: re.Pattern[str]
    code: str
    error: type[errors.VeniceAPIError]


def _says(status: int, pattern: str, code: str, error: type[errors.VeniceAPIError]) -> Saying:
    return Saying(status, re.compile(pattern, re.IGNORECASE), code, error)


SAYINGS = (
    _says(400, r"context (length|window)|too many tokens|maximum context", "TOO_MANY_TOKENS", errors.ContextLengthError),
    _says(400, r"request[ _]id .*not found", "REQUEST_ID_NOT_FOUND", errors.BadRequestError),
    _says(400, r"model not found|invalid model", "INVALID_MODEL", errors.BadRequestError),
    _says(400, r"(unsupported|invalid) audio format", "INVALID_AUDIO_FORMAT", errors.InvalidMediaError),
    _says(400, r"(unsupported|invalid) video format", "INVALID_VIDEO_FORMAT", errors.InvalidMediaError),
    _says(400, r"corrupt(ed)? image|image (is|may be) corrupt|invalid image", "CORRUPTED_IMAGE", errors.InvalidMediaError),
    _says(400, r"image .*(too small|at least \d+ ?pixels)", "IMAGE_TOO_SMALL", errors.InvalidMediaError),
    _says(401, r"pro users", "PRO_ONLY_MODEL", errors.ModelAccessError),
    _says(401, r"inactive", "AUTHENTICATION_FAILED_INACTIVE_KEY", errors.AuthenticationError),
    _says(401, r"sign-?in.with.x|siwx|wallet|nonce", "X402_INVALID_SIGN_IN", errors.WalletAuthError),
    _says(402, r"diem spend(ing)? limit", "API_KEY_DIEM_SPEND_LIMIT_EXCEEDED", errors.KeySpendLimitError),
    _says(402, r"usd spend(ing)? limit", "API_KEY_USD_SPEND_LIMIT_EXCEEDED", errors.KeySpendLimitError),
    _says(402, r"spend(ing)? limit", "API_KEY_SPEND_LIMIT_EXCEEDED", errors.KeySpendLimitError),
    _says(402, r"insufficient .*balance", "INSUFFICIENT_BALANCE", errors.InsufficientBalanceError),
    _says(403, r"unavailable in your region|region", "REGION_RESTRICTED", errors.RegionRestrictedError),
    _says(403, r"wallet .*(mismatch|does not match)", "X402_WALLET_MISMATCH", errors.WalletMismatchError),
    _says(403, r"model.*priva(te|cy)|privacy.*model", "MODEL_PRIVACY_RESTRICTED", errors.ModelAccessError),
    _says(403, r"api access .*disabled", "API_ACCESS_DISABLED", errors.PermissionDeniedError),
    _says(404, r"character", "CHARACTER_NOT_FOUND", errors.CharacterNotFoundError),
    _says(404, r"media|queue|expired|video|audio", "MEDIA_NOT_FOUND", errors.MediaNotFoundError),
    _says(404, r"model", "MODEL_NOT_FOUND", errors.ModelNotFoundError),
    _says(422, r"too long", "VIDEO_DURATION_TOO_LONG", errors.InvalidMediaError),
    _says(422, r"too short", "VIDEO_DURATION_TOO_SHORT", errors.InvalidMediaError),
    _says(422, r"image .*too large", "IMAGE_TOO_LARGE", errors.InvalidMediaError),
    _says(422, r"aspect ratio", "IMAGE_ASPECT_RATIO_OUT_OF_BOUNDS", errors.InvalidMediaError),
    _says(422, r"audio|transcri", "ASR_UPSTREAM_VALIDATION_FAILED", errors.InvalidMediaError),
    _says(422, r"polic|violat|moderat|content", "CONTENT_POLICY_VIOLATION", errors.ContentPolicyError),
    _says(429, r"too many failed", "FAILURE_LOCKOUT", errors.FailureLockoutError),
    _says(429, r"overloaded|at capacity", "MODEL_OVERLOADED", errors.ModelOverloadedError),
    _says(429, r"rate limit", "RATE_LIMIT_EXCEEDED", errors.RateLimitError),
    _says(502, r"attestation", "TEE_ATTESTATION_FAILED", errors.TEEUpstreamError),
    _says(502, r"signature", "TEE_SIGNATURE_FAILED", errors.TEEUpstreamError),
    _says(502, r"transcri|asr|upstream audio", "ASR_UPSTREAM_FAILED", errors.AudioGenerationError),
    _says(503, r"offline", "MODEL_OFFLINE", errors.ModelUnavailableError),
    _says(503, r"capacity", "MODEL_AT_CAPACITY", errors.ModelUnavailableError),
)  # fmt: skip

CODES: Mapping[str, type[errors.VeniceAPIError]] = {
    **{saying.code: saying.error for saying in SAYINGS},
    "needs_consent": errors.ConsentRequiredError,
    "provider_content_policy": errors.ProviderContentPolicyError,
    "context_length_exceeded": errors.ContextLengthError,
    "X402_INVALID_PAYMENT": errors.BadRequestError,
    "UNAUTHORIZED": errors.PermissionDeniedError,
    "REQUEST_TIMEOUT": errors.RequestTimeoutError,
}
"""Codes that Venice may send, in `code`, in `error.type` or as the `error` itself."""

BY_STATUS: Mapping[int, type[errors.VeniceAPIError]] = {
    401: errors.AuthenticationError,
    402: errors.InsufficientBalanceError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    413: errors.PayloadTooLargeError,
    429: errors.RateLimitError,
    503: errors.ModelUnavailableError,
    504: errors.RequestTimeoutError,
    529: errors.ModelOverloadedError,
}

BY_AREA: Mapping[str, type[errors.VeniceAPIError]] = {
    "image": errors.ImageGenerationError,
    "images": errors.ImageGenerationError,
    "audio": errors.AudioGenerationError,
    "video": errors.VideoGenerationError,
    "embeddings": errors.EmbeddingError,
    "billing": errors.BillingError,
    "tee": errors.TEEUpstreamError,
}
"""What a failure (500, 502, 504) of an operation is, by the first part of its path."""

TWINS: Mapping[type[core.APIError], type[errors.VeniceAPIError]] = {
    core.ContextLengthError: errors.ContextLengthError,
    core.ContentPolicyError: errors.ContentPolicyError,
    core.ModelNotFoundError: errors.ModelNotFoundError,
    core.QuotaExceededError: errors.InsufficientBalanceError,
    core.InsufficientBalanceError: errors.InsufficientBalanceError,
    core.OverloadedError: errors.ModelOverloadedError,
}
"""What the core's own reading of a body becomes where the table has no better word."""

CREDENTIALS = "send an API key (VENICE_API_KEY), or sign in with a wallet"
LOCKOUT = 30.0


def venice_error(plain: core.APIError, reply: Reply, path: str = "") -> errors.VeniceAPIError:
    """The error that a reply is; `plain` is the core's reading of it, `path` the operation's, without the base URL."""
    body = table(plain.body)
    kind, code, inferred = _kind(plain, body, path)
    message = _message(plain.message, kind, plain.model)
    error = kind(
        message,
        status=plain.status,
        code=code or plain.code,
        type=plain.type,
        param=plain.param,
        request_id=plain.request_id,
        retry_after=LOCKOUT if kind is errors.FailureLockoutError and plain.retry_after is None else plain.retry_after,
        provider=plain.provider,
        model=plain.model,
        body=plain.body,
        headers=plain.headers,
    )
    error.code_inferred = inferred
    for name, value in _fields(kind, body, reply.headers, code).items():
        setattr(error, name, value)
    return error


def _kind(
    plain: core.APIError, body: Mapping[str, Any], path: str
) -> tuple[type[errors.VeniceAPIError], str | None, bool]:
    """The class, the code where one is known, and whether the message alone told it."""
    status = plain.status or 0
    if status == 410:
        return _gone(path), None, False
    if (found := _shaped(status, body)) is not None:
        return found
    inner = table(body.get("error"))
    said = body.get("error") if isinstance(body.get("error"), str) else inner.get("message")
    for word in (plain.code, plain.type, said):
        if isinstance(word, str) and word in CODES:
            return CODES[word], word, False
    area = BY_AREA.get(path.partition("/")[0]) if status in (500, 502, 504) else None
    for saying in SAYINGS:
        if saying.status == status and isinstance(said, str) and saying.pattern.search(said):
            return saying.error, saying.code, True
    if area is not None:
        return area, None, False
    by_status = BY_STATUS.get(status) or TWINS.get(type(plain))
    if by_status is None:
        if 400 <= status < 500:
            by_status = errors.BadRequestError
        else:
            by_status = errors.ServerError if status >= 500 else _twin(type(plain))
    return by_status, None, False


def _twin(kind: type[core.APIError]) -> type[errors.VeniceAPIError]:
    """Venice's class for an error whose status says nothing, such as one inside a stream."""
    found = [
        ours for ours in vars(errors).values() if isinstance(ours, type) and issubclass(ours, errors.VeniceAPIError)
    ]
    return next((ours for ours in found if kind in ours.__bases__), errors.VeniceAPIError)


def _shaped(status: int, body: Mapping[str, Any]) -> tuple[type[errors.VeniceAPIError], str | None, bool] | None:
    """What the fields of the body tell, whatever its message."""
    inner = table(body.get("error"))
    if status == 402 and "accepts" in body:
        return errors.CredentialsRequiredError, None, False
    if status == 402 and (body.get("code") == "PAYMENT_REQUIRED" or "topUpInstructions" in body):
        return errors.WalletPaymentRequiredError, "PAYMENT_REQUIRED", False
    if inner.get("code") == "needs_consent" or "consent" in body:
        return errors.ConsentRequiredError, "needs_consent", False
    if inner.get("type") == "provider_content_policy":
        return errors.ProviderContentPolicyError, "provider_content_policy", False
    if "suggested_prompt" in body or "credits_refunded" in body:
        return errors.ContentPolicyError, "CONTENT_POLICY_VIOLATION", True
    return None


def _gone(path: str) -> type[errors.VeniceAPIError]:
    return errors.ModelRetiredError if path.partition("/")[0] not in ("billing", "") else errors.EndpointSunsetError


def _message(message: str, kind: type[errors.VeniceAPIError], model: str | None) -> str:
    """The message with the next step where the status alone would name a wrong one."""
    if issubclass(kind, errors.CredentialsRequiredError):
        return f"venice answered 402: no credential was sent; {CREDENTIALS}."
    if issubclass(kind, errors.ModelAccessError):
        said = message.partition(": ")[2].partition(" The key ending in")[0].partition(" No key was sent")[0]
        return f"venice: {said.rstrip('.')}. The key is good; the model {model or ''} is not open to it."
    return message


def _fields(
    kind: type[errors.VeniceAPIError], body: Mapping[str, Any], headers: Mapping[str, str], code: str | None
) -> dict[str, Any]:
    """What the class of the error has beside every error's fields."""
    inner = table(body.get("error"))
    if issubclass(kind, errors.ContentPolicyError):
        found = {
            name: body.get(name, inner.get(name))
            for name in ("suggested_prompt", "recommended_model", "credits_refunded")
        }
    elif issubclass(kind, errors.KeySpendLimitError):
        found = {"currency": next((word for word in ("DIEM", "USD") if word in (code or "")), None)}
    elif issubclass(kind, errors.CredentialsRequiredError):
        found = {
            "accepts": array(body.get("accepts")),
            "auth_options": body.get("authOptions"),
            "x402_version": body.get("x402Version"),
        }
    elif issubclass(kind, errors.WalletPaymentRequiredError):
        found = {name: body.get(wire) for name, wire in WALLET_FIELDS.items()}
    elif issubclass(kind, errors.ConsentRequiredError):
        consent = table(body.get("consent"))
        found = {name: consent.get(name) for name in ("policy_text", "consent_version")}
        found |= {"consent_flow": body.get("consent_flow"), "docs_url": body.get("docs_url")}
        found["face_media_roles"] = array(body.get("face_media_roles"))
    elif issubclass(kind, (errors.EndpointSunsetError, errors.ModelRetiredError)):
        found = _withdrawn(kind, headers)
    elif issubclass(kind, errors.RateLimitError):
        found = {"reset_at": _reset(headers), "limit_type": headers.get("x-ratelimit-type")}
    elif issubclass(kind, errors.BadRequestError):
        found = {"details": body.get("details"), "issues": array(body.get("issues"))}
    else:
        found = {}
    return {name: value for name, value in found.items() if value is not None}


WALLET_FIELDS = {
    "reason": "reason",
    "current_balance_usd": "currentBalanceUsd",
    "minimum_balance_usd": "minimumBalanceUsd",
    "suggested_top_up_usd": "suggestedTopUpUsd",
    "minimum_top_up_usd": "minimumTopUpUsd",
    "top_up_instructions": "topUpInstructions",
    "siwx_challenge": "siwxChallenge",
}


def _withdrawn(kind: type[errors.VeniceAPIError], headers: Mapping[str, str]) -> dict[str, Any]:
    """`Deprecation: @1783555200` (RFC 9745), `Sunset` (RFC 8594) and `Link: <…>; rel="successor-version"`."""
    if issubclass(kind, errors.ModelRetiredError):
        return {"replacement": headers.get("x-venice-deprecated-replacement")}
    epoch = re.fullmatch(r"@(\d{1,12})", headers.get("deprecation", ""))
    link = re.search(r'<([^>]*)>\s*;\s*rel="?successor-version', headers.get("link", ""))
    try:
        sunset = parsedate_to_datetime(headers.get("sunset", ""))
    except ValueError:
        sunset = None
    return {
        "deprecated_at": datetime.datetime.fromtimestamp(int(epoch[1]), datetime.UTC) if epoch else None,
        "sunset_at": sunset,
        "successor": link[1] if link else None,
    }


def _reset(headers: Mapping[str, str]) -> datetime.datetime | None:
    from onellm_providers.venice.limits import reset_time

    for name in ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-ratelimit-reset"):
        if name in headers and (found := reset_time(headers[name])) is not None:
            return found
    return None
