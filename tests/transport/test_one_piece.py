"""Answers that aiohttp's transport takes without a parser: only such as the parser would take in the same way."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import zlib
from typing import Any

import pytest
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpResponseParser
from aiohttp.streams import StreamReader
from hypothesis import example, given, settings
from hypothesis import strategies as st

from onellm import APITimeoutError, BadResponseError, Connections
from onellm.call import Request
from onellm.transport.aiohttp import AIOHTTPTransport
from onellm.transport.aiohttp_connection import Protocol
from onellm.transport.headers import Headers
from onellm.transport.inflate import AT_ONCE
from onellm.transport.one_piece import OnePiece, in_one_piece
from onellm.transport.url import parse_url
from tests.support import Wait, completion, serve, whole
from tests.transport.asking import HI, chat, client, pool_of
from tests.transport.peers import OK

Seen = tuple[int, str, list[tuple[str, str]], bytes]

HEADERS = [
    b"Content-Type: application/json",
    b"X-Empty:",
    b"X-Spaces: \t a, b \t ",
    b"X-Name: \xfcber",
    b"Set-Cookie: a=1",
    b"Set-Cookie: b=2",
    b"Connection: keep-alive",
    b"Connection: Keep-Alive",
    b"Connection: keep-alive, close",
    b"connection: close",
    b"Connection: upgrade",
    b"Upgrade: h2c",
    b"Proxy-Connection: close",
    b"Keep-Alive: timeout=5",
    b"Transfer-Encoding: chunked",
    b"transfer-encoding: identity",
    b"X-Content-Length: 3",
    b"Content-Encoding: gzip",
    b"Trailer: X-Late",
    b"X Name: a",
    b"X-Name : a",
    b": a",
    b"no colon",
    b" folded",
    b"\tfolded",
    b"X-Null: a\0b",
    b"X-Return: a\rb",
    b"X-Line: a\nContent-Length: 1",
    b"X-Delete: \x7f",
]
LENGTHS = [b"%d", b"+%d", b"-%d", b"0%d", b"%d ", b" %d", b"\t%d", b"%d, %d", b"%d.0", b"0x%d", b"", b"1_%d"]
STARTS = [
    b"HTTP/1.1 200 OK",
    b"HTTP/1.1 404 Not Found",
    b"HTTP/1.1 599 ",
    b"HTTP/1.1 200",
    b"HTTP/1.1 204 No Content",
    b"HTTP/1.1 304 Not Modified",
    b"HTTP/1.1 101 Switching Protocols",
    b"HTTP/1.1 100 Continue",
    b"HTTP/1.1 600 Odd",
    b"HTTP/1.0 200 OK",
    b"HTTP/2 200 OK",
    b"http/1.1 200 OK",
    b"HTTP/1.1  200 OK",
    b"HTTP/1.1 200 OK\r",
    b"HTTP/1.1 200 \xff",
    b"",
]


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Answers and what is almost one: each part may be wrong, and so may the number of bytes."""
    body = draw(st.binary(max_size=12))
    lines = draw(st.lists(st.sampled_from(HEADERS), max_size=4))
    for name in draw(st.sampled_from([[], [b"Content-Length"], [b"content-length"], [b"Content-Length"] * 2])):
        value = draw(st.sampled_from(LENGTHS[:1] * 8 + LENGTHS)).replace(b"%d", b"%d" % len(body))
        lines.insert(draw(st.integers(0, len(lines))), name + b":" + value)
    end = draw(st.sampled_from([b"\r\n"] * 6 + [b"\n"]))
    start = draw(st.sampled_from(STARTS[:1] * 8 + STARTS))
    more = draw(st.sampled_from([b""] * 6 + [b"x", b"HTTP/1.1 200 OK\r\n\r\n"]))
    data = end.join([start, *lines, b"", body]) + more
    return data[: draw(st.one_of(st.just(len(data)), st.integers(0, len(data))))]


def taken(data: bytes) -> Seen | None:
    """The answer without a parser; None if it needs one."""
    answer = in_one_piece(data)
    if answer is None:
        return None
    status, reason, headers, body = answer
    return status, reason, sorted(headers.items()), body


