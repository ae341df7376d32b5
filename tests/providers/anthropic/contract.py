"""The contract of chat in Anthropic's format."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from tests.providers.anthropic.wire import OLD, message
from tests.providers.contract import ChatContract


class TestAnthropic(ChatContract):
    name = "anthropic"
    model = OLD
    url = "https://api.anthropic.com/v1/messages"
    key_header = ("x-api-key", "")
    refused: ClassVar[dict[str, Any]] = {"frequency_penalty": 1.0, "seed": 7}

    def answer(self, usage: dict[str, Any]) -> bytes:
        cached = usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)
        thought = usage.get("completion_tokens_details", {}).get("reasoning_tokens", 0)
        counts = {
            "input_tokens": usage["prompt_tokens"] - cached,
            "cache_read_input_tokens": cached,
            "cache_creation_input_tokens": 0,
            "output_tokens": usage["completion_tokens"],
            "output_tokens_details": {"thinking_tokens": thought},
        }
        return json.dumps(message("Hello", usage=counts)).encode()

    def event(self) -> Any:
        call = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
        return {
            "type": "message_start",
            "message": message("Hi", call),
            "index": 0,
            "content_block": call,
            "delta": {"type": "text_delta", "text": "H"},
            "usage": {"output_tokens": 2},
        }
