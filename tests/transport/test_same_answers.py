"""What the async transports make of answers that are cut, late, long or nobody's."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from onellm import (
    APIConnectionError,
    BadResponseError,
    StreamInterrupted,
)
from tests.support import End, Piece, Wait, chunk, completion, event, serve, streamed, whole
from tests.transport.asking import HI, chat, client, each
from tests.transport.peers import OK, listen, read_head


@each
@pytest.mark.parametrize("end", [End(), End(reset=True)], ids=["FIN", "RST"])
def test_what_came_with_the_end_is_not_lost(transport: str, end: End) -> None:
    """The last event and the end of the connection are there before the first is read."""

    async def main() -> str:
        async with client(transport, server.url) as asking:
            stream = await asking.chat.completions.create("openai/m", HI, stream=True)
            time.sleep(0.2)  # noqa: ASYNC251 - the loop sees nothing until all is there
            with pytest.raises(StreamInterrupted) as caught:
                async for _ in stream:
                    pass
            return str(caught.value.partial.choices[0].message.content)

    pieces: list[Piece] = [event(chunk("a")), Wait(0.05), event(chunk("b")), event(chunk("c"))]
    with serve(streamed(*pieces, *([Wait(0.4)] if end.reset else []), end, end=False)) as server:
        assert asyncio.run(main()) == "abc"


UNTIL_THE_END = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


@each
def test_a_body_that_ends_with_the_connection(transport: str) -> None:
    body = b"".join(piece for piece in whole(completion()) if isinstance(piece, bytes)).partition(b"\r\n\r\n")[2]
    with serve([UNTIL_THE_END + body, End()]) as server:
        assert chat(transport, server.url).choices[0].message.content == "Hello"
    with serve([UNTIL_THE_END + body, Wait(0.1), End(reset=True)]) as server:
        with pytest.raises(APIConnectionError, match="closed the connection") as caught:
            chat(transport, server.url, max_retries=0)
        assert caught.value.phase == "read"


@each
@pytest.mark.parametrize("in_pieces", [False, True])
@pytest.mark.parametrize(
    "late", [*whole(completion("not yours")), b"HTTP/1.1 408 Timeout\r\n\r\n", b"HTTP/1.1 200 O", b"x"]
)
def test_nobodys_answer_is_given_to_nobody(transport: str, late: Piece, in_pieces: bool) -> None:
    """What comes on an idle connection belongs to no request; the connection is not used again."""

    async def main() -> None:
        async with client(transport, server.url, max_retries=0) as asking:
            for _ in range(2):
                answer = await asking.chat.completions.create("openai/m", HI)
                assert answer.choices[0].message.content == "Hello"
                await asyncio.sleep(0.3)

    (answer,) = OK
    assert isinstance(answer, bytes)
    yours: list[Piece] = [answer[:90], Wait(0.05), answer[90:]] if in_pieces else [answer]
    with serve([*yours, Wait(0.05), late]) as server:
        asyncio.run(main())
        assert server.connections == 2


@each
def test_heads_that_are_long_and_too_long(transport: str) -> None:
    with serve(whole(completion(), headers={"X-Long": "x" * 60_000})) as server:
        assert chat(transport, server.url).choices[0].message.content == "Hello"
    with serve(whole(completion(), headers={"X-Long": "x" * 1_000_000})) as server, pytest.raises(BadResponseError):
        chat(transport, server.url, max_retries=0)


@each
def test_a_head_without_end(transport: str) -> None:
    def handle(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"".join(b"X-%d: %s\r\n" % (number, b"y" * 50) for number in range(200)))

    with listen(handle) as port, pytest.raises(BadResponseError):
        chat(transport, f"http://127.0.0.1:{port}/v1", max_retries=0, deadline=5)


@each
def test_informational_heads_are_passed_over(transport: str) -> None:
    with serve([b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n", *OK]) as server:
        assert chat(transport, server.url).choices[0].message.content == "Hello"


@each
def test_a_reader_who_is_slow_holds_the_host_back(transport: str) -> None:
    """What nobody reads does not pile up here."""
    written = 0

    def handle(connection: socket.socket) -> None:
        nonlocal written
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + event(chunk("a")))
        piece = b": " + b"x" * 65536 + b"\n\n"
        while written < 100_000_000:
            connection.sendall(piece)
            written += len(piece)

    async def main(port: int) -> None:
        async with client(transport, f"http://127.0.0.1:{port}/v1") as asking:
            stream = await asking.chat.completions.create("openai/m", HI, stream=True)
            await asyncio.sleep(0.5)
            await stream.close()

    with listen(handle) as port:
        asyncio.run(main(port))
    assert written < 20_000_000


@each
def test_an_address_of_the_sixth_version(transport: str) -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                read_head(connection)
                connection.sendall(b"".join(piece for piece in OK if isinstance(piece, bytes)))
                connection.recv(65536)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        told = chat(transport, f"http://[::1]:{listener.getsockname()[1]}/v1")
        assert told.choices[0].message.content == "Hello"
