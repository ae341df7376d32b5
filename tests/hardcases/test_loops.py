"""URL-08: event loops, threads and forked processes that share a client."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import select
import signal
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onellm import AsyncOneLLM, ChatCompletion, OneLLM
from onellm.async_engine import AsyncEngine
from onellm.call import Lane, Work
from onellm.engine import Engine
from onellm.options import Options
from onellm.transport.base import Connections
from tests.support import (
    DONE,
    KEY,
    ONE,
    ByteServer,
    Caller,
    Piece,
    Wait,
    _read_request,
    chunk,
    completion,
    event,
    serve,
    streamed,
    whole,
)
from tests.surroundings import bare_environment
from tests.transport.peers import listen

CALLERS = [pytest.param(Caller("sync"), id="sync"), pytest.param(Caller("async"), id="async")]
both = pytest.mark.parametrize("caller", CALLERS)

ASK: dict[str, Any] = {"model": "openai/m", "messages": [{"role": "user", "content": "Hi"}]}
OK = whole(completion("Hello"))


@contextlib.contextmanager
def echoing() -> Iterator[ByteServer]:
    """A server that answers with the seed it was sent."""
    server = ByteServer([])

    def handle(connection: socket.socket) -> None:
        server.connections += 1
        with connection.makefile("rb") as reader:
            while (request := _read_request(reader)) is not None:
                server.requests.append(request)
                text = f"seed {request.json['seed']}"
                parts = streamed(event(chunk(text, finish="stop")), DONE)
                answer = parts if request.json.get("stream") else whole(completion(text))
                connection.sendall(b"".join(piece for piece in answer if isinstance(piece, bytes)))

    with listen(handle) as server.port:
        yield server


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


def at(url: str) -> dict[str, dict[str, str]]:
    return {"openai": {"base_url": url, "api_key": KEY}}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_url_08_blocking_inside_a_running_loop(stream: bool) -> None:
    """As in a notebook: no loop of its own is started, so none is in the way."""

    async def main(client: OneLLM) -> str:
        answer: Any = client.chat.completions.create(**ASK, stream=stream)
        answer = answer.final() if stream else answer
        text: str = answer.choices[0].message.content
        return text

    good = streamed(event(chunk("Hello", finish="stop")), DONE) if stream else OK
    with serve(good) as server, OneLLM(providers=server.provider()) as client:
        for _ in range(2):
            assert asyncio.run(main(client)) == "Hello"


@pytest.mark.parametrize("closes", [False, True], ids=["left open", "closed"])
def test_url_08_one_client_in_two_runs(closes: bool) -> None:
    """The second run meets none of the connections of the first, whose loop is closed."""

    async def main(client: AsyncOneLLM) -> None:
        for _ in range(2):
            assert (await client.chat.completions.create(**ASK)).choices[0].message.content == "Hello"
        if closes:
            await client.close()

    with serve(OK) as server, warnings.catch_warnings():
        if closes:
            warnings.simplefilter("error")
        else:
            warnings.simplefilter("ignore", ResourceWarning)
        client = AsyncOneLLM(providers=server.provider())
        for number in (1, 2, 3, 4):
            asyncio.run(main(client))
            assert server.connections == number
            gc.collect()
            assert wait_until(lambda: server.open <= 2), "connections of closed loops pile up"
        del client
        gc.collect()
        assert server.wait_closed()


def wait_until(state: Callable[[], bool], seconds: float = 2) -> bool:
    limit = time.monotonic() + seconds
    while not state() and time.monotonic() < limit:
        time.sleep(0.005)
    return state()


def test_url_08_loops_in_threads() -> None:
    """One async client on four loops at once."""
    results: list[str] = []

    async def main(client: AsyncOneLLM) -> None:
        answers = await asyncio.gather(*(client.chat.completions.create(**ASK) for _ in range(5)))
        results.extend(str(answer.choices[0].message.content) for answer in answers)
        await client.close()

    with serve(OK) as server:
        client = AsyncOneLLM(providers=server.provider())
        threads = [threading.Thread(target=lambda: asyncio.run(main(client))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert results == ["Hello"] * 20
        assert server.wait_closed()


def test_url_08_fifty_threads_with_one_client() -> None:
    """All at once, whole and streamed; each gets its own answer over at most ten connections."""
    barrier = threading.Barrier(50)
    wrong: list[Any] = []

    def ask(client: OneLLM, number: int) -> None:
        try:
            barrier.wait(10)
            for turn in range(4):
                answer: Any = client.chat.completions.create(**ASK, seed=number, stream=bool(turn % 2))
                answer = answer.final() if turn % 2 else answer
                if answer.choices[0].message.content != f"seed {number}":
                    wrong.append(answer)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test must fail
            wrong.append(error)

    ten = Connections(max_connections=10)
    with echoing() as server, OneLLM(providers=at(server.url), connections=ten) as client:
        threads = [threading.Thread(target=ask, args=(client, number)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert wrong == []
        assert len(server.requests) == 200
        assert server.connections <= 10
        transport: Any = client._engine._transport
        assert len(transport._slots) == 10


def test_url_08_the_process_wide_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ChatCompletion.acreate` in two runs, `create` inside a third."""

    async def ask() -> str:
        return str((await ChatCompletion.acreate(**ASK)).choices[0].message.content)

    async def block() -> str:
        return str(ChatCompletion.create(**ASK).choices[0].message.content)

    with serve(OK) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert [asyncio.run(ask()), asyncio.run(ask()), asyncio.run(block())] == ["Hello"] * 3
        gc.collect()


