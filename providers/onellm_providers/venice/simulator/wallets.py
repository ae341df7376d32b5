"""Wallets at the simulated Venice: sign-in headers and keys for wallets; every signature is verified.

Venice OpenAPI file of 2026-08-21 and its wallet tutorial. A route keeps no state, so nonces are not remembered.
The libraries of the extra `wallet` are loaded when a signature comes.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import hmac
import json
import re
import time
from typing import Any

from onellm.decode.json import table
from onellm.extras import Extra
from onellm.testing.simulator.values import Answer, Route, ServiceError, SimReply, SimRequest, dump

_MESSAGE = re.compile(
    r"api\.venice\.ai wants you to sign in with your (Ethereum|Solana) account:\n(?P<address>\S+)\n\n"
    r"Sign in to Venice (?:AI|API)\n\nURI: https://api\.venice\.ai\S*\nVersion: 1\nChain ID: (?P<chain>\S+)\n"
    r"Nonce: (?P<nonce>[0-9a-zA-Z]{8,})\nIssued At: (?P<issued>\S+)\nExpiration Time: (?P<expires>\S+)"
)
_TOKEN_KEY = b"onellm simulator: web3 tokens"
_TOKEN_LIFE = 900
_KEY_FIELDS = frozenset({
    "apiKeyType", "consumptionLimit", "limitPeriod", "modelPrivacy", "description", "expiresAt", "address", "signature",
    "token", "ipAllowlist",
})  # fmt: skip


def routes() -> tuple[Route, ...]:
    """GET and POST /api_keys/generate_web3_key."""
    return (
        Route("GET", "/api_keys/generate_web3_key", _challenge),
        Route("POST", "/api_keys/generate_web3_key", _create_key),
    )


def signed_in(request: SimRequest) -> str:
    """The address that the request's sign-in header proves; empty where there is no such header.

    Raises ServiceError where the header proves nothing, and where a key comes with it.
    """
    header = request.headers.get("sign-in-with-x") or request.headers.get("x-sign-in-with-x")
    if not header:
        return ""
    if request.bearer:
        raise ServiceError(400, "Send either an API key or a wallet's sign-in, not both")
    fields = _decode(header)
    text = fields.get("message")
    found = _MESSAGE.fullmatch(text) if isinstance(text, str) else None
    if found is None or fields.get("address") != found["address"] or str(fields.get("chainId")) != found["chain"]:
        raise ServiceError(401, "Invalid sign-in message", code="X402_INVALID_SIGN_IN")
    issued, expires = (datetime.datetime.fromisoformat(found[name]).timestamp() for name in ("issued", "expires"))
    if not issued - 60 <= time.time() <= expires or expires - issued > 600:
        raise ServiceError(401, "Sign-in message has expired", code="X402_INVALID_SIGN_IN")
    solana = fields.get("type") == "ed25519"
    if not (_is_ed25519 if solana else _is_eip191)(found["address"], str(text), str(fields.get("signature"))):
        raise ServiceError(401, "Invalid sign-in signature", code="X402_INVALID_SIGN_IN")
    return found["address"]


def _decode(header: str) -> dict[str, Any]:
    try:
        return table(json.loads(base64.b64decode(header, validate=True)))
    except (ValueError, binascii.Error) as error:
        raise ServiceError(401, "Invalid sign-in header", code="X402_INVALID_SIGN_IN") from error


def _is_eip191(address: str, text: str, signature: str) -> bool:
    with Extra("wallet"):
        from eth_account import Account
        from eth_account.messages import encode_defunct
        from eth_keys.exceptions import BadSignature
        from eth_utils.exceptions import ValidationError
    try:
        return bool(Account.recover_message(encode_defunct(text=text), signature=signature).lower() == address.lower())
    except (ValueError, BadSignature, ValidationError):
        return False


def _is_ed25519(address: str, text: str, signature: str) -> bool:
    with Extra("wallet"):
        from solders.pubkey import Pubkey
        from solders.signature import Signature
    try:
        return Signature.from_string(signature).verify(Pubkey.from_string(address), text.encode())
    except ValueError:
        return False


def _challenge(request: SimRequest) -> Answer:
    """A token (JWT) that is good for fifteen minutes."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": "web3", "exp": int(time.time()) + _TOKEN_LIFE}]
    signed = ".".join(_base64url(dump(part)) for part in parts)
    return SimReply.json({"success": True, "data": {"token": f"{signed}.{_mac(signed)}"}})


def _create_key(request: SimRequest) -> Answer:
    """A key for the wallet that signed the token."""
    try:
        body = table(request.json())
    except ValueError as error:
        raise ServiceError(400, "The body is not valid JSON") from error
    wanted = ("address", "signature", "token", "apiKeyType")
    if any(not isinstance(body.get(name), str) for name in wanted):
        raise ServiceError(400, "Invalid request parameters")
    if unknown := sorted(set(body) - _KEY_FIELDS):
        raise ServiceError(400, f"Unrecognized key(s): {', '.join(unknown)}")
    _check_token(body["token"])
    if not _is_eip191(body["address"], body["token"], body["signature"]):
        raise ServiceError(400, "Could not verify wallet signature")
    limit = table(body.get("consumptionLimit"))
    return SimReply.json(
        {
            "success": True,
            "data": {
                "apiKey": f"VENICE_SIM_{hashlib.sha256(body['token'].encode()).hexdigest()[:32]}",
                "apiKeyType": body["apiKeyType"],
                "consumptionLimit": {name: limit.get(name) for name in ("usd", "diem", "vcu")},
                "limitPeriod": body.get("limitPeriod", "EPOCH"),
                "modelPrivacy": body.get("modelPrivacy", "ALL"),
                "description": body.get("description", "Web3 API Key"),
                "expiresAt": body.get("expiresAt", ""),
                "id": "e28e82dc-9df2-4b47-b726-d0a222ef2ab5",
            },
        }
    )


def _check_token(token: str) -> None:
    signed, _, mac = token.rpartition(".")
    if not hmac.compare_digest(_mac(signed), mac):
        raise ServiceError(400, "Invalid JWT")
    payload = signed.partition(".")[2]
    if json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"] < time.time():
        raise ServiceError(400, "JWT has expired")


def _mac(text: str) -> str:
    return _base64url(hmac.digest(_TOKEN_KEY, text.encode(), "sha256"))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
