"""Encrypted chats, attestations and wallets as users of `Venice` and `AsyncVenice` have them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from onellm_providers.venice import AsyncVenice, Venice
from onellm_providers.venice.e2ee import E2EE, AttestationError
from onellm_providers.venice.errors import WalletMismatchError
from onellm_providers.venice.wallet import EthereumWallet, PaymentRefusedError

from onellm.testing import Simulator
from tests.providers.venice.e2ee import ACI, CLASSIC, trust

MESSAGES = [{"role": "user", "content": "In confidence"}]
WALLET = EthereumWallet("11" * 32)

clients = pytest.mark.parametrize("kind", [Venice, AsyncVenice])


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def use(kind: type[Any], sim: Simulator, what: Callable[[Any], Any], **settings: Any) -> Any:
    """What a client of this kind gives."""
    settings = {"base_url": sim.environ["VENICE_BASE_URL"], **settings}
    if kind is Venice:
        with Venice(**settings) as client:
            return what(client)

    async def main() -> Any:
        async with AsyncVenice(**settings) as client:
            return await what(client)

    return asyncio.run(main())


@clients
@pytest.mark.parametrize("model", [CLASSIC, ACI])
def test_a_key_is_proven_once_and_used(kind: type[Any], sim: Simulator, model: str) -> None:
    key = use(kind, sim, lambda venice: venice.tee.verify(model), api_key="k", tee_trust=trust())
    assert key.model == model
    options = E2EE(key=key)
    answer = use(kind, sim, lambda venice: venice.chat.completions.create(model, MESSAGES, e2ee=options), api_key="k")
    assert "In confidence" in answer.choices[0].message.content
    assert [request.path.rpartition("/api/v1")[2] for request in sim.requests] == [
        "/tee/attestation", "/chat/completions",
    ]  # fmt: skip


@clients
def test_a_machine_that_is_not_intels_is_refused(kind: type[Any], sim: Simulator) -> None:
    with pytest.raises(AttestationError) as caught:
        use(kind, sim, lambda venice: venice.tee.verify(CLASSIC), api_key="k")
    assert caught.value.link == "trust_anchor"


@clients
def test_a_wallet_signs_each_step_of_an_encrypted_chat(kind: type[Any], sim: Simulator) -> None:
    def chat(venice: Any) -> Any:
        return venice.chat.completions.create(CLASSIC, MESSAGES, e2ee=True)

    answer = use(kind, sim, chat, wallet=WALLET, tee_trust=trust())
    assert "In confidence" in answer.choices[0].message.content
    headers = [request.headers["sign-in-with-x"] for request in sim.requests]
    assert len(set(headers)) == len(sim.requests) == 2
    assert not [request for request in sim.requests if "authorization" in request.headers]


@clients
def test_a_wallet_tops_up_and_asks_for_its_balance(kind: type[Any], sim: Simulator) -> None:
    credited = use(kind, sim, lambda venice: venice.x402.top_up(WALLET, cap="5"), wallet=WALLET)
    assert credited.amount_credited == 5.0
    assert use(kind, sim, lambda venice: venice.x402.balance(), wallet=WALLET).balance_usd == 5.0
    with pytest.raises(PaymentRefusedError):
        use(kind, sim, lambda venice: venice.x402.top_up(WALLET, cap="4"), wallet=WALLET)
    with pytest.raises(WalletMismatchError):
        use(kind, sim, lambda venice: venice.x402.balance("0x" + "22" * 20), wallet=WALLET)
    paid = [request for request in sim.requests if "payment-signature" in request.headers]
    assert len(paid) == 1


@clients
def test_a_key_is_made_for_a_wallet(kind: type[Any], sim: Simulator) -> None:
    made = use(kind, sim, lambda venice: venice.api_keys.generate_web3_key(WALLET, description="ci"), api_key="k")
    assert "ci" in repr(made)
    assert len(sim.requests) == 2
    assert not [request for request in sim.requests if "authorization" in request.headers]
