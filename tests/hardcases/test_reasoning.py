"""Hard cases of groups RSN and HOST: reasoning under one name, its state back to its owner, odd fields kept."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import ChatCompletionResponse
from tests.support import DONE, chunk, completion, event, serve, streamed, whole
from tests.wire import (
    ROWS,
    USER,
    both,
    calling,
    dump,
    received,
    received_stream,
    result,
    rows,
    sent_messages,
    tool_call,
)


def _reasoned(answer: ChatCompletionResponse) -> str | None:
    return answer.choices[0].message.reasoning_content


@rows
@pytest.mark.parametrize(
    "fields",
    [
        {"reasoning": "They want x."},
        {"reasoning_content": "They want x."},
        {"reasoning": "They want x.", "reasoning_content": "They want x."},
        {"thinking": "They want x."},
        {"reasoning_content": {"content": "They want x."}},
        {"reasoning": {"content": "They want x."}},
    ],
)
def test_rsn_16_reasoning_has_one_name_and_is_not_doubled(name: str, fields: dict[str, Any]) -> None:
    answer = completion("Hello")
    answer["choices"][0]["message"].update(fields)
    assert _reasoned(received(name, answer)) == "They want x."
    stream = received_stream(
        name, event(chunk(choices=[{"index": 0, "delta": fields}])) + event(chunk("Hello", "stop")) + DONE
    )
    assert "".join(item.choices[0].delta.reasoning_content or "" for item in stream.chunks) == "They want x."
    assert _reasoned(stream.final) == "They want x."
    assert stream.final.choices[0].message.content == "Hello"


@rows
def test_rsn_16_a_message_without_reasoning_has_none(name: str) -> None:
    for fields in ({}, {"reasoning": None, "reasoning_content": None}, {"reasoning": ""}):
        answer = completion("Hello")
        answer["choices"][0]["message"].update(fields)
        assert not _reasoned(received(name, answer))


DETAILS: list[dict[str, Any]] = [
    {"type": "reasoning.text", "text": "Tide.", "signature": None, "id": "r1", "format": "x-v1", "index": 0},
    {"type": "reasoning.encrypted", "data": "AAEC/w==", "id": "r2", "format": "x-v1", "index": 1},
]


@both
@pytest.mark.parametrize("how", ["whole", "streamed"])
def test_rsn_21_reasoning_details_go_back_unchanged_to_their_owner(caller: Any, how: str) -> None:
    answer = completion(None)
    calls = [tool_call("call_1", "tide", "{}")]
    answer["choices"][0]["message"].update(reasoning="Tide.", reasoning_details=DETAILS, tool_calls=calls)
    pieces: list[dict[str, Any]] = [
        {"reasoning": "Ti", "reasoning_details": [{**DETAILS[0], "text": "Ti"}]},
        {"reasoning": "de.", "reasoning_details": [{**DETAILS[0], "text": "de."}]},
        {"reasoning_details": [DETAILS[1]]},
        {"tool_calls": [{"index": 0, **calls[0]}]},
    ]
    data = b"".join(event(chunk(choices=[{"index": 0, "delta": piece}])) for piece in pieces)
    data += event(chunk(finish="tool_calls")) + DONE
    with serve(whole(answer) if how == "whole" else streamed(data), whole(completion())) as server:
        if how == "whole":
            first = caller.chat(server.provider(), "openrouter/v/m")
        else:
            first = caller.chat_stream(server.provider(), "openrouter/v/m").final
        message = first.choices[0].message
        history = [USER, message, result("call_1")]
        caller.chat(server.provider(), "openrouter/v/m", history)
        caller.chat(server.provider(), "openrouter/v/m", [USER, message.model_dump(mode="json"), result("call_1")])
    assert message.provider_state == {"openrouter": {"reasoning_details": DETAILS}}
    for request in server.requests[1:]:
        assert request.json["messages"][1]["reasoning_details"] == DETAILS


@pytest.mark.parametrize("other", [name for name in ROWS if name != "openrouter"])
def test_rsn_24_reasoning_details_go_to_nobody_else(other: str) -> None:
    answer = completion("Hello")
    answer["choices"][0]["message"].update(reasoning="Tide.", reasoning_details=DETAILS)
    message = received("openrouter", answer).choices[0].message
    assert sent_messages(other, USER, message, USER)[1] == {"role": "assistant", "content": "Hello"}
    assert sent_messages(other, USER, message.model_dump(mode="json"), USER)[1] == {
        "role": "assistant",
        "content": "Hello",
    }


def test_rsn_24_venice_s_thought_signature_comes_back_to_venice_only() -> None:
    answer = completion(None)
    state = {"reasoning_details": [DETAILS[1]], "thought_signature": "c2ln"}
    answer["choices"][0]["message"].update(tool_calls=[tool_call()], **state)
    message = received("venice", answer).choices[0].message
    assert message.provider_state == {"venice": state}
    assert sent_messages("venice", USER, message, result())[1] == {**calling(tool_call()), **state}
    assert sent_messages("openrouter", USER, message, result())[1] == calling(tool_call())


@rows
@pytest.mark.parametrize("fields", [{"reasoning": "x"}, {"reasoning_content": "x"}, {}])
def test_rsn_25_a_turn_that_only_thought_is_left_out(name: str, fields: dict[str, Any]) -> None:
    thought = {"role": "assistant", "content": None, **fields}
    assert sent_messages(name, USER, thought, USER) == [USER, USER]


@rows
def test_host_02_null_fields_are_read(name: str) -> None:
    """Null `created`, `native_finish_reason`, `usage` and tool arguments, as OpenRouter was seen to send them."""
    answer = completion(None, created=None, usage=None, system_fingerprint=None, service_tier=None, provider=None)
    function = {"name": "f", "arguments": None}
    answer["choices"][0].update(native_finish_reason=None, logprobs=None)
    answer["choices"][0]["message"].update(
        tool_calls=[{"id": "call_1", "type": None, "function": function}],
        refusal=None,
        annotations=None,
        reasoning=None,
    )
    parsed = received(name, answer)
    message = parsed.choices[0].message
    assert message.tool_calls is not None
    assert (message.tool_calls[0].id, message.tool_calls[0].type) == ("call_1", "function")
    assert message.tool_calls[0].function.arguments in ("", "{}")
    assert (parsed.created, parsed.usage, parsed.choices[0].finish_reason) == (0, None, "tool_calls")


@rows
def test_host_03_citations_survive_whole_and_streamed(name: str) -> None:
    found: dict[str, Any] = {
        "citations": ["https://a.example"],
        "search_results": [{"title": "A", "url": "https://a.example"}],
        "venice_parameters": {"web_search_citations": [{"title": "A", "url": "https://a.example"}]},
    }
    assert dump(received(name, completion(**found))).items() >= found.items()
    data = event(chunk("Hello")) + event(chunk(choices=[], **found)) + event(chunk(finish="stop")) + DONE
    stream = received_stream(name, data)
    assert dump(stream.final).items() >= found.items()
    seen: dict[str, Any] = {}
    for item in stream.chunks:
        seen.update(item.model_extra or {})
    assert seen.items() >= found.items()
