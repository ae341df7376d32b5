"""Conversations in OpenAI's form as Converse's turns, by the hard cases' ids; botocore's validator takes every body."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest

from onellm import ChatRequest, InvalidRequestError, Reply, UnsupportedParameterError
from onellm.call import Fetch, Resolve
from tests.providers.bedrock.wire import (
    CLAUDE,
    NOVA,
    PNG,
    body,
    both_ways,
    chat_call,
    message,
    parameters,
    provider,
    said_back,
    turns,
)
from tests.wire import calling, result, tool, tool_call

USER = {"role": "user", "content": "Hi"}
OLD = "anthropic.claude-3-haiku-20240307-v1:0"
PDF = "data:application/pdf;base64," + base64.b64encode(b"%PDF-1.4").decode()
MARK = {"type": "ephemeral"}
POINT = {"cachePoint": {"type": "default"}}
PARTS = [{"type": "text", "text": "T"}]


def user(*parts: Any, **fields: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(parts), **fields}


def said(role: str, text: Any) -> dict[str, Any]:
    return {"role": role, "content": text}


def text(value: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": value, **fields}


def file(name: str, data: str = PDF) -> dict[str, Any]:
    return {"type": "file", "file": {"filename": name, "file_data": data}}


def image(url: str = f"data:image/png;base64,{PNG}") -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def test_system_messages() -> None:
    """MSG-01: the leading ones are the prompt, a later one stays where it is."""
    made = body(said("system", "A"), USER, said("assistant", "a"), said("system", "B"), said("user", "b"))
    assert made["system"] == [{"text": "A"}]
    assert made["messages"][-1]["content"] == [{"text": "<system>\nB\n</system>"}, {"text": "b"}]


@pytest.mark.parametrize(
    ("messages", "problem"),
    [
        pytest.param([said("system", "S")], "no turn of the user", id="MSG-05"),
        pytest.param([said("user", "\n")], "says nothing", id="MSG-08 a blank user turn"),
        pytest.param([said("assistant", "a"), USER], "speak first", id="MSG-05 assistant first"),
        pytest.param([USER, calling(tool_call("a"), tool_call("b")), result("a"), USER], "'b'", id="TOOL-05"),
        pytest.param([USER, result("x")], "'x'", id="TOOL-06"),
        pytest.param([USER, calling(tool_call(arguments='{"a":1}{"b":2}')), result()], "no JSON object", id="TOOL-15"),
        pytest.param([USER, calling(tool_call(arguments="[]")), result()], "no JSON object", id="TOOL-14 a list"),
        pytest.param([USER, calling(tool_call(arguments='""')), result()], "no JSON object", id="TOOL-14 a text"),
        pytest.param([USER, calling(tool_call(name="a.b")), result()], "letters, digits", id="TOOL-24"),
        pytest.param([user(file("a.pdf"))], "needs a text", id="MM-08 a document alone"),
        pytest.param([user(image("data:image/png;base64"))], "without data", id="MM-01 no data"),
    ],
)
def test_what_cannot_be_sent_is_told_before(messages: list[Any], problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        chat_call(*messages)


def test_neighbours_of_one_role_are_one_turn() -> None:
    """MSG-06, MSG-09: an empty turn of the assistant is left out."""
    empty = {"role": "assistant", "content": None}
    made = turns(said("user", "a"), said("user", "b"), empty, said("user", "c"), said("assistant", "d"), USER)
    assert [turn["role"] for turn in made] == ["user", "assistant", "user"]
    assert made[0]["content"] == [{"text": "a"}, {"text": "b"}, {"text": "c"}]


def test_blank_texts_are_left_out() -> None:
    """MSG-08, MSG-07."""
    made = turns(user(text(" "), text("a"), text("")), calling(tool_call(), content=""), result(content=" "))
    assert made[0]["content"] == [{"text": "a"}]
    assert [list(block) for block in made[1]["content"]] == [["toolUse"]]
    assert made[2]["content"][0]["toolResult"]["content"] == [{"text": "(empty)"}]


def test_text_beside_calls_is_kept() -> None:
    """MSG-10."""
    (_, turn, _) = turns(USER, calling(tool_call(), content="Let me check."), result())
    assert turn["content"][0] == {"text": "Let me check."}
    assert turn["content"][1]["toolUse"]["name"] == "f"


def test_a_prefill_ends_in_no_white_space_and_is_refused_where_it_is_not_taken() -> None:
    """MSG-13."""
    assert turns(USER, said("assistant", "{ "), model=OLD)[-1] == {"role": "assistant", "content": [{"text": "{"}]}
    with pytest.raises(InvalidRequestError, match="begun"):
        chat_call(USER, said("assistant", "{ "), model="us.anthropic.claude-opus-4-6-v1")


def test_a_dumped_answer_goes_back_without_what_is_openai_s() -> None:
    """MSG-16, MSG-17."""
    dumped: dict[str, Any] = {
        "role": "assistant", "content": "a", "refusal": None, "annotations": [], "audio": None, "function_call": None,
        "reasoning_content": "thought", "tool_calls": [],
    }  # fmt: skip
    assert turns(USER, dumped, USER)[1] == {"role": "assistant", "content": [{"text": "a"}]}


def test_the_caller_s_objects_stay_as_they_are() -> None:
    """MSG-20."""
    messages = [user(text("a", cache_control=MARK), image(), file("x y.pdf")), calling(tool_call()), result()]
    tools = [tool()]
    before = copy.deepcopy((messages, tools))
    first, second = body(*messages, tools=tools), body(*messages, tools=tools)
    assert (messages, tools) == before
    assert first == second


def test_results_of_parallel_calls_are_one_turn_results_first() -> None:
    """TOOL-01, TOOL-03."""
    made = turns(USER, calling(tool_call("a"), tool_call("b")), result("b"), result("a"), said("user", "thanks"))
    kinds = [next(iter(block)) for block in made[-1]["content"]]
    assert kinds == ["toolResult", "toolResult", "text"]
    assert [block["toolResult"]["toolUseId"] for block in made[-1]["content"][:2]] == ["b", "a"]


def test_long_ids_stay_distinct_and_the_same_for_call_and_result() -> None:
    """TOOL-11."""
    one, other = "x" * 64 + "1" * 56, "x" * 64 + "2" * 56
    _, turn, results = turns(USER, calling(tool_call(one), tool_call(other)), result(one), result(other))
    ids = [block["toolUse"]["toolUseId"] for block in turn["content"]]
    assert len(set(ids)) == 2
    assert all(len(each) <= 64 for each in ids)
    assert [block["toolResult"]["toolUseId"] for block in results["content"]] == ids
    assert (
        turns(USER, calling(tool_call("ok.-:1")), result("ok.-:1"))[1]["content"][0]["toolUse"]["toolUseId"] == "ok.-:1"
    )


@pytest.mark.parametrize("arguments", ["", "null", "{}", None])
def test_no_arguments_are_an_empty_object(arguments: Any) -> None:
    """TOOL-13, TOOL-14."""
    assert turns(USER, calling(tool_call(arguments=arguments)), result())[1]["content"][0]["toolUse"]["input"] == {}


@pytest.mark.parametrize("content", ["", [], [text(" ")]])
def test_an_empty_result_says_so(content: Any) -> None:
    """TOOL-31."""
    block = turns(USER, calling(tool_call()), result(content=content))[-1]["content"][0]["toolResult"]
    assert block["content"] == [{"text": "(empty)"}]


def test_images_and_documents_in_a_result() -> None:
    """TOOL-33."""
    block = turns(USER, calling(tool_call()), result(content=[text("a"), image(), file("r.pdf")], is_error=True))[-1]
    made = block["content"][0]["toolResult"]
    assert [next(iter(each)) for each in made["content"]] == ["text", "image", "document"]
    assert made["status"] == "error"


def test_history_with_calls_declares_their_tools() -> None:
    """TOOL-23."""
    made = parameters_of(USER, calling(tool_call(name="gone")), result())
    assert [each["toolSpec"]["name"] for each in made["toolConfig"]["tools"]] == ["gone"]


def parameters_of(*messages: Any, **params: Any) -> dict[str, Any]:
    return {name: value for name, value in body(*messages, **params).items() if name != "messages"}


# -- media -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        pytest.param("data:image/PNG;charset=utf-8;base64,iVBO\nRw0KGgo=", "png", id="MM-01"),
        pytest.param(f"data:;base64,{PNG}", "png", id="MM-01 sniffed"),
        pytest.param("data:image/jpg;base64,/9j/", "jpeg", id="MM-02"),
    ],
)
def test_data_urls(url: str, kind: str) -> None:
    (block, _) = turns(user(image(url), text("a")))[0]["content"]
    assert block["image"]["format"] == kind


def test_a_type_that_is_not_taken_is_told() -> None:
    """MM-01, OUT-08 of media."""
    with pytest.raises(UnsupportedParameterError, match="svg"):
        chat_call(user(image("data:image/svg+xml,%3Csvg"), text("a")))
    made = chat_call(user(image("data:image/svg+xml,%3Csvg"), text("a")), unsupported="drop")
    assert made.dropped == ("messages[0].content[0]",)
    assert made.json["messages"][0]["content"] == [{"text": "a"}]


def test_a_url_of_the_web_is_fetched_once_and_under_guard() -> None:
    """MM-04, MM-05."""
    url = "https://h.example/cat.png"
    asked = [user(image(url), text("a"), {"type": "image_url", "image_url": url})]
    before = copy.deepcopy(asked)
    op: Any = provider().chat(ChatRequest(model=CLAUDE, messages=asked))
    step = next(op)
    assert isinstance(step, Resolve)
    step = op.send(["93.184.215.14"])
    assert isinstance(step, Fetch)
    step = op.send(step.parse(Reply(200, {"content-type": "image/png"}, base64.b64decode(PNG))))
    blocks = step.json["messages"][0]["content"]
    assert blocks[0] == blocks[2] == {"image": {"format": "png", "source": {"bytes": PNG}}}
    assert asked == before
    op = provider().chat_stream(ChatRequest(model=CLAUDE, messages=asked))
    next(op)
    with pytest.raises(InvalidRequestError, match="not public"):
        op.send(["10.0.0.1"])


def test_documents_have_legal_distinct_names() -> None:
    """MM-07, MM-08."""
    blocks = turns(user(text("a"), file("Q3_report(final)!.pdf"), file("Q3_report(final)!.pdf"), file("")))[0][
        "content"
    ]
    names = [block["document"]["name"] for block in blocks[1:]]
    assert names == ["Q3 report(final)", "Q3 report(final) 2", "Document 3"]
    assert [block["document"]["format"] for block in blocks[1:]] == ["pdf"] * 3


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("text/markdown", "md"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
        ("text/csv", "csv"),
        ("application/vnd.ms-excel", "xls"),
        ("text/plain", "txt"),
    ],
)
def test_media_types_are_written_down(media_type: str, kind: str) -> None:
    """MM-09."""
    blocks = turns(user(text("a"), file("x", f"data:{media_type};base64,YWJj")))[0]["content"]
    assert blocks[1]["document"]["format"] == kind


def test_parts_keep_their_order() -> None:
    """MM-12."""
    blocks = turns(user(text("A"), image(), text("B"), image()))[0]["content"]
    assert [next(iter(block)) for block in blocks] == ["text", "image", "text", "image"]


def test_a_part_that_nobody_takes_and_native_blocks() -> None:
    with pytest.raises(UnsupportedParameterError, match="thought"):
        chat_call(user(text("a"), {"type": "thought", "thought": "b"}))
    guarded = {"guardContent": {"text": {"text": "check me"}}}
    assert turns(user(text("a"), guarded))[0]["content"][1] == guarded


def test_audio_and_video() -> None:
    sound = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    film = {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}}
    (_, audio, video) = turns(user(text("a"), sound, film), model=NOVA)[0]["content"]
    assert audio == {"audio": {"format": "wav", "source": {"bytes": "AAAA"}}}
    assert video == {"video": {"format": "mp4", "source": {"bytes": "AAAA"}}}
    with pytest.raises(UnsupportedParameterError, match="'aiff'"):
        chat_call(user(text("a"), {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "aiff"}}))
    with pytest.raises(InvalidRequestError, match="pass the data"):
        chat_call(user(text("a"), {"type": "video_url", "video_url": "https://h.example/a.mp4"}))


@pytest.mark.parametrize(
    ("part", "kind", "word"),
    [
        (image("s3://bucket/a.JPG"), "image", "jpeg"),
        ({"type": "video_url", "video_url": "s3://bucket/a.3gp"}, "video", "three_gp"),
        (file("", "s3://bucket/a.docx"), "document", "docx"),
        (file("", "s3://bucket/a.mp4"), "video", "mp4"),
    ],
)
def test_what_lies_in_s3(part: Any, kind: str, word: str) -> None:
    block = turns(user(text("a"), part))[0]["content"][1][kind]
    assert block["format"] == word
    assert block["source"]["s3Location"]["uri"].startswith("s3://bucket/a.")
    assert block.get("name", "a") == "a"


def test_a_name_in_s3_that_says_nothing() -> None:
    for part in (file("", "s3://bucket/a"), image("s3://bucket/a.pdf")):
        with pytest.raises(InvalidRequestError, match=r"\.png"):
            chat_call(user(text("a"), part))


# -- cache points ------------------------------------------------------------------------------------------------------


def test_more_than_four_cache_points_are_told() -> None:
    """CACHE-01: tools and system count."""
    marked = [user(text(str(number), cache_control=MARK), text("x")) for number in range(3)]
    system = {"role": "system", "content": "S", "cache_control": MARK}
    with pytest.raises(InvalidRequestError, match="5 parts"):
        chat_call(system, *marked, tools=[{**tool(), "cache_control": MARK}])


def test_cache_control_of_messages_tools_and_results() -> None:
    """CACHE-03."""
    hour = {"type": "ephemeral", "ttl": "1h"}
    made = body(
        {"role": "user", "content": "x", "cache_control": hour},
        calling(tool_call()),
        result(cache_control=MARK),
        tools=[{**tool(), "cache_control": MARK}],
    )
    assert made["messages"][0]["content"][-1] == {"cachePoint": {"type": "default", "ttl": "1h"}}
    assert made["messages"][2]["content"][-1] == POINT
    assert made["toolConfig"]["tools"][-1] == POINT


def test_a_mark_inside_a_result_is_a_point_behind_it_and_its_parts_keep_their_order() -> None:
    """CACHE-03: the service takes none inside."""
    parts = [text("a", cache_control=MARK), {"json": {"b": 1}, "cache_control": MARK}, text("c")]
    made = turns(USER, calling(tool_call()), result(content=parts))[-1]["content"]
    assert made[0]["toolResult"]["content"] == [{"text": "a"}, {"json": {"b": 1}}, {"text": "c"}]
    assert made[1:] == [POINT]


def test_cache_points_stand_where_they_may() -> None:
    """CACHE-04."""
    with pytest.raises(InvalidRequestError, match="nothing before it"):
        chat_call(user(POINT, text("a")))
    made = turns(said("user", "a"), said("assistant", "b"), user(POINT, text("c")))
    assert made[1]["content"] == [{"text": "b"}, POINT]
    assert turns(user(text("a"), POINT, POINT, text("b")))[0]["content"] == [{"text": "a"}, POINT, {"text": "b"}]
    kinds = [next(iter(block)) for block in turns(user(text("a"), file("d.pdf"), POINT))[0]["content"]]
    assert kinds == ["text", "cachePoint", "document"]


def test_cache_points_that_a_model_does_not_take() -> None:
    """CACHE-04: Nova's tools, and models without caching."""
    for model, params in ((NOVA, {"tools": [{**tool(), "cache_control": MARK}]}), ("meta.llama3-8b-instruct-v1:0", {})):
        asked = USER if params else user(text("a", cache_control=MARK))
        with pytest.raises(UnsupportedParameterError, match="cache points"):
            chat_call(asked, model=model, **params)
        made = chat_call(asked, model=model, unsupported="drop", **params)
        assert "cachePoint" not in str(made.json)
        assert len(made.dropped) == 1


