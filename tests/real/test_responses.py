"""The Responses API of a real llama-server, by itself and as the way of a chat completion, with both clients.

The tiny model babbles: its shape, grammar, usage and framing are asserted, never its words.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

import onellm
from onellm import Spec
from onellm.capabilities import Capability

pytestmark = pytest.mark.real

SCHEMA = {
    "type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False,
}  # fmt: skip
TOOL = {"type": "function", "name": "tide", "parameters": SCHEMA, "strict": True}
ROW = Spec(
    name="llama_responses",
    key_required=False,
    operations=frozenset({Capability.CHAT, Capability.STREAM, Capability.RESPONSES}),
    chat_over_responses=True,
)


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, server: str) -> Any:
    """Performs something with a client: `ask(lambda client: client.responses.create(…))`; streams are read whole."""
    onellm.register_provider(ROW)
    providers = {"llama_server": {"base_url": server}, "llama_responses": {"base_url": server}}

    def blocking(what: Any) -> Any:
        with onellm.OneLLM(providers=providers) as client:
            got = what(client)
            return (list(got), got.final()) if hasattr(got, "final") else got

    def awaiting(what: Any) -> Any:
        async def main() -> Any:
            async with onellm.AsyncOneLLM(providers=providers) as client:
                got = await what(client)
                return ([event async for event in got], await got.final()) if hasattr(got, "final") else got

        return asyncio.run(main())

    return blocking if request.param == "sync" else awaiting


def respond(client: Any, input: Any = "Hello", **params: Any) -> Any:
    return client.responses.create("llama_responses/tiny-chat", input, **{"max_output_tokens": 24, **params})


def test_a_response(ask: Any) -> None:
    response = ask(lambda client: respond(client, instructions="Be brief.", temperature=0))
    assert response.object == "response"
    assert response.status in ("completed", "incomplete")
    assert response.usage.output_tokens > 0
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert response.id.startswith("llama_responses/")
    assert response.output[-1].type in ("message", "reasoning")


def test_a_stream(ask: Any) -> None:
    events, response = ask(lambda client: respond(client, stream=True, temperature=0))
    kinds = [event.type for event in events]
    assert kinds[0] == "response.created"
    assert kinds[-1] in ("response.completed", "response.incomplete")
    deltas = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert deltas == response.output_text
    assert response.usage.output_tokens > 0


def test_a_required_tool(ask: Any) -> None:
    response = ask(lambda client: respond(client, tools=[TOOL], tool_choice="required", max_output_tokens=600))
    call = response.function_calls[0]
    assert call.name == "tide"
    assert isinstance(json.loads(call.arguments)["a"], int)
    assert call.call_id


def test_a_tools_result_goes_back(ask: Any) -> None:
    first = ask(lambda client: respond(client, tools=[TOOL], tool_choice="required", max_output_tokens=600))
    results = [
        {"type": "function_call_output", "call_id": call.call_id, "output": "high"} for call in first.function_calls
    ]
    turns = [{"role": "user", "content": "Hello"}, *first.output, *results]
    second = ask(lambda client: respond(client, turns, tools=[TOOL]))
    assert second.usage.input_tokens > first.usage.input_tokens


def chat(client: Any, **params: Any) -> Any:
    hello = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    return client.chat.completions.create(
        "llama_responses/tiny-chat", hello, **{"max_completion_tokens": 24, "temperature": 0, **params}
    )


def test_a_chat_through_it(ask: Any) -> None:
    answer = ask(chat)
    chunks, final = ask(lambda client: chat(client, stream=True))
    (choice,) = answer.choices
    assert choice.finish_reason in ("stop", "length")
    assert answer.usage.completion_tokens > 0
    assert final.usage.prompt_tokens == answer.usage.prompt_tokens
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == (final.choices[0].message.content or "")
    assert [chunk.choices[0].finish_reason for chunk in chunks][-1] in ("stop", "length")


def test_a_chats_tool_call_through_it(ask: Any) -> None:
    tool = {"type": "function", "function": {name: value for name, value in TOOL.items() if name != "type"}}
    whole = ask(lambda client: chat(client, tools=[tool], tool_choice="required", max_completion_tokens=600))
    _, final = ask(
        lambda client: chat(client, tools=[tool], tool_choice="required", max_completion_tokens=600, stream=True)
    )
    for answer in (whole, final):
        (choice,) = answer.choices
        call = choice.message.tool_calls[0]
        assert choice.finish_reason == "tool_calls"
        assert call.function.name == "tide"
        assert isinstance(json.loads(call.function.arguments)["a"], int)
