"""The simulated Replicate: judged by the replicate SDK, refusing what the service refuses, and driven by us."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from onellm_providers.replicate.simulator import routes
from replicate.client import Client
from replicate.exceptions import ReplicateError

from onellm import InvalidRequestError, ModelNotFoundError, OneLLM, ServerError, StreamInterrupted
from onellm.errors import AuthenticationError
from onellm.testing import Simulator, faults
from tests.providers.replicate.wire import FLUX, GPT, LLAMA
from tests.support import Caller
from tests.wire import USER, both

WHOLE = f"acme/llama:{'d' * 64}"
SDXL = f"stability-ai/sdxl:{'e' * 64}"


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(services={"replicate": routes}) as running:
        yield running


@pytest.fixture
def sdk(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("REPLICATE_POLL_INTERVAL", "0.01")
    return Client(api_token="k", base_url=sim.base_url("replicate").removesuffix("/v1"))


def quick(sim: Simulator) -> dict[str, Any]:
    return {"replicate": {**sim.providers["replicate"], "poll_interval": 0.01}}


def text_of(output: Any) -> str:
    return "".join(map(str, output))


def test_the_sdk_runs_models_and_streams(sdk: Client) -> None:
    asked: dict[str, Any] = {"prompt": "Hi é", "max_tokens": 30}
    model = sdk.models.get(LLAMA)
    assert model.latest_version is not None
    prediction = sdk.predictions.create(version=model.latest_version, input=asked)
    assert prediction.status == "starting"
    prediction.wait()
    assert (prediction.status, prediction.error) == ("succeeded", None)
    assert "Hi é" in text_of(prediction.output)
    streamed = "".join(str(event) for event in sdk.predictions.get(prediction.id).stream())
    assert streamed == text_of(prediction.output)
    assert sdk.predictions.cancel(prediction.id).status == "canceled"
    assert text_of(sdk.run(LLAMA, input=asked)) == text_of(sdk.run(WHOLE, input=asked)) == streamed
    assert "".join(map(str, sdk.stream(LLAMA, input=asked))) == streamed
    deployment = sdk.deployments.get("me/my-llama")
    assert deployment.current_release is not None
    assert deployment.predictions.create(input=asked).status == "starting"
    assert len(list(sdk.run(FLUX, input={"prompt": "a fox", "num_outputs": 2}))) == 2


def test_the_async_sdk(sdk: Client) -> None:
    async def main() -> None:
        asked: dict[str, Any] = {"prompt": "Hi"}
        whole = text_of(await sdk.async_run(LLAMA, input=asked))
        assert "Hi" in whole
        assert "".join([str(event) async for event in await sdk.async_stream(LLAMA, input=asked)]) == whole

    asyncio.run(main())


def test_the_sdk_is_refused_in_the_service_s_words(sdk: Client) -> None:
    for wrong in ({}, {"prompt": 5}, {"prompt": "Hi", "temperature": 9}):
        with pytest.raises(ReplicateError) as caught:
            sdk.models.predictions.create(LLAMA, input=wrong)
        assert (caught.value.status, caught.value.title) == (422, "Input validation failed")
    with pytest.raises(ReplicateError) as caught:
        sdk.models.get("nobody/nothing")
    assert caught.value.status == 404


@both
@pytest.mark.parametrize("name", [LLAMA, GPT, WHOLE, "deployments/me/my-llama"])
def test_chats(caller: Caller, sim: Simulator, name: str) -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say é."}]
    answer = caller.chat(quick(sim), f"replicate/{name}", messages, max_tokens=40)
    streamed = caller.chat_stream(quick(sim), f"replicate/{name}", messages, max_tokens=40)
    assert streamed.error is None
    assert streamed.text == answer.choices[0].message.content
    assert "Say é" in streamed.text
    assert answer.usage.completion_tokens > 0
    assert (len(streamed.events) > 3) is (name != WHOLE)


@both
def test_a_conversation(caller: Caller, sim: Simulator) -> None:
    talk = [USER, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "And now?"}]
    assert "And now" in caller.chat(quick(sim), f"replicate/{GPT}", talk).choices[0].message.content


@both
def test_refusals(caller: Caller, sim: Simulator) -> None:
    with pytest.raises(ModelNotFoundError, match="owner/name:version"):
        caller.chat(quick(sim), "replicate/acme/llama")
    with pytest.raises(ModelNotFoundError):
        caller.chat(quick(sim), "replicate/nobody/nothing")
    with pytest.raises(InvalidRequestError, match="Invalid type"):
        caller.chat(quick(sim), f"replicate/{LLAMA}", extra_body={"input": {"seed": "x"}})
    bad = {"replicate": {**quick(sim)["replicate"], "api_key": "bad-key"}}
    with pytest.raises(AuthenticationError, match="authentication token"):
        caller.chat(bad, f"replicate/{LLAMA}")


@both
def test_faults_in_the_service_s_own_words(caller: Caller, sim: Simulator) -> None:
    sim.inject(faults.error_event(after=3), path="/streams")
    found = caller.chat_stream(quick(sim), f"replicate/{LLAMA}", max_retries=0)
    assert isinstance(found.error, ServerError)
    assert found.error.type == "prediction_failed"
    sim.inject(faults.missing_done(), path="/streams")
    assert isinstance(caller.chat_stream(quick(sim), f"replicate/{LLAMA}", max_retries=0).error, StreamInterrupted)
    assert sim.requests[-1].path.endswith("/cancel")
    sim.inject(faults.rate_limit(retry_after="0"), path="/predictions")
    assert caller.chat(quick(sim), f"replicate/{LLAMA}").choices[0].finish_reason == "stop"


def test_images(sim: Simulator) -> None:
    with OneLLM(providers=quick(sim)) as client:
        made = client.images.generate(f"replicate/{FLUX}", "a fox", n=2, output_format="jpeg", aspect_ratio="16:9")
        assert len({image.url for image in made.data}) == 2
        image = client.images.generate(f"replicate/{FLUX}", "a fox", response_format="b64_json").image
        assert image.bytes.startswith(b"\x89PNG")
        edited = client.images.edit(f"replicate/{SDXL}", image.bytes, "make it blue", size="512x512")
        assert edited.image.url
