"""What the headers of Venice's media answers say (OpenAPI file of 2026-08-21; its page on the API's headers)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import unquote

from onellm.types.base import Result
from onellm.types.media import Media


class Facts(Result):
    """Safety, what the prompt became, which model answered and how long there will be one, what is left.

    None means that the answer did not say. A content violation comes with status 200: it is a result, not an error.
    `enhanced_prompt` is the text that was used in place of the prompt. `replacement` is the model to move to.
    `balance_usd` and `balance_diem` are from before the call, `balance_remaining` (wallets, USD) from after it.
    """

    is_blurred: bool | None = None
    is_content_violation: bool | None = None
    is_adult_model_content_violation: bool | None = None
    contains_minor: bool | None = None
    enhanced_prompt: str | None = None
    model_id: str | None = None
    model_name: str | None = None
    is_deprecated: bool | None = None
    deprecation_warning: str | None = None
    deprecation_date: datetime | None = None
    replacement: str | None = None
    balance_usd: Decimal | None = None
    balance_diem: Decimal | None = None
    balance_remaining: Decimal | None = None

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return [(name, value) for name, value in super().__repr_args__() if value is not None]


class VeniceMedia(Media, Facts):
    """One file of Venice's making, with what the headers said of it."""


def _flag(text: str) -> bool:
    return text.strip().lower() == "true"


def _date(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _amount(text: str) -> Decimal | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


_READ: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "x-venice-is-blurred": ("is_blurred", _flag),
    "x-venice-is-content-violation": ("is_content_violation", _flag),
    "x-venice-is-adult-model-content-violation": ("is_adult_model_content_violation", _flag),
    "x-venice-contains-minor": ("contains_minor", _flag),
    "x-venice-enhanced-prompt": ("enhanced_prompt", unquote),
    "x-venice-model-id": ("model_id", str),
    "x-venice-model-name": ("model_name", str),
    "x-venice-deprecated": ("is_deprecated", _flag),
    "x-venice-model-deprecation-warning": ("deprecation_warning", str),
    "x-venice-model-deprecation-date": ("deprecation_date", _date),
    "x-venice-deprecated-replacement": ("replacement", str),
    "x-venice-balance-usd": ("balance_usd", _amount),
    "x-venice-balance-diem": ("balance_diem", _amount),
    "x-balance-remaining": ("balance_remaining", _amount),
}


def facts(headers: Mapping[str, str]) -> dict[str, Any]:
    """The fields of `Facts` that these headers (names in lower case) say something of."""
    found = {field: read(headers[name]) for name, (field, read) in _READ.items() if name in headers}
    return {field: value for field, value in found.items() if value is not None}
