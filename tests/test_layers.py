"""Who may import whom (design.md, section 3; docs/architecture.md has it room by room)."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import onellm_providers
import pytest

import onellm

VALUES = """
errors record meta body budget capabilities cost models checks config decode options routing call types auth tokens
signing error_bodies file_input file_output content mapping media schema sigv4 extras
"""
FLOORS: dict[str, tuple[str, str]] = {  # floor: its rooms, the floors that they may import beside their own
    "values": (VALUES, ""),
    "needs": ("requirements", "values"),
    "providers": ("operations provider openai_compatible translate", "values"),
    "registry": ("registry", "values providers"),
    "policy": ("policy effects failures exchange", "values"),
    "transport": ("transport", "values"),
    "engines": ("lanes stream engine loop_end async_lanes async_stream async_engine", "values policy transport"),
    "resource": ("resource", "values engines"),
    "clients": (
        "core client async_client resources structured tools api openai openai_proxy",
        "values needs providers registry transport engines resource",
    ),
    "services": ("service async_service", "values registry transport engines resource"),
    "tools": ("testing cli", "values providers registry clients transport"),
    "onellm_providers": ("onellm_providers", "values providers resource services tools"),
}  # fmt: skip
LIBRARIES = {
    "httpx": "transport",
    "httpcore": "transport",
    "aiohttp": "transport",
    "tenacity": "policy",
    "pydantic": "types",
}
BUILDS_ON = {"azure": {"openai", "openai_simulator"}, "bedrock": {"anthropic"}, "vertex": {"gemini"}}
FLOOR = {room: floor for floor, (rooms, _) in FLOORS.items() for room in rooms.split()}
MAY = {floor: {floor, "names", *others.split()} for floor, (_, others) in FLOORS.items()}
ROOTS = [(Path(package.__path__[0]), package.__name__) for package in (onellm, onellm_providers)]


def imports(tree: ast.AST) -> Iterator[str]:
    """What a module imports at run time, anywhere in it: for `from a import b` both `a` and `a.b`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield from imports(node)


MODULES = {
    ".".join((name, *path.relative_to(root).with_suffix("").parts)).removesuffix(".__init__"): ast.parse(
        path.read_text()
    )
    for root, name in ROOTS
    for path in sorted(root.rglob("*.py"))
}
USES = {module: set(imports(tree)) for module, tree in MODULES.items()}


def room(module: str) -> str:
    """`onellm.decode.sse` is in `decode`, every provider in `onellm_providers`; `onellm` itself is its public names."""
    first, _, rest = module.partition(".")
    return "names" if module == "onellm" else first if first != "onellm" else rest.partition(".")[0]


def ours(module: str) -> set[str]:
    """The modules of ours that a module imports."""
    return {used for used in USES[module] if used in MODULES and used != module}


def test_floors() -> None:
    assert not ours("onellm"), "the public names are imported when they are used"
    for module in MODULES.keys() - {"onellm"}:
        assert room(module) in FLOOR, f"{module} has no floor"
        wrong = {used for used in ours(module) if FLOOR.get(room(used), "names") not in MAY[FLOOR[room(module)]]}
        assert not wrong, f"{module} may not import {wrong}"


def test_no_room_leads_back_to_itself() -> None:
    rooms: dict[str, set[str]] = {}
    for module in MODULES:
        rooms.setdefault(room(module), set()).update({room(used) for used in ours(module)} - {room(module), "names"})
    del rooms["names"]
    graphlib.TopologicalSorter(rooms).prepare()


@pytest.mark.parametrize("library", LIBRARIES)
def test_libraries(library: str) -> None:
    """Values of a provider's own, in its folder `types`, are pydantic's as those of the core are."""
    users = {
        "types" if ".types." in module else room(module)
        for module, used in USES.items()
        if library in {name.partition(".")[0] for name in used}
    }
    assert users <= {LIBRARIES[library]}


def test_the_core_knows_no_provider() -> None:
    named = [module for module, used in USES.items() if module.startswith("onellm.") and "onellm_providers" in used]
    assert not named
    in_text = [
        module
        for module, tree in MODULES.items()
        for node in ast.walk(tree)
        if room(module) != "onellm_providers" and isinstance(node, ast.Constant) and node.value == "onellm_providers"
    ]
    assert not in_text


def test_providers_import_no_sibling_but_the_format_they_build_on() -> None:
    for module, used in USES.items():
        own = module.split(".")[1:2]
        siblings = {name.split(".")[1] for name in used if name.startswith("onellm_providers.")}
        if room(module) == "onellm_providers" and own:
            assert siblings <= {own[0]} | BUILDS_ON.get(own[0], set()), module


def test_only_simulators_and_commands_import_the_tools() -> None:
    for module in MODULES:
        if room(module) == "onellm_providers" and {room(used) for used in ours(module)} & {"testing", "cli"}:
            assert "simulator" in module or "commands" in module, module


def test_blocking_use_does_not_lead_to_asyncio() -> None:
    blocking = {
        module
        for module in MODULES
        if room(module) in ("engine", "stream", "lanes", "client", "core", "call", "resource", "resources", "service")
    }
    assert not {module for module in blocking if "asyncio" in USES[module] or "onellm.async_engine" in USES[module]}


@pytest.mark.security("S17")
def test_nothing_that_runs_data_as_code() -> None:
    """reliability.md S17."""
    modules = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
    for module, tree in MODULES.items():
        assert not modules & USES[module], module
        for node in ast.walk(tree):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            assert called not in ("eval", "exec", "yaml.load", "torch.load", "os.system"), module
