"""The security lines and the tests that hold them: those with the mark `security`, wherever they stand."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
LINES = {
    "S1": "values that are printed, dumped, copied or pickled show no key",
    "S2": "tracebacks with locals show no key",
    "S3": "the causes and contexts of an error show no key",
    "S4": "logs at DEBUG show no key",
    "S5": "keys are checked when they are set",
    "S6": "headers of callers cannot break out of their line, nor replace credentials",
    "S7": "redirects are errors",
    "S8": "media by URL is fetched from public addresses only",
    "S9": "answers are counted as they are unpacked",
    "S10": "events, lines, arguments and nesting are bounded",
    "S17": "no data is run as code",
    "S19": "what a model writes cannot steer the terminal",
    "S22": "plugins are loaded when they are named",
    "S23": "few dependencies, and a wheel with nothing else in it",
    "S24": ".env is read on request only",
}


@functools.cache
def marked() -> dict[str, set[str]]:
    """For each line the files with a test that says it holds it."""
    found: dict[str, set[str]] = {}
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.security":
                for line in node.args:
                    found.setdefault(str(ast.literal_eval(line)), set()).add(str(path.relative_to(TESTS)))
    return found


@pytest.mark.parametrize("line", LINES)
def test_the_line_is_held(line: str) -> None:
    assert marked().get(line), f"{line}: {LINES[line]}"


def test_no_other_line_is_spoken_of() -> None:
    assert marked().keys() <= LINES.keys()
