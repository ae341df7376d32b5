"""Several sources of knowledge: the more trusted has the last word, silence says nothing, and each no has a source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import onellm
from onellm import Capability, CapabilityError, ConfigurationError, ModelInfo, Prices, register_model
from onellm.models import known, snapshot
from onellm.models.known import FACTS, combine, completed
from tests.both import Either, story
from tests.support import KEY, Caller, completion, serve, whole
from tests.surroundings import bare_environment

PICTURE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]}]
BLIND = "llama-3.3-70b"
"""A model of Venice that takes no images, as the snapshot says."""


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest) -> Caller:
    return Caller(request.param)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    bare_environment(monkeypatch, tmp_path)
    monkeypatch.setattr(known, "_said", {})
    yield
    known._changes += 1


# -- combining ---------------------------------------------------------------------------------------------------------

answers = st.sampled_from([True, False, None])
numbers = st.none() | st.integers(1, 9)
texts = st.none() | st.sampled_from([("a",), ("b", "c")])
some_prices = st.none() | st.builds(Prices, *[st.none() | st.sampled_from([1.0, 2.0])] * 5)


@st.composite
def layers(draw: st.DrawFn) -> ModelInfo | None:
    if draw(st.integers(0, 4)) == 0:
        return None
    return ModelInfo(
        id=draw(st.sampled_from(["m", ""])),
        provider="acme",
        capabilities=draw(st.dictionaries(st.sampled_from(list(Capability)), answers, max_size=6)),
        context_window=draw(numbers),
        max_output_tokens=draw(numbers),
        prices=draw(some_prices),
        reasoning_efforts=draw(texts),
        temperature=draw(answers),
        deprecated=draw(st.none() | st.just("2026-01-01")),
        source=draw(st.sampled_from(["one", "two", ""])),
        as_of=draw(st.none() | st.just("2026-02-02")),
    )


def last(values: list[Any]) -> Any:
    """The last that is not None."""
    return next((value for value in reversed(values) if value is not None), None)


@given(st.lists(layers(), max_size=5))
def test_the_last_that_speaks_is_heard(stack: list[ModelInfo | None]) -> None:
    info = combine("m", "acme", stack)
    told = [layer for layer in stack if layer is not None]
    assert set(info.capabilities) == set(Capability)
    for word in Capability:
        answer = last([layer.capabilities.get(word) for layer in told])
        follows = word is Capability.STREAM and answer is None and info.capabilities[Capability.CHAT]
        assert info.capabilities[word] is (True if follows else answer)
    for name in FACTS:
        if name != "prices":
            assert getattr(info, name) == last([getattr(layer, name) for layer in told])
    of_the_model = [layer for layer in told if layer.id]
    best = of_the_model[-1] if of_the_model else ModelInfo("m", "acme")
    assert (info.id, info.provider, info.source, info.as_of) == ("m", "acme", best.source, best.as_of)


@given(st.lists(layers(), max_size=5))
def test_everything_that_is_known_names_its_source(stack: list[ModelInfo | None]) -> None:
    info = combine("m", "acme", stack)
    told = [layer for layer in stack if layer is not None]
    for word in Capability:
        speakers = [layer for layer in told if layer.capabilities.get(word) is not None]
        assert info.sources.get(word.value) == (cited(speakers[-1]) if speakers else None)
    for name in FACTS:
        speakers = [layer for layer in told if getattr(layer, name) is not None]
        assert info.sources.get(name) == (cited(speakers[-1]) if speakers else None)


def cited(layer: ModelInfo) -> str | None:
    return (f"{layer.source}, {layer.as_of}" if layer.as_of else layer.source) if layer.source else None


def test_prices_are_completed_by_the_same_tariff_only() -> None:
    listed = Prices(3.0000000001, 15.0)
    full = Prices(3.0, 15.0, cache_read=0.3, cache_write=3.75, tiers=((200_000, Prices(6.0, 22.5)),))
    assert completed(listed, full) == replace(full, input=3.0000000001)
    assert completed(replace(listed, cache_read=0.4), full).cache_read == 0.4
    for other in (Prices(2.0, 15.0), Prices(3.0, 12.0), Prices(3.0), Prices()):
        assert completed(other, full) == other, "half of one tariff and half of another is no price"


# -- what the user says ------------------------------------------------------------------------------------------------


def test_register_model_and_take_it_back() -> None:
    register_model("acme/m", context_window=10, capabilities={"vision": False, "tools": True}, source="me")
    info = known.registered("acme", "m")
    assert info == ModelInfo(
        "m", "acme", {Capability.VISION: False, Capability.TOOLS: True}, context_window=10, source="me"
    )
    assert known.registered("acme@work", "m") == info, "it holds for every account"
    register_model("acme@work/m", context_window=20)
    assert known.registered("acme@work", "m") == ModelInfo("m", "acme@work", context_window=20, source="register_model")
    assert known.registered("acme", "m") == info
    register_model("acme/m", max_output_tokens=5)
    assert known.registered("acme", "m") == ModelInfo("m", "acme", max_output_tokens=5, source="register_model")
    register_model("acme/m")
    assert known.registered("acme", "m") is None
    register_model("acme/never")


def test_register_model_refuses_what_is_no_capability() -> None:
    with pytest.raises(ConfigurationError, match=r"'visoin' is no capability; these are: chat, "):
        register_model("acme/m", capabilities={"visoin": True})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    with pytest.raises(onellm.InvalidModelStringError):
        register_model("m", context_window=1)


# -- in a client -------------------------------------------------------------------------------------------------------


def test_four_sources_in_a_client(caller: Caller) -> None:
    """The snapshot, the row's features, the live list, the user: each overrules those before it."""
    listed = {"data": [{"id": "openai/gpt-oss-120b", "context_length": 4321, "supported_parameters": ["logprobs"]}]}

    async def tell(client: Either) -> None:
        def info() -> ModelInfo:
            found: ModelInfo = client.client.model_info("groq/openai/gpt-oss-120b")
            return found

        of_snapshot = snapshot.find("groq", "openai/gpt-oss-120b")
        assert of_snapshot
        assert info().context_window == of_snapshot.context_window == 131072
        assert (info().source, info().as_of) == ("models.dev", "2026-07-02")
        assert (info().supports("tools"), info().supports("logprobs")) == (True, False), "groq's row says no logprobs"
        assert info().sources["tools"] == "models.dev, 2026-07-02"
        assert "groq" in info().sources["logprobs"]

        await client.do(client.client.list_models, "groq")
        live = info()
        assert live.context_window == 4321
        assert (live.source, live.supports("logprobs"), live.supports("tools")) == ("models endpoint", True, False)
        assert live.sources["context_window"].startswith("models endpoint, 20")
        assert live.prices == of_snapshot.prices, "of what the list is silent, the snapshot still speaks"
        assert live.sources["prices"] == "models.dev, 2026-07-02"

        register_model("groq/openai/gpt-oss-120b", capabilities={"tools": True}, prices=Prices(9.0, 9.5))
        told = info()
        assert (told.supports("tools"), told.supports("logprobs"), told.context_window) == (True, True, 4321)
        assert (told.prices, told.source, told.sources["tools"]) == (Prices(9.0, 9.5), *("register_model",) * 2)
        register_model("groq/openai/gpt-oss-120b")
        assert info() == live

    with serve(whole(listed)) as server:
        story(caller.kind, tell, providers=server.provider())


