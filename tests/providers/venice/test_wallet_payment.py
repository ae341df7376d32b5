"""Topping up under x402: what is signed, what is refused before it is signed, and that nothing is paid twice."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from onellm_providers.venice.simulator import x402
from onellm_providers.venice.wallet import EthereumWallet, PaymentRefusedError, SolanaWallet, payment_header, top_up
from onellm_providers.venice.wallet.ethereum import TRANSFER
from onellm_providers.venice.wallet.flows import SOLANA_RPC, latest_blockhash
from onellm_providers.venice.wallet.payment import HEADER, accepts_in
from onellm_providers.venice.wallet.solana import USDC_ON_SOLANA, token_account
from solders.keypair import Keypair
from solders.message import to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from onellm import BadResponseError, OneLLMError, UnknownOutcomeError
from onellm.call import Call, Effect, Reply
from onellm.errors import APIError
from onellm.extras import Extra
from onellm.testing import Simulator, faults
from tests.providers.venice_schema import document
from tests.support import Caller, End, serve, whole
from tests.wire import both

with Extra("wallet"):  # which keeps the recursion limit
    from eth_account import Account
    from eth_account.messages import encode_typed_data

ETHEREUM = EthereumWallet("11" * 32)
SOLANA = SolanaWallet(str(Keypair.from_seed(bytes(range(32)))))
BLOCKHASH = "EkSnNWid2cvwEVnVx9aBqawnmiCNiDgp3gUdkDPTKN1N"
NOW = 1_790_000_000
BASE, ON_SOLANA = x402.requirements()


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def opened(header: Mapping[str, str]) -> dict[str, Any]:
    assert list(header) == ["PAYMENT-SIGNATURE"]
    value: dict[str, Any] = json.loads(base64.b64decode(header[HEADER]))
    return value


def asked(which: Mapping[str, Any] = BASE, **other: Any) -> dict[str, Any]:
    """A requirement with other fields; None takes one away."""
    return {name: value for name, value in {**copy.deepcopy(which), **other}.items() if value is not None}


# -- Base --------------------------------------------------------------------------------------------------------------


def test_a_payment_on_base_is_a_transfer_that_the_receiver_may_carry_out_once() -> None:
    payment = opened(payment_header([ON_SOLANA, BASE], ETHEREUM, "5", at=NOW))
    assert payment["x402Version"] == 2
    assert payment["accepted"] == BASE, "word for word"
    said = payment["payload"]["authorization"]
    assert {name: value for name, value in said.items() if name != "nonce"} == {
        "from": ETHEREUM.address, "to": BASE["payTo"], "value": "5000000",
        "validAfter": str(NOW - 600), "validBefore": str(NOW + 300),
    }  # fmt: skip
    assert len(bytes.fromhex(said["nonce"][2:])) == 32
    message = {**said, **{name: int(said[name]) for name in ("value", "validAfter", "validBefore")}}
    message["nonce"] = bytes.fromhex(said["nonce"][2:])
    domain = {"name": "USD Coin", "version": "2", "chainId": 8453, "verifyingContract": BASE["asset"]}
    signable = encode_typed_data(domain, TRANSFER, message)
    assert Account.recover_message(signable, signature=payment["payload"]["signature"]) == ETHEREUM.address


def test_no_two_payments_are_the_same() -> None:
    first, second = (opened(payment_header([BASE], ETHEREUM, 5, at=NOW)) for _ in range(2))
    assert first["payload"]["authorization"]["nonce"] != second["payload"]["authorization"]["nonce"]


@pytest.mark.parametrize("network", ["eip155:8453", "base"])
def test_both_names_of_base_are_known_and_repeated(network: str) -> None:
    entry = asked(network=network)
    assert opened(payment_header([entry], ETHEREUM, 5))["accepted"]["network"] == network


def test_a_payment_lives_ten_minutes_at_most() -> None:
    said = opened(payment_header([asked(maxTimeoutSeconds=86_400)], ETHEREUM, 5, at=NOW))["payload"]["authorization"]
    assert said["validBefore"] == str(NOW + 600)


# -- Solana ------------------------------------------------------------------------------------------------------------


def test_a_payment_on_solana_transfers_usdc_at_the_fee_payers_cost() -> None:
    payment = opened(payment_header([BASE, ON_SOLANA], SOLANA, Decimal(5), blockhash=BLOCKHASH))
    assert payment["accepted"] == ON_SOLANA
    transaction = VersionedTransaction.from_bytes(base64.b64decode(payment["payload"]["transaction"]))
    message, keys = transaction.message, transaction.message.account_keys
    assert str(message.recent_blockhash) == BLOCKHASH
    assert [str(keys[each.program_id_index]) for each in message.instructions] == [
        "ComputeBudget111111111111111111111111111111", "ComputeBudget111111111111111111111111111111",
        "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",
    ]  # fmt: skip
    limit, price, transfer, memo = message.instructions
    assert bytes(limit.data)[0] == 2
    assert bytes(price.data)[0] == 3
    assert bytes(transfer.data) == bytes([12]) + (5_000_000).to_bytes(8, "little") + bytes([6])
    owner, mint, receiver = (Pubkey.from_string(each) for each in (SOLANA.address, USDC_ON_SOLANA, ON_SOLANA["payTo"]))
    accounts = [token_account(owner, mint), mint, token_account(receiver, mint), owner]
    assert [keys[place] for place in transfer.accounts] == accounts
    assert len(bytes(memo.data)) == 32
    assert message.header.num_required_signatures == 2
    assert str(keys[0]) == ON_SOLANA["extra"]["feePayer"]
    assert transaction.signatures[0] == Signature.default(), "the fee payer signs later"
    assert transaction.signatures[1].verify(owner, to_bytes_versioned(message))


def test_the_token_account_is_the_one_that_the_library_derives() -> None:
    from solders.token.associated import get_associated_token_address

    owner, mint = Pubkey.from_string(SOLANA.address), Pubkey.from_string(USDC_ON_SOLANA)
    assert token_account(owner, mint) == get_associated_token_address(owner, mint)


def test_the_memo_that_is_asked_for() -> None:
    extra = {**ON_SOLANA["extra"], "memo": "order 7"}
    payment = opened(payment_header([asked(ON_SOLANA, extra=extra)], SOLANA, 5, blockhash=BLOCKHASH))
    transaction = VersionedTransaction.from_bytes(base64.b64decode(payment["payload"]["transaction"]))
    assert bytes(transaction.message.instructions[3].data) == b"order 7"


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"feePayer": None}, "fee payer"),
        ({"feePayer": "nobody"}, "fee payer"),
        ({"feePayer": SOLANA.address}, "payer of its fees"),
        ({"memo": "x" * 257}, "memo"),
    ],
)
def test_what_is_not_signed_on_solana(extra: dict[str, Any], said: str) -> None:
    entry = asked(ON_SOLANA, extra={**ON_SOLANA["extra"], **extra})
    with pytest.raises(PaymentRefusedError, match=said):
        payment_header([entry], SOLANA, 5, blockhash=BLOCKHASH)


def test_a_receiver_that_is_no_address() -> None:
    with pytest.raises(PaymentRefusedError, match="receiver"):
        payment_header([asked(ON_SOLANA, payTo="me")], SOLANA, 5, blockhash=BLOCKHASH)
    with pytest.raises(PaymentRefusedError, match="no Ethereum address"):
        payment_header([asked(payTo="me")], ETHEREUM, 5)
    with pytest.raises(PaymentRefusedError, match="blockhash"):
        payment_header([ON_SOLANA], SOLANA, 5)


# -- what the caller allows --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (asked(amount="5000001"), r"asks for 5\.000001 USD; 5 USD"),
        (asked(amount="0"), "exact amount"),
        (asked(amount="-5"), "exact amount"),
        (asked(amount="5.0"), "exact amount"),
        (asked(amount=5_000_000), "exact amount"),
        (asked(amount=None), "exact amount"),
        (asked(scheme="upto"), "exact amount"),
        (asked(maxTimeoutSeconds=None), "how long"),
        (asked(maxTimeoutSeconds=0), "how long"),
        (asked(asset="0x0000000000000000000000000000000000000001"), "not in USDC"),
        (asked(network="eip155:1"), "eip155:1"),
        (asked(network=None), "No payment"),
        ("text", "No payment"),
    ],
)
def test_what_exceeds_the_caller_s_word_is_not_signed(entry: Any, said: str) -> None:
    with pytest.raises(PaymentRefusedError, match=said) as caught:
        payment_header([entry], ETHEREUM, "5")
    assert caught.value.status is None


def test_nothing_asked_for_is_nothing_paid() -> None:
    with pytest.raises(PaymentRefusedError, match="none"):
        payment_header([], ETHEREUM, 5)
    with pytest.raises(PaymentRefusedError, match="version 1"):
        accepts_in({"x402Version": 1, "accepts": [BASE]})


@pytest.mark.parametrize("cap", [0, -1, 5.0, "much", "NaN", "Infinity", None, "", Decimal(-1)])
def test_the_cap_is_a_number_above_zero(cap: Any) -> None:
    with pytest.raises(PaymentRefusedError, match="cap"):
        payment_header([BASE], ETHEREUM, cap)


@pytest.mark.parametrize("cap", [5, "5.0", Decimal("5.000000"), 100])
def test_a_cap_that_suffices(cap: Any) -> None:
    assert payment_header([BASE], ETHEREUM, cap)


def test_the_only_receiver() -> None:
    assert payment_header([BASE], ETHEREUM, 5, pay_to=BASE["payTo"].lower()), "case is only a checksum there"
    with pytest.raises(PaymentRefusedError, match="not for"):
        payment_header([BASE], ETHEREUM, 5, pay_to=ETHEREUM.address)
    assert payment_header([ON_SOLANA], SOLANA, 5, pay_to=ON_SOLANA["payTo"], blockhash=BLOCKHASH)
    with pytest.raises(PaymentRefusedError, match="not for"):
        payment_header([ON_SOLANA], SOLANA, 5, pay_to=ON_SOLANA["payTo"].swapcase(), blockhash=BLOCKHASH)


# -- the two steps -----------------------------------------------------------------------------------------------------


def refusal(reply: Reply) -> APIError:
    try:
        body = json.loads(reply.body)
    except ValueError:
        body = None
    return APIError(f"refused: {body}", status=reply.status, body=body)


def call(url: str, headers: Mapping[str, str] | None = None) -> Call[dict[str, Any]]:
    """POST /x402/top-up, as a resource makes it."""
    return Call(
        method="POST",
        url=f"{url}/x402/top-up",
        headers=headers,
        effect=Effect.READ if headers is None else Effect.PURCHASE,
        parse=lambda reply: json.loads(reply.body)["data"],
        error=refusal,
    )


def topping_up(url: str, wallet: Any = ETHEREUM, cap: Any = 10, **how: Any) -> Callable[[], Any]:
    return lambda: top_up(call(url), lambda headers: call(url, headers), wallet, cap, **how)


@both
def test_a_top_up_on_base(caller: Caller, sim: Simulator, shared: Path) -> None:
    url = sim.environ["VENICE_BASE_URL"]
    credited = caller.run(topping_up(url))
    assert (credited["walletAddress"], credited["amountCredited"]) == (ETHEREUM.address, 5.0)
    first, second = sim.requests
    assert "payment-signature" not in first.headers
    assert "payment-signature" in second.headers
    assert not {"authorization", "sign-in-with-x"} & set(second.headers)
    operation = document(shared)["paths"]["/x402/top-up"]["post"]
    assert "PAYMENT-SIGNATURE" in [each["name"] for each in operation["parameters"]]


@both
def test_a_top_up_on_solana_asks_for_a_blockhash(caller: Caller, sim: Simulator) -> None:
    rpc = {"jsonrpc": "2.0", "id": 1, "result": {"context": {}, "value": {"blockhash": BLOCKHASH}}}
    with serve(whole(rpc)) as server:
        credited = caller.run(topping_up(sim.environ["VENICE_BASE_URL"], SOLANA, solana_rpc=server.url))
        (asked_for,) = server.requests
    assert credited["walletAddress"] == SOLANA.address
    assert asked_for.json["method"] == "getLatestBlockhash"
    assert "authorization" not in asked_for.headers


@both
@pytest.mark.parametrize("answer", [{"error": {"code": 1, "message": "no"}}, {"result": {"value": {}}}, []])
def test_no_blockhash_no_payment(caller: Caller, sim: Simulator, answer: Any) -> None:
    with serve(whole(answer)) as server, pytest.raises(OneLLMError):
        caller.run(topping_up(sim.environ["VENICE_BASE_URL"], SOLANA, solana_rpc=server.url))
    assert len(sim.requests) == 1
    with serve(whole({}, 400)) as server, pytest.raises(APIError, match="400"):
        caller.run(lambda: latest_blockhash(server.url))
    assert SOLANA_RPC.startswith("https://")


@both
def test_more_than_the_cap_is_never_paid(caller: Caller, sim: Simulator) -> None:
    for wallet in (ETHEREUM, SOLANA):
        with pytest.raises(PaymentRefusedError, match="may be spent"):
            caller.run(topping_up(sim.environ["VENICE_BASE_URL"], wallet, "4.99"))
    assert len(sim.requests) == 2, "the question alone; for Solana not even a blockhash"


@both
@pytest.mark.parametrize("code", [400, 402, 429, 500, 503])
def test_a_refused_payment_is_sent_once(caller: Caller, sim: Simulator, code: int) -> None:
    sim.inject(faults.status(code), times=None, skip=1)
    with pytest.raises(UnknownOutcomeError if code == 500 else APIError):
        caller.run(topping_up(sim.environ["VENICE_BASE_URL"]))
    assert len(sim.requests) == 2


@both
def test_a_payment_whose_answer_is_lost_is_not_sent_again(caller: Caller) -> None:
    question = whole({"x402Version": 2, "accepts": [BASE]}, 402)
    with serve(question, [End(reset=True)]) as server:
        with pytest.raises(UnknownOutcomeError):
            caller.run(topping_up(server.url))
        assert len(server.requests) == 2


@both
def test_the_question_may_be_asked_again(caller: Caller, sim: Simulator) -> None:
    sim.inject(faults.status(503), times=2)
    assert caller.run(topping_up(sim.environ["VENICE_BASE_URL"]))["amountCredited"] == 5.0
    assert [("payment-signature" in request.headers) for request in sim.requests] == [False, False, False, True]


@both
def test_a_service_that_asks_for_nothing_gets_nothing(caller: Caller) -> None:
    with serve(whole({"data": {}})) as server:
        with pytest.raises(PaymentRefusedError, match="no payment"):
            caller.run(topping_up(server.url))
        assert len(server.requests) == 1
    with serve(whole({"error": "x"}, 404)) as server, pytest.raises(APIError) as caught:
        caller.run(topping_up(server.url))
    assert caught.value.status == 404
    with (
        serve(whole(b"<html>", 402, content_type="text/html")) as server,
        pytest.raises((PaymentRefusedError, BadResponseError)),
    ):
        caller.run(topping_up(server.url))


# -- the simulator verifies --------------------------------------------------------------------------------------------


def paid(change: Callable[[dict[str, Any]], None], wallet: Any = ETHEREUM) -> str:
    payment = opened(payment_header([BASE, ON_SOLANA], wallet, 5, blockhash=BLOCKHASH))
    change(payment)
    return base64.b64encode(json.dumps(payment).encode()).decode()


def authorize(**other: str) -> Callable[[dict[str, Any]], None]:
    return lambda payment: payment["payload"]["authorization"].update(other)


@pytest.mark.parametrize(
    "header",
    [
        "no base64",
        base64.b64encode(b"{}").decode(),
        paid(lambda payment: payment.update(x402Version=1)),
        paid(lambda payment: payment["accepted"].update(amount="1")),
        paid(authorize(value="1")),
        paid(authorize(to=ETHEREUM.address)),
        paid(authorize(validBefore="1")),
        paid(authorize(nonce="0x" + "00" * 32)),
        paid(lambda payment: payment["payload"].update(signature="0x" + "00" * 65)),
        paid(lambda payment: payment["payload"].update(transaction="AAAA"), SOLANA),
        paid(lambda payment: payment.update(payload={}), SOLANA),
    ],
)
@pytest.mark.parametrize("name", ["PAYMENT-SIGNATURE", "X-402-Payment"])
def test_a_payment_that_is_none_is_refused(sim: Simulator, header: str, name: str) -> None:
    with pytest.raises(APIError) as caught:
        Caller("sync").run(lambda: call(sim.environ["VENICE_BASE_URL"], {name: header}))
    assert (caught.value.status, caught.value.body["error"]) == (400, "X402_INVALID_PAYMENT")


@pytest.mark.parametrize("what", ["amount", "receiver", "signature", "fee payer", "memo"])
def test_another_transaction_on_solana_is_refused(sim: Simulator, what: str) -> None:
    from solders.message import MessageV0

    other = {
        "amount": asked(ON_SOLANA, amount="1"),
        "receiver": asked(ON_SOLANA, payTo=SOLANA.address),
        "fee payer": asked(ON_SOLANA, extra={"feePayer": str(Keypair().pubkey())}),
    }.get(what, ON_SOLANA)
    payment = opened(payment_header([other], SOLANA, 5, blockhash=BLOCKHASH))
    payment["accepted"] = ON_SOLANA
    transaction = VersionedTransaction.from_bytes(base64.b64decode(payment["payload"]["transaction"]))
    if what == "signature":
        transaction = VersionedTransaction.populate(transaction.message, [Signature.default()] * 2)
    elif what == "memo":
        message = transaction.message
        assert isinstance(message, MessageV0)
        shorter = MessageV0(
            message.header, message.account_keys, message.recent_blockhash, message.instructions[:3], []
        )
        transaction = VersionedTransaction.populate(shorter, transaction.signatures)
    payment["payload"]["transaction"] = base64.b64encode(bytes(transaction)).decode()
    header = base64.b64encode(json.dumps(payment).encode()).decode()
    with pytest.raises(APIError):
        Caller("sync").run(lambda: call(sim.environ["VENICE_BASE_URL"], {HEADER: header}))
