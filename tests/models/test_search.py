"""`find_models`, and the models that a refusal names: by what is known, without a call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, assert_type, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import onellm
from onellm import Capability, CapabilityError, ModelInfo, Prices, UnknownProviderError
from onellm.api import default
from onellm.capabilities import Catalogue
from onellm.models import known
from onellm.models.search import ModelFilter, alternatives, by_price, matches
from tests.both import Either, story
from tests.support import KEY, Caller, completion, serve, whole
from tests.surroundings import bare_environment

TODAY = "2026-11-21"
PICTURE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]}]


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest) -> Caller:
    return Caller(request.param)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    bare_environment(monkeypatch, tmp_path)
    monkeypatch.setattr(known, "_said", {})
    monkeypatch.setattr(default, "_catalogue", Catalogue())
    default.client.cache_clear()
    yield
    default.client.cache_clear()
    known._changes += 1


# -- one model ---------------------------------------------------------------------------------------------------------

BASE = ModelInfo(
    "m", "acme", {Capability.TOOLS: True, Capability.VISION: False}, context_window=1000, max_output_tokens=100,
    prices=Prices(1.0, 2.0), released="2026-03-01",
)  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, True),
        ({"tools": True}, True),
        ({"tools": False}, False),
        ({"vision": True}, False),
        ({"vision": False}, True),
        ({"reasoning": True}, False),
        ({"reasoning": False}, False),
        ({"tools": True, "vision": True}, False),
        ({"min_context": 1000}, True),
        ({"min_context": 1001}, False),
        ({"min_output": 100}, True),
        ({"min_output": 101}, False),
        ({"max_input_price": 1.0}, True),
        ({"max_input_price": 0.99}, False),
        ({"max_output_price": 2.0}, True),
        ({"max_output_price": 0}, False),
        ({"released_after": "2026-02-28"}, True),
        ({"released_after": "2026-03-01"}, False),
        ({"deprecated": True}, False),
        ({"deprecated": False}, True),
        ({"provider": "acme"}, True),
    ],
)
def test_a_filter(wanted: ModelFilter, found: bool) -> None:
    assert matches(BASE, wanted, TODAY) is found


@pytest.mark.parametrize("name", ["min_context", "min_output", "max_input_price", "max_output_price"])
def test_what_is_not_known_is_no_match(name: str) -> None:
    wanted: Any = {name: 0 if name.startswith("min") else 1e9}
    unknown = replace(BASE, context_window=None, max_output_tokens=None, prices=None, released=None)
    assert matches(BASE, wanted, TODAY)
    assert not matches(unknown, wanted, TODAY)
    assert not matches(replace(unknown, prices=Prices()), wanted, TODAY)
    assert not matches(unknown, {"released_after": "1970-01-01"}, TODAY)


@pytest.mark.parametrize("day", ["2026-07-02", TODAY, "2026-11-20T00:00:00.000Z"])
def test_withdrawn_models_are_left_out_unless_asked_for(day: str) -> None:
    gone = replace(BASE, deprecated=day)
    assert not matches(gone, {}, TODAY)
    assert not matches(gone, {"tools": True}, TODAY)
    assert matches(gone, {"deprecated": True}, TODAY)


def test_a_model_is_there_until_its_day() -> None:
    assert matches(replace(BASE, deprecated="2027-03-01T00:00:00.000Z"), {}, TODAY)


def test_the_filter_has_every_capability() -> None:
    words = set(get_type_hints(ModelFilter)) - {
        "provider", "min_context", "min_output", "max_input_price", "max_output_price", "released_after", "deprecated",
    }  # fmt: skip
    assert words == {word.value for word in Capability}


# -- find_models -------------------------------------------------------------------------------------------------------

FLAGS = ("tools", "vision", "reasoning", "json_schema", "audio_input", "document_input", "prompt_caching")
filters = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(FLAGS, st.booleans()),
        "min_context": st.sampled_from([1, 128_000, 1_000_000]),
        "max_input_price": st.sampled_from([0.0, 0.1, 1.0, 5.0]),
        "max_output_price": st.sampled_from([0.5, 10.0]),
        "provider": st.sampled_from(["venice", "openai", "groq"]),
    },
)


@pytest.fixture(scope="module")
def everything() -> dict[str, ModelInfo]:
    """All that is known, of OpenAI, Venice and Groq, deprecated models too."""
    with onellm.OneLLM() as client:
        return {
            info.model: info
            for name in ("venice", "openai", "groq")
            for gone in (False, True)
            for info in client.find_models(provider=name, deprecated=gone)
        }


@settings(deadline=None, max_examples=50)  # it goes through all that is known
@given(filters)
def test_what_is_found_is_what_was_wanted(everything: dict[str, ModelInfo], wanted: Any) -> None:
    found = {info.model for info in onellm.find_models(**wanted)}
    for name, info in everything.items():
        fits = info.deprecated is None and wanted.get("provider", info.provider) == info.provider
        for word in FLAGS:
            fits = fits and (word not in wanted or info.capabilities[Capability(word)] is wanted[word])
        fits = fits and (info.context_window or 0) >= wanted.get("min_context", 0)
        for bound, part in (("max_input_price", "input"), ("max_output_price", "output")):
            price = getattr(info.prices, part, None)
            fits = fits and (bound not in wanted or (price is not None and price <= wanted[bound]))
        assert (name in found) is fits, name


def test_find_models_at_top_level() -> None:
    found = onellm.find_models(vision=True, tools=True, max_input_price=1.0)
    assert_type(found, list[ModelInfo])
    assert len(found) > 20
    assert len({info.provider for info in found}) > 2
    assert {info.provider for info in found} <= set(onellm.list_providers())
    for info in found:
        assert info.prices
        assert info.prices.input is not None
        assert info.prices.input <= 1.0
        assert info.supports("vision") is info.supports("tools") is True
    assert found == sorted(found, key=by_price)


def test_the_cheapest_come_first_and_unknown_prices_last() -> None:
    def priced(name: str, prices: Prices | None) -> ModelInfo:
        return ModelInfo(name, "acme", prices=prices)

    rows = [priced("z", None), priced("b", Prices(1, 3)), priced("a", Prices(1)), priced("c", Prices(1, 2)),
            priced("d", Prices(0, 9)), priced("y", None)]  # fmt: skip
    assert [info.id for info in sorted(rows, key=by_price)] == ["d", "c", "b", "a", "y", "z"]


def test_both_clients_find_without_a_call(caller: Caller) -> None:
    async def tell(client: Either) -> None:
        names = [info.model for info in client.client.find_models(provider="venice", vision=True, tools=True)]
        assert names
        assert names == [info.model for info in onellm.find_models(provider="venice", vision=True, tools=True)]

    with serve(whole(completion())) as server:
        story(caller.kind, tell, providers=server.provider())
        assert server.requests == []


def test_what_was_learned_and_registered_is_found(caller: Caller) -> None:
    """A provider that was asked has what it listed; what the user says is there in any case."""
    flags, prices = {"supportsVision": True}, {"input": {"usd": 0.2}, "output": {"usd": 0.4}}
    listed = {"data": [{"id": "mine", "type": "text", "model_spec": {"capabilities": flags, "pricing": prices}}]}

    async def tell(client: Either) -> None:
        def found() -> list[str]:
            return [info.model for info in client.client.find_models(provider="venice", vision=True)]

        before = found()
        assert len(before) > 10
        await client.do(client.client.list_models, "venice")
        assert found() == ["venice/mine"]
        onellm.register_model("venice/other", capabilities={"vision": True}, prices=Prices(0.1, 0.1))
        assert found() == ["venice/other", "venice/mine"]

    with serve(whole(listed)) as server:
        story(caller.kind, tell, providers=server.provider())


def test_find_models_refuses_what_it_does_not_know() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'visoin'"):
        onellm.find_models(visoin=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(UnknownProviderError, match="Did you mean 'venice'"):
        onellm.find_models(provider="venise")


def test_a_provider_without_settings_is_searched_too() -> None:
    """openai_compatible has no base URL here, so there is no provider to ask; what the user said of it is known."""
    onellm.register_model("openai_compatible/m", capabilities={"tools": True})
    assert [info.model for info in onellm.find_models(provider="openai_compatible", tools=True)] == [
        "openai_compatible/m"
    ]


# -- what a refusal names ----------------------------------------------------------------------------------------------


def refused(model: str, messages: Any = PICTURE, **params: Any) -> CapabilityError:
    with onellm.OneLLM(providers={"venice": {"api_key": KEY}}) as client, pytest.raises(CapabilityError) as caught:
        client.chat.completions.create(model, messages, **params)
    return caught.value


def test_alternatives_are_the_latest_of_the_same_provider() -> None:
    error = refused("venice/llama-3.3-70b")
    assert len(error.alternatives) == 5
    assert all(name.startswith("venice/") for name in error.alternatives)
    dates = [onellm.model_info(name).released or "" for name in error.alternatives]
    assert dates == sorted(dates, reverse=True)
    assert all(
        onellm.supports(name, "vision") and not onellm.model_info(name).deprecated for name in error.alternatives
    )


def test_alternatives_deny_nothing_else_that_was_asked_for() -> None:
    tool: Any = {"type": "function", "function": {"name": "f"}}
    error = refused("venice/hermes-3-llama-3.1-405b", tools=[tool])
    assert error.capability == "vision"
    assert all(onellm.supports(name, "tools") is not False for name in error.alternatives)


def test_other_providers_follow_whose_key_is_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groq's row says that no model of it gives logprobs, and OpenRouter's models do as far as the user says."""
    onellm.register_model("openrouter/knows", capabilities={"logprobs": True})
    onellm.register_model("venice/knows", capabilities={"logprobs": True})
    hello: Any = [{"role": "user", "content": "Hi"}]
    assert refused("groq/m", hello, logprobs=True, api_key="k").alternatives == ("venice/knows",), "a key was given"
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    error = refused("groq/m", hello, logprobs=True, api_key="k")
    assert error.alternatives == ("venice/knows", "openrouter/knows")


