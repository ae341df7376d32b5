"""The simulated Ollama: judged by its own client, refusing what the server refuses, driven by our clients."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import ollama
import pytest
from onellm_providers.ollama import AsyncOllama, Ollama

from onellm import (
    APITimeoutError,
    CapabilityError,
    CompletionRequest,
    EmbeddingRequest,
    InvalidRequestError,
    ModelNotFoundError,
    NotFoundError,
    OneLLM,
    ServerError,
    StreamInterrupted,
    get_provider,
)
from onellm.testing import Simulator, faults
from tests.support import Caller, Wait, serve, streamed
from tests.wire import USER, both, result, tool

THINKS, PLAIN, SEES = "qwen3:8b", "llama3.2", "gemma3:4b"
WEATHER = tool(
    "weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
)
ASKED: list[Any] = [{"role": "user", "content": "What weather is it? é"}]
PNG = "iVBORw0KGgo="
LOOK: Any = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def theirs(sim: Simulator) -> ollama.Client:
    return ollama.Client(sim.base_url("ollama").removesuffix("/api"))


@pytest.mark.parametrize("asked", [{"tools": [WEATHER]}, {}, {"think": False}, {"format": "json"}])
def test_the_client_reads_the_same_whole_and_streamed(theirs: ollama.Client, asked: dict[str, Any]) -> None:
    whole = theirs.chat(THINKS, ASKED, **asked)
    parts = list(theirs.chat(THINKS, ASKED, stream=True, **asked))
    assert "".join(part.message.content or "" for part in parts) == whole.message.content
    assert ("".join(part.message.thinking or "" for part in parts) or None) == whole.message.thinking
    calls = [call for part in parts for call in part.message.tool_calls or ()]
    assert calls == list(whole.message.tool_calls or ())
    assert bool(calls) == ("tools" in asked)
    assert parts[-1].done_reason == whole.done_reason == "stop"
    ends: list[Any] = [each.model_dump(exclude={"message"}) for each in (whole, parts[-1])]
    assert ends[0] == ends[1]
    lacking = {name for name, value in ends[0].items() if value is None}
    assert lacking == {"logprobs"}


def test_the_client_reads_log_probabilities(theirs: ollama.Client, sim: Simulator) -> None:
    asked: dict[str, Any] = {"logprobs": True, "top_logprobs": 2}
    whole = theirs.chat(PLAIN, ASKED, **asked)
    assert "".join(each.token for each in whole.logprobs or ()) == whole.message.content
    assert {len(each.top_logprobs or ()) for each in whole.logprobs or ()} == {2}
    parts = list(theirs.chat(PLAIN, ASKED, stream=True, **asked))
    assert [each for part in parts for each in part.logprobs or ()] == whole.logprobs
    made = theirs.generate(PLAIN, "Once", **asked)
    again = list(theirs.generate(PLAIN, "Once", stream=True, **asked))
    assert [each for part in again for each in part.logprobs or ()] == list(made.logprobs or ["none came"])
    with OneLLM(providers=sim.providers) as client:
        ours = client.chat.completions.create(f"ollama/{PLAIN}", ASKED, **asked).choices[0].logprobs
    assert ours is not None
    assert [(each.token, each.logprob) for each in ours.content or ()] == [
        (each.token, each.logprob) for each in whole.logprobs or ()
    ]


async def test_the_async_client(sim: Simulator) -> None:
    client = ollama.AsyncClient(sim.base_url("ollama").removesuffix("/api"))
    whole = await client.chat(PLAIN, ASKED)
    text = ""
    async for part in await client.chat(PLAIN, ASKED, stream=True):
        text += part.message.content or ""
    assert text == whole.message.content


def test_the_client_s_other_operations(theirs: ollama.Client) -> None:
    whole = theirs.generate(PLAIN, "Once")
    assert "".join(part.response or "" for part in theirs.generate(PLAIN, "Once", stream=True)) == whole.response
    vectors = theirs.embed("nomic-embed-text", ["a", "b"], dimensions=4).embeddings
    assert [len(vector) for vector in vectors] == [4, 4]
    assert len(theirs.embeddings("nomic-embed-text", "a").embedding) == 8
    assert len(theirs.list().models) == 4
    assert theirs.ps().models[0].context_length == 4096
    assert theirs.show(THINKS).capabilities == ["completion", "tools", "thinking"]
    assert [part.status for part in theirs.pull("tinyllama", stream=True)][-1] == "success"
    assert theirs.copy(PLAIN, "mine").status == theirs.delete(PLAIN).status == "success"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"model": "none", "messages": ASKED}, 404),
        ({"model": SEES, "messages": ASKED, "tools": [WEATHER]}, 400),
        ({"model": PLAIN, "messages": ASKED, "think": True}, 400),
        ({"model": PLAIN, "messages": [{**ASKED[0], "images": [PNG]}]}, 400),
    ],
)
def test_what_the_server_refuses(theirs: ollama.Client, asked: dict[str, Any], status: int) -> None:
    with pytest.raises(ollama.ResponseError) as caught:
        theirs.chat(**asked)
    assert caught.value.status_code == status


@both
def test_we_chat_with_tools_thoughts_and_images(sim: Simulator, caller: Caller) -> None:
    for model, asked in ((THINKS, {"tools": [WEATHER]}), (THINKS, {}), (PLAIN, {"seed": 1})):
        whole = caller.chat(sim.providers, f"ollama/{model}", ASKED, **asked)
        streamed = caller.chat_stream(sim.providers, f"ollama/{model}", ASKED, **asked)
        assert streamed.final.model_dump() == whole.model_dump()
    first = caller.chat(sim.providers, f"ollama/{THINKS}", ASKED, tools=[WEATHER]).choices[0].message
    answered = [*ASKED, first, result(first.tool_calls[0].id, "rain")]
    assert (
        "rain" in caller.chat(sim.providers, f"ollama/{THINKS}", answered, tools=[WEATHER]).choices[0].message.content
    )
    sent = sim.requests[-1].json()["messages"]
    assert (sent[1]["thinking"], sent[2]["tool_name"]) == (first.reasoning_content, "weather")
    assert caller.chat(sim.providers, f"ollama/{SEES}", [{"role": "user", "content": [LOOK, "Look"]}]).choices


@both
def test_we_generate_embed_and_list(sim: Simulator, caller: Caller) -> None:
    made = get_provider("ollama", **sim.providers["ollama"])
    request = CompletionRequest(model=THINKS, prompt="Once")
    whole = caller.run(lambda: made.complete(request))
    assert caller.stream(lambda: made.complete_stream(request)).final.model_dump() == whole.model_dump()
    vectors = caller.run(lambda: made.embed(EmbeddingRequest(model="nomic-embed-text", input=["a", "b", "a"]))).vectors
    assert vectors[0] == vectors[2] != vectors[1]
    found = {info.id: info for info in caller.run(made.models)}
    assert len(found) == 4
    assert found[THINKS].supports("reasoning") is found[THINKS].supports("tools") is True
    assert found[SEES].supports("vision") is found["nomic-embed-text:latest"].supports("embeddings") is True
    assert [found[name].supports("json_schema") for name in (SEES, "nomic-embed-text:latest")] == [None, False]
    assert found[THINKS].supports("vision") is found["nomic-embed-text:latest"].supports("chat") is False
    assert found[THINKS].context_window == 40_960


def test_a_name_without_a_tag_is_the_latest(sim: Simulator) -> None:
    with OneLLM(providers=sim.providers) as client:
        assert client.supports("ollama/llama3.2", "tools") is None
        client.models.list("ollama")
        assert client.supports("ollama/llama3.2", "tools") is client.supports("ollama/llama3.2:latest", "tools") is True
        assert client.supports("ollama/llama3.2", "vision") is False
        assert client.supports("ollama/llama3.2:1b", "vision") is None
        with pytest.raises(CapabilityError, match="no images"):
            client.chat.completions.create("ollama/llama3.2", [{"role": "user", "content": [LOOK]}])


@both
def test_a_model_that_is_gone_when_it_is_asked_about(sim: Simulator, caller: Caller) -> None:
    sim.inject(faults.status(404, "model not found"), path="/show", times=1)
    made = get_provider("ollama", **sim.providers["ollama"])
    found = caller.run(made.models)
    assert [info.context_window is None for info in found].count(True) == 1


@both
def test_faults_in_its_format(sim: Simulator, caller: Caller) -> None:
    sim.inject(faults.overloaded(), times=1)
    assert len(caller.chat(sim.providers, f"ollama/{PLAIN}", [USER]).meta.attempts) == 2
    sim.inject(faults.end_after(4), times=1)
    cut = caller.chat_stream(sim.providers, f"ollama/{PLAIN}", [USER]).error
    assert isinstance(cut, StreamInterrupted)
    assert cut.partial.choices[0].message.content
    sim.inject(faults.error_event(4), times=1)
    failed = caller.chat_stream(sim.providers, f"ollama/{PLAIN}", [USER]).error
    assert isinstance(failed, ServerError)
    assert "Upstream failed" in str(failed)
    with pytest.raises(ModelNotFoundError, match="`ollama pull none`"):
        caller.chat(sim.providers, "ollama/none", [USER])
    with pytest.raises(InvalidRequestError, match="does not support tools"):
        caller.chat(sim.providers, f"ollama/{SEES}", [USER], tools=[WEATHER])


# -- our clients of a server's models ----------------------------------------------------------------------------------


def test_the_models_of_a_server(sim: Simulator) -> None:
    with Ollama(base_url=sim.base_url("ollama")) as client:
        assert next(each.model for each in client.models.list()) == "llama3.2:latest"
        assert client.models.running()[0].context_length == 4096
        shown = client.models.show(THINKS)
        assert (shown.capabilities, shown.context_length) == (["completion", "tools", "thinking"], 40_960)
        with client.models.pull("tinyllama") as pull:
            statuses = [(each.status, each.completed) for each in pull]
            assert pull.final().status == "success"
        assert statuses[0] == ("pulling manifest", None)
        assert 512 in [completed for _, completed in statuses]
        client.models.load(PLAIN, keep_alive="10m")
        client.models.unload(PLAIN)
        assert [each.json().get("keep_alive") for each in sim.requests[-2:]] == ["10m", 0]
        client.models.copy(PLAIN, "mine")
        client.models.delete(PLAIN)
        assert (sim.requests[-1].method, sim.requests[-1].json()) == ("DELETE", {"model": PLAIN})
        assert client.server.version().version == "0.13.3"
        for ask in (client.models.show, client.models.delete):
            with pytest.raises(ModelNotFoundError, match="ollama pull"):
                ask("none")


def test_a_pull_that_fails(sim: Simulator) -> None:
    with Ollama(base_url=sim.base_url("ollama")) as client:
        with pytest.raises(NotFoundError, match="file does not exist"):
            list(client.models.pull("no/such"))
        sim.inject(faults.end_after(3), times=1)
        with pytest.raises(StreamInterrupted, match="before the model was there") as caught:
            list(client.models.pull("tinyllama"))
        assert caught.value.partial.completed == 512


def test_a_pull_has_its_own_limits_on_time() -> None:
    """A model takes longer to fetch than an answer to write: here longer than the client's deadline."""
    said: list[bytes | Wait] = [
        b'{"status": "pulling manifest"}\n',
        Wait(0.4),
        b'{"status": "verifying sha256 digest"}\n',
        Wait(0.4),
    ]
    answer = streamed(*said, b'{"status": "success"}\n', headers={"content-type": "application/x-ndjson"})
    with (
        serve(answer) as server,
        Ollama(base_url=server.url.removesuffix("/v1"), deadline=0.6, timeout=0.2) as client,
    ):
        assert [each.status for each in client.models.pull("m")][-1] == "success"
        for limits in (cast("Any", {"deadline": 0.6}), cast("Any", {"stall": 0.2})):
            with pytest.raises(APITimeoutError) as caught:
                list(client.models.pull("m", **limits))
            assert caught.value.phase == next(iter(limits))


def test_the_same_with_await(sim: Simulator) -> None:
    async def main() -> list[str]:
        async with AsyncOllama(base_url=sim.base_url("ollama")) as client:
            assert (await client.models.show(THINKS)).context_length == 40_960
            return [each.status async for each in await client.models.pull("tinyllama")]

    assert asyncio.run(main())[-1] == "success"
