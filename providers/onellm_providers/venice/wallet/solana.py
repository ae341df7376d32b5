"""A Solana wallet: Ed25519 for texts and for payments (`solders`)."""

from __future__ import annotations

import base64
import contextlib
import os
from typing import TYPE_CHECKING, Any

from onellm.config import Secret
from onellm.errors import ConfigurationError
from onellm.extras import Extra
from onellm_providers.venice.wallet.types import SOLANA, PaymentRefusedError, Requirement

if TYPE_CHECKING:
    from solders.instruction import Instruction
    from solders.keypair import Keypair
    from solders.pubkey import Pubkey

USDC_ON_SOLANA = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
"""The mint of USDC on Solana (Circle's list of contracts); it has 6 decimals and belongs to the SPL Token program."""
DECIMALS = 6
TRANSFER_CHECKED = 12

TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"  # noqa: S105 - a public program
ACCOUNT_PROGRAM = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"
MEMO_PROGRAM = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"

UNITS = 60_000
UNIT_PRICE = 1
"""Limit of compute units, and micro-lamports for each: x402's scheme for Solana asks for both instructions."""

MEMO_LIMIT = 256


class SolanaWallet:
    """A wallet from its secret key in base58 (64 bytes, as wallets export it, or the seed of 32).

    The key is never shown, and a wallet is never pickled. Raises ConfigurationError where the key is none, or the extra
    `wallet` is missing.
    """

    account = "Solana"
    chain_id = SOLANA
    signature_type = "ed25519"
    networks = frozenset({SOLANA, "solana"})
    usdc = USDC_ON_SOLANA

    def __init__(self, key: str | Secret) -> None:
        self._secret = key if isinstance(key, Secret) else Secret(key, "wallet key")
        del key
        pair = _pair(self._secret)
        self.address = str(pair.pubkey()) if pair is not None else ""
        if not self.address:
            raise ConfigurationError("The wallet key is no Solana secret key: it must be 64 or 32 bytes in base58.")

    def __repr__(self) -> str:
        return f"SolanaWallet({self.address})"

    def sign(self, message: str) -> str:
        """Ed25519, in base58."""
        return str(self._keys().sign_message(message.encode()))

    def authorize(self, requirement: Requirement, at: int, blockhash: str | None = None) -> dict[str, Any]:
        """A transfer of USDC, signed here; the fee payer that the requirement names signs and sends it."""
        from solders.hash import Hash
        from solders.message import MessageV0, to_bytes_versioned
        from solders.signature import Signature
        from solders.transaction import VersionedTransaction

        if blockhash is None:
            raise PaymentRefusedError("A payment on Solana needs a recent blockhash.")
        pair = self._keys()
        payer = _public(requirement.extra.get("feePayer"), "fee payer")
        if payer == pair.pubkey():
            raise PaymentRefusedError("The payment names this wallet as the payer of its fees.")
        instructions = [*_budget(), self._transfer(requirement), _memo(requirement)]
        message = MessageV0.try_compile(payer, instructions, [], Hash.from_string(blockhash))
        signature = pair.sign_message(to_bytes_versioned(message))
        signers = message.account_keys[: message.header.num_required_signatures]
        signatures = [signature if key == pair.pubkey() else Signature.default() for key in signers]
        transaction = VersionedTransaction.populate(message, signatures)
        return {"transaction": base64.b64encode(bytes(transaction)).decode()}

    def _transfer(self, requirement: Requirement) -> Instruction:
        from solders.instruction import AccountMeta, Instruction
        from solders.pubkey import Pubkey

        owner, mint = Pubkey.from_string(self.address), Pubkey.from_string(USDC_ON_SOLANA)
        receiver = _public(requirement.pay_to, "receiver")
        data = bytes([TRANSFER_CHECKED]) + requirement.amount.to_bytes(8, "little") + bytes([DECIMALS])
        accounts = [
            AccountMeta(token_account(owner, mint), is_signer=False, is_writable=True),
            AccountMeta(mint, is_signer=False, is_writable=False),
            AccountMeta(token_account(receiver, mint), is_signer=False, is_writable=True),
            AccountMeta(owner, is_signer=True, is_writable=False),
        ]
        return Instruction(Pubkey.from_string(TOKEN_PROGRAM), data, accounts)

    def _keys(self) -> Keypair:
        pair = _pair(self._secret)
        assert pair is not None, "checked when the wallet was made"  # noqa: S101
        return pair


def token_account(owner: Pubkey, mint: Pubkey) -> Pubkey:
    """The account in which an owner holds a token."""
    from solders.pubkey import Pubkey

    program = Pubkey.from_string(ACCOUNT_PROGRAM)
    seeds = [bytes(owner), bytes(Pubkey.from_string(TOKEN_PROGRAM)), bytes(mint)]
    return Pubkey.find_program_address(seeds, program)[0]


def _budget() -> list[Instruction]:
    from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price

    return [set_compute_unit_limit(UNITS), set_compute_unit_price(UNIT_PRICE)]


def _memo(requirement: Requirement) -> Instruction:
    """The memo that was asked for, else one that makes the transaction unlike any other."""
    from solders.instruction import Instruction
    from solders.pubkey import Pubkey

    memo = str(requirement.extra.get("memo") or os.urandom(16).hex()).encode()
    if len(memo) > MEMO_LIMIT:
        raise PaymentRefusedError(f"The payment asks for a memo of {len(memo)} bytes.")
    return Instruction(Pubkey.from_string(MEMO_PROGRAM), memo, [])


def _public(value: object, what: str) -> Pubkey:
    from solders.pubkey import Pubkey

    try:
        return Pubkey.from_string(str(value))
    except ValueError:
        raise PaymentRefusedError(f"The payment's {what} is no Solana address.") from None


def _pair(secret: Secret) -> Keypair | None:
    """The key pair of a secret key; None where it is none."""
    with Extra("wallet"):
        from solders.keypair import Keypair
        from solders.pubkey import Pubkey
        from solders.signature import Signature
    # The library reads base58 only as something of a fixed length: a signature has 64 bytes, an address 32.
    with contextlib.suppress(ValueError):
        return Keypair.from_bytes(bytes(Signature.from_string(secret.reveal())))
    with contextlib.suppress(ValueError):
        return Keypair.from_seed(bytes(Pubkey.from_string(secret.reveal())))
    return None
