"""What was recorded is what a replay gives: whole and streamed, in either client, in order, once, without a network."""

from __future__ import annotations

import asyncio
import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onellm import APIConnectionError, AsyncOneLLM, OneLLM, RateLimitError, StreamInterrupted
from onellm.testing import block_network, record, replay
from onellm.testing.simulator import faults, simulator
from tests.support import KEY, Caller, chunk, completion, event, serve
from tests.support import whole as served
from tests.surroundings import bare_environment
from tests.testing.taping import (
    STREAM,
    Canned,
    ask,
    ask_stream,
    exchanges,
    recorder,
    streaming,
    through,
    whole,
)
from tests.wire import both

SYNC = Caller("sync")
other_kind = pytest.mark.parametrize("player", [Caller("sync"), Caller("async")], ids=["to-sync", "to-async"])


@both
@other_kind
def test_a_whole_answer(caller: Caller, player: Caller, tmp_path: Path) -> None:
    service = whole(completion("Grüße, 🐟"), x_request_id="req_1")
    with recorder(tmp_path / "new" / "folder" / "a.json", service) as tape:
        recorded = ask(tape, caller)
    with replay(tape.path) as again, block_network(loopback=False):
        replayed = ask(again, player)
    assert len(service.requests) == 1
    assert service.bodies[0].closed
    assert replayed.model_dump() == recorded.model_dump()
    assert replayed.meta.request_id == "req_1"
    (exchange,) = exchanges(tape.path)
    assert exchange["request"]["json"] == {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    assert exchange["reply"]["json"]["choices"][0]["message"]["content"] == "Grüße, 🐟"
    assert "🐟" in tape.path.read_text(encoding="utf-8"), "the file is to be read"


@both
@other_kind
def test_a_streamed_answer(caller: Caller, player: Caller, tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", streaming()) as tape:
        recorded = ask_stream(tape, caller)
    with replay(tape.path) as again, block_network(loopback=False):
        replayed = ask_stream(again, player)
    assert recorded.text == replayed.text == "Hello"
    assert replayed.events == recorded.events
    assert replayed.final.model_dump() == recorded.final.model_dump()
    assert exchanges(tape.path)[0]["reply"]["pieces"] == [piece.decode() for piece in STREAM]


async def _apieces(transport: httpx.AsyncBaseTransport) -> list[bytes]:
    async with httpx.AsyncClient(transport=transport) as client, client.stream("GET", "https://h/x") as answer:
        return [piece async for piece in answer.aiter_raw()]


def _pieces(transport: httpx.BaseTransport) -> list[bytes]:
    with httpx.Client(transport=transport) as client, client.stream("GET", "https://h/x") as answer:
        return list(answer.iter_raw())


PIECES = [b"data: \xf0\x9f", b"\x90\x9f\n", b"\n", b"\xff\x00", b"data: [DO", b"NE]\r\n\r\n"]


def test_pieces_keep_their_boundaries_also_within_a_letter(tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", streaming(*PIECES)) as tape:
        assert _pieces(tape.transport) == PIECES
        assert asyncio.run(_apieces(tape.async_transport)) == PIECES
    with replay(tape.path) as again:
        assert _pieces(again.transport) == PIECES
        assert asyncio.run(_apieces(again.async_transport)) == PIECES
    kinds = [type(piece) for piece in exchanges(tape.path)[0]["reply"]["pieces"]]
    assert kinds == [dict, dict, str, dict, str, str], "base64 only where it is no UTF-8"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"a": [1, 2.5, null], "b": "\\u00fc"}', "json"),
        (b'\n\n{"late": true}', "json"),
        (b'{"a": 1, "a": 2}', "text"),
        (b'{"a": 1e999}', "text"),
        (b'{"a": "\\ud800"}', "text"),
        (b"[" * 100_000, "text"),
        (b'{"cut', "text"),
        (b"<html>", "text"),
        (b"\x89PNG\xff", "base64"),
        (b"", None),
    ],
)
def test_a_body_stands_in_the_file_as_what_it_is(body: bytes, kind: str | None, tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", Canned([body], content_type="application/json")) as tape:
        assert b"".join(_pieces(tape.transport)) == body
    reply = exchanges(tape.path)[0]["reply"]
    assert [name for name in reply if name not in ("status", "headers")] == ([kind] if kind else [])
    with replay(tape.path) as again:
        replayed = b"".join(_pieces(again.transport))
    assert replayed == body if kind != "json" else json.loads(replayed) == json.loads(body)


def test_a_compressed_answer_is_recorded_unpacked(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(STREAM))
    service = streaming(packed[:20], packed[20:], content_encoding="gzip")
    with recorder(tmp_path / "a.json", service) as tape:
        assert ask_stream(tape, SYNC).text == "Hello"
    reply = exchanges(tape.path)[0]["reply"]
    assert "content-encoding" not in reply["headers"]
    with replay(tape.path) as again:
        assert ask_stream(again, SYNC).text == "Hello"


@both
def test_a_stream_that_broke_breaks_again(caller: Caller, tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", streaming(STREAM[0], httpx.ReadError("gone"))) as tape:
        assert isinstance(ask_stream(tape, caller).error, StreamInterrupted)
    assert exchanges(tape.path)[0]["reply"]["end"] == "broken"
    with replay(tape.path) as again:
        replayed = ask_stream(again, caller)
    assert isinstance(replayed.error, StreamInterrupted)
    assert replayed.text == "Hel"


def test_a_stream_that_was_left_ends_where_its_reader_left(tmp_path: Path) -> None:
    service = streaming(*(event(chunk(str(number))) for number in range(9)))
    with recorder(tmp_path / "a.json", service) as tape, tape_client(tape) as client:
        with client.chat.completions.create("openai/m", HI, stream=True) as stream:
            assert next(stream).choices[0].delta.content == "0"
        assert service.bodies[0].closed
    assert exchanges(tape.path)[0]["reply"]["end"] == "left"
    with replay(tape.path) as again, tape_client(again) as client:
        stream = client.chat.completions.create("openai/m", HI, stream=True)
        assert next(stream).choices[0].delta.content == "0"
        stream.close()
    with replay(tape.path) as again:
        replayed = ask_stream(again, SYNC)
    assert isinstance(replayed.error, StreamInterrupted)
    assert "Record again" in str(replayed.error.__cause__.__cause__ if replayed.error.__cause__ else "")


HI: Any = [{"role": "user", "content": "Hi"}]


def tape_client(tape: Any) -> OneLLM:
    return OneLLM(
        transport=tape.transport, providers={"openai": {"api_key": KEY, "base_url": "https://api.example/v1"}}
    )


def test_real_connections_both_kinds_of_client_and_retries(tmp_path: Path) -> None:
    """Through httpx's own connections, against a server that refuses once."""
    with simulator() as sim:
        sim.inject(faults.rate_limit(retry_after="0.01"))
        with record(tmp_path / "a.json") as tape:
            with OneLLM(transport=tape.transport, providers=sim.providers) as client:
                first = client.chat.completions.create("openai/gpt-5.4-mini", HI)

            async def more() -> str:
                async with AsyncOneLLM(transport=tape.async_transport, providers=sim.providers) as client:
                    stream = await client.chat.completions.create("venice/zai-org-glm-5", HI, stream=True)
                    return (await stream.final()).choices[0].message.content or ""

            said = asyncio.run(more())
        assert sim.wait_until(lambda: not sim.connections.open), "nothing stays open"
    assert [each["reply"]["status"] for each in exchanges(tape.path)] == [429, 200, 200]
    assert len(exchanges(tape.path)[2]["reply"]["pieces"]) > 3
    with replay(tape.path) as again:
        with OneLLM(transport=again.transport, providers=sim.providers) as client:
            replayed = client.chat.completions.create("openai/gpt-5.4-mini", HI)
            assert [attempt.outcome for attempt in replayed.meta.attempts] == ["RateLimitError", "ok"]
            assert replayed.model_dump() == first.model_dump()
            stream = client.chat.completions.create("venice/zai-org-glm-5", HI, stream=True)
            assert stream.final().choices[0].message.content == said
        assert again.unplayed == []


@both
def test_a_proxy_of_the_environment_is_used(caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare_environment(monkeypatch, tmp_path)
    with serve(served(completion("by proxy"))) as server, record(tmp_path / "a.json") as tape:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
        providers = {"openai": {"api_key": KEY, "base_url": "http://nowhere.example/v1"}}
        answer = caller.chat(providers, client=through(tape, caller))
    assert answer.choices[0].message.content == "by proxy"
    assert server.requests[0].path == "http://nowhere.example/v1/chat/completions"


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=8))
@settings(max_examples=50, deadline=None)
def test_any_bytes_come_back(pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with recorder(Path(folder) / "a.json", Canned(pieces, content_type="application/octet-stream")) as tape:
            assert _pieces(tape.transport) == pieces
        with replay(tape.path) as again:
            assert _pieces(again.transport) == pieces


def test_an_error_is_replayed_as_an_error(tmp_path: Path) -> None:
    refusal = whole({"error": {"message": "slow", "code": "rate_limit_exceeded"}}, status=429, retry_after="7")
    with recorder(tmp_path / "a.json", refusal) as tape, pytest.raises(RateLimitError):
        ask(tape, SYNC, max_retries=0)
    with replay(tape.path) as again, pytest.raises(RateLimitError) as caught:
        ask(again, SYNC, max_retries=0)
    assert (caught.value.retry_after, caught.value.code) == (7, "rate_limit_exceeded")


def test_where_no_answer_came_nothing_is_recorded(tmp_path: Path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    tape = record(tmp_path / "a.json", transport=httpx.MockTransport(refuse))
    with tape, pytest.raises(APIConnectionError):
        ask(tape, SYNC, max_retries=0)
    assert exchanges(tape.path) == []
