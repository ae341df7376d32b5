"""A blocking request leaves in one piece: head and body in one write."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from onellm import OneLLM
from onellm.transport.blocking import SMALL, send_as_one
from tests.support import completion, serve, whole

HEAD = b"POST /v1/chat HTTP/1.1\r\nHost: h\r\n\r\n"


class Stream:
    """What httpcore writes to."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes, timeout: float | None = None) -> None:
        self.written.append(data)


@pytest.mark.parametrize(
    ("writes", "leave"),
    [
        ([HEAD, b"body", b""], [HEAD + b"body", b""]),
        ([HEAD, b""], [HEAD]),  # no body: httpcore still writes the end, which is nothing
        ([HEAD, b"x" * (SMALL + 1), b""], [HEAD, b"x" * (SMALL + 1), b""]),
        ([HEAD, HEAD, b""], [HEAD + HEAD, b""]),  # a body that looks like a head
        ([b"\x05\x01\x00"], [b"\x05\x01\x00"]),  # SOCKS: what is no head leaves at once
        ([b"a body that ends so\r\n\r\n"], [b"a body that ends so\r\n\r\n"]),
    ],
)
def test_what_leaves(writes: list[bytes], leave: list[bytes]) -> None:
    stream = Stream()
    send_as_one(stream)
    for data in writes:
        stream.write(data)
    assert stream.written == leave


def test_a_write_that_fails_holds_nothing_back() -> None:
    stream: Any = Stream()
    send_as_one(stream)
    stream.write(HEAD)
    stream.written = None  # appending fails
    with pytest.raises(AttributeError):
        stream.write(b"body")
    stream.written = []
    stream.write(b"rest")
    assert stream.written == [b"rest"]


def test_each_call_is_one_send(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    send = socket.socket.send

    def counted(self: socket.socket, data: Any, *flags: int) -> int:
        sent.append(bytes(data))
        return send(self, data, *flags)

    monkeypatch.setattr(socket.socket, "send", counted)
    with serve(whole(completion())) as server, OneLLM(providers=server.provider()) as client:
        for _ in range(2):  # on a new connection, and on one that is kept
            client.chat.completions.create("openai/m", [{"role": "user", "content": "Hi"}])
        assert [received.json["model"] for received in server.requests] == ["m", "m"]
    asked = [data for data in sent if b"HTTP/1.1\r\n" in data]
    assert len(asked) == len(sent) == 2
    assert all(data.endswith(b"}") for data in asked)
