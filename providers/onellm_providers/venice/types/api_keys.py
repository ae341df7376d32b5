"""Keys, their limits, and the log of limits that were hit."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from onellm_providers.venice.types.base import CamelModel, CamelResult


class ConsumptionLimits(CamelModel):
    """How much a key may spend in its period; None is no limit."""

    usd: float | None = None
    diem: float | None = None
    vcu: float | None = None


class Spent(CamelModel):
    """What was spent, as exact decimals."""

    usd: Decimal | None = None
    diem: Decimal | None = None


class KeyUsage(CamelModel):
    trailing_seven_days: Spent | None = None


class ApiKey(CamelResult):
    """A key without its secret; `last6_chars` tells it from others. Times are ISO 8601."""

    id: str
    description: str | None = None
    api_key_type: str | None = None
    last6_chars: str | None = Field(None, alias="last6Chars")
    consumption_limits: ConsumptionLimits | None = None
    limit_period: str | None = None
    model_privacy: str | None = None
    created_at: str | None = None
    expires_at: str | None = None
    last_used_at: str | None = None
    usage: KeyUsage | None = None
    current_period_usage: Spent | None = None


class ApiKeyAnswer(CamelResult):
    data: ApiKey


class ApiKeyList(CamelResult):
    data: list[ApiKey]


class NewKey(CamelResult):
    """A key that was just made. `api_key` is its secret, which Venice shows this once; a repr leaves it out."""

    id: str
    api_key: str = Field(repr=False)
    api_key_type: str | None = None
    description: str | None = None
    consumption_limit: ConsumptionLimits | None = None
    limit_period: str | None = None
    model_privacy: str | None = None
    expires_at: str | None = None


class NewKeyAnswer(CamelResult):
    data: NewKey
    success: bool = True


class Done(CamelResult):
    """Whether it was done."""

    success: bool


class Web3Challenge(CamelResult):
    """A token that the wallet signs within 15 minutes."""

    token: str = Field(repr=False)


class Web3ChallengeAnswer(CamelResult):
    data: Web3Challenge
    success: bool = True


class Limit(CamelModel):
    """`amount` requests or tokens; `type` is RPM, RPD or TPM."""

    amount: float
    type: str


class ModelLimits(CamelModel):
    api_model_id: str | None = None
    rate_limits: list[Limit] = []


class Tier(CamelModel):
    id: str
    is_charged: bool


class Balances(CamelModel):
    usd: float | None = Field(None, alias="USD")
    diem: float | None = Field(None, alias="DIEM")


class RateLimits(CamelResult):
    """What the key may do, and what the account has."""

    access_permitted: bool
    api_tier: Tier
    balances: Balances
    key_expiration: str | None = None
    next_epoch_begins: str | None = None
    rate_limits: list[ModelLimits] = []

    def of(self, model: str) -> list[Limit]:
        """The limits of a model."""
        return [limit for each in self.rate_limits if each.api_model_id == model for limit in each.rate_limits]


class RateLimitsAnswer(CamelResult):
    data: RateLimits


class LimitHit(CamelModel):
    """A limit that was hit."""

    api_key_id: str
    model_id: str
    rate_limit_tier: str
    rate_limit_type: str
    timestamp: str


class RateLimitLog(CamelResult):
    """The last limits that were hit, 50 at most."""

    data: list[LimitHit]
