"""The simulated Azure: judged by OpenAI's own Azure client, driven by us, with the faults of a real service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from onellm_providers.azure.simulator import TRIP, routes

import onellm
from onellm import ContentPolicyError, ModelNotFoundError, StreamInterrupted
from onellm.testing import Simulator, faults
from tests.both import Either, story
from tests.providers.recordings import Exchange
from tests.responses.recorded import responses
from tests.support import Caller, serve, whole
from tests.wire import USER, both

DATED = "2024-10-21"
MODEL = "gpt-5.4-mini"


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(services={"azure": routes}) as running:
        yield running


@pytest.fixture
def sdk(sim: Simulator) -> Iterator[openai.AzureOpenAI]:
    with openai.AzureOpenAI(azure_endpoint=f"{sim.url}/azure", api_key="k", api_version=DATED, max_retries=0) as client:
        yield client


def settings(sim: Simulator, **more: Any) -> dict[str, dict[str, Any]]:
    return {"azure": {**sim.providers["azure"], **more}}


families = pytest.mark.parametrize("more", [{}, {"api_version": DATED}], ids=["v1", "classic"])


def test_the_sdk_works_against_the_classic_routes(sdk: openai.AzureOpenAI, sim: Simulator) -> None:
    messages: Any = [USER]
    answer = sdk.chat.completions.create(model=MODEL, messages=messages)
    assert answer.choices[0].message.content
    extra: Any = answer.choices[0].model_extra
    assert extra["content_filter_results"]["hate"]["severity"] == "safe"
    chunks = list(sdk.chat.completions.create(model=MODEL, messages=messages, stream=True))
    assert not chunks[0].choices
    assert (
        "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices) == answer.choices[0].message.content
    )
    assert sdk.embeddings.create(model="text-embedding-3-small", input="x").data[0].embedding
    assert [model.id for model in sdk.models.list()]
    assert sdk.responses.create(model=MODEL, input="x").output_text
    assert sdk.audio.transcriptions.create(model="whisper-1", file=("a.mp3", b"ID3", "audio/mpeg")).text
    with pytest.raises(openai.BadRequestError) as caught:
        sdk.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": TRIP}])
    assert caught.value.code == "content_filter"
    with pytest.raises(openai.NotFoundError):
        sdk.chat.completions.create(model="nothing", messages=messages)
    assert all(request.query["api-version"] == DATED for request in sim.requests)


@pytest.mark.parametrize("key", ["k", lambda: "an-entra-token"], ids=["key", "token"])
def test_the_plain_sdk_works_against_the_v1_routes(sim: Simulator, key: Any) -> None:
    """As Microsoft's pages have it: no Azure client, and a provider of tokens in the place of the key."""
    messages: Any = [USER]
    with openai.OpenAI(base_url=f"{sim.url}/azure/openai/v1/", api_key=key, max_retries=0) as sdk:
        answer = sdk.chat.completions.create(model=MODEL, messages=messages)
        extra: Any = answer.model_extra
        assert extra["prompt_filter_results"][0]["content_filter_results"]["jailbreak"]["detected"] is False
        with sdk.responses.stream(model=MODEL, input="x") as stream:
            assert stream.get_final_response().output_text
        body = {"model": MODEL, "messages": messages}
        row = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}
        file = sdk.files.create(file=("b.jsonl", json.dumps(row).encode()), purpose="batch")
        started: Any = "/chat/completions"
        batch = sdk.batches.create(input_file_id=file.id, endpoint=started, completion_window="24h")
        batch = sdk.batches.retrieve(batch.id)
        assert batch.output_file_id
        (line,) = sdk.files.content(batch.output_file_id).text.splitlines()
        assert json.loads(line)["response"]["body"]["choices"]


