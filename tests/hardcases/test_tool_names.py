"""Hard case TOOL-24: names that OpenAI does not take are refused here; nothing is renamed behind the caller's back."""

from __future__ import annotations

import pytest

from onellm import InvalidRequestError
from tests.wire import sent, tool


@pytest.mark.parametrize("name", ["a.b", "x/y", "tide in Oban?", "", "n" * 65])
def test_tool_24_an_illegal_name_is_refused_and_named(name: str) -> None:
    with pytest.raises(InvalidRequestError, match="name") as caught:
        sent("openai", tools=[tool("fine"), tool(name)])
    assert caught.value.param == "tools[1].function.name"
    assert caught.value.status is None


def test_tool_24_legal_names_are_left_alone() -> None:
    names = ["a_b", "fine-1", "N" * 64]
    body = sent("openai", tools=[tool(name) for name in names])
    assert [item["function"]["name"] for item in body["tools"]] == names
