"""What Gemini said, kept so that it can go back part by part: `provider_state = {"gemini": {"parts": […]}}`.

A thought signature belongs to its part, and a part with one may not be joined with another. So the parts of an answer
are kept where the message does not say them in full, and go back unchanged while the message still says the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.translate.messages import calls_of, plain_text, state_of

SKIP = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
"""What stands for the signature of a call that Gemini did not make (base64 of `skip_thought_signature_validator`)."""


def make_state(parts: Sequence[Table], owner: str) -> Table | None:
    """The state of an answer; None where its message says everything."""
    return None if all(_is_plain(part) for part in parts) else {owner: {"parts": list(parts)}}


def replayed(message: Mapping[str, Any], owner: str) -> list[Table] | None:
    """The parts that an unchanged message was made of, without its thoughts; None where it has none or says else."""
    parts = [table(part) for part in array(state_of(message, owner).get("parts"))]
    if not parts or spoken(parts) != plain_text(message.get("content")) or not _same_calls(parts, message):
        return None
    return [part for part in parts if not (part.get("thought") and not part.get("thoughtSignature"))]


def spoken(parts: Sequence[Table]) -> str:
    """The text of all parts that are no thoughts."""
    return "".join(str(part.get("text") or "") for part in parts if not part.get("thought"))


def call_id(call: Mapping[str, Any], number: int, answer: str = "") -> str:
    """The id of the answer's call with this number; one that the service left out is made, of 24 digits.

    It is made of what the call says and of the answer's id: the same whenever the same answer is read, and another for
    the same call in a later answer.
    """
    known = call.get("id")
    return str(known) if known else _stem(call, number) + hashlib.sha256(answer.encode()).hexdigest()[:8]


def is_id_of(known: Any, call: Mapping[str, Any], number: int) -> bool:
    """Whether the caller's id is that of this call."""
    own = call.get("id")
    return known == own if own else is_made_here(known, call, number)


def is_made_here(known: Any, call: Mapping[str, Any], number: int) -> bool:
    """Whether the id was made of what this call says: the service gave none."""
    return str(known).startswith(_stem(call, number))


def _stem(call: Mapping[str, Any], number: int) -> str:
    said = json.dumps([number, call.get("name"), call.get("args") or {}], sort_keys=True)
    return f"call_{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _same_calls(parts: Sequence[Table], message: Mapping[str, Any]) -> bool:
    ours, theirs = [table(part["functionCall"]) for part in parts if "functionCall" in part], calls_of(message)
    return len(ours) == len(theirs) and all(
        is_id_of(known, call, at) and (name, args) == (call.get("name"), call.get("args") or {})
        for at, (call, (known, name, args)) in enumerate(zip(ours, theirs, strict=True))
    )


def _is_plain(part: Mapping[str, Any]) -> bool:
    """Whether the message says all that the part says."""
    return (part.keys() <= {"text", "thought"} and "text" in part) or (
        set(part) == {"functionCall"} and bool(table(part["functionCall"]).get("id"))
    )
