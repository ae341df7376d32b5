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

from tests.faces import openai_spec
from tests.providers import venice_schema
from tests.providers.anthropic import wire as anthropic
from tests.providers.bedrock import wire as bedrock
from tests.providers.cohere import wire as cohere
from tests.providers.gemini import wire as gemini
from tests.providers.ollama import wire as ollama
from tests.support import completion

Body = dict[str, Any]
ARGUMENTS = {"port": "Oban"}


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


# -- OpenAI's format -------------------------------------------------------------------------------------------------


def _said(call_id: str, **more: Any) -> Body:
    function = {"name": "tide", "arguments": json.dumps(ARGUMENTS)}
    call = {"id": call_id, "type": "function", "function": function}
    return {"role": "assistant", "content": "Let me see.", "tool_calls": [call], **more}


def _chat_whole(said: Body) -> bytes:
    answer = completion("x")
    answer["choices"] = [{"index": 0, "message": said, "finish_reason": "tool_calls"}]
    return json.dumps(answer).encode()


def _chat_stream(said: Body) -> bytes:
    calls = [{"index": number, **call} for number, call in enumerate(said["tool_calls"])]
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    choices: list[Body] = [
        {"index": 0, "delta": {**said, "tool_calls": calls}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "tool_calls"},
    ]
    events = [json.dumps({**head, "choices": [choice]}) for choice in choices]
    return "".join(f"data: {event}\n\n" for event in (*events, "[DONE]")).encode()


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
        whole=lambda call_id, secret: _chat_whole(said(call_id, secret)),
        stream=lambda call_id, secret: _chat_stream(said(call_id, secret)),
        kept=kept,
    )


def _plain(call_id: str, secret: str) -> Body:
    return _said(call_id)


def _thoughts(call_id: str, secret: str) -> Body:
    return _said(call_id, reasoning_content=secret)


def _thoughts_kept(call_id: str, secret: str) -> Any:
    return secret


def _details(call_id: str, secret: str) -> Body:
    details = [
        {"type": "reasoning.text", "text": "Need the tide.", "index": 0, "format": "x"},
        {"type": "reasoning.encrypted", "data": secret, "index": 1, "format": "x"},
    ]
    return _said(call_id, reasoning="Need the tide.", reasoning_details=details)


def _details_kept(call_id: str, secret: str) -> Any:
    return _details(call_id, secret)["reasoning_details"]


def _openai_judge(shared: Path, body: Body) -> None:
    assert openai_spec.complaints(shared, "/chat/completions", body) == []


def _venice_judge(shared: Path, body: Body) -> None:
    assert venice_schema.complaints(shared, "ChatCompletionRequest", body) == []


def _host_judge(shared: Path, body: Body) -> None:
    """OpenAI's file, for hosts that have none: what goes beyond it is the state that they gave."""
    turns = [
        {name: value for name, value in turn.items() if not name.startswith("reasoning")} for turn in body["messages"]
    ]
    _openai_judge(shared, {**{name: body[name] for name in body if name != "reasoning"}, "messages": turns})


PLACES = (
    Place("anthropic", "claude-sonnet-4-5", _anthropic_judge, _anthropic_whole, _anthropic_stream, _anthropic_kept),
    _native("gemini", gemini.NEW, _gemini_judge, _generated, _generated_kept),
    _native("bedrock", bedrock.CLAUDE, _bedrock_judge, _converse, _converse_kept),
    _chat("openai", "gpt-5", _openai_judge, _plain),
    _chat("venice", "zai-org-glm-5", _venice_judge, _details, _details_kept),
    _chat("openrouter", "anthropic/claude-sonnet-4.5", _host_judge, _details, _details_kept),
    _chat("deepseek", "deepseek-reasoner", _host_judge, _thoughts, _thoughts_kept),
    _native("cohere", cohere.MODEL, _cohere_judge, _cohere, _cohere_kept),
    _native("ollama", ollama.MODEL, _ollama_judge, _ollama, _thoughts_kept),
)
