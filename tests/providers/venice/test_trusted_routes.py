"""The simulated Venice's routes of trusted environments and wallets: strict, and as the OpenAPI file says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from onellm_providers.venice.e2ee import Trust, attested_key, verify
from onellm_providers.venice.simulator import tee
from onellm_providers.venice.wallet import EthereumWallet, sign_in_headers, signed_challenge
from openapi_schema_validator import OAS30Validator

from onellm.body import JSON, Body
from onellm.call import Call, Effect
from onellm.errors import APIError
from onellm.options import Options
from onellm.testing import Simulator
from tests.providers.venice.e2ee import ACI, CLASSIC, NONCE, trust
from tests.providers.venice_schema import document
from tests.support import Caller
from tests.wire import both

WALLET = EthereumWallet("11" * 32)
KEY = {"Authorization": "Bearer k"}


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def ask(
    sim: Simulator, path: str, headers: dict[str, str] | None = None, body: Body = None, method: str = "GET"
) -> Call[Any]:
    """A call that gives the answer's JSON, whatever its status."""
    return Call(
        method=method, url=sim.environ["VENICE_BASE_URL"] + path, headers=headers, body=body, effect=Effect.INFERENCE,
        parse=lambda reply: json.loads(reply.body),
        error=lambda reply: APIError(reply.body.decode(), status=reply.status, body=json.loads(reply.body)),
    )  # fmt: skip


def refused(sim: Simulator, *args: Any, **how: Any) -> tuple[int | None, Any]:
    """Status and body of a refusal."""
    with pytest.raises(APIError) as caught:
        Caller("sync").run(lambda: ask(sim, *args, **how), Options().override(max_retries=0))
    return caught.value.status, caught.value.body


def check(shared: Path, path: str, method: str, status: int, body: Any) -> None:
    """The file has nothing against the answer."""
    answer = document(shared)["paths"][path][method.lower()]["responses"][str(status)]
    schema = answer["content"]["application/json"]["schema"]
    assert [error.message for error in OAS30Validator(schema).iter_errors(body)] == []


@both
@pytest.mark.parametrize("model", [CLASSIC, ACI])
def test_an_attestation(caller: Caller, sim: Simulator, model: str) -> None:
    def attest(nonce: str) -> Call[Any]:
        return ask(sim, f"/tee/attestation?model={model}&nonce={nonce}", KEY)

    key = caller.run(lambda: attested_key(attest, model, trust()))
    assert key.public_key == tee.key_of(model).public.hex()
    assert key.nonce == sim.requests[-1].query["nonce"]
    said = caller.run(lambda: ask(sim, f"/tee/attestation?model={model}", KEY))
    assert said["nonce_source"] == "server"
    assert verify(said, nonce=said["nonce"], trust=trust()).public_key == key.public_key


def test_an_attestation_is_refused(sim: Simulator) -> None:
    assert refused(sim, f"/tee/attestation?model={CLASSIC}&nonce={'5a' * 16}", KEY)[0] == 502
    assert refused(sim, "/tee/attestation?model=venice-uncensored", KEY)[0] == 400
    assert refused(sim, "/tee/attestation?model=nobody", KEY)[0] == 404
    assert refused(sim, "/tee/attestation", KEY)[0] == 400
    assert refused(sim, f"/tee/attestation?model={CLASSIC}")[0] == 402
    assert refused(sim, f"/tee/signature?model={CLASSIC}", KEY)[0] == 400


@both
def test_a_signature_is_the_attested_key_s(caller: Caller, sim: Simulator) -> None:
    said = caller.run(lambda: ask(sim, f"/tee/signature?model={CLASSIC}&request_id=chatcmpl-1", KEY))
    signer = Account.recover_message(encode_defunct(text=said["text"]), signature=said["signature"])
    attested = verify(tee.document(CLASSIC, NONCE), nonce=NONCE, trust=Trust(anchor=tee.trust_anchor()))
    assert signer == said["signing_address"]
    assert signer.lower() == attested.address


