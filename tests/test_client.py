"""Clients: defaults and what a call puts in their place, settings per call, models, the process's own clients."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import onellm
from onellm import (
    APITimeoutError,
    AsyncOneLLM,
    ChatCompletion,
    InvalidModelStringError,
    InvalidRequestError,
    OneLLM,
    RateLimitError,
    RetryPolicy,
    Timeout,
    UnsupportedParameterError,
)
from onellm.api import default
from tests.both import HI, Either, story
from tests.support import DONE, KEY, ByteServer, Caller, Wait, chunk, completion, event, serve, streamed, whole
from tests.surroundings import bare_environment

BUSY = whole({"error": {"message": "slow down"}}, 429)


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest) -> Caller:
    return Caller(request.param)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    bare_environment(monkeypatch, tmp_path)
    monkeypatch.setattr(default, "_catalogue", onellm.capabilities.Catalogue())
    default.client.cache_clear()
    default.async_client.cache_clear()
    yield
    default.client.cache_clear()
    default.async_client.cache_clear()


# -- defaults ----------------------------------------------------------------------------------------------------------


def test_a_default_model(caller: Caller) -> None:
    with serve(whole(completion())) as server:
        caller.chat(server.provider(), "", client={"model": "openai/default"})
        caller.chat(server.provider(), "openai/other", client={"model": "openai/default"})
        assert [request.json["model"] for request in server.requests] == ["default", "other"]
        with pytest.raises(InvalidModelStringError, match=r"model='provider/model'.*default"):
            caller.chat(server.provider(), "")


def test_default_limits(caller: Caller) -> None:
    options: dict[str, Any]
    with serve([Wait(5)]) as server:
        for options, phase in (
            ({"client": {"deadline": 0.2}}, "deadline"),
            ({"client": {"timeout": 0.2}}, "read"),
            ({"client": {"timeout": 60, "deadline": 60}, "timeout": 0.2}, "read"),
            ({"client": {"timeout": Timeout(), "deadline": 60}, "deadline": 0.2}, "deadline"),
            ({"client": {"timeout": 0.1}, "timeout": None, "deadline": 0.2}, "deadline"),
        ):
            began = time.monotonic()
            with pytest.raises(APITimeoutError) as caught:
                caller.chat(server.provider(), max_retries=0, **options)
            assert 0.15 < time.monotonic() - began < 1.5
            assert caught.value.phase == phase, options


@pytest.mark.parametrize(
    ("client", "call", "attempts"),
    [({}, {}, 3), (1, {}, 2), (0, {}, 1), (4, 1, 2), (RetryPolicy(1, base=0), {}, 2), (0, RetryPolicy(3, base=0), 4)],
)
def test_default_retries(caller: Caller, client: Any, call: Any, attempts: int) -> None:
    options: dict[str, Any] = {} if client == {} else {"client": {"max_retries": client}}
    if call != {}:
        options["max_retries"] = call
    with serve(whole({"error": {"message": "slow down"}}, 429, {"Retry-After": "0"})) as server:
        with pytest.raises(RateLimitError) as caught:
            caller.chat(server.provider(), **options)
        assert len(server.requests) == len(caught.value.attempts) == attempts


def test_wrong_defaults_are_told_when_the_client_is_made() -> None:
    wrong: Any
    for wrong in ({"timeout": -1}, {"deadline": 0}, {"max_retries": -1}, {"timeout": "30"}):
        for kind in (OneLLM, AsyncOneLLM):
            with pytest.raises(onellm.ConfigurationError):
                kind(**wrong)


def test_what_the_service_does_not_take(caller: Caller) -> None:
    with serve(whole(completion())) as server:
        with pytest.raises(UnsupportedParameterError, match="logit_bias") as caught:
            caller.chat(server.provider(), "venice/m", logit_bias={"1": 2})
        assert caught.value.param == "logit_bias"
        assert server.requests == []
        options: dict[str, Any]
        for options in ({"unsupported": "drop"}, {"client": {"unsupported": "drop"}}):
            answer = caller.chat(server.provider(), "venice/m", logit_bias={"1": 2}, seed=3, **options)
            assert answer.dropped_params == ("logit_bias",)
            assert (server.requests[-1].json.get("logit_bias"), server.requests[-1].json["seed"]) == (None, 3)
        dropping = {"unsupported": "drop"}
        with pytest.raises(UnsupportedParameterError):
            caller.chat(server.provider(), "venice/m", client=dropping, logit_bias={"1": 2}, unsupported="raise")
        with pytest.raises(InvalidRequestError, match="unsupported"):
            caller.chat(server.provider(), unsupported="ignore")


def test_extra_body_wins(caller: Caller) -> None:
    with serve(whole(completion())) as server:
        caller.chat(server.provider(), temperature=0.5, extra_body={"temperature": 9, "brand_new": {"a": [1]}})
        body = server.requests[0].json
        assert (body["temperature"], body["brand_new"]) == (9, {"a": [1]})
        for name in ("model", "messages", "stream"):
            with pytest.raises(InvalidRequestError, match=f"extra_body cannot set {name}"):
                caller.chat(server.provider(), extra_body={name: "x"})


# -- settings of one call ----------------------------------------------------------------------------------------------


def test_a_key_and_a_base_url_of_one_call(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call's, then the client's, then the environment's."""
    monkeypatch.setenv("OPENAI_API_KEY", "k-environment")
    with serve(whole(completion())) as one, serve(whole(completion())) as other:

        async def tell(client: Either) -> None:
            await client.chat()
            await client.chat(api_key="k-call")
            await client.chat(api_key="k-call", base_url=other.url)
            await client.chat(base_url=other.url)
            await client.chat(api_key="", base_url=None)
            await client.chat(model="openai@none/m", api_key="k-none", base_url=other.url)

        story(caller.kind, tell, providers={"openai": {"base_url": one.url, "api_key": "k-client"}})
        caller.chat({"openai": {"base_url": one.url}})
    keys = [[request.headers["authorization"][7:] for request in server.requests] for server in (one, other)]
    assert keys == [["k-client", "k-call", "k-client", "k-environment"], ["k-call", "k-client", "k-none"]]
    assert "api_key" not in one.requests[1].json


