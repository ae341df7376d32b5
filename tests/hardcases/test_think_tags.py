"""Hard cases RSN-18 and RSN-19: thoughts in think tags at the start of the content."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from tests.support import DONE, KEY, Caller, chunk, completion, event, serve, streamed, whole
from tests.wire import USER, both, calling, received, received_stream, result, sent_messages, tool_call

HOSTS = ["minimax", "sambanova", "nvidia", "huggingface", "llamafile", "vllm", "sglang", "lmstudio"]

CASES = [
    (["<thi", "nk>a</th", "ink>Answer"], "a", "Answer"),
    (["1 <", " 2"], None, "1 < 2"),
    (["<", " 2"], None, "< 2"),
    (["<think>a", "b</think>", "\n\nAnswer"], "ab", "\n\nAnswer"),
    (["\n", "<think>", "a</think>Answer"], "a", "\nAnswer"),
    (["<think></think>", "Answer"], None, "Answer"),
    (["<think>a < b </ c</think>Answer"], "a < b </ c", "Answer"),
    (["<think>never ", "closed"], "never closed", None),
    (["<think>a</thi"], "a</thi", None),
    (["<thi"], None, "<thi"),
    (["</think>", "Answer"], None, "Answer"),
    (["</th", "ink>Answer"], None, "Answer"),
    (["Use `<think>", "` and `</think>`."], None, "Use `<think>` and `</think>`."),
    (["<think>a</think>It says <think>b</think>."], "a", "It says <think>b</think>."),
    (["<thinking>a</thinking>"], None, "<thinking>a</thinking>"),
    ([" ", "\n"], None, " \n"),
]
"""The pieces of the content, the thoughts and the answer in it."""


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(("pieces", "thoughts", "answer"), CASES)
def test_rsn_18_and_19_tags_at_the_start_are_thoughts(
    host: str, pieces: list[str], thoughts: str | None, answer: str | None
) -> None:
    data = b"".join(event(chunk(piece)) for piece in pieces) + event(chunk(finish="stop")) + DONE
    stream = received_stream(host, data)
    for found in (received(host, completion("".join(pieces))), stream.final):
        message = found.choices[0].message
        assert (message.reasoning_content or None, message.content or None) == (thoughts, answer)
        assert found.choices[0].finish_reason == "stop"
    seen = [item.choices[0].delta for item in stream.chunks]
    assert "".join(delta.content or "" for delta in seen) == (answer or "")
    assert "".join(delta.reasoning_content or "" for delta in seen) == (thoughts or "")
    assert seen[0].role == "assistant"


@pytest.mark.parametrize("ending", ["done", "cut", "with the last piece"])
def test_rsn_18_what_is_held_back_comes_at_the_end(ending: str) -> None:
    last = event(chunk("<thi", "stop" if ending == "with the last piece" else None))
    data = last + (b"" if ending == "cut" else DONE)
    stream = received_stream("sambanova", data)
    assert "".join(item.choices[0].delta.content or "" for item in stream.chunks) == "<thi"
    assert stream.final.choices[0].message.content == "<thi"
    assert (stream.failure is not None) is (ending == "cut")


def test_rsn_18_nothing_is_withheld_that_cannot_be_a_tag() -> None:
    stream = received_stream("sambanova", event(chunk("1 <")) + event(chunk(" 2")) + event(chunk(finish="stop")) + DONE)
    assert [item.choices[0].delta.content for item in stream.chunks] == ["1 <", " 2", None]


def test_rsn_18_choices_are_apart() -> None:
    data = b"".join(
        event(chunk(choices=[{"index": index, "delta": {"content": text}}]))
        for index, text in ((0, "<think>a"), (1, "plain"), (0, "</think>A"), (1, " <think>"))
    )
    ends: list[dict[str, Any]] = [{"index": index, "delta": {}, "finish_reason": "stop"} for index in (0, 1)]
    final = received_stream("sambanova", data + event(chunk(choices=ends)) + DONE).final
    found = [(choice.message.reasoning_content, choice.message.content) for choice in final.choices]
    assert found == [("a", "A"), (None, "plain <think>")]


def test_rsn_18_where_the_host_has_a_field_tags_are_text() -> None:
    body = completion("<think>quoted</think>")
    body["choices"][0]["message"]["reasoning_content"] = "a"
    pieces: list[dict[str, Any]] = [{"reasoning_content": "a"}, {"content": "<think>quo"}, {"content": "ted</think>"}]
    data = b"".join(event(chunk(choices=[{"index": 0, "delta": piece}])) for piece in pieces)
    stream = received_stream("sambanova", data + event(chunk(finish="stop")) + DONE)
    for found in (received("sambanova", body), stream.final):
        message = found.choices[0].message
        assert (message.reasoning_content, message.content) == ("a", "<think>quoted</think>")


def test_rsn_18_thoughts_before_a_tool_call() -> None:
    body = completion("<think>a</think>")
    body["choices"][0]["message"]["tool_calls"] = [tool_call()]
    pieces = [{"content": "<think>a</think>"}, {"tool_calls": [{"index": 0, **tool_call()}]}]
    data = b"".join(event(chunk(choices=[{"index": 0, "delta": piece}])) for piece in pieces)
    for found in (
        received("minimax", body),
        received_stream("minimax", data + event(chunk(finish="tool_calls")) + DONE).final,
    ):
        message = found.choices[0].message
        assert (message.reasoning_content, message.content or None) == ("a", None)
        assert message.tool_calls is not None
        tagged = calling(tool_call(), content="<think>a</think>")
        assert sent_messages("minimax", USER, message, result())[1] == tagged
        assert sent_messages("sambanova", USER, message, result())[1]["content"] in (None, "")


@pytest.mark.parametrize("host", ["openai", "groq", "openrouter", "openai_compatible"])
def test_rsn_18_elsewhere_tags_are_text(host: str) -> None:
    assert received(host, completion("<think>a</think>A")).choices[0].message.content == "<think>a</think>A"


@both
def test_rsn_18_a_tagged_answer_goes_back_as_it_was(caller: Caller) -> None:
    """MiniMax wants the thoughts in the history, in tags."""
    content = "<think>\na\n</think>\n\nHello"
    pieces = [event(chunk(content[at : at + 3])) for at in range(0, len(content), 3)]
    with serve(streamed(*pieces, event(chunk(finish="stop")), DONE), whole(completion())) as server:
        providers = {"minimax": {"api_key": KEY, "base_url": server.url}}
        first = caller.chat_stream(providers, "minimax/m").final.choices[0].message
        caller.chat(providers, "minimax/m", [USER, first.model_dump(mode="json"), USER])
    assert (first.reasoning_content, first.content) == ("\na\n", "\n\nHello")
    assert server.requests[1].json["messages"][1] == {"role": "assistant", "content": content}


def test_cerebras_wants_glm_s_thoughts_in_tags_and_gpt_oss_s_in_a_field() -> None:
    """Cerebras documentation; a request recorded in 2026."""
    body = completion("Hello")
    body["choices"][0]["message"]["reasoning"] = "a"
    message = received("cerebras", body).choices[0].message
    assert sent_messages("cerebras", USER, message, USER, model="zai-glm-4.7")[1] == {
        "role": "assistant",
        "content": "<think>a</think>Hello",
    }
    assert sent_messages("cerebras", USER, message, USER, model="gpt-oss-120b")[1] == {
        "role": "assistant",
        "content": "Hello",
        "reasoning": "a",
    }


pieces_of = st.lists(st.sampled_from(["<", "think>", "</", "<think>", "</think>", "a", " ", "\n", "{"]), max_size=8)


@hypothesis.given(pieces_of, st.integers(1, 4))
@hypothesis.settings(max_examples=300, deadline=None, derandomize=True)
def test_a_stream_reads_as_the_whole_however_it_is_cut(parts: list[str], size: int) -> None:
    text = "".join(parts)
    data = b"".join(event(chunk(text[at : at + size])) for at in range(0, len(text), size))
    final = received_stream("sambanova", data + event(chunk("", "stop")) + DONE).final.choices[0].message
    found = received("sambanova", completion(text)).choices[0].message
    assert (final.reasoning_content or "", final.content or "") == (found.reasoning_content or "", found.content or "")
