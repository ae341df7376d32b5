"""What Anthropic's own clients offer beside chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from onellm.call import Call
from onellm.resource import IO, endpoint
from onellm.service import Service, ServiceResource
from onellm.types.chat import ChatRequest
from onellm_providers.anthropic.provider import AnthropicProvider

if TYPE_CHECKING:
    from onellm.types.chat_params import MessageParam


class Messages(ServiceResource[IO, AnthropicProvider]):
    """What can be asked of messages without an answer to them."""

    @endpoint
    def count_tokens(
        self,
        model: str,
        messages: Sequence[MessageParam],
        *,
        tools: Sequence[Mapping[str, object] | Callable[..., object]] | None = None,
        tool_choice: str | Mapping[str, object] | None = None,
        reasoning_effort: str | None = None,
        response_format: Mapping[str, object] | None = None,
        extra_body: Mapping[str, object] | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Call[int]:
        """The tokens that a chat with these parameters has in its prompt: POST /v1/messages/count_tokens.

        `model` is the bare name, `claude-sonnet-5`; the rest is as in a chat. Counting costs nothing.
        """
        asked: dict[str, Any] = {
            "tools": tools,
            "reasoning_effort": reasoning_effort,
            "response_format": response_format,
            "tool_choice": tool_choice,
            "extra_body": extra_body,
            "extra_headers": extra_headers,
        }
        request = ChatRequest(model=model, messages=cast("list[dict[str, Any]]", messages), **asked)
        return self._service.count_tokens(request)


class AnthropicResources(Service[IO]):
    """Anthropic by area."""

    @property
    def messages(self) -> Messages[IO]:
        """Token counts."""
        return self.resource(Messages[IO])
