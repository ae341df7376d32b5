"""Prepaid credit of wallets at the simulated Venice: top-ups, balances, transactions.

Venice OpenAPI file of 2026-08-21. The libraries of the extra `wallet` are loaded when a payment comes.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from onellm.extras import Extra
from onellm.testing.simulator.values import Answer, Route, ServiceError, SimReply, SimRequest, dump
from onellm_providers.venice.simulator.wallets import signed_in

SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
RECEIVER = "0x2670B922ef37C7Df47158725C0CC407b5382293F"
SOLANA_RECEIVER = "8qUL23aSj7mDWdoLMXGHFvnVCT9wd7jXcysiekroADEL"
FEE_PAYER = "BFK9TLC3edb13K6v4YyH3DwPb5DSUpkWvb7XnqCL9b4F"
MINIMUM = "5000000"

_ADDRESS = re.compile(r"0x[a-fA-F0-9]{40}|[1-9A-HJ-NP-Za-km-z]{32,44}")


def routes() -> tuple[Route, ...]:
    """POST /x402/top-up, GET /x402/balance and /x402/transactions."""
    return (
        Route("POST", "/x402/top-up", _top_up),
        Route("GET", "/x402/balance/{walletAddress}", _balance),
        Route("GET", "/x402/transactions/{walletAddress}", _transactions),
    )


def requirements() -> list[dict[str, Any]]:
    """What a top-up may be paid with."""
    usdc = {"name": "USD Coin", "version": "2"}
    return [
        {
            "scheme": "exact", "network": "eip155:8453", "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
            "amount": MINIMUM, "payTo": RECEIVER, "maxTimeoutSeconds": 300, "extra": usdc,
        },
        {
            "scheme": "exact", "network": SOLANA, "asset": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
            "amount": MINIMUM, "payTo": SOLANA_RECEIVER, "maxTimeoutSeconds": 300,
            "extra": {**usdc, "feePayer": FEE_PAYER},
        },
    ]  # fmt: skip


def _top_up(request: SimRequest) -> Answer:
    """Without a payment, what is to be paid; with one, the credit for it."""
    names = ("payment-signature", "x-402-payment", "x-payment")
    header = next((request.headers[name] for name in names if name in request.headers), None)
    if header is None:
        asked = {"x402Version": 2, "accepts": requirements()}
        return SimReply.json(asked, 402, {"PAYMENT-REQUIRED": base64.b64encode(dump(asked)).decode()})
    try:
        payment = json.loads(base64.b64decode(header, validate=True))
        accepted = payment["accepted"]
        if payment["x402Version"] != 2 or accepted not in requirements():
            return _refused("The payment does not match a requirement")
        check = _evm_payer if accepted["network"].startswith("eip155:") else _solana_payer
        payer = check(payment["payload"], accepted)
    except (ValueError, KeyError, TypeError, binascii.Error):
        return _refused("Invalid payment header")
    if payer is None:
        return _refused("Invalid payment signature")
    settled = {"success": True, "network": accepted["network"], "payer": payer, "transaction": "0x" + "11" * 32}
    amount = int(accepted["amount"]) / 1_000_000
    data = {"walletAddress": payer, "amountCredited": amount, "newBalance": amount, "paymentId": "payment_sim_1"}
    headers = {"PAYMENT-RESPONSE": base64.b64encode(dump(settled)).decode()}
    return SimReply.json({"success": True, "data": data}, headers=headers)


def _refused(message: str) -> SimReply:
    return SimReply.json({"error": "X402_INVALID_PAYMENT", "message": message}, 400)


def _evm_payer(payload: Mapping[str, Any], accepted: Mapping[str, Any]) -> str | None:
    """Who signed the transfer, if it is the one that was asked for and may be carried out now."""
    with Extra("wallet"):
        from eth_account import Account
        from eth_account.messages import encode_typed_data
        from eth_keys.exceptions import BadSignature
        from eth_utils.exceptions import ValidationError
    from onellm_providers.venice.wallet.ethereum import TRANSFER

    said = payload["authorization"]
    if said["to"].lower() != accepted["payTo"].lower() or said["value"] != accepted["amount"]:
        return None
    if not int(said["validAfter"]) < time.time() < int(said["validBefore"]):
        return None
    numbers = {name: int(said[name]) for name in ("value", "validAfter", "validBefore")}
    message = {**said, **numbers, "nonce": bytes.fromhex(said["nonce"][2:])}
    domain = {**accepted["extra"], "chainId": 8453, "verifyingContract": accepted["asset"]}
    try:
        signer = Account.recover_message(encode_typed_data(domain, TRANSFER, message), signature=payload["signature"])
    except (BadSignature, ValidationError):
        return None
    return str(signer) if signer.lower() == said["from"].lower() else None


def _solana_payer(payload: Mapping[str, Any], accepted: Mapping[str, Any]) -> str | None:
    """Who signed the transaction, if it transfers what was asked for at the fee payer's cost."""
    with Extra("wallet"):
        from solders.message import to_bytes_versioned
        from solders.pubkey import Pubkey
        from solders.transaction import VersionedTransaction
    from onellm_providers.venice.wallet.solana import token_account

    transaction = VersionedTransaction.from_bytes(base64.b64decode(payload["transaction"]))
    message, keys = transaction.message, transaction.message.account_keys
    if str(keys[0]) != accepted["extra"]["feePayer"] or len(message.instructions) != 4:
        return None
    transfer = message.instructions[2]
    mint = Pubkey.from_string(accepted["asset"])
    source, token, target, owner = (keys[place] for place in transfer.accounts)
    wanted = bytes([12]) + int(accepted["amount"]).to_bytes(8, "little") + bytes([6])
    receiver = token_account(Pubkey.from_string(accepted["payTo"]), mint)
    if bytes(transfer.data) != wanted or (source, token, target) != (token_account(owner, mint), mint, receiver):
        return None
    signature = transaction.signatures[keys.index(owner)]
    return str(owner) if signature.verify(owner, to_bytes_versioned(message)) else None


