"""Balances and top-ups of wallets."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from onellm.decode.json import table
from onellm_providers.venice.types.base import CamelModel, CamelResult


class WalletBalance(CamelResult):
    """What a wallet has, in USD."""

    wallet_address: str
    balance_usd: float
    can_consume: bool
    minimum_top_up_usd: float | None = None
    suggested_top_up_usd: float | None = None
    diem_balance_usd: float | None = None


class WalletBalanceAnswer(CamelResult):
    data: WalletBalance
    success: bool = True


class TopUp(CamelResult):
    """A top-up that was settled; amounts are USD."""

    wallet_address: str
    amount_credited: float
    new_balance: float
    payment_id: str

    @property
    def settlement(self) -> dict[str, Any]:
        """What the header PAYMENT-RESPONSE says: success, network, payer, transaction; empty where it is absent."""
        try:
            return table(json.loads(base64.b64decode(self.meta.reply_headers.get("payment-response", ""))))
        except (ValueError, binascii.Error):
            return {}


class TopUpAnswer(CamelResult):
    data: TopUp
    success: bool = True


class Transaction(CamelModel):
    id: str
    amount: float
    balance_after: float
    type: str
    created_at: str
    request_id: str | None = None
    model_id: str | None = None


class TransactionPagination(CamelModel):
    limit: int
    offset: int
    has_more: bool


class Transactions(CamelResult):
    """Some of a wallet's transactions."""

    wallet_address: str
    current_balance: float
    transactions: list[Transaction]
    pagination: TransactionPagination


class TransactionPage(CamelResult):
    data: Transactions
    success: bool = True
