"""The documentation is true: its code runs, its links lead somewhere, and its tables say what the code says."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click
import onellm_providers
import pytest
from onellm_providers.compatible.clouds import GROQ
from onellm_providers.compatible.gateways import OPENROUTER
from onellm_providers.venice.provider import VENICE

import onellm
from onellm import Spec, errors
from onellm.cli.app import cli
from onellm.config import Host
from onellm.options import DEADLINE
from onellm.registry import find, host_of, installed, list_providers
from onellm.testing import Simulator, faults
from tests.surroundings import bare_environment

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

RUN = """
import json, sys
page, blocks = json.load(sys.stdin)
namespace = {"__name__": "__main__"}
for line, code in blocks:
    exec(compile("\\n" * line + code, page, "exec"), namespace)
"""
"""Runs the blocks of a page one after the other, with the page's line numbers in tracebacks."""


@dataclass
class Block:
    """A fenced block: where it stands, its language, its text, and the comment right above it."""

    line: int
    language: str
    text: str
    remark: str


def blocks_of(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page."""
    lines = page.read_text(encoding="utf-8").split("\n")
    start = language = None
    for number, line in enumerate(lines):
        if start is None and line.startswith("```"):
            start, language = number, line.removeprefix("```")
        elif start is not None and line == "```":
            above = lines[start - 1] if start else ""
            remark = above.removeprefix("<!--").removesuffix("-->").strip() if above.startswith("<!--") else ""
            yield Block(start + 1, language or "", "\n".join(lines[start + 1 : number]) + "\n", remark)
            start = None
    assert start is None, f"{page.name}: the block of line {start} never ends"


def code_of(page: Path) -> list[Block]:
    return [block for block in blocks_of(page) if block.language == "python"]


def prose_of(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, onellm_simulator: Simulator) -> Path:
    """A user with keys for the simulator, nothing else, and a folder to work in."""
    bare_environment(monkeypatch, tmp_path)
    for name, value in onellm_simulator.environ.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def run(*command: str, folder: Path, stdin: str = "") -> None:
    done = subprocess.run(
        command, cwd=folder, env=os.environ, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


# -- code ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [page for page in PAGES if code_of(page)], ids=lambda page: page.name)
def test_the_code_runs(page: Path, user: Path) -> None:
    blocks = [(block.line, block.text) for block in code_of(page) if not block.remark]
    run(sys.executable, "-c", RUN, folder=user, stdin=json.dumps([str(page), blocks]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_that_is_not_run_is_a_test_or_says_why(page: Path, user: Path) -> None:
    for number, block in enumerate(block for block in code_of(page) if block.remark):
        if block.remark == "run by pytest":
            (user / f"test_{number}.py").write_text(block.text, encoding="utf-8")
        else:
            assert re.fullmatch(r"not run: .{10,}", block.remark), f"{page.name}, line {block.line}"
    if list(user.glob("test_*.py")):
        run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", folder=user)


# -- links and names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors_of(linked), f"{page.name} links to {target}"


def anchors_of(page: Path) -> set[str]:
    """The anchors that a page's headings get: lower case, words joined by hyphens."""
    headings = re.findall(r"(?m)^#+ (.+)$", prose_of(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_linked_from_the_readme() -> None:
    readme = prose_of(ROOT / "README.md")
    assert [page.name for page in PAGES[1:] if f"]({page.relative_to(ROOT).as_posix()})" not in readme] == []


@pytest.mark.parametrize("name", onellm.__all__)
def test_a_public_name_is_explained(name: str) -> None:
    own = getattr(onellm, name).__doc__ if not isinstance(getattr(onellm, name), str) else None
    assert own or any(re.search(rf"`[^`]*\b{name}\b", page.read_text(encoding="utf-8")) for page in PAGES)


# -- tables ----------------------------------------------------------------------------------------------------------


def rows_of(page: Path, heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, as the cells' text."""
    below = prose_of(page).partition(f"# {heading}\n")[2]
    assert below, f"{page.name} has no heading {heading!r}"
    table = re.search(r"(?m)^\|.*\n\|[-|]+\|\n((?:\|.*\n)+)", below)
    assert table, f"{page.name} has no table below {heading!r}"
    return [re.split(r"\s*\|\s*", row[1:-1].strip(" ")) for row in table[1].splitlines()]


def words(cell: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def test_the_drawing_of_the_errors_is_the_hierarchy() -> None:
    drawn = next(block.text for block in blocks_of(ROOT / "docs" / "errors.md") if "OneLLMError\n" in block.text)
    parents: list[str] = []
    edges: set[tuple[str, str]] = set()
    for line in drawn.splitlines():
        name = re.search(r"\w+", line)
        assert name
        depth = name.start() // 3
        parents[depth:] = [name[0]]
        edges |= set(pairwise(parents[-2:]))
    known = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    assert edges == {(each.__base__.__name__, each.__name__) for each in known if each.__base__ is not Exception}  # type: ignore[union-attr]


def test_the_table_of_providers_is_the_registry() -> None:
    table = {words(row[0])[0]: row for row in rows_of(ROOT / "docs" / "providers.md", "Providers")}
    assert sorted(table) == [name for name in list_providers() if is_built_in(name)]
    for name, (_, key, base_url) in table.items():
        host: Host = host_of(find(name))
        assert words(key) == [host.variable("API_KEY"), *host.key_variables]
        assert ("none is needed" in key) is not host.key_required
        if host.base_url == "":
            assert "in this process" in base_url
        else:
            assert words(base_url)[0] == (host.base_url or host.variable("BASE_URL"))


def test_the_tables_of_providers_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts" / "provider_tables.py", "--check"], timeout=60, check=False)
    assert done.returncode == 0, "run scripts/provider_tables.py"


def is_built_in(name: str) -> bool:
    return name in installed() and installed()[name].value.startswith("onellm_providers.")


def test_the_table_of_limits_has_the_defaults() -> None:
    for row in rows_of(ROOT / "docs" / "quickstart.md", "Limits on time"):
        name, seconds = words(row[0])[0], row[1]
        default = DEADLINE if name == "deadline" else getattr(onellm.Timeout(), name)
        assert seconds == ("none" if default is None else f"{default:g}")


def section_of(page: Path, heading: str) -> str:
    """What stands below a heading, up to the next one."""
    found = re.search(rf"(?ms)^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", prose_of(page))
    assert found, f"{page.name} has no heading {heading!r}"
    return found[1]


@pytest.mark.parametrize(("heading", "spec"), [("Venice", VENICE), ("OpenRouter", OPENROUTER), ("Groq", GROQ)])
def test_a_provider_takes_what_its_section_says(heading: str, spec: Spec) -> None:
    said = {*words(section_of(ROOT / "docs" / "providers.md", heading))}
    special = spec.parameters if spec is not GROQ else frozenset[str]()
    assert (special | spec.refuse) - said == set()


def test_the_words_of_capabilities_are_listed() -> None:
    listed = words(section_of(ROOT / "docs" / "quickstart.md", "What a model can do").rpartition("The words are")[2])
    assert listed[1:] == [word.value for word in onellm.Capability]


def test_every_fault_is_listed() -> None:
    rows = rows_of(ROOT / "docs" / "testing.md", "Faults")
    listed = [word.partition("(")[0] for row in rows for word in words(row[0])]
    assert sorted(listed) == sorted({*faults.CATALOGUE, "answer"})


def test_every_command_and_option_is_described() -> None:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command, name
        page = ROOT / "docs" / "cli.md"
        said = section_of(page, f"onellm {name}")
        options = [name for param in command.params for name in param.opts if name.startswith("-")]
        assert [option for option in options if not re.search(f"`{option}[` ]", said)] == [], name
        shown = "".join(block.text for block in blocks_of(page))
        for below in command.commands if isinstance(command, click.Group) else ():
            assert f"onellm {name} {below}" in shown


# -- who imports whom ------------------------------------------------------------------------------------------------

LIBRARIES = {"httpx", "pydantic", "tenacity", "aiohttp", "click", "rich", "pytest"}
PACKAGES = {"onellm": Path(onellm.__file__).parent, "onellm_providers": Path(onellm_providers.__file__).parent}


def test_imports_are_those_of_the_table() -> None:
    allowed: dict[str, set[str]] = {}
    for rooms, others, libraries in rows_of(ROOT / "docs" / "architecture.md", "Who may import whom"):
        allowed |= {room: {*words(others), *filter(None, libraries.split(", "))} for room in words(rooms)}
    found: dict[str, set[str]] = {}
    for package, folder in PACKAGES.items():
        for file in folder.rglob("*.py"):
            room = room_of([package, *file.relative_to(folder).with_suffix("").parts])
            if room != "onellm":
                found.setdefault(room, set()).update(imported(file) - {room})
    assert sorted(found) == sorted(allowed)
    assert {room: sorted(names - allowed[room]) for room, names in found.items() if names - allowed[room]} == {}


def room_of(parts: list[str]) -> str:
    """The room of a module or name: the part below `onellm`, which itself stands for the public names."""
    below = parts[1] if len(parts) > 1 else "__init__"
    return parts[0] if parts[0] != "onellm" or below in ("__init__", *onellm.__all__) else below


def imported(file: Path) -> set[str]:
    """The rooms and libraries that a file imports at some time, but for those that only type checkers see."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.ImportFrom):
            assert node.module, f"{file} has a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names if alias.name != "__version__"]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {room_of(name.split(".")) for name in names if name.split(".")[0] in {*PACKAGES, *LIBRARIES}}
    return found
