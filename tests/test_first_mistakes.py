"""Issue 2, Must hold 9: what people get wrong first gives one typed error with the next step, before sending if it can.

The command line's one line for each of these is tested in tests/cli.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import onellm
from onellm import (
    APIConnectionError,
    AuthenticationError,
    CapabilityError,
    Connections,
    InvalidModelStringError,
    InvalidRequestError,
    MissingAPIKeyError,
    ModelNotFoundError,
    OneLLMError,
    UnknownProviderError,
    UnsupportedParameterError,
)
from onellm.testing.simulator import simulator
from tests.both import HI, Either, story
from tests.support import KEY, ByteServer, Caller, completion, serve, whole
from tests.surroundings import bare_environment
from tests.transport.peers import proxy, stub_resolver

PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest) -> Caller:
    return Caller(request.param)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


def mistake(
    caller: Caller, kind: type[OneLLMError], words: Sequence[str], providers: Any = None, *args: Any, **params: Any
) -> OneLLMError:
    """Make it, whole and streamed: one error of exactly this kind, in one line that says all of this."""
    for stream in (False, True):
        with pytest.raises(OneLLMError) as caught:
            caller.chat(providers, *args, stream=stream, max_retries=0, **params)
        assert type(caught.value) is kind
        text = str(caught.value)
        assert all(word in text for word in words), text
        assert "\n" not in text
        assert re.fullmatch(r"[A-Z`]?.*[.?…]", text), "a sentence"
    return caught.value


def before_sending(caller: Caller, kind: type[OneLLMError], words: Sequence[str], *args: Any, **params: Any) -> None:
    with serve(whole(completion())) as server:
        mistake(caller, kind, words, server.provider(), *args, **params)
        assert server.connections == 0


def test_a_typo_in_the_provider(caller: Caller) -> None:
    before_sending(caller, UnknownProviderError, ["'venise'", "Did you mean 'venice'?"], "venise/zai-org-glm-5")


def test_a_model_without_a_slash(caller: Caller) -> None:
    before_sending(
        caller,
        InvalidModelStringError,
        ["'gpt-4o'", "names no provider", "'provider/model'", "'openai/gpt-4o'"],
        "gpt-4o",
    )


def test_no_model_at_all(caller: Caller) -> None:
    before_sending(caller, InvalidModelStringError, ["No model was given", "model='provider/model'"], "")


@pytest.mark.parametrize(("name", "variable"), [("venice", "VENICE_API_KEY"), ("openai@work", "OPENAI_WORK_API_KEY")])
def test_a_missing_key(caller: Caller, name: str, variable: str) -> None:
    with serve(whole(completion())) as server:
        words = [f"No API key for {name}", f"Set {variable}", f"onellm auth set {name}", "api_key"]
        mistake(caller, MissingAPIKeyError, words, {name: {"base_url": server.url}}, f"{name}/m")
        assert server.connections == 0


def test_a_refused_key(caller: Caller) -> None:
    refusal = {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}
    with serve(whole(refusal, 401)) as server:
        words = ["openai", "401", "Incorrect API key", f"…{KEY[-4:]}", "OPENAI_API_KEY", "onellm auth set openai"]
        error = mistake(caller, AuthenticationError, words, server.provider())
        assert len(server.requests) == 2, "once for each call: a refused key is not tried again"
    assert isinstance(error, AuthenticationError)
    assert (error.status, error.code, error.provider, error.model) == (401, "invalid_api_key", "openai", "m")


def test_an_unknown_parameter(caller: Caller) -> None:
    before_sending(caller, UnsupportedParameterError, ["'temprature'", "'temperature'?"], temprature=0.5)
    before_sending(
        caller, UnsupportedParameterError, ["openai/m", "top_k", "extra_body", "unsupported='drop'"], top_k=3
    )


def test_a_value_of_the_wrong_type_or_size(caller: Caller) -> None:
    before_sending(caller, InvalidRequestError, ["temperature"], temperature="warm")
    before_sending(caller, InvalidRequestError, ["temperature", "2 or less", "openai/m"], temperature=3)
    before_sending(caller, InvalidRequestError, ["messages", "list of messages"], messages="Hello")


def test_a_model_that_is_not_there(caller: Caller) -> None:
    refusal = {"error": {"message": "The model `m` does not exist", "code": "model_not_found"}}
    with serve(whole(refusal, 404)) as server:
        mistake(
            caller, ModelNotFoundError, ["openai", "404", "does not exist", "onellm models openai"], server.provider()
        )


def test_an_image_to_a_model_that_is_known_as_text_only(caller: Caller) -> None:
    """Known from the simulator's /models; the refusal names models that take images."""
    with simulator() as sim:

        async def tell(client: Either) -> None:
            listed = await client.do(client.client.refresh_models, "venice")
            chatting = [info for info in listed if info.supports("chat")]
            blind = next(info.model for info in chatting if info.supports("vision") is False)
            seeing = next(info.model for info in chatting if info.supports("vision"))
            question = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, PICTURE]}]
            sent = len(sim.requests)
            for stream in (False, True):
                with pytest.raises(CapabilityError) as caught:
                    await client.chat(question, model=blind, stream=stream)
                assert str(caught.value).startswith(f"{blind} takes no images; these do: venice/")
                assert seeing in caught.value.alternatives
            assert len(sim.requests) == sent
            assert await client.text(model=blind)

        story(caller.kind, tell, providers=sim.providers)


