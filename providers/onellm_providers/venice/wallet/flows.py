"""Operations of two steps: ask what is to be signed, then send it signed."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from onellm.body import JSON
from onellm.call import Call, Effect, Flow, Reply, ask
from onellm.decode.json import table
from onellm.errors import APIError, InvalidRequestError
from onellm_providers.venice.wallet.payment import USD, accepts_in, choose, payment_header
from onellm_providers.venice.wallet.types import PayingWallet, PaymentRefusedError, Wallet

T = TypeVar("T")

SOLANA_RPC = "https://api.mainnet-beta.solana.com"


def signed_challenge(wallet: Wallet, token: str) -> dict[str, str]:
    """What proves a wallet's address to `POST /api_keys/generate_web3_key`: the token, signed word for word.

    The wallet must be an Ethereum one: the service looks for staked VVV on Base.
    """
    if wallet.account != "Ethereum":
        raise InvalidRequestError("API keys are made for Ethereum wallets: the service looks for staked VVV on Base.")
    return {"address": wallet.address, "signature": wallet.sign(token), "token": token}


def generate_web3_key(challenge: Call[str], create: Callable[[dict[str, str]], Call[T]], wallet: Wallet) -> Flow[T]:
    """Ask for a token, sign it, create the key. `create` makes the call of the signed fields."""
    token = yield from ask(challenge)
    return (yield from ask(create(signed_challenge(wallet, token))))


def top_up(
    discover: Call[Any],
    pay: Callable[[Mapping[str, str]], Call[T]],
    wallet: PayingWallet,
    cap: USD,
    *,
    pay_to: str | None = None,
    solana_rpc: str = SOLANA_RPC,
) -> Flow[T]:
    """Ask what is to be paid (the service says it with a 402), then pay it, once.

    `discover` asks without a payment, `pay` makes the call with the header of one. `cap` and `pay_to` are as in
    `payment_header`. A Solana wallet needs a recent blockhash, which is asked of `solana_rpc` (any RPC server; it sees
    no key). Raises PaymentRefusedError where what is asked exceeds what is allowed, and UnknownOutcomeError where the
    payment was sent and no answer came: look up the balance before paying again.
    """
    try:
        yield from ask(discover)
    except APIError as refusal:
        if refusal.status != 402:
            raise
        accepts = accepts_in(refusal.body)
    else:
        raise PaymentRefusedError("The service asked for no payment.")
    choose(accepts, wallet, cap, pay_to=pay_to)
    blockhash = (yield from ask(latest_blockhash(solana_rpc))) if wallet.account == "Solana" else None
    call = pay(payment_header(accepts, wallet, cap, pay_to=pay_to, blockhash=blockhash))
    call.effect = Effect.PURCHASE
    call.error = functools.partial(_final, call.error)
    return (yield from ask(call))


def _final(error: Callable[[Reply], APIError], reply: Reply) -> APIError:
    """A refused payment is not sent again, whatever its status says."""
    refusal = error(reply)
    refusal.headers = {**refusal.headers, "x-should-retry": "false"}
    return refusal


def latest_blockhash(url: str) -> Call[str]:
    """A recent blockhash of Solana's main network: JSON-RPC `getLatestBlockhash`."""
    request = {"jsonrpc": "2.0", "id": 1, "method": "getLatestBlockhash", "params": [{"commitment": "finalized"}]}
    return Call(
        method="POST",
        url=url,
        body=JSON(request),
        effect=Effect.READ,
        origin=("solana", ""),
        parse=_read_blockhash,
        error=lambda reply: APIError(f"The RPC server answered {reply.status}.", status=reply.status),
    )


def _read_blockhash(reply: Reply) -> str:
    value = table(table(table(json.loads(reply.body)).get("result")).get("value")).get("blockhash")
    if not isinstance(value, str):
        raise ValueError("no blockhash")
    return value
