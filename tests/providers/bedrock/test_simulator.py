"""The simulated Bedrock: its answers read by botocore, refusing what the service refuses, and driven by us."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import botocore.config
import botocore.session
import pytest
from botocore.exceptions import ClientError
from onellm_providers.bedrock.simulator import routes

from onellm import (
    AsyncOneLLM,
    AuthenticationError,
    InvalidRequestError,
    ModelNotFoundError,
    OneLLM,
    RateLimitError,
    ServerError,
    StreamInterrupted,
)
from onellm.sigv4 import Credentials
from onellm.testing import Simulator, faults
from tests.support import Caller
from tests.wire import USER, both, result, tool

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
WEATHER = tool(
    "weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(services={"bedrock": routes}) as running:
        yield running


@pytest.fixture
def sdk(sim: Simulator) -> Any:
    return botocore.session.Session().create_client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=sim.base_url("bedrock"),
        aws_access_key_id="AKID",
        aws_secret_access_key="secret",
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


def settings(sim: Simulator, **more: Any) -> dict[str, dict[str, Any]]:
    return {"bedrock": {"base_url": sim.base_url("bedrock"), "api_key": "k", "region": "us-east-1", **more}}


def test_botocore_reads_the_same_whole_and_streamed(sdk: Any) -> None:
    spec = {"name": "weather", "inputSchema": {"json": WEATHER["function"]["parameters"]}}
    asked: Any = {
        "modelId": CLAUDE,
        "messages": [{"role": "user", "content": [{"text": "What weather is it? é"}]}],
        "toolConfig": {"tools": [{"toolSpec": spec}]},
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    }
    whole = sdk.converse(**asked)
    blocks = whole["output"]["message"]["content"]
    assert [next(iter(block)) for block in blocks] == ["reasoningContent", "toolUse"]
    events = list(sdk.converse_stream(**asked)["stream"])
    text = "".join(
        event["contentBlockDelta"]["delta"].get("reasoningContent", {}).get("text", "")
        for event in events
        if "contentBlockDelta" in event
    )
    assert text == blocks[0]["reasoningContent"]["reasoningText"]["text"]
    assert events[-1]["metadata"]["usage"] == whole["usage"]


def test_botocore_is_refused_in_aws_s_words(sdk: Any) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*model identifier"):
        sdk.converse(modelId="nobody", messages=[{"role": "user", "content": [{"text": "a"}]}])
    with pytest.raises(ClientError, match="alternate"):
        sdk.converse(modelId=CLAUDE, messages=[{"role": "user", "content": [{"text": "a"}]}] * 2)
    with pytest.raises(ClientError, match="blank"):
        sdk.converse(modelId=CLAUDE, messages=[{"role": "user", "content": [{"text": " "}]}])


@both
def test_a_tool_loop_with_reasoning_goes_round(caller: Caller, sim: Simulator) -> None:
    asked: Any = {"tools": [WEATHER], "reasoning_effort": "low", "max_tokens": 4000}
    user = {"role": "user", "content": "What weather is it?"}
    first = caller.chat(settings(sim), f"bedrock/{CLAUDE}", messages=[user], **asked).choices[0].message
    (call,) = first.tool_calls or []
    spoken = [user, first.model_dump(), result(call.id, "Rain")]
    second = caller.chat(settings(sim), f"bedrock/{CLAUDE}", messages=spoken, **asked)
    assert "Rain" in (second.choices[0].message.content or "")
    streamed = caller.chat_stream(settings(sim), f"bedrock/{CLAUDE}", messages=spoken, **asked)
    assert streamed.final.choices[0].message.content == second.choices[0].message.content
    assert streamed.final.usage.total_tokens == second.usage.total_tokens


@both
def test_faults_become_typed_errors(caller: Caller, sim: Simulator) -> None:
    sim.inject(faults.rate_limit(retry_after="0"))
    with pytest.raises(RateLimitError) as refused:
        caller.chat(settings(sim), f"bedrock/{CLAUDE}", max_retries=0)
    assert refused.value.code == "ThrottlingException"
    for fault, kind in ((faults.end_after(3), StreamInterrupted), (faults.error_event(3), ServerError)):
        sim.inject(fault)
        error = caller.chat_stream(settings(sim), f"bedrock/{CLAUDE}", max_retries=0).error
        assert isinstance(error, kind)
        assert error.partial.choices[0].message.content


def test_keys_and_signatures(sim: Simulator) -> None:
    caller = Caller("sync")
    with pytest.raises(AuthenticationError, match="BEDROCK_API_KEY"):
        caller.chat(settings(sim, api_key="bad-key"), f"bedrock/{CLAUDE}", max_retries=0)
    signed = settings(sim, credentials=Credentials("AKID", "secret"))
    assert caller.chat(signed, f"bedrock/{CLAUDE}").choices[0].message.content


def test_embeddings_counts_and_lists(sim: Simulator) -> None:
    with OneLLM(providers=settings(sim)) as client:
        found = client.embeddings.create(model="bedrock/amazon.titan-embed-text-v2:0", input=["a", "b"], dimensions=8)
        assert [len(vector) for vector in found.vectors] == [8, 8]
        assert found.vectors[0] != found.vectors[1]
        models = {info.id for info in client.list_models("bedrock")}
    assert {CLAUDE, CLAUDE.removeprefix("us."), "cohere.embed-v4:0"} <= models
    with pytest.raises(ModelNotFoundError, match="onellm models bedrock"):
        Caller("sync").chat(settings(sim), "bedrock/nobody", messages=[USER])
    with pytest.raises(InvalidRequestError, match="profile of your region"):
        Caller("sync").chat(settings(sim), f"bedrock/{CLAUDE.removeprefix('us.')}", messages=[USER])

    async def several() -> int:
        async with AsyncOneLLM(providers=settings(sim)) as client:
            given = await client.embeddings.create(
                model="bedrock/cohere.embed-v4:0", input=["x"] * 100, input_type="document"
            )
            return len(given.vectors)

    assert asyncio.run(several()) == 100


@both
def test_an_answer_has_the_id_of_its_request(caller: Caller, sim: Simulator) -> None:
    """STC-12: the service names no other; two answers have two, and a stream has one."""
    streams = [caller.chat_stream(settings(sim), f"bedrock/{CLAUDE}") for _ in range(2)]
    ids = [{chunk.id for chunk in (*stream.events, stream.final)} for stream in streams]
    assert ids == [{stream.meta.request_id} for stream in streams]
    answer = caller.chat(settings(sim), f"bedrock/{CLAUDE}")
    assert answer.id == answer.meta.request_id
    assert len({answer.id, *ids[0], *ids[1]}) == 3


@both
def test_a_stream_of_an_own_type_has_the_id_of_its_request_too(caller: Caller, sim: Simulator) -> None:
    """STC-12: with its events changed on the way."""
    stream = caller.chat_stream(settings(sim), f"bedrock/{CLAUDE}", response_format=dict[str, int], structured="tool")
    assert {chunk.id for chunk in stream.events} == {stream.meta.request_id} != {""}
