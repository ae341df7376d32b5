"""What Venice says when it refuses: its codes, and the messages that tell one where no code is sent.

Venice's error codes page; `error_table` reads a reply by these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from onellm import errors as core
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
    _says(400, r"context (length|window)|too many tokens", "TOO_MANY_TOKENS", errors.ContextLengthError),
    _says(400, r"request[ _]id .*not found", "REQUEST_ID_NOT_FOUND", errors.MediaNotFoundError),
    _says(400, r"model not found|invalid model", "INVALID_MODEL", errors.BadRequestError),
    _says(400, r"(unsupported|invalid) audio format", "INVALID_AUDIO_FORMAT", errors.InvalidMediaError),
    _says(400, r"(unsupported|invalid) video format", "INVALID_VIDEO_FORMAT", errors.InvalidMediaError),
    _says(400, r"corrupt|invalid image", "CORRUPTED_IMAGE", errors.InvalidMediaError),
    _says(400, r"image .*(too small|at least \d+ ?pixels)", "IMAGE_TOO_SMALL", errors.InvalidMediaError),
    _says(401, r"admin (api )?key", "ADMIN_KEY_REQUIRED", errors.PermissionDeniedError),
    _says(401, r"pro users", "PRO_ONLY_MODEL", errors.ModelAccessError),
    _says(401, r"inactive", "AUTHENTICATION_FAILED_INACTIVE_KEY", errors.AuthenticationError),
    _says(401, r"sign-?in|siwx|wallet|nonce", "X402_INVALID_SIGN_IN", errors.WalletAuthError),
    _says(402, r"diem spend(ing)? limit", "API_KEY_DIEM_SPEND_LIMIT_EXCEEDED", errors.KeySpendLimitError),
    _says(402, r"usd spend(ing)? limit", "API_KEY_USD_SPEND_LIMIT_EXCEEDED", errors.KeySpendLimitError),
    _says(402, r"spend(ing)? limit", "API_KEY_SPEND_LIMIT_EXCEEDED", errors.KeySpendLimitError),
    _says(402, r"insufficient .*balance", "INSUFFICIENT_BALANCE", errors.InsufficientBalanceError),
    _says(403, r"unavailable in your region|region", "REGION_RESTRICTED", errors.RegionRestrictedError),
    _says(403, r"wallet .*(mismatch|does not match)", "X402_WALLET_MISMATCH", errors.WalletMismatchError),
    _says(403, r"priva(te|cy).*model|model.*priva(te|cy)", "MODEL_PRIVACY_RESTRICTED", errors.ModelAccessError),
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
