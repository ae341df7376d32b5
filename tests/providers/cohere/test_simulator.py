"""The simulated Cohere: judged by its own SDK, refusing what the service refuses, and driven by us."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import cohere
import pytest
from cohere.core.api_error import ApiError

from onellm import (
    AuthenticationError,
    InvalidRequestError,
    ModelNotFoundError,
    OneLLM,
    RateLimitError,
    StreamInterrupted,
)
from onellm.testing import Simulator, faults
from tests.providers.cohere.wire import MODEL, judge_event
from tests.support import Caller
from tests.wire import USER, both, result, tool

THINKS = "command-a-reasoning-08-2025"
WEATHER = tool(
    "weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
)
PNG = "data:image/png;base64,iVBORw0KGgo="
ASKED: list[Any] = [{"role": "user", "content": "What weather is it? é"}]


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def sdk(sim: Simulator) -> cohere.ClientV2:
    return cohere.ClientV2("k", base_url=sim.base_url("cohere"), max_retries=0)


@pytest.mark.parametrize("asked", [{"tools": [WEATHER]}, {}, {"documents": ["Tea is at five."]}])
def test_the_sdk_reads_the_same_whole_and_streamed(sdk: cohere.ClientV2, asked: dict[str, Any]) -> None:
    whole = sdk.chat(model=THINKS, messages=ASKED, **asked)
    text, thoughts, arguments, plan, citations, end = "", "", "", "", [], None
    for event in sdk.chat_stream(model=THINKS, messages=ASKED, **asked):
        value: Any = event.model_dump(exclude_none=True)
        if value["type"] != "message-start":
            judge_event(value)
        said = value.get("delta", {}).get("message", {})
        if value["type"] == "content-delta":
            text += said["content"].get("text", "")
            thoughts += said["content"].get("thinking", "")
        elif value["type"] == "tool-call-delta":
            arguments += said["tool_calls"]["function"]["arguments"]
        elif value["type"] == "tool-plan-delta":
            plan += said["tool_plan"]
        elif value["type"] == "citation-start":
            citations.append(said["citations"])
        elif value["type"] == "message-end":
            end = value["delta"]
    blocks = {block.type: block for block in whole.message.content or ()}
    assert thoughts == getattr(blocks["thinking"], "thinking", None)
    assert text == getattr(blocks.get("text"), "text", "")
    assert plan == (whole.message.tool_plan or "")
    assert arguments == "".join(
        str(call.function and call.function.arguments) for call in whole.message.tool_calls or ()
    )
    assert len(citations) == len(whole.message.citations or ()) == ("documents" in asked)
    assert end is not None
    assert end["finish_reason"] == whole.finish_reason
    assert whole.usage is not None
    assert end["usage"] == whole.usage.model_dump(exclude_none=True)


def test_the_sdk_reads_log_probabilities(sdk: cohere.ClientV2, sim: Simulator) -> None:
    whole = sdk.chat(model=MODEL, messages=ASKED, logprobs=True)
    items = whole.logprobs or []
    said = "".join(getattr(block, "text", "") for block in whole.message.content or ())
    assert "".join(each.text or "" for each in items) == said != ""
    streamed: list[Any] = [
        event.logprobs
        for event in sdk.chat_stream(model=MODEL, messages=ASKED, logprobs=True)
        if event.type == "content-delta"
    ]
    assert streamed == items
    with OneLLM(providers=sim.providers) as client:
        ours = client.chat.completions.create(f"cohere/{MODEL}", ASKED, logprobs=True).choices[0].logprobs
    assert ours is not None
    assert [[each.logprob] for each in ours.content or ()] == [each.logprobs for each in items]


async def test_the_async_sdk(sim: Simulator) -> None:
    client = cohere.AsyncClientV2("k", base_url=sim.base_url("cohere"), max_retries=0)
    whole = await client.chat(model=MODEL, messages=ASKED)
    text = ""
    async for event in client.chat_stream(model=MODEL, messages=ASKED):
        if event.type == "content-delta":
            value: Any = event.model_dump()
            text += value["delta"]["message"]["content"]["text"]
    assert [getattr(block, "text", "") for block in whole.message.content or ()] == [text]
    await asyncio.sleep(0)


def test_the_sdk_embeds_reranks_and_lists(sdk: cohere.ClientV2) -> None:
    made = sdk.embed(model="embed-v4.0", input_type="search_query", texts=["a", "b"], embedding_types=["float", "int8"])
    assert [len(vector) for vector in made.embeddings.float_ or ()] == [8, 8]
    mixed: Any = [{"content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": PNG}}]}]
    billed = sdk.embed(model="embed-v4.0", input_type="image", inputs=mixed, embedding_types=["float"]).meta
    assert billed is not None
    assert billed.billed_units is not None
    assert (billed.billed_units.input_tokens, billed.billed_units.images) == (1, 1)
    assert sdk.rerank(model="rerank-v3.5", query="a", documents=["b", "a"]).results[0].index == 1
    assert len(sdk.models.list().models) == 7


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"messages": ASKED, "model": "none"}, 404),
        ({"messages": ASKED, "model": "embed-v4.0"}, 400),
        ({"messages": [{"role": "tool", "tool_call_id": "x", "content": "y"}], "model": MODEL}, 400),
        ({"messages": ASKED, "model": MODEL, "tool_choice": "REQUIRED"}, 400),
        ({"messages": ASKED, "model": MODEL, "presence_penalty": 2.0}, 422),
    ],
)
def test_what_the_service_refuses(sdk: cohere.ClientV2, asked: dict[str, Any], status: int) -> None:
    with pytest.raises(ApiError) as caught:
        sdk.chat(**asked)
    assert caught.value.status_code == status


@both
def test_we_chat_with_tools_and_thoughts(sim: Simulator, caller: Caller) -> None:
    for asked in ({"tools": [WEATHER]}, {}):
        whole = caller.chat(sim.providers, f"cohere/{THINKS}", ASKED, **asked)
        streamed = caller.chat_stream(sim.providers, f"cohere/{THINKS}", ASKED, **asked)
        assert streamed.final.model_dump() == whole.model_dump()
    first = caller.chat(sim.providers, f"cohere/{THINKS}", ASKED, tools=[WEATHER]).choices[0].message
    answered = [*ASKED, first, result(first.tool_calls[0].id, "rain")]
    assert (
        "rain" in caller.chat(sim.providers, f"cohere/{THINKS}", answered, tools=[WEATHER]).choices[0].message.content
    )
    assert sim.requests[-1].json()["messages"][1]["content"][0]["type"] == "thinking"


@both
def test_we_read_its_refusals(sim: Simulator, caller: Caller) -> None:
    with pytest.raises(ModelNotFoundError, match="onellm models cohere"):
        caller.chat(sim.providers, "cohere/none", [USER])
    with pytest.raises(InvalidRequestError, match="temperature"):
        caller.chat(sim.providers, f"cohere/{MODEL}", [USER], temperature=-1)
    bad = {"cohere": {**sim.providers["cohere"], "api_key": "bad-key"}}
    with pytest.raises(AuthenticationError, match="COHERE_API_KEY"):
        caller.chat(bad, f"cohere/{MODEL}", [USER])


@both
def test_faults_in_its_format(sim: Simulator, caller: Caller) -> None:
    sim.inject(faults.rate_limit("0"), times=1)
    assert len(caller.chat(sim.providers, f"cohere/{MODEL}", [USER]).meta.attempts) == 2
    sim.inject(faults.rate_limit("60"), times=1)
    with pytest.raises(RateLimitError):
        caller.chat(sim.providers, f"cohere/{MODEL}", [USER], max_retries=0)


@both
def test_a_cut_and_a_failed_stream(sim: Simulator, caller: Caller) -> None:
    sim.inject(faults.end_after(4), times=1)
    cut = caller.chat_stream(sim.providers, f"cohere/{MODEL}", [USER]).error
    assert isinstance(cut, StreamInterrupted)
    assert cut.partial.choices[0].message.content
    sim.inject(faults.error_event(4), times=1)
    failed = caller.chat_stream(sim.providers, f"cohere/{MODEL}", [USER]).error
    assert failed is not None
    assert "Upstream failed" in str(failed)
