"""The contract of chat in Converse's format, and of the row beside it."""

from __future__ import annotations

import contextlib
import json
from typing import Any, ClassVar, cast

import hypothesis
import pytest
from hypothesis import strategies as st

from onellm import ChatCompletionResponse, MissingAPIKeyError, OneLLMError, Reply
from onellm.call import StreamCall, Work
from tests.json_values import anything, spoilt
from tests.providers.bedrock.wire import CLAUDE, frame, message
from tests.providers.contract import FEWER, ChatContract


class TestBedrock(ChatContract):
    name = "bedrock"
    model = CLAUDE
    settings: ClassVar[dict[str, Any]] = {"region": "us-east-1"}
    path = f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{CLAUDE.replace(':', '%3A')}"
    url = f"{path}/converse"
    refused: ClassVar[dict[str, Any]] = {"frequency_penalty": 1.0, "seed": 7}

    def answer(self, usage: dict[str, Any]) -> bytes:
        cached = usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)
        counts = {
            "inputTokens": usage["prompt_tokens"] - cached,
            "cacheReadInputTokens": cached,
            "cacheWriteInputTokens": 0,
            "outputTokens": usage["completion_tokens"],
        }
        return json.dumps(message("Hello", usage=counts)).encode()

    def event(self) -> Any:
        return {
            "contentBlockIndex": 0,
            "start": {"toolUse": {"toolUseId": "t", "name": "f"}},
            "delta": {"text": "H", "toolUse": {"input": "{}"}},
            "role": "assistant",
            "stopReason": "end_turn",
            "usage": {"inputTokens": 3, "outputTokens": 2},
        }

    def temperature(self, body: Any) -> Any:
        return body.get("inferenceConfig", {}).get("temperature")

    def streams(self, call: StreamCall[Any, Any]) -> bool:
        return call.url == f"{self.path}/converse-stream"

    # -- what differs: the URL says what is a stream, frames are binary, other credentials count, no reasoning count ---

    def test_a_chat_is_a_post_to_its_url(self) -> None:
        for call, url in ((self.call(), self.url), (self.stream_call(), f"{self.url}-stream")):
            assert (call.method, call.url, call.origin) == ("POST", url, (self.name, self.model))

    def test_a_missing_key_is_told_before_sending(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        monkeypatch.setenv("ONELLM_CONFIG_DIR", str(tmp_path))
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        for variable in ("BEDROCK_API_KEY", "AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
            monkeypatch.delenv(variable, raising=False)
        bare = self.provider(api_key=None)
        for operation in (bare.chat, bare.chat_stream):
            step = next(cast("Any", operation(self.request())))
            assert isinstance(step, Work)
            with pytest.raises(MissingAPIKeyError, match="AWS_BEARER_TOKEN_BEDROCK") as caught:
                step.run()
            assert "BEDROCK_API_KEY" in str(caught.value)
            assert "onellm auth set bedrock" in str(caught.value)

    def test_usage_is_inclusive(self) -> None:
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 64}}
        answer = self.call().parse(Reply(200, {}, self.answer(usage)))
        found = answer.usage
        assert found is not None
        assert (found.prompt_tokens, found.completion_tokens, found.total_tokens) == (100, 20, 120)
        assert found.prompt_tokens_details is not None
        assert found.prompt_tokens_details.cached_tokens == 64
        assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Hello", "stop")

    def test_any_bytes_of_a_stream_are_chunks_or_a_failure(self) -> None:
        names = st.sampled_from([
            "messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata", "x"
        ])  # fmt: skip

        @self.examples
        @hypothesis.given(st.lists(st.tuples(names, anything | spoilt(self.event()), st.booleans()), max_size=4))
        def check(pieces: list[tuple[str, bytes, bool]]) -> None:
            call = self.stream_call()
            decoder, assembler = call.decoder(), call.assembler()
            for name, payload, whole in pieces:
                for piece in decoder.feed(frame(name, payload) if whole else payload):
                    assembler.add(piece)
            for piece in decoder.close():
                assembler.add(piece)
            assert isinstance(assembler.result(), ChatCompletionResponse)
            assert decoder.done or decoder.complete or decoder.failure is not None

        check()

    def test_any_bytes_are_an_answer_or_are_told(self) -> None:
        usage = {"prompt_tokens": 3, "completion_tokens": 2}

        @self.examples
        @hypothesis.given(anything | spoilt(json.loads(self.answer(usage))))
        def check(body: bytes) -> None:
            with contextlib.suppress(OneLLMError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
                assert isinstance(self.call().parse(Reply(200, {}, body)), ChatCompletionResponse)

        check()


class TestBedrockOpenAI(ChatContract):
    name = "bedrock_openai"
    model = "openai.gpt-oss-120b"
    settings: ClassVar[dict[str, Any]] = {"region": "us-east-1"}
    url = "https://bedrock-mantle.us-east-1.api.aws/openai/v1/chat/completions"
    refused: ClassVar[dict[str, Any]] = {"top_k": 5}
    examples = FEWER

    def test_a_missing_key_is_told_before_sending(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        for variable in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
            monkeypatch.delenv(variable, raising=False)
        super().test_a_missing_key_is_told_before_sending(monkeypatch, tmp_path)
