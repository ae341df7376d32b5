"""Nothing in a request tells which async transport sent it, and none sends more than it was told to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from onellm import (
    APIConnectionError,
    APITimeoutError,
    AsyncOneLLM,
    InvalidRequestError,
    OneLLMError,
    Timeout,
)
from onellm.call import Request
from onellm.transport.choice import async_transport
from tests.support import ONE, End, Wait, chunk, completion, event, serve, streamed, whole
from tests.transport.asking import HI, chat, client, each, pool_of
from tests.transport.peers import OK, listen, read_head


def sent_by(transport: str, ask: Callable[[AsyncOneLLM], Any], **settings: Any) -> bytes:
    """The bytes of a request, as they leave."""
    seen: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        head = read_head(connection)
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        body = b""
        while len(body) < length:
            body += connection.recv(length)
        seen.append(head + body)
        connection.sendall(b"HTTP/1.1 418 No\r\nContent-Length: 0\r\n\r\n")

    with listen(handle) as port:

        async def main() -> None:
            url = settings.pop("base_url", "http://127.0.0.1:{}/v1").format(port)
            async with client(transport, url, max_retries=0, **settings) as asking:
                with contextlib.suppress(OneLLMError):
                    await ask(asking)

        asyncio.run(main())
    return seen[0].replace(str(port).encode(), b"PORT")


@pytest.mark.parametrize(
    "ask",
    [
        lambda asking: asking.chat.completions.create("openai/m", HI, extra_headers={"X-Trace": "a b"}),
        lambda asking: asking.chat.completions.create("openai/m", HI, stream=True),
        lambda asking: asking.chat.completions.create("openai/m", [{"role": "user", "content": "x" * 100_000}]),
        lambda asking: asking.list_models("openai"),
    ],
    ids=["whole", "stream", "large", "get"],
)
@pytest.mark.parametrize("base", ["http://127.0.0.1:{}/v1", "http://127.0.0.1:{}/a%2Fb/ü/%zz/~x"])
def test_the_same_bytes_leave(ask: Callable[[AsyncOneLLM], Any], base: str) -> None:
    """No header is added, left out, renamed or moved; no part of the URL is written differently."""
    ours = sent_by("aiohttp", ask, base_url=base)
    assert ours == sent_by("httpx", ask, base_url=base)
    assert b"aiohttp" not in ours.lower()


@each
def test_no_cookie_comes_back(transport: str) -> None:
    async def main() -> None:
        async with client(transport, server.url) as asking:
            for _ in range(2):
                await asking.chat.completions.create("openai/m", HI)

    with serve(whole(completion(), headers={"Set-Cookie": "session=1; Path=/"})) as server:
        asyncio.run(main())
    assert all("cookie" not in request.headers for request in server.requests)
    assert server.connections == 1


@each
def test_headers_that_would_break_out_of_their_line(transport: str) -> None:
    async def main() -> None:
        sending = async_transport(transport, ONE)  # type: ignore[arg-type]
        for headers in (
            [("X-A", "1\r\nX-B: 2")],
            [("X-A\r\nX-B", "1")],
            [("X A", "1")],
            [("X-A", "\0")],
            [("X-A", "ü")],
        ):
            with pytest.raises(InvalidRequestError) as caught:
                await sending.send(Request("POST", server.url, headers, b"{}"), 1, 1, 1)
            assert "X-B" not in str(caught.value)
        answer = await sending.send(Request("POST", server.url, [("X-A", "a\tb: c"), ("X-E", "")], b"{}"), 1, 1, 1)
        await answer.close()
        await sending.close()

    with serve(OK) as server:
        asyncio.run(main())
        assert (server.requests[0].headers["x-a"], server.requests[0].headers["x-e"]) == ("a\tb: c", "")
        assert len(server.requests) == 1


@each
def test_it_sends_once(transport: str) -> None:
    """aiohttp's session would repeat a GET by itself where a kept connection turns out to be closed."""

    async def main() -> None:
        async with client(transport, server.url, max_retries=0) as asking:
            await asking.list_models("openai")
            with pytest.raises(APIConnectionError) as caught:
                await asking.list_models("openai")
            assert len(caught.value.attempts) == 1

    with serve(whole({"object": "list", "data": []}), [End()]) as server:
        asyncio.run(main())
        assert len(server.requests) == 2


# -- letting go --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def deaf() -> Iterator[tuple[int, threading.Event]]:
    """A port that takes one byte of a request, pauses, and takes the rest; the event tells that it never got it all."""
    gone = threading.Event()

    def handle(connection: socket.socket) -> None:
        taken = len(connection.recv(1))
        time.sleep(0.5)
        with contextlib.suppress(OSError):
            while piece := connection.recv(1 << 20):
                taken += len(piece)
        if taken < 20_000_000:
            gone.set()

    with listen(handle) as port:
        yield port, gone


@each
def test_cancelled_while_a_large_body_is_sent(transport: str) -> None:
    """The rest of it is not sent any more, and the slot is free at once."""
    large = [{"role": "user", "content": "x" * 30_000_000}]

    async def main(port: int, gone: threading.Event) -> None:
        async with client(transport, f"http://127.0.0.1:{port}/v1", connections=ONE) as asking:
            task = asyncio.create_task(asking.chat.completions.create("openai/m", large))
            await asyncio.sleep(0.3)
            began = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - began < 0.1
            pool = pool_of(asking)
            assert pool.slots._value == 1
            assert await asyncio.to_thread(gone.wait, 2)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    with deaf() as (port, gone):
        asyncio.run(main(port, gone))


@each
def test_nobody_takes_the_body(transport: str) -> None:
    large = [{"role": "user", "content": "x" * 30_000_000}]
    with deaf() as (port, _), pytest.raises(APITimeoutError) as caught:
        chat(transport, f"http://127.0.0.1:{port}/v1", large, timeout=Timeout(reply=0.3), max_retries=0)
    assert caught.value.phase == "read"


@each
def test_a_stream_that_outlives_its_loop(transport: str) -> None:
    """Closing it on another loop is of no use, and does no harm."""
    with serve(streamed(event(chunk("a")), Wait(5)), OK) as server:
        asking = client(transport, server.url)
        stream = asyncio.run(asking.chat.completions.create("openai/m", HI, stream=True))
        asyncio.run(stream.close())
        answer = asyncio.run(asking.chat.completions.create("openai/m", HI))
        assert answer.choices[0].message.content == "Hello"
