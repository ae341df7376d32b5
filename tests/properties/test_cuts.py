"""However a stream is cut on its way and however its lines end, it says the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onellm import StreamInterrupted
from onellm.call import StreamCall
from onellm.decode.ndjson import NDJSONDecoder
from onellm.decode.sse import SSEDecoder
from tests.json_values import spoilt
from tests.providers.cohere import wire as cohere
from tests.providers.ollama import wire as ollama
from tests.support import DONE, chunk
from tests.support import event as sse
from tests.wire import ROWS, received_stream, stream_call

ENDINGS = {"LF": "\n", "CR LF": "\r\n", "CR": "\r"}
TEXT = 'Größe \u2028 \u2029 \x85 日本 👩‍👩‍👧 \x0b\x0c \\ " end'
EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True)


def lines(value: Any, name: str = "", *, wide: bool = False, comment: str | None = None) -> list[str]:
    """The lines of an event, the blank one at its end among them; `wide` spreads its data over several lines."""
    data = json.dumps(value, ensure_ascii=False, indent=1 if wide else None) if not isinstance(value, str) else value
    head = [f": {comment}"] if comment is not None else []
    return [*head, *([f"event: {name}"] if name else []), *(f"data: {line}" for line in data.split("\n")), ""]


def tool(index: int, arguments: str, **more: Any) -> dict[str, Any]:
    call = {"index": index, "function": {"arguments": arguments, **more.pop("function", {})}, **more}
    return {**chunk(), "choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}]}


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
STORY: list[list[str]] = [
    lines({**chunk(), "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}),
    lines(chunk(TEXT), comment="PROCESSING"),
    lines(chunk("wide"), wide=True),
    lines(chunk("named"), "message"),
    lines({"ping": 1}, "ping"),
    lines(tool(0, "", id="c1", type="function", function={"name": "f"})),
    lines(tool(0, '{"a":')),
    lines(tool(0, ' "ü"}'), wide=True),
    lines(chunk(finish="tool_calls")),
    lines({**chunk(), "choices": [], "usage": USAGE}),
    lines("[DONE]"),
]


def joined(events: Iterable[list[str]], endings: Iterable[str]) -> bytes:
    """The bytes of a stream; each event's lines end in its own way."""
    return "".join("".join(line + end for line in event) for event, end in zip(events, endings, strict=False)).encode()


def decoded(call: StreamCall[Any, Any], pieces: Iterable[bytes]) -> tuple[list[Any], Any, str]:
    """The chunks, the whole, and how it ended."""
    decoder, assembler = call.decoder(), call.assembler()
    events: list[Any] = []
    for piece in pieces:
        events += decoder.feed(piece)
        if decoder.done or decoder.failure is not None:
            break
    else:
        events += decoder.close()
    for event in events:
        assembler.add(event)
    dumped = [event.model_dump() for event in events]
    return dumped, assembler.result().model_dump(), f"{type(decoder.failure).__name__}: {decoder.failure}"


def cut(body: bytes, places: Iterable[int]) -> Iterator[bytes]:
    """The body in pieces; some may be empty, which a transport never gives, and those are left out."""
    start = 0
    for place in sorted(place % (len(body) + 1) for place in places):
        if place > start:
            yield body[start:place]
        start = max(start, place)
    if start < len(body):
        yield body[start:]


STORY_LF = joined(STORY, ["\n"] * len(STORY))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
def test_cut_in_two_at_every_byte(ending: str, bom: bytes) -> None:
    call = stream_call("openai")
    whole = decoded(call, [STORY_LF])
    assert whole[1]["choices"][0]["message"]["content"] == TEXT + "wide" + "named"
    assert whole[1]["choices"][0]["message"]["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a": "ü"}'}
    assert whole[1]["usage"]["total_tokens"] == 5
    body = bom + joined(STORY, [ENDINGS[ending]] * len(STORY))
    for place in range(1, len(body)):
        assert decoded(call, [body[:place], body[place:]]) == whole, place
    assert decoded(call, (body[place : place + 1] for place in range(len(body)))) == whole


