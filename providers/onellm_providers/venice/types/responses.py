"""Responses: an answer as a list of items, whole or streamed."""

from __future__ import annotations

from typing import Any

from onellm.types.base import Model, Result


class ResponseItem(Model):
    """An item of the answer: a message, reasoning, a call of a function, a web search. Fields depend on `type`.

    `summary` is a list of texts; OpenAI has objects there.
    """

    type: str
    id: str | None = None
    status: str | None = None
    role: str | None = None
    content: list[dict[str, Any]] | None = None
    summary: list[Any] | None = None
    encrypted_content: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None

    @property
    def text(self) -> str:
        """The text of a message; an empty one of other items."""
        parts = self.content or ()
        return "".join(str(part.get("text", "")) for part in parts if part.get("type") == "output_text")


class ResponseUsage(Model):
    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    input_tokens_details: dict[str, Any] | None = None
    output_tokens_details: dict[str, Any] | None = None


class ResponseFailure(Model):
    code: str | None = None
    message: str | None = None


class VeniceResponse(Result):
    """A whole response. `status` is completed, failed, in_progress or cancelled."""

    id: str
    object: str = "response"
    created_at: int | None = None
    model: str = ""
    status: str = "in_progress"
    output: list[ResponseItem] = []
    usage: ResponseUsage | None = None
    error: ResponseFailure | None = None

    @property
    def output_text(self) -> str:
        """The text of all messages."""
        return "".join(item.text for item in self.output if item.type == "message")

    @property
    def function_calls(self) -> list[ResponseItem]:
        """The calls of functions."""
        return [item for item in self.output if item.type == "function_call"]


class ResponseEvent(Result):
    """An event of a streamed response; fields beside these depend on `type` and are kept."""

    type: str
    sequence_number: int | None = None
    delta: str | None = None
    item: ResponseItem | None = None
    output_index: int | None = None
    response: VeniceResponse | None = None