def test_a_no_of_the_snapshot_refuses_and_says_whose_it_is(caller: Caller) -> None:
    with serve(whole(completion())) as server:
        with pytest.raises(CapabilityError) as caught:
            caller.chat(server.provider(), f"venice/{BLIND}", PICTURE)
        text = str(caught.value)
        assert text.startswith(f"venice/{BLIND} takes no images; these do: venice/")
        assert text.endswith(
            " So says models.dev, 2026-07-02; if that is wrong, "
            f'register_model("venice/{BLIND}", capabilities={{"vision": True}}) overrides it.'
        )
        assert server.requests == []
        register_model(f"venice/{BLIND}", capabilities={"vision": True})
        caller.chat(server.provider(), f"venice/{BLIND}", PICTURE)
        assert len(server.requests) == 1


def test_a_later_list_overrules_the_snapshot(caller: Caller) -> None:
    flags = {"supportsVision": True, "supportsFunctionCalling": True}
    listed = {"data": [{"id": BLIND, "type": "text", "model_spec": {"capabilities": flags}}]}

    async def tell(client: Either) -> None:
        with pytest.raises(CapabilityError):
            await client.chat(PICTURE, model=f"venice/{BLIND}")
        await client.do(client.client.refresh_models, "venice")
        await client.chat(PICTURE, model=f"venice/{BLIND}")

    with serve(whole(listed), whole(completion())) as server:
        story(caller.kind, tell, providers=server.provider())
        assert len(server.requests) == 2


def test_what_the_snapshot_does_not_know_blocks_nothing(caller: Caller) -> None:
    """Neither a model that it does not have nor a flag on which it is silent: gpt-5-chat and documents, for one."""
    document = [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]
    with serve(whole(completion())) as server:
        caller.chat(server.provider(), "venice/newer-than-the-snapshot", PICTURE)
        assert onellm.supports("openai/gpt-4", "document_input") is None
        caller.chat(server.provider(), "openai/gpt-4", document)
        assert len(server.requests) == 2


def test_a_profile_knows_what_the_provider_s_models_do() -> None:
    client = onellm.OneLLM(providers={"venice@work": {"api_key": KEY}})
    info = client.model_info(f"venice@work/{BLIND}")
    assert (info.model, info.supports("vision")) == (f"venice@work/{BLIND}", False)


def test_what_is_said_of_a_model_is_no_more_than_a_lookup_away() -> None:
    """The same value again until something changes, and a bounded number of them."""
    provider = onellm.get_provider("openai", api_key=KEY)
    assert provider.info("gpt-4o") is provider.info("gpt-4o")
    before = provider.info("gpt-4o")
    register_model("openai/gpt-4o", context_window=7)
    assert provider.info("gpt-4o").context_window == 7
    register_model("openai/gpt-4o")
    assert provider.info("gpt-4o") == before
    for number in range(600):
        provider.info(f"m-{number}")
    assert len(provider._known) <= 512
