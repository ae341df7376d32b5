"""What a wallet is, for signing in and for paying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from onellm_providers.venice.errors import BadRequestError

BASE = 8453
SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
"""Solana's main network, by its CAIP-2 name."""


class PaymentRefusedError(BadRequestError):
    """A payment that was asked for is not the one that the caller allows; nothing was signed."""


class Wallet(Protocol):
    """Something that signs texts for an address. One that keeps its key elsewhere (a device, a KMS) can be written.

    `account` is the word of the sign-in message ("Ethereum", "Solana"), `chain_id` and `signature_type` those of the
    sign-in header.
    """

    @property
    def address(self) -> str: ...

    @property
    def account(self) -> str: ...

    @property
    def chain_id(self) -> int | str: ...

    @property
    def signature_type(self) -> str | None: ...

    def sign(self, message: str) -> str:
        """The signature of a text: EIP-191 as hex with 0x, or Ed25519 in base58."""
        ...


@dataclass(frozen=True)
class Requirement:
    """One of the payments that a service accepts (x402, scheme `exact`).

    `amount` is in base units (USDC has 6 decimals), `timeout` in seconds.
    `stated` is the requirement word for word, which the payment repeats.
    """

    network: str
    asset: str
    amount: int
    pay_to: str
    timeout: int
    extra: Mapping[str, Any]
    stated: Mapping[str, Any] = field(repr=False)


class PayingWallet(Wallet, Protocol):
    """A wallet that can pay in USDC: on which networks (as services name them), and with which token."""

    @property
    def networks(self) -> frozenset[str]: ...

    @property
    def usdc(self) -> str: ...

    def authorize(self, requirement: Requirement, at: int, blockhash: str | None) -> dict[str, Any]:
        """The signed payload of a payment. `at` is Unix seconds; `blockhash` a recent one, which Solana needs."""
        ...
