"""The second transport: how it is chosen, and what it alone does.

With `ONELLM_TRANSPORT=aiohttp` the suites of engines and transports run on it; what both transports are alike in is in
test_same_requests.py and test_same_answers.py.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

import onellm
from onellm import APITimeoutError, AsyncOneLLM, ConfigurationError, Connections, OneLLMError
from onellm.call import Request
from onellm.transport.aiohttp import AIOHTTPTransport
from tests.support import KEY, ONE, Wait, completion, serve, streamed
from tests.transport.asking import HI, chat, client, pool_of
from tests.transport.peers import OK, authority, listen, proxy, server_context, tls_front


def used(asking: AsyncOneLLM) -> str:
    return type(asking._engine._transport).__name__


# -- choosing ----------------------------------------------------------------------------------------------------------


def test_nothing_chooses_it_but_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONELLM_TRANSPORT", raising=False)
    assert used(AsyncOneLLM()) == "AsyncHTTPCoreTransport"
    assert used(AsyncOneLLM(transport="aiohttp")) == "AIOHTTPTransport"
    monkeypatch.setenv("ONELLM_TRANSPORT", "")
    assert used(AsyncOneLLM()) == "AsyncHTTPCoreTransport"
    monkeypatch.setenv("ONELLM_TRANSPORT", "aiohttp")
    assert used(AsyncOneLLM()) == "AIOHTTPTransport"
    assert used(AsyncOneLLM(transport="httpx")) == "AsyncHTTPCoreTransport"
    own = httpx.MockTransport(lambda request: httpx.Response(200, json=completion()))
    assert used(AsyncOneLLM(transport=own)) == "AsyncBorrowed"


def test_the_environment_is_read_when_a_client_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONELLM_TRANSPORT", raising=False)
    before = AsyncOneLLM()
    monkeypatch.setenv("ONELLM_TRANSPORT", "aiohttp")
    with serve(OK) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        asyncio.run(before.chat.completions.create("openai/m", HI, api_key=KEY))
    assert used(before) == "AsyncHTTPCoreTransport"


@pytest.mark.parametrize("made", [AsyncOneLLM, onellm.OneLLM])
def test_a_transport_that_is_none(monkeypatch: pytest.MonkeyPatch, made: Callable[..., object]) -> None:
    with pytest.raises(ConfigurationError, match=r"transport='requests' is no transport.*httpx, httpx2, aiohttp"):
        made(transport="requests")
    monkeypatch.setenv("ONELLM_TRANSPORT", "aiohtpp")
    with pytest.raises(ConfigurationError, match=r"ONELLM_TRANSPORT='aiohtpp' is no transport.*httpx, httpx2, aiohttp"):
        made()


def test_the_blocking_client_has_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment may speak of the async clients of a program; an argument cannot."""
    monkeypatch.setenv("ONELLM_TRANSPORT", "aiohttp")
    with serve(OK) as server, onellm.OneLLM(providers=server.provider(), transport="httpx") as blocking:
        assert blocking.chat.completions.create("openai/m", HI).choices[0].message.content == "Hello"
    onellm.OneLLM().close()
    with pytest.raises(ConfigurationError, match=r"async only.*AsyncOneLLM"):
        onellm.OneLLM(transport="aiohttp")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(ConfigurationError, match=r"extra 'fast'.*pip install aiohttp"):
        AsyncOneLLM(transport="aiohttp")


def test_httpx_does_not_load_it() -> None:
    with serve(OK) as server:
        code = f"""
import asyncio, sys, onellm
async def main():
    async with onellm.AsyncOneLLM(providers={server.provider()!r}) as client:
        await client.chat.completions.create("openai/m", {HI!r})
asyncio.run(main())
print([name for name in sys.modules if "aiohttp" in name])
"""
        environment = {"PATH": ""}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_answer_before_the_request_was_taken() -> None:
    """It is read, and its connection is not used again: half a request still waits on it."""

    read = threading.Event()

    def refuse(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        read.wait(10)  # closing with half a request unread is a reset, which may overtake the answer

    async def main(port: int) -> None:
        async with client("aiohttp", f"http://127.0.0.1:{port}/v1", connections=ONE, max_retries=0) as asking:
            with pytest.raises(OneLLMError, match="413"):
                await asking.chat.completions.create("openai/m", [{"role": "user", "content": "x" * 20_000_000}])
            pool = pool_of(asking)
            assert pool.slots._value == 1
            assert not any(pool.idle.values())
        read.set()

    with listen(refuse) as port:
        asyncio.run(main(port))


def test_closing_a_finished_answer_leaves_the_next_one_its_limit() -> None:
    """The timer of an answer that came to its end is the next one's."""

    async def main(url: str) -> None:
        transport = AIOHTTPTransport(Connections())
        done = await transport.send(Request("GET", url, [], b""), 1, 1, 1)
        while await done.read(1):
            pass
        silent = await transport.send(Request("GET", url, [], b""), 1, 1, 1)
        reading = asyncio.ensure_future(silent.read(0.2))
        await asyncio.sleep(0.05)
        await done.close()
        began = time.monotonic()
        with pytest.raises(APITimeoutError):
            await reading
        assert time.monotonic() - began < 1
        await transport.close()

    silent = streamed(Wait(3))
    with serve(OK, silent) as server:
        asyncio.run(main(server.url))


# -- around it ---------------------------------------------------------------------------------------------------------


def test_a_proxy_behind_tls(tmp_path: Path) -> None:
    """To a plain host, and with TLS inside TLS."""
    ca, path = authority(tmp_path)
    connections = Connections(verify=path)
    with (
        serve(OK) as server,
        tls_front(server_context(ca.issue_cert("api.test")), server.port) as secure,
        proxy(server.port) as plain,
        proxy(secure) as tunnel,
        tls_front(server_context(ca.issue_cert("127.0.0.1")), plain.port) as one,
        tls_front(server_context(ca.issue_cert("127.0.0.1")), tunnel.port) as other,
    ):
        for url, port in (("http://api.test/v1", one), ("https://api.test/v1", other)):
            through = Connections(verify=connections.verify, proxy=f"https://me:word@127.0.0.1:{port}")
            answer = chat("aiohttp", url, client={"connections": through}, max_retries=0)
            assert answer.choices[0].message.content == "Hello"
    assert plain.asked == ["POST http://api.test/v1/chat/completions"]
    assert tunnel.asked == ["CONNECT api.test:443"]
    for between in (plain, tunnel):
        assert "Proxy-Authorization: Basic bWU6d29yZA==" in between.heads[0]


def test_socks_is_for_httpx() -> None:
    connections = Connections(proxy="socks5://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match=r"SOCKS.*transport='httpx'.*httpx\[socks\]"):
        chat("aiohttp", "http://127.0.0.1:1/v1", client={"connections": connections})
