"""Failures of the network keep their kind: what broke, how far the attempt got, and where (hardcases.md ERR-14)."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from onellm import (
    APIConnectionError,
    APITimeoutError,
    BadResponseError,
    ConfigurationError,
    StreamInterrupted,
    Timeout,
    UnexpectedRedirectError,
)
from onellm.transport.wire_errors import is_wire_error
from tests.support import KEY, Caller, End, Piece, Wait, chunk, completion, event, serve, streamed, whole
from tests.transport.peers import OK, listen, stub_resolver


def at(url: str) -> dict[str, Any]:
    return {"openai": {"base_url": url, "api_key": KEY}}


def test_name_without_an_address(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = stub_resolver(monkeypatch)
    began = time.monotonic()
    with pytest.raises(APIConnectionError, match=r"api\.nowhere\.test.*base URL") as caught:
        caller.chat(at("https://api.nowhere.test/v1"), max_retries=0)
    assert caught.value.phase == "dns"
    assert type(caught.value.__cause__).__name__ == "ConnectError"
    assert set(asked) == {"api.nowhere.test"}
    assert time.monotonic() - began < 1


def test_names_are_looked_up_again(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here remembers an address: a host that moved is found by the next attempt."""
    with serve(OK) as server:
        real, asked = socket.getaddrinfo, 0

        def resolve(host: Any, *rest: Any, **more: Any) -> Any:
            nonlocal asked
            asked += 1
            if asked == 1:
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            return real("127.0.0.1", *rest, **more)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        answer = caller.chat(at(f"http://api.test:{server.port}/v1"))
    assert [attempt.outcome for attempt in answer.meta.attempts] == ["APIConnectionError", "ok"]


@pytest.mark.parametrize("host", ["a" * 64 + ".test", "a..test", "bad host", "[::1"])
def test_names_that_no_resolver_takes(caller: Caller, host: str) -> None:
    with pytest.raises(ConfigurationError, match="URL"):
        caller.chat(at(f"http://{host}/v1"))


@pytest.mark.parametrize("port", ["99999", "port"])
def test_ports_that_are_none(caller: Caller, port: str) -> None:
    with pytest.raises(ConfigurationError, match="URL"):
        caller.chat(at(f"http://127.0.0.1:{port}/v1"))


