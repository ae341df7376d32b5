"""Streams that break off: told with what came, wherever they are cut, through both engines and at both services."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from onellm import ChatRequest, OneLLMError, StreamInterrupted
from onellm.openai_compatible.assemble import ChatAssembler
from tests.providers.gemini.test_recordings import exchanges, read, service
from tests.providers.gemini.wire import NEW, SIGNATURE, answer, events, function_call, sse
from tests.support import KEY, Caller, End, serve
from tests.support import streamed as stream_of
from tests.wire import both, stream_call

FULL = answer({"text": "hm", "thought": True}, "Hello there.", function_call(signature=SIGNATURE, id="c1"))
ONCE: dict[str, Any] = {"client": {"max_retries": 0}}


def settings(name: str, url: str) -> dict[str, Any]:
    base = url.removesuffix("/v1")
    if name == "vertex":
        return {"vertex": {"project": "p", "access_token": "t", "base_url": f"{base}/v1beta1"}}
    return {"gemini": {"api_key": KEY, "base_url": f"{base}/v1beta"}}


@both
@pytest.mark.parametrize("name", ["gemini", "vertex"])
@pytest.mark.parametrize("end", ["orderly", "reset"])
def test_a_stream_cut_at_any_event_raises_with_what_came(caller: Caller, name: str, end: str) -> None:
    whole = events(FULL)
    for cut in range(1, len(whole) + 1):
        pieces = whole[:cut]
        script = stream_of(*pieces) if end == "orderly" else stream_of(*pieces, End(), end=False)
        with serve(script) as server:
            found = caller.chat_stream(settings(name, server.url), f"{name}/{NEW}", **ONCE)
        if cut == len(whole):
            assert found.error is None
            assert found.final.choices[0].finish_reason == "tool_calls"
            continue
        assert isinstance(found.error, StreamInterrupted), cut
        partial = found.error.partial
        assert partial is not None
        (choice,) = partial.choices
        assert choice.finish_reason is None
        assert "Hello there.".startswith(choice.message.content or "")
        assert choice.message.reasoning_content == "hm"
        assert (choice.message.content or "") == found.text


@both
def test_a_stream_without_an_event_is_no_answer(caller: Caller) -> None:
    with serve(stream_of()) as server, pytest.raises(StreamInterrupted):
        caller.chat_stream(settings("gemini", server.url), f"gemini/{NEW}", **ONCE)


def test_recorded_streams_cut_at_every_event(shared: Path) -> None:
    count = 0
    for exchange in exchanges(shared):
        if not exchange.streamed:
            continue
        pieces = [piece + b"\r\n\r\n" for piece in exchange.body.replace(b"\r\n", b"\n").split(b"\n\n") if piece]
        last = max(number for number, piece in enumerate(pieces) if b'"finishReason"' in piece)
        request = ChatRequest(model=exchange.model, messages=[{"role": "user", "content": "Hi"}])
        text = read(exchange).choices[0].message.content or ""
        for cut in range(len(pieces)):
            decoder, assembler = service(exchange).chat_stream(request).decoder(), ChatAssembler()
            for chunk in (*decoder.feed(b"".join(pieces[:cut])), *decoder.close()):
                assembler.add(chunk)
            if cut <= last:
                assert isinstance(decoder.failure, StreamInterrupted), (exchange.label, cut)
                choices = assembler.result().choices
                assert text.startswith((choices[0].message.content if choices else None) or "")
                count += 1
    assert count > 20


ODD: tuple[Any, ...] = (None, 0, -1, 1.5, "x", "", [], {}, [1], {"a": 1}, True, [None], [{}])
RICH = answer(
    {"text": "hm", "thought": True},
    "Hello",
    function_call("f", {"a": 1}, SIGNATURE),
    {"inlineData": {"mimeType": "audio/L16", "data": "AAAA"}},
    {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
    candidate={
        "citationMetadata": {"citations": [{"startIndex": 0, "endIndex": 1, "uri": "u"}]},
        "groundingMetadata": {
            "groundingChunks": [{"web": {"uri": "u"}}],
            "groundingSupports": [{"segment": {"endIndex": 3}, "groundingChunkIndices": [0]}],
        },
        "logprobsResult": {"chosenCandidates": [{"token": "a", "logProbability": -1}]},
    },
    promptFeedback={"safetyRatings": []},
)


def bent(value: Any, chance: random.Random) -> Any:
    """The value with other kinds of values here and there."""
    if chance.random() < 0.06:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {name: bent(each, chance) for name, each in value.items() if chance.random() > 0.02}
    return [bent(each, chance) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(3))
def test_no_values_whatever_make_the_decoder_raise(seed: int) -> None:
    chance = random.Random(seed)
    failed = 0
    for _ in range(400):
        pieces = [sse(bent(json.loads(piece[6:]), chance)) for piece in events(RICH)]
        pieces.append(bytes(chance.randrange(256) for _ in range(chance.randrange(9))))
        decoder, assembler = stream_call("gemini").decoder(), ChatAssembler()
        for chunk in (*(chunk for piece in pieces for chunk in decoder.feed(piece)), *decoder.close()):
            assembler.add(chunk)
        assembler.result()
        assert decoder.failure is None or isinstance(decoder.failure, OneLLMError)
        failed += decoder.failure is not None
    assert failed > 100
