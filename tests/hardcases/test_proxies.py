"""URL-06: proxies of the environment. tests/transport has the rest of what there is to say on proxies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from onellm import errors
from tests.support import (
    KEY,
    Caller,
    completion,
    serve,
    whole,
)
from tests.surroundings import bare_environment

CALLERS = [pytest.param(Caller("sync"), id="sync"), pytest.param(Caller("async"), id="async")]
both = pytest.mark.parametrize("caller", CALLERS)

ASK: dict[str, Any] = {"model": "openai/m", "messages": [{"role": "user", "content": "Hi"}]}
OK = whole(completion("Hello"))


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


def at(url: str) -> dict[str, dict[str, str]]:
    return {"openai": {"base_url": url, "api_key": KEY}}


@both
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_url_06_the_environments_proxy_is_used(caller: Caller, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(OK) as proxy:
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
        assert caller.chat(at("http://model.example/v1")).choices[0].message.content == "Hello"
        (request,) = proxy.requests
    assert (request.method, request.path) == ("POST", "http://model.example/v1/chat/completions")
    assert request.headers["host"] == "model.example"


@both
def test_url_06_https_goes_through_a_tunnel(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy learns the host and nothing else; that it refuses is one typed error."""
    with serve(whole(b"", 403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        with pytest.raises(errors.APIConnectionError) as caught:
            caller.chat(at("https://model.example/v1"), max_retries=0)
        (request,) = proxy.requests
    assert (request.method, request.path) == ("CONNECT", "model.example:443")
    assert "authorization" not in request.headers
    assert request.body == b""
    assert caught.value.phase == "proxy"


@both
@pytest.mark.parametrize("no_proxy", ["localhost,127.0.0.1", "*", "127.0.0.1:{port}"])
def test_url_06_no_proxy_is_spared(caller: Caller, no_proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(OK) as server:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("NO_PROXY", no_proxy.format(port=server.port))
        assert caller.chat(at(server.url)).choices[0].message.content == "Hello"


@both
def test_url_06_an_own_transport_is_left_alone(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json=completion("mine"))

    options = {"transport": httpx.MockTransport(answer)}
    assert caller.chat(at("http://model.example/v1"), client=options).choices[0].message.content == "mine"
    assert seen == ["http://model.example/v1/chat/completions"]
