"""The places that one conversation moves through: what each says in its own bytes, and who judges what it is sent.

A further place is a further row of `PLACES`. An answer thinks, calls the tool `tide` under `call_id`, and has opaque
state; `secret` is a text of it that nobody but the place itself may ever be sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faces import openai_spec
from tests.providers import venice_schema
from tests.providers.anthropic import wire as anthropic
from tests.providers.bedrock import wire as bedrock
from tests.providers.gemini import wire as gemini
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
    keeps: bool = True
    """Whether its state must come back to it."""

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


def _anthropic_judge(_: Path, body: Body) -> None:
    anthropic.judge(body)


# -- Gemini and Bedrock ----------------------------------------------------------------------------------------------


def _generated(call_id: str, secret: str) -> Body:
    thought = {"text": "Need the tide.", "thought": True}
    call = gemini.function_call("tide", ARGUMENTS, signature=secret, id=call_id)
    return gemini.answer(thought, "Let me see.", call)


def _gemini_judge(_: Path, body: Body) -> None:
    gemini.judge(body)


def _converse(call_id: str, secret: str) -> Body:
    thought = {"reasoningContent": {"reasoningText": {"text": "Need the tide.", "signature": secret}}}
    call = {"toolUse": {"toolUseId": call_id, "name": "tide", "input": ARGUMENTS}}
    return bedrock.message(thought, "Let me see.", call, stop_reason="tool_use")


def _bedrock_judge(_: Path, body: Body) -> None:
    bedrock.judge(body)


def _native(name: str, model: str, judge: Callable[[Path, Body], None], make: Callable[[str, str], Body]) -> Place:
    """A place with a format of its own; its stream is made of the same answer."""
    pieces = {"gemini": gemini.events, "bedrock": bedrock.frames}[name]
    return Place(
        name,
        model,
        judge,
        whole=lambda call_id, secret: json.dumps(make(call_id, secret)).encode(),
        stream=lambda call_id, secret: b"".join(pieces(make(call_id, secret))),
    )


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
    *,
    keeps: bool = False,
) -> Place:
    """A place that speaks OpenAI's format."""
    return Place(
        name,
        model,
        judge,
        whole=lambda call_id, secret: _chat_whole(said(call_id, secret)),
        stream=lambda call_id, secret: _chat_stream(said(call_id, secret)),
        keeps=keeps,
    )


def _plain(call_id: str, secret: str) -> Body:
    return _said(call_id)


def _thoughts(call_id: str, secret: str) -> Body:
    return _said(call_id, reasoning_content="Need the tide.")


def _details(call_id: str, secret: str) -> Body:
    details = [
        {"type": "reasoning.text", "text": "Need the tide.", "index": 0, "format": "x"},
        {"type": "reasoning.encrypted", "data": secret, "index": 1, "format": "x"},
    ]
    return _said(call_id, reasoning="Need the tide.", reasoning_details=details)


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
    Place("anthropic", "claude-sonnet-4-5", _anthropic_judge, _anthropic_whole, _anthropic_stream),
    _native("gemini", gemini.NEW, _gemini_judge, _generated),
    _native("bedrock", bedrock.CLAUDE, _bedrock_judge, _converse),
    _chat("openai", "gpt-5", _openai_judge, _plain),
    _chat("venice", "zai-org-glm-5", _venice_judge, _thoughts),
    _chat("openrouter", "anthropic/claude-sonnet-4.5", _host_judge, _details, keeps=True),
    _chat("deepseek", "deepseek-reasoner", _host_judge, _thoughts),
)
