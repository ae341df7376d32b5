"""Answers of Anthropic, whole and streamed: text, calls, thinking, citations, endings, usage and cost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onellm import Reply
from tests.providers.anthropic.wire import (
    OLD,
    USER,
    body,
    both_ways,
    events,
    message,
    read,
    said_back,
    streamed,
    turns,
)
from tests.wire import call, result, tool

THINKING = {"type": "thinking", "thinking": "Need the tide.", "signature": "Qk1Z/+=="}
REDACTED = {"type": "redacted_thinking", "data": "EqkE+/="}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "tide", "input": {"port": "Oban é"}}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}
FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [{"type": "web_search_result", "url": "https://h.example", "title": "T", "encrypted_content": "e"}],
}


def test_a_text() -> None:
    answer = both_ways(message("Hello wörld"))
    (choice,) = answer.choices
    assert (choice.message.content, choice.finish_reason, choice.native_finish_reason) == (
        "Hello wörld",
        "stop",
        "end_turn",
    )
    assert (answer.id, answer.model, choice.message.provider_state) == ("msg_1", "claude-sonnet-4-5-20250929", None)


@pytest.mark.parametrize(
    ("native", "ours"),
    [("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"), ("tool_use", "tool_calls"),
     ("refusal", "content_filter"), ("model_context_window_exceeded", "length"), ("pause_turn", "error"),
     ("compaction", "error"), ("brand_new", "error"), (None, "error")],
)  # fmt: skip
def test_fin_01_stop_reasons(native: str | None, ours: str) -> None:
    (choice,) = both_ways(message("x", stop_reason=native)).choices
    assert (choice.finish_reason, choice.native_finish_reason) == (ours, native)


def test_the_stop_sequence_that_was_met() -> None:
    answer = both_ways(message("x", stop_reason="stop_sequence", stop_sequence="END"))
    assert answer.choices[0].message.model_dump()["stop_sequence"] == "END"


def test_safe_04_a_refusal_keeps_its_text_and_its_details() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "Because."}
    (choice,) = both_ways(message("I can", stop_reason="refusal", stop_details=details)).choices
    assert (choice.message.content, choice.finish_reason) == ("I can", "content_filter")
    assert choice.message.model_dump()["stop_details"] == details
    assert both_ways(message(stop_reason="refusal")).choices[0].message.content is None


def test_stc_01_tool_calls_are_numbered_by_themselves() -> None:
    second = {**CALL, "id": "toolu_2", "input": {}}
    answer = message(THINKING, "Let me see.", CALL, second, stop_reason="tool_use")
    (choice,) = both_ways(answer).choices
    calls = choice.message.tool_calls or []
    assert [(call.id, call.function.name, call.function.arguments) for call in calls] == [
        ("toolu_1", "tide", '{"port": "Oban é"}'),
        ("toolu_2", "tide", "{}"),
    ]
    fragments = [
        (each.index, each.id)
        for chunk in streamed(answer).chunks
        for each in chunk.choices[0].delta.tool_calls or ()
        if each.id
    ]
    assert fragments == [(0, "toolu_1"), (1, "toolu_2")]


def test_stc_05_a_call_without_input() -> None:
    calls = both_ways(message({**CALL, "input": {}}, stop_reason="tool_use")).choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].function.arguments == "{}"


def test_stc_12_one_id_and_the_role_once() -> None:
    chunks = streamed(message("Hello, world", CALL)).chunks
    assert {(chunk.id, chunk.created, chunk.model) for chunk in chunks} == {("msg_1", 0, "claude-sonnet-4-5-20250929")}
    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant"] + [None] * (len(chunks) - 1)


def test_usage_comes_with_the_last_chunk_or_in_one_of_its_own() -> None:
    for apart in (False, True):
        chunks = streamed(message("Hello"), stream_options={"include_usage": apart}).chunks
        assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
        assert bool(chunks[-1].choices) is not apart


# -- state -------------------------------------------------------------------------------------------------------------


def round_trip(answer: dict[str, Any], *more: Any, model: str = OLD, **params: Any) -> list[Any]:
    """The blocks of the answer's turn when the message comes back as JSON, from a whole answer and from a stream."""
    for made in (read(answer), streamed(answer).final):
        sent = turns(USER, said_back(made), *more, model=model, **params)
        assert sent[1]["role"] == "assistant"
    return list(sent[1]["content"])


