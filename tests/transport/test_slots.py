"""Every end of a call frees its slot in the pool; big and bounded bodies."""

from __future__ import annotations

from typing import Any, NoReturn

import httpx
import pytest

from onellm import Connections, OneLLMError, Timeout
from onellm.engine import Engine
from tests.both import Either, story
from tests.engine.ops import Lines, lines, options, stream_call
from tests.support import ONE, Caller, End, Piece, Wait, completion, serve, whole
from tests.transport.peers import OK

CUT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"
BAD: dict[str, list[Piece]] = {
    "refused": list(whole({"error": {"message": "no"}}, 400)),
    "failed": list(whole({"error": {"message": "no"}}, 500)),
    "not json": list(whole(b"<html>", content_type="text/html")),
    "cut": [CUT, End()],
    "reset": [CUT, End(reset=True)],
    "closed": [End()],
    "reset at once": [End(reset=True)],
    "not http": [b"SSH-2.0-OpenSSH_9.9\r\n", End()],
    "redirect": list(whole(b"", 307, {"Location": "https://elsewhere.test/"})),
    "broken gzip": list(whole(b"no gzip", headers={"Content-Encoding": "gzip"})),
    "unknown encoding": list(whole(b"no br", headers={"Content-Encoding": "br"})),
    "silent": [Wait(5)],
    "stalled": [CUT, Wait(5)],
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_every_failure_frees_its_slot(caller: Caller, stream: bool) -> None:
    limits = Timeout(reply=0.2, first_token=0.2, stall=0.2, pool=1)

    async def tell(client: Either) -> None:
        for name in BAD:
            with pytest.raises(OneLLMError):
                await client.chat(stream=stream, max_retries=0, timeout=limits)
            answer = await client.chat(max_retries=0, timeout=Timeout(pool=1))
            assert answer.choices[0].message.content == "Hello", name

    script = [answer for bad in BAD.values() for answer in (bad, OK)]
    with serve(*script) as server:
        story(caller.kind, tell, providers=server.provider(), connections=ONE)
        assert len(server.requests) == 2 * len(BAD)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_every_failure_frees_its_slot_in_a_transport_of_the_user(caller: Caller, stream: bool) -> None:
    one = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    limits = Timeout(reply=0.2, first_token=0.2, stall=0.2, pool=1)

    async def tell(client: Either) -> None:
        for name in BAD:
            with pytest.raises(OneLLMError):
                await client.chat(stream=stream, max_retries=0, timeout=limits)
            answer = await client.chat(max_retries=1, timeout=Timeout(pool=1))
            assert answer.choices[0].message.content == "Hello", name

    if caller.kind == "sync":
        transport: Any = httpx.HTTPTransport(limits=one)
    else:
        transport = httpx.AsyncHTTPTransport(limits=one)
    with serve(*[answer for bad in BAD.values() for answer in (bad, OK)]) as server:
        story(caller.kind, tell, providers=server.provider(), transport=transport)


def test_big_bodies(caller: Caller) -> None:
    question, reply = "q" * 8_000_000, "ä" * 4_000_000

    async def tell(client: Either) -> None:
        for _ in range(2):
            assert await client.text(messages=[{"role": "user", "content": question}]) == reply

    with serve(whole(completion(reply))) as server:
        story(caller.kind, tell, providers=server.provider())
        assert all(request.json["messages"][0]["content"] == question for request in server.requests)


def test_an_answer_without_end_is_bounded(caller: Caller) -> None:
    connections = Connections(max_reply=1000, max_connections=1)
    with serve(whole(completion("x" * 2000))) as server:
        with pytest.raises(OneLLMError, match=r"larger than 1000 bytes.*max_reply"):
            caller.chat(server.provider(), client={"connections": connections})
        assert server.wait_closed()


class Interrupted(Lines):
    """Ctrl-C while the first event is read."""

    def feed(self, data: bytes) -> NoReturn:
        raise KeyboardInterrupt


def test_ctrl_c_outside_of_a_read_frees_its_slot() -> None:
    with serve(lines("one")) as server, Engine(connections=ONE) as engine:
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                engine.stream(stream_call(server.url, decoder=Interrupted), options(pool=1))
        assert server.wait_closed()
