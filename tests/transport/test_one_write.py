"""A blocking request leaves in one piece: head and body in one write."""

from __future__ import annotations

import socket
from typing import Any

import httpcore
import pytest

from onellm import OneLLM
from onellm.transport.socket_stream import SMALL, SocketStream
from onellm.transport.watchdog import Watch
from tests.support import completion, serve, whole

HEAD = b"POST /v1/chat HTTP/1.1\r\nHost: h\r\n\r\n"


class Socket:
    """What is written to."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.written.append(data)

    def recv(self, size: int) -> bytes:
        raise NotImplementedError

    def settimeout(self, seconds: float | None) -> None:
        assert seconds is None


class Stream(httpcore.NetworkStream):
    """httpcore's stream on that socket."""

    def __init__(self) -> None:
        self.socket = Socket()

    def get_extra_info(self, info: str) -> Any:
        return self.socket if info == "socket" else None


@pytest.mark.parametrize(
    ("writes", "leave"),
    [
        ([HEAD, b"body", b""], [HEAD + b"body"]),
        ([HEAD, b""], [HEAD]),  # no body: httpcore still writes the end, which is nothing
        ([HEAD, b"x" * (SMALL + 1), b""], [HEAD, b"x" * (SMALL + 1)]),
        ([HEAD, HEAD, b""], [HEAD + HEAD]),  # a body that looks like a head
        ([b"\x05\x01\x00"], [b"\x05\x01\x00"]),  # SOCKS: what is no head leaves at once
        ([b"a body that ends so\r\n\r\n"], [b"a body that ends so\r\n\r\n"]),
    ],
)
def test_what_leaves(writes: list[bytes], leave: list[bytes]) -> None:
    plain = Stream()
    stream = SocketStream(httpcore, plain, Watch())
    for data in writes:
        stream.write(data)
    assert plain.socket.written == leave


def test_a_write_that_fails_holds_nothing_back() -> None:
    plain: Any = Stream()
    stream = SocketStream(httpcore, plain, Watch())
    stream.write(HEAD)
    plain.socket.written = None  # appending fails
    with pytest.raises(AttributeError):
        stream.write(b"body")
    plain.socket.written = []
    stream.write(b"rest")
    assert plain.socket.written == [b"rest"]


def test_the_watch_is_told_when_a_request_begins_to_leave() -> None:
    """The proxy's CONNECT is none yet."""
    watch = Watch()
    stream = SocketStream(httpcore, Stream(), watch)
    for data in (b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", b"", HEAD):
        stream.write(data)
        assert not watch.sent
    stream.write(b"body")
    assert watch.sent


def test_each_call_is_one_send(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    send = socket.socket.sendall

    with serve(whole(completion())) as server, OneLLM(providers=server.provider()) as client:

        def counted(self: socket.socket, data: Any, *flags: int) -> None:
            if self.getpeername()[1] == server.port:
                sent.append(bytes(data))
            send(self, data, *flags)

        monkeypatch.setattr(socket.socket, "sendall", counted)
        for _ in range(2):  # on a new connection, and on one that is kept
            client.chat.completions.create("openai/m", [{"role": "user", "content": "Hi"}])
        assert [received.json["model"] for received in server.requests] == ["m", "m"]
    asked = [data for data in sent if b"HTTP/1.1\r\n" in data]
    assert len(asked) == len(sent) == 2
    assert all(data.endswith(b"}") for data in asked)