def test_nobody_listens(caller: Caller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(APIConnectionError, match=rf"127\.0\.0\.1:{port}.*running.*base URL") as caught:
        caller.chat(at(f"http://127.0.0.1:{port}/v1"), max_retries=1)
    assert caught.value.phase == "connect"
    assert not isinstance(caught.value, APITimeoutError)
    assert type(caught.value.__cause__).__name__ == "ConnectError"
    assert len(caught.value.attempts) == 2, "nothing was sent, so it is tried again"


@contextlib.contextmanager
def blackhole() -> Iterator[int]:
    """A port that answers no SYN: its queue is full and nobody takes from it."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_blackhole(caller: Caller) -> None:
    with blackhole() as port:
        began = time.monotonic()
        with pytest.raises(APITimeoutError, match=r"127\.0\.0\.1.*in time") as caught:
            caller.chat(at(f"http://127.0.0.1:{port}/v1"), timeout=Timeout(connect=0.3), max_retries=0)
        assert caught.value.phase == "connect"
        assert 0.25 < time.monotonic() - began < 1


def test_blackhole_within_the_deadline(caller: Caller) -> None:
    with blackhole() as port:
        began = time.monotonic()
        with pytest.raises(APITimeoutError, match="deadline") as caught:
            caller.chat(at(f"http://127.0.0.1:{port}/v1"), timeout=Timeout(connect=5), deadline=0.4)
        assert caught.value.phase == "deadline"
        assert time.monotonic() - began < 1.2


@pytest.mark.parametrize("said", [b"220 mail ready\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x46", b"nonsense\n\n"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_not_http_at_all(caller: Caller, said: bytes, stream: bool) -> None:
    with serve([said, End()]) as server, pytest.raises(BadResponseError, match=r"127\.0\.0\.1.*base URL") as caught:
        caller.chat(server.provider(), stream=stream, max_retries=0)
    assert type(caught.value.__cause__).__name__ == "RemoteProtocolError"


def test_one_line_and_gone(caller: Caller) -> None:
    """An SSH server's banner is no whole head; what is known is that the connection closed. aiohttp knows better."""
    said: list[Piece] = [b"SSH-2.0-OpenSSH_9.9\r\n", End()]
    with serve(said) as server, pytest.raises(APIConnectionError, match=r"127\.0\.0\.1") as caught:
        caller.chat(server.provider(), max_retries=0)
    assert caught.value.phase == "reset" or isinstance(caught.value, BadResponseError)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CUT: dict[str, tuple[list[Piece], str]] = {
    "no byte, FIN": ([End()], "reset"),
    "no byte, RST": ([End(reset=True)], "reset"),
    "half a body, FIN": ([HEAD + b'Content-Length: 99\r\n\r\n{"id"', End()], "read"),
    "half a body, RST": ([HEAD + b'Content-Length: 99\r\n\r\n{"id"', Wait(0.05), End(reset=True)], "read"),
    "half a chunk": ([HEAD + b'Transfer-Encoding: chunked\r\n\r\n63\r\n{"id"', End()], "read"),
    "chunks without end": ([HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"id"\r\n', End()], "read"),
}


@pytest.mark.parametrize("name", CUT)
def test_cut_answers(caller: Caller, name: str) -> None:
    answer, phase = CUT[name]
    with serve(answer) as server, pytest.raises(APIConnectionError, match=r"127\.0\.0\.1.*closed") as caught:
        caller.chat(server.provider(), max_retries=0)
    assert caught.value.phase == phase
    assert type(caught.value) is APIConnectionError
    assert caught.value.__cause__ is not None
    assert is_wire_error(caught.value.__cause__)


def test_half_a_head(caller: Caller) -> None:
    with serve([b"HTTP/1.1 200 OK\r\nContent-Ty", End()]) as server, pytest.raises(APIConnectionError) as caught:
        caller.chat(server.provider(), max_retries=0)
    assert len(caught.value.attempts) == 1


@pytest.mark.parametrize("end", [End(), End(reset=True)], ids=["FIN", "RST"])
def test_cut_streams(caller: Caller, end: End) -> None:
    with serve(streamed(event(chunk("Hel")), Wait(0.05), end, end=False)) as server:
        result = caller.chat_stream(server.provider())
    assert result.text == "Hel"
    assert isinstance(result.error, StreamInterrupted)
    assert isinstance(result.error.__cause__, APIConnectionError)
    assert result.error.__cause__.__cause__ is not None
    assert is_wire_error(result.error.__cause__.__cause__)
    assert result.error.partial.choices[0].message.content == "Hel"


def test_closed_while_we_send(caller: Caller) -> None:
    """A host that closes at the first bytes of a large body."""

    def slam(connection: socket.socket) -> None:
        connection.recv(1)

    messages = [{"role": "user", "content": "x" * 20_000_000}]
    with listen(slam) as port, pytest.raises(APIConnectionError, match=r"127\.0\.0\.1.*closed") as caught:
        caller.chat(at(f"http://127.0.0.1:{port}/v1"), messages=messages, max_retries=0)
    assert caught.value.phase in ("send", "reset")


def test_an_early_refusal_is_read_although_the_body_was_not_taken(caller: Caller) -> None:
    """413 comes while we are still sending, and the connection closes after it."""

    def refuse(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(
            b"HTTP/1.1 413 Payload Too Large\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b'Content-Length: 32\r\n\r\n{"error":{"message":"too large"}}'[:-1]
        )
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while connection.recv(65536):
                pass

    messages = [{"role": "user", "content": "x" * 5_000_000}]
    with listen(refuse) as port, pytest.raises(Exception, match="413"):
        caller.chat(at(f"http://127.0.0.1:{port}/v1"), messages=messages, max_retries=0)


def test_redirects_are_not_followed(caller: Caller) -> None:
    with serve(OK) as other, serve(whole(b"", 307, {"Location": other.url})) as server:
        with pytest.raises(UnexpectedRedirectError, match=r"127\.0\.0\.1.*307.*base URL"):
            caller.chat(server.provider())
        assert len(server.requests) == 1
        assert other.requests == []


@pytest.mark.parametrize("target", ["", "http://[oops", "/elsewhere", "https://h:port/"])
def test_redirects_to_nowhere(caller: Caller, target: str) -> None:
    answer = whole(b"", 302, {"Location": target})
    with serve(answer) as server, pytest.raises(UnexpectedRedirectError, match=r"redirects to .*302"):
        caller.chat(server.provider())


def test_json_that_cannot_be_written(caller: Caller) -> None:
    """A local mistake is no transport error, and nothing is sent (ERR-14)."""
    with serve(whole(completion())) as server:
        for content in ("\ud83d", float("nan"), {1, 2}):
            with pytest.raises(Exception, match=r"JSON|content") as caught:
                caller.chat(server.provider(), extra_body={"note": content})
            assert type(caught.value).__name__ == "InvalidRequestError"
        assert server.requests == []
