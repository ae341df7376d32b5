"""Streams of Bedrock and answers as wholes: how they end, what interrupts them, by hard cases' ids."""

from __future__ import annotations

from typing import Any

import pytest
from onellm_providers.bedrock.usage import read_usage

from onellm import (
    BadResponseError,
    ContextLengthError,
    InvalidRequestError,
    OneLLMError,
    OverloadedError,
    RateLimitError,
    ServerError,
    StreamInterrupted,
)
from onellm.capabilities import Prices
from onellm.decode.limits import Limits
from tests.providers.bedrock.test_frames import F1, F2
from tests.providers.bedrock.wire import (
    CLAUDE,
    both_ways,
    events,
    frame,
    frames,
    message,
    read,
    stream_call,
    streamed,
)
from tests.support import KEY, Caller, End, Piece, serve, whole
from tests.support import streamed as stream_of
from tests.wire import both

THOUGHT = {"reasoningContent": {"reasoningText": {"text": "Need the tide.", "signature": "c2ln"}}}
USE = {"toolUse": {"toolUseId": "t1", "name": "tide", "input": {"port": "Oban"}}}
FULL = message(THOUGHT, "Let me see. 日本", USE, stop_reason="tool_use")
TYPE = {"Content-Type": "application/vnd.amazon.eventstream"}


def binary(*pieces: Piece, end: bool = True) -> list[Piece]:
    head, *rest = stream_of(*pieces, end=end)
    assert isinstance(head, bytes)
    return [head.replace(b"text/event-stream", TYPE["Content-Type"].encode()), *rest]


def settings(server: Any) -> dict[str, dict[str, str]]:
    return {"bedrock": {"base_url": server.url, "api_key": KEY, "region": "us-east-1"}}


def partial_text(error: OneLLMError) -> str:
    return str(error.partial.choices[0].message.content or "") if error.partial.choices else ""


def said(made: list[tuple[str, dict[str, Any]]]) -> str:
    """The text of the events, read without any of our code."""
    return "".join(value.get("delta", {}).get("text", "") for _, value in made)


@both
def test_a_stream_cut_at_any_event_is_interrupted_with_what_came(caller: Caller) -> None:
    """STR-10, STR-11."""
    made = events(FULL)
    data = [frame(*each) for each in made]
    for cut in range(1, len(made)):
        with serve(binary(*data[:cut])) as server:
            found = caller.chat_stream(settings(server), f"bedrock/{CLAUDE}", max_retries=0)
        assert isinstance(found.error, StreamInterrupted), cut
        assert partial_text(found.error) == found.text == said(made[:cut])


@both
def test_a_connection_that_breaks_within_a_frame(caller: Caller) -> None:
    data = b"".join(frames(FULL))
    with serve(binary(data[:300], End(reset=True), end=False)) as server:
        found = caller.chat_stream(settings(server), f"bedrock/{CLAUDE}", max_retries=0)
    assert isinstance(found.error, OneLLMError)
    assert len(server.requests) == 1


def test_any_split_of_a_stream_gives_the_same_answer() -> None:
    """STR-01, STR-14, STC-13."""
    data = b"".join(frames(FULL))
    expected = streamed(data).final.model_dump()
    for size in (1, 2, 7, 50):
        call = stream_call()
        decoder, assembler = call.decoder(), call.assembler()
        for at in range(0, len(data), size):
            for chunk in decoder.feed(data[at : at + size]):
                assembler.add(chunk)
        assert decoder.done
        assert assembler.result().model_dump() == expected


@both
def test_an_exception_s_frame_is_a_typed_error_after_what_came(caller: Caller) -> None:
    """STR-15, RET-02: never retried."""
    with serve(binary(frame("messageStart", {"role": "assistant"}), F2 + F1)) as server:
        found = caller.chat_stream(settings(server), f"bedrock/{CLAUDE}")
    assert isinstance(found.error, RateLimitError)
    assert found.error.code == "ThrottlingException"
    assert "Too many tokens" in str(found.error)
    assert found.text == partial_text(found.error) == "hé"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("name", "payload", "kind", "status"),
    [
        ("internalServerException", {"message": "m"}, ServerError, 500),
        ("serviceUnavailableException", {"message": "m"}, OverloadedError, 503),
        ("validationException", {"message": "m"}, InvalidRequestError, 400),
        ("validationException", {"message": "Input is too long for requested model"}, ContextLengthError, 400),
        ("modelTimeoutException", {"message": "m"}, ServerError, 408),
        (
            "modelStreamErrorException",
            {"message": "x", "originalStatusCode": 500, "originalMessage": "m"},
            ServerError,
            424,
        ),
        ("newException", {"message": "m"}, ServerError, 500),
    ],
)
def test_every_exception_has_its_class(name: str, payload: Any, kind: type[OneLLMError], status: int) -> None:
    """STR-15, ERR-08, ERR-12."""
    found = streamed(F2 + frame(name, payload, "exception")).failure
    assert type(found) is kind
    assert getattr(found, "status", None) == status
    assert (payload.get("originalMessage") or payload["message"]) in str(found)


