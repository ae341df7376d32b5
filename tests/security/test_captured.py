"""A random key, and everything that can be captured while it is used: it is in its header and nowhere else."""

from __future__ import annotations

import asyncio
import gc
import logging
import pickle
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from onellm import AsyncOneLLM, Connections, OneLLM, OneLLMError
from tests.hunt import Log, assert_clean, hunt
from tests.support import DONE, Answer, End, chunk, completion, event, serve, streamed, whole
from tests.surroundings import bare_environment
from tests.transport.peers import authority, listen, proxy, server_context, tls_front

ways = pytest.mark.parametrize("way", ["blocking", "httpx", "aiohttp"])
LOUD = ("", "onellm", "httpx", "httpcore", "aiohttp", "aiohttp.client", "asyncio", "hpack", "h11", "anyio")
HELLO: list[Any] = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def key() -> str:
    return f"sk-{secrets.token_urlsafe(32)}"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


@pytest.fixture
def log() -> Iterator[Log]:
    """Everything that any library logs."""
    handler = Log()
    before = {name: logging.getLogger(name).level for name in LOUD}
    logging.getLogger().addHandler(handler)
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        logging.getLogger().removeHandler(handler)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


@dataclass
class Tap:
    """Every byte that was sent to a server."""

    port: int = 0
    sent: list[bytes] = field(default_factory=list[bytes])


@contextmanager
def tapped(target: int) -> Iterator[Tap]:
    """A wire to a server, with a tap."""
    tap = Tap()

    def handle(connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", target)) as server:
            back = threading.Thread(target=carry, args=(server, connection, []), daemon=True)
            back.start()
            carry(connection, server, tap.sent)
            back.join(5)

    with listen(handle) as tap.port:
        yield tap


def carry(source: socket.socket, target: socket.socket, seen: list[bytes]) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            seen.append(data)
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def run(way: str, calls: int, ask: dict[str, Any], **options: Any) -> list[Any]:
    """So many calls one after the other; what came of each. asyncio logs whatever it runs."""
    if way == "blocking":
        with OneLLM(**options) as blocking:
            return [outcome(lambda: blocking.chat.completions.create(**ask)) for _ in range(calls)]

    async def main() -> list[Any]:
        asyncio.get_running_loop().slow_callback_duration = 0
        async with AsyncOneLLM(transport=way, **options) as client:  # type: ignore[arg-type]
            found: list[Any] = []
            for _ in range(calls):
                try:
                    answer: Any = await client.chat.completions.create(**ask)
                    found.append(await answer.final() if ask["stream"] else answer)
                except OneLLMError as error:
                    found.append(error)
            return found

    return asyncio.run(main(), debug=True)


def outcome(call: Any) -> Any:
    try:
        answer = call()
        return answer.final() if hasattr(answer, "final") else answer
    except OneLLMError as error:
        return error


def echo(key: str, status: int) -> Answer:
    return whole({"error": {"message": f"Bad key {key}", "param": key, "code": f"x-{key}"}}, status)


@pytest.mark.security("S1", "S2", "S3", "S4", "S7")
@ways
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_key_is_in_its_header_and_nowhere_else(way: str, stream: bool, key: str, log: Log) -> None:
    good = streamed(event(chunk("Hi")), event(chunk(None, "stop")), DONE) if stream else whole(completion())
    with serve(whole(completion())) as elsewhere:
        away = whole(b"", 307, {"Location": f"{elsewhere.url}/chat/completions"})
        script = [good, echo(key, 401), echo(key, 500), echo(key, 200), away, [End()], [End(reset=True)], good]
        with serve(*script) as server, tapped(server.port) as tap:
            providers = {"openai": {"base_url": f"http://127.0.0.1:{tap.port}/v1", "api_key": key}}
            ask = {"model": "openai/m", "messages": HELLO, "stream": stream, "max_retries": 0, "deadline": 10}
            ends = run(way, len(script), ask, providers=providers)
            requests = len(server.requests)
        assert requests == len(script)
        assert elsewhere.connections == 0
    assert [isinstance(end, OneLLMError) for end in ends] == [False, *[True] * 6, False]
    wire = b"".join(tap.sent)
    assert wire.count(b"Authorization: Bearer " + key.encode() + b"\r\n") == wire.count(key.encode()) == requests
    for end in ends:
        if isinstance(end, OneLLMError):
            assert_clean(end, key)
        else:
            assert hunt(end, key) == []
            assert key.encode() not in pickle.dumps(end)
    gc.collect()  # then asyncio logs what nobody closed
    assert log.lines
    assert key not in log.text


@pytest.mark.security("S1", "S4")
@ways
def test_a_proxy_on_the_way_sees_no_key(way: str, key: str, log: Log, tmp_path: Path) -> None:
    ca, path = authority(tmp_path)
    with (
        serve(whole(completion())) as server,
        tls_front(server_context(ca.issue_cert("api.test")), server.port) as secure,
        proxy(secure) as between,
        tapped(between.port) as tap,
    ):
        word = secrets.token_urlsafe(12)
        connections = Connections(verify=path, proxy=f"http://me:{word}@127.0.0.1:{tap.port}")
        providers = {"openai": {"base_url": "https://api.test/v1", "api_key": key}}
        ask = {"model": "openai/m", "messages": HELLO, "stream": False}
        (answer,) = run(way, 1, ask, providers=providers, connections=connections)
        assert answer.choices[0].message.content == "Hello"
        assert server.requests[0].headers["authorization"] == f"Bearer {key}"
        assert "proxy-authorization" not in server.requests[0].headers
    assert b"CONNECT api.test:443" in b"".join(tap.sent)
    assert key.encode() not in b"".join(tap.sent)
    assert key not in log.text
    assert word not in log.text


@pytest.mark.security("S4")
@ways
def test_a_key_in_the_query_of_a_url_is_not_logged(way: str, key: str, log: Log) -> None:
    """As some services take it, where the user writes it into the base URL."""
    with serve(echo(key, 500)) as server:
        providers = {"openai": {"base_url": f"{server.url}?key={key}", "api_key": "sk-another-0123456789"}}
        ask = {"model": "openai/m", "messages": HELLO, "stream": False, "max_retries": 0}
        (end,) = run(way, 1, ask, providers=providers)
    assert isinstance(end, OneLLMError)
    assert key not in log.text
