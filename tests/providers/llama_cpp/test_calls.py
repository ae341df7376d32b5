"""Calls and stop texts in what a model says, however it is cut into tokens."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onellm_providers.llama_cpp.calls import ForcedCall, Reader, TaggedCalls
from onellm_providers.llama_cpp.stops import StopTexts

CALL = '{"name": "f", "arguments": {"a": {"b": "}"}}}'


def read(reader: Reader, pieces: list[str]) -> tuple[str, list[tuple[str, str]]]:
    """The text, and names and arguments of the calls."""
    text, calls = "", dict[int, list[str]]()
    for delta in [*(each for piece in pieces for each in reader.feed(piece)), *reader.close()]:
        text += delta.get("content", "")
        for call in delta.get("tool_calls", []):
            function: dict[str, Any] = call["function"]
            parts = calls.setdefault(call["index"], ["", ""])
            parts[0] += function.get("name", "")
            parts[1] += function.get("arguments", "")
    return text, [(name, arguments) for name, arguments in calls.values()]


def cut(text: str, places: list[int]) -> list[str]:
    borders = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(borders)]


borders = st.lists(st.integers(0, 200), max_size=12)
some = settings(max_examples=60, deadline=None, derandomize=True)


@some
@given(borders)
def test_a_forced_call(places: list[int]) -> None:
    text, calls = read(ForcedCall("c"), cut(CALL + " ", places))
    assert (text, calls) == ("", [("f", '{"a": {"b": "}"}}')])


@pytest.mark.parametrize("space", ["", " ", " \n "])
def test_a_forced_call_cut_at_any_place(space: str) -> None:
    said = f'{{"name": "f", "arguments":{space}{{"a": 1}}{space}}}'
    for place in range(len(said) + 1):
        assert read(ForcedCall("c"), cut(said, [place])) == ("", [("f", '{"a": 1}')])


@some
@given(borders, st.integers(1, len(CALL) - 1))
def test_a_forced_call_that_is_cut_off_loses_nothing(places: list[int], size: int) -> None:
    """OUT-09"""
    said = CALL[:size]
    text, calls = read(ForcedCall("c"), cut(said, places))
    assert calls == [] or calls[0][0] == "f"
    assert text + "".join(f'{{"name": "{name}", "arguments": {arguments}' for name, arguments in calls) == said


@some
@given(borders)
def test_calls_between_tags(places: list[int]) -> None:
    said = f"I look.\n<tool_call>\n{CALL}\n</tool_call>\n<tool_call>{CALL}</tool_call>"
    text, calls = read(TaggedCalls("c", {"f"}), cut(said, places))
    assert text.rstrip() == "I look."
    assert [(name, json.loads(arguments)) for name, arguments in calls] == [("f", {"a": {"b": "}"}})] * 2


@some
@given(borders)
def test_a_tag_in_thoughts_is_no_call(places: list[int]) -> None:
    said = f"<think>a <tool_call>{CALL}</tool_call></think>b<tool_call>{CALL}"
    text, calls = read(TaggedCalls("c", {"f"}), cut(said, places))
    assert text == f"<think>a <tool_call>{CALL}</tool_call></think>b"
    assert len(calls) == 1


@pytest.mark.parametrize("said", ["<tool_call>no JSON</tool_call> x", "<tool_call>", "<to", "<thin", "", "<think>a"])
def test_what_is_no_call_stays_text(said: str) -> None:
    assert read(TaggedCalls("c", {"f"}), list(said)) == (said, [])


@some
@given(borders, st.sampled_from(["ab", "END", "x"]))
def test_stop_texts(places: list[int], stop: str) -> None:
    said = "aab EN END rest"
    stops = StopTexts([stop])
    found = ""
    for piece in cut(said, places):
        found += stops.feed(piece)
        if stops.hit:
            break
    found += stops.close()
    assert found == said.partition(stop)[0]
