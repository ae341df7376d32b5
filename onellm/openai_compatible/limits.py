"""What a host takes of a parameter: a range, one of a list, so many entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from onellm.record import record


@record(frozen=True)
class Range:
    """A number from `least` to `most`, and more than `above`."""

    least: float | None = None
    most: float | None = None
    above: float | None = None

    def problem(self, value: object) -> str | None:
        """What is wrong with the value, None if nothing is."""
        if not isinstance(value, (int, float)):
            return None
        if self.least is not None and self.least == self.most != value:
            return f"must be {self.least:g}"
        if self.above is not None and not value > self.above:
            return f"must be more than {self.above:g}"
        if self.least is not None and not value >= self.least:
            return f"must be {self.least:g} or more"
        if self.most is not None and not value <= self.most:
            return f"must be {self.most:g} or less"
        return None


@record(frozen=True)
class OneOf:
    """One of a closed list of words."""

    words: tuple[str, ...]

    def problem(self, value: object) -> str | None:
        return None if value in self.words else f"must be one of {', '.join(self.words)}"


@record(frozen=True)
class Items:
    """A list of at most `most` entries (a single value counts as one)."""

    most: int

    def problem(self, value: object) -> str | None:
        size = len(cast("Sequence[object]", value)) if isinstance(value, (list, tuple)) else 1
        return f"takes at most {self.most} entries, {size} were given" if size > self.most else None


Limit = Range | OneOf | Items

OPENAI_LIMITS: Mapping[str, Limit] = {
    "temperature": Range(0, 2),
    "top_p": Range(0, 1),
    "frequency_penalty": Range(-2, 2),
    "presence_penalty": Range(-2, 2),
    "n": Range(1, 128),
    "top_logprobs": Range(0, 20),
    "stop": Items(4),
}
