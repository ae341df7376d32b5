"""Queries as values: numbers, flags and lists, checked by the table of the operation."""

from __future__ import annotations

from typing import Any

from onellm.checks import Check
from onellm.testing.simulator.values import ServiceError, SimRequest

_FLAGS = {"true": True, "false": False}


def read(
    request: SimRequest,
    table: Check,
    *,
    numbers: tuple[str, ...] = (),
    flags: tuple[str, ...] = (),
    lists: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The query, which `table` finds nothing wrong with. Raises ServiceError with what it finds."""
    query: dict[str, Any] = dict(request.query)
    for name, text in request.query.items():
        if name in numbers:
            query[name] = int(text) if text.lstrip("-").isdecimal() else text
        elif name in flags:
            query[name] = _FLAGS.get(text, text)
        elif name in lists:
            query[name] = text.split(",")
    if issues := list(table(query, ())):
        raise ServiceError(400, issues[0].message, issues=issues)
    return query