def _own_wallet(request: SimRequest) -> str:
    """The wallet of the path, if the request is signed in with it."""
    address = request.params["walletAddress"]
    if not _ADDRESS.fullmatch(address):
        raise ServiceError(400, "Invalid wallet address")
    signer = signed_in(request)
    if not signer:
        raise ServiceError(401, "Missing Sign-in-with-x authentication")
    same = signer.lower() == address.lower() if address.startswith("0x") else signer == address
    if not same:
        raise ServiceError(403, "Wallet address does not match", code="X402_WALLET_MISMATCH")
    return address


def _balance(request: SimRequest) -> Answer:
    address = _own_wallet(request)
    data = {
        "walletAddress": address, "balanceUsd": 5.0, "canConsume": True, "minimumTopUpUsd": 5.0,
        "suggestedTopUpUsd": 10.0, "diemBalanceUsd": 0.0,
    }  # fmt: skip
    return SimReply.json({"success": True, "data": data})


def _transactions(request: SimRequest) -> Answer:
    address = _own_wallet(request)
    try:
        limit, offset = int(request.query.get("limit", "50")), int(request.query.get("offset", "0"))
    except ValueError as error:
        raise ServiceError(400, "limit and offset must be integers") from error
    if not 1 <= limit <= 100 or offset < 0:
        raise ServiceError(400, "limit must be 1 to 100, offset at least 0")
    listed = [_transaction(number) for number in range(3)]
    data = {
        "walletAddress": address, "currentBalance": 5.0, "transactions": listed[offset : offset + limit],
        "pagination": {"limit": limit, "offset": offset, "hasMore": offset + limit < len(listed)},
    }  # fmt: skip
    return SimReply.json({"success": True, "data": data})


def _transaction(number: int) -> dict[str, Any]:
    kind = "TOP_UP" if number == 2 else "CHARGE"
    return {
        "id": f"sim-transaction-{number}", "amount": 5.02 if number == 2 else -0.01, "balanceAfter": 5.0 + number / 100,
        "type": kind, "createdAt": f"2026-08-2{3 - number}T10:00:00.000Z", "requestId": f"sim-request-{number}",
        "modelId": "zai-org-glm-5",
    }  # fmt: skip
