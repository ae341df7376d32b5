"""Conversations as Gemini takes them."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from onellm_providers.gemini.replay import SKIP

from onellm import InvalidRequestError, UnsupportedParameterError
from tests.providers.gemini.wire import (
    BUDGET,
    HI,
    NEW,
    PNG,
    SIGNATURE,
    USER,
    answer,
    body,
    both_ways,
    contents,
    function_call,
    said_back,
)
from tests.wire import calling, result, sent_messages, tool, tool_call

IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
INLINE = {"inlineData": {"mimeType": "image/png", "data": PNG}}


def said(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


def text(*words: str, role: str = "user") -> dict[str, Any]:
    return {"role": role, "parts": [{"text": word} for word in words]}


def test_msg_01_a_later_system_message_stays_in_its_place() -> None:
    made = body(said("system", "A"), USER, said("assistant", "b"), said("system", "B"), said("user", "c"))
    assert made["systemInstruction"] == {"parts": [{"text": "A"}]}
    assert made["contents"] == [HI, text("b", role="model"), text("<system>\nB\n</system>", "c")]


def test_msg_05_a_system_prompt_alone_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="no turn of the user"):
        body(said("system", "A"))


def test_msg_06_neighbours_of_one_role_are_one_turn() -> None:
    made = contents(said("user", "a"), said("user", "b"), said("assistant", "c"), said("assistant", "d"), USER)
    assert made == [text("a", "b"), text("c", "d", role="model"), HI]


def test_msg_09_an_empty_turn_is_left_out() -> None:
    assert contents(said("user", "a"), said("assistant", None), said("user", "b")) == [text("a", "b")]


def test_msg_11_a_developer_s_message_is_a_system_prompt() -> None:
    assert body(said("developer", "X"), USER)["systemInstruction"] == {"parts": [{"text": "X"}]}


def test_msg_18_tool_02_results_are_one_turn_of_the_user_with_nothing_beside_them() -> None:
    calls = [tool_call(f"c{number}", f"f{number}") for number in range(3)]
    made = contents(USER, calling(*calls), *(result(f"c{number}", str(number)) for number in range(3)), USER)
    assert [turn["role"] for turn in made] == ["user", "model", "user", "user"]
    assert [list(part) for part in made[2]["parts"]] == [["functionResponse"]] * 3
    assert made[3] == HI


def test_tool_03_results_have_the_names_and_the_order_of_their_calls() -> None:
    calls = calling(tool_call("id1", "get_red"), tool_call("id2", "get_blue"))
    made = contents(USER, calls, result("id2", "blue"), result("id1", "red"))
    found = [part["functionResponse"] for part in made[2]["parts"]]
    assert found == [
        {"id": "id1", "name": "get_red", "response": {"output": "red"}},
        {"id": "id2", "name": "get_blue", "response": {"output": "blue"}},
    ]


def test_tool_05_a_call_without_its_result_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="'b' of messages"):
        body(USER, calling(tool_call("a"), tool_call("b")), result("a"), USER)


def test_tool_12_msg_20_signatures_ride_beside_ids_and_reach_nobody_else() -> None:
    response = both_ways(answer(function_call(signature=SIGNATURE, id="c1")))
    message = said_back(response)
    call_id = message["tool_calls"][0]["id"]
    assert len(call_id) <= 40
    before = copy.deepcopy(message)
    elsewhere = sent_messages("openai", USER, message, result(call_id))
    assert SIGNATURE not in json.dumps(elsewhere)
    contents(USER, message, result(call_id))
    assert message == before


@pytest.mark.parametrize("arguments", ["", None, "null", "{}"], ids=["TOOL-13 empty", "none", "TOOL-14 null", "{}"])
def test_no_arguments_are_an_empty_object(arguments: Any) -> None:
    made = contents(USER, calling(tool_call("c", "f", arguments)), result("c"))
    assert made[1]["parts"][0]["functionCall"] == {"id": "c", "name": "f", "args": {}}


@pytest.mark.parametrize(
    "arguments", ['""', "[]", '{"a":1}{"a":2}'], ids=["TOOL-14 text", "TOOL-14 list", "TOOL-15 two objects"]
)
def test_arguments_that_are_no_object_are_told_with_the_tool(arguments: str) -> None:
    with pytest.raises(InvalidRequestError, match="arguments of f"):
        body(USER, calling(tool_call("c", "f", arguments)), result("c"))


@pytest.mark.parametrize(
    ("content", "response"),
    [("[1,2]", {"output": [1, 2]}), ("7", {"output": 7}), ("plain", {"output": "plain"}), ('{"a": 1}', {"a": 1}),
     ("", {"output": ""}), ("NaN", {"output": "NaN"}), ("[1e999]", {"output": "[1e999]"}), ("0.5", {"output": 0.5}),
     ('{"a": Infinity}', {"output": '{"a": Infinity}'})],
)  # fmt: skip
def test_tool_29_a_result_is_an_object(content: str, response: Any) -> None:
    made = contents(USER, calling(tool_call("c")), result("c", content))
    assert made[2]["parts"][0]["functionResponse"]["response"] == response


def test_a_failed_result_is_an_error() -> None:
    made = contents(USER, calling(tool_call("c")), result("c", '{"a": 1}', is_error=True))
    assert made[2]["parts"][0]["functionResponse"]["response"] == {"error": {"a": 1}}


def test_tool_33_media_of_a_result() -> None:
    talk = (USER, calling(tool_call("c")), result("c", [{"type": "text", "text": "see"}, IMAGE]), USER)
    new, old = contents(*talk, model=NEW), contents(*talk, model=BUDGET)
    response = {"id": "c", "name": "f", "response": {"output": "see"}}
    assert new[2]["parts"] == [{"functionResponse": {**response, "parts": [INLINE]}}]
    assert old[2]["parts"] == [{"functionResponse": response}]
    assert old[3]["parts"] == [INLINE, {"text": "Hi"}]


def test_tool_24_a_name_that_gemini_does_not_take_is_told_and_others_stay() -> None:
    names = ["a.b", "a_b", "a-b:c"]
    made = body(tools=[tool(name) for name in names])
    assert [each["name"] for each in made["tools"][0]["functionDeclarations"]] == names
    with pytest.raises(InvalidRequestError, match="x/y"):
        body(tools=[tool("x/y")])
    with pytest.raises(InvalidRequestError, match="x/y"):
        body(USER, calling(tool_call("c", "x/y")), result("c"))


# -- signatures --------------------------------------------------------------------------------------------------------


def test_rsn_14_a_signature_goes_back_on_its_own_part_and_on_no_other() -> None:
    parts = [
        {"text": "hm", "thought": True},
        {"text": "Both."},
        function_call("f", signature=SIGNATURE, id="c1"),
        function_call("g", id="c2"),
    ]
    message = said_back(both_ways(answer(*parts)))
    made = contents(USER, message, result("c1"), result("c2"))
    assert made[1]["parts"] == parts[1:]


def test_rsn_14_a_signature_on_a_text_is_kept_too() -> None:
    part = {"text": "Done.", "thoughtSignature": SIGNATURE}
    message = said_back(both_ways(answer(part)))
    assert contents(USER, message, USER)[1]["parts"] == [part]


def test_rsn_14_a_late_signature_without_text_is_kept() -> None:
    parts = [{"text": "Done."}, {"text": "", "thoughtSignature": SIGNATURE}]
    message = said_back(both_ways(answer(*parts)))
    assert contents(USER, message, USER)[1]["parts"] == parts


def test_a_message_that_was_changed_is_made_anew() -> None:
    message = said_back(both_ways(answer({"text": "Done.", "thoughtSignature": SIGNATURE})))
    assert contents(USER, {**message, "content": "Other."}, USER)[1]["parts"] == [{"text": "Other."}]


def test_rsn_15_calls_of_another_provider_get_the_documented_value_once_a_turn() -> None:
    talk = (USER, calling(tool_call("a"), tool_call("b", "g")), result("a"), result("b"))
    new, old = contents(*talk, model=NEW), contents(*talk, model=BUDGET)
    assert contents(*talk, model="gemini-flash-latest") == new
    assert [part.get("thoughtSignature") for part in new[1]["parts"]] == [SKIP, None]
    assert not any("thoughtSignature" in part for part in old[1]["parts"])


def test_tool_07_ids_that_were_made_here_are_not_sent() -> None:
    response = both_ways(answer(function_call("f", {"a": 1}, SIGNATURE), function_call("f", {"a": 1})))
    ids = [call.id for call in response.choices[0].message.tool_calls or []]
    assert len(set(ids)) == 2
    assert all(ids)
    made = contents(USER, said_back(response), *(result(name) for name in ids))
    assert not any("id" in part["functionCall"] for part in made[1]["parts"])
    assert not any("id" in part["functionResponse"] for part in made[2]["parts"])


# -- media -------------------------------------------------------------------------------------------------------------


def part_of(part: Any, **params: Any) -> dict[str, Any]:
    return contents(said("user", [part]), **params)[0]["parts"][0]  # type: ignore[no-any-return]


def image(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **more}}


@pytest.mark.parametrize(
    ("url", "media_type"),
    [(f"data:image/png;charset=utf-8;base64,{PNG[:4]}\n{PNG[4:]}", "image/png"),
     (f"data:image/PNG;base64,{PNG}", "image/png"), (f"data:;base64,{PNG}", "image/png"),
     ("data:image/svg+xml,%3Csvg", "image/svg+xml")],
)  # fmt: skip
def test_mm_01_data_urls(url: str, media_type: str) -> None:
    assert part_of(image(url))["inlineData"]["mimeType"] == media_type


@pytest.mark.parametrize("model", ["gemini", "vertex"])
def test_mm_04_an_image_by_url_is_fetched_by_the_service(model: str) -> None:
    made = part_of(image("https://host/cat.png"), name=model)
    assert made == {"fileData": {"fileUri": "https://host/cat.png", "mimeType": "image/png"}}


def test_mm_05_a_url_as_a_text() -> None:
    made = part_of({"type": "image_url", "image_url": "https://host/cat"})
    assert made == {"fileData": {"fileUri": "https://host/cat", "mimeType": "image/jpeg"}}
    assert part_of(image("https://host/cat", mime_type="image/webp"))["fileData"]["mimeType"] == "image/webp"


@pytest.mark.parametrize(
    "url", ["https://youtube.com/watch?v=x", "https://www.youtube.com/watch?v=x", "https://youtu.be/x",
            "https://m.youtube.com/watch?v=x"],
)  # fmt: skip
def test_mm_06_youtube_is_a_video(url: str) -> None:
    made = part_of({"type": "video_url", "video_url": {"url": url}})
    assert made == {"fileData": {"fileUri": url, "mimeType": "video/mp4"}}


def test_mm_06_cloud_storage_is_for_vertex() -> None:
    part = {"type": "video_url", "video_url": {"url": "gs://b/v.mp4"}}
    assert part_of(part, name="vertex") == {"fileData": {"fileUri": "gs://b/v.mp4", "mimeType": "video/mp4"}}
    with pytest.raises(UnsupportedParameterError, match="Cloud Storage"):
        part_of(part)


def test_mm_07_a_pdf() -> None:
    file = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}
    assert part_of({"type": "file", "file": file}) == {
        "inlineData": {"mimeType": "application/pdf", "data": "JVBERi0="}
    }


def test_a_file_at_the_service_by_its_id() -> None:
    uri = "https://generativelanguage.googleapis.com/v1beta/files/abc"
    for name in ("files/abc", "abc", "gemini/files/abc", uri):
        made = part_of({"type": "file", "file": {"file_id": name, "filename": "a.pdf"}})
        assert made == {"fileData": {"fileUri": uri, "mimeType": "application/pdf"}}
    with pytest.raises(UnsupportedParameterError, match="keeps no files"):
        part_of({"type": "file", "file": {"file_id": "files/abc"}}, name="vertex")


@pytest.mark.parametrize(
    ("kind", "media_type"), [("mp3", "audio/mpeg"), ("wav", "audio/wav"), ("opus", "audio/ogg"), ("x", "audio/x")]
)
def test_mm_10_audio(kind: str, media_type: str) -> None:
    part = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": kind}}
    assert part_of(part) == {"inlineData": {"mimeType": media_type, "data": "AAAA"}}


def test_mm_12_parts_keep_their_order() -> None:
    other = image("https://host/b.png")
    made = contents(said("user", [{"type": "text", "text": "A"}, IMAGE, {"type": "text", "text": "B"}, other]))
    assert [next(iter(part)) for part in made[0]["parts"]] == ["text", "inlineData", "text", "fileData"]


def test_mm_14_an_image_alone() -> None:
    assert contents(said("user", [IMAGE])) == [{"role": "user", "parts": [INLINE]}]


def test_the_detail_of_an_image_is_for_gemini_3() -> None:
    part = image(f"data:image/png;base64,{PNG}", detail="low")
    assert part_of(part)["mediaResolution"] == {"level": "MEDIA_RESOLUTION_LOW"}
    with pytest.raises(UnsupportedParameterError, match="detail"):
        part_of(part, model=BUDGET)


@pytest.mark.parametrize(
    ("message", "text"),
    [(said("user", ""), "says nothing"), (said("user", None), "no content"),
     (said("user", [{"a": 1}]), "no content part"),
     (said("user", [{"type": "file", "file": {}}]), "needs file_data"), (said("user", 7), "text or a list"),
     (said("user", [{"type": "input_audio", "input_audio": {}}]), "without data"),
     (said("user", [{"type": "input_audio", "input_audio": {"data": "AAAA"}}]), "needs a format"),
     (said("robot", "x"), "role")],
)  # fmt: skip
def test_what_is_no_message_is_told(message: Any, text: str) -> None:
    with pytest.raises(InvalidRequestError, match=text):
        body(message)


@pytest.mark.parametrize(
    "message",
    [{**USER, "name": "n"}, {**USER, "cache_control": {"type": "ephemeral"}}, said("user", [{"type": "strange"}]),
     said("user", [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}])],
)  # fmt: skip
def test_what_gemini_does_not_take_is_refused(message: Any) -> None:
    with pytest.raises(UnsupportedParameterError):
        body(message)


def test_tool_07_the_same_call_in_two_answers_has_two_ids() -> None:
    """A loop that asks again: a caller may keep results by id, and Anthropic wants every id once."""
    turns = [said_back(both_ways({**answer(function_call("poll")), "responseId": name})) for name in ("r1", "r2")]
    ids = [turn["tool_calls"][0]["id"] for turn in turns]
    assert ids[0] != ids[1]
    assert ids[0] == said_back(both_ways({**answer(function_call("poll")), "responseId": "r1"}))["tool_calls"][0]["id"]
    made = contents(USER, turns[0], result(ids[0], "no"), turns[1], result(ids[1], "yes"))
    assert [turn["parts"][0]["functionResponse"]["response"] for turn in made[2::2]] == [
        {"output": "no"},
        {"output": "yes"},
    ]
    assert not any(
        "id" in part[kind] for turn in made[1:] for part in turn["parts"] for kind in part if "function" in kind
    )
    elsewhere = sent_messages("anthropic", USER, turns[0], result(ids[0], "no"), turns[1], result(ids[1], "yes"))
    assert [elsewhere[at]["content"][0]["id"] for at in (1, 3)] == ids


def test_a_part_of_a_video_and_what_is_not_known_of_one() -> None:
    asked = {"url": "https://host/v.mp4", "video_metadata": {"fps": 2, "startOffset": "5s"}}
    assert part_of({"type": "video_url", "video_url": asked}) == {
        "fileData": {"fileUri": "https://host/v.mp4", "mimeType": "video/mp4"},
        "videoMetadata": {"fps": 2, "startOffset": "5s"},
    }
    with pytest.raises(UnsupportedParameterError, match=r"video_url\.fps"):
        part_of({"type": "video_url", "video_url": {"url": "https://host/v.mp4", "fps": 2}})


def test_images_that_another_model_made_go_along() -> None:
    made = contents(USER, {**said("assistant", "See"), "images": [IMAGE]}, USER)
    assert made[1]["parts"] == [{"text": "See"}, INLINE]
    own = said_back(both_ways(answer("See", {**INLINE, "thoughtSignature": SIGNATURE})))
    assert contents(USER, own, USER)[1]["parts"] == [{"text": "See"}, {**INLINE, "thoughtSignature": SIGNATURE}]
