"""An Ethereum wallet on Base: EIP-191 for texts, EIP-712 for payments (`eth-account`)."""

from __future__ import annotations

import os
from typing import Any

from onellm.config import Secret
from onellm.errors import ConfigurationError
from onellm.extras import Extra
from onellm_providers.venice.wallet.types import BASE, PaymentRefusedError, Requirement

USDC_ON_BASE = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
"""The contract of USDC on Base (Circle's list of contracts)."""

CLOCKS = 600
"""Seconds by which a payment's beginning lies in the past, since clocks differ."""

TRANSFER = {
    "TransferWithAuthorization": [
        {"name": "from", "type": "address"},
        {"name": "to", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "validAfter", "type": "uint256"},
        {"name": "validBefore", "type": "uint256"},
        {"name": "nonce", "type": "bytes32"},
    ]
}
"""The message of EIP-3009, as EIP-712 wants it described."""


class EthereumWallet:
    """A wallet from its private key (64 hex digits). The key is never shown, and a wallet is never pickled.

    Raises ConfigurationError where the key is none, or the extra `wallet` is missing.
    """

    account = "Ethereum"
    chain_id = BASE
    signature_type = None
    networks = frozenset({"eip155:8453", "base"})
    usdc = USDC_ON_BASE

    def __init__(self, key: str | Secret) -> None:
        self._secret = key if isinstance(key, Secret) else Secret(key, "wallet key")
        del key
        self.address = address_of(self._secret) or ""
        if not self.address:
            raise ConfigurationError("The wallet key is no Ethereum private key: it must be 64 hex digits.")

    def __repr__(self) -> str:
        return f"EthereumWallet({self.address})"

    def sign(self, message: str) -> str:
        """EIP-191, as hex with 0x."""
        with Extra("wallet"):
            from eth_account import Account
            from eth_account.messages import encode_defunct
        signed = Account.sign_message(encode_defunct(text=message), self._secret.reveal())
        return "0x" + bytes(signed.signature).hex()

    def authorize(self, requirement: Requirement, at: int, blockhash: str | None = None) -> dict[str, Any]:
        """A transfer of USDC that the receiver may carry out once, for as long as the requirement says."""
        with Extra("wallet"):
            from eth_account import Account
            from eth_utils.address import is_address, to_checksum_address
        if not is_address(requirement.pay_to):
            raise PaymentRefusedError("The payment is for no Ethereum address.")
        message: dict[str, Any] = {
            "from": self.address,
            "to": to_checksum_address(requirement.pay_to),
            "value": requirement.amount,
            "validAfter": at - CLOCKS,
            "validBefore": at + requirement.timeout,
            "nonce": os.urandom(32),
        }
        domain = {
            "name": str(requirement.extra.get("name", "USD Coin")),
            "version": str(requirement.extra.get("version", "2")),
            "chainId": BASE,
            "verifyingContract": USDC_ON_BASE,
        }
        signed = Account.sign_typed_data(self._secret.reveal(), domain, TRANSFER, message)
        said = {name: value if isinstance(value, str) else str(value) for name, value in message.items()}
        said["nonce"] = "0x" + message["nonce"].hex()
        return {"signature": "0x" + bytes(signed.signature).hex(), "authorization": said}


def address_of(secret: Secret) -> str | None:
    """The address of a private key, with its checksum; None where it is no key."""
    with Extra("wallet"):
        from eth_account import Account
    try:
        return str(Account.from_key(secret.reveal()).address)
    except Exception:  # noqa: BLE001 - whatever the library raises may quote the key
        return None