def test_rsn_06_signed_thinking_goes_back_word_for_word() -> None:
    answer = message(THINKING, "Let me see.", CALL, stop_reason="tool_use")
    assert both_ways(answer).choices[0].message.reasoning_content == "Need the tide."
    sent = round_trip(answer, result("toolu_1"), tools=[tool("tide")], reasoning_effort="low")
    assert sent == [THINKING, {"type": "text", "text": "Let me see."}, CALL]


def test_rsn_08_redacted_thinking_goes_back_word_for_word() -> None:
    answer = message(REDACTED, "Hello")
    assert both_ways(answer).choices[0].message.reasoning_content is None
    assert round_trip(answer, {"role": "user", "content": "Go on"}) == [REDACTED, {"type": "text", "text": "Hello"}]


def test_thinking_that_is_not_shown_keeps_its_signature() -> None:
    hidden = {**THINKING, "thinking": ""}
    answer = message(hidden, "Hello")
    assert both_ways(answer).choices[0].message.reasoning_content is None
    assert round_trip(answer, USER)[0] == hidden


def test_rsn_10_no_text_comes_of_a_signature_and_no_stop_is_needed() -> None:
    data = b"".join(event for event in events(message(THINKING, "Hi")) if b"content_block_stop" not in event)
    found = streamed(data)
    assert found.final.choices[0].message.content == "Hi"
    state = found.final.choices[0].message.provider_state
    assert state is not None
    assert state["anthropic"]["content"][0] == THINKING


def test_thinking_is_not_sent_to_another_model() -> None:
    answer = message(THINKING, SEARCH, FOUND, "Hello")
    kept = round_trip(answer, USER, model="claude-opus-4-6")
    assert kept == [SEARCH, FOUND, {"type": "text", "text": "Hello"}]


def test_thinking_goes_back_to_a_gateway_s_name_of_the_model() -> None:
    said = json.dumps(message(THINKING, "Hello")).encode()
    answer = call("anthropic", None, "our-claude").parse(Reply(200, {}, said))
    for model in ("our-claude", OLD):
        assert turns(USER, said_back(answer), USER, model=model)[1]["content"][0] == THINKING
    fallen = json.dumps(message({"type": "fallback"}, THINKING, "Hello")).encode()
    other = call("anthropic", None, "claude-opus-4-7").parse(Reply(200, {}, fallen))
    sent = call("anthropic", [USER, said_back(other), USER], "claude-opus-4-7").json["messages"][1]["content"]
    assert [block["type"] for block in sent] == ["fallback", "text"]


def test_a_changed_message_is_said_anew() -> None:
    changed = said_back(read(message(THINKING, SEARCH, FOUND, "Hello")))
    changed["content"] = "Goodbye"
    assert turns(USER, changed, USER)[1]["content"] == [{"type": "text", "text": "Goodbye"}]


def test_tool_35_tools_of_the_service_are_no_calls_and_go_back() -> None:
    answer = message("Searching.", SEARCH, FOUND, "Found.")
    assert both_ways(answer).choices[0].message.tool_calls is None
    text = [{"type": "text", "text": said} for said in ("Searching.", "Found.")]
    assert round_trip(answer, USER) == [text[0], SEARCH, FOUND, text[1]]
    assert round_trip(message("Searching.", SEARCH, "x"), USER) == [text[0], {"type": "text", "text": "x"}]


def test_fin_01_a_paused_turn_goes_on() -> None:
    answer = message("Searching.", SEARCH, stop_reason="pause_turn", container={"id": "c1", "expires_at": "2026"})
    assert both_ways(answer).model_dump()["container"] == {"id": "c1", "expires_at": "2026"}
    for model in (OLD, "claude-sonnet-4-5-20250929"):
        sent = body(USER, said_back(read(answer)), model=model)
        assert sent["messages"][-1]["content"] == [{"type": "text", "text": "Searching."}, SEARCH]
        assert sent["container"] == "c1"
    assert "container" not in body(USER, said_back(read(answer)), USER)


def test_a_plain_answer_has_no_state() -> None:
    direct = {**CALL, "caller": {"type": "direct"}}
    for answer in (message("Hi"), message("Hi", CALL), message(direct), message()):
        assert both_ways(answer).choices[0].message.provider_state is None


# -- citations ---------------------------------------------------------------------------------------------------------