def test_clients_do_not_share_settings(caller: Caller) -> None:
    with serve(whole(completion())) as server:
        for key in ("k-1", "k-2"):
            caller.chat({"openai": {"base_url": server.url, "api_key": key}})
        assert [request.headers["authorization"] for request in server.requests] == ["Bearer k-1", "Bearer k-2"]


def test_the_callers_settings_are_not_changed(caller: Caller) -> None:
    with serve(whole(completion())) as server:
        given = {"openai": {"base_url": server.url, "api_key": KEY}}
        headers, extra, messages = {"X-A": "1"}, {"X-B": "2"}, [dict(HI[0])]
        caller.chat(given, messages=messages, client={"headers": headers}, extra_headers=extra)
    assert given == {"openai": {"base_url": server.url, "api_key": KEY}}
    assert (headers, extra, messages) == ({"X-A": "1"}, {"X-B": "2"}, HI)


def test_client_layout_and_context() -> None:
    with OneLLM() as client:
        assert client.chat.completions.create.__doc__
    assert asyncio.iscoroutinefunction(AsyncOneLLM().chat.completions.create)

    async def main() -> None:
        async with AsyncOneLLM() as awaiting:
            await awaiting.close()

    asyncio.run(main())


def test_an_unknown_provider_in_the_settings_is_told_at_once() -> None:
    with pytest.raises(onellm.UnknownProviderError, match="'venice'"):
        OneLLM(providers={"venise": {"api_key": "k"}})


# -- the process's own clients -----------------------------------------------------------------------------------------


def use(server: ByteServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENICE_API_KEY", KEY)
    monkeypatch.setenv("VENICE_BASE_URL", server.url)


def test_create_and_acreate(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [whole(completion()), streamed(event(chunk("Hi", "stop")), DONE)] * 2
    with serve(*answers) as server:
        use(server, monkeypatch)
        assert ChatCompletion.create("venice/m", HI, temperature=0).choices[0].message.content == "Hello"
        assert ChatCompletion.create(model="venice/m", messages=HI, stream=True).final().meta.provider == "venice"

        async def main() -> None:
            answer = await ChatCompletion.acreate(model="venice/m", messages=HI, seed=7)
            assert answer.choices[0].message.content == "Hello"
            async with await ChatCompletion.acreate("venice/m", HI, stream=True) as stream:
                assert (await stream.final()).choices[0].message.content == "Hi"
            await default.async_client().close()

        asyncio.run(main())
        default.client().close()
        assert server.wait_closed()
        assert server.requests[0].json == {"model": "m", "messages": HI, "temperature": 0}