# -- processes --------------------------------------------------------------------------------------------------------


def in_child(run: Callable[[], Any]) -> Any:
    """What it gives in a forked child; None if that takes longer than 20 seconds."""
    out, into = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # from 3.12 on, of forking while the server has threads
        child = os.fork()
    if child == 0:
        try:
            os.write(into, json.dumps(run()).encode())
        except BaseException as error:  # noqa: BLE001 - the child must not return into pytest
            os.write(into, json.dumps(repr(error)).encode())
        finally:
            os._exit(0)
    os.close(into)
    try:
        if not select.select([out], [], [], 20)[0]:
            os.kill(child, signal.SIGKILL)
            return None
        return json.loads(os.read(out, 65536))
    finally:
        os.close(out)
        os.waitpid(child, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_url_08_fork_after_use() -> None:
    """gunicorn's preload: the child opens sockets of its own, and the parent's connections are unharmed."""
    with serve(OK) as server, asyncio.Runner() as runner:
        blocking = OneLLM(providers=server.provider())
        awaiting = AsyncOneLLM(providers=server.provider())

        def ask_blocking() -> str:
            return str(blocking.chat.completions.create(**ASK).choices[0].message.content)

        async def ask_awaiting() -> str:
            return str((await awaiting.chat.completions.create(**ASK)).choices[0].message.content)

        assert [ask_blocking(), runner.run(ask_awaiting())] == ["Hello"] * 2
        assert server.connections == 2
        said = in_child(lambda: [ask_blocking(), asyncio.run(ask_awaiting()), ask_blocking()])
        assert said == ["Hello"] * 3
        assert server.connections == 4
        assert [ask_blocking(), runner.run(ask_awaiting())] == ["Hello"] * 2
        assert server.connections == 4
        blocking.close()
        runner.run(awaiting.close())
        assert server.wait_closed()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_url_08_fork_while_in_use() -> None:
    """A stream is open in the parent and all slots are taken: neither reaches the child, nor the child the stream."""
    pieces: list[Piece] = [event(chunk("a")), Wait(1), event(chunk("b", finish="stop")), DONE]
    with serve(streamed(*pieces), OK) as server, OneLLM(providers=server.provider(), connections=ONE) as client:

        def ask() -> str:
            return str(client.chat.completions.create(**ASK).choices[0].message.content)

        stream = client.chat.completions.create(**ASK, stream=True)
        assert next(stream).choices[0].delta.content == "a"
        assert in_child(lambda: [ask(), stream.close(), ask()]) == ["Hello", None, "Hello"]
        assert stream.final().choices[0].message.content == "ab"
        assert server.connections == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_url_08_fork_after_work() -> None:
    """A model in memory: its lane has no thread in the child until it is used there, and nobody holds it."""
    lane = Lane()

    async def work() -> int:
        async with AsyncEngine() as engine:
            return await engine.run(Work(lambda: 7, lane), Options(deadline=5))

    with Engine() as engine:
        assert [asyncio.run(work()), engine.run(Work(lambda: 8, lane))] == [7, 8]
        assert in_child(lambda: [asyncio.run(work()), engine.run(Work(lambda: 8, lane))]) == [7, 8]
        with lane.lock:
            assert in_child(lambda: engine.run(Work(lambda: 9, lane), Options(deadline=5))) == 9
        assert asyncio.run(work()) == 7
