"""What the clients of Gemini offer beside chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from onellm.call import Call
from onellm.resource import IO, endpoint
from onellm.service import Service, ServiceResource
from onellm.types.chat import ChatRequest
from onellm_providers.gemini.provider import GeminiProvider

if TYPE_CHECKING:
    from onellm.types.chat_params import MessageParam


class Messages(ServiceResource[IO, GeminiProvider]):
    """What can be asked of messages without an answer to them."""

    @endpoint
    def count_tokens(
        self,
        model: str,
        messages: Sequence[MessageParam],
        *,
        tools: Sequence[Mapping[str, object] | Callable[..., object]] | None = None,
    ) -> Call[int]:
        """The tokens that a chat with these parameters has in its prompt: POST …:countTokens.

        `model` is the bare name, `gemini-3-flash-preview`; the rest is as in a chat. Counting costs nothing.
        """
        asked: dict[str, Any] = {"tools": tools}
        return self._service.count_tokens(
            ChatRequest(model=model, messages=cast("list[dict[str, Any]]", messages), **asked)
        )


class GeminiResources(Service[IO]):
    """Gemini by area."""

    @property
    def messages(self) -> Messages[IO]:
        """Token counts."""
        return self.resource(Messages[IO])
