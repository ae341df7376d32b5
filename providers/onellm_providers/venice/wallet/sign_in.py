"""Signing in with a wallet: a header for each request, and for each attempt of one.

Venice's wallet tutorial and OpenAPI file (`SIGN-IN-WITH-X`): a nonce counts once, and the service accepts five minutes.
"""

from __future__ import annotations

import base64
import datetime
import json
import os
from collections.abc import Generator
from typing import Any

from onellm.call import Reply, Request
from onellm_providers.venice.wallet.types import Wallet

HEADER = "SIGN-IN-WITH-X"
DOMAIN = "api.venice.ai"
STATEMENT = "Sign in to Venice AI"
LIFETIME = datetime.timedelta(minutes=4)


def sign_in_message(wallet: Wallet, nonce: str, at: datetime.datetime) -> str:
    """The text that signs in, valid for four minutes (EIP-4361, and its like for Solana)."""
    return (
        f"{DOMAIN} wants you to sign in with your {wallet.account} account:\n{wallet.address}\n\n{STATEMENT}\n\n"
        f"URI: https://{DOMAIN}\nVersion: 1\nChain ID: {wallet.chain_id}\nNonce: {nonce}\n"
        f"Issued At: {_iso(at)}\nExpiration Time: {_iso(at + LIFETIME)}"
    )


def sign_in_headers(wallet: Wallet, *, nonce: str | None = None, at: datetime.datetime | None = None) -> dict[str, str]:
    """The header of one request, with a fresh nonce (16 hex digits) and the time of this moment unless told."""
    nonce = os.urandom(8).hex() if nonce is None else nonce
    at = datetime.datetime.now(datetime.UTC) if at is None else at
    message = sign_in_message(wallet, nonce, at)
    fields: dict[str, Any] = {
        "address": wallet.address,
        "message": message,
        "signature": wallet.sign(message),
        "timestamp": int(at.timestamp() * 1000),
        "chainId": wallet.chain_id,
    }
    if wallet.signature_type is not None:
        fields["type"] = wallet.signature_type
    return {HEADER: base64.b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode()}


class SignIn:
    """Signs requests in with a wallet, anew for each attempt; a 401 is answered by signing once more."""

    def __init__(self, wallet: Wallet) -> None:
        self.wallet = wallet

    def __repr__(self) -> str:
        return f"SignIn({self.wallet.address})"

    def flow(self, request: Request) -> Generator[Request, Reply, None]:
        plain = list(request.headers)
        request.headers = [*plain, *sign_in_headers(self.wallet).items()]
        reply = yield request
        if reply.status == 401:
            again = Request(
                request.method, request.url, [*plain, *sign_in_headers(self.wallet).items()], request.content
            )
            yield again


def _iso(at: datetime.datetime) -> str:
    """UTC with milliseconds and Z."""
    return at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
