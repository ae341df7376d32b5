"""Answers of generateContent, whole and streamed, as chat completions."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from onellm import BadResponseError, OverloadedError, RateLimitError, StreamInterrupted
from tests.providers.gemini.wire import (
    SIGNATURE,
    answer,
    both_ways,
    events,
    function_call,
    read,
    sse,
    streamed,
)
from tests.wire import stream_call

FILTERED = (
    "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION", "MODEL_ARMOR",
)  # fmt: skip
ABNORMAL = ("LANGUAGE", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "NO_IMAGE", "OTHER", "SOME_FUTURE_WORD")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("STOP", "stop"), ("MAX_TOKENS", "length"), *((word, "content_filter") for word in FILTERED),
     *((word, "error") for word in ABNORMAL)],
)  # fmt: skip
def test_fin_03_finish_reasons(reason: str, expected: str) -> None:
    (choice,) = both_ways(answer("x", reason=reason)).choices
    assert (choice.finish_reason, choice.native_finish_reason) == (expected, reason)


def test_stc_06_fin_03_a_stop_with_calls_is_tool_calls() -> None:
    (choice,) = both_ways(answer(function_call(id="c1"))).choices
    assert (choice.finish_reason, choice.native_finish_reason) == ("tool_calls", "STOP")
    (other,) = both_ways(answer(function_call(id="c1"), reason="UNEXPECTED_TOOL_CALL")).choices
    assert other.finish_reason == "error"
    assert other.message.tool_calls


@pytest.mark.parametrize("content", [{}, {"content": {}}, {"content": None}, {"content": {"parts": None}}])
def test_fin_07_a_candidate_without_content(content: Any) -> None:
    value = {"candidates": [{**content, "finishReason": "MAX_TOKENS"}], "usageMetadata": {"promptTokenCount": 3}}
    for response in (read(value), streamed(sse(value)).final):
        (choice,) = response.choices
        assert (choice.message.content, choice.finish_reason) == (None, "length")


def test_safe_01_a_blocked_prompt() -> None:
    value = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}}
    alone = streamed(sse(value))
    assert alone.failure is None
    for response in (read(value), alone.final):
        (choice,) = response.choices
        assert (choice.message.content, choice.finish_reason) == (None, "content_filter")
        assert choice.native_finish_reason == "SAFETY"
        assert response.model_extra == {"promptFeedback": {"blockReason": "SAFETY"}}


def test_rsn_13_thoughts_are_apart_and_joined() -> None:
    response = both_ways(answer({"text": "a", "thought": True}, {"text": "b", "thought": True}, "Answer"))
    message = response.choices[0].message
    assert (message.reasoning_content, message.content) == ("ab", "Answer")


def test_tool_07_stc_02_calls_without_ids_get_stable_distinct_ones() -> None:
    value = answer(function_call("f", {"a": 1}, SIGNATURE), function_call("f", {"a": 1}))
    found = streamed(value)
    deltas = [call for chunk in found.chunks for choice in chunk.choices for call in choice.delta.tool_calls or ()]
    calls = both_ways(value).choices[0].message.tool_calls or []
    assert [call.index for call in deltas] == [0, 1]
    assert [call.id for call in deltas] == [call.id for call in calls]
    assert len({call.id for call in calls}) == 2


def test_use_04_usage_is_inclusive() -> None:
    counts = {
        "promptTokenCount": 7477, "cachedContentTokenCount": 7000, "candidatesTokenCount": 2060,
        "thoughtsTokenCount": 1939, "totalTokenCount": 11476,
    }  # fmt: skip
    usage = both_ways(answer("x", usageMetadata=counts)).usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (7477, 3999, 11476)
    assert usage.prompt_tokens_details is not None
    assert usage.completion_tokens_details is not None
    assert usage.prompt_tokens_details.cached_tokens == 7000
    assert usage.completion_tokens_details.reasoning_tokens == 1939


def test_use_10_audio_has_its_own_count() -> None:
    rows = [{"modality": "AUDIO", "tokenCount": 200}, {"modality": "TEXT", "tokenCount": 10}]
    usage = both_ways(answer("x", usageMetadata={"promptTokenCount": 210, "promptTokensDetails": rows})).usage
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.audio_tokens == 200


def test_use_12_a_cost_that_is_not_known_is_none_with_a_reason() -> None:
    for more in ({"trafficType": "ON_DEMAND_FLEX"}, {"serviceTier": "priority"}):
        usage = both_ways(answer("x", usageMetadata={"promptTokenCount": 3, "candidatesTokenCount": 1, **more})).usage
        assert usage is not None
        assert usage.cost is None
        assert "tier" in usage.cost_unknown
    grounded = {"groundingMetadata": {"webSearchQueries": ["q"]}}
    usage = both_ways(answer("x", candidate=grounded)).usage
    assert usage is not None
    assert "searches" in usage.cost_unknown


def test_stc_08_of_a_stream_the_last_usage_counts_whole() -> None:
    first, last = {"promptTokenCount": 447, "candidatesTokenCount": 9}, {"promptTokenCount": 8}
    head = {"candidates": [{"content": {"parts": [{"text": "a"}]}, "index": 0}], "usageMetadata": first}
    found = streamed(sse(head) + sse(answer("b", usageMetadata=last)))
    assert found.final.usage is not None
    assert (found.final.usage.prompt_tokens, found.final.usage.completion_tokens) == (8, 0)


def test_par_12_log_probabilities_are_read() -> None:
    result = {
        "chosenCandidates": [{"token": "A", "logProbability": -0.5}, {"token": "b", "logProbability": -1}],
        "topCandidates": [{"candidates": [{"token": "A", "logProbability": -0.5}]}],
    }
    logprobs = both_ways(answer("Ab", candidate={"logprobsResult": result})).choices[0].logprobs
    assert logprobs is not None
    first, second = logprobs.content or []
    assert (first.token, first.logprob, first.top_logprobs[0].token) == ("A", -0.5, "A")
    assert second.top_logprobs == []


def test_grounding_is_annotations_at_places_in_characters() -> None:
    text = "Tée. The tide."
    metadata = {
        "groundingChunks": [{"web": {"uri": "https://a", "title": "A"}}, {"retrievedContext": {"text": "t"}}],
        "groundingSupports": [
            {"segment": {"startIndex": 6, "endIndex": 15, "text": "The tide."}, "groundingChunkIndices": [0, 1, 9]}
        ],
    }
    message = both_ways(answer(text, candidate={"groundingMetadata": metadata})).choices[0].message
    extra = message.model_extra or {}
    first, second = extra["annotations"]
    assert first == {
        "type": "url_citation", "url_citation": {"url": "https://a", "title": "A", "start_index": 5, "end_index": 14}
    }  # fmt: skip
    assert text[5:14] == "The tide."
    assert second["type"] == "retrieved_context"
    assert extra["groundingMetadata"] == metadata


def test_images_and_unknown_fields_are_kept() -> None:
    data = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    response = both_ways(
        answer("See", data, candidate={"avgLogprobs": -1.5, "newField": {"a": 1}}, modelStatus={"x": 1})
    )
    extra = response.choices[0].message.model_extra or {}
    assert extra["images"] == [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    assert (extra["avgLogprobs"], extra["newField"]) == (-1.5, {"a": 1})
    assert response.model_extra == {"modelStatus": {"x": 1}}
    assert response.choices[0].message.provider_state == {"gemini": {"parts": [{"text": "See"}, data]}}


def test_two_candidates_are_two_choices() -> None:
    one, other = answer("one")["candidates"][0], {**answer("two")["candidates"][0], "index": 1}
    value = {**answer("x"), "candidates": [one, other]}
    found = streamed(sse(value), n=2)
    assert found.failure is None
    for response in (read(value), found.final):
        assert [choice.message.content for choice in response.choices] == ["one", "two"]
        assert [choice.index for choice in response.choices] == [0, 1]
    assert isinstance(streamed(sse(answer("one")), n=2).failure, StreamInterrupted)


@pytest.mark.parametrize("value", [{}, {"candidates": []}, {"error": {"code": 500}}])
def test_what_is_no_answer_is_told(value: Any) -> None:
    with pytest.raises((BadResponseError, ValueError)):
        read(value)


# -- streams -----------------------------------------------------------------------------------------------------------

FULL = answer({"text": "hm", "thought": True}, "Hello there.", function_call(signature=SIGNATURE, id="c1"))


def test_a_stream_cut_at_any_event_is_told_with_what_came() -> None:
    """Every boundary but the last: Gemini has no end of its own, a finish reason is it."""
    whole = events(FULL)
    for cut in range(len(whole)):
        found = streamed(b"".join(whole[:cut]))
        assert isinstance(found.failure, StreamInterrupted), cut
        said = found.final.choices[0].message.content if found.final.choices else None
        assert "Hello there.".startswith(said or "")
    assert streamed(b"".join(whole)).failure is None


def test_usage_that_comes_after_the_finish_reason_counts() -> None:
    late = sse({"usageMetadata": {"promptTokenCount": 9}})
    found = streamed(b"".join(events(answer("Hi"))) + late)
    assert found.failure is None
    assert found.final.usage is not None
    assert found.final.usage.prompt_tokens == 9


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_str_01_02_03_any_cut_of_bytes_and_any_line_end(size: int) -> None:
    data = b"".join(events(answer("日 \u2028 😀")))
    for ends in (b"\r\n", b"\n", b"\r"):
        written = data.replace(b"\r\n", ends)
        decoder = stream_call("gemini").decoder()
        chunks = [chunk for at in range(0, len(written), size) for chunk in decoder.feed(written[at : at + size])]
        chunks += decoder.close()
        assert decoder.failure is None
        assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices) == "日 \u2028 😀"


@pytest.mark.parametrize("size", [1, 11, 10_000])
def test_str_17_a_list_of_values_is_read_as_it_comes(size: int) -> None:
    values = [json.loads(event.removeprefix(b"data: ")) for event in events(answer('a "{" \\'))]
    for data in (json.dumps(values, indent=1).encode(), b"".join(json.dumps(each).encode() for each in values)):
        decoder = stream_call("gemini").decoder()
        chunks = [chunk for at in range(0, len(data), size) for chunk in decoder.feed(data[at : at + size])]
        chunks += decoder.close()
        assert decoder.failure is None
        assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices) == 'a "{" \\'
        cut = stream_call("gemini").decoder()
        cut.feed(data[: len(data) // 2])
        cut.close()
        assert cut.failure is not None


def test_str_07_broken_json_is_told_after_what_came() -> None:
    found = streamed(events(answer("Hello"))[0] + b'data: {"broken\n\n')
    assert isinstance(found.failure, BadResponseError)
    assert found.final.choices[0].message.content == "Hel"


def test_use_13_an_error_in_the_middle_is_typed_and_leaves_the_usage() -> None:
    begun = {**json.loads(events(answer("Hello"))[0].removeprefix(b"data: ")), "usageMetadata": {"promptTokenCount": 7}}
    for code, kind in ((503, OverloadedError), (429, RateLimitError)):
        error = {"error": {"code": code, "message": "m", "status": "X"}}
        found = streamed(sse(begun) + sse(error))
        assert isinstance(found.failure, kind)
        assert found.final.usage is not None
        assert found.final.usage.prompt_tokens == 7


def test_stc_12_13_one_head_one_role_and_the_text_as_it_was() -> None:
    found = streamed(answer("Hello \n\nworld"))
    assert {(chunk.id, chunk.created, chunk.model) for chunk in found.chunks} == {("r1", 0, "gemini-3-flash-preview")}
    roles = [choice.delta.role for chunk in found.chunks for choice in chunk.choices if choice.delta.role]
    assert roles == ["assistant"]
    assert found.final.choices[0].message.content == "Hello \n\nworld"


def test_the_usage_in_a_chunk_of_its_own() -> None:
    found = streamed(answer("Hi"), stream_options={"include_usage": True})
    assert found.chunks[-1].choices == []
    assert found.chunks[-1].usage is not None
    assert all(chunk.usage is None for chunk in found.chunks[:-1])


# -- media that a model makes, and what comes in pieces ----------------------------------------------------------------


def _speech(*pieces: bytes) -> list[dict[str, Any]]:
    kind = "audio/L16;codec=pcm;rate=24000"
    return [{"inlineData": {"mimeType": kind, "data": base64.b64encode(piece).decode()}} for piece in pieces]


@pytest.mark.parametrize("pieces", [(b"a",), (b"ab", b"c"), (b"abcd", b"e", b"", b"fg"), (b"abc", b"def")])
def test_speech_in_pieces_is_whole_and_comes_as_it_is_made(pieces: tuple[bytes, ...]) -> None:
    value = answer(*_speech(*pieces))
    audio = (both_ways(value).choices[0].message.model_extra or {})["audio"]
    assert base64.b64decode(audio["data"]) == b"".join(pieces)
    assert audio["format"] == "audio/L16;codec=pcm;rate=24000"
    told = [(chunk.choices[0].delta.model_extra or {}).get("audio") for chunk in streamed(value).chunks]
    heard = "".join(each["data"] for each in told if each)
    assert base64.b64decode(heard) == b"".join(pieces)
    assert sum(each is not None for each in told) >= len(pieces)


def test_speech_that_is_no_base64_is_told() -> None:
    wrong = answer({"inlineData": {"mimeType": "audio/L16", "data": "%%%"}})
    with pytest.raises(ValueError, match="base64"):
        read(wrong)
    assert isinstance(streamed(wrong).failure, BadResponseError)


def test_an_image_comes_as_soon_as_it_is_made() -> None:
    image = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    found = streamed(answer("See", image, image, {**image, "thought": True}))
    at = [
        number for number, chunk in enumerate(found.chunks) if (chunk.choices[0].delta.model_extra or {}).get("images")
    ]
    assert at == [1, 2]
    assert len((found.final.choices[0].message.model_extra or {})["images"]) == 2


def test_citations_of_several_events_are_all_kept() -> None:
    def piece(text: str, at: int, **more: Any) -> bytes:
        cited = {"citations": [{"startIndex": at, "endIndex": at + 1, "uri": f"https://{text}"}]}
        content = {"role": "model", "parts": [{"text": text}]}
        return sse({"candidates": [{"content": content, "index": 0, "citationMetadata": cited, **more}]})

    found = streamed(piece("a", 0) + piece("b", 1) + piece("c", 2, finishReason="STOP"))
    notes = (found.final.choices[0].message.model_extra or {})["annotations"]
    assert [note["url_citation"]["url"] for note in notes] == ["https://a", "https://b", "https://c"]
    assert [note["url_citation"]["start_index"] for note in notes] == [0, 1, 2]


def test_the_zero_of_an_enum_is_no_reason() -> None:
    """A service that writes every field sends it with each event: a stream that breaks off is not whole for that."""
    head = answer(
        "Hel", reason="FINISH_REASON_UNSPECIFIED", promptFeedback={"blockReason": "BLOCKED_REASON_UNSPECIFIED"}
    )
    found = streamed(sse(head))
    assert isinstance(found.failure, StreamInterrupted)
    assert found.final.choices[0].message.content == "Hel"
    assert streamed(sse(head) + sse(answer("lo"))).final.choices[0].finish_reason == "stop"
    assert read(head).choices[0].finish_reason is None