def test_a_mark_on_the_whole_request() -> None:
    """CACHE-08."""
    assert turns(USER, cache_control=MARK)[0]["content"] == [{"text": "Hi"}, POINT]


# -- reasoning ---------------------------------------------------------------------------------------------------------

THOUGHT = {"reasoningContent": {"reasoningText": {"text": "Need the tide.", "signature": "c2ln"}}}
REDACTED = {"reasoningContent": {"redactedContent": "b3BhcXVl"}}
USE = {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}}


@pytest.mark.parametrize("block", [pytest.param(THOUGHT, id="RSN-06"), pytest.param(REDACTED, id="RSN-08")])
def test_reasoning_goes_back_as_it_came(block: dict[str, Any]) -> None:
    answer = both_ways(message(block, "Let me see.", USE, stop_reason="tool_use"))
    kept = said_back(answer)
    made = turns(USER, kept, result("t1"))
    assert made[1]["content"] == [block, {"text": "Let me see."}, USE]
    other = turns(USER, kept, result("t1"), model=NOVA)
    assert other[1]["content"] == [{"text": "Let me see."}, USE]
    assert turns(USER, {**kept, "content": "Changed."}, result("t1"))[1]["content"] == [{"text": "Changed."}, USE]


def test_reasoning_without_a_signature_stays_here() -> None:
    """DeepSeek and gpt-oss do not sign, and take no reasoning back."""
    thought = {"reasoningContent": {"reasoningText": {"text": "Need the tide."}}}
    for content, sent in (((thought, "a", USE), [{"text": "a"}, USE]), ((thought, USE), [USE])):
        answer = both_ways(message(*content, stop_reason="tool_use"))
        assert answer.choices[0].message.reasoning_content == "Need the tide."
        assert turns(USER, said_back(answer), result("t1"))[1]["content"] == sent


