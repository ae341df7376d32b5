"""`block_network`: nothing connects beyond this machine, in any kind of code; afterwards everything is as before."""

from __future__ import annotations

import asyncio
import concurrent.futures
import http.client
import socket
import ssl
import threading
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import httpx
import pytest

from onellm.testing import NetworkBlocked, block_network
from tests.support import KEY, Caller, completion, serve, whole
from tests.wire import both

NAMES = ("connect", "connect_ex", "sendto", "sendmsg")
ELSEWHERE = ["192.0.2.1", "2001:db8::1", "api.openai.com", "localhost.example.com", "10.0.0.1", "::ffff:192.0.2.1"]
HERE = ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST.", "::1", "::ffff:127.0.0.1"]


def state() -> list[Any]:
    return [*(getattr(socket.socket, name) for name in NAMES), socket.getaddrinfo, anyio.connect_tcp]


@pytest.fixture(autouse=True)
def everything_is_restored() -> Iterator[None]:
    before = state()
    yield
    assert state() == before
    assert not set(NAMES) & set(vars(socket.socket))


@pytest.fixture
def port() -> Iterator[int]:
    with serve(whole(completion())) as server:
        yield server.port


def connect(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(1)
        sock.connect((host, port))


@pytest.mark.parametrize("host", ELSEWHERE)
def test_elsewhere(host: str) -> None:
    with block_network():
        with pytest.raises(NetworkBlocked, match="blocked by block_network") as caught:
            connect(host, 443)
        assert f"{host}:443" in str(caught.value)
        with pytest.raises(NetworkBlocked):
            socket.create_connection((host, 443), 1)


@pytest.mark.parametrize("host", HERE)
def test_here(host: str, port: int) -> None:
    with block_network():
        try:
            connect(host, port)
        except OSError:  # no such address on this machine, or nobody listens there; yet it was let through
            assert host not in ("127.0.0.1", "localhost")
    with block_network(loopback=False), pytest.raises(NetworkBlocked):
        connect(host, port)


def test_datagrams() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        with block_network():
            sock.sendto(b"x", sock.getsockname())
            assert sock.recv(1) == b"x"
            sends: list[Callable[[], object]] = [
                lambda: sock.sendto(b"x", ("192.0.2.1", 53)),
                lambda: sock.sendto(b"x", 0, ("192.0.2.1", 53)),
                lambda: sock.sendmsg([b"x"], (), 0, ("192.0.2.1", 53)),
                lambda: sock.connect_ex(("192.0.2.1", 53)),
            ]
            for send in sends:
                with pytest.raises(NetworkBlocked):
                    send()


def test_an_open_connection_stays_open(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as sock, block_network(loopback=False):
        sock.sendmsg([b"GET / HTTP/1.1\r\n"])
        sock.sendall(b"\r\n")
        assert sock.recv(8) == b"HTTP/1.1"


def test_unix_sockets_are_here(tmp_path: Path) -> None:
    place = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen()
        with block_network(), socket.socket(socket.AF_UNIX) as sock:
            sock.connect(place)
        with block_network(loopback=False), socket.socket(socket.AF_UNIX) as sock, pytest.raises(NetworkBlocked):
            sock.connect(place)


def urllib_get(url: str) -> None:
    urllib.request.urlopen(url, timeout=1)


def http_client(url: str) -> None:
    http.client.HTTPSConnection(httpx.URL(url).host, timeout=1).request("GET", "/")


def with_tls(url: str) -> None:
    with ssl.create_default_context().wrap_socket(socket.socket(), server_hostname="h") as sock:
        sock.connect((httpx.URL(url).host, 443))


@pytest.mark.parametrize("url", ["http://192.0.2.1/", "http://api.openai.com/"])
@pytest.mark.parametrize("get", [httpx.get, urllib_get, http_client, with_tls])
def test_blocking_libraries(get: Callable[[str], object], url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with block_network(), pytest.raises(NetworkBlocked):
        get(url)


async def ahttpx(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(url)


async def aiohttp_get(url: str) -> None:
    async with aiohttp.ClientSession() as client, client.get(url):
        pass


async def streams(url: str) -> None:
    await asyncio.open_connection(httpx.URL(url).host, 80)


async def in_a_thread(url: str) -> None:
    await asyncio.to_thread(connect, httpx.URL(url).host, 80)


async def datagrams(url: str) -> None:
    address = (httpx.URL(url).host, 53)
    await asyncio.get_running_loop().create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=address)


@pytest.mark.parametrize("url", ["http://192.0.2.1/", "http://api.openai.com/"])
@pytest.mark.parametrize("get", [ahttpx, aiohttp_get, streams, in_a_thread, datagrams])
def test_asyncio_libraries(get: Callable[[str], Awaitable[None]], url: str) -> None:
    async def main() -> None:
        with block_network():
            await get(url)

    with pytest.raises(NetworkBlocked):
        asyncio.run(main())


@both
@pytest.mark.parametrize("base_url", ["https://api.openai.com/v1", "http://192.0.2.1/v1"])
def test_a_client_says_so_at_once(caller: Caller, base_url: str) -> None:
    settings = {"openai": {"api_key": KEY, "base_url": base_url}}
    with block_network(), pytest.raises(NetworkBlocked):
        caller.chat(settings, client={"max_retries": 5})


@both
def test_a_client_on_loopback_works(caller: Caller) -> None:
    with serve(whole(completion())) as server, block_network():
        assert caller.chat(server.provider()).choices[0].message.content == "Hello"


def test_servers_and_lookups_of_this_machine_work() -> None:
    async def main() -> None:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "0.0.0.0", 0)
        reader, writer = await asyncio.open_connection("localhost", server.sockets[0].getsockname()[1])
        assert await reader.read() == b""
        writer.close()
        server.close()

    with block_network():
        asyncio.run(main())
        assert socket.getaddrinfo(None, 80)
        assert socket.getaddrinfo("192.0.2.1", 80)
        assert socket.getaddrinfo(host=b"localhost", port=80)


def test_guards_within_guards_and_in_several_threads(port: int) -> None:
    with block_network():
        with block_network(loopback=False), pytest.raises(NetworkBlocked):
            connect("127.0.0.1", port)
        connect("127.0.0.1", port)
        with pytest.raises(NetworkBlocked):
            connect("192.0.2.1", port)
    barrier = threading.Barrier(8)

    def guarded() -> None:
        with block_network():
            barrier.wait()
            with pytest.raises(NetworkBlocked):
                connect("192.0.2.1", port)

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        for future in [threads.submit(guarded) for _ in range(8)]:
            future.result()


def test_as_a_decorator_and_when_the_block_raises() -> None:
    @block_network()
    def fetch() -> None:
        connect("192.0.2.1", 80)

    for _ in range(2):
        with pytest.raises(NetworkBlocked):
            fetch()


def test_somebody_elses_patch_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def theirs(*_: Any, **__: Any) -> list[Any]:
        return []

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", theirs)
        with block_network():
            assert socket.getaddrinfo is not theirs
            assert socket.getaddrinfo("localhost", 80) == []
        assert socket.getaddrinfo is theirs
