"""Balance, usage, and the ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import Field

from onellm.types.base import Model, Result
from onellm_providers.venice.types.base import CamelModel, CamelResult


class AccountBalances(CamelModel):
    diem: float | None = None
    usd: float | None = None


class Balance(CamelResult):
    """What the account has; `consumption_currency` is what the next call is charged in."""

    can_consume: bool
    consumption_currency: str | None = None
    balances: AccountBalances
    diem_epoch_allocation: float | None = None


class DayUsage(CamelModel):
    date: str
    usd: float = Field(alias="USD")
    diem: float = Field(alias="DIEM")


class Part(CamelModel):
    type: str
    usd: float
    diem: float
    units: float


class ModelUsage(CamelModel):
    """What one model cost in the period."""

    model_name: str
    model_type: str | None = None
    unit_type: str | None = None
    total_usd: float = 0
    total_diem: float = 0
    total_units: float = 0
    breakdown: list[Part] = []


class KeyTotal(CamelModel):
    api_key_id: str | None = None
    description: str | None = None
    total_usd: float = 0
    total_diem: float = 0
    total_units: float = 0


class UsageAnalytics(CamelResult):
    """Usage of a period by day, model and key. Rows of `…_daily` have a column for each model or key."""

    lookback: str
    by_date: list[DayUsage]
    by_model: list[ModelUsage]
    by_model_daily: list[dict[str, Any]] = []
    top_models: list[str] = []
    by_key: list[KeyTotal] = []
    by_key_daily: list[dict[str, Any]] = []
    top_key_names: list[str] = []

    def model(self, name: str) -> ModelUsage | None:
        """What one model cost; None where it was not used."""
        return next((each for each in self.by_model if each.model_name == name), None)


class InferenceDetails(CamelModel):
    request_id: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    inference_execution_time: int | None = None


class UsageEntry(CamelModel):
    """One line of the ledger; amounts are exact decimals."""

    timestamp: str
    sku: str
    amount: Decimal
    currency: str
    units: Decimal
    price_per_unit_usd: Decimal | None = None
    notes: str | None = None
    inference_details: InferenceDetails | None = None


class UsageHistoryPage(CamelResult):
    """Some of the ledger; `next_cursor` leads to the next page, and is None on the last one."""

    data: list[UsageEntry]
    next_cursor: str | None = None


class UsageHistoryCSV(Result):
    """Some of the ledger as CSV, with a line of headings."""

    text: str
    filename: str | None = None
    next_cursor: str | None = None


class CreditsRemaining(Model):
    """What is left to spend, in the account's own currencies; None where the account has none of it."""

    usd: float | None = None
    diem: float | None = None
    can_consume: bool = True
