"""Taking JSON apart: what is expected to be a table or a list, is one, or is empty."""

from __future__ import annotations

from typing import Any, TypeAlias, cast

Table: TypeAlias = dict[str, Any]


def table(value: object) -> Table:
    """The value if it is a JSON object, else an empty one."""
    return cast("Table", value) if isinstance(value, dict) else {}


def array(value: object) -> list[Any]:
    """The value if it is a JSON array, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def given(value: object) -> Table:
    """A new table with what is not null."""
    return {name: item for name, item in table(value).items() if item is not None}
