"""What a request is like in a recording, and where it differs."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Sequence

from onellm.testing.recording.exchange import Asked

WIDTH = 110
LONGEST = 50 * WIDTH
LINES = 60


def nearest(asked: Asked, recorded: Sequence[Asked]) -> int | None:
    """The number of the recorded request that is most like this one; None if there is none."""
    mine = list(_lines(asked))

    def likeness(number: int) -> tuple[bool, float]:
        other = recorded[number]
        same = (other.method, other.target) == (asked.method, asked.target)
        return same, difflib.SequenceMatcher(None, mine, list(_lines(other)), autojunk=False).quick_ratio()

    return max(range(len(recorded)), key=likeness, default=None)


def difference(recorded: Asked, asked: Asked) -> list[str]:
    """A unified diff from the recorded request to this one."""
    before, now = list(_lines(recorded)), list(_lines(asked))
    diff = list(difflib.unified_diff(before, now, "recorded", "requested", n=2, lineterm=""))
    return diff if len(diff) <= LINES else [*diff[:LINES], f"… and {len(diff) - LINES} lines more"]


def _lines(asked: Asked) -> Iterator[str]:
    """The request in lines; a long one is folded, so that only the part that differs is shown."""
    yield f"{asked.method} {asked.target}"
    for kind, value in asked.body.items():
        text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) if kind == "json" else str(value)
        for line in text.splitlines():
            if len(line) > LONGEST:
                digest = hashlib.sha256(line.encode()).hexdigest()[:12]
                line = f"{line[:LONGEST]}… ({len(line)} characters, SHA-256 {digest}…)"
            yield from (line[start : start + WIDTH] for start in range(0, len(line) or 1, WIDTH))
