"""What is known of Venice's models, and what follows: privacy, prices, deprecation; the faces that reach Venice."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import pytest
from onellm_providers.venice import Venice, deprecation
from onellm_providers.venice.deprecation import ModelDeprecationWarning
from onellm_providers.venice.helpers import format_venice_parameters, similarity
from onellm_providers.venice.models import read_model

import onellm
from onellm import Capability, CapabilityError, Embedding, InvalidRequestError, OneLLM, Prices
from tests.providers.venice.calls import EMBEDS, HI, MODEL
from tests.providers.venice.media import Asker, Watched, both
from tests.providers.venice_models import text, usd
from tests.support import KEY, Caller, completion, serve, whole
from tests.wire import call

kinds = pytest.mark.parametrize("kind", ["sync", "async"])


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deprecation, "_told", set())


def known(venice: Watched, **settings: Any) -> Venice:
    """A client that has asked for Venice's models."""
    client = Venice(api_key="sim-key", base_url=venice.url, **settings)
    client.models.refresh()
    venice.sim.requests.clear()
    return client


# -- what a row says ---------------------------------------------------------------------------------------------------


def test_prices_of_long_prompts() -> None:
    row = text("m", "supportsVision")
    row["model_spec"]["pricing"]["extended"] = {
        "context_token_threshold": 200_000, "input": usd(1.4), "output": usd(5.6), "cache_input": usd(0.7),
    }  # fmt: skip
    prices = read_model("venice", row).prices
    assert prices is not None
    assert prices.at(200_001) == Prices(input=1.4, output=5.6, cache_read=0.7)
    assert prices.at(200_000).input == 0.7


def test_what_a_model_takes() -> None:
    info = read_model("venice", text("m", "supportsVision", "supportsVideoInput", "supportsE2EE"))
    assert info.input_modalities == ("text", "image", "video")
    assert (info.supports("e2ee"), info.supports("tee"), info.privacy) == (True, False, "private")
    assert read_model("venice", {"id": "x", "type": "text", "model_spec": {}}).input_modalities is None


@both
def test_refresh_keeps_what_it_learns(ask: Asker, venice: Watched) -> None:
    learned = ask(venice.url, lambda v: v.models.refresh())
    assert venice.last.query == {"type": "all"}
    found = {info.id: info for info in learned}
    assert found[MODEL].supports(Capability.TOOLS)
    assert found[MODEL].as_of


# -- the guard on privacy ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_is_not_private_is_refused(venice: Watched, stream: bool) -> None:
    with known(venice) as client:
        with pytest.raises(CapabilityError, match="is anonymized") as caught:
            client.chat.completions.create("sim-omni", HI, privacy="private", stream=stream)  # type: ignore[call-overload]
        assert caught.value.capability == "privacy"
        with pytest.raises(CapabilityError, match="not known to be private"):
            client.chat.completions.create("no-such-model", HI, privacy="private")
        assert venice.sim.requests == []
        assert client.chat.completions.create(f"{MODEL}:enable_web_search=off", HI, privacy="private").choices
        assert "privacy" not in venice.last.json()
        assert client.chat.completions.create("sim-omni", HI).choices


def test_the_guard_as_a_setting_of_the_client(venice: Watched) -> None:
    with known(venice, privacy="private") as client:
        with pytest.raises(CapabilityError):
            client.chat.completions.create("sim-omni", HI)
        assert client.chat.completions.create(MODEL, HI).choices
        assert client.embeddings.create(EMBEDS, "a").vectors


@kinds
def test_the_guard_in_the_faces(kind: str, venice: Watched) -> None:
    providers = {"venice": {"api_key": "sim-key", "base_url": venice.url}}
    with pytest.raises(CapabilityError):
        Caller(kind).chat(providers, "venice/never-seen", privacy="private")
    with pytest.raises(InvalidRequestError, match="privacy must be"):
        Caller(kind).chat(providers, f"venice/{MODEL}", privacy="secret")
    assert venice.sim.requests == []


# -- deprecation -------------------------------------------------------------------------------------------------------


def told(caught: list[warnings.WarningMessage]) -> list[str]:
    return [str(each.message) for each in caught if issubclass(each.category, ModelDeprecationWarning)]