def parsed(data: bytes) -> Seen | str:
    """The answer by aiohttp's parser, or why it is none that is whole and leaves the connection open."""

    async def main() -> Seen | str:
        loop = asyncio.get_running_loop()
        protocol = Protocol(loop)
        parser = HttpResponseParser(protocol, loop, 2**16, auto_decompress=False, read_until_eof=True)
        try:
            messages, upgraded, tail = parser.feed_data(data)
        except HttpProcessingError as error:
            return repr(error)
        if len(messages) != 1 or upgraded or tail:
            return f"{len(messages)} answers"
        message, body = messages[0]
        if message.should_close or not body.is_eof():
            return "the connection or the body goes on"
        return message.code, message.reason, sorted(Headers(message.raw_headers).items()), await body.read()

    return asyncio.run(main())


def plain(*lines: bytes, body: bytes = b"{}", status: bytes = b"200 OK") -> bytes:
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join([b"HTTP/1.1 " + status, *lines, length, b"", body])


@given(answers())
@example(plain())
@example(plain(*HEADERS[:7], b"X-Many: \t x \t"))
@settings(max_examples=1500, deadline=None)
def test_what_is_taken_is_what_the_parser_says(data: bytes) -> None:
    answer = taken(data)
    if answer is not None:
        assert answer == parsed(data)


@given(st.binary(max_size=200), st.integers(0, 60), st.binary(max_size=3))
@settings(max_examples=500, deadline=None)
def test_nor_do_stray_bytes_make_a_difference(noise: bytes, at: int, put: bytes) -> None:
    assert in_one_piece(noise) is None
    data = plain(b"X-Name: a")
    changed = data[:at] + put + data[at + len(put) :]
    answer = taken(changed)
    assert answer is None or answer == parsed(changed)


@pytest.mark.parametrize(
    "data",
    [
        plain(),
        plain(body=b""),
        plain(body=bytes(range(256)) * 4),
        plain(status=b"429 Too Many Requests"),
        plain(status=b"500 "),
        plain(b"Connection: Keep-Alive", b"Keep-Alive: timeout=5"),
        plain(*[b"X-Name-%d: \xfc%d" % (number, number) for number in range(60)]),
        plain(b"Content-Encoding: gzip", body=b"x"),
    ],
)
def test_what_hosts_send_needs_no_parser(data: bytes) -> None:
    assert taken(data) == parsed(data)


@pytest.mark.parametrize(
    "data",
    [
        plain()[:-1],
        plain() + b"x",
        plain(b"Connection: close"),
        plain(b"Connection: keep-alive", b"Connection: close"),
        plain(b"Connection: keep-alive, upgrade"),
        plain(b"Proxy-Connection: close"),
        plain(b"Transfer-Encoding: chunked"),
        plain(b"Content-Length: 2"),
        plain(b"Content-Length: 3"),
        plain(status=b"204 No Content", body=b""),
        plain(status=b"304 Not Modified"),
        plain(status=b"100 Continue", body=b""),
        plain().replace(b"1.1", b"1.0"),
        plain().replace(b"\r\n", b"\n"),
        plain(b"X-Name : a"),
        plain(b"X-Name: a", b" folded"),
        plain(b"X-Name: a\0"),
        b"HTTP/1.1 200 OK\r\nX-Content-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n\r\n",
        plain(*[b"X-Name: a"] * 200),
    ],
)
def test_what_only_a_parser_can_tell(data: bytes) -> None:
    assert in_one_piece(data) is None


def test_cut_anywhere_it_is_the_same_answer() -> None:
    """In one piece, in two, in bytes; and the next one on that connection, too."""
    data = plain(b"X-Name: a", b"Set-Cookie: a=1", b"Set-Cookie: b=2", body=b'{"a": 1}')

    async def feed(protocol: Protocol, pieces: list[bytes]) -> tuple[Any, ...]:
        protocol.expect(body=True)
        for piece in pieces:
            protocol.data_received(piece)
        status, reason, headers, body = await protocol.head()
        if isinstance(body, StreamReader):
            assert len(pieces) > 1
            body = await body.read()
        assert not protocol.should_close
        return status, reason, dict(headers), body

    async def main() -> None:
        protocol = Protocol(asyncio.get_running_loop())
        one = await feed(protocol, [data])
        assert one[0] == 200
        assert one[3] == b'{"a": 1}'
        for cut in range(1, len(data)):
            assert await feed(protocol, [data[:cut], data[cut:]]) == one
            assert await feed(protocol, [data]) == one
        assert await feed(protocol, [bytes([byte]) for byte in data]) == one

    asyncio.run(main())


