"""What leaves for Cohere's chat, judged by its SDK, by hard cases' ids."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from onellm import InvalidRequestError, UnsupportedParameterError, get_provider
from onellm.signing import Signed
from tests.providers.cohere.wire import MODEL, USER, answer, body, both_ways, parameters, said_back
from tests.support import KEY
from tests.wire import call, calling, result, stream_call, tool, tool_call

PNG = "data:image/png;base64,iVBORw0KGgo="
STRICT = tool("g", strict=True)


def messages(*given: Any, **params: Any) -> Any:
    return body(*given, **params)["messages"]


# -- messages ----------------------------------------------------------------------------------------------------------


def test_msg_04_a_system_message_is_a_message() -> None:
    made = body({"role": "system", "content": "Be terse"}, USER, {"role": "developer", "content": "D"})
    assert made["messages"] == [
        {"role": "system", "content": "Be terse"},
        USER,
        {"role": "system", "content": "D"},
    ]
    assert made.keys() == {"model", "messages"}


def test_msg_09_an_empty_turn_is_left_out_and_its_neighbours_are_one() -> None:
    made = messages(USER, {"role": "assistant", "content": None}, {"role": "user", "content": "?"})
    assert made == [{"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "?"}]}]
    with pytest.raises(InvalidRequestError, match="say nothing"):
        messages({"role": "assistant", "content": ""})


def test_msg_10_text_beside_tool_calls_stays() -> None:
    made = messages(USER, calling(tool_call(), content="Let me see."), result())
    assert made[1]["content"] == "Let me see."
    assert made[1]["tool_calls"] == [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    assert made[2] == {"role": "tool", "content": "ok", "tool_call_id": "call_1"}


def test_msg_20_nothing_of_the_caller_s_is_changed() -> None:
    given = [USER, calling(tool_call(arguments={"a": 1})), result(content=[{"type": "text", "text": "x"}])]
    before = copy.deepcopy(given)
    assert body(*given) == body(*given)
    assert given == before


@pytest.mark.parametrize(
    ("arguments", "text"),
    [("", "{}"), (None, "{}"), ({"a": "é"}, '{"a": "é"}'), ('{"a":1}', '{"a":1}')],
    ids=["TOOL-13", "TOOL-13-none", "TOOL-16", "TOOL-16-text"],
)
def test_arguments_are_a_text(arguments: Any, text: str) -> None:
    made = messages(USER, calling(tool_call(arguments=arguments)), result())
    assert made[1]["tool_calls"][0]["function"]["arguments"] == text


def test_tool_05_and_06_broken_histories() -> None:
    with pytest.raises(InvalidRequestError, match="no assistant message just before it"):
        messages(USER, result())
    with pytest.raises(InvalidRequestError, match="has no result"):
        messages(USER, calling(tool_call()), USER)


def test_mm_05_an_image_as_text_or_table() -> None:
    wanted = {"type": "image_url", "image_url": {"url": PNG}}
    parts = [{"type": "image_url", "image_url": PNG}, {"type": "image_url", "image_url": {"url": PNG}}]
    assert messages({"role": "user", "content": parts})[0]["content"] == [wanted, wanted]
    detailed = {"type": "image_url", "image_url": {"url": "https://h.example/a.png", "detail": "high"}}
    assert messages({"role": "user", "content": [detailed]})[0]["content"] == [detailed]


def test_mm_12_texts_and_images_keep_their_order() -> None:
    parts = [
        {"type": "text", "text": "A"},
        {"type": "image_url", "image_url": {"url": PNG}},
        {"type": "text", "text": "B"},
    ]
    assert messages({"role": "user", "content": parts})[0]["content"] == parts


@pytest.mark.parametrize("kind", ["input_audio", "video_url", "file"])
def test_mm_11_a_part_that_is_not_taken(kind: str) -> None:
    given = {"role": "user", "content": [{"type": "text", "text": "A"}, {"type": kind, kind: {}}]}
    with pytest.raises(UnsupportedParameterError, match=rf"{kind}.*messages\[0\].content\[1\]") as caught:
        messages(given)
    assert caught.value.param == "messages[0].content[1]"
    made = call("cohere", [given], MODEL, unsupported="drop")
    assert made.dropped == ("messages[0].content[1]",)
    assert made.json["messages"] == [{"role": "user", "content": [{"type": "text", "text": "A"}]}]


def test_documents_as_a_tool_s_result() -> None:
    document = {"type": "document", "document": {"data": {"text": "Tea at five."}, "id": "d1"}}
    made = messages(USER, calling(tool_call()), result(content=[document]))
    assert made[2]["content"] == [document]


# -- what the service said goes back -----------------------------------------------------------------------------------


def test_thoughts_plan_and_citations_go_back_word_for_word() -> None:
    thinking = {"type": "thinking", "thinking": "Tide first."}
    citation = {"start": 0, "end": 2, "text": "It", "sources": [], "content_index": 1, "type": "TEXT_CONTENT"}
    use = {"id": "f_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    said = answer(
        thinking, "It is so.", finish_reason="TOOL_CALL", tool_calls=[use], tool_plan="I look.", citations=[citation]
    )
    message = said_back(both_ways(said))
    assert message["reasoning_content"] == "Tide first.\n\nI look."
    assert message["annotations"] == [{"type": "citation", "citation": {**citation, "start_index": 0, "end_index": 2}}]
    turn = messages(USER, message, result("f_1"))[1]
    assert turn == {**said["message"]}
    changed = messages(USER, {**message, "content": "No."}, result("f_1"))[1]
    assert changed == {"role": "assistant", "content": "No.", "tool_calls": [use]}


def test_rsn_14_nobody_else_s_state_and_thoughts_are_sent() -> None:
    foreign = {
        "role": "assistant",
        "content": "Yes.",
        "reasoning_content": "Hm.",
        "provider_state": {"x": {"content": []}},
    }
    assert messages(USER, foreign, USER)[1] == {"role": "assistant", "content": "Yes."}


# -- tools -------------------------------------------------------------------------------------------------------------


def test_tool_18_19_20_choices() -> None:
    tools = [tool("f"), tool("g")]
    assert parameters(tools=tools, tool_choice="none")["tool_choice"] == "NONE"
    assert parameters(tools=tools, tool_choice="required")["tool_choice"] == "REQUIRED"
    assert "tool_choice" not in parameters(tools=tools, tool_choice="auto")
    assert "tool_choice" not in parameters(tools=tools, tool_choice={"type": "auto"})
    named = parameters(tools=tools, tool_choice={"type": "function", "function": {"name": "g"}})
    assert named == {"tools": [tools[1]], "tool_choice": "REQUIRED"}
    for wrong in ({"type": "function"}, "sometimes", {"type": "function", "function": {"name": "h"}}):
        with pytest.raises(InvalidRequestError):
            parameters(tools=tools, tool_choice=wrong)


def test_tool_39_strictness_is_for_all_tools() -> None:
    assert parameters(tools=[STRICT])["strict_tools"] is True
    assert "strict" not in parameters(tools=[STRICT])["tools"][0]["function"]
    mixed = call("cohere", model=MODEL, tools=[tool("f"), STRICT])
    assert "strict_tools" not in mixed.json
    assert mixed.dropped == ("tools.strict",)
    assert parameters(tools=[tool("f"), STRICT], strict_tools=True)["strict_tools"] is True


def test_parallel_tool_calls() -> None:
    assert parameters(tools=[tool()], parallel_tool_calls=True).keys() == {"tools"}
    with pytest.raises(UnsupportedParameterError, match="several tools"):
        parameters(tools=[tool()], parallel_tool_calls=False)


# -- parameters --------------------------------------------------------------------------------------------------------


def test_parameters_under_cohere_s_names() -> None:
    made = parameters(
        temperature=0, top_p=0.5, top_k=5, seed=7, stop="END", max_completion_tokens=9, logprobs=True,
        frequency_penalty=0.5, presence_penalty=1, safety_mode="OFF", priority=1,
        documents=["a", {"data": {"text": "b"}}], citation_options={"mode": "FAST"},
    )  # fmt: skip
    assert made == {
        "temperature": 0, "p": 0.5, "k": 5, "seed": 7, "stop_sequences": ["END"], "max_tokens": 9, "logprobs": True,
        "frequency_penalty": 0.5, "presence_penalty": 1, "safety_mode": "OFF", "priority": 1,
        "documents": ["a", {"data": {"text": "b"}}], "citation_options": {"mode": "FAST"},
    }  # fmt: skip


def test_par_04_nothing_is_invented() -> None:
    assert parameters() == {}
    assert stream_call("cohere", model=MODEL).json.keys() == {"model", "messages", "stream"}


def test_par_06_penalties_out_of_range() -> None:
    """What the SDK gives a range for is refused here; for temperature it gives none, and the service answers itself."""
    for wrong in (-0.5, 1.5):
        with pytest.raises(UnsupportedParameterError, match="from 0 to 1"):
            parameters(presence_penalty=wrong)
    assert parameters(temperature=1.7) == {"temperature": 1.7}


def test_par_10_seed() -> None:
    assert parameters(seed=7) == {"seed": 7}


@pytest.mark.parametrize("refused", [{"n": 3}, {"top_logprobs": 2}, {"logit_bias": {"1": 1}}], ids=["PAR-11", "b", "c"])
def test_what_is_not_taken(refused: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParameterError):
        parameters(**refused)
    assert parameters(n=1) == {}


@pytest.mark.parametrize(
    ("effort", "thinking"),
    [
        ("none", {"type": "disabled"}),
        ("low", {"type": "enabled", "token_budget": 1024}),
        ("high", {"type": "enabled"}),
    ],
)
def test_thinking(effort: str, thinking: dict[str, Any]) -> None:
    assert parameters(reasoning_effort=effort) == {"thinking": thinking}
    assert parameters(thinking=thinking) == {"thinking": thinking}


def test_rsn_22_an_effort_that_there_is_not() -> None:
    with pytest.raises(InvalidRequestError, match="must be none"):
        parameters(reasoning_effort="huge")
    with pytest.raises(InvalidRequestError, match="give one"):
        parameters(reasoning_effort="high", thinking={"type": "enabled"})


def test_out_07_response_formats() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    wrapped = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    assert parameters(response_format=wrapped) == {"response_format": {"type": "json_object", "json_schema": schema}}
    assert parameters(response_format={"type": "json_object"}) == {"response_format": {"type": "json_object"}}
    assert parameters(response_format={"type": "text"}) == {}
    with pytest.raises(InvalidRequestError):
        parameters(response_format={"type": "json_schema"})


# -- where it goes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "base", ["https://h.example", "https://h.example/", "https://h.example/v2", "https://h.example/v1"]
)
def test_url_03_base_urls_with_and_without_a_version(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CO_API_URL", base)
    made: Any = get_provider("cohere", api_key=KEY)
    assert call("cohere").url == f"{made._url('v2/chat')}" == "https://h.example/v2/chat"
    assert next(made.models()).url == "https://h.example/v1/models?page_size=1000"


def test_the_key_of_the_sdk_s_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COHERE_API_KEY", raising=False)
    monkeypatch.setenv("CO_API_KEY", "co-0123456789abcdef")
    made: Any = get_provider("cohere")
    request = Signed(made._page("")).request
    assert ("Authorization", "Bearer co-0123456789abcdef") in request.headers


def test_bodies_are_json(shared: Any) -> None:
    """What we send for the recorded conversation is what was sent then."""
    import yaml

    for path in sorted((shared / "recordings/cohere").glob("test_tool*.yaml")):
        for each in yaml.safe_load(path.read_text())["interactions"]:
            asked = each["request"]["parsed_body"]
            choice = {"REQUIRED": "required", "NONE": "none"}.get(asked.get("tool_choice"))
            made = body(*asked["messages"], model=asked["model"], tools=asked.get("tools"), tool_choice=choice)
            assert json.dumps({**made, "stream": False}, sort_keys=True) == json.dumps(asked, sort_keys=True)
