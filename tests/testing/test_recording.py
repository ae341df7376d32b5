"""What was recorded is what a replay gives: whole and streamed, in either client, in order, once, without a network."""

from __future__ import annotations

import asyncio
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from onellm import APIConnectionError, AsyncOneLLM, OneLLM, RateLimitError, StreamInterrupted
from onellm.testing import RecordingError, UnmatchedRequest, block_network, record, replay
from onellm.testing.simulator import faults, simulator
from tests.support import KEY, Caller, chunk, completion, event
from tests.testing.taping import (
    STREAM,
    Canned,
    ask,
    ask_stream,
    exchanges,
    made,
    plain_client,
    recorder,
    streaming,
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


# -- matching --------------------------------------------------------------------------------------------------------


def test_equal_requests_are_answered_in_order_and_once(tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", whole(completion("1"), completion("2"), completion("x"))) as tape:
        for content in ("Hi", "Hi", "other"):
            ask(tape, SYNC, content)
    with replay(tape.path) as again:
        assert again.unplayed == ["POST https://api.example/v1/chat/completions"] * 3
        answers = [ask(again, SYNC, content).choices[0].message.content for content in ("other", "Hi", "Hi")]
        assert answers == ["x", "1", "2"]
        assert again.unplayed == []
        with pytest.raises(UnmatchedRequest, match=r"replayed already; replay\(…, repeat=True\)"):
            ask(again, SYNC)
    with replay(tape.path, repeat=True) as again:
        answers = [ask(again, SYNC).choices[0].message.content for _ in range(4)]
        assert answers == ["1", "2", "2", "2"]


def test_a_json_body_matches_whatever_the_order_of_its_names(tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", whole({})) as tape, plain_client(tape) as client:
        client.post("/v1/x?b=1&a=2", json={"a": 1, "b": {"c": [1, 2], "d": None}})
    with replay(tape.path) as again, plain_client(again) as client:
        for url, body in [
            ("/v1/x?b=1&a=2", {"a": 1, "b": {"c": [2, 1], "d": None}}),
            ("/v1/x?b=1&a=2", {"a": True, "b": {"c": [1, 2], "d": None}}),
            ("/v1/x?b=1&a=2", {"a": 1, "b": {"c": [1, 2]}}),
            ("/v1/x?b=1", {"a": 1, "b": {"c": [1, 2], "d": None}}),
            ("/v1/y?b=1&a=2", {"a": 1, "b": {"c": [1, 2], "d": None}}),
        ]:
            with pytest.raises(UnmatchedRequest):
                client.post(url, json=body)
        with pytest.raises(UnmatchedRequest):
            client.put("/v1/x?b=1&a=2", json={"a": 1, "b": {"c": [1, 2], "d": None}})
        spaced = b'{ "b": {"d": null, "c": [1, 2]}, "a": 1 }'
        assert client.post("https://elsewhere/v1/x?b=1&a=2", content=spaced).status_code == 200


def test_a_form_a_file_and_no_body_match(tmp_path: Path) -> None:
    requests: list[dict[str, Any]] = [
        {"method": "POST", "url": "/form", "data": {"a": "1", "b": "ü"}},
        {"method": "POST", "url": "/file", "files": {"file": ("a.wav", b"\xff\x00RIFF")}, "data": {"model": "m"}},
        {"method": "POST", "url": "/bytes", "content": b"\xff\xfe"},
        {"method": "GET", "url": "/models"},
    ]
    with recorder(tmp_path / "a.json", whole({})) as tape, plain_client(tape) as client:
        for request in requests:
            client.request(**request)
    with replay(tape.path) as again, plain_client(again) as client:
        for request in requests:
            assert client.request(**request).json() == {}
        with pytest.raises(UnmatchedRequest):
            client.post("/file", files={"file": ("a.wav", b"\xff\x01RIFF")}, data={"model": "m"})


def test_many_at_once_get_each_answer_once(tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", whole(*(completion(str(number)) for number in range(40)))) as tape:
        for _ in range(40):
            ask(tape, SYNC)
    with replay(tape.path) as again, tape_client(again) as client, ThreadPoolExecutor(20) as threads:
        asked = [threads.submit(client.chat.completions.create, "openai/m", HI) for _ in range(40)]
        said = sorted(int(future.result().choices[0].message.content or "") for future in asked)
    assert said == list(range(40))


@both
def test_what_does_not_match_shows_how_it_differs(caller: Caller, tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", whole()) as tape:
        ask(tape, SYNC, "Something else altogether, from another conversation", max_completion_tokens=5)
        ask(tape, SYNC, "A title for: The sea. " + "word " * 300 + "end", temperature=0.5)
    with replay(tape.path) as again, pytest.raises(UnmatchedRequest) as caught:
        ask(again, caller, "A title for: The sea. " + "word " * 300 + "END", temperature=0.7)
    text = str(caught.value)
    assert "no answer for POST https://api.example/v1/chat/completions; nothing was sent" in text
    assert "number 2 of 2" in text
    assert '-  "temperature": 0.5' in text
    assert '+  "temperature": 0.7' in text
    assert text.count("word") < 100, "the long line is shown where it differs"
    assert f"with record({str(tape.path)!r})" in text
    assert "--onellm-record" in text


def test_a_great_difference_is_cut(tmp_path: Path) -> None:
    path = made(tmp_path / "a.json", whole(), "a " * 100_000)
    with replay(path) as again, pytest.raises(UnmatchedRequest) as caught:
        ask(again, SYNC, "b " * 100_000)
    assert len(str(caught.value)) < 10_000


def test_an_empty_recording_says_so(tmp_path: Path) -> None:
    with record(tmp_path / "a.json"):
        pass
    with replay(tmp_path / "a.json") as again, pytest.raises(UnmatchedRequest, match="holds no exchange"):
        ask(again, SYNC)


@both
def test_a_tape_answers_inside_its_block_only(caller: Caller, tmp_path: Path) -> None:
    service = whole()
    tape = recorder(tmp_path / "a.json", service)
    with pytest.raises(RecordingError, match="inside its `with` block"):
        ask(tape, caller)
    with tape:
        ask(tape, caller)
    again = replay(tape.path)
    for ended in (tape, again):
        with pytest.raises(RecordingError, match="inside its `with` block"):
            ask(ended, caller)
    assert len(service.requests) == 1