CHARS = {
    "type": "char_location", "cited_text": "Tea", "document_index": 0, "document_title": "t", "start_char_index": 0,
    "end_char_index": 3, "file_id": None,
}  # fmt: skip
WEB = {
    "type": "web_search_result_location",
    "url": "https://h.example",
    "title": "T",
    "encrypted_index": "e",
    "cited_text": "c",
}


def test_citations_are_annotations_and_go_back() -> None:
    cited = [{"type": "text", "text": said, "citations": each} for said, each in (("Tea", [CHARS]), (" web", [WEB]))]
    answer = message("So: ", *cited)
    found = both_ways(answer).choices[0].message.model_dump()
    assert found["content"] == "So: Tea web"
    assert [
        (note["type"], note[note["type"]]["start_index"], note[note["type"]]["end_index"])
        for note in found["annotations"]
    ] == [
        ("char_location", 4, 7),
        ("url_citation", 7, 11),
    ]
    assert found["annotations"][0]["char_location"]["cited_text"] == "Tea"
    assert found["annotations"][1]["url_citation"]["url"] == "https://h.example"
    assert round_trip(answer, USER)[1:] == cited


# -- usage -------------------------------------------------------------------------------------------------------------


def test_use_01_cached_tokens_are_part_of_the_prompt() -> None:
    usage = {
        "input_tokens": 3,
        "cache_creation_input_tokens": 12304,
        "cache_read_input_tokens": 0,
        "output_tokens": 550,
    }
    found = both_ways(message("x", usage=usage)).usage
    assert found is not None
    assert found.prompt_tokens_details is not None
    assert (found.prompt_tokens, found.completion_tokens, found.total_tokens) == (12307, 550, 12857)
    assert (found.prompt_tokens_details.cached_tokens, found.prompt_tokens_details.cache_write_tokens) == (0, 12304)


def cost(**usage: Any) -> tuple[float | None, str]:
    """The cost of a whole answer of Sonnet 4.5 ($3 and $15 a million), and why it is not known."""
    said = json.dumps(message("x", usage={"input_tokens": 0, "output_tokens": 0, **usage})).encode()
    found = call("anthropic", None, OLD).parse(Reply(200, {}, said)).usage
    assert found is not None
    return found.cost, found.cost_unknown


def test_use_02_an_hour_in_the_cache_costs_twice_the_input() -> None:
    split = {"ephemeral_5m_input_tokens": 400_000, "ephemeral_1h_input_tokens": 600_000}
    written = {"cache_creation_input_tokens": 1_000_000, "cache_creation": split}
    assert cost(**written)[0] == pytest.approx(0.4 * 3.75 + 0.6 * 6)
    assert cost(cache_read_input_tokens=1_000_000)[0] == pytest.approx(0.3)
    assert cost(input_tokens=1_000_000, output_tokens=1_000_000)[0] == pytest.approx(18)


def test_use_12_what_is_not_known_is_not_zero() -> None:
    assert cost(input_tokens=1, service_tier="batch") == (None, "the prices of the service tier batch are not known")
    assert cost(input_tokens=1, speed="fast")[0] is None
    assert (
        cost(input_tokens=1, server_tool_use={"web_search_requests": 1})[1] == "the price of web searches is not known"
    )
    assert read(message("x", model="m")).usage.cost_unknown == "no prices of m are known"  # type: ignore[union-attr]


def test_use_iterations_that_the_top_leaves_out_are_counted_and_paid() -> None:
    advised = {"type": "advisor_message", "model": "claude-opus-4-8", "input_tokens": 1_000_000, "output_tokens": 0}
    summed = {"type": "compaction", "input_tokens": 55_000, "output_tokens": 100}
    own = {"type": "message", "input_tokens": 181, "output_tokens": 10}
    usage = {"input_tokens": 181, "output_tokens": 10, "iterations": [own, advised, summed]}
    found = both_ways(message("x", usage=usage)).usage
    assert found is not None
    assert (found.prompt_tokens, found.completion_tokens) == (1_055_181, 110)
    paid = cost(**usage)[0]
    assert paid == pytest.approx(5 + (55_181 * 3 + 110 * 15) / 1e6)


def test_use_thinking_is_part_of_the_completion() -> None:
    usage = {"input_tokens": 3, "output_tokens": 50, "output_tokens_details": {"thinking_tokens": 40}}
    found = both_ways(message("x", usage=usage)).usage
    assert found is not None
    assert found.completion_tokens_details is not None
    assert (found.completion_tokens, found.completion_tokens_details.reasoning_tokens) == (50, 40)