def test_a_provider_is_named_once() -> None:
    onellm.register_model("venice/knows", capabilities={"logprobs": True})
    onellm.register_model("venice/lacks", capabilities={"logprobs": False})
    hello: Any = [{"role": "user", "content": "Hi"}]
    assert refused("venice/lacks", hello, logprobs=True).alternatives == ("venice/knows",)


infos = st.lists(
    st.builds(
        lambda number, does, other, gone: ModelInfo(
            f"m{number}", "acme", {Capability.VISION: does, Capability.TOOLS: other}, deprecated=gone
        ),
        st.integers(0, 99),
        *[st.sampled_from([True, False, None])] * 2,
        st.sampled_from([None, "2026-01-01", "2027-01-01"]),
    )
)


NEEDS = Capability.VISION, (Capability.VISION, Capability.TOOLS)


@given(infos)
def test_an_alternative_does_it_and_is_served(rows: list[ModelInfo]) -> None:
    named = list(alternatives(["acme"], lambda _: rows, *NEEDS, TODAY))
    good = [
        info for info in rows
        if info.supports("vision") is True and info.supports("tools") is not False and info.deprecated != "2026-01-01"
    ]  # fmt: skip
    assert named == [info.model for info in sorted(good, key=lambda info: info.deprecated is not None)][:5]
