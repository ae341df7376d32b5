"""The words of the media tables that `onellm.checks` does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from onellm.checks import Check, Issue, Path, either, integer, string

Growing: TypeAlias = Callable[..., Check]
"""Makes the check of a list that Venice keeps adding to, from what the file lists."""
Rule: TypeAlias = Callable[[dict[str, Any], Path], Iterator[Issue]]


def any_of(*known: str) -> Check:
    """Any text: the list grows."""
    return string(low=1)


def constant(*options: int) -> Check:
    """One of these numbers, or exactly true."""

    def check(value: Any, path: Path) -> Iterator[Issue]:
        if not any(value == option and type(value) is type(option) for option in options):
            expected = " | ".join(str(option).lower() for option in options)
            facts = {"options": list(options), "received": value}
            yield Issue(path, "invalid_literal", f"Invalid literal value, expected {expected}", facts)

    return check


def seconds() -> Check:
    """A whole number above 0, or its digits."""

    def digits(value: Any, path: Path) -> Iterator[Issue]:
        if not isinstance(value, str) or not (value.isascii() and value.isdigit()):
            yield Issue(path, "invalid_string", "Invalid", {"validation": "regex"})

    return either(integer(above=0), digits)


def ruled(check: Check, *rules: Rule) -> Check:
    """What `check` passes and no rule has anything against; the rules see only bodies that `check` passes."""

    def judge(value: Any, path: Path) -> Iterator[Issue]:
        wrong = list(check(value, path))
        yield from wrong or (issue for rule in rules for issue in rule(value, path))

    return judge


def broken(path: Path, message: str) -> Issue:
    """A rule that is broken."""
    return Issue(path, "custom", message)