def test_a_withdrawn_model_warns_once(venice: Watched) -> None:
    with known(venice) as client, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            client.chat.completions.create("sim-retiring", HI)
            list(client.chat.completions.create("sim-retiring", HI, stream=True))
        client.chat.completions.create(MODEL, HI)
    assert told(caught) == ["venice/sim-retiring is deprecated and will be withdrawn on 2027-03-01."]


@both
def test_headers_warn_of_a_model_that_was_not_known(ask: Asker) -> None:
    headers = {
        "x-venice-model-deprecation-warning": "use another", "x-venice-model-deprecation-date": "2027-01-01T00:00:00Z",
        "x-venice-model-id": "old-model",
    }  # fmt: skip
    with serve(whole(completion(), headers=headers)) as server, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            ask(server.url, lambda v: v.chat.completions.create("alias-of-it", HI))
    assert told(caught) == ["venice/old-model is deprecated and will be withdrawn on 2027-01-01: use another."]


@both
def test_an_image_model_that_has_a_replacement(ask: Asker) -> None:
    headers = {"x-venice-deprecated": "true", "x-venice-deprecated-replacement": "new-one"}
    body = {"query": "x", "results": []}
    with serve(whole(body, headers=headers)) as server, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ask(server.url, lambda v: v.augment.search("x"))
    assert told(caught) == ["venice/ is deprecated: use new-one."]


# -- faces -------------------------------------------------------------------------------------------------------------


@kinds
def test_venices_own_parameters_in_the_faces(kind: str, venice: Watched) -> None:
    providers = {"venice": {"api_key": "sim-key", "base_url": venice.url}}
    Caller(kind).chat(providers, f"venice/{MODEL}", enable_web_search="on", character_slug="alan-watts")
    assert venice.last.json()["venice_parameters"] == {"enable_web_search": "on", "character_slug": "alan-watts"}


def test_embeddings_of_the_face(venice: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    with OneLLM(providers={"venice": {"api_key": "sim-key", "base_url": venice.url}}) as client:
        answer = client.embeddings.create(f"venice/{EMBEDS}", ["a", "b"], dimensions=8)
        assert [len(each) for each in answer.vectors] == [8, 8]
    monkeypatch.setenv("VENICE_API_KEY", "sim-key")
    monkeypatch.setenv("VENICE_BASE_URL", venice.url)
    assert len(Embedding.create(f"venice/{EMBEDS}", "a").vectors[0]) == 1024


@pytest.mark.parametrize("tokens", [[1, 2, 3], [[1, 2], [3]]])
def test_token_numbers_are_refused(venice: Watched, tokens: Any) -> None:
    """Hard case EMB-09."""
    with OneLLM(providers={"venice": {"api_key": "sim-key", "base_url": venice.url}}) as client:
        with pytest.raises(InvalidRequestError) as caught:
            client.embeddings.create(f"venice/{EMBEDS}", tokens)
        assert caught.value.param == "input"
    assert venice.sim.requests == []


def test_a_chat_body_with_an_id_of_the_user() -> None:
    assert call("venice", anon_user_id="user-7").json["anon_user_id"] == "user-7"
    with pytest.raises(InvalidRequestError):
        call("venice", anon_user_id="a||b")


# -- helpers -----------------------------------------------------------------------------------------------------------


def test_similarity() -> None:
    assert similarity([1, 0], [1, 0]) == 1
    assert similarity([1, 0], [0, 2]) == 0
    assert similarity([3, 4], [-3, -4]) == pytest.approx(-1)
    for wrong in (([1], [1, 2]), ([], []), ([0, 0], [1, 1])):
        with pytest.raises(InvalidRequestError):
            similarity(*wrong)


def test_parameters_for_other_clients() -> None:
    assert format_venice_parameters(enable_web_search=True, character_slug="alan-watts", disable_thinking=None) == {
        "venice_parameters": {"enable_web_search": "on", "character_slug": "alan-watts"}
    }
    with pytest.raises(InvalidRequestError):
        format_venice_parameters(enable_web_search="yes")  # type: ignore[arg-type]
    assert "character_slug" in inspect.signature(format_venice_parameters).parameters


def test_the_client_shows_no_key() -> None:
    client = Venice(api_key=KEY)
    assert KEY not in repr(vars(client))
    assert onellm.get_provider("venice", api_key=KEY).name == "venice"
