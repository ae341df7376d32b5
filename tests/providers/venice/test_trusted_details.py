"""The hardest details of Venice's wallets and encryption, by their number in the implementation notes (22 to 24)."""

from __future__ import annotations

import base64
import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from onellm_providers.venice.e2ee import AttestationError, EncryptionError, verify
from onellm_providers.venice.e2ee.cipher import KeyPair, decrypt, encrypt
from onellm_providers.venice.simulator import tee
from onellm_providers.venice.wallet import EthereumWallet, SolanaWallet
from solders.keypair import Keypair

from onellm import UnsupportedParameterError
from onellm.testing import Simulator, faults
from tests.providers.venice.e2ee import CLASSIC, lying, recorded, trust, with_delta
from tests.support import Caller
from tests.wire import both

MESSAGES = [{"role": "system", "content": "One"}, {"role": "user", "content": "Two"}]


@both
def test_22_wallet_requests(caller: Caller) -> None:
    """Two requests and each retry carry different nonces, no more than 5 minutes, no key; Solana's case is kept."""
    solana = SolanaWallet(str(Keypair()))
    with Simulator() as sim:
        base_url = sim.environ["VENICE_BASE_URL"]
        for wallet in (EthereumWallet("11" * 32), solana):
            sim.inject(faults.status(503), times=1)
            for _ in range(2):
                providers = {"venice": {"base_url": base_url, "wallet": wallet, "api_key": "k"}}
                caller.chat(providers, "venice/venice-uncensored", MESSAGES)
        signed = [json.loads(base64.b64decode(each.headers["sign-in-with-x"]))["message"] for each in sim.requests]
        assert not [each for each in sim.requests if "authorization" in each.headers]
    assert len(signed) == 6
    assert len({re.search(r"Nonce: (\w+)", message)[1] for message in signed}) == 6  # type: ignore[index]
    assert solana.address in signed[-1], "as it is written, not in lower case"


def test_23_attestations(shared: Path) -> None:
    """A swapped key, a nonce of another length and a set debug bit are refused; aci/1 has its key in a list."""
    case = recorded(shared, "gemma_3_27b_p")
    debugged = bytearray(case.quote)
    debugged[168] |= 1
    lies = {
        "address": ({**case.document, "signing_public_key": KeyPair().public.hex()}, case.nonce),
        "nonce": (case.document, case.nonce[:32]),
        "debug": (case.with_quote(bytes(debugged)), case.nonce),
    }
    for link, (document, nonce) in lies.items():
        with pytest.raises(AttestationError) as caught:
            verify(document, nonce=nonce, at=case.at)
        assert caught.value.link == link
    live = recorded(shared, "live_evidence")
    listed = live.document["attestation"]["workload_keyset"]["e2ee_public_keys"]
    assert verify(live.document, nonce=live.nonce, at=live.at).public_key == listed[0]["public_key"]
    without = copy.deepcopy(live.document)
    without["attestation"]["workload_keyset"]["e2ee_public_keys"] = []
    with pytest.raises(AttestationError) as caught:
        verify(without, nonce=live.nonce, at=live.at)
    assert caught.value.link == "key"


@both
def test_24_encrypted_chats(caller: Caller, shared: Path) -> None:
    """The vectors; a key for each message; streaming forced; plaintext raises; tools, files and search refused."""
    case = json.loads((shared / "venice" / "e2ee_vectors.json").read_text(encoding="utf-8"))["request"]
    keys = KeyPair(int(case["model_priv"], 16)), KeyPair(int(case["ephemeral_priv"], 16))
    assert encrypt(case["plaintext"], keys[0].public, keys[1], bytes.fromhex(case["gcm_nonce"])) == case["blob_hex"]
    assert decrypt(case["blob_hex"], keys[0]) == case["plaintext"]

    model = f"venice/{CLASSIC}"
    with Simulator() as sim:
        providers = {"venice": {"base_url": sim.environ["VENICE_BASE_URL"], "api_key": "k", "tee_trust": trust()}}
        refused: list[dict[str, Any]] = [
            {"tools": [{"type": "function", "function": {"name": "f"}}]},
            {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_data": "data:,a"}}]}]},
            {"venice_parameters": {"enable_web_search": "on"}},
        ]
        for params in refused:
            with pytest.raises(UnsupportedParameterError):
                caller.chat(providers, model, **{"messages": MESSAGES, **params}, e2ee=True)
        assert sim.requests == []
        caller.chat(providers, model, MESSAGES, e2ee=True)
        body = json.loads(sim.requests[-1].body)
    assert body["stream"] is True
    assert len({message["content"][:130] for message in body["messages"]}) == 2
    assert [decrypt(each["content"], tee.key_of(CLASSIC)) for each in body["messages"]] == ["One", "Two"]

    def plain(event: bytes) -> bytes:
        return with_delta(event, content="Hello") if b'"content"' in event else event

    with Simulator(services={"venice": lying(event=plain)}) as sim:
        providers["venice"]["base_url"] = sim.environ["VENICE_BASE_URL"]
        with pytest.raises(EncryptionError):
            caller.chat(providers, model, MESSAGES, e2ee=True)
