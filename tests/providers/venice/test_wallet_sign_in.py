"""Signing in with a wallet: the vectors, a header for each attempt, keys that show nowhere, keys made for wallets."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import json
import pickle
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from onellm_providers.venice import wallet
from onellm_providers.venice.errors import WalletAuthError
from onellm_providers.venice.wallet import EthereumWallet, SignIn, SolanaWallet, sign_in_headers, signed_challenge
from onellm_providers.venice.wallet.sign_in import HEADER
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.signature import Signature

from onellm import ConfigurationError, InvalidRequestError, Secret
from onellm.body import JSON
from onellm.call import Call, Effect, Reply, Request
from onellm.errors import APIError
from onellm.testing import Simulator, faults
from tests.hunt import assert_clean, hunt
from tests.support import KEY, Caller, completion, serve, whole
from tests.surroundings import bare_environment
from tests.wire import both

AT = datetime.datetime(2026, 8, 22, tzinfo=datetime.UTC)
MESSAGES = [{"role": "user", "content": "Hi"}]
ETHEREUM_KEY = "0x" + secrets.token_hex(32)
SOLANA_KEY = str(Keypair())
KEYS = {"ethereum": ETHEREUM_KEY, "solana": SOLANA_KEY}

chains = pytest.mark.parametrize("chain", KEYS)


def made(chain: str) -> EthereumWallet | SolanaWallet:
    return EthereumWallet(ETHEREUM_KEY) if chain == "ethereum" else SolanaWallet(SOLANA_KEY)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def vectors(shared: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((shared / "venice" / "siwx_vectors.json").read_text(encoding="utf-8"))
    return value


def settings(sim: Simulator, chain: str = "ethereum", **more: Any) -> dict[str, Any]:
    return {"venice": {"base_url": sim.environ["VENICE_BASE_URL"], "wallet": made(chain), **more}}


def fields(header: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(base64.b64decode(header))
    return value


def nonce_of(header: str) -> str:
    found = re.search(r"Nonce: (\w+)", fields(header)["message"])
    assert found
    return found[1]


# -- vectors -----------------------------------------------------------------------------------------------------------


def test_the_header_is_that_of_the_vector(vectors: dict[str, Any]) -> None:
    case = vectors["siwx"]
    own = EthereumWallet(case["private_key"])
    assert own.address == case["address"]
    assert own.sign(case["message"]) == case["signature"]
    made = sign_in_headers(own, nonce="0123456789abcdef", at=AT)
    assert made == {"SIGN-IN-WITH-X": case["header"]}
    said = fields(made[HEADER])
    assert (said["message"], said["timestamp"], said["chainId"]) == (
        case["message"],
        case["timestamp"],
        case["chainId"],
    )
    assert EthereumWallet(case["private_key"].removeprefix("0x")).address == case["address"]


def test_the_signed_token_is_that_of_the_vector(vectors: dict[str, Any]) -> None:
    case = vectors["web3_key"]
    own = EthereumWallet(vectors["siwx"]["private_key"])
    assert signed_challenge(own, case["token"]) == {name: case[name] for name in ("address", "signature", "token")}


def test_a_solana_header() -> None:
    own = SolanaWallet(SOLANA_KEY)
    said = fields(sign_in_headers(own, nonce="0123456789abcdef", at=AT)[HEADER])
    assert said["address"] == own.address == str(Keypair.from_base58_string(SOLANA_KEY).pubkey())
    assert said["message"] == (
        "api.venice.ai wants you to sign in with your Solana account:\n"
        f"{own.address}\n\nSign in to Venice AI\n\nURI: https://api.venice.ai\nVersion: 1\n"
        "Chain ID: solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp\nNonce: 0123456789abcdef\n"
        "Issued At: 2026-08-22T00:00:00.000Z\nExpiration Time: 2026-08-22T00:04:00.000Z"
    )
    assert (said["type"], said["chainId"]) == ("ed25519", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp")
    signature = Signature.from_string(said["signature"])
    assert signature.verify(Pubkey.from_string(own.address), said["message"].encode())
    assert set(said) == {"address", "message", "signature", "timestamp", "chainId", "type"}


def test_times_are_utc_with_milliseconds() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    at = datetime.datetime(2026, 8, 22, 2, 0, 0, 123456, tzinfo=zone)
    said = fields(sign_in_headers(made("ethereum"), at=at)[HEADER])
    assert "Issued At: 2026-08-22T00:00:00.123Z\nExpiration Time: 2026-08-22T00:04:00.123Z" in said["message"]
    assert said["timestamp"] == 1787356800123


@pytest.mark.parametrize("form", ["pair", "seed"])
def test_both_forms_of_a_solana_key(form: str) -> None:
    pair = Keypair()
    text = str(pair) if form == "pair" else str(Pubkey(pair.secret()))
    assert SolanaWallet(text).address == str(pair.pubkey()) == SolanaWallet(Secret(text)).address


# -- a header for each attempt -----------------------------------------------------------------------------------------


@both
@chains
def test_a_wallet_signs_in_instead_of_a_key(
    caller: Caller, sim: Simulator, chain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENICE_API_KEY", KEY)
    answer = caller.chat(settings(sim, chain), "venice/venice-uncensored", MESSAGES)
    assert answer.choices[0].message.content
    (request,) = sim.requests
    assert "authorization" not in request.headers
    assert fields(request.headers["sign-in-with-x"])["address"] == made(chain).address
    assert answer.meta.headers["x-balance-remaining"] == "4.99"


@both
@chains
def test_each_request_and_each_attempt_has_a_nonce_of_its_own(caller: Caller, sim: Simulator, chain: str) -> None:
    sim.inject(faults.status(503), times=2)
    for _ in range(2):
        caller.chat(settings(sim, chain), "venice/venice-uncensored", MESSAGES)
        caller.chat_stream(settings(sim, chain), "venice/venice-uncensored", MESSAGES)
    headers = [request.headers["sign-in-with-x"] for request in sim.requests]
    assert len(headers) == 6
    assert len({nonce_of(header) for header in headers}) == 6
    for header in headers:
        issued, expires = (
            datetime.datetime.fromisoformat(found)
            for found in re.findall(r"(?:At|Time): (\S+)", fields(header)["message"])
        )
        assert expires - issued <= datetime.timedelta(minutes=5)


@both
def test_a_refused_sign_in_is_signed_once_more(caller: Caller, sim: Simulator) -> None:
    sim.inject(faults.status(401, "Invalid SIWX nonce"), times=1)
    answer = caller.chat(settings(sim), "venice/venice-uncensored", MESSAGES, max_retries=0)
    assert answer.choices
    assert len({nonce_of(request.headers["sign-in-with-x"]) for request in sim.requests}) == 2
    sim.inject(faults.status(401, "Invalid SIWX nonce"), times=None)
    with pytest.raises(WalletAuthError):
        caller.chat(settings(sim), "venice/venice-uncensored", MESSAGES)
    assert len(sim.requests) == 4, "twice, and no more"


@both
def test_a_wallet_without_credit_is_not_signed_in_again(caller: Caller, sim: Simulator) -> None:
    sim.inject(faults.insufficient_quota())
    with pytest.raises(APIError) as caught:
        caller.chat(settings(sim), "venice/venice-uncensored", MESSAGES)
    assert caught.value.status == 402
    assert len(sim.requests) == 1


def test_each_signature_is_over_the_same_request() -> None:
    request = Request("POST", "https://h/v1", [("A", "b")], b"body")
    flow = SignIn(made("ethereum")).flow(request)
    first = next(flow)
    second = flow.send(Reply(401))
    assert [name for name, _ in second.headers] == ["A", HEADER]
    assert (second.method, second.url, second.content) == (first.method, first.url, b"body")
    assert first.headers[-1][1] != second.headers[-1][1]
    with pytest.raises(StopIteration):
        flow.send(Reply(401))


def test_a_wallet_of_ones_own(sim: Simulator) -> None:
    """A key that lives elsewhere: anything that signs for an address is a wallet."""
    inner = made("ethereum")

    class Remote:
        address, account, chain_id, signature_type = inner.address, "Ethereum", 8453, None
        asked = 0

        def sign(self, message: str) -> str:
            self.asked += 1
            return inner.sign(message)

    own = Remote()
    providers = {"venice": {"base_url": sim.environ["VENICE_BASE_URL"], "wallet": own}}
    assert Caller("sync").chat(providers, "venice/venice-uncensored", MESSAGES).choices
    assert own.asked == 1


# -- keys show nowhere -------------------------------------------------------------------------------------------------


@both
@chains
def test_a_wallet_key_shows_nowhere(caller: Caller, chain: str) -> None:
    secret = KEYS[chain].removeprefix("0x")
    own = made(chain)
    assert hunt(own, secret) == []
    assert repr(own) == f"{type(own).__name__}({own.address})"
    with pytest.raises(TypeError):
        pickle.dumps(own)
    with serve(whole({"error": "Authentication failed"}, 401), whole(completion())) as server:
        providers = {"venice": {"base_url": server.url, "wallet": own}}
        answer = caller.chat(providers, "venice/m", MESSAGES)
        assert hunt(answer, secret) == []
        assert secret not in repr([(each.headers, each.body) for each in server.requests])
    with serve(whole({"error": "Authentication failed"}, 401)) as server:
        with pytest.raises(APIError) as caught:
            caller.chat({"venice": {"base_url": server.url, "wallet": own}}, "venice/m", MESSAGES)
        assert_clean(caught.value, secret)


@pytest.mark.parametrize("kind", [EthereumWallet, SolanaWallet])
@pytest.mark.parametrize(
    "text", ["short", "0x" + "zz" * 32, "11" * 31, "0x" + "00" * 32, "O0Il" * 20, "2" * 87, "ff" * 32 + "0"]
)
def test_a_key_that_is_none_does_not_show_in_the_error(kind: Any, text: str) -> None:
    given = Secret(text)
    with pytest.raises(ConfigurationError, match="key is no") as caught:
        kind(given)
    if text != "short":  # a word of the message's own
        assert_clean(caught.value, text)
    assert caught.value.__cause__ is None


def test_settings_and_calls_hold_no_key(sim: Simulator) -> None:
    import onellm

    for chain, text in KEYS.items():
        with onellm.OneLLM(providers=settings(sim, chain)) as client:
            provider = client.provider("venice")
            call = provider.chat(onellm.ChatRequest(model="m", messages=[{"role": "user", "content": "Hi"}]))
            for thing in (client, provider, provider.settings, call, provider.auth()):
                assert hunt(thing, text) == []
        assert made(chain).address in repr(provider.auth())


# -- the service judges ------------------------------------------------------------------------------------------------


def balance(sim: Simulator, header: str | None, address: str, **headers: str) -> Call[dict[str, Any]]:
    """GET /x402/balance with a header."""
    given = {**headers, **({HEADER: header} if header else {})}
    return Call(
        method="GET",
        url=f"{sim.environ['VENICE_BASE_URL']}/x402/balance/{address}",
        headers=given,
        effect=Effect.READ,
        parse=lambda reply: json.loads(reply.body)["data"],
        error=lambda reply: APIError(json.loads(reply.body).get("error", ""), status=reply.status),
    )


def changed(header: str, **other: Any) -> str:
    return base64.b64encode(json.dumps({**fields(header), **other}).encode()).decode()


@both
@chains
def test_signatures_are_verified(caller: Caller, sim: Simulator, chain: str) -> None:
    own = made(chain)
    header = sign_in_headers(own)[HEADER]

    def ask(header: str | None, address: str = own.address, **headers: str) -> Any:
        return caller.run(lambda: balance(sim, header, address, **headers))

    assert ask(header)["walletAddress"] == own.address
    old = sign_in_headers(own, at=datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5))[HEADER]
    other = sign_in_headers(EthereumWallet("22" * 32) if chain == "ethereum" else SolanaWallet(str(Keypair())))[HEADER]
    bad = {
        None: "Missing",
        old: "expired",
        changed(header, signature=fields(other)["signature"]): "signature",
        changed(header, signature="0x00"): "signature",
        changed(header, message=fields(header)["message"].replace("Nonce: ", "Nonce: 0")): "signature",
        changed(header, message="Hello"): "message",
        changed(header, address=fields(other)["address"]): "message",
        changed(header, chainId=1): "message",
        "no base64!": "header",
        base64.b64encode(b"[]").decode(): "message",
    }
    for given, said in bad.items():
        with pytest.raises(APIError, match=said) as caught:
            ask(given)
        assert caught.value.status == 401
    with pytest.raises(APIError, match="does not match") as caught:
        ask(other)
    assert caught.value.status == 403
    with pytest.raises(APIError, match="Invalid wallet address"):
        ask(header, "0x12")
    with pytest.raises(APIError, match="not both"):
        ask(header, Authorization="Bearer k")


# -- keys for wallets --------------------------------------------------------------------------------------------------


def challenge(sim: Simulator) -> Call[str]:
    return Call(
        method="GET",
        url=f"{sim.environ['VENICE_BASE_URL']}/api_keys/generate_web3_key",
        effect=Effect.READ,
        parse=lambda reply: str(json.loads(reply.body)["data"]["token"]),
        error=lambda reply: APIError("no", status=reply.status),
    )


def create(sim: Simulator, **more: Any) -> Any:
    def make(signed: dict[str, str]) -> Call[dict[str, Any]]:
        return Call(
            method="POST",
            url=f"{sim.environ['VENICE_BASE_URL']}/api_keys/generate_web3_key",
            body=JSON({"apiKeyType": "INFERENCE", **signed, **more}),
            effect=Effect.PURCHASE,
            parse=lambda reply: json.loads(reply.body)["data"],
            error=lambda reply: APIError(json.loads(reply.body)["error"], status=reply.status),
        )

    return make


@both
def test_a_key_is_made_for_a_wallet(caller: Caller, sim: Simulator) -> None:
    own = made("ethereum")
    key = caller.run(lambda: wallet.generate_web3_key(challenge(sim), create(sim), own))
    assert key["apiKey"].startswith("VENICE_SIM_")
    first, second = sim.requests
    body = json.loads(second.body)
    assert (first.method, second.method) == ("GET", "POST")
    assert body["address"] == own.address
    assert body["signature"] == own.sign(body["token"])
    assert not {"authorization", "sign-in-with-x"} & {*first.headers, *second.headers}


@both
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"signature": "0x" + "11" * 65}, "Could not verify"),
        ({"token": "a.b.c"}, "Invalid JWT"),
        ({"address": 5}, "Invalid request"),
        ({"colour": "red"}, "Unrecognized"),
    ],
)
def test_a_challenge_that_was_not_signed_makes_no_key(
    caller: Caller, sim: Simulator, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(APIError, match=said):
        caller.run(lambda: wallet.generate_web3_key(challenge(sim), create(sim, **more), made("ethereum")))
    assert len(sim.requests) == 2, "a refused creation is not repeated"


def test_an_old_challenge_makes_no_key(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    from onellm_providers.venice.simulator import wallets

    monkeypatch.setattr(wallets, "_TOKEN_LIFE", -1)
    with pytest.raises(APIError, match="expired"):
        Caller("sync").run(lambda: wallet.generate_web3_key(challenge(sim), create(sim), made("ethereum")))


def test_keys_are_made_for_ethereum_wallets_only(sim: Simulator) -> None:
    with pytest.raises(InvalidRequestError, match="staked VVV"):
        Caller("sync").run(lambda: wallet.generate_web3_key(challenge(sim), create(sim), made("solana")))
    assert len(sim.requests) == 1


# -- the extra ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("library", "call"),
    [("eth_account", "EthereumWallet('11' * 32)"), ("solders", "SolanaWallet('1' * 44)")],
)
def test_a_missing_library_is_named_with_its_extra(library: str, call: str) -> None:
    code = f"""
import sys
sys.modules[{library!r}] = None
import onellm
from onellm_providers.venice.wallet import EthereumWallet, SolanaWallet
try:
    {call}
except onellm.ConfigurationError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install eth-account solders" in done.stdout
    assert library in done.stdout


def test_a_requirement_is_a_value() -> None:
    one = wallet.Requirement("base", "a", 1, "b", 60, {}, {})
    assert dataclasses.replace(one, amount=2) != one
