"""The contract of chat in Ollama's format."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import hypothesis
from hypothesis import strategies as st

from onellm import ChatCompletionResponse, Reply
from onellm.call import StreamCall
from tests.json_values import anything, spoilt
from tests.providers.contract import FEWER, ChatContract
from tests.providers.ollama.wire import answer


class TestOllama(ChatContract):
    name = "ollama"
    model = "some/model:tag"
    url = "http://127.0.0.1:11434/api/chat"
    needs_key = False
    refused: ClassVar[dict[str, Any]] = {"logit_bias": {"1": 1}, "user": "u"}

    def answer(self, usage: dict[str, Any]) -> bytes:
        counts = {"prompt_eval_count": usage["prompt_tokens"], "eval_count": usage["completion_tokens"]}
        return json.dumps(answer("Hello", **counts)).encode()

    def event(self) -> Any:
        return answer("H", thinking="T", tool_calls=[{"function": {"name": "f", "arguments": {"a": 1}}}])

    def temperature(self, body: Any) -> Any:
        return body.get("options", {}).get("temperature")

    def test_a_streamed_chat_asks_for_a_stream_and_a_whole_one_does_not(self) -> None:
        """The server streams unless told otherwise, so that both say it."""
        assert self.streams(self.stream_call())
        assert self.call().json["stream"] is False

    def test_usage_is_inclusive(self) -> None:
        """Ollama tells neither thinking nor cached tokens apart; its counts hold them."""
        usage = {"prompt_tokens": 100, "completion_tokens": 20}
        said = self.call().parse(Reply(200, {}, self.answer(usage)))
        found = said.usage
        assert found is not None
        assert (found.prompt_tokens, found.completion_tokens, found.total_tokens) == (100, 20, 120)
        assert (found.prompt_tokens_details, found.completion_tokens_details) == (None, None)
        assert (said.choices[0].message.content, said.choices[0].finish_reason) == ("Hello", "stop")

    def test_any_lines_of_a_stream_are_chunks_or_a_failure(self) -> None:
        @FEWER
        @hypothesis.given(st.lists(anything | spoilt(self.event()), max_size=3))
        def check(payloads: list[bytes]) -> None:
            call: StreamCall[Any, ChatCompletionResponse] = self.stream_call()
            decoder, assembler = call.decoder(), call.assembler()
            for payload in payloads:
                for piece in decoder.feed(payload + b"\n"):
                    assembler.add(piece)
            for piece in decoder.close():
                assembler.add(piece)
            assert isinstance(assembler.result(), ChatCompletionResponse)
            assert decoder.done or decoder.complete or decoder.failure is not None

        check()
