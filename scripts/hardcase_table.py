"""Write tests/hardcases/table.md, which says of each hard case where it is tested: `python scripts/hardcase_table.py`.

    python scripts/hardcase_table.py [--check] [CATALOGUE]

The ids and whom they concern are read from the catalogue, the tests from their source: a test carries the ids in its
name (`test_tool_18_19_tool_choice`), in its docstring or that of its class (`TOOL-03`, `TOOL-03, 04`, `TOOL-03 to 05`),
in a text of its parameters, or in its module's docstring where that names single cases. A test covers the provider in
whose folder it is, those that its mark or its file stands for (`[groups]`, `[files]`), and in the contract all.

`--check` writes nothing; it ends with 1 where the table is out of date, or where a case is neither tested nor excused
for a provider that it names and that has a format of its own. What the tests do not say stands in
tests/hardcases/cases.toml: titles, groups, excuses.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
NATIVE = ("anthropic", "gemini", "vertex", "bedrock", "azure", "cohere", "replicate", "ollama", "llama_cpp")
"""Providers with a format of their own, and Azure: a test of another provider says nothing of them."""
FOLDERS = {"gemini": ("gemini", "vertex")}
"""Folders of tests that stand for more than the provider of their name."""
CASE = re.compile(r"^### ([A-Z]+-\d\d) — .*\n- Providers: (.*?) · ", re.MULTILINE)


@dataclass
class Case:
    """A hard case: whom it concerns, and which tests carry its id."""

    id: str
    providers: str
    tests: list[str] = field(default_factory=list[str])
    covering: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Of each provider that has a format of its own, the tests that try it there."""

    @property
    def named(self) -> list[str]:
        """The providers with a format of their own that it is about."""
        words = {ALIASES.get(word, word) for word in re.findall(r"[a-z_]+(?:\.[a-z]+)?", self.providers.lower())}
        if "all" in words or "cross" in words:
            return list(NATIVE)
        return [name for name in NATIVE if name in words]

    def add(self, test: str, providers: set[str]) -> None:
        self.tests.append(test)
        for name in providers & set(NATIVE):
            self.covering.setdefault(name, []).append(test)

    def shown(self) -> list[str]:
        """Tests for the table: one for each provider that is named where that is little, then the first ones."""
        first = [self.covering[name][0] for name in self.named if name in self.covering]
        return list(dict.fromkeys([*first[: len(NATIVE)], *self.tests]))[: max(SHOWN, len(set(first)))]

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


def tests_in(path: Path, ids: Ids) -> Iterator[tuple[str, set[str], set[str]]]:
    """Each test of a file, its ids, and the marks on it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    where = path.relative_to(TESTS).as_posix()
    yield from _of(tree.body, where, ids.in_text(ast.get_docstring(tree) or "", ranges=False), ids)


def _of(body: list[ast.stmt], where: str, around: set[str], ids: Ids) -> Iterator[tuple[str, set[str], set[str]]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            own = ids.in_name(node.name.lower()) | ids.in_text(ast.get_docstring(node) or "")
            yield from _of(node.body, f"{where}::{node.name}", around | own, ids)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            own = ids.in_name(node.name) | ids.in_text(ast.get_docstring(node) or "")
            texts = [text for mark in node.decorator_list for text in _texts(mark)]
            marks = {mark.id for mark in node.decorator_list if isinstance(mark, ast.Name)}
            yield f"{where}::{node.name}", own.union(*map(ids.in_text, texts)) or around, marks
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and (named := _strings(node, ids)):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            yield f"{where} ({ast.unparse(target)})", named, set()


def _strings(node: ast.Assign | ast.AnnAssign, ids: Ids) -> set[str]:
    """Ids in a table of parameters that stands outside of its test."""
    return set[str]().union(*map(ids.in_text, _texts(node)))


def _texts(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


# -- the table -------------------------------------------------------------------------------------------------------


def read_cases(catalogue: Path, groups: dict[str, list[str]], files: dict[str, list[str]] | None = None) -> list[Case]:
    """The cases of the catalogue, with the tests that carry their ids."""
    cases = [Case(*found) for found in CASE.findall(catalogue.read_text(encoding="utf-8"))]
    by_id = {case.id: case for case in cases}
    ids = Ids({case.id.partition("-")[0] for case in cases})
    for path in sorted({*TESTS.rglob("test_*.py"), *TESTS.rglob("contract.py")} - {OWN}):
        where = path.relative_to(TESTS)
        tried = _tried_in(where) | set((files or {}).get(where.as_posix(), ()))
        for test, carried, marks in tests_in(path, ids):
            for id in carried & by_id.keys():
                by_id[id].add(test, tried.union(*(groups.get(mark, ()) for mark in marks)))
    return cases


def _tried_in(path: Path) -> set[str]:
    """The providers that a file of tests is about."""
    if path.as_posix() == "providers/contract.py":
        return set(NATIVE)
    if path.parts[0] != "providers" or len(path.parts) < 3:
        return set()
    return set(FOLDERS.get(path.parts[1], (path.parts[1],)))


def all_excuses(cases: list[Case], notes: dict[str, Any]) -> dict[str, str]:
    """The excuses by case, and by case and provider; what a whole group of cases is excused for, case by case."""
    excuses: dict[str, str] = dict(notes["excuses"])
    for apart in notes["apart"]:
        for case in cases:
            name = apart["provider"]
            asked = case.id in apart["cases"] or case.id.partition("-")[0] in apart["cases"]
            if asked and name in case.named and name not in case.covering:
                excuses.setdefault(f"{case.id}/{name}", apart["why"])
    return excuses


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
        shown = case.shown()
        more = " and more" if len(case.tests) > len(shown) else ""
        tests = ", ".join(f"`{test}`" for test in shown) + more
        apart = [f"{name}: {why}" for name in case.named if (why := excuses.get(f"{case.id}/{name}"))]
        told = tests or excuses.get(case.id) or "for a provider that is not here"
        told = "; ".join((told, *apart))
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
        for name in case.named if case.tests and case.id not in excuses else ():
            if (name in case.covering) == (f"{case.id}/{name}" in excuses):
                both = "tested and excused" if name in case.covering else "neither tested nor excused"
                yield f"{case.id} is {both} for {name}."
    for id in {each.partition("/")[0] for each in excuses} - {case.id for case in cases}:
        yield f"{id} is excused, yet no case."


def main() -> int:
    given = [each for each in sys.argv[1:] if each != "--check"]
    catalogue = Path(given[0]) if given else CATALOGUE
    if not catalogue.is_file():
        raise SystemExit(f"There is no catalogue at {catalogue}; name it as the argument.")
    notes = tomllib.loads(NOTES.read_text(encoding="utf-8"))
    cases = read_cases(catalogue, notes["groups"], notes["files"])
    excuses = all_excuses(cases, notes)
    made = written(cases, notes["titles"], excuses)
    problems = list(wrong(cases, notes["titles"], excuses))
    if "--check" not in sys.argv[1:]:
        TABLE.write_text(made, encoding="utf-8")
    elif not TABLE.is_file() or TABLE.read_text(encoding="utf-8") != made:
        problems.append(f"{TABLE.name} is out of date: run python scripts/hardcase_table.py")
    for problem in problems:
        print(problem)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
