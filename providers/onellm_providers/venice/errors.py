"""Every refusal of Venice, typed (its error codes page, and the shapes of its OpenAPI file of 2026-08-21).

    VeniceAPIError                      everything below; each is also the core's error of its status
    ├─ BadRequestError                  400, 415, 422: details, issues
    │    ContextLengthError · InvalidMediaError · EndpointSunsetError · ModelRetiredError
    │    ContentPolicyError             ProviderContentPolicyError
    ├─ AuthenticationError              401   WalletAuthError
    ├─ InsufficientBalanceError         402   KeySpendLimitError · WalletPaymentRequiredError · CredentialsRequiredError
    ├─ PermissionDeniedError            403   ModelAccessError · WalletMismatchError · RegionRestrictedError
    ├─ NotFoundError                    404   ModelNotFoundError · CharacterNotFoundError · MediaNotFoundError
    ├─ ConflictError                    409   ConsentRequiredError
    ├─ PayloadTooLargeError             413
    ├─ RateLimitError                   429   FailureLockoutError
    ├─ ModelOverloadedError             429 for the model, 503   ModelUnavailableError
    ├─ PriceLimitError                  no status: refused here, before anything is bought
    └─ ServerError                      5xx   RequestTimeoutError · TEEUpstreamError, and by operation:
         ImageGenerationError · AudioGenerationError · VideoGenerationError · EmbeddingError · BillingError

`onellm_providers.venice.error_table` says which reply becomes which.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from onellm import errors


class VeniceAPIError(errors.APIError):
    """Venice refused or failed. `code` is Venice's own word; `code_inferred` says that the message told it."""

    code_inferred: bool = False


class BadRequestError(VeniceAPIError, errors.InvalidRequestError):
    """The request is malformed. `details` is the tree of what is wrong, `issues` the list, where Venice sends them."""

    details: Mapping[str, Any] | None = None
    issues: Sequence[Mapping[str, Any]] = ()


class ContextLengthError(BadRequestError, errors.ContextLengthError):
    """Prompt and answer do not fit into the model's context window."""


class InvalidMediaError(BadRequestError):
    """An image, video or audio file is of the wrong format, size or length."""


class EndpointSunsetError(BadRequestError):
    """The operation was withdrawn (410): when it was deprecated, when it ended, and the path that succeeds it."""

    deprecated_at: datetime.datetime | None = None
    sunset_at: datetime.datetime | None = None
    successor: str | None = None


class ModelRetiredError(BadRequestError):
    """The model was withdrawn (410); `replacement` is the model to take instead, where Venice names one."""

    replacement: str | None = None


class ContentPolicyError(BadRequestError, errors.ContentPolicyError):
    """The content was refused. `suggested_prompt` may pass; `credits_refunded`: what was charged came back."""

    suggested_prompt: str | None = None
    recommended_model: str | None = None
    credits_refunded: bool | float | None = None


class ProviderContentPolicyError(ContentPolicyError):
    """The company that runs the model refused the content; `recommended_model` may take it."""


class AuthenticationError(VeniceAPIError, errors.AuthenticationError):
    """The key was refused, or its subscription is inactive."""


class WalletAuthError(AuthenticationError):
    """The wallet's sign-in was refused: expired, used before, or signed wrongly."""


class InsufficientBalanceError(VeniceAPIError, errors.InsufficientBalanceError):
    """The account has no credit left for this call."""


class KeySpendLimitError(InsufficientBalanceError):
    """This key has reached its own limit of spending, in `currency` (USD or DIEM); the account may have credit."""

    currency: str | None = None


class WalletPaymentRequiredError(InsufficientBalanceError):
    """The wallet's balance is too low; amounts are USD. `top_up_instructions` says where a top-up goes."""

    reason: str | None = None
    current_balance_usd: float | None = None
    minimum_balance_usd: float | None = None
    suggested_top_up_usd: float | None = None
    minimum_top_up_usd: float | None = None
    top_up_instructions: Mapping[str, Any] | None = None
    siwx_challenge: Mapping[str, Any] | None = None


class CredentialsRequiredError(InsufficientBalanceError):
    """Nothing was sent to pay with: neither key nor wallet. `accepts` are the payments that Venice takes."""

    accepts: Sequence[Mapping[str, Any]] = ()
    auth_options: Mapping[str, Any] | None = None
    x402_version: int | None = None


class PermissionDeniedError(VeniceAPIError, errors.PermissionDeniedError):
    """The key may not do this."""


class ModelAccessError(PermissionDeniedError):
    """The key is good, but the model is not open to it: for Pro users, or not private enough for the key."""


class WalletMismatchError(PermissionDeniedError):
    """The wallet that signed in is not the one that was asked about."""


class RegionRestrictedError(PermissionDeniedError):
    """The model is not available in this region."""


class NotFoundError(VeniceAPIError, errors.NotFoundError):
    """There is no such thing."""


class ModelNotFoundError(NotFoundError, errors.ModelNotFoundError):
    """Venice does not know the model."""


class CharacterNotFoundError(NotFoundError):
    """There is no character of this slug."""


class MediaNotFoundError(NotFoundError):
    """The media of this job are not there: the id is unknown, the time is over, or they were deleted."""


class ConflictError(VeniceAPIError, errors.ConflictError):
    """The state of the thing does not allow this."""


class ConsentRequiredError(ConflictError):
    """Faces are in the media, and a person has to agree to `policy_text` first. Nothing was charged.

    Never agree in code: show the text, and repeat the call with the three consents once somebody has agreed.
    """

    policy_text: str | None = None
    consent_version: str | None = None
    consent_flow: str | None = None
    face_media_roles: Sequence[str] = ()
    docs_url: str | None = None


class PayloadTooLargeError(VeniceAPIError, errors.PayloadTooLargeError):
    """The request is too large."""


class RateLimitError(VeniceAPIError, errors.RateLimitError):
    """Too many requests. `reset_at` is when the limit starts anew, `limit_type` whose it is: user, api_key, global."""

    reset_at: datetime.datetime | None = None
    limit_type: str | None = None


class FailureLockoutError(RateLimitError):
    """Too many failed requests: Venice locks the key for 30 seconds. Mend what fails; do not repeat it."""


class ModelOverloadedError(VeniceAPIError, errors.OverloadedError):
    """The model has no capacity now; the key is not throttled."""


class ModelUnavailableError(ModelOverloadedError):
    """The model is offline or at capacity (503)."""


class ServerError(VeniceAPIError, errors.ServerError):
    """Venice failed."""


class RequestTimeoutError(ServerError):
    """Venice gave up waiting for the answer (504): stream it, or ask for less."""


class TEEUpstreamError(ServerError):
    """The machine that runs the model in its trusted environment gave no attestation or signature."""


class ImageGenerationError(ServerError):
    """An image could not be made, edited or enlarged."""


class AudioGenerationError(ServerError):
    """Speech, music or a transcript could not be made."""


class VideoGenerationError(ServerError):
    """A video could not be made."""


class EmbeddingError(ServerError):
    """The embeddings could not be made."""


class BillingError(ServerError):
    """Billing data could not be read; a narrower period may help."""


class PriceLimitError(VeniceAPIError):
    """A media job would cost more than the caller allows (`quote` and `limit`, in USD); nothing was bought."""

    quote: float = 0.0
    limit: float = 0.0
