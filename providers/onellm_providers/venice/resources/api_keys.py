"""`venice.api_keys`"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, TypeVar

from onellm.call import Call, Effect, Flow, Reply
from onellm.errors import InvalidRequestError
from onellm.resource import IO, endpoint
from onellm_providers.venice.resources.base import VeniceResource, listed, reads, refuse, segment, unwraps
from onellm_providers.venice.resources.pages import Pages
from onellm_providers.venice.tables.account import KEY_CREATE, KEY_DELETE, KEY_UPDATE, WEB3_KEY
from onellm_providers.venice.types.api_keys import (
    ApiKey,
    ApiKeyAnswer,
    ApiKeyList,
    Done,
    LimitHit,
    NewKey,
    NewKeyAnswer,
    RateLimitLog,
    RateLimits,
    RateLimitsAnswer,
    Web3Challenge,
    Web3ChallengeAnswer,
)

if TYPE_CHECKING:
    from onellm_providers.venice.wallet import Wallet

T = TypeVar("T")
KeyType: TypeAlias = Literal["INFERENCE", "ADMIN"]
Period: TypeAlias = Literal["EPOCH", "MONTH", "LIFETIME"]
Privacy: TypeAlias = Literal["ALL", "PRIVATE_TEXT", "PRIVATE_ONLY"]
Expiry: TypeAlias = str | datetime.date | datetime.datetime


class ConsumptionLimit(TypedDict, total=False):
    """How much a key may spend in its period, 0–9,999,999,999; None is no limit."""

    usd: float | None
    diem: float | None


class ApiKeys(VeniceResource[IO]):
    """Keys, and the limits of the key in use. All but the limits need an ADMIN key.

    `expires_at` is a day, a time with its zone, or a text `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SSZ`; "" means never.
    `ip_allowlist` (not in Venice's OpenAPI file) has at most 100 addresses from which the key may be used.
    """

    @endpoint
    def list(self) -> Call[ApiKeyList]:
        """The account's keys, without their secrets: GET /api_keys."""
        return self._call("GET", "api_keys", reads(ApiKeyList))

    @endpoint
    def get(self, id: str) -> Call[ApiKey]:
        """One key, without its secret: GET /api_keys/{id}."""
        return self._call("GET", f"api_keys/{segment(id)}", unwraps(ApiKeyAnswer))

    @endpoint
    def create(
        self,
        *,
        description: str,
        api_key_type: KeyType = "INFERENCE",
        consumption_limit: ConsumptionLimit | None = None,
        limit_period: Period | None = None,
        model_privacy: Privacy | None = None,
        expires_at: Expiry | None = None,
        ip_allowlist: Sequence[str] | None = None,
    ) -> Call[NewKey]:
        """Make a key: POST /api_keys. Its secret is in `api_key` of the answer, this once.

        `description` has at most 64 characters. It is never sent twice: where no answer came, UnknownOutcomeError is
        raised; look at `list` before trying again.
        """
        fields = _fields(description, consumption_limit, limit_period, model_privacy, expires_at, ip_allowlist)
        body = refuse(KEY_CREATE, {"apiKeyType": api_key_type, **fields})
        return self._call("POST", "api_keys", unwraps(NewKeyAnswer), body=body, effect=Effect.PURCHASE)

    @endpoint
    def update(
        self,
        id: str,
        *,
        description: str | None = None,
        consumption_limit: ConsumptionLimit | None = None,
        limit_period: Period | None = None,
        model_privacy: Privacy | None = None,
        expires_at: Expiry | None = None,
        ip_allowlist: Sequence[str] | None = None,
    ) -> Call[ApiKey]:
        """Change a key: PATCH /api_keys. What is not given stays; `expires_at=""` makes it last for ever."""
        fields = _fields(description, consumption_limit, limit_period, model_privacy, expires_at, ip_allowlist)
        body = refuse(KEY_UPDATE, {"id": id, **fields})
        return self._call("PATCH", "api_keys", unwraps(ApiKeyAnswer), body=body)

    @endpoint
    def delete(self, id: str) -> Call[Done]:
        """Delete a key: DELETE /api_keys?id=…"""
        return self._call("DELETE", "api_keys", reads(Done), query=refuse(KEY_DELETE, {"id": id}))

    @endpoint
    def rate_limits(self) -> Call[RateLimits]:
        """The limits of the key in use by model, and the account's balances: GET /api_keys/rate_limits."""
        return self._call("GET", "api_keys/rate_limits", unwraps(RateLimitsAnswer))

    @endpoint
    def rate_limits_log(self) -> Call[RateLimitLog]:
        """The last limits that were hit, 50 at most: GET /api_keys/rate_limits/log."""
        return self._log()

    def iter_rate_limits_log(self) -> Pages[IO, RateLimitLog, LimitHit]:
        """The last limits that were hit, one by one; Venice gives them as one page."""
        return Pages(self._engine, self._options, self._log, lambda page: page.data, lambda page, seen: None)

    @endpoint
    def web3_challenge(self) -> Call[Web3Challenge]:
        """A token for a wallet to sign within 15 minutes: GET /api_keys/generate_web3_key. No key is needed."""
        return self._challenge(unwraps(Web3ChallengeAnswer))

    @endpoint
    def web3_create(
        self,
        *,
        address: str,
        signature: str,
        token: str,
        description: str | None = None,
        api_key_type: KeyType = "INFERENCE",
        consumption_limit: ConsumptionLimit | None = None,
        limit_period: Period | None = None,
        model_privacy: Privacy | None = None,
        expires_at: Expiry | None = None,
        ip_allowlist: Sequence[str] | None = None,
    ) -> Call[NewKey]:
        """Make a key for a wallet that signed a challenge: POST /api_keys/generate_web3_key. No key is needed.

        The wallet must hold staked VVV on Base. `signature` is that of the token, word for word (EIP-191).
        """
        fields = _fields(description, consumption_limit, limit_period, model_privacy, expires_at, ip_allowlist)
        return self._web3(
            {"apiKeyType": api_key_type, **fields}, {"address": address, "signature": signature, "token": token}
        )

    @endpoint
    def generate_web3_key(
        self,
        wallet: Wallet,
        *,
        description: str | None = None,
        api_key_type: KeyType = "INFERENCE",
        consumption_limit: ConsumptionLimit | None = None,
        limit_period: Period | None = None,
        model_privacy: Privacy | None = None,
        expires_at: Expiry | None = None,
        ip_allowlist: Sequence[str] | None = None,
    ) -> Flow[NewKey]:
        """Make a key for a wallet: take a challenge, have the wallet sign it, and send it."""
        from onellm_providers.venice.wallet import flows

        fields = _fields(description, consumption_limit, limit_period, model_privacy, expires_at, ip_allowlist)
        fields["apiKeyType"] = api_key_type
        challenge = self._challenge(lambda reply: Web3ChallengeAnswer.model_validate_json(reply.body).data.token)
        return flows.generate_web3_key(challenge, lambda signed: self._web3(fields, signed), wallet)

    def _challenge(self, parse: Callable[[Reply], T]) -> Call[T]:
        return self._call("GET", "api_keys/generate_web3_key", parse, key="never")

    def _web3(self, fields: dict[str, Any], signed: dict[str, str]) -> Call[NewKey]:
        body = refuse(WEB3_KEY, {**fields, **signed})
        path = "api_keys/generate_web3_key"
        return self._call("POST", path, unwraps(NewKeyAnswer), body=body, effect=Effect.PURCHASE, key="never")

    def _log(self) -> Call[RateLimitLog]:
        return self._call("GET", "api_keys/rate_limits/log", reads(RateLimitLog))


def _fields(
    description: str | None,
    limit: ConsumptionLimit | None,
    period: Period | None,
    privacy: Privacy | None,
    expires_at: Expiry | None,
    allowlist: Sequence[str] | None,
) -> dict[str, Any]:
    """What makes and changes of keys share, as Venice names it."""
    return {
        "description": description,
        "consumptionLimit": limit,
        "limitPeriod": period,
        "modelPrivacy": privacy,
        "expiresAt": _expiry(expires_at),
        "ipAllowlist": listed(allowlist),
    }


def _expiry(value: Expiry | None) -> str | None:
    """A day, or a time in UTC with milliseconds."""
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise InvalidRequestError(
                "expires_at has no time zone; give one, such as datetime.UTC.", param="expires_at"
            )
        return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, datetime.date) else value
