"""Conversations on their way to Anthropic: hard cases of the groups MSG, TOOL and MM that name it, by their ids."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from onellm import InvalidRequestError, UnsupportedParameterError
from tests.providers.anthropic.wire import HI, OLD, PNG, USER, body, turns
from tests.wire import call, calling, result, tool, tool_call

IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def image(url: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}


def test_msg_01_a_later_system_message_stays_where_it_is() -> None:
    first = [{"role": "system", "content": "A"}, USER, {"role": "assistant", "content": "Hello"}]
    later = [*first, {"role": "system", "content": "B"}, {"role": "user", "content": "Go"}]
    before, after = body(*first[:2]), body(*later)
    assert after["system"] == before["system"] == [text("A")]
    assert after["messages"][2] == {"role": "user", "content": [text("<system>\nB\n</system>"), text("Go")]}


def test_msg_02_two_leading_system_messages_in_order() -> None:
    assert body({"role": "system", "content": "A"}, {"role": "system", "content": "B"}, USER)["system"] == [
        text("A"),
        text("B"),
    ]


def test_msg_06_turns_of_one_role_become_one() -> None:
    said = [("user", "a"), ("user", "b"), ("assistant", "c"), ("assistant", "d"), ("user", "e")]
    assert turns(*({"role": role, "content": content} for role, content in said)) == [
        {"role": "user", "content": [text("a"), text("b")]},
        {"role": "assistant", "content": [text("c"), text("d")]},
        {"role": "user", "content": [text("e")]},
    ]


@pytest.mark.parametrize("content", ["", None, [], " \n"])
def test_msg_07_no_empty_text_beside_tool_calls(content: Any) -> None:
    made = turns(
        USER, calling(tool_call("toolu_1", "f", '{"a": 1}'), content=content), result("toolu_1"), tools=[tool()]
    )
    assert made[1]["content"] == [{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}]


def test_msg_10_text_and_tool_calls_of_one_turn() -> None:
    made = turns(USER, calling(tool_call("t1"), content="Let me check."), result("t1"), tools=[tool()])
    assert made[1]["content"] == [
        text("Let me check."),
        {"type": "tool_use", "id": "t1", "name": "f", "input": {}},
    ]


def test_msg_11_developer_is_system() -> None:
    assert body({"role": "developer", "content": "X"}, USER)["system"] == [text("X")]


def test_msg_13_a_prefill_without_its_trailing_space() -> None:
    assert turns(USER, {"role": "assistant", "content": "{ "})[1] == {"role": "assistant", "content": [text("{")]}


@pytest.mark.parametrize("model", ["claude-opus-4-6", "claude-sonnet-4-6", "claude-sonnet-5", "claude-opus-5-5"])
def test_msg_13_a_prefill_is_refused_where_the_model_takes_none(model: str) -> None:
    with pytest.raises(InvalidRequestError, match="end with a user message") as caught:
        body(USER, {"role": "assistant", "content": "{ "}, model=model)
    assert caught.value.param == "messages[1]"


def test_msg_20_nothing_of_the_caller_is_changed() -> None:
    messages = [
        {"role": "system", "content": [text("S")], "cache_control": {"type": "ephemeral"}},
        USER,
        {**calling(tool_call("a.b")), "cache_control": {"type": "ephemeral"}},
        result("a.b", [text("r")]),
        {"role": "user", "content": "thanks"},
    ]
    tools = [tool(strict=True)]
    before = copy.deepcopy((messages, tools))
    assert body(*messages, tools=tools) == body(*messages, tools=tools)
    assert (messages, tools) == before


@pytest.mark.parametrize("content", ["", " \n", []])
def test_a_user_who_says_nothing_is_told(content: Any) -> None:
    with pytest.raises(InvalidRequestError, match="says nothing"):
        body({"role": "user", "content": content})


@pytest.mark.parametrize(
    "messages", [[], [{"role": "system", "content": "S"}], [{"role": "assistant", "content": "x"}, USER]]
)
def test_the_user_speaks_first(messages: Any) -> None:
    with pytest.raises(InvalidRequestError):
        call("anthropic", messages, OLD)


@pytest.mark.parametrize("message", [{"role": "function", "name": "f", "content": "x"}, {"role": "critic"}, {}])
def test_other_roles_are_refused(message: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match="role"):
        body(USER, message)


def test_a_name_is_refused_or_dropped_aloud() -> None:
    with pytest.raises(UnsupportedParameterError, match="name"):
        body({**USER, "name": "Ann"})
    assert call("anthropic", [{**USER, "name": "Ann"}], OLD, unsupported="drop").dropped == ("messages[0].name",)


# -- tools in history --------------------------------------------------------------------------------------------------


def test_tool_01_results_of_parallel_calls_are_one_turn_and_come_first() -> None:
    made = turns(
        USER, calling(tool_call("a"), tool_call("b")), result("a", "1"), result("b", "2"),
        {"role": "user", "content": "thanks"}, tools=[tool()],
    )  # fmt: skip
    assert made[2] == {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "a", "content": "1"},
            {"type": "tool_result", "tool_use_id": "b", "content": "2"},
            text("thanks"),
        ],
    }


def test_tool_05_a_call_without_its_result_is_named() -> None:
    with pytest.raises(InvalidRequestError, match="'b' of"):
        body(USER, calling(tool_call("a"), tool_call("b")), result("a"), USER, tools=[tool()])


def test_tool_06_a_result_without_its_call_is_named() -> None:
    with pytest.raises(InvalidRequestError, match="'zz'"):
        body(USER, result("zz"), tools=[tool()])


def test_tool_09_ids_in_letters_that_the_service_takes() -> None:
    ids = ["functions.write:0", "functions:write:0", "functions_write_0", "toolu_1"]
    made = turns(USER, calling(*map(tool_call, ids)), *map(result, ids), tools=[tool()])
    sent = [block["id"] for block in made[1]["content"]]
    assert [block["tool_use_id"] for block in made[2]["content"]] == sent
    assert len(set(sent)) == 4
    assert sent[2:] == ids[2:]
    assert all(letter.isalnum() or letter in "_-" for name in sent for letter in name)


def test_tool_12_another_s_state_stays_at_home() -> None:
    foreign = {"gemini": {"parts": [{"thoughtSignature": "secret"}]}}
    made = body(USER, calling(tool_call("t"), provider_state=foreign), result("t"), tools=[tool()])
    assert "secret" not in repr(made)


@pytest.mark.parametrize("arguments", ["", "{}", None, "null", {}, " "])
def test_tool_13_no_arguments_are_an_empty_object(arguments: Any) -> None:
    made = turns(USER, calling(tool_call("t", "f", arguments)), result("t"), tools=[tool()])
    assert made[1]["content"][0]["input"] == {}


@pytest.mark.parametrize("arguments", ['""', "[]", "1", "{", [1]])
def test_tool_14_arguments_that_are_no_object_are_told(arguments: Any) -> None:
    with pytest.raises(InvalidRequestError, match="arguments of f") as caught:
        body(USER, calling(tool_call("t", "f", arguments)), result("t"), tools=[tool()])
    assert caught.value.param == "messages[1].tool_calls[0].function.arguments"


def test_tool_23_tools_of_the_history_are_declared_and_not_called() -> None:
    made = body(USER, calling(tool_call("t", "tide")), result("t"), {"role": "user", "content": "Sum up"})
    assert made["tools"] == [{"name": "tide", "input_schema": {"type": "object"}}]
    assert made["tool_choice"] == {"type": "none"}


@pytest.mark.parametrize("name", ["a.b", "x/y", "", "n" * 129])
def test_tool_24_an_illegal_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError, match="letters"):
        body(USER, tools=[tool(name)])
    with pytest.raises(InvalidRequestError, match="letters"):
        body(USER, calling(tool_call("t", name)), result("t"), tools=[tool()])


def test_tool_33_an_image_inside_a_result() -> None:
    content = [text("Here"), {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}]
    made = turns(USER, calling(tool_call("t")), result("t", content), tools=[tool()])
    assert made[2]["content"] == [{"type": "tool_result", "tool_use_id": "t", "content": [text("Here"), IMAGE]}]


def test_a_result_that_is_an_error_says_so() -> None:
    made = turns(USER, calling(tool_call("t")), result("t", "no", is_error=True), tools=[tool()])
    assert made[2]["content"] == [{"type": "tool_result", "tool_use_id": "t", "content": "no", "is_error": True}]


# -- media -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        f"data:image/PNG;base64,{PNG}",
        "data:image/png;charset=utf-8;base64,iVBO\nRw0K Ggo=",
        f"data:;base64,{PNG}",
        PNG,
    ],
)
def test_mm_01_data_urls(url: str) -> None:
    assert turns(image(url))[0]["content"] == [IMAGE]


@pytest.mark.parametrize("url", ["data:image/svg+xml,%3Csvg", "data:image/bmp;base64,Qk0="])
def test_mm_01_images_that_are_not_taken_are_told(url: str) -> None:
    with pytest.raises(UnsupportedParameterError, match="JPEG, PNG"):
        body(image(url))


@pytest.mark.parametrize("url", ["data:image/png;base64,", "data:image/png", "not base64!"])
def test_mm_01_what_is_no_image_is_told(url: str) -> None:
    with pytest.raises(InvalidRequestError, match="content"):
        body(image(url))


def test_mm_02_jpg_is_jpeg() -> None:
    assert turns(image("data:image/jpg;base64,/9j/"))[0]["content"][0]["source"]["media_type"] == "image/jpeg"


def test_mm_04_an_image_by_url_is_fetched_by_the_service() -> None:
    source = {"type": "url", "url": "https://h.example/cat.png"}
    assert turns(image("https://h.example/cat.png"))[0]["content"] == [{"type": "image", "source": source}]


def test_mm_05_an_image_url_that_is_a_text() -> None:
    part = {"type": "image_url", "image_url": "https://h.example/cat.png"}
    assert turns({"role": "user", "content": [part]}) == turns(image("https://h.example/cat.png"))


def file(data: str | None, name: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "file", "file": {"filename": name, "file_data": data}, **fields}]}


def test_mm_07_a_pdf() -> None:
    assert turns(file("data:application/pdf;base64,JVBERi0=", "a.pdf"))[0]["content"] == [
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
            "title": "a.pdf",
        }
    ]
    assert turns(file("JVBERi0="))[0]["content"][0]["source"]["media_type"] == "application/pdf"


def test_mm_07_files_by_id_and_by_url() -> None:
    by_id = {"role": "user", "content": [{"type": "file", "file": {"file_id": "file_1"}}]}
    assert turns(by_id)[0]["content"] == [{"type": "document", "source": {"type": "file", "file_id": "file_1"}}]
    made = turns(file("https://h.example/a.pdf"))[0]["content"]
    assert made == [{"type": "document", "source": {"type": "url", "url": "https://h.example/a.pdf"}}]


@pytest.mark.parametrize(
    ("url", "name"),
    [("data:text/markdown;base64,YSxi", None), ("data:text/csv,a%2Cb", None), ("data:;base64,YSxi", "x.md"),
     ("YSxi", "x.csv"), ("data:application/json;base64,YSxi", None)],
)  # fmt: skip
def test_mm_09_texts_are_plain_text(url: str, name: str | None) -> None:
    source = turns(file(url, name))[0]["content"][0]["source"]
    assert source == {"type": "text", "media_type": "text/plain", "data": "a,b"}


@pytest.mark.parametrize("kind", ["application/vnd.ms-excel", "application/zip"])
def test_mm_09_other_documents_are_told(kind: str) -> None:
    with pytest.raises(UnsupportedParameterError, match="PDF and plain text"):
        body(file(f"data:{kind};base64,YSxi"))


def test_mm_10_audio_is_told() -> None:
    part = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}
    with pytest.raises(UnsupportedParameterError, match="input_audio") as caught:
        body({"role": "user", "content": [part]})
    assert caught.value.param == "messages[0].content[0]"


def test_mm_12_texts_and_images_keep_their_order() -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    made = turns({"role": "user", "content": [text("A"), picture, "B", picture]})
    assert made[0]["content"] == [text("A"), IMAGE, text("B"), IMAGE]


def test_the_detail_of_an_image_is_refused_unless_it_is_auto() -> None:
    part = {"type": "image_url", "image_url": {"url": "https://h.example/c.png", "detail": "low"}}
    with pytest.raises(UnsupportedParameterError, match="detail"):
        body({"role": "user", "content": [part]})
    part["image_url"] = {"url": "https://h.example/c.png", "detail": "auto"}
    assert "detail" not in repr(body({"role": "user", "content": [part]}))


def test_blocks_of_the_service_s_own_go_as_they_are() -> None:
    found = {"type": "search_result", "source": "s", "title": "t", "content": [text("c")]}
    upload = {"type": "container_upload", "file_id": "file_1"}
    assert turns({"role": "user", "content": [found, upload, "Go"]})[0]["content"] == [found, upload, text("Go")]


# -- citations and caching ---------------------------------------------------------------------------------------------

CITED = {"enabled": True}


def test_documents_with_citations() -> None:
    made = turns(file("data:text/plain,Tea", "t.txt", citations=CITED, context="A list"))
    assert made[0]["content"] == [
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "Tea"},
            "title": "t.txt",
            "context": "A list",
            "citations": CITED,
        }
    ]


def test_citations_are_of_all_documents_or_none_and_not_with_a_format() -> None:
    with pytest.raises(InvalidRequestError, match="all documents"):
        body(file("data:text/plain,a", citations=CITED), file("data:text/plain,b"))
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object", "properties": {}}}}
    with pytest.raises(InvalidRequestError, match="Citations"):
        body(file("data:text/plain,a", citations=CITED), response_format=wanted)


MARK = {"type": "ephemeral"}


def test_cache_01_more_than_four_breakpoints_are_told() -> None:
    marked = [{"role": "user", "content": "x", "cache_control": MARK}] * 3
    system = {"role": "system", "content": "S", "cache_control": MARK}
    assert body(system, *marked)["system"][0]["cache_control"] == MARK
    with pytest.raises(InvalidRequestError, match="5 parts"):
        body(system, *marked, tools=[{**tool(), "cache_control": MARK}])
    with pytest.raises(InvalidRequestError, match="5 parts"):
        body(system, *marked, cache_control=MARK)


def test_cache_03_marks_on_messages_tools_and_results() -> None:
    mark = {"type": "ephemeral", "ttl": "1h"}
    made = body(
        {"role": "user", "content": ["a", "b"], "cache_control": mark}, calling(tool_call("t"), cache_control=mark),
        result("t", "r", cache_control=mark), tools=[{**tool(), "cache_control": mark}],
    )  # fmt: skip
    assert [block.get("cache_control") for block in made["messages"][0]["content"]] == [None, mark]
    assert made["messages"][1]["content"][-1]["cache_control"] == mark
    assert made["messages"][2]["content"][0]["cache_control"] == mark
    assert made["tools"][0]["cache_control"] == mark


@pytest.mark.parametrize("mark", [{"type": "ephemeral", "ttl": "1d"}, {"type": "forever"}])
def test_marks_of_another_kind_are_told(mark: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match="ttl"):
        call("anthropic", [{"role": "user", "content": [{**text("x"), "cache_control": mark}]}], OLD)


def test_plain_messages_are_as_short_as_they_can_be() -> None:
    assert body() == {"model": OLD, "max_tokens": 64_000, "messages": [{"role": "user", "content": HI}]}


@pytest.mark.parametrize("kind", ["hologram", "video_url"])
def test_mm_11_a_part_that_is_not_known_is_told(kind: str) -> None:
    """The error names the place and the kind."""
    message = {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": kind, kind: {"url": "x"}}]}
    with pytest.raises(UnsupportedParameterError, match=kind) as caught:
        body(message)
    assert caught.value.param == "messages[0].content[1]"
