"""Recorded exchanges with real services (VCR's YAML), and a plain reading of their chat answers to judge ours by."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Knows no types: a recorded Python object is read as the mapping or text that it is made of."""


def _untagged(loader: Any, suffix: str, node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, True)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("tag:", _untagged)


@dataclass(frozen=True)
class Exchange:
    """One recorded chat completion: `label` says where it comes from."""

    label: str
    request: Any
    status: int
    body: bytes

    @property
    def streamed(self) -> bool:
        return not self.body.lstrip().startswith(b"{")


@functools.cache
def chats(folder: Path) -> tuple[Exchange, ...]:
    """The recorded POSTs to …/chat/completions under a folder."""
    return tuple(found for path in sorted(folder.glob("*.yaml")) for found in _read(path))


def _read(path: Path) -> Iterator[Exchange]:
    recorded = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    for number, each in enumerate(recorded["interactions"]):
        request = each.get("request")
        if request and request["method"] == "POST" and urlsplit(request["uri"]).path.endswith("/chat/completions"):
            asked, answer = _body(request), _body(each["response"])
            yield Exchange(
                f"{path.stem}:{number}", json.loads(asked or b"null"), each["response"]["status"]["code"], answer
            )


def _body(part: dict[str, Any]) -> bytes:
    if "parsed_body" in part:
        return json.dumps(part["parsed_body"], default=str).encode()
    body = part.get("body")
    if isinstance(body, dict) and not body.keys() & {"string", "base64_string"}:
        return json.dumps(body, default=str).encode()
    if isinstance(body, dict):
        body = body.get("string", body.get("base64_string"))
    text = body if isinstance(body, bytes) else str(body or "").encode()
    return text.removeprefix(b" ")  # YAML's own indentation in one recording


@dataclass
class Plain:
    """What an answer says, read without any of our code."""

    text: str = ""
    reasoning: str = ""
    finish: str | None = None
    usage: Any = None
    error: Any = None
    calls: dict[int, list[str]] = field(default_factory=dict[int, list[str]])

    @property
    def tool_calls(self) -> list[tuple[str, str, Any]]:
        return [(call[0], call[1], json.loads(call[2] or "{}")) for _, call in sorted(self.calls.items())]


def plain(exchange: Exchange) -> Plain:
    """Read an answer of one choice."""
    found = Plain()
    for value in _events(exchange):
        found.error = found.error or value.get("error")
        found.usage = value.get("usage") or (value.get("x_groq") or {}).get("usage") or found.usage
        for choice in value.get("choices") or []:
            said = choice.get("delta") or choice.get("message") or {}
            found.text += said.get("content") or ""
            found.reasoning += said.get("reasoning_content") or said.get("reasoning") or ""
            found.finish = choice.get("finish_reason") or found.finish
            for place, call in enumerate(said.get("tool_calls") or []):
                function = call.get("function") or {}
                known = found.calls.setdefault(call.get("index", place), ["", "", ""])
                known[0] = known[0] or call.get("id") or ""
                known[1] = known[1] or function.get("name") or ""
                known[2] += function.get("arguments") or ""
    return found


def _events(exchange: Exchange) -> Iterator[dict[str, Any]]:
    if not exchange.streamed:
        yield json.loads(exchange.body)
        return
    for line in exchange.body.decode().split("\n"):
        payload = line.removeprefix("data:").strip()
        if line.startswith("data:") and payload != "[DONE]":
            yield json.loads(payload)
