"""Turns with tool calls as some hosts want them: with ids of their own form, one call to a turn."""

from __future__ import annotations

import hashlib
import re
import string
from typing import Any

from onellm.decode.json import array

LETTERS = string.ascii_letters + string.digits


def shorten_ids(turns: list[dict[str, Any]], size: int) -> None:
    """Give every tool call an id of `size` letters and digits, its result the same; ids that are so already stay.

    The same id becomes the same in every request, and no two ids of a request become one.
    """
    given = [call["id"] for turn in turns for call in array(turn.get("tool_calls"))]
    given += [turn["tool_call_id"] for turn in turns if "tool_call_id" in turn]
    names: dict[str, str] = {name: name for name in given if _fits(name, size)}
    for name in given:
        if name not in names:
            names[name] = _free(str(name), size, set(names.values()))
    for turn in turns:
        for call in array(turn.get("tool_calls")):
            call["id"] = names[call["id"]]
        if "tool_call_id" in turn:
            turn["tool_call_id"] = names[turn["tool_call_id"]]


def one_call_a_turn(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A turn of several calls as turns of one call, each followed by its result; its text stays with the first."""
    split: list[dict[str, Any]] = []
    index = 0
    while index < len(turns):
        turn = turns[index]
        calls = array(turn.get("tool_calls"))
        index += 1
        if len(calls) < 2:
            split.append(turn)
            continue
        results: dict[str, dict[str, Any]] = {}
        while index < len(turns) and turns[index]["role"] == "tool":
            results[turns[index]["tool_call_id"]] = turns[index]
            index += 1
        for number, call in enumerate(calls):
            first = turn if number == 0 else {"role": "assistant", "content": None}
            split.append({**first, "tool_calls": [call]})
            if call["id"] in results:
                split.append(results.pop(call["id"]))
        split += results.values()
    return split


def _fits(name: object, size: int) -> bool:
    return isinstance(name, str) and len(name) == size and all(letter in LETTERS for letter in name)


def _free(name: str, size: int, taken: set[str]) -> str:
    """The first id made of the name's hash that nobody has."""
    for number in range(len(taken) + 1):
        value = int.from_bytes(hashlib.sha256(f"{number}:{name}".encode()).digest(), "big")
        made = ""
        for _ in range(size):
            value, place = divmod(value, len(LETTERS))
            made += LETTERS[place]
        if made not in taken:
            return made
    raise AssertionError("more ids taken than there are")


def bare_id(provider: str, id: str) -> str:
    """The service's own id of a file, which callers have with the provider, or a profile of it, in front."""
    return re.sub(f"^{re.escape(provider.partition('@')[0])}(@[^/]*)?/", "", id)
