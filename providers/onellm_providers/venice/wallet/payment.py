"""A payment under x402, version 2, scheme `exact`: read what is asked, compare it with what is allowed, sign that.

Venice OpenAPI file (`/x402/top-up`); x402 specifications of the scheme for EVM and SVM.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from onellm.decode.json import array, table
from onellm_providers.venice.wallet.types import PayingWallet, PaymentRefusedError, Requirement

HEADER = "PAYMENT-SIGNATURE"
UNITS = 1_000_000
"""Base units of USDC in a dollar."""
LONGEST = 600
"""Seconds for which a payment may be carried out at most, whatever is asked."""

USD: TypeAlias = Decimal | int | str


def payment_header(
    accepts: Iterable[object],
    wallet: PayingWallet,
    cap: USD,
    *,
    pay_to: str | None = None,
    blockhash: str | None = None,
    at: int | None = None,
) -> dict[str, str]:
    """The header that pays what one of `accepts` asks for, on the wallet's network.

    `cap` is the most that may be spent, in US dollars; `pay_to` the only receiver that is allowed, if given. Raises
    PaymentRefusedError, before anything is signed, where no requirement fits or the one that does asks for more.
    """
    requirement = choose(accepts, wallet, cap, pay_to=pay_to)
    payload = wallet.authorize(requirement, int(time.time()) if at is None else at, blockhash)
    envelope = {"x402Version": 2, "payload": payload, "accepted": dict(requirement.stated)}
    return {HEADER: base64.b64encode(json.dumps(envelope, separators=(",", ":")).encode()).decode()}


def choose(accepts: Iterable[object], wallet: PayingWallet, cap: USD, *, pay_to: str | None = None) -> Requirement:
    """The requirement for the wallet's network, if it is one that the caller allows. Raises PaymentRefusedError."""
    limit = _units(cap)
    asked = [table(entry) for entry in accepts]
    entry = next((entry for entry in asked if entry.get("network") in wallet.networks), None)
    if entry is None:
        networks = ", ".join(str(entry.get("network")) for entry in asked) or "none"
        raise PaymentRefusedError(f"No payment for a wallet of {wallet.account} is asked for, but for: {networks}.")
    requirement = read_requirement(entry)
    if _differ(requirement.asset, wallet.usdc, wallet):
        raise PaymentRefusedError(f"The payment is not in USDC, but in the token {requirement.asset}.")
    if requirement.amount > limit:
        raise PaymentRefusedError(
            f"The payment asks for {dollars(requirement.amount)} USD; {dollars(limit)} USD may be spent."
        )
    if pay_to is not None and _differ(requirement.pay_to, pay_to, wallet):
        raise PaymentRefusedError(f"The payment is for {requirement.pay_to}, not for {pay_to}.")
    return requirement


def read_requirement(stated: Mapping[str, Any]) -> Requirement:
    """A requirement as it is stated. Raises PaymentRefusedError where it does not say what is to be paid."""
    amount, timeout = stated.get("amount"), stated.get("maxTimeoutSeconds")
    if stated.get("scheme") != "exact" or not isinstance(amount, str) or not amount.isdecimal() or not int(amount):
        raise PaymentRefusedError("The payment does not say an exact amount.")
    if not isinstance(timeout, (int, float)) or timeout <= 0:
        raise PaymentRefusedError("The payment does not say for how long it may be carried out.")
    return Requirement(
        network=str(stated.get("network")),
        asset=str(stated.get("asset")),
        amount=int(amount),
        pay_to=str(stated.get("payTo")),
        timeout=min(int(timeout), LONGEST),
        extra=table(stated.get("extra")),
        stated=stated,
    )


def accepts_in(body: object) -> list[Any]:
    """The requirements of a 402 body. Raises PaymentRefusedError for a version that is not spoken here."""
    said = table(body)
    if said.get("x402Version") != 2:
        raise PaymentRefusedError(
            f"Payments under x402 version {said.get('x402Version')} are not made; only version 2."
        )
    return array(said.get("accepts"))


def dollars(units: int) -> Decimal:
    """Base units as US dollars."""
    return Decimal(units) / UNITS


def _differ(one: str, other: str, wallet: PayingWallet) -> bool:
    """Whether two addresses differ; the case of an Ethereum address is only its checksum."""
    return one.lower() != other.lower() if wallet.account == "Ethereum" else one != other


def _units(cap: USD) -> int:
    try:
        amount = Decimal(cap)
        if isinstance(cap, float) or not amount.is_finite() or amount <= 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidOperation
    except (InvalidOperation, TypeError, ValueError):
        raise PaymentRefusedError("cap must be a number of US dollars above 0, such as Decimal('10').") from None
    return int(amount * UNITS)