@pytest.mark.parametrize("name", ROWS)
def test_cut_anywhere_with_any_endings(name: str) -> None:
    call = stream_call(name)
    whole = decoded(call, [STORY_LF])

    @EXAMPLES
    @given(
        st.lists(st.sampled_from(list(ENDINGS.values())), min_size=len(STORY), max_size=len(STORY)),
        st.lists(st.integers(0, 5000), max_size=12),
    )
    def check(endings: list[str], places: list[int]) -> None:
        assert decoded(call, cut(joined(STORY, endings), places)) == whole

    check()


@EXAMPLES
@given(
    st.lists(st.text(max_size=12), min_size=1, max_size=5),
    st.sampled_from(list(ENDINGS.values())),
    st.lists(st.integers(0, 5000), max_size=12),
)
def test_any_text(texts: list[str], ending: str, places: list[int]) -> None:
    story = [*(lines(chunk(text), wide=number % 2 == 1) for number, text in enumerate(texts)), STORY[-1]]
    chunks, whole, _ = decoded(stream_call("openai"), cut(joined(story, [ending] * len(story)), places))
    assert [each["choices"][0]["delta"]["content"] for each in chunks[: len(texts)]] == texts
    assert whole["choices"][0]["message"]["content"] == "".join(texts)


@EXAMPLES
@given(
    st.lists(spoilt(chunk("a")) | st.sampled_from([b"{", b"", b'{"error": {"message": "no"}}', b"[DONE]"]), max_size=4),
    st.sampled_from(list(ENDINGS.values())),
    st.lists(st.integers(0, 2000), max_size=8),
)
def test_what_is_spoilt_fails_in_the_same_place(payloads: list[bytes], ending: str, places: list[int]) -> None:
    story = [STORY[0], STORY[1], *(lines(payload.decode()) for payload in payloads)]
    call = stream_call("openai")
    assert decoded(call, cut(joined(story, [ending] * len(story)), places)) == decoded(
        call, [joined(story, ["\n"] * len(story))]
    )


WHOLE = [*map(sse, (chunk("Größe 日本"), chunk(finish="stop"), {**chunk(), "choices": [], "usage": USAGE})), DONE]
STREAMS = {
    "openai": b"".join(WHOLE),
    "cohere": b"".join(cohere.events(cohere.answer("Größe 日本"))),
    "ollama": b"".join(ollama.lines(ollama.answer("Größe 日本"))),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_that_ends_at_any_byte_is_interrupted_or_whole(name: str) -> None:
    """The beginning of an event was cut off; it is no hole in the answer."""
    data = STREAMS[name]
    whole = received_stream(name, data)
    assert whole.failure is None
    for end in range(len(data)):
        found = received_stream(name, data[:end])
        assert found.failure is None or isinstance(found.failure, StreamInterrupted), data[:end][-80:]
        message, expected = (each.final.choices[0].message.content if each.chunks else "" for each in (found, whole))
        assert str(expected).startswith(message or "")
        assert found.failure is not None or message == expected


@EXAMPLES
@given(st.lists(st.integers(0, 2000), max_size=8), st.sampled_from(list(ENDINGS.values())))
def test_events_and_lines(places: list[int], ending: str) -> None:
    """The same a floor below: names, data of several lines, fields without a value, comments, and NDJSON."""
    events = [["event: a", "data: 1", "data:2", "data", ""], [": c", "id: 7", "retry: 9", "data:  two spaces", ""],
              ["event: lost", ""], ["data: \u2028\x85", ""], ["data:", ""], ["data: last"]]  # fmt: skip
    found: list[Any] = []
    sse = SSEDecoder()
    for piece in cut(joined(events, [ending] * len(events)), places):
        found += sse.feed(piece)
    found += sse.close()
    assert found == [("a", b"1\n2\n"), ("", b" two spaces"), ("", "\u2028\x85".encode()), ("", b""), ("", b"last")]
    rows = ['{"a": 1}', "", '{"b": "\u2028"}', "  ", '{"c": 3}']
    ndjson = NDJSONDecoder()
    kept: list[bytes] = []
    for piece in cut(ending.join(rows).encode(), places):
        kept += ndjson.feed(piece)
    assert [row.decode() for row in kept + ndjson.close()] == [row for row in rows if row.strip()]
