"""Whether a JSON Schema refers to itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onellm.decode.json import Table, table
from onellm.translate.schema import DEFINITIONS, target, walk


def recursive(root: Mapping[str, Any]) -> str:
    """A reference that leads back to itself; empty where there is none. InvalidRequestError: one leads nowhere."""
    state: dict[str, bool] = {}

    def refs(schema: Any) -> list[str]:
        found: list[str] = []

        def note(each: Table) -> Table:
            if isinstance(each.get("$ref"), str):
                found.append(each["$ref"])
            return each

        walk({name: value for name, value in table(schema).items() if name not in DEFINITIONS}, note)
        return found

    def follow(schema: Any) -> str:
        for ref in refs(schema):
            if state.get(ref) is False or ref == "#":
                return ref
            if ref not in state:
                state[ref] = False
                if back := follow(target(root, ref)):
                    return back
                state[ref] = True
        return ""

    return follow(root)
