"""Asking hosts for their models, and what is remembered of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import onellm
from onellm import ChatCompletion, MissingAPIKeyError
from onellm.api import default
from tests.both import HI, Either, story
from tests.support import KEY, Caller, serve, whole
from tests.surroundings import bare_environment


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


VENICE_MODELS = {"data": [
    {"id": "seer", "type": "text", "model_spec": {
        "availableContextTokens": 131072, "capabilities": {"supportsVision": True, "supportsFunctionCalling": False},
        "pricing": {"input": {"usd": 0.5}, "output": {"usd": 2}}}},
    {"id": "painter", "type": "image", "model_spec": {}},
]}  # fmt: skip
OPENAI_MODELS = {
    "object": "list",
    "data": [{"id": "gpt-9", "object": "model", "created": 1, "owned_by": "x"}, {"x": 1}],
}


def test_list_models(caller: Caller) -> None:
    async def tell(client: Either) -> None:
        seer, painter = await client.do(client.client.list_models, "venice")
        assert (seer.model, seer.context_window, seer.prices.output) == ("venice/seer", 131072, 2)
        assert [seer.supports(word) for word in ("chat", "vision", "tools", "audio_input")] == [True, True, False, None]
        assert (painter.supports("chat"), painter.supports("image_generation")) == (False, True)
        assert seer.as_of == painter.as_of
        (gpt,) = await client.do(client.client.list_models, "openai")
        assert (gpt.model, gpt.context_window, gpt.supports("vision"), gpt.prices) == ("openai/gpt-9", None, None, None)
        assert client.client.model_info("venice/seer") == seer

    with serve(whole(VENICE_MODELS), whole(OPENAI_MODELS)) as server:
        story(caller.kind, tell, providers=server.provider())
        assert [(request.method, request.path) for request in server.requests] == [
            ("GET", "/v1/models?type=all"),
            ("GET", "/v1/models"),
        ]
        assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in server.requests)
        assert all("content-type" not in request.headers for request in server.requests)


def test_list_models_of_all_that_are_configured(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell(client: Either) -> list[str]:
        return [info.model for info in await client.do(client.client.list_models)]

    with serve(whole(OPENAI_MODELS)) as server:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        settings = {"groq@work": {"api_key": KEY, "base_url": server.url}}
        assert story(caller.kind, tell, providers=settings) == ["groq@work/gpt-9", "openai/gpt-9"]


def test_list_models_without_a_key(caller: Caller) -> None:
    async def tell(client: Either) -> None:
        with pytest.raises(MissingAPIKeyError, match="GROQ_API_KEY"):
            await client.do(client.client.list_models, "groq")
        assert await client.do(client.client.list_models) == []

    story(caller.kind, tell)


@pytest.mark.parametrize("body", [b"<html>", b'{"models": []}', b"[1, 2", b"null"])
def test_a_list_of_models_that_is_none(caller: Caller, body: bytes) -> None:
    async def tell(client: Either) -> None:
        with pytest.raises(onellm.BadResponseError, match="no result"):
            await client.do(client.client.list_models, "openai")

    with serve(whole(body)) as server:
        story(caller.kind, tell, providers=server.provider(), max_retries=0)


def test_what_one_profile_lists_says_nothing_of_another(caller: Caller) -> None:
    async def tell(client: Either) -> None:
        await client.do(client.client.refresh_models, "venice@work")
        assert client.client.supports("venice@work/seer", "vision") is True
        assert client.client.supports("venice/seer", "vision") is None

    with serve(whole(VENICE_MODELS)) as server:
        settings = {name: {"api_key": KEY, "base_url": server.url} for name in ("venice", "venice@work")}
        story(caller.kind, tell, providers=settings)


def test_models_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(whole(VENICE_MODELS)) as server:
        monkeypatch.setenv("VENICE_API_KEY", KEY)
        monkeypatch.setenv("VENICE_BASE_URL", server.url)
        assert onellm.supports("venice/seer", "vision") is None
        assert [info.id for info in onellm.list_models("venice")] == ["seer", "painter"]
        assert onellm.supports("venice/seer", "vision") is True
        assert onellm.model_info("venice/painter").supports("chat") is False
        assert [info.id for info in onellm.refresh_models()] == ["seer", "painter"]

        async def main() -> None:
            with pytest.raises(onellm.CapabilityError):
                await ChatCompletion.acreate("venice/painter", HI)
            assert len(await onellm.alist_models("venice")) == len(await onellm.arefresh_models()) == 2
            await default.async_client().close()

        asyncio.run(main())
        default.client().close()
        assert {request.path for request in server.requests} == {"/v1/models?type=all"}
