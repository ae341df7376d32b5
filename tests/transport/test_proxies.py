"""Proxies: of the environment, of the client, around them, and those that refuse (hardcases.md URL-06, ERR-13)."""

from __future__ import annotations

import base64
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from onellm import APIConnectionError, APITimeoutError, ConfigurationError, Connections, OneLLMError
from tests.support import KEY, Caller, Wait, serve
from tests.transport.peers import OK, authority, proxy, server_context, socks, stub_resolver, tls_front

PLAIN: dict[str, Any] = {"openai": {"base_url": "http://api.test/v1", "api_key": KEY}}
SECURE: dict[str, Any] = {"openai": {"base_url": "https://api.test/v1", "api_key": KEY}}
PASSWORD = "pa55-of-the-proxy"


def test_http_proxy(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(OK) as server, proxy(server.port) as between:
        monkeypatch.setenv("HTTP_PROXY", between.url())
        assert caller.chat(PLAIN).choices[0].message.content == "Hello"
    assert between.asked == ["POST http://api.test/v1/chat/completions"]
    assert server.requests[0].headers["host"] == "api.test"


def test_https_proxy_sees_only_the_host(caller: Caller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ca, path = authority(tmp_path)
    context = server_context(ca.issue_cert("api.test"))
    with serve(OK) as server, tls_front(context, server.port) as port, proxy(port) as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url())
        answer = caller.chat(SECURE, client={"connections": Connections(verify=path)})
    assert answer.choices[0].message.content == "Hello"
    assert between.asked == ["CONNECT api.test:443"]
    assert KEY not in between.heads[0]
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_each_scheme_has_its_own_proxy(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(OK) as server, proxy() as other:
        monkeypatch.setenv("HTTPS_PROXY", other.url())
        caller.chat(server.provider())
    assert other.asked == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("spared", ["localhost,127.0.0.1", "127.0.0.1", "*", " example.org , 127.0.0.1"])
def test_no_proxy(caller: Caller, monkeypatch: pytest.MonkeyPatch, spared: str) -> None:
    with serve(OK) as server, proxy() as between:
        monkeypatch.setenv("HTTP_PROXY", between.url())
        monkeypatch.setenv("NO_PROXY", spared)
        caller.chat(server.provider())
    assert between.asked == []
    assert len(server.requests) == 1


def test_no_proxy_spares_subdomains_and_nothing_else(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(OK) as server, proxy(server.port) as between:
        monkeypatch.setenv("ALL_PROXY", between.url())
        monkeypatch.setenv("NO_PROXY", "test")
        stub_resolver(monkeypatch)
        with pytest.raises(APIConnectionError) as caught:
            caller.chat(PLAIN, max_retries=0)
        assert caught.value.phase == "dns"
        caller.chat({"openai": {"base_url": "http://latest/v1", "api_key": KEY}})
    assert between.asked == ["POST http://latest/v1/chat/completions"]


def test_all_proxy(caller: Caller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ca, path = authority(tmp_path)
    context = server_context(ca.issue_cert("api.test"))
    with (
        serve(OK) as server,
        tls_front(context, server.port) as port,
        proxy(port) as secure,
        proxy(server.port) as plain,
    ):
        for between, settings in ((plain, PLAIN), (secure, SECURE)):
            monkeypatch.setenv("ALL_PROXY", between.url())
            caller.chat(settings, client={"connections": Connections(verify=path)})
    assert plain.asked == ["POST http://api.test/v1/chat/completions"]
    assert secure.asked == ["CONNECT api.test:443"]


def test_the_clients_own_proxy_goes_before_the_environment(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(OK) as server, proxy(server.port) as own, proxy() as other:
        monkeypatch.setenv("HTTP_PROXY", other.url())
        monkeypatch.setenv("NO_PROXY", "*")
        caller.chat(PLAIN, client={"connections": Connections(proxy=own.url())})
        caller.chat(PLAIN, client={"connections": Connections(proxy=own.url().removeprefix("http://"))})
    assert len(own.asked) == 2
    assert other.asked == []


def test_the_environment_can_be_left_out(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(OK) as server, proxy() as between:
        monkeypatch.setenv("ALL_PROXY", between.url())
        caller.chat(server.provider(), client={"connections": Connections(trust_env=False)})
    assert between.asked == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_with_a_password(caller: Caller, tmp_path: Path, scheme: str) -> None:
    ca, path = authority(tmp_path)
    context = server_context(ca.issue_cert("api.test"))
    with (
        serve(OK) as server,
        tls_front(context, server.port) as port,
        proxy(server.port if scheme == "http" else port) as between,
    ):
        connections = Connections(proxy=between.url(f"me:{PASSWORD}"), verify=path)
        caller.chat(PLAIN if scheme == "http" else SECURE, client={"connections": connections})
    basic = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    assert f"proxy-authorization: basic {basic}".lower() in between.heads[0].lower()
    assert PASSWORD not in repr(connections)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_that_speaks_tls(caller: Caller, tmp_path: Path, scheme: str) -> None:
    """With the authorities of the client; TLS with the host is within TLS with the proxy."""
    ca, path = authority(tmp_path)
    context, front = server_context(ca.issue_cert("api.test")), server_context(ca.issue_cert("localhost"))
    with (
        serve(OK, OK, [Wait(5)]) as server,
        tls_front(context, server.port) as secure,
        proxy(server.port if scheme == "http" else secure) as between,
        tls_front(front, between.port) as port,
    ):
        settings = PLAIN if scheme == "http" else SECURE
        client = {"connections": Connections(proxy=f"https://localhost:{port}", verify=path)}
        for _ in range(2):
            assert caller.chat(settings, client=client).choices[0].message.content == "Hello"
        with pytest.raises(APITimeoutError):
            caller.chat(settings, client=client, deadline=0.5, max_retries=0)
        with pytest.raises(APIConnectionError, match=r"localhost|certificate|proxy"):
            caller.chat(settings, client={"connections": Connections(proxy=f"https://localhost:{port}")}, max_retries=0)
    asked = "POST http://api.test/v1/chat/completions" if scheme == "http" else "CONNECT api.test:443"
    assert between.asked == [asked] * 3


@pytest.mark.parametrize("refuse", [b"403 Forbidden", b"407 Proxy Authentication Required", b"502 Bad Gateway"])
def test_proxy_that_refuses(caller: Caller, refuse: bytes) -> None:
    with proxy(refuse=refuse) as between:
        connections = Connections(proxy=between.url(f"me:{PASSWORD}"))
        with pytest.raises(APIConnectionError) as caught:
            caller.chat(SECURE, client={"connections": connections}, max_retries=0)
    error = caught.value
    assert error.phase == "proxy"
    assert "api.test" in str(error)
    assert refuse.decode() in str(error)
    assert "HTTPS_PROXY" in str(error)
    assert PASSWORD not in f"{error!r} {error.__cause__!r} {vars(error)}"
    assert len(error.attempts) == len(between.asked) == 1


def test_407_is_the_proxys_word_on_plain_http_too(caller: Caller) -> None:
    with proxy(refuse=b"407 Proxy Authentication Required") as between, pytest.raises(OneLLMError) as caught:
        caller.chat(PLAIN, client={"connections": Connections(proxy=between.url())}, max_retries=0)
    assert isinstance(caught.value, APIConnectionError)
    assert caught.value.phase == "proxy"
    assert "user" in str(caught.value)
    assert "password" in str(caught.value)


@pytest.mark.parametrize("settings", [PLAIN, SECURE], ids=["http", "https"])
@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "no-such-proxy.invalid:8080"])
def test_proxy_that_is_not_there(
    caller: Caller, settings: dict[str, Any], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub_resolver(monkeypatch)
    with proxy() as gone:
        pass
    url = f"http://me:{PASSWORD}@{address.format(port=gone.port)}"
    with pytest.raises(APIConnectionError, match=r"proxy.*HTTPS_PROXY") as caught:
        caller.chat(settings, client={"connections": Connections(proxy=url)}, max_retries=0)
    assert caught.value.phase == "proxy"
    assert PASSWORD not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1:1", f"http://me:{PASSWORD}@127.0.0.1:port"])
def test_proxy_url_that_is_none(caller: Caller, url: str) -> None:
    with pytest.raises(ConfigurationError, match="proxy") as caught:
        caller.chat(PLAIN, client={"connections": Connections(proxy=url)})
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_socks(caller: Caller, tmp_path: Path, scheme: str) -> None:
    """To plain hosts and, by TLS inside, to others; the proxy looks the name up."""
    if os.environ.get("ONELLM_TRANSPORT") == "aiohttp":
        pytest.skip("aiohttp has no SOCKS; test_aiohttp.py has what it says")
    ca, path = authority(tmp_path)
    context = server_context(ca.issue_cert("api.test"))
    with (
        serve(OK) as server,
        tls_front(context, server.port) as port,
        socks(server.port) as plain,
        socks(port) as secure,
    ):
        for settings, between in ((PLAIN, plain), (SECURE, secure)):
            connections = Connections(proxy=f"{scheme}://me:pass%20word@127.0.0.1:{between.port}", verify=path)
            answer = caller.chat(settings, client={"connections": connections})
            assert answer.choices[0].message.content == "Hello"
        caller.chat(PLAIN, client={"connections": Connections(proxy=f"{scheme}://127.0.0.1:{plain.port}")})
    assert plain.asked == ["me:pass word@api.test:80", "api.test:80"]
    assert secure.asked == ["me:pass word@api.test:443"]


def test_socks_without_its_package(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    with pytest.raises(ConfigurationError, match=r"SOCKS.*httpx\[socks\]"):
        caller.chat(PLAIN)


def test_deadline_behind_a_proxy(caller: Caller, tmp_path: Path) -> None:
    """The blocking engine must know the socket inside the tunnel before the answer comes."""
    ca, path = authority(tmp_path)
    context = server_context(ca.issue_cert("api.test"))
    with serve([Wait(5)]) as server, tls_front(context, server.port) as port, proxy(port) as between:
        connections = Connections(proxy=between.url(), verify=path)
        began = time.monotonic()
        with pytest.raises(APITimeoutError):
            caller.chat(SECURE, client={"connections": connections}, deadline=0.5, max_retries=0)
        assert time.monotonic() - began < 2


def test_proxy_that_never_answers_connect(caller: Caller) -> None:
    with serve([Wait(5)]) as silent:
        connections = Connections(proxy=f"http://127.0.0.1:{silent.port}")
        began = time.monotonic()
        with pytest.raises(APITimeoutError):
            caller.chat(SECURE, client={"connections": connections}, deadline=0.5, max_retries=0)
        assert time.monotonic() - began < 2
