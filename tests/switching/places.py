"""The places that one conversation moves through: what each says in its own bytes, and who judges what it is sent.

A further place is a further row of `PLACES`. An answer thinks, calls the tool `tide` under `call_id`, and has state;
`secret` is a text of it that nobody but the place itself may ever be sent: opaque data, or thoughts that are state.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ollama._types import ChatRequest

from tests.providers.anthropic import wire as anthropic
from tests.providers.bedrock import wire as bedrock
from tests.providers.cohere import wire as cohere
from tests.providers.gemini import wire as gemini
from tests.providers.ollama import wire as ollama
from tests.switching import in_openai
from tests.switching.in_openai import ARGUMENTS, Body


@dataclass(frozen=True)
class Place:
    """A provider and a model in the conversation."""

    name: str
    model: str
    judge: Callable[[Path, Body], None]
    """Fails where the service would refuse the body."""
    whole: Callable[[str, str], bytes]
    """An answer, by the id of its call and its secret: thoughts, a call, state."""
    stream: Callable[[str, str], bytes]
    """The same as a stream."""
    kept: Callable[[str, str], Any] | None = None
    """What of the answer must come back to it as it was, ids of calls aside; None: it wants nothing back."""

    @property
    def names_calls(self) -> bool:
        """Whether its calls have ids of its own."""
        return self.name != "ollama"

    @property
    def keeps(self) -> bool:
        return self.kept is not None

    def __str__(self) -> str:
        return self.name


# -- Anthropic -------------------------------------------------------------------------------------------------------


def _message(call_id: str, secret: str) -> Body:
    thinking = {"type": "thinking", "thinking": "Need the tide.", "signature": secret}
    call = {"type": "tool_use", "id": call_id, "name": "tide", "input": ARGUMENTS}
    return anthropic.message(thinking, "Let me see.", call, stop_reason="tool_use", model="claude-sonnet-4-5-20250929")


def _anthropic_whole(call_id: str, secret: str) -> bytes:
    return json.dumps(_message(call_id, secret)).encode()


def _anthropic_stream(call_id: str, secret: str) -> bytes:
    return b"".join(anthropic.events(_message(call_id, secret)))


def _anthropic_kept(call_id: str, secret: str) -> Any:
    return _message(call_id, secret)["content"]


def _anthropic_judge(_: Path, body: Body) -> None:
    anthropic.judge(body)


# -- Gemini and Bedrock ----------------------------------------------------------------------------------------------


def _generated(call_id: str, secret: str) -> Body:
    thought = {"text": "Need the tide.", "thought": True}
    call = gemini.function_call("tide", ARGUMENTS, signature=secret, id=call_id)
    return gemini.answer(thought, "Let me see.", call)


def _generated_kept(call_id: str, secret: str) -> Any:
    """All but the thoughts, which are a summary for the reader; what was thought is in the signature."""
    return _generated(call_id, secret)["candidates"][0]["content"]["parts"][1:]


def _gemini_judge(_: Path, body: Body) -> None:
    gemini.judge(body)


def _converse(call_id: str, secret: str) -> Body:
    thought = {"reasoningContent": {"reasoningText": {"text": "Need the tide.", "signature": secret}}}
    call = {"toolUse": {"toolUseId": call_id, "name": "tide", "input": ARGUMENTS}}
    return bedrock.message(thought, "Let me see.", call, stop_reason="tool_use")


def _converse_kept(call_id: str, secret: str) -> Any:
    return _converse(call_id, secret)["output"]["message"]["content"]


def _bedrock_judge(_: Path, body: Body) -> None:
    bedrock.judge(body)


def _native(
    name: str,
    model: str,
    judge: Callable[[Path, Body], None],
    make: Callable[[str, str], Body],
    kept: Callable[[str, str], Any],
) -> Place:
    """A place with a format of its own; its stream is made of the same answer."""
    pieces = {"gemini": gemini.events, "bedrock": bedrock.frames, "cohere": cohere.events, "ollama": ollama.lines}[name]
    return Place(
        name,
        model,
        judge,
        whole=lambda call_id, secret: json.dumps(make(call_id, secret)).encode(),
        stream=lambda call_id, secret: b"".join(pieces(make(call_id, secret))),
        kept=kept,
    )


# -- Cohere and Ollama: thoughts without a signature -------------------------------------------------------------------


def _cohere(call_id: str, secret: str) -> Body:
    function = {"name": "tide", "arguments": json.dumps(ARGUMENTS)}
    calls = [{"id": call_id, "type": "function", "function": function}]
    thought = {"type": "thinking", "thinking": secret}
    return cohere.answer(thought, "Let me see.", finish_reason="TOOL_CALL", tool_calls=calls)


def _cohere_kept(call_id: str, secret: str) -> Any:
    return _cohere(call_id, secret)["message"]["content"]


def _cohere_judge(_: Path, body: Body) -> None:
    cohere.judge(body)


def _ollama(call_id: str, secret: str) -> Body:
    calls = [{"function": {"name": "tide", "arguments": ARGUMENTS}}]
    return ollama.answer("Let me see.", thinking=secret, tool_calls=calls)


def _ollama_judge(_: Path, body: Body) -> None:
    ollama.judge(ChatRequest, body)


# -- OpenAI's formats ------------------------------------------------------------------------------------------------


def _chat(
    name: str,
    model: str,
    judge: Callable[[Path, Body], None],
    said: Callable[[str, str], Body],
    kept: Callable[[str, str], Any] | None = None,
) -> Place:
    """A place that speaks OpenAI's format."""
    return Place(
        name,
        model,
        judge,
        whole=lambda call_id, secret: in_openai.chat_whole(said(call_id, secret)),
        stream=lambda call_id, secret: in_openai.chat_stream(said(call_id, secret)),
        kept=kept,
    )


PLACES = (
    Place("anthropic", "claude-sonnet-4-5", _anthropic_judge, _anthropic_whole, _anthropic_stream, _anthropic_kept),
    _native("gemini", gemini.NEW, _gemini_judge, _generated, _generated_kept),
    _native("bedrock", bedrock.CLAUDE, _bedrock_judge, _converse, _converse_kept),
    _chat("openai", "gpt-5", in_openai.openai_judge, in_openai.plain),
    Place(
        "bedrock_openai",
        "openai.gpt-5.5",
        in_openai.response_judge,
        lambda call_id, secret: json.dumps(in_openai.response(call_id, secret)).encode(),
        in_openai.response_stream,
        in_openai.response_kept,
    ),
    _chat("venice", "zai-org-glm-5", in_openai.venice_judge, in_openai.details, in_openai.details_kept),
    _chat("openrouter", "anthropic/claude-sonnet-4.5", in_openai.host_judge, in_openai.details, in_openai.details_kept),
    _chat("deepseek", "deepseek-reasoner", in_openai.host_judge, in_openai.thoughts, in_openai.thoughts_kept),
    _native("cohere", cohere.MODEL, _cohere_judge, _cohere, _cohere_kept),
    _native("ollama", ollama.MODEL, _ollama_judge, _ollama, in_openai.thoughts_kept),
)
