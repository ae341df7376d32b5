"""What models can do: one vocabulary, three answers, and a refusal for a known no only, before any byte is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

import onellm
from onellm import Capability, CapabilityError, ChatRequest, ConfigurationError, ModelInfo, Prices
from onellm.capabilities import WORDS, CapabilityName, Catalogue, require
from onellm.requirements import chat_needs
from tests.both import Either, story
from tests.support import DONE, KEY, Caller, chunk, completion, event, serve, streamed, whole
from tests.surroundings import bare_environment

SECTION_8 = """
chat, stream, tools, parallel_tools, tool_choice_required, json_mode, json_schema, vision, audio_input, video_input,
document_input, audio_output, image_output, reasoning, logprobs, prompt_caching, web_search, completion, responses,
embeddings, image_generation, image_edit, speech, transcription, translation, moderation, rerank, files, batch,
video_generation, realtime, tee, e2ee
"""
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
OPENROUTER_MODELS = {
    "data": [
        {"id": "blind", "architecture": {"input_modalities": ["text"]}, "supported_parameters": ["temperature"],
         "context_length": 8192, "pricing": {"prompt": "0.000001", "completion": "0.000002"}},
        {"id": "seer", "architecture": {"input_modalities": ["text", "image"]}, "supported_parameters": ["tools"]},
        {"id": "plain"},
    ]
}  # fmt: skip


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest) -> Caller:
    return Caller(request.param)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


def test_one_vocabulary() -> None:
    words = [word.strip() for word in SECTION_8.split(",")]
    assert [word.value for word in Capability] == words
    assert list(get_args(CapabilityName)) == words
    assert all(Capability[word.value.upper()] is word for word in Capability)


def test_three_answers() -> None:
    info = ModelInfo("m", "acme", {Capability.TOOLS: True, Capability.VISION: False, Capability.STREAM: None})
    assert info.model == "acme/m"
    assert [info.supports(word) for word in ("tools", "vision", "stream", "e2ee")] == [True, False, None, None]
    assert info.supports(Capability.TOOLS) is True
    with pytest.raises(ConfigurationError, match=r"'visoin' is no capability.*vision"):
        info.supports("visoin")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("capability", Capability)
def test_require_refuses_a_known_no_only(capability: Capability) -> None:
    for answer in ({}, {capability: True}, {capability: None}):
        require(ModelInfo("m", "acme", answer), capability)
    with pytest.raises(CapabilityError) as caught:
        require(ModelInfo("m", "acme", {capability: False}), capability, ["acme/m", "acme/n", "other/o"])
    assert str(caught.value).startswith(f"acme/m {WORDS.get(capability, f'has no {capability.value}')}; these do: ")
    assert caught.value.capability == capability.value
    assert caught.value.alternatives == ("acme/n", "other/o"), "the model itself is no alternative"


def test_at_most_five_alternatives_and_none_without_knowledge() -> None:
    info = ModelInfo("m", "acme", {Capability.VISION: False})
    with pytest.raises(CapabilityError, match=r"^acme/m takes no images\.$"):
        require(info, Capability.VISION)
    with pytest.raises(CapabilityError) as caught:
        require(info, Capability.VISION, [f"acme/{number}" for number in range(9)])
    assert len(caught.value.alternatives) == 5


def test_catalogue() -> None:
    catalogue = Catalogue()
    assert not catalogue
    tools = {Capability.TOOLS: True}
    learned = catalogue.learn(
        "acme", [ModelInfo("b", "x", tools), ModelInfo("a", "x", tools, as_of="2026-01-01")], "now"
    )
    assert [(info.model, info.as_of) for info in learned] == [("acme/b", "now"), ("acme/a", "2026-01-01")]
    catalogue.learn("zebra", [ModelInfo("z", "zebra", tools), ModelInfo("no", "zebra")], "now")
    assert (catalogue.ids("acme"), catalogue.ids("zebra"), catalogue.ids("nobody")) == (["b", "a"], ["z", "no"], [])
    assert catalogue.providers() == ["acme", "zebra"]
    version = catalogue.version
    assert catalogue.find("acme", "b") == learned[0]
    assert catalogue.find("acme", "z") is catalogue.find("nobody", "b") is None
    catalogue.learn("acme", [], "later")
    assert catalogue.find("acme", "b") is None, "what is listed no more is not known any more"
    assert catalogue.version > version
    assert catalogue


TOOL = {"type": "function", "function": {"name": "f"}}
NEEDS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, set()),
    ({"tools": [TOOL]}, {"tools"}),
    ({"functions": [{"name": "f"}]}, {"tools"}),
    ({"tools": [TOOL], "tool_choice": "auto"}, {"tools"}),
    ({"tools": [TOOL], "tool_choice": "required"}, {"tools", "tool_choice_required"}),
    ({"tools": [TOOL], "parallel_tool_calls": True}, {"tools", "parallel_tools"}),
    ({"tools": [TOOL], "parallel_tool_calls": False}, {"tools"}),
    ({"response_format": {"type": "text"}}, set()),
    ({"response_format": {"type": "json_object"}}, {"json_mode"}),
    ({"response_format": {"type": "json_schema", "json_schema": {}}}, {"json_schema"}),
    ({"logprobs": True}, {"logprobs"}),
    ({"logprobs": False}, set()),
    ({"reasoning_effort": "high"}, {"reasoning"}),
    ({"reasoning_effort": "none"}, set()),
    ({"reasoning": {"effort": "low"}}, {"reasoning"}),
    ({"modalities": ["text", "audio"]}, {"audio_output"}),
    ({"modalities": ["image"]}, {"image_output"}),
    ({"web_search_options": {}}, {"web_search"}),
]


@pytest.mark.parametrize(("params", "needs"), NEEDS)
def test_what_a_request_needs(params: dict[str, Any], needs: set[str]) -> None:
    request = ChatRequest(model="m", messages=[{"role": "user", "content": "Hi"}], **params)
    assert {str(need) for need in chat_needs(request, stream=False)} == {"chat", *needs}
    assert {str(need) for need in chat_needs(request, stream=True)} == {"chat", "stream", *needs}


@pytest.mark.parametrize(
    ("kind", "need"),
    [("image_url", "vision"), ("input_audio", "audio_input"), ("video_url", "video_input"), ("file", "document_input")],
)
def test_what_a_part_needs(kind: str, need: str) -> None:
    parts: list[Any] = [{"type": "text", "text": "Hi"}, {"type": kind, kind: {}}, "text", {"no": "type"}]
    request = ChatRequest(model="m", messages=[{"role": "user", "content": parts}, {"role": "user", "content": "Hi"}])
    assert need in {str(word) for word in chat_needs(request, stream=False)}


# -- in a client -------------------------------------------------------------------------------------------------------


def test_a_learned_no_refuses_before_any_byte_is_sent(caller: Caller) -> None:
    async def tell(client: Either) -> None:
        question = [{"role": "user", "content": [PICTURE]}]
        assert client.client.supports("openrouter/blind", "vision") is None
        await client.do(client.client.refresh_models, "openrouter")
        sees = [client.client.supports(f"openrouter/{name}", "vision") for name in ("blind", "seer", "plain", "new")]
        assert sees == [False, True, None, None]
        for stream in (False, True):
            with pytest.raises(CapabilityError, match=r"openrouter/blind takes no images; these do: openrouter/seer"):
                await client.chat(question, model="openrouter/blind", stream=stream)
        with pytest.raises(CapabilityError, match=r"takes no tools; these do: openrouter/seer") as caught:
            await client.chat(model="openrouter/blind", tools=[{"type": "function", "function": {"name": "f"}}])
        assert caught.value.alternatives[0] == "openrouter/seer"
        assert not any(name.startswith("openrouter/") for name in caught.value.alternatives[1:])
        assert len(server.requests) == 1, "the list of models alone"
        for model in ("seer", "plain", "new"):
            await client.chat(question, model=f"openrouter/{model}")
        assert len(server.requests) == 4

    with serve(whole(OPENROUTER_MODELS), whole(completion())) as server:
        story(caller.kind, tell, providers=server.provider())


def test_a_chat_call_never_asks_for_models_by_itself(caller: Caller) -> None:
    async def tell(client: Either) -> None:
        await client.chat([{"role": "user", "content": [PICTURE]}])
        assert client.client.model_info("openai/m").as_of is None
        await client.do((await client.chat(stream=True)).final)

    with serve(whole(completion()), streamed(event(chunk("Hi", "stop")), DONE)) as server:
        story(caller.kind, tell, providers=server.provider())
        assert {request.path for request in server.requests} == {"/v1/chat/completions"}


def test_what_the_provider_knows_of_all_models_refuses_too(caller: Caller) -> None:
    with serve(whole(completion())) as server:
        with pytest.raises(CapabilityError, match=r"groq/m has no logprobs\."):
            caller.chat(server.provider(), "groq/m", logprobs=True)
        with pytest.raises(CapabilityError, match=r"openai/m takes no video; these do: "):
            caller.chat(server.provider(), messages=[{"role": "user", "content": [{"type": "video_url"}]}])
        assert server.requests == []


def test_live_knowledge_refines_the_providers(caller: Caller) -> None:
    listed = {"data": [{"id": "m", "supported_parameters": ["logprobs"]}]}

    async def tell(client: Either) -> None:
        assert client.client.supports("groq/m", "logprobs") is False
        await client.do(client.client.list_models, "groq")
        assert client.client.supports("groq/m", "logprobs") is True
        assert client.client.supports("groq/other", "logprobs") is False

    with serve(whole(listed)) as server:
        story(caller.kind, tell, providers=server.provider())


def test_prices_that_were_learned_give_a_cost(caller: Caller) -> None:
    async def tell(client: Either) -> None:
        assert (await client.chat(model="openrouter/blind")).usage.cost is None
        await client.do(client.client.list_models, "openrouter")
        assert client.client.model_info("openrouter/blind").prices == Prices(1.0, 2.0)
        answer = await client.chat(model="openrouter/blind")
        assert answer.usage.cost == answer.meta.cost == pytest.approx((3 * 1.0 + 2 * 2.0) / 1e6)

    with serve(whole(completion()), whole(OPENROUTER_MODELS), whole(completion())) as server:
        story(caller.kind, tell, providers=server.provider())


def test_get_model_capabilities() -> None:
    known = onellm.get_provider("groq", api_key=KEY).get_model_capabilities("m")
    assert set(known) == {word.value for word in Capability}
    assert (known["chat"], known["logprobs"], known["vision"]) == (None, False, None)