def test_what_cannot_be_read_is_a_hole_that_is_told() -> None:
    """STR-07."""
    found = streamed(F2 + frame("contentBlockDelta", b'{"broken'))
    assert isinstance(found.failure, BadResponseError)
    assert '{"broken' in str(found.failure.body)
    spoilt = bytearray(F2)
    spoilt[-8] ^= 4
    assert isinstance(streamed(F2 + bytes(spoilt)).failure, BadResponseError)


@both
def test_a_whole_answer_in_place_of_a_stream(caller: Caller) -> None:
    """STR-12, STR-13."""
    error = {"message": "Too many requests", "__type": "ThrottlingException"}
    for status, kind in ((200, OneLLMError), (429, RateLimitError)):
        with serve(whole(error, status)) as server:
            try:
                found = caller.chat_stream(settings(server), f"bedrock/{CLAUDE}", max_retries=0).error
            except OneLLMError as early:
                found = early
        assert isinstance(found, kind)


def test_events_and_fields_that_are_not_known_are_passed_over() -> None:
    """STR-22."""
    made = frames(message("a"))
    extra = frame("somethingNew", {"x": 1}) + frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {}})
    found = streamed(made[0] + extra + b"".join(made[1:]))
    assert found.failure is None
    assert found.final.choices[0].message.content == "a"


def test_usage_that_comes_twice_or_not_at_all() -> None:
    """STC-08: what comes without usage changes none; an answer without any is whole all the same."""
    made = [frame(*each) for each in events(message("a"))]
    usage = {"inputTokens": 9, "outputTokens": 1}
    before = [
        *made[:-2],
        frame("metadata", {"usage": usage}),
        frame("metadata", {"metrics": {"latencyMs": 1}}),
        made[-2],
    ]
    assert streamed(b"".join(before)).final.usage.prompt_tokens == 9  # type: ignore[union-attr]
    without = streamed(b"".join([*made[:-1], frame("metadata", {"metrics": {"latencyMs": 1}})]))
    assert without.failure is None
    assert without.final.usage is None
    assert without.final.choices[0].finish_reason == "stop"


def test_one_head_and_one_role() -> None:
    """STC-12, STC-01."""
    found = streamed(message("a", USE, {"toolUse": {**USE["toolUse"], "toolUseId": "t2"}}, stop_reason="tool_use"))
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in found.chunks}) == 1
    roles = [choice.delta.role for chunk in found.chunks for choice in chunk.choices]
    assert roles[0] == "assistant"
    assert not any(roles[1:])
    numbers = [
        call.index for chunk in found.chunks for choice in chunk.choices for call in choice.delta.tool_calls or ()
    ]
    assert sorted(set(numbers)) == [0, 1]


def test_a_call_without_input() -> None:
    """STC-05."""
    answer = both_ways(message({"toolUse": {"toolUseId": "t", "name": "f", "input": {}}}, stop_reason="tool_use"))
    assert answer.choices[0].message.tool_calls[0].function.arguments == "{}"  # type: ignore[index]


def test_a_signature_without_the_end_of_its_block() -> None:
    """RSN-10."""
    made = [frame(*each) for each in events(message(THOUGHT, "a")) if each[0] != "contentBlockStop"]
    state = streamed(b"".join(made)).final.choices[0].message.provider_state
    assert state == {"bedrock": {"model": CLAUDE, "content": [THOUGHT, {"text": "a"}]}}


def test_redacted_reasoning_in_pieces() -> None:
    """RSN-08: each piece is base64 by itself."""
    pieces = [frame("messageStart", {"role": "assistant"})]
    for piece in ("YQ==", "YmM="):
        delta = {"reasoningContent": {"redactedContent": piece}}
        pieces.append(frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": delta}))
    end = [frame(*each) for each in events(message("x"))[-2:]]
    state = streamed(b"".join([*pieces, *end])).final.choices[0].message.provider_state
    assert state["bedrock"]["content"] == [{"reasoningContent": {"redactedContent": "YWJj"}}]  # type: ignore[index]


def test_white_space_is_kept() -> None:
    """STC-13."""
    assert both_ways(message("  Hello \n\n world ")).choices[0].message.content == "  Hello \n\n world "


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("end_turn", "stop"),
        ("tool_use", "tool_calls"),
        ("max_tokens", "length"),
        ("stop_sequence", "stop"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("malformed_model_output", "error"),
        ("malformed_tool_use", "error"),
        ("model_context_window_exceeded", "length"),
        ("something_new", "error"),
    ],
)
def test_stop_reasons(stop: str, finish: str) -> None:
    """FIN-02."""
    (choice,) = both_ways(message("a", stop_reason=stop)).choices
    assert (choice.finish_reason, choice.native_finish_reason) == (finish, stop)


