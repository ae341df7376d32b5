"""The table of hard cases: up to date, whole, and made of what tests really say."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from tests.hardcases import test_natives, test_natives_streams, test_natives_wire
from tests.wire import ROWS

SCRIPT = Path(__file__).parents[2] / "scripts" / "hardcase_table.py"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hardcase_table", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["hardcase_table"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_every_case_that_concerns_us_is_tested_or_excused(shared: Path) -> None:
    catalogue = str(shared / "hardcases.md")
    command = [sys.executable, str(SCRIPT), "--check", catalogue]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hard cases STR-04 and TOOL-03.", {"STR-04", "TOOL-03"}),
        ("(MSG-09, 12, 14), STR-01/02", {"MSG-09", "MSG-12", "MSG-14", "STR-01", "STR-02"}),
        ("STR-01 to STR-03", {"STR-01", "STR-02", "STR-03"}),
        ("RSN-18 and RSN-19: tags", {"RSN-18", "RSN-19"}),
        ("ISO-88 and STR-100", set()),
    ],
)
def test_ids_in_texts(text: str, found: set[str]) -> None:
    ids = script().Ids({"STR", "TOOL", "MSG", "RSN"})
    assert ids.in_text(text) == found


def test_a_range_over_a_whole_module_names_no_case() -> None:
    assert script().Ids({"STR"}).in_text("STR-01 to STR-06: streams", ranges=False) == set()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("test_str_04_and_06_no_space", {"STR-04", "STR-06"}),
        ("test_tool_18_19_20_tool_choice", {"TOOL-18", "TOOL-19", "TOOL-20"}),
        ("test_string_04", set()),
    ],
)
def test_ids_in_names(name: str, found: set[str]) -> None:
    assert script().Ids({"STR", "TOOL"}).in_name(name) == found


def test_a_case_without_a_test_is_told(tmp_path: Path) -> None:
    table = script()
    catalogue = tmp_path / "cases.md"
    catalogue.write_text("### STR-98 — x\n- Providers: all · Severity: y\n\n### STR-99 — x\n- Providers: nobody · y\n")
    cases = table.read_cases(catalogue, {})
    titles = {"STR-98": "x", "STR-99": "x"}
    assert list(table.wrong(cases, titles, {})) == ["STR-98 (all) is neither tested nor excused."]
    assert list(table.wrong(cases, titles, {"STR-98": "because"})) == []
    assert list(table.wrong(cases, {}, {"STR-98": "because"})) == [
        "STR-98 has no title in cases.toml.",
        "STR-99 has no title in cases.toml.",
    ]


def test_a_case_that_is_tested_on_another_provider_alone_is_told(tmp_path: Path) -> None:
    table = script()
    catalogue = tmp_path / "cases.md"
    catalogue.write_text("### STR-98 — x\n- Providers: anthropic, gemini · y\n\n### STR-99 — x\n- Providers: all · y\n")
    one, all_ = table.read_cases(catalogue, {})
    one.add("providers/gemini/test_x.py::test_str_98", {"gemini", "vertex"})
    all_.add("hardcases/test_x.py::test_str_99", set(table.NATIVE) - {"azure"})
    titles = {"STR-98": "x", "STR-99": "x"}
    problems = [
        "STR-98 is neither tested nor excused for anthropic.",
        "STR-99 is neither tested nor excused for azure.",
    ]
    assert list(table.wrong([one, all_], titles, {})) == problems
    apart = [{"provider": "azure", "cases": ["STR"], "why": "w"}, {"provider": "gemini", "cases": ["STR"], "why": "w"}]
    excuses = table.all_excuses([one, all_], {"excuses": {"STR-98/anthropic": "v"}, "apart": apart})
    assert excuses == {"STR-98/anthropic": "v", "STR-99/azure": "w"}, "what is tested needs no excuse"
    assert list(table.wrong([one, all_], titles, excuses)) == []
    assert list(table.wrong([one], titles, {"STR-98/anthropic": "v", "STR-98/gemini": "w"})) == [
        "STR-98 is tested and excused for gemini."
    ]


def test_the_groups_are_what_the_marks_say() -> None:
    groups = tomllib.loads((SCRIPT.parents[1] / "tests/hardcases/cases.toml").read_text(encoding="utf-8"))["groups"]
    native = set(script().NATIVE)
    marks = {**vars(test_natives), **vars(test_natives_streams), **vars(test_natives_wire)}
    for name in groups.keys() - {"rows", "azure_alone"}:
        (mark,) = (marks[name].mark,)
        values = [value[0] if isinstance(value, tuple) else value for value in mark.args[1]]
        assert {str(value) for value in values} & native == set(groups[name]), name
    assert native & set(ROWS) == set(groups["rows"])
