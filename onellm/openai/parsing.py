"""Messages with `.parsed`, as the `openai` package has them."""

from __future__ import annotations

from typing import Any, cast

from onellm.errors import IncompleteOutputError, RefusalError
from onellm.types.chat import ChatCompletionResponse
from onellm.types.parsed import ParsedChatCompletion

ParsedChoices = ChatCompletionResponse
"""A chat completion each of whose messages has `parsed`."""


def parsed(answer: ChatCompletionResponse) -> ParsedChoices:
    """The answer with `parsed` on every message: the value, None where there is none to read.

    Raises IncompleteOutputError and RefusalError where the answer was cut or filtered.
    """
    whole: Any = answer
    typed = isinstance(answer, ParsedChatCompletion)
    for index, choice in enumerate(answer.choices):
        if choice.finish_reason == "length":
            raise IncompleteOutputError(
                "The answer was cut; raise max_completion_tokens.", text=choice.message.content or "", response=answer
            )
        if choice.finish_reason == "content_filter":
            raise RefusalError(
                "A content filter stopped the answer.", text=choice.message.content or "", response=answer
            )
        readable = choice.message.content and not choice.message.refusal
        fields: Any = choice.message
        fields.parsed = whole.parse(index) if readable and typed else None
    return cast("ParsedChoices", whole)
