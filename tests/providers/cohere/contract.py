"""The contract of chat in Cohere's format."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from onellm import Reply
from tests.providers.cohere.wire import answer, events
from tests.providers.contract import ChatContract


class TestCohere(ChatContract):
    name = "cohere"
    model = "command-a-03-2025"
    url = "https://api.cohere.com/v2/chat"
    refused: ClassVar[dict[str, Any]] = {"logit_bias": {"1": 1}, "user": "u"}

    def answer(self, usage: dict[str, Any]) -> bytes:
        counts = {"input_tokens": usage["prompt_tokens"], "output_tokens": usage["completion_tokens"]}
        cached = usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)
        billed = {"input_tokens": 5, "output_tokens": 2}
        said = answer("Hello", usage={"tokens": counts, "billed_units": billed, "cached_tokens": cached})
        return json.dumps(said).encode()

    def event(self) -> Any:
        return json.loads(events(answer("Hello"))[2].split(b"data: ")[1])

    def test_usage_is_inclusive(self) -> None:
        """Cohere does not tell thinking apart; its tokens hold it, and the cached ones."""
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 64}}
        said = self.call().parse(Reply(200, {}, self.answer(usage)))
        found = said.usage
        assert found is not None
        assert (found.prompt_tokens, found.completion_tokens, found.total_tokens) == (100, 20, 120)
        assert found.prompt_tokens_details is not None
        assert found.prompt_tokens_details.cached_tokens == 64
        assert found.completion_tokens_details is None
        assert (said.choices[0].message.content, said.choices[0].finish_reason) == ("Hello", "stop")
