"""What the simulator's model says, as answers of Ollama's API and as the lines of a stream (ollama client 0.6.3)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.testing.simulator.chat import Choice, Completion, tokens
from onellm.testing.simulator.chat_wire import logprobs_of
from onellm.testing.simulator.values import ServiceError, SimStream, dump

TIME = "2026-11-20T09:00:00Z"
DONE = {"stop": "stop", "tool_calls": "stop", "length": "length"}


def lines(values: list[Table]) -> SimStream:
    """A stream of JSON, one value a line."""
    return SimStream([dump(value) + b"\n" for value in values], {"Content-Type": "application/x-ndjson"})


def as_chat(body: Table) -> dict[str, Any]:
    """The same conversation in OpenAI's form."""
    options = table(body.get("options"))
    chat: dict[str, Any] = {
        "model": body["model"],
        "messages": [_turn(table(turn)) for turn in array(body.get("messages"))],
        "tools": body.get("tools"),
        "stop": options.get("stop"),
        "seed": options.get("seed"),
    }
    wanted = body.get("format")
    if wanted == "json":
        chat["response_format"] = {"type": "json_object"}
    elif wanted:
        chat["response_format"] = {"type": "json_schema", "json_schema": {"schema": wanted}}
    return chat


def limit_of(body: Table) -> int | None:
    """The most tokens of the answer; a negative number is no limit."""
    most = table(body.get("options")).get("num_predict")
    return most if isinstance(most, int) and most >= 0 else None


def message(choice: Choice) -> Table:
    """What the model says, whole."""
    said: Table = {"role": "assistant", "content": choice.content or ""}
    if choice.reasoning:
        said["thinking"] = choice.reasoning
    if choice.calls:
        said["tool_calls"] = [
            {"function": {"index": index, "name": call.name, "arguments": _arguments(call.arguments)}}
            for index, call in enumerate(choice.calls)
        ]
    return said


def head(body: Table) -> Table:
    """What every answer and every line begins with."""
    return {"model": body["model"], "created_at": TIME}


def odds(said: list[str], body: Table) -> Table:
    """The log probabilities of these tokens, where they are asked for."""
    if not body.get("logprobs") or not said:
        return {}
    return {"logprobs": table(logprobs_of(said, body.get("top_logprobs") or 0))["content"]}


def tail(completion: Completion) -> Table:
    """What the answer, or its last line, ends with; times are in nanoseconds."""
    return {
        "done": True,
        "done_reason": DONE[completion.choices[0].finish_reason],
        "total_duration": 900_000_000,
        "load_duration": 20_000_000,
        "prompt_eval_count": completion.prompt_tokens,
        "prompt_eval_duration": 80_000_000,
        "eval_count": completion.completion_tokens,
        "eval_duration": 700_000_000,
    }


def chat_lines(completion: Completion, body: Table) -> list[Table]:
    """The answer of a chat, in lines: thoughts, text, calls, the end."""
    said = message(completion.choices[0])
    empty = {"role": "assistant", "content": ""}
    pieces: list[Table] = [{"message": {**empty, "thinking": token}} for token in tokens(said.get("thinking", ""))]
    pieces += [{"message": {**empty, "content": token}, **odds([token], body)} for token in tokens(said["content"])]
    pieces += [{"message": {**empty, "tool_calls": [call]}} for call in said.get("tool_calls", ())]
    made = [{**head(body), **piece, "done": False} for piece in pieces]
    return [*made, {**head(body), "message": empty, **tail(completion)}]


def text_lines(completion: Completion, body: Table) -> list[Table]:
    """The answer of a text completion, in lines."""
    choice = completion.choices[0]
    made = [{**head(body), "response": "", "thinking": token, "done": False} for token in tokens(choice.reasoning)]
    said = tokens(choice.content or "")
    made += [{**head(body), "response": token, "done": False, **odds([token], body)} for token in said]
    return [*made, {**head(body), "response": "", **tail(completion)}]


def pull_lines() -> Iterator[Table]:
    """A pull of a model with one layer."""
    digest = f"sha256:{'a1' * 32}"
    yield {"status": "pulling manifest"}
    for completed in (0, 512, 1024):
        yield {"status": f"pulling {digest[7:19]}", "digest": digest, "total": 1024, "completed": completed}
    yield from ({"status": status} for status in ("verifying sha256 digest", "writing manifest", "success"))


def check_images(images: Any) -> None:
    """Images are bare base64. Raises ServiceError."""
    for image in array(images):
        try:
            base64.b64decode(image, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ServiceError(400, "illegal base64 data at input byte 0") from error


def _turn(turn: Table) -> dict[str, Any]:
    calls = [
        {"name": call["function"]["name"], "arguments": json.dumps(call["function"]["arguments"])}
        for call in array(turn.get("tool_calls"))
    ]
    parts = [
        {"type": "text", "text": turn.get("content") or ""},
        *({"type": "image"} for _ in array(turn.get("images"))),
    ]
    content: Any = parts if turn.get("images") else turn.get("content") or ""
    return {"role": turn["role"], "content": content, **({"tool_calls": calls} if calls else {})}


def _arguments(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # cut off by num_predict
        return {}
