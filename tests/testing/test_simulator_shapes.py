"""The faults that bend an answer in OpenAI's format, and those of rates and types, as values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from onellm.testing.simulator import Fault, Simulator, faults, simulator
from onellm.testing.simulator.shapes import SHAPES

TOOLS = [{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in ("a_f", "b_f")]
BODY: dict[str, Any] = {
    "model": "gpt-5.4-mini",
    "messages": [{"role": "user", "content": "a_f and b_f"}],
    "tools": TOOLS,
}


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with simulator() as running:
        yield running


def ask(sim: Simulator, fault: Fault | None = None, *, stream: bool = False, **more: Any) -> httpx.Response:
    sim.reset()
    if fault is not None:
        sim.inject(fault)
    url = f"{sim.base_url('openai')}/chat/completions"
    body = {**BODY, "stream": stream, **more}
    return httpx.post(url, json=body, headers={"Authorization": "Bearer k"}, trust_env=False)


def chunks(reply: httpx.Response) -> list[Any]:
    events = reply.content.split(b"\n\n")
    return [json.loads(event[6:]) for event in events if event.startswith(b"data: {")]


def fragments(reply: httpx.Response) -> list[Any]:
    deltas = [choice["delta"] for chunk in chunks(reply) for choice in chunk["choices"]]
    return [call for delta in deltas for call in delta.get("tool_calls", ())]


def whole(reply: httpx.Response) -> list[Any]:
    return list(reply.json()["choices"][0]["message"]["tool_calls"])


def test_shapes_of_a_stream(sim: Simulator) -> None:
    plain = fragments(ask(sim, stream=True))
    bent = {name: fragments(ask(sim, faults.odd_tool_calls(name), stream=True)) for name in SHAPES}
    assert [call["index"] for call in plain] == [0, 0, 1, 1]
    assert not any("index" in call for call in bent["no_index"])
    assert {call["index"] for call in bent["null_index"]} == {None}
    assert {call["index"] for call in bent["same_index"]} == {0}
    assert [call["index"] for call in bent["index_gap"]] == [1, 1, 3, 3]
    assert not any("id" in call for call in bent["no_id"])
    assert [call.get("id") for call in bent["duplicate_id"]] == ["call_same", None, "call_same", None]
    assert [call["function"]["name"] for call in bent["repeated"]] == ["a_f", "a_f", "b_f", "b_f"]
    assert all(call["id"] for call in bent["repeated"])
    assert [call["function"]["arguments"] for call in bent["whole"]] == ["{}", "{}"]
    assert [call["function"]["arguments"] for call in bent["object_arguments"]] == [{}, {}]
    for name in ("no_index", "same_index", "index_gap", "no_id"):
        said = [call["function"].get("arguments") for call in bent[name]]
        assert said == [call["function"].get("arguments") for call in plain]


def test_shapes_of_a_whole_answer(sim: Simulator) -> None:
    assert not any("id" in call for call in whole(ask(sim, faults.odd_tool_calls("no_id"))))
    assert {call["id"] for call in whole(ask(sim, faults.odd_tool_calls("duplicate_id")))} == {"call_same"}
    objects = whole(ask(sim, faults.odd_tool_calls("object_arguments")))
    assert [call["function"]["arguments"] for call in objects] == [{}, {}]
    assert whole(ask(sim, faults.odd_tool_calls("index_gap")))[0]["id"]


def test_an_answer_without_tool_calls_stays_as_it_is(sim: Simulator) -> None:
    """So does an error, which has no choices."""
    text: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}]}
    plain = ask(sim, **text)
    for fault in (faults.odd_tool_calls("no_id"), faults.long_arguments(1), faults.finish_twice()):
        assert ask(sim, fault, **text).json()["choices"] == plain.json()["choices"]
    assert ask(sim, faults.odd_tool_calls("no_id"), model="no-such").status_code == 404


def test_finish_reasons(sim: Simulator) -> None:
    ends = [c["choices"][0]["finish_reason"] for c in chunks(ask(sim, faults.finish_twice(), stream=True))]
    assert [end for end in ends if end] == ["tool_calls", "stop"]
    assert ask(sim, faults.finish_error()).json()["choices"][0]["finish_reason"] == "error"
    ends = [c["choices"][0]["finish_reason"] for c in chunks(ask(sim, faults.finish_error(), stream=True))]
    assert [end for end in ends if end] == ["error"]


def test_too_much(sim: Simulator) -> None:
    """Each is what its name says, and the framing is right."""
    calls = fragments(ask(sim, faults.long_arguments(megabytes=2), stream=True))
    assert sum(len(call["function"].get("arguments") or "") for call in calls) > 2_000_000
    assert len(whole(ask(sim, faults.long_arguments(megabytes=2)))[0]["function"]["arguments"]) > 2_000_000
    assert len(ask(sim, faults.large_event(megabytes=2), stream=True).content) > 2_000_000
    for stream in (False, True):
        assert b"[" * 300 + b"]" * 300 in ask(sim, faults.deep_json(levels=300), stream=stream).content


def test_types(sim: Simulator) -> None:
    reply = ask(sim, faults.no_content_type())
    assert "content-type" not in reply.headers
    assert reply.json()["choices"]
    reply = ask(sim, faults.not_json("sorry"))
    assert (reply.status_code, reply.headers["content-type"], reply.text) == (200, "application/json", "sorry")


def test_a_token_bucket(sim: Simulator) -> None:
    """Requests beyond the rate get the seconds until the next one is taken."""
    sim.reset()
    sim.inject(faults.token_bucket(per_second=0.5, burst=3), times=None)
    url = f"{sim.base_url('openai')}/chat/completions"
    replies = [httpx.post(url, json=BODY, headers={"Authorization": "Bearer k"}, trust_env=False) for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert 1 < float(replies[3].headers["retry-after"]) <= 2
    assert replies[3].json()["error"]["code"] == "rate_limit_exceeded"
