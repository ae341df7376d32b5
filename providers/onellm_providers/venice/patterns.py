"""Texts of a form, as tables of parameters need them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from onellm.checks import Check, Issue, Path, json_type


def matching(pattern: str, what: str, high: int | None = None) -> Check:
    """A text that a pattern matches as a whole; `what` says of which form it is."""
    found = re.compile(pattern, re.ASCII)

    def check(value: Any, path: Path) -> Iterator[Issue]:
        if not isinstance(value, str):
            yield Issue(path, "invalid_type", f"Expected string, received {json_type(value)}")
        elif not found.fullmatch(value) or len(value) > (high or len(value)):
            yield Issue(path, "invalid_string", f"Expected {what}", {"validation": "regex"})

    return check


DATE = r"\d{4}-\d{2}-\d{2}"
ANON_USER = matching(r"(?!.*\|\|)[ -~]{1,128}", "1 to 128 printable ASCII characters without ||")
"""Not in the OpenAPI file; known from venice-py 2.9.0."""
