"""What leaves for Ollama, judged by the models of its own client, and what is made of its answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

import ollama
from ollama import _types as types
from pydantic import BaseModel

from onellm import ChatCompletionResponse, Reply
from tests.wire import Stream, call, received_stream

NAME = "ollama"
MODEL = "qwen3:8b"
USER = {"role": "user", "content": "Hi"}
TIME = "2026-11-20T09:00:00Z"


def body(*messages: Any, model: str = MODEL, **params: Any) -> dict[str, Any]:
    """The body of a chat, which the client's models accept and write the same."""
    made = cast("dict[str, Any]", call(NAME, list(messages) or [USER], model, **params).json)
    judge(types.ChatRequest, made)
    return made


def judge(kind: type[BaseModel], made: dict[str, Any]) -> None:
    """Fail where the client's model refuses the body, or does not write all of it again."""
    kept = kind.model_validate(made).model_dump(exclude_none=True, by_alias=True)
    for turn, said in zip(made.get("messages", ()), kept.get("messages", ()), strict=True):
        images = [{"value": each} for each in turn.get("images", ())]
        given = {**turn, "images": images} if images else turn
        again = types.Message.model_validate(given).model_dump(exclude_none=True)
        assert again == turn == said
    options = types.Options.model_validate(made.get("options", {})).model_dump(exclude_none=True)
    unknown = made.get("options", {}).keys() - options.keys() - {"min_p"}  # the client's type lacks it
    assert not unknown
    for name in made.keys() - {"messages", "options", "tools"}:
        assert kept[name] == made[name]
    for sent, typed in zip(made.get("tools", ()), kept.get("tools", ()), strict=True):
        assert sent["function"]["name"] == typed["function"]["name"]
        assert sent.keys() == typed.keys()


def parameters(**params: Any) -> dict[str, Any]:
    """The body without model, messages and stream."""
    return {key: value for key, value in body(**params).items() if key not in ("model", "messages", "stream")}


def options(**params: Any) -> dict[str, Any]:
    """The body's options."""
    return cast("dict[str, Any]", parameters(**params)["options"])


# -- answers -----------------------------------------------------------------------------------------------------------


def answer(content: str = "", **fields: Any) -> dict[str, Any]:
    """A whole answer as the server sends it; `thinking` and `tool_calls` are of the message."""
    message: dict[str, Any] = {"role": "assistant", "content": content}
    message |= {name: fields.pop(name) for name in ("thinking", "tool_calls") if name in fields}
    end = {"done": True, "done_reason": "stop", "total_duration": 9, "prompt_eval_count": 48, "eval_count": 33}
    made = {"model": MODEL, "created_at": TIME, "message": message, **end, **fields}
    return {name: value for name, value in made.items() if value is not None}


def lines(said: dict[str, Any], size: int = 3) -> list[bytes]:
    """The same answer as the lines of a stream; each is one that the client's model takes."""
    made = list(_values(said, size))
    for value in made:
        ollama.ChatResponse.model_validate(value)
    return [json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in made]


def _values(said: dict[str, Any], size: int) -> Iterator[dict[str, Any]]:
    head = {"model": said["model"], "created_at": said["created_at"]}
    message = said["message"]
    empty = {"role": "assistant", "content": ""}
    for kind in ("thinking", "content"):
        text = message.get(kind, "")
        for at in range(0, len(text), size):
            yield {**head, "message": {**empty, kind: text[at : at + size]}, "done": False}
    for each in message.get("tool_calls", ()):
        yield {**head, "message": {**empty, "tool_calls": [each]}, "done": False}
    yield {**said, "message": empty}


def read(said: dict[str, Any]) -> ChatCompletionResponse:
    """What is made of a whole answer, which the client's model takes."""
    ollama.ChatResponse.model_validate(said)
    return call(NAME, model=MODEL).parse(Reply(200, {}, json.dumps(said).encode()))


def streamed(said: dict[str, Any] | bytes, **params: Any) -> Stream:
    """What is made of the same answer as a stream, or of the bytes of a stream."""
    data = said if isinstance(said, bytes) else b"".join(lines(said))
    return received_stream(NAME, data, model=MODEL, **params)


def both_ways(said: dict[str, Any]) -> ChatCompletionResponse:
    """What is made of an answer, which is the same whole and streamed."""
    one, other = read(said), streamed(said)
    assert other.failure is None
    assert one.model_dump() == other.final.model_dump()
    return one


def said_back(said: ChatCompletionResponse) -> dict[str, Any]:
    """The message as it comes back from a caller who kept it as JSON."""
    return cast("dict[str, Any]", json.loads(said.choices[0].message.model_dump_json()))
