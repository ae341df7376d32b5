"""What no server may do to the memory of this process: packed answers that unpack to more, and answers without end."""

from __future__ import annotations

import gzip
import itertools
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from onellm import errors
from onellm.transport.base import Connections
from tests.engine.ops import both, call, ok, options, stream_call
from tests.support import DONE, ONE, Answer, Caller, Piece, chunk, event, serve, streamed, whole

MB = 1024 * 1024


def packed(content: bytes, encoding: str = "gzip") -> Answer:
    return whole(content, 200, {"Content-Encoding": encoding}, "text/plain")


def bomb(size: int) -> bytes:
    """Some 0.4 MB of gzip that unpack to 400 MB: one compressed block of zeros, repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
    packer.compress(bytes(MB))
    packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * (size // MB) + b"\x03\x00" + bytes(8)


def send(caller: Caller, url: str, streams: bool) -> Any:
    """A call, or a stream that is read to its end."""
    if streams:
        return caller.stream(lambda: stream_call(url), options())
    return caller.run(lambda: call(url), options())


def peak(run: Callable[[], None]) -> float:
    """The most memory, in MB, that was allocated at once."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1] / MB
    finally:
        tracemalloc.stop()


# -- packed answers ---------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "bare deflate"])
def test_packed_answers_are_unpacked(caller: Caller, encoding: str) -> None:
    """Wherever the packed bytes are cut; bare deflate too, which some servers send."""
    content = bytes(range(256)) * 40
    packer = zlib.compressobj(9, zlib.DEFLATED, {"deflate": 15, "bare deflate": -15}.get(encoding, 31))
    body = packer.compress(content) + packer.flush()
    name = encoding.removeprefix("bare ")
    in_bytes = streamed(*(body[n : n + 1] for n in range(len(body))), headers={"Content-Encoding": name})
    with serve(packed(body, name), in_bytes) as server:
        for _ in range(2):
            assert caller.run(lambda: call(server.url, lambda reply: reply.body)) == content
        assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.security("S9")
@both
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_a_bomb_does_not_go_off(caller: Caller, streams: bool) -> None:
    """0.4 MB that would be 400 MB: a typed error, and memory that stays bounded."""
    body = bomb(400 * MB)
    assert 0.3 * MB < len(body) < 0.6 * MB
    answer = whole(body, 200, {"Content-Encoding": "gzip"}, "text/event-stream")

    def run() -> None:
        with pytest.raises(errors.BadResponseError, match="100 times"):
            send(caller, server.url, streams)

    with serve(answer) as server:
        assert peak(run) < 20
        assert len(server.requests) == 1
        assert server.wait_closed()


@pytest.mark.security("S9")
@both
@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"not packed at all", "gzip"),
        (b"not packed at all", "deflate"),
        (gzip.compress(b"hello" * 100)[:-15], "gzip"),
        (gzip.compress(b"hello" * 100)[:-3] + b"xyz", "gzip"),
        (b"\x1b\x0a\x00hello", "br"),
        (b"hello", "zstd"),
        (gzip.compress(gzip.compress(b"hello")), "gzip, gzip"),
    ],
    ids=["no gzip", "no deflate", "cut", "wrong checksum", "br", "zstd", "two layers"],
)
def test_packed_answers_that_cannot_be_read(caller: Caller, content: bytes, encoding: str) -> None:
    with serve(packed(content, encoding), ok()) as server:
        with pytest.raises(errors.BadResponseError):
            caller.run(lambda: call(server.url), options(), connections=ONE)
        assert len(server.requests) == 1


# -- sizes ------------------------------------------------------------------------------------------------------------


@pytest.mark.security("S9")
@both
def test_an_answer_that_is_too_large(caller: Caller) -> None:
    """The limit counts what was unpacked; an answer just as large is taken."""
    small = Connections(max_reply=100_000)
    text = b"x" * 100_000
    with serve(whole(text), whole(text + b"x"), packed(gzip.compress(text + b"x"))) as server:
        assert len(caller.run(lambda: call(server.url), connections=small)) == 100_000
        for _ in range(2):
            with pytest.raises(errors.BadResponseError, match="larger than 100000 bytes"):
                caller.run(lambda: call(server.url), options(), connections=small)
        assert len(server.requests) == 3


class Endless:
    """An answer that goes on for ever."""

    def __init__(self, piece: bytes, kind: str = "text/event-stream") -> None:
        self.piece = piece
        self.head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()

    def __iter__(self) -> Iterator[Piece]:
        return itertools.chain([self.head], itertools.repeat(b"%x\r\n%s\r\n" % (len(self.piece), self.piece)))


@pytest.mark.security("S9")
@both
@pytest.mark.parametrize("status", [b"200 OK", b"500 Oops"])
def test_an_answer_without_end(caller: Caller, status: bytes) -> None:
    """Also an error's body, also where a stream was asked for."""
    script: Any = Endless(b"x" * 65536, "text/plain" if status.startswith(b"2") else "text/event-stream")
    script.head = script.head.replace(b"200 OK", status)
    small = Connections(max_reply=MB)
    with serve(script) as server:
        with pytest.raises(errors.BadResponseError, match="larger"):
            caller.run(lambda: call(server.url), options(0), connections=small)
        if not status.startswith(b"2"):
            with pytest.raises(errors.BadResponseError, match="larger"):
                caller.stream(lambda: stream_call(server.url), options(0), connections=small)


@pytest.mark.security("S10")
@both
@pytest.mark.parametrize(
    "piece", [b"x" * 65536, b"data: " + b"x" * 65536 + b"\n", b": " + b"x" * 65536], ids=["line", "event", "comment"]
)
@pytest.mark.parametrize("before", [False, True], ids=["at once", "after a chunk"])
def test_a_line_or_an_event_without_end(caller: Caller, piece: bytes, before: bool) -> None:
    """4 MB are enough for one; what had come before is delivered."""
    script: Any = Endless(piece)
    if before:
        first = event(chunk("a"))
        script.head += b"%x\r\n%s\r\n" % (len(first), first)

    def run() -> None:
        if before:
            result = caller.chat_stream(server.provider())
            assert result.text == "a"
            assert isinstance(result.error, errors.BadResponseError)
            assert result.error.partial.choices[0].message.content == "a"
            assert "4194304" in str(result.error)
        else:
            with pytest.raises(errors.BadResponseError, match="4194304"):
                caller.chat_stream(server.provider())

    with serve(script) as server:
        assert peak(run) < 40
        assert len(server.requests) == 1
        assert server.wait_closed()


@both
def test_many_events_are_no_large_one(caller: Caller) -> None:
    """10 MB of ordinary chunks."""
    pieces = [event(chunk("x" * 100_000)) for _ in range(100)]
    with serve(streamed(*pieces, event(chunk(finish="stop")), DONE)) as server:
        assert len(caller.chat_stream(server.provider()).text) == 10_000_000


@pytest.mark.security("S10")
@both
@pytest.mark.parametrize("depth", [100_000])
def test_json_nested_too_deep(caller: Caller, depth: int) -> None:
    """An error of ours, no RecursionError."""
    deep = b'{"choices":' + b"[" * depth + b"]" * depth + b"}"
    with serve(whole(deep), streamed(b"data: " + deep + b"\n\n", DONE), whole(deep, 400)) as server:
        with pytest.raises(errors.BadResponseError):
            caller.chat(server.provider())
        with pytest.raises(errors.BadResponseError):
            caller.chat_stream(server.provider())
        with pytest.raises(errors.InvalidRequestError):
            caller.chat(server.provider())
