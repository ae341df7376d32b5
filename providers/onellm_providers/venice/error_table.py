"""Which reply becomes which error: by status, then by the body's shape, then by its message.

Venice sends the code of an error in few cases; where the message alone tells it, it is marked as inferred. Sources:
Venice's OpenAPI file of 2026-08-21, its error codes page, its guides on video and x402.
"""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from onellm import errors as core
from onellm.call import Reply
from onellm.decode.json import array, table
from onellm.meta import reset_time
from onellm_providers.venice import errors
from onellm_providers.venice.error_words import BY_AREA, BY_STATUS, CODES, SAYINGS, TWINS

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
    for name in ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-ratelimit-reset"):
        if name in headers and (found := reset_time(headers[name], time.time())) is not None:
            return found
    return None
