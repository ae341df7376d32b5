"""The contract of chat in Gemini's format, at both of Google's services."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest

from onellm import MissingAPIKeyError
from onellm.call import StreamCall
from tests.providers.contract import ChatContract
from tests.providers.gemini.wire import NEW, answer, function_call

HOST = "https://generativelanguage.googleapis.com/v1beta"


class Format:
    """What the suites of both services share."""

    model = NEW
    url: ClassVar[str]
    name: ClassVar[str]
    call: Any
    stream_call: Any
    key_header = ("x-goog-api-key", "")
    refused: ClassVar[dict[str, Any]] = {"presence_penalty": 1.0, "logit_bias": {"1": 1}}

    def answer(self, usage: dict[str, Any]) -> bytes:
        cached = usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)
        thought = usage.get("completion_tokens_details", {}).get("reasoning_tokens", 0)
        counts = {
            "promptTokenCount": usage["prompt_tokens"],
            "cachedContentTokenCount": cached,
            "candidatesTokenCount": usage["completion_tokens"] - thought,
            "thoughtsTokenCount": thought,
        }
        return json.dumps(answer("Hello", usageMetadata=counts)).encode()

    def event(self) -> Any:
        return answer(
            {"text": "t", "thought": True},
            "H",
            function_call(signature="QUJD"),
            candidate={"logprobsResult": {"chosenCandidates": [{"token": "H", "logProbability": -1}]}},
            promptFeedback={"safetyRatings": []},
        )

    def temperature(self, body: Any) -> Any:
        return body.get("generationConfig", {}).get("temperature")

    def streams(self, call: StreamCall[Any, Any]) -> bool:
        return call.url.endswith(":streamGenerateContent?alt=sse")

    def test_a_chat_is_a_post_to_its_url(self) -> None:
        """URL-05, STR-17: the method is in the URL, and a stream always asks for server-sent events."""
        streamed = self.url.replace(":generate", ":streamGenerate") + "?alt=sse"
        for call, url in ((self.call(), self.url), (self.stream_call(), streamed)):
            assert (call.method, call.url, call.origin) == ("POST", url, (self.name, self.model))


class TestGemini(Format, ChatContract):
    name = "gemini"
    url = f"{HOST}/models/{NEW}:generateContent"


class TestVertex(Format, ChatContract):
    """With a key alone; tokens have tests of their own."""

    name = "vertex"
    url = f"https://aiplatform.googleapis.com/v1beta1/publishers/google/models/{NEW}:generateContent"

    @pytest.fixture(autouse=True)
    def bare(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for variable in ("GOOGLE_CLOUD_PROJECT", "VERTEX_PROJECT", "VERTEX_API_KEY"):
            monkeypatch.delenv(variable, raising=False)

    def test_a_missing_key_is_told_before_sending(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        monkeypatch.setenv("ONELLM_CONFIG_DIR", str(tmp_path))
        bare = self.provider(api_key=None)
        for operation in (bare.chat, bare.chat_stream):
            with pytest.raises(MissingAPIKeyError, match="GOOGLE_CLOUD_PROJECT") as caught:
                operation(self.request())
            assert "onellm auth set vertex" in str(caught.value)