def test_cache_tokens_are_part_of_the_prompt() -> None:
    """USE-03."""
    usage = {
        "inputTokens": 10, "cacheReadInputTokens": 1000, "cacheWriteInputTokens": 200, "outputTokens": 5,
        "totalTokens": 1215,
    }  # fmt: skip
    found = both_ways(message("a", usage=usage)).usage
    assert found is not None
    assert found.prompt_tokens_details is not None
    assert (found.prompt_tokens, found.completion_tokens, found.total_tokens) == (1210, 5, 1215)
    assert (found.prompt_tokens_details.cached_tokens, found.prompt_tokens_details.cache_write_tokens) == (1000, 200)


def test_what_is_written_for_an_hour_costs_more_and_an_unknown_price_is_none() -> None:
    """USE-02, USE-12."""
    raw = {
        "inputTokens": 0, "outputTokens": 0, "cacheWriteInputTokens": 1_000_000,
        "cacheDetails": [{"ttl": "5m", "inputTokens": 400_000}, {"ttl": "1h", "inputTokens": 600_000}],
    }  # fmt: skip
    found = read_usage(raw, Prices(input=4.0, output=20.0, cache_read=0.4, cache_write=5.0), None)
    assert found.cost == pytest.approx(0.4 * 5 + 0.6 * 8)
    assert found.model_extra["cacheDetails"] == raw["cacheDetails"]  # type: ignore[index]
    unknown = read_usage(raw, None, None)
    assert (unknown.cost, unknown.cost_unknown) == (None, "no prices of this model are known")


def test_citations_are_annotations_and_go_back() -> None:
    cited = {
        "citationsContent": {
            "content": [{"text": "Tea at five."}],
            "citations": [
                {"title": "Tea", "location": {"documentPage": {"documentIndex": 0, "start": 1, "end": 2}}},
                {"title": "Web", "location": {"web": {"url": "https://h.example", "domain": "h.example"}}},
            ],
        }
    }
    message_ = both_ways(message("So: ", cited)).choices[0].message
    one, other = message_.model_dump()["annotations"]
    assert (one["type"], other["type"]) == ("citation", "url_citation")
    assert other["url_citation"]["url"] == "https://h.example"
    assert (one["citation"]["start_index"], one["citation"]["end_index"]) == (4, 16)
    assert message_.content == "So: Tea at five."
    assert cited in message_.provider_state["bedrock"]["content"]  # type: ignore[index]


def test_fields_of_the_answer_are_kept() -> None:
    trace = {"guardrail": {"actionReason": "x"}}
    found = both_ways(message("a", trace=trace, serviceTier={"type": "flex"}, additionalModelResponseFields={"k": 1}))
    dump = found.model_dump()
    assert (dump["trace"], dump["service_tier"], dump["additionalModelResponseFields"]) == (trace, "flex", {"k": 1})
    assert dump["metrics"] == {"latencyMs": 9}
    assert found.usage is not None
    assert found.usage.cost is None


def test_a_truncated_document_is_left_as_it_came() -> None:
    """OUT-09."""
    (choice,) = both_ways(message('{"a": "b', stop_reason="max_tokens")).choices
    assert (choice.message.content, choice.finish_reason) == ('{"a": "b', "length")


def test_arguments_have_a_limit() -> None:
    call = stream_call()
    decoder: Any = call.decoder()
    decoder.limit(Limits(arguments=4))
    chunks = decoder.feed(b"".join(frames(FULL)))
    assert chunks
    assert "max_arguments" in str(decoder.failure)


def test_usage_apart_where_it_is_asked_for() -> None:
    found = streamed(message("a"), stream_options={"include_usage": True})
    assert [bool(chunk.usage) for chunk in found.chunks] == [False, False, False, True]
    assert found.chunks[-1].choices == []


def test_an_answer_without_a_message_is_told() -> None:
    bodies: tuple[dict[str, Any], ...] = ({}, {"output": {}}, {"output": {"message": {"content": None}}})
    for body in bodies:
        with pytest.raises(BadResponseError, match="no message"):
            read(body)
