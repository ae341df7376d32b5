"""Each fault that the client must stand has its tests here, and they are found by its number."""

from __future__ import annotations

import ast
import re
from pathlib import Path

FAULTS = {1, 2, 3, 5, 6, 7, *range(8, 16), 17, 18, 23, 24, 25}
"""The numbers of the catalogue that concern one client and one target; the others are a gateway's or a router's."""


def test_every_fault_has_tests() -> None:
    found: dict[int, list[str]] = {}
    for path in Path(__file__).parent.glob("test_fault_*.py"):
        number = int(path.name.split("_")[2])
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                assert re.match(rf"test_fault_{number:02}_", node.name), f"{path.name}: {node.name}"
                found.setdefault(number, []).append(node.name)
    assert found.keys() == FAULTS
