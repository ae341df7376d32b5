"""The simulated Anthropic: judged by its own SDK, refusing what the service refuses, and driven by us."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from onellm_providers.anthropic import Anthropic, AnthropicProvider, AsyncAnthropic
from onellm_providers.anthropic.simulator import routes

from onellm import (
    ChatRequest,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    ServerError,
    StreamInterrupted,
    get_provider,
)
from onellm.testing import Simulator, faults
from tests.support import Caller
from tests.wire import USER, both, result, tool

OLD, NEW = "claude-sonnet-4-5", "claude-sonnet-5"
WEATHER = tool(
    "weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(services={"anthropic": routes}) as running:
        yield running


@pytest.fixture
def sdk(sim: Simulator) -> Iterator[anthropic.Anthropic]:
    base_url = sim.base_url("anthropic").removesuffix("/v1")
    with anthropic.Anthropic(api_key="k", base_url=base_url, max_retries=0, timeout=5) as client:
        yield client


def test_the_sdk_reads_the_same_whole_and_streamed(sdk: anthropic.Anthropic) -> None:
    own: Any = {"name": "weather", "input_schema": WEATHER["function"]["parameters"]}
    messages: Any = [{"role": "user", "content": "What weather is it? é"}]
    asked: Any = {"model": NEW, "max_tokens": 4000, "messages": messages, "tools": [own]}
    whole = sdk.messages.create(**asked)
    with sdk.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    assert [block.type for block in whole.content] == ["thinking", "tool_use"]
    assert whole.stop_reason == "tool_use"
    assert whole.model_dump() == streamed.model_dump()
    assert whole.usage.output_tokens_details is not None
    counted = sdk.messages.count_tokens(model=NEW, messages=messages, tools=[own])
    assert counted.input_tokens == whole.usage.input_tokens


def test_the_sdk_lists_its_models(sdk: anthropic.Anthropic) -> None:
    names = [model.id for model in sdk.models.list(limit=3)]
    assert len(names) == len(set(names)) == 8
    found = sdk.models.retrieve("claude-opus-5-5")
    assert found.capabilities is not None
    assert not found.capabilities.thinking.types.disabled.supported


def test_the_sdk_turns_pages_in_both_directions(sdk: anthropic.Anthropic) -> None:
    names = [model.id for model in sdk.models.list()]
    assert [model.id for model in sdk.models.list(after_id=names[1], limit=2)] == names[2:]
    before = [model.id for model in sdk.models.list(before_id=names[5], limit=2)]
    assert (before[:2], sorted(before)) == (names[3:5], sorted(names[:5]))
    wrong: Any = [{"limit": 0}, {"limit": "x"}, {"limit": 2000}, {"after_id": "gone"}, {"before_id": "gone"}]
    for query in wrong:
        with pytest.raises(anthropic.BadRequestError):
            sdk.models.list(**query)


def test_the_sdk_is_refused_as_by_the_service(sdk: anthropic.Anthropic) -> None:
    messages: Any = [{"role": "user", "content": "Hi"}]
    asked: Any = {"model": OLD, "max_tokens": 9, "messages": messages}
    tool: Any = {"name": "a", "input_schema": {"type": "object"}}
    wrong: Any = [
        ({"max_tokens": 64_001}, "64000"),
        ({"tools": [tool, tool]}, "unique"),
        ({"extra_headers": {"anthropic-version": "2020-01-01"}}, "version"),
        ({"extra_body": {"temperature": 1}}, "temperature"),
    ]
    for more, text in wrong:
        with pytest.raises(anthropic.BadRequestError, match=text):
            sdk.messages.create(**{**asked, **more})


def test_the_sdk_goes_on_with_a_paused_answer(sdk: anthropic.Anthropic) -> None:
    """Only an answer that the caller began is refused by models that take none."""
    search: Any = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tide"}}
    messages: Any = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [search]}]
    asked: Any = {"model": "claude-opus-4-6", "max_tokens": 50}
    assert sdk.messages.create(messages=messages, **asked).stop_reason == "end_turn"
    messages[1]["content"] = "Well"
    with pytest.raises(anthropic.BadRequestError, match="prefill"):
        sdk.messages.create(messages=messages, **asked)


@both
@pytest.mark.parametrize("model", [OLD, NEW, "claude-opus-4-6"])
def test_a_tool_loop_with_thinking(caller: Caller, sim: Simulator, model: str) -> None:
    asked = {"role": "user", "content": "Which weather?"}
    params: dict[str, Any] = {"tools": [WEATHER], "reasoning_effort": "medium"}
    for streams in (False, True):

        def ask(messages: Any, streams: bool = streams) -> Any:
            if streams:
                return caller.chat_stream(sim.providers, f"anthropic/{model}", messages, **params).final
            return caller.chat(sim.providers, f"anthropic/{model}", messages, **params)

        first = ask([asked])
        message = json.loads(first.choices[0].message.model_dump_json())
        assert first.choices[0].finish_reason == "tool_calls"
        assert message["reasoning_content"]
        second = ask([asked, message, result(message["tool_calls"][0]["id"], "Rain")])
        assert "Rain" in second.choices[0].message.content
        forged = json.loads(json.dumps(message).replace(message["reasoning_content"].strip(), "forged"))
        with pytest.raises(InvalidRequestError, match="signature"):
            ask([asked, forged, result(message["tool_calls"][0]["id"], "Rain")])


@both
def test_usage_limits_and_ids(caller: Caller, sim: Simulator) -> None:
    answer = caller.chat(sim.providers, f"anthropic/{OLD}", max_completion_tokens=3)
    assert (answer.choices[0].finish_reason, answer.usage.completion_tokens) == ("length", 3)
    assert answer.meta.request_id.startswith("req_")
    assert answer.meta.rate_limits["input-tokens"].remaining == 1_999_999
    assert answer.meta.rate_limits["requests"].reset_at is not None
    assert answer.meta.cost == pytest.approx((answer.usage.prompt_tokens * 3 + 3 * 15) / 1e6)
    ended = caller.chat(sim.providers, f"anthropic/{OLD}", stop=["simulated"])
    assert ended.choices[0].message.model_extra["stop_sequence"] == "simulated"
    assert ended.choices[0].finish_reason == "stop"


@both
def test_a_value_of_a_type(caller: Caller, sim: Simulator) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "c", "schema": schema}}
    answer = caller.chat(sim.providers, f"anthropic/{OLD}", response_format=wanted)
    assert json.loads(answer.choices[0].message.content).keys() == {"city"}


@both
def test_refusals(caller: Caller, sim: Simulator) -> None:
    with pytest.raises(ModelNotFoundError):
        caller.chat(sim.providers, "anthropic/claude-nothing")
    for extra in ({"temperature": 1.5}, {"nonsense": 1}, {"max_tokens": "many"}):
        with pytest.raises(InvalidRequestError):
            caller.chat(sim.providers, f"anthropic/{OLD}", extra_body=extra)
    with pytest.raises(InvalidRequestError, match="not supported"):
        caller.chat(sim.providers, f"anthropic/{NEW}", extra_body={"temperature": 0.5})
    with pytest.raises(InvalidRequestError, match="forced"):
        caller.chat(
            sim.providers, "anthropic/claude-opus-5-5", tools=[WEATHER], extra_body={"tool_choice": {"type": "any"}}
        )


@both
def test_faults_in_the_service_s_own_words(caller: Caller, sim: Simulator) -> None:
    sim.inject(faults.error_event(after=4))
    found: Any = caller.chat_stream(sim.providers, f"anthropic/{OLD}", max_retries=0)
    assert isinstance(found.error, ServerError)
    assert (found.error.type, found.error.status) == ("api_error", 500)
    sim.inject(faults.overloaded())
    with pytest.raises(OverloadedError):
        caller.chat(sim.providers, f"anthropic/{OLD}", max_retries=0)
    sim.inject(faults.close_after(4))
    cut = caller.chat_stream(sim.providers, f"anthropic/{OLD}", max_retries=0)
    assert isinstance(cut.error, StreamInterrupted)


@both
def test_models_and_token_counts(caller: Caller, sim: Simulator) -> None:

    provider = get_provider("anthropic", **sim.providers["anthropic"])
    assert isinstance(provider, AnthropicProvider)
    listed = caller.run(provider.models)
    found = {info.id: info for info in listed}
    assert len(found) == 8
    assert found[OLD].max_output_tokens == 64_000
    assert found["claude-opus-5-5"].reasoning_efforts == ("low", "medium", "high", "xhigh", "max")
    uncounted: dict[str, Any] = {"max_tokens": 5, "stop": ["x"], "temperature": 0.5, "inference_geo": "us"}
    request = ChatRequest(model=OLD, messages=[USER], user="u", **uncounted)
    counted = caller.run(lambda: provider.count_tokens(request))
    assert counted == caller.chat(sim.providers, f"anthropic/{OLD}").usage.prompt_tokens


def test_the_clients_count_tokens(sim: Simulator) -> None:
    settings: Any = sim.providers["anthropic"]
    with Anthropic(**settings) as client:
        counted = client.messages.count_tokens(NEW, [USER], tools=[WEATHER], reasoning_effort="low")

    async def count() -> int:
        async with AsyncAnthropic(**settings) as other:
            return await other.messages.count_tokens(NEW, [USER], tools=[WEATHER], reasoning_effort="low")

    assert counted == asyncio.run(count()) > 10
    assert sim.requests[0].json().keys() == {"model", "messages", "tools", "thinking", "output_config"}