def test_a_profile_of_another_region_is_the_same_model() -> None:
    """RSN-06, AUTH-09."""
    kept = said_back(both_ways(message(THOUGHT, "a")))
    assert turns(USER, kept, USER, model=CLAUDE.replace("us.", "eu."))[1]["content"][0] == THOUGHT


def test_lost_reasoning() -> None:
    """RSN-07."""
    history = [USER, calling(tool_call()), result()]
    with pytest.raises(UnsupportedParameterError, match=r"messages\[1\]"):
        chat_call(*history, reasoning_effort="low", max_tokens=8000)
    made = chat_call(*history, reasoning_effort="low", max_tokens=8000, unsupported="drop")
    assert made.dropped == ("reasoning_effort",)
    assert made.json["additionalModelRequestFields"] == {"thinking": {"type": "disabled"}}
    kept = said_back(both_ways(message(THOUGHT, USE, stop_reason="tool_use")))
    with pytest.raises(InvalidRequestError, match=r"messages\[4\]"):
        chat_call(
            USER, kept, result("t1"), USER, calling(tool_call()), result(), reasoning_effort="low", max_tokens=8000
        )


def test_a_server_tool_s_call_is_not_the_caller_s() -> None:
    """TOOL-36 for Nova's own tools: kept in the state, never among the tool calls."""
    own = {"toolUse": {"toolUseId": "s1", "name": "nova_code_interpreter", "input": {}, "type": "server_tool_use"}}
    came = {"toolResult": {"toolUseId": "s1", "content": [{"json": {"stdOut": "7"}}], "type": "r", "status": "success"}}
    kept = said_back(both_ways(message(own, came, "7", stop_reason="end_turn")))
    assert kept.get("tool_calls") is None
    assert turns(USER, kept, USER)[1]["content"] == [own, came, {"text": "7"}]
    alone = said_back(both_ways(message(own, "7")))
    assert turns(USER, alone, USER)[1]["content"] == [{"text": "7"}]


def test_parameters_alone() -> None:
    """PAR-04: nothing is invented."""
    assert parameters() == {}