def test_an_answer_to_head_has_no_body() -> None:
    """Whatever its length says; what follows it is nobody's."""

    async def main() -> None:
        protocol = Protocol(asyncio.get_running_loop())
        protocol.expect(body=False)
        protocol.data_received(plain(body=b""))
        _, _, _, body = await protocol.head()
        assert not protocol.should_close
        assert isinstance(body, StreamReader)
        assert body.at_eof()
        protocol.expect(body=False)
        protocol.data_received(plain())
        assert protocol.should_close

    asyncio.run(main())


def test_it_is_unpacked_bit_by_bit() -> None:
    """All of it is at hand, and could be a hundred times as much."""
    content = os.urandom(8000) * 1500
    packed = zlib.compress(content, 9)
    headers = Headers.of_lines(b"Content-Encoding: deflate\r\n")
    answer = OnePiece(200, headers, 1000, parse_url("http://api.test/"), packed)
    assert len(packed) > AT_ONCE

    async def main() -> list[bytes]:
        pieces: list[bytes] = []
        while piece := await answer.read(1):
            pieces.append(piece)
        return pieces

    pieces = asyncio.run(main())
    assert b"".join(pieces) == content
    assert len(pieces) > len(packed) // AT_ONCE


# -- on the wire -------------------------------------------------------------------------------------------------------


def test_its_connection_serves_the_next_request() -> None:
    """Also after an answer in pieces, and not where the host says that it closes."""

    async def main(url: str, times: int) -> None:
        async with client("aiohttp", url, max_retries=0) as asking:
            for _ in range(times):
                answer = await asking.chat.completions.create("openai/m", HI)
                assert answer.choices[0].message.content == "Hello"
                pool = pool_of(asking)
                assert pool.slots._value == Connections().max_connections
                assert len(pool._alarms) == 1

    (answer,) = OK
    assert isinstance(answer, bytes)
    with serve(OK, [answer[:90], Wait(0.05), answer[90:]], OK) as server:
        asyncio.run(main(server.url, 3))
        assert server.connections == 1
    with serve(whole(completion(), headers={"Connection": "close"})) as server:
        asyncio.run(main(server.url, 2))
        assert server.connections == 2


def test_it_is_unpacked_and_no_bomb_goes_off() -> None:
    packed = gzip.compress(json.dumps(completion()).encode())
    with serve(whole(packed, headers={"Content-Encoding": "gzip"})) as server:
        assert chat("aiohttp", server.url).choices[0].message.content == "Hello"
    cut = whole(packed[:-9], headers={"Content-Encoding": "gzip"})
    with serve(cut) as server, pytest.raises(BadResponseError, match="ends before its end"):
        chat("aiohttp", server.url, max_retries=0)
    bomb = whole(zlib.compress(bytes(40_000_000), 9), headers={"Content-Encoding": "deflate"})
    with serve(bomb) as server, pytest.raises(BadResponseError, match="max_ratio"):
        chat("aiohttp", server.url, max_retries=0)


def test_no_time_is_left_to_read_it() -> None:
    """A deadline that has passed is told, even where all is at hand; what came to its end stays at it."""

    async def main(url: str) -> None:
        transport = AIOHTTPTransport(Connections())
        answer = await transport.send(Request("GET", url, [], b""), 1, 1, 1)
        assert isinstance(answer, OnePiece)
        with pytest.raises(APITimeoutError):
            await answer.read(0)
        assert await answer.read(1) == json.dumps(completion()).encode()
        assert await answer.read(0) == b""
        await transport.close()

    with serve(OK) as server:
        asyncio.run(main(server.url))
