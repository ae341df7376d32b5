"""What the simulator's model says, as an answer of POST /v2/chat and as the events of a stream (cohere SDK 7.3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.testing.simulator.chat import Completion, tokens
from onellm.testing.simulator.chat_wire import logprobs_of
from onellm.testing.simulator.values import sse

ENDS = {"stop": "COMPLETE", "length": "MAX_TOKENS", "tool_calls": "TOOL_CALL"}
CHOICES = {"REQUIRED": "required", "NONE": "none"}
PLAN = "I will use a tool to find the answer."
TEMPLATE = 64
"""Tokens of the service's own template, which the model reads and nobody pays."""


def as_chat(body: Table) -> dict[str, Any]:
    """The same conversation in OpenAI's form."""
    chat: dict[str, Any] = {"model": body["model"], "messages": [_turn(table(turn)) for turn in body["messages"]]}
    if body.get("tools"):
        chat["tools"] = body["tools"]
        chat["tool_choice"] = CHOICES.get(str(body.get("tool_choice")), "auto")
    if (wanted := table(body.get("response_format"))).get("json_schema"):
        chat["response_format"] = {"type": "json_schema", "json_schema": {"schema": wanted["json_schema"]}}
    elif wanted:
        chat["response_format"] = wanted
    return {**chat, "stop": body.get("stop_sequences"), "seed": body.get("seed")}


def answer(completion: Completion, body: Table) -> Table:
    """The whole answer; with documents, the text cites the first of them."""
    (choice,) = completion.choices
    blocks: list[Table] = [{"type": "thinking", "thinking": choice.reasoning}] if choice.reasoning else []
    message: Table = {"role": "assistant"}
    if choice.calls:
        message["tool_plan"] = PLAN
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in choice.calls
        ]
    if choice.content:
        blocks.append({"type": "text", "text": choice.content})
    if blocks:
        message["content"] = blocks
    if body.get("documents") and choice.content:
        message["citations"] = [_citation(choice.content, len(blocks) - 1, body["documents"][0])]
    odds = {"logprobs": [_odds(token) for token in tokens(choice.content or "")]} if body.get("logprobs") else {}
    return {
        "id": completion.id.removeprefix("chatcmpl-"),
        "finish_reason": ENDS[choice.finish_reason],
        "message": message,
        **odds,
        "usage": {
            "billed_units": {"input_tokens": completion.prompt_tokens, "output_tokens": completion.completion_tokens},
            "tokens": {
                "input_tokens": completion.prompt_tokens + TEMPLATE,
                "output_tokens": completion.completion_tokens,
            },
            "cached_tokens": 0,
        },
    }


def events(said: Table) -> list[bytes]:
    """The same answer as the events of a stream."""
    return [sse(value, value["type"]) for value in _values(said)]


def _odds(token: str) -> Table:
    """What the model gave a token; the number of one is that of its first letter."""
    (entry,) = table(logprobs_of([token], 0))["content"]
    return {"text": token, "token_ids": [ord(token[0])], "logprobs": [entry["logprob"]]}


def _turn(turn: Table) -> dict[str, Any]:
    parts = [part for part in map(table, array(turn.get("content"))) if part.get("type") != "thinking"]
    content: Any = turn.get("content") if isinstance(turn.get("content"), str) else parts
    calls = [call["function"] for call in array(turn.get("tool_calls"))]
    return {"role": turn["role"], "content": content, **({"tool_calls": calls} if calls else {})}


def _citation(text: str, index: int, document: Any) -> Table:
    data = document if isinstance(document, str) else table(document).get("data")
    content = {"text": data} if isinstance(data, str) else data
    name = str(table(document).get("id") or "doc:0")
    cited = text.split(" ", 1)[0]
    return {
        "start": 0,
        "end": len(cited),
        "text": cited,
        "sources": [{"type": "document", "id": name, "document": content}],
        "content_index": index,
        "type": "TEXT_CONTENT",
    }


def _values(said: Table) -> Iterator[Table]:
    message, odds = said["message"], "logprobs" in said
    empty: Table = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield {"type": "message-start", "id": said["id"], "delta": {"message": empty}}
    yield from _content(message, ("thinking",))
    for token in tokens(message.get("tool_plan") or ""):
        yield {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": token}}}
    for index, call in enumerate(array(message.get("tool_calls"))):
        begun = {**call, "function": {**call["function"], "arguments": ""}}
        yield {"type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": begun}}}
        for token in tokens(call["function"]["arguments"]):
            piece = {"tool_calls": {"function": {"arguments": token}}}
            yield {"type": "tool-call-delta", "index": index, "delta": {"message": piece}}
        yield {"type": "tool-call-end", "index": index}
    yield from _content(message, ("text",), odds=odds)
    for index, citation in enumerate(array(message.get("citations"))):
        yield {"type": "citation-start", "index": index, "delta": {"message": {"citations": citation}}}
        yield {"type": "citation-end", "index": index}
    ending = {"finish_reason": said["finish_reason"], "usage": said["usage"]}
    yield {"type": "message-end", "id": said["id"], "delta": ending}


def _content(message: Table, kinds: tuple[str, ...], *, odds: bool = False) -> Iterator[Table]:
    """The content blocks of these kinds, each under its place in the whole content."""
    for index, block in enumerate(array(message.get("content"))):
        kind = block["type"]
        if kind not in kinds:
            continue
        yield {"type": "content-start", "index": index, "delta": {"message": {"content": {"type": kind, kind: ""}}}}
        for token in tokens(block[kind]):
            more = {"logprobs": _odds(token)} if odds else {}
            yield {"type": "content-delta", "index": index, "delta": {"message": {"content": {kind: token}}}, **more}
        yield {"type": "content-end", "index": index}
