"""Recorded responses, read by us and by OpenAI's own SDK from the same bytes: as they are, and as chats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import openai
import pytest
from openai.types.responses import Response as SDKResponse

import onellm
from onellm import ChatRequest, Spec
from onellm.capabilities import Capability
from onellm.openai_compatible import OpenAICompatible
from tests.providers.recordings import Exchange
from tests.responses.recorded import responses
from tests.support import KEY, Caller, serve, streamed, whole
from tests.wire import both

FOLDERS = ("azure", "bedrock", "deepseek", "openai", "openai-llm-cli", "openrouter")
SPEC = Spec(
    name="over",
    base_url="http://127.0.0.1:9",
    operations=frozenset({Capability.CHAT, Capability.STREAM, Capability.RESPONSES}),
    chat_over_responses=True,
)


@pytest.fixture(scope="module")
def sdk() -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=KEY, base_url="http://127.0.0.1", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module", autouse=True)
def _over() -> None:
    onellm.register_provider(SPEC)


def exchanges(shared: Path, folder: str) -> list[Exchange]:
    found = [each for each in responses(shared / "recordings" / folder) if each.request is not None]
    assert found
    return found


def served(exchange: Exchange) -> Any:
    return streamed(exchange.body) if exchange.streamed else whole(exchange.body, exchange.status)


def theirs(sdk: openai.OpenAI, exchange: Exchange) -> SDKResponse | openai.APIError:
    """What the SDK makes of the bytes."""
    create: Any = sdk.responses.create
    try:
        if not exchange.streamed:
            return cast("SDKResponse", create(model="m", input="x"))
        last = [event for event in create(model="m", input="x", stream=True) if hasattr(event, "response")][-1]
    except openai.APIError as error:
        return error
    return cast("SDKResponse", last.response)


def ours(caller: Caller, url: str, exchange: Exchange) -> Any:
    """What we make of them."""
    providers = {"over": {"api_key": KEY, "base_url": url}}
    if caller.kind == "sync":
        with onellm.OneLLM(providers=providers) as client:
            try:
                if not exchange.streamed:
                    return client.responses.create("over/m", "x")
                stream = client.responses.create("over/m", "x", stream=True)
                assert list(stream)
                return stream.final()
            except onellm.APIError as error:
                return error

    async def main() -> Any:
        async with onellm.AsyncOneLLM(providers=providers) as client:
            try:
                if not exchange.streamed:
                    return await client.responses.create("over/m", "x")
                stream = await client.responses.create("over/m", "x", stream=True)
                assert [event async for event in stream]
                return await stream.final()
            except onellm.APIError as error:
                return error

    import asyncio

    return asyncio.run(main())


def there(value: Any) -> Any:
    """The value without what is null or empty."""
    if isinstance(value, dict):
        return {name: kept for name, item in value.items() if (kept := there(item)) not in (None, [], {})}
    return [there(item) for item in value] if isinstance(value, list) else value


@both
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_response_reads_as_the_sdk_reads_it(caller: Caller, folder: str, sdk: openai.OpenAI, shared: Path) -> None:
    for exchange in exchanges(shared, folder):
        with serve(served(exchange)) as server:
            expected = theirs(sdk.with_options(base_url=server.url), exchange)
            answered = ours(caller, server.url, exchange)
        if isinstance(expected, openai.APIError):
            assert isinstance(answered, onellm.APIError), exchange.label
            assert answered.status == getattr(expected, "status_code", answered.status)
            assert str(cast("Any", expected.body)["message"]) in str(answered)
            continue
        assert isinstance(answered, onellm.ResponseObject), exchange.label
        assert answered.output_text == expected.output_text
        assert answered.id == f"over/{expected.id}"
        assert (answered.status, answered.model) == (expected.status, expected.model)
        assert there(answered.model_dump()["output"]) == there(expected.model_dump()["output"]), exchange.label
        usage = there(expected.usage.model_dump()) if expected.usage else {}
        found = there(answered.usage.model_dump()) if answered.usage else {}
        assert usage.items() <= found.items(), exchange.label
        if used := answered.usage:
            assert used.total_tokens == used.input_tokens + used.output_tokens, exchange.label
            cached, thought = used.input_tokens_details, used.output_tokens_details
            assert ((cached and cached.cached_tokens) or 0) <= used.input_tokens
            assert ((thought and thought.reasoning_tokens) or 0) <= used.output_tokens


@both
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_response_read_as_a_chat_says_the_same(caller: Caller, folder: str, sdk: openai.OpenAI, shared: Path) -> None:
    for exchange in exchanges(shared, folder):
        providers = {"over": {"api_key": KEY}}
        with serve(served(exchange)) as server:
            providers["over"]["base_url"] = server.url
            stream = None
            expected = theirs(sdk.with_options(base_url=server.url), exchange)
            try:
                if exchange.streamed:
                    stream = caller.chat_stream(providers, "over/m")
                    assert stream.error is None
                    answered = stream.final
                else:
                    answered = caller.chat(providers, "over/m")
            except onellm.APIError:
                assert isinstance(expected, openai.APIError)
                continue
        assert isinstance(expected, SDKResponse)
        (choice,) = answered.choices
        message = choice.message
        calls = [item for item in expected.output if item.type == "function_call"]
        assert (message.content or "") == expected.output_text, exchange.label
        assert [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or []] == [
            (item.call_id, item.name, item.arguments) for item in calls
        ], exchange.label
        thoughts = [
            "".join(part.text for part in item.content or []) or "\n\n".join(part.text for part in item.summary)
            for item in expected.output
            if item.type == "reasoning"
        ]
        assert (message.reasoning_content or "") == "\n\n".join(filter(None, thoughts)), exchange.label
        assert choice.finish_reason == ("tool_calls" if calls else "stop")
        assert choice.native_finish_reason == expected.status
        if expected.usage is not None:
            usage = answered.usage
            assert usage.prompt_tokens == expected.usage.input_tokens
            assert usage.completion_tokens == expected.usage.output_tokens
            assert usage.total_tokens == expected.usage.total_tokens
            assert usage.completion_tokens_details.reasoning_tokens == (
                expected.usage.output_tokens_details.reasoning_tokens
            )
        if stream is not None:
            assert stream.text == expected.output_text
            assert [c.choices[0].finish_reason for c in stream.events if c.choices[0].finish_reason] == [
                choice.finish_reason
            ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_turn_goes_back_as_the_items_it_was_made_of(folder: str, shared: Path) -> None:
    """RESP-03: reasoning goes back whole, before its calls, and nothing that is null goes with it."""
    provider = OpenAICompatible(onellm.get_provider("over", api_key=KEY).settings, None, SPEC)
    for exchange in exchanges(shared, folder):
        if exchange.streamed or exchange.status >= 300:
            continue
        with serve(served(exchange)) as server:
            answered = Caller("sync").chat({"over": {"api_key": KEY, "base_url": server.url}}, "over/m")
        message = onellm.Message.model_validate_json(answered.choices[0].message.model_dump_json())
        results = [{"role": "tool", "tool_call_id": call.id, "content": "done"} for call in message.tool_calls or []]
        turns: list[Any] = [{"role": "user", "content": "x"}, message, *results]
        call: Any = provider.chat(ChatRequest(model="m", messages=turns))
        sent = call.json["input"][1 : len(call.json["input"]) - len(results)]
        original = there(json.loads(exchange.body)["output"])
        if any(item["type"] not in ("message", "function_call") for item in original):
            assert [there(item) for item in sent] == original, exchange.label
        else:
            assert all("id" not in item for item in sent), "an item's id is for those that the service keeps"
        assert "None" not in str(sent)
