"""A language model that knows nothing, and OpenAI's shape for what it says.

`complete` turns the body of a chat completions request into a `Completion`; `whole` and `chunks` put that on the wire.
The services of the simulator that speak this format share it, and add their own fields and strictness.

- The text is `echo(...)` of the last message of the user or a tool: the same request gives the same answer.
- "… 200 words …" in that message makes the text 200 words long.
- A token is a word with the space before it, or one other character (`tokens`).
- With `tool_choice="auto"` the tools are called whose names the last message of the user holds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, cast

from onellm.testing.simulator.instance import NoInstance, instance
from onellm.testing.simulator.values import ServiceError, dump

CREATED = 1_790_000_000
EFFORT_TOKENS: Mapping[str, int] = {
    "none": 0,
    "minimal": 4,
    "low": 8,
    "medium": 16,
    "high": 32,
    "xhigh": 64,
    "max": 128,
}
"""How many reasoning tokens each effort is worth."""
_OPENINGS = ("You said", "I read", "Your words were", "This came in:")
_MOST_WORDS = 100_000
_NO_LIMIT = 1 << 40


def tokens(text: str) -> list[str]:
    """The tokens of a text; joined they are the text."""
    return re.findall(r" ?\w+|\W", text)


def echo(message: str, variant: int = 0) -> str:
    """What the simulator says to a message. Choices and seeds differ by their variant."""
    words = message.split()
    phrase = " ".join(words[:12]) + (" …" if len(words) > 12 else "")
    text = f"{_OPENINGS[variant % len(_OPENINGS)]} “{phrase}”. This answer is simulated."
    if wanted := re.search(r"\b(\d+) words\b", message):
        text = " ".join(islice(cycle(text.split()), min(int(wanted[1]), _MOST_WORDS)))
    return text


@dataclass(frozen=True)
class Call:
    """A tool call: of a function with JSON arguments, or of a custom tool with free input."""

    id: str
    name: str
    arguments: str
    custom: bool = False


@dataclass(frozen=True)
class Choice:
    """One of the `n` answers."""

    index: int
    reasoning: str
    content: str | None
    calls: tuple[Call, ...]
    finish_reason: str

    @property
    def token_count(self) -> int:
        """Tokens of the reasoning, the text and the tool calls' arguments."""
        texts = (self.reasoning, self.content or "", *(call.arguments for call in self.calls))
        return sum(len(tokens(text)) for text in texts)


@dataclass(frozen=True)
class Completion:
    """What the model says to a request."""

    id: str
    choices: tuple[Choice, ...]
    prompt_tokens: int

    @property
    def completion_tokens(self) -> int:
        """Tokens of all choices, reasoning included."""
        return sum(choice.token_count for choice in self.choices)

    @property
    def reasoning_tokens(self) -> int:
        """Tokens of the reasoning alone."""
        return sum(len(tokens(choice.reasoning)) for choice in self.choices)


def complete(body: Mapping[str, Any], *, effort: str = "none", limit: int | None = None) -> Completion:
    """Answer a request that has been checked. `limit` is the most tokens that a choice may have."""
    digest = hashlib.sha256(dump(body)).hexdigest()
    choices = (_choice(body, index, digest, effort, limit) for index in range(int(body.get("n") or 1)))
    return Completion(f"chatcmpl-{digest[:29]}", tuple(choices), prompt_tokens(body))


def prompt_tokens(body: Mapping[str, Any]) -> int:
    """Four for each message, its text, 85 for each part that is no text, and the tools as JSON."""
    count = len(tokens(dump(body["tools"]).decode())) if body.get("tools") else 0
    for message in body["messages"]:
        others = [part for part in parts_of(message) if part.get("type") != "text"]
        count += 4 + len(tokens(text_of(message))) + 85 * len(others)
        count += sum(len(tokens(dump(call).decode())) for call in message.get("tool_calls") or ())
    return count


def text_of(message: Mapping[str, Any]) -> str:
    """The text of a message, its parts joined by spaces."""
    content = message.get("content")
    return (
        content
        if isinstance(content, str)
        else " ".join(str(part["text"]) for part in parts_of(message) if "text" in part)
    )