@both
@families
def test_we_send_what_the_sdk_sends(caller: Caller, sim: Simulator, sdk: openai.AzureOpenAI, more: Any) -> None:
    sdk.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hi"}], max_completion_tokens=9)
    caller.chat(settings(sim, **more), f"azure/{MODEL}", max_tokens=9)
    theirs, ours = sim.requests
    assert (ours.headers["api-key"], "authorization" in ours.headers) == ("sim-key", False)
    said = {name: value for name, value in theirs.json().items() if name != "model"}
    if more:
        assert (ours.path, ours.query, ours.json()) == (theirs.path, theirs.query, said)
    else:
        assert (ours.path, ours.query, ours.json()) == (
            "/azure/openai/v1/chat/completions", {}, {**said, "model": MODEL}
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["sync", "async"])
@families
def test_all_that_azure_offers(kind: str, sim: Simulator, more: Any) -> None:
    async def tell(either: Either) -> None:
        client, do = either.client, either.do
        answer = await either.chat(model=f"azure/{MODEL}")
        assert answer.choices[0].message.content
        assert answer.meta.cost is not None
        assert (await do(client.responses.create, f"azure/{MODEL}", "x")).output_text
        assert (await do(client.completions.create, "azure/gpt-3.5-turbo-instruct", "x")).choices[0].text
        assert (await do(client.embeddings.create, "azure/text-embedding-3-small", "x")).data[0].embedding
        assert (await do(client.images.generate, "azure/gpt-image-2", "x")).image.bytes
        speech = await do(client.audio.speech.create, "azure/gpt-4o-mini-tts", "x", voice="alloy")
        assert speech.content
        heard = await do(client.audio.transcriptions.create, "azure/whisper-1", ("a.mp3", b"ID3"))
        assert heard.text
        text = await do(client.audio.transcriptions.create, "azure/whisper-1", ("a.mp3", b"ID3"), response_format="srt")
        assert "-->" in text.text, "IMG-04"
        assert await do(client.models.list, "azure")
        edited = await do(client.images.edit, "azure/gpt-image-2", ("a.png", b"\x89PNG"), "x")
        assert edited.image.bytes
        assert (await do(client.audio.translations.create, "azure/whisper-1", ("a.mp3", b"ID3"))).text
        rows = [{"custom_id": "a", "body": {"model": f"azure/{MODEL}", "messages": [USER]}}]
        batch = await do(client.batches.create, rows)
        await do(client.batches.wait, batch.id, every=0.01)
        (result,) = await do(client.batches.results, batch.id)
        assert result.response.choices[0].message.content == answer.choices[0].message.content
        rows = [{"custom_id": "a", "body": {"model": f"azure/{MODEL}", "input": "x"}}]
        batch = await do(client.batches.create, rows, endpoint="/v1/responses")
        (result,) = await do(client.batches.results, batch.id)
        assert result.response.output_text
        file = await do(client.files.create, ("a.jsonl", b"{}"), purpose="batch", provider="azure")
        assert (await do(client.files.content, file.id)).content == b"{}"
        assert (await do(client.files.retrieve, file.id)).filename == "a.jsonl"
        assert (await do(client.files.delete, file.id)).deleted

    story(kind, tell, providers=settings(sim, **more))
    assert sim.errors == []


@both
@families
def test_faults(caller: Caller, sim: Simulator, more: Any) -> None:
    given = settings(sim, **more)
    sim.inject(faults.rate_limit(retry_after="0"))
    assert len(caller.chat(given, f"azure/{MODEL}").meta.attempts) == 2
    sim.inject(faults.close_after(3))
    assert isinstance(caller.chat_stream(given, f"azure/{MODEL}").error, StreamInterrupted)
    with pytest.raises(ContentPolicyError):
        caller.chat(given, f"azure/{MODEL}", [{"role": "user", "content": f"please {TRIP}"}])
    with pytest.raises(ModelNotFoundError, match="deployment"):
        caller.chat(given, "azure/nothing")
    with pytest.raises(onellm.AuthenticationError):
        caller.chat({"azure": {**given["azure"], "api_key": "bad-key-0123456789"}}, f"azure/{MODEL}")


# -- recordings --------------------------------------------------------------------------------------------------------


def recorded(shared: Path) -> list[Exchange]:
    found = [each for each in responses(shared / "recordings" / "azure") if each.request is not None]
    assert found
    return found


@both
def test_recorded_responses_are_read_as_the_sdk_reads_them(caller: Caller, shared: Path) -> None:
    """RESP-03: reasoning items keep their encrypted content; the filter's verdicts are kept."""
    for exchange in recorded(shared):
        with serve(whole(exchange.body, exchange.status)) as server:
            asked = {"input": exchange.request["input"], "include": exchange.request.get("include")}
            reasoning = exchange.request.get("reasoning")

            async def tell(
                either: Either, asked: Any = asked, exchange: Any = exchange, reasoning: Any = reasoning
            ) -> Any:
                return await either.do(
                    either.client.responses.create, f"azure/{exchange.request['model']}", reasoning=reasoning, **asked
                )

            ours = story(caller.kind, tell, providers={"azure": {"base_url": server.url, "api_key": "k" * 20}})
            with openai.OpenAI(api_key="k", base_url=server.url, max_retries=0) as judge:
                theirs = judge.responses.create(model="m", input="x")
            body = {name: value for name, value in exchange.request.items() if name != "stream"}
            assert server.requests[0].json == body
        assert ours.output_text == theirs.output_text
        assert ours.usage.total_tokens == theirs.usage.total_tokens if theirs.usage else ours.usage is None
        assert [item.type for item in ours.output] == [item.type for item in theirs.output]
        raw = json.loads(exchange.body)
        assert ours.model_extra["content_filters"] == raw["content_filters"]
        secrets = [item.get("encrypted_content") for item in raw["output"]]
        assert [item.model_dump().get("encrypted_content") for item in ours.output] == secrets
