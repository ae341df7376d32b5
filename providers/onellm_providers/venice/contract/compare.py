"""What differs between two files, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from onellm_providers.venice.contract.facts import Fact, Facts
from onellm_providers.venice.operations import BEYOND_THE_FILE, OPERATIONS


@dataclass(frozen=True)
class Difference:
    """One difference. `name` is stable, and what `--ignore` matches: `kind operation field`."""

    kind: str
    operation: str
    field: str
    said: str

    @property
    def name(self) -> str:
        return f"{self.kind} {self.operation}{f' {self.field}' if self.field else ''}"

    def as_table(self) -> dict[str, str]:
        return {"name": self.name, **asdict(self)}


def differences(known: Facts, found: Facts, ignore: Sequence[str] = ()) -> list[Difference]:
    """What `found` has beyond or otherwise than `known`; `ignore` are patterns of names, with `*` for any text."""
    every = _operations(known, found)
    return [each for each in every if not any(fnmatchcase(each.name, pattern) for pattern in ignore)]


def _operations(known: Facts, found: Facts) -> Iterator[Difference]:
    for operation in sorted({*known, *found}):
        if operation not in found:
            method = OPERATIONS.get(operation)
            yield Difference("operation-gone", operation, "", f"the file has it no more; it is {method} here")
        elif operation not in known:
            said = "new, and no method has it; client.request() reaches it"
            if operation in BEYOND_THE_FILE:
                said = f"the file has it now; it is {OPERATIONS[operation]} here, from another source"
            yield Difference("operation-added", operation, "", said)
        else:
            for part in ("request", "answer"):
                yield from _fields(operation, part, known[operation][part], found[operation][part])


def _fields(operation: str, part: str, known: Mapping[str, Fact], found: Mapping[str, Fact]) -> Iterator[Difference]:
    word = "parameter" if part == "request" else "answer"
    for field in sorted({*known, *found}):
        if field not in found:
            yield Difference(f"{word}-gone", operation, field, "the file has it no more")
        elif field not in known:
            required = word == "parameter" and found[field].get("required")
            yield Difference(f"{word}-added", operation, field, f"new{', and required' if required else ''}")
        else:
            yield from _changes(operation, word, field, known[field], found[field])


def _changes(operation: str, word: str, field: str, known: Fact, found: Fact) -> Iterator[Difference]:
    for name in sorted({*known, *found}):
        before, after = known.get(name), found.get(name)
        if before == after:
            continue
        if name == "required":
            kind = f"{word}-required" if after else f"{word}-optional"
            yield Difference(kind, operation, field, "required" if after else "no longer required")
        elif name in ("enum", "suggested"):
            yield Difference(f"{word}-enum", operation, field, _choices(before, after))
        elif name == "type":
            yield Difference(f"{word}-type", operation, field, f"{before} → {after}")
        else:
            yield Difference(f"{word}-range", operation, field, f"{name}: {_shown(before)} → {_shown(after)}")


def _choices(before: Any, after: Any) -> str:
    old, new = set(before or ()), set(after or ())
    parts = [f"{sign}{', '.join(sorted(names))}" for sign, names in (("+", new - old), ("−", old - new)) if names]
    return "; ".join(parts)


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
