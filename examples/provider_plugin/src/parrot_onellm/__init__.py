"""Two providers for OneLLM."""

from __future__ import annotations

import functools
import json
from typing import Any

from onellm import (
    Call,
    ChatCompletionResponse,
    ChatRequest,
    Message,
    Provider,
    Reply,
    Spec,
    UnsupportedParameterError,
    Usage,
)
from onellm.body import JSON
from onellm.config import Host
from onellm.types.chat import Choice

ACME = Spec(
    name="acme",
    base_url="https://api.acme.example/v1",
    key="ACME_TOKEN",
    refuse=frozenset({"logit_bias"}),
    rename={"max_completion_tokens": "max_tokens"},
    source="Acme's API reference",
    as_of="2026-11-01",
)
"""A host that speaks OpenAI's format, but calls one parameter otherwise and takes no logit_bias."""


class Parrot(Provider):
    """A service with a format of its own: POST /say {"text": …} answers {"said": …, "words": …}."""

    host = Host("parrot", "https://parrot.example/v1")

    def chat(self, request: ChatRequest) -> Call[ChatCompletionResponse]:
        """Say again what was said last."""
        for name in request.parameters():
            raise UnsupportedParameterError(f"{self.name} does not take {name}.", param=name)
        return Call(
            method="POST",
            url=f"{self.settings.base_url}/say",
            body=JSON({"text": request.messages[-1]["content"], "bird": request.model}),
            auth=self.auth(),
            origin=(self.name, request.model),
            parse=self._read,
            error=functools.partial(self.error, model=request.model),
        )

    def _read(self, reply: Reply) -> ChatCompletionResponse:
        answer: dict[str, Any] = json.loads(reply.body)
        message = Message(content=answer["said"])
        words = int(answer["words"])
        return ChatCompletionResponse(
            choices=[Choice(message=message, finish_reason="stop")],
            usage=Usage(prompt_tokens=words, completion_tokens=words, total_tokens=2 * words),
        )
