"""Running what a model calls: results in order, failures told to the model, and a loop that ends."""

from __future__ import annotations

import asyncio
import contextvars
import json
import threading
import time
from typing import Any

import pytest

import onellm
from onellm import ChatCompletionResponse, ConfigurationError, ToolLoopError, ToolRun, arun_tools, run_tools
from tests.support import completion, serve, whole

HI: list[Any] = [{"role": "user", "content": "Hi"}]
WHO: contextvars.ContextVar[str] = contextvars.ContextVar("WHO", default="nobody")


def calling(*calls: tuple[str, str]) -> dict[str, Any]:
    made = [
        {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for number, (name, arguments) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": None, "tool_calls": made}
    return completion("", choices=[{"index": 0, "message": message, "finish_reason": "tool_calls"}])


def answer(*calls: tuple[str, str]) -> ChatCompletionResponse:
    return ChatCompletionResponse.model_validate(calling(*calls))


def add(a: int, b: int = 1) -> int:
    """Add."""
    return a + b


def fail(reason: str) -> None:
    """Fail."""
    raise LookupError(reason)


async def later(a: int) -> int:
    """Add one, later."""
    await asyncio.sleep(0.01)
    return a + 1


def run(kind: str, response: ChatCompletionResponse, tools: list[Any], messages: Any = None) -> list[dict[str, Any]]:
    if kind == "sync":
        return run_tools(response, tools, messages)
    return asyncio.run(arun_tools(response, tools, messages))


BOTH = pytest.mark.parametrize("kind", ["sync", "async"])


@BOTH
def test_results_follow_in_the_order_of_the_calls(kind: str) -> None:
    messages = list(HI)
    following = run(kind, answer(("add", '{"a": 1}'), ("add", '{"a": 5, "b": 5}')), [add], messages)
    assert following[0]["tool_calls"][1]["function"]["arguments"] == '{"a": 5, "b": 5}'
    assert following[1:] == [
        {"role": "tool", "tool_call_id": "call_0", "content": "2"},
        {"role": "tool", "tool_call_id": "call_1", "content": "10"},
    ]
    assert messages == [*HI, *following]


@BOTH
def test_failures_are_told_to_the_model(kind: str) -> None:
    calls = answer(("fail", '{"reason": "gone"}'), ("add", '{"a": "x"}'), ("ad", "{}"), ("add", "{"))
    contents = [message["content"] for message in run(kind, calls, [add, fail])[1:]]
    assert contents[0] == "Error: LookupError: gone" or contents[0] == "Error: LookupError: 'gone'"
    assert contents[1].startswith("Error: ValueError: the arguments do not fit: a: ")
    assert contents[2] == "Error: there is no tool 'ad'; these are: add, fail."
    assert "do not fit" in contents[3]


@BOTH
def test_an_answer_without_calls_gives_itself(kind: str) -> None:
    plain = ChatCompletionResponse.model_validate(completion("Done."))
    assert run(kind, plain, [add]) == [{"role": "assistant", "content": "Done."}]


@BOTH
def test_sync_tools_run_at_the_same_time_with_the_callers_context(kind: str) -> None:
    meet = threading.Barrier(3)

    def wait(name: str) -> str:
        """Wait for the others."""
        meet.wait(5)
        return f"{name} {WHO.get()}"

    WHO.set("me")
    calls = answer(*(("wait", json.dumps({"name": str(number)})) for number in range(3)))
    assert [message["content"] for message in run(kind, calls, [wait])[1:]] == ["0 me", "1 me", "2 me"]


def test_async_tools_run_at_the_same_time_on_the_loop() -> None:
    began = time.monotonic()

    async def slow(name: str) -> str:
        """Take a moment."""
        await asyncio.sleep(0.2)
        return name

    calls = answer(*(("slow", json.dumps({"name": str(number)})) for number in range(5)))
    assert [message["content"] for message in run("async", calls, [slow])[1:]] == list("01234")
    assert time.monotonic() - began < 0.8


def test_async_tools_need_the_async_runner() -> None:
    with pytest.raises(ConfigurationError, match="arun_tools"):
        run_tools(answer(("later", '{"a": 1}')), [later])


def test_two_tools_of_one_name_are_refused() -> None:
    def other() -> None: ...

    other.__name__ = "add"
    with pytest.raises(ConfigurationError, match="add"):
        run_tools(answer(("add", "{}")), [add, other])


def loop(kind: str, url: str, **params: Any) -> ToolRun:
    providers = {"openai": {"api_key": "sk-0123456789abcdef", "base_url": url}}
    if kind == "sync":
        with onellm.OneLLM(providers=providers) as client:
            return client.chat.completions.run("openai/m", HI, **params)

    async def main() -> ToolRun:
        async with onellm.AsyncOneLLM(providers=providers) as client:
            return await client.chat.completions.run("openai/m", HI, **params)

    return asyncio.run(main())


@BOTH
def test_the_loop_asks_until_the_model_answers(kind: str) -> None:
    script = [calling(("add", '{"a": 1}')), calling(("add", '{"a": 2}'), ("fail", '{"reason": "r"}')), completion("5")]
    with serve(*map(whole, script)) as host:
        done = loop(kind, host.url, tools=[add, fail])
        bodies = [json.loads(request.body) for request in host.requests]
    assert done.response.choices[0].message.content == "5"
    assert [len(body["messages"]) for body in bodies] == [1, 3, 6]
    assert all(body["tools"] == bodies[0]["tools"] for body in bodies)
    assert bodies[2]["messages"][-1]["content"].startswith("Error: LookupError")
    assert done.messages[-1] == {"role": "assistant", "content": "5"}
    sent = [{name: value for name, value in message.items() if value is not None} for message in bodies[2]["messages"]]
    assert done.messages[:-1] == sent
    assert HI == [{"role": "user", "content": "Hi"}], "the caller's list stays as it is"


@BOTH
def test_the_loop_ends(kind: str) -> None:
    with serve(*[whole(calling(("add", '{"a": 1}')))] * 3) as host:
        with pytest.raises(ToolLoopError, match="max_turns") as caught:
            loop(kind, host.url, tools=[add], max_turns=3)
        assert len(host.requests) == 3
    assert len(caught.value.messages) == 1 + 3 * 2
    assert caught.value.response.usage.total_tokens == 5


@BOTH
@pytest.mark.parametrize("turns", [0, -1])
def test_a_loop_without_turns_is_refused(kind: str, turns: int) -> None:
    with pytest.raises(ConfigurationError, match="1 or more"):
        loop(kind, "http://127.0.0.1:9", tools=[add], max_turns=turns)


@BOTH
def test_the_face_runs_the_loop_too(kind: str) -> None:
    with serve(whole(calling(("add", '{"a": 1}'))), whole(completion("2"))) as host:
        face: Any = onellm.ChatCompletion
        given: dict[str, Any] = {"tools": [add], "api_key": "sk-0123456789abcdef", "base_url": host.url}
        done = face.run("openai/m", HI, **given) if kind == "sync" else asyncio.run(face.arun("openai/m", HI, **given))
    assert done.response.choices[0].message.content == "2"