def parts_of(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The content parts of a message; none where the content is a text."""
    content = message.get("content")
    return cast("list[dict[str, Any]]", content) if isinstance(content, list) else []


def _choice(body: Mapping[str, Any], index: int, digest: str, effort: str, limit: int | None) -> Choice:
    budget = _NO_LIMIT if limit is None else limit
    reasoning, budget = _spend("".join(islice(cycle((" let", " me", " think")), EFFORT_TOKENS[effort])), budget)
    calls: list[Call] = []
    for place, (tool, arguments) in enumerate(_wanted_calls(body)):
        if budget > 0:
            arguments, budget = _spend(arguments, budget)
            calls.append(Call(f"call_{digest[:20]}{index:02}{place:02}", tool.name, arguments, tool.custom))
    content = None
    if not calls:
        content, budget = _spend(_content(body, index), budget)
    finished = "tool_calls" if calls else "stop"
    return Choice(index, reasoning, content, tuple(calls), "length" if budget < 0 else finished)


def _spend(text: str, budget: int) -> tuple[str, int]:
    """As much of the text as the budget allows, and what is left of that: less than 0 if something is missing."""
    made = tokens(text)
    return "".join(made[: max(0, budget)]), budget - len(made)


def _content(body: Mapping[str, Any], index: int) -> str:
    said = [text_of(each) for each in body["messages"] if each["role"] in ("user", "tool")]
    message = said[-1] if said else ""
    wanted: Any = body.get("response_format") or {"type": "text"}
    if wanted["type"] == "json_object":
        text = dump({"echo": message}).decode()
    elif wanted["type"] == "json_schema":
        text = _instance(wanted["json_schema"].get("schema", wanted["json_schema"]), "response_format")
    else:
        text = echo(message, index + int(body.get("seed") or 0))
    stop = body.get("stop") or ()
    ends = (text.find(mark) for mark in ((stop,) if isinstance(stop, str) else stop) if mark)
    return text[: min((end for end in ends if end >= 0), default=len(text))]


@dataclass(frozen=True)
class _Tool:
    name: str
    custom: bool
    parameters: Any

    def arguments(self) -> str:
        return "text" if self.custom else _instance(self.parameters or {"type": "object"}, "tools")


def _offered(tools: Sequence[Mapping[str, Any]]) -> dict[str, _Tool]:
    """The tools that the model can call; what the service runs by itself is not among them."""
    functions = [
        _Tool(tool["function"]["name"], False, tool["function"].get("parameters"))
        for tool in tools
        if "function" in tool
    ]
    customs = [_Tool(tool["custom"]["name"], True, None) for tool in tools if "custom" in tool]
    return {tool.name: tool for tool in (*functions, *customs)}


def _wanted_calls(body: Mapping[str, Any]) -> Iterator[tuple[_Tool, str]]:
    """Each tool to call, with its arguments."""
    tools = _offered(body.get("tools") or ())
    choice: Any = body.get("tool_choice") or "auto"
    if not isinstance(choice, str):
        named: dict[str, Any] = {"mode": "required", "tools": [choice]}
        allowed: dict[str, Any] = choice.get("allowed_tools", named)
        tools = {name: tools[name] for name in _offered(allowed["tools"])}
        choice = allowed["mode"]
    last = body["messages"][-1]
    names = [name for name in tools if last["role"] == "user" and _mentions(text_of(last), name)]
    if choice == "required":
        names = names or list(tools)[:1]
    elif choice == "none":
        names = []
    for name in names[:1] if body.get("parallel_tool_calls") is False else names:
        yield tools[name], tools[name].arguments()


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


def _instance(schema: Any, param: str) -> str:
    try:
        return dump(instance(schema)).decode()
    except NoInstance as error:
        raise ServiceError(400, f"The simulator finds no instance of this schema: {error}", param=param) from error
    except (AttributeError, LookupError, TypeError, re.error) as error:
        raise ServiceError(400, f"This is no JSON Schema: {error!r}", param=param) from error
