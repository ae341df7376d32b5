"""The providers as values: no network, no mock."""

from __future__ import annotations

import pytest

from onellm import Call, ChatRequest, Reply, UnsupportedParameterError, get_provider

HELLO = {"role": "user", "content": "Hello"}


def test_a_chat_is_one_call() -> None:
    parrot = get_provider("parrot", api_key="k")
    call = parrot.chat(ChatRequest(model="grey", messages=[HELLO]))
    assert isinstance(call, Call)
    assert call.json == {"text": "Hello", "bird": "grey"}
    answer = call.parse(Reply(200, body=b'{"said": "Hello", "words": 1}'))
    assert answer.choices[0].message.content == "Hello"


def test_what_it_does_not_take_is_refused() -> None:
    with pytest.raises(UnsupportedParameterError, match="temperature"):
        get_provider("parrot", api_key="k").chat(ChatRequest(model="grey", messages=[HELLO], temperature=1))


def test_the_row_says_what_the_host_calls_things() -> None:
    acme = get_provider("acme", api_key="k")
    call = acme.chat(ChatRequest(model="m", messages=[HELLO], max_completion_tokens=5))
    assert isinstance(call, Call)
    assert call.json["max_tokens"] == 5