@pytest.mark.parametrize(
    ("url", "phase", "words"),
    [
        ("http://127.0.0.1:1/v1", "connect", ["127.0.0.1:1", "Is it running"]),
        ("https://api.no-such-host.test/v1", "dns", ["api.no-such-host.test", "not known"]),
    ],
)
def test_a_dead_base_url(
    caller: Caller, url: str, phase: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stub_resolver(monkeypatch)
    error = mistake(caller, APIConnectionError, [*words, "base URL"], {"openai": {"base_url": url, "api_key": KEY}})
    assert isinstance(error, APIConnectionError)
    assert error.phase == phase


def test_a_base_url_that_is_none(caller: Caller) -> None:
    for url in ("localhost:8080", "h/v1", "ftp://h/v1"):
        words = ["is no base URL", "https://host/v1"]
        mistake(caller, onellm.ConfigurationError, words, {"openai": {"base_url": url, "api_key": KEY}})


def test_a_base_url_of_a_web_page(caller: Caller) -> None:
    with serve(whole(b"<html><body>Welcome!</body></html>", content_type="text/html")) as server:
        mistake(caller, onellm.BadResponseError, ["text/html", "Is the base URL right"], server.provider())


def test_a_proxy_that_refuses(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(refuse=b"403 Forbidden") as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url("me:hidden"))
        words = ["proxy", "api.openai.com", "403 Forbidden", "HTTPS_PROXY"]
        error = mistake(caller, APIConnectionError, words, {"openai": {"api_key": KEY}})
        assert "hidden" not in str(error)
        assert len(between.asked) == 2


def test_a_proxy_that_is_not_there(caller: Caller) -> None:
    client = {"connections": Connections(proxy="http://127.0.0.1:1")}
    words = ["proxy", "api.openai.com", "NO_PROXY", "Connections(proxy=…)"]
    mistake(caller, APIConnectionError, words, {"openai": {"api_key": KEY}}, client=client)


def test_a_setting_that_is_none(caller: Caller) -> None:
    words = ["openai has no setting 'key'", "api_key", "base_url"]
    mistake(caller, onellm.ConfigurationError, words, {"openai": {"key": "k"}})


def test_the_server_is_told_nothing_of_a_mistake() -> None:
    """The helper above would see a connection."""
    with serve(whole(completion())) as server:
        Caller("sync").chat(server.provider(), messages=HI)
        assert isinstance(server, ByteServer)
        assert server.connections == 1
