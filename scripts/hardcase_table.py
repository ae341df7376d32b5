"""Write tests/hardcases/table.md, which says of each hard case where it is tested: `python scripts/hardcase_table.py`.

    python scripts/hardcase_table.py [--check] [CATALOGUE]

The ids and whom they concern are read from the catalogue, the tests from their source: a test carries the ids in its
name (`test_tool_18_19_tool_choice`), in its docstring or that of its class (`TOOL-03`, `TOOL-03, 04`, `TOOL-03 to 05`),
in a text of its parameters, or in its module's docstring where that names single cases. `--check` writes nothing; it
ends with 1 where the table is out of date, or where a case that concerns a provider we have is neither tested nor
excused. Titles and excuses stand in tests/hardcases/cases.toml.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from onellm.registry import list_providers

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
CATALOGUE = ROOT.parent / "shared" / "hardcases.md"
TABLE = TESTS / "hardcases" / "table.md"
NOTES = TESTS / "hardcases" / "cases.toml"

OWN = TESTS / "hardcases" / "test_table.py"
"""The tests of this script, whose ids are examples."""
SHOWN = 3
"""Tests of a case that the table names; of the others it says how many they are."""
EVERYONE = ("all", "compat", "compatible", "host", "hosts", "local", "cross", "lmstudio", "sglang")
"""Words of the catalogue that mean providers which are always here."""
ALIASES = {"llama.cpp": "llama_cpp"}
"""The catalogue's words for providers that have another name here."""
CASE = re.compile(r"^### ([A-Z]+-\d\d) — .*\n- Providers: (.*?) · ", re.MULTILINE)


@dataclass
class Case:
    """A hard case: whom it concerns, and which tests carry its id."""

    id: str
    providers: str
    tests: list[str] = field(default_factory=list[str])

    def concerns(self, names: set[str]) -> bool:
        """Whether it is about a provider among these."""
        words = re.findall(r"[a-z_]+(?:\.[a-z]+)?", self.providers.lower())
        return any(word in EVERYONE or word in names or ALIASES.get(word) in names for word in words)


# -- ids in texts ----------------------------------------------------------------------------------------------------


class Ids:
    """Finds the ids of the catalogue's groups in names and texts."""

    def __init__(self, groups: set[str]) -> None:
        one = "|".join(sorted(groups, key=len, reverse=True))
        self._in_name = re.compile(rf"(?:^|_)({one.lower()})((?:(?:_and)?_\d\d(?!\d))+)")
        more = rf"(?:\s*(?:,|/|and|to|–|,\s+and)\s*(?:(?:{one})-)?\d\d(?!\d))*"
        self._in_text = re.compile(rf"\b({one})-(\d\d(?!\d){more})")
        self._group = re.compile(rf"({one})-")

    def in_name(self, name: str) -> set[str]:
        return {
            f"{group.upper()}-{number}"
            for group, numbers in self._in_name.findall(name)
            for number in re.findall(r"\d\d", numbers)
        }

    def in_text(self, text: str, *, ranges: bool = True) -> set[str]:
        found: set[str] = set()
        for match in self._in_text.finditer(text):
            group = match[1]
            before: int | None = None
            for link, named, number in re.findall(r"(to|–)?\s*(?:([A-Z]+)-)?(\d\d)", match[2]):
                if link and before is not None and ranges:
                    found |= {f"{group}-{each:02}" for each in range(before, int(number))}
                if link and before is not None and not ranges:
                    found.discard(f"{group}-{before:02}")
                    continue
                group, before = named or group, int(number)
                found.add(f"{group}-{number}")
        return found


def tests_in(path: Path, ids: Ids) -> Iterator[tuple[str, set[str]]]:
    """Each test of a file and its ids."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    where = path.relative_to(TESTS).as_posix()
    yield from _of(tree.body, where, ids.in_text(ast.get_docstring(tree) or "", ranges=False), ids)


def _of(body: list[ast.stmt], where: str, around: set[str], ids: Ids) -> Iterator[tuple[str, set[str]]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            own = ids.in_name(node.name.lower()) | ids.in_text(ast.get_docstring(node) or "")
            yield from _of(node.body, f"{where}::{node.name}", around | own, ids)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            own = ids.in_name(node.name) | ids.in_text(ast.get_docstring(node) or "")
            texts = [text for mark in node.decorator_list for text in _texts(mark)]
            yield f"{where}::{node.name}", own.union(*map(ids.in_text, texts)) or around
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and (named := _strings(node, ids)):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            yield f"{where} ({ast.unparse(target)})", named


def _strings(node: ast.Assign | ast.AnnAssign, ids: Ids) -> set[str]:
    """Ids in a table of parameters that stands outside of its test."""
    return set[str]().union(*map(ids.in_text, _texts(node)))


def _texts(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


# -- the table -------------------------------------------------------------------------------------------------------


def read_cases(catalogue: Path) -> list[Case]:
    """The cases of the catalogue, with the tests that carry their ids."""
    cases = [Case(*found) for found in CASE.findall(catalogue.read_text(encoding="utf-8"))]
    by_id = {case.id: case for case in cases}
    ids = Ids({case.id.partition("-")[0] for case in cases})
    for path in sorted({*TESTS.rglob("test_*.py"), *TESTS.rglob("contract.py")} - {OWN}):
        for test, carried in tests_in(path, ids):
            for id in carried & by_id.keys():
                by_id[id].tests.append(test)
    return cases


def written(cases: list[Case], titles: dict[str, str], excuses: dict[str, str]) -> str:
    lines = [
        "# Where hard cases are tested",
        "",
        "Written by `python scripts/hardcase_table.py`; titles and reasons are in `cases.toml`.",
        "",
        "| case | what it is about | providers | tests |",
        "|---|---|---|---|",
    ]
    for case in cases:
        more = f" and {len(case.tests) - SHOWN} more" if len(case.tests) > SHOWN else ""
        tests = ", ".join(f"`{test}`" for test in case.tests[:SHOWN]) + more
        told = tests or excuses.get(case.id) or "for a provider that is not here"
        cells = (case.id, titles.get(case.id, ""), case.providers, told)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def wrong(cases: list[Case], titles: dict[str, str], excuses: dict[str, str]) -> Iterator[str]:
    """What the check finds beside an old table."""
    names = set(list_providers())
    for case in cases:
        if case.id not in titles:
            yield f"{case.id} has no title in {NOTES.name}."
        if not case.tests and case.id not in excuses and case.concerns(names):
            yield f"{case.id} ({case.providers}) is neither tested nor excused."
    for id in excuses.keys() - {case.id for case in cases}:
        yield f"{id} is excused, yet no case."


def main() -> int:
    given = [each for each in sys.argv[1:] if each != "--check"]
    catalogue = Path(given[0]) if given else CATALOGUE
    if not catalogue.is_file():
        raise SystemExit(f"There is no catalogue at {catalogue}; name it as the argument.")
    notes = tomllib.loads(NOTES.read_text(encoding="utf-8"))
    cases = read_cases(catalogue)
    made = written(cases, notes["titles"], notes["excuses"])
    problems = list(wrong(cases, notes["titles"], notes["excuses"]))
    if "--check" not in sys.argv[1:]:
        TABLE.write_text(made, encoding="utf-8")
    elif not TABLE.is_file() or TABLE.read_text(encoding="utf-8") != made:
        problems.append(f"{TABLE.name} is out of date: run python scripts/hardcase_table.py")
    for problem in problems:
        print(problem)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