CLIENT = tee.key_of("client").public.hex()
SEALED = {"role": "user", "content": "04" * 93}


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        ({"model": "venice-uncensored"}, {}, "does not support E2EE"),
        ({"stream": False}, {}, "requires streaming"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, {}, "Tools"),
        ({}, {"X-Venice-TEE-Model-Pub-Key": CLIENT}, "headers"),
        ({}, {"X-Venice-TEE-Signing-Algo": "rsa"}, "headers"),
        ({}, {"X-Venice-TEE-Client-Pub-Key": "04"}, "client public key"),
        ({}, {}, "decrypt"),
        ({"messages": [{"role": "user", "content": "plain"}]}, {}, "decrypt"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "plain"}]}]}, {}, "decrypt"),
    ],
)
def test_an_encrypted_chat_that_is_none_is_refused(
    sim: Simulator, body: dict[str, Any], headers: dict[str, str], said: str
) -> None:
    value = {"model": CLASSIC, "messages": [SEALED], "stream": True, **body}
    given = {
        "X-Venice-TEE-Client-Pub-Key": CLIENT, "X-Venice-TEE-Signing-Algo": "ecdsa",
        "X-Venice-TEE-Model-Pub-Key": tee.key_of(CLASSIC).public.hex(), **KEY, **headers,
    }  # fmt: skip
    status, answer = refused(sim, "/chat/completions", given, JSON(value), "POST")
    assert status == 400
    assert said in answer["error"]


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"messages": 1}'])
def test_a_chat_that_is_no_json_is_the_chats_own_business(sim: Simulator, body: bytes) -> None:
    headers = {**KEY, "X-Venice-TEE-Client-Pub-Key": CLIENT, "Content-Type": "application/json"}
    assert refused(sim, "/chat/completions", headers, body, "POST")[0] in (400, 415)


def test_switched_off_the_service_answers_in_plaintext(sim: Simulator) -> None:
    """The downgrade that OneLLM never asks for."""
    headers = {**KEY, "X-Venice-TEE-Client-Pub-Key": CLIENT}
    value = {"model": CLASSIC, "messages": [SEALED], "venice_parameters": {"enable_e2ee": False}}
    answer = Caller("sync").run(lambda: ask(sim, "/chat/completions", headers, JSON(value), "POST"))
    assert "simulated" in answer["choices"][0]["message"]["content"]


@both
def test_answers_are_as_the_file_says(caller: Caller, sim: Simulator, shared: Path) -> None:
    address = WALLET.address
    for path in ("balance", "transactions"):
        said = caller.run(lambda path=path: ask(sim, f"/x402/{path}/{address}", sign_in_headers(WALLET)))  # type: ignore[misc]
        check(shared, f"/x402/{path}/{{walletAddress}}", "get", 200, said)
    status, asked = refused(sim, "/x402/top-up", method="POST")
    check(shared, "/x402/top-up", "post", 402, asked)
    status, error = refused(sim, "/x402/top-up", {"X-PAYMENT": "x"}, method="POST")
    assert status == 400
    check(shared, "/x402/top-up", "post", 400, error)
    token = caller.run(lambda: ask(sim, "/api_keys/generate_web3_key"))
    check(shared, "/api_keys/generate_web3_key", "get", 200, token)
    body = {**signed_challenge(WALLET, token["data"]["token"]), "apiKeyType": "ADMIN"}
    made = caller.run(lambda: ask(sim, "/api_keys/generate_web3_key", None, JSON(body), "POST"))
    check(shared, "/api_keys/generate_web3_key", "post", 200, made)
    assert refused(sim, "/api_keys/generate_web3_key", None, b"no json", "POST")[0] == 400


@both
def test_transactions_page(caller: Caller, sim: Simulator) -> None:
    def page(query: str) -> Any:
        path = f"/x402/transactions/{WALLET.address}?{query}"
        return caller.run(lambda: ask(sim, path, sign_in_headers(WALLET)))["data"]

    first, last = page("limit=2"), page("limit=2&offset=2")
    assert [len(each["transactions"]) for each in (first, last)] == [2, 1]
    assert [each["pagination"]["hasMore"] for each in (first, last)] == [True, False]
    for query in ("limit=0", "limit=101", "offset=-1", "limit=x"):
        path = f"/x402/transactions/{WALLET.address}?{query}"
        assert refused(sim, path, sign_in_headers(WALLET))[0] == 400
