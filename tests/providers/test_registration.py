"""Providers that a user brings: a Spec in one line, a class, and the flags under their customary names."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest

import onellm
from onellm import (
    Call,
    Capability,
    CapabilityError,
    ChatCompletionResponse,
    ChatRequest,
    ConfigurationError,
    ModelInfo,
    OpenAICompatible,
    Provider,
    Reply,
    Spec,
    UnsupportedParameterError,
    get_provider,
    list_providers,
    register_provider,
)
from onellm.body import JSON
from onellm.config import Host
from tests.support import DONE, KEY, chunk, completion, event, serve, streamed, whole
from tests.wire import USER, both


@pytest.fixture(autouse=True)
def _unregister(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onellm.registry._registered", {})


@both
def test_a_host_works_in_one_line(caller: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(whole(completion()), streamed(event(chunk("Hi", "stop")), DONE)) as server:
        register_provider(Spec("acme", server.url, key="ACME_TOKEN"))
        monkeypatch.setenv("ACME_TOKEN", KEY)
        first = caller.chat(None, "acme/org/m", [{"role": "developer", "content": "x"}, USER], top_k=3)
        second = caller.chat_stream(None, "acme/org/m")
    assert "acme" in list_providers()
    assert (first.choices[0].message.content, first.meta.provider, second.text) == ("Hello", "acme", "Hi")
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.requests[0].json == {
        "model": "org/m",
        "messages": [{"role": "system", "content": "x"}, USER],
        "top_k": 3,
    }


def test_everything_of_a_spec_is_heeded() -> None:
    register_provider(Spec(
        "acme", "https://acme.example/v2", headers={"X-Version": "2"}, parameters=frozenset({"depth"}),
        refuse=frozenset({"seed"}), rename={"max_completion_tokens": "max_new_tokens"}, roles={"developer": "user"},
        stream_usage=False, parts=frozenset({"text"}), message_name=False, efforts={"max": "ultra"},
        features={Capability.VISION: False},
    ))  # fmt: skip
    made = get_provider("acme", api_key=KEY)
    given: dict[str, Any] = {"max_completion_tokens": 5, "depth": 2, "reasoning_effort": "max"}
    request = ChatRequest(model="m", messages=[{"role": "developer", "content": "x"}], **given)
    call = made.chat(request)
    assert isinstance(call, Call)
    assert (call.url, call.headers) == ("https://acme.example/v2/chat/completions", {"X-Version": "2"})
    assert call.json == {
        "model": "m", "messages": [{"role": "user", "content": "x"}], "max_new_tokens": 5, "depth": 2,
        "reasoning_effort": "ultra",
    }  # fmt: skip
    streaming: Any = made.chat_stream(request)
    assert (streaming.json["stream"], "stream_options" in streaming.json) == (True, False)
    with pytest.raises(UnsupportedParameterError):
        made.chat(ChatRequest(model="m", messages=[USER], seed=1))
    assert made.vision_support is False


def test_a_later_registration_replaces_an_earlier_and_an_installed_one() -> None:
    register_provider(Spec("openai", "https://mine.example/v1"))
    made = get_provider("openai", api_key=KEY)
    assert made.settings.base_url == "https://mine.example/v1"
    assert list_providers().count("openai") == 1


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a@b", "venice.ai"])
def test_a_name_that_a_model_string_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError):
        register_provider(Spec(name, "https://h.example/v1"))


class Shouter(Provider):
    """A service of its own format: chat, and nothing else."""

    host: ClassVar[Host] = Host("shouter", "https://shouter.example", (), True, ("volume",))
    features: ClassVar[dict[Capability, bool]] = {Capability.TOOLS: False}  # type: ignore[misc]

    def chat(self, request: ChatRequest) -> Call[ChatCompletionResponse]:
        return Call(
            method="POST",
            url=f"{self.settings.base_url}/shout",
            body=JSON({"text": request.messages[-1]["content"], "volume": self.settings.extra.get("volume", 1)}),
            auth=self.auth(),
            origin=(self.name, request.model),
            parse=self._parse,
            error=self.error,
        )

    def _parse(self, reply: Reply) -> ChatCompletionResponse:
        message = {"role": "assistant", "content": json.loads(reply.body)["loud"]}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return ChatCompletionResponse.model_validate({"choices": [choice]})


@both
def test_a_class_of_one_s_own_is_a_provider(caller: Any) -> None:
    register_provider(Shouter)
    with serve(whole({"loud": "HI"})) as server:
        providers = {"shouter": {"base_url": server.url, "api_key": KEY, "volume": 11}}
        answer = caller.chat(providers, "shouter/m")
        with pytest.raises(CapabilityError, match="stream"):
            caller.chat_stream(providers, "shouter/m")
        with pytest.raises(CapabilityError, match="tools"):
            caller.chat(providers, "shouter/m", tools=[{"type": "function", "function": {"name": "f"}}])
    assert answer.choices[0].message.content == "HI"
    assert [(request.path, request.json) for request in server.requests] == [
        ("/v1/shout", {"text": "Hi", "volume": 11})
    ]
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_operations_are_derived_from_what_a_class_overrides() -> None:
    register_provider(Shouter)
    made = get_provider("shouter", api_key=KEY)
    assert made.operations() == {Capability.CHAT}
    info = made.info("m")
    assert (info.supports("stream"), info.supports("tools"), info.supports("vision")) == (False, False, None)
    assert (info.supports("chat"), made.info("").supports("chat")) == (
        None,
        True,
    )  # which of its models chats is not known
    with pytest.raises(CapabilityError):
        get_provider("shouter", api_key=KEY).models()


@both
def test_a_subclass_overrides_one_method(caller: Any) -> None:
    @register_provider
    class Polite(OpenAICompatible):
        spec = Spec("polite", "https://polite.example/v1")
        host = spec.host

        def encode_chat(self, request: ChatRequest, *, stream: bool) -> tuple[dict[str, Any], tuple[str, ...]]:
            body, dropped = super().encode_chat(request, stream=stream)
            return {**body, "please": True}, dropped

    with serve(whole(completion())) as server:
        caller.chat({"polite": {"base_url": server.url, "api_key": KEY}}, "polite/m")
    assert Polite.__name__ == "Polite"
    assert server.requests[0].json == {"model": "m", "messages": [USER], "please": True}


FLAGS = {
    "json_mode_support": "json_mode", "vision_support": "vision", "audio_input_support": "audio_input",
    "video_input_support": "video_input", "streaming_support": "stream", "realtime_support": "realtime",
    "function_calling_support": "tools",
}  # fmt: skip


@pytest.mark.parametrize("name", ["openai", "venice", "openrouter", "groq", "llama_server", "vllm"])
def test_the_customary_flags_are_derived_from_the_real_ones(name: str) -> None:
    made = get_provider(name, api_key=KEY)
    can = made.get_model_capabilities("")  # the provider's own
    assert set(can) == set(made.get_model_capabilities("m")) == {word.value for word in Capability}
    assert {flag: getattr(made, flag) for flag in FLAGS} == {flag: can[word] for flag, word in FLAGS.items()}
    assert (made.streaming_support, can["chat"]) == (True, True)
    assert set(can.values()) <= {True, False, None}


def test_a_flag_follows_the_spec() -> None:
    can = {Capability.VISION: True, Capability.JSON_MODE: False, Capability.REALTIME: False, Capability.TOOLS: True}
    register_provider(Spec("acme", "https://acme.example/v1", features=can))
    made = get_provider("acme", api_key=KEY)
    assert (made.vision_support, made.json_mode_support, made.audio_input_support) == (True, False, None)
    assert (made.realtime_support, made.function_calling_support) == (False, True)
    assert get_provider("openai", api_key=KEY).video_input_support is False


def test_supports_answers_yes_no_and_not_known() -> None:
    with onellm.OneLLM(providers={"openai": {"api_key": KEY}}) as client:
        assert client.supports("openai/m", "chat") is None
        client.provider("openai").catalogue.learn(
            "openai", [ModelInfo("m", "openai", {Capability.CHAT: True})], "2026-11-20"
        )
        assert client.supports("openai/m", "chat") is True
        assert client.supports("openai/m", Capability.VIDEO_INPUT) is False
        assert client.supports("openai/m", "vision") is None
        with pytest.raises(ConfigurationError, match="eyesight"):
            client.supports("openai/m", "eyesight")  # type: ignore[arg-type]
