"""What an import does and does not do, seen from a process of its own (reliability.md S22, S24)."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import onellm
from tests.support import completion, serve, whole

HEAVY = [
    "httpx",
    "httpcore",
    "pydantic",
    "tenacity",
    "onellm_providers",
    "aiohttp",
    "asyncio",
    "ssl",
    "socket",
    "email",
]

AUDIT = """
import json, sys
seen = []
def audit(name, args):
    if name == "open" and isinstance(args[0], str) and not args[0].endswith((".py", ".pyc", ".so", ".pyd")):
        seen.append("open " + args[0])
    elif name.split(".")[0] in ("socket", "subprocess", "urllib", "os.system", "shutil") or name == "os.mkdir":
        seen.append(name)
def modules(*names):
    return sorted(name for name in sys.modules if name.split(".")[0] in names or name in names)
def tell(*values):
    print(json.dumps(values))
"""


def run(code: str, folder: Path, **environment: str) -> Any:
    """What a fresh interpreter prints; it sees none of this process's environment."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "PYTHONPATH", "SYSTEMROOT", "COVERAGE_PROCESS_START")
        if name in os.environ
    }
    done = subprocess.run(
        [sys.executable, "-c", AUDIT + code],
        check=False, capture_output=True, text=True, cwd=folder, timeout=60,
        env={**kept, "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.security("S24")
def test_import_is_light_and_does_no_io(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-from-a-file\n")
    code = f"sys.addaudithook(audit)\nimport onellm\ntell(modules(*{HEAVY}), seen)"
    assert run(code, tmp_path) == [[], []]


@pytest.mark.security("S22")
def test_nothing_is_loaded_to_list_names_and_providers(tmp_path: Path) -> None:
    code = """
import onellm
names = dir(onellm)
providers = onellm.list_providers()
tell(names, providers, modules("onellm_providers", "httpx"))
"""
    names, providers, loaded = run(code, tmp_path)
    assert set(onellm.__all__) <= set(names)
    assert {"groq", "openai", "venice"} <= set(providers)
    assert loaded == []


@pytest.mark.security("S22")
@pytest.mark.parametrize(
    ("used", "loaded", "spared"), [("groq", "compatible", "venice"), ("venice", "venice", "compatible")]
)
def test_only_the_named_provider_is_imported(tmp_path: Path, used: str, loaded: str, spared: str) -> None:
    code = f"""
import onellm
request = onellm.ChatRequest(model="m", messages=[{{"role": "user", "content": "Hi"}}])
call = onellm.get_provider("{used}", api_key="k").chat(request)
tell(call.url, modules("onellm_providers"), modules("httpx", "tenacity", "asyncio"))
"""
    _, modules, libraries = run(code, tmp_path)
    assert f"onellm_providers.{loaded}" in modules
    assert not [name for name in modules if name.startswith((f"onellm_providers.{spared}", "onellm_providers.openai"))]
    assert libraries == [], "a request is encoded without an HTTP library"


@pytest.mark.security("S22")
def test_a_call_loads_no_other_provider_and_only_what_it_sends_with(tmp_path: Path) -> None:
    with serve(whole(completion())) as server:
        code = """
import onellm
answer = onellm.ChatCompletion.create("groq/m", [{"role": "user", "content": "Hi"}])
tell(answer.choices[0].message.content, modules("onellm_providers", "tenacity", "asyncio", "httpx"))
"""
        said, modules = run(code, tmp_path, GROQ_API_KEY="k", GROQ_BASE_URL=server.url)
    assert said == "Hello"
    within = [f"onellm_providers.compatible{rest}" for rest in ("", ".clouds", ".words")]
    assert modules == ["onellm_providers", *within]


@pytest.mark.security("S24")
def test_env_files_are_read_by_load_config_only(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GROQ_API_KEY=sk-from-a-file\n")
    with serve(whole(completion())) as server:
        code = f"""
sys.addaudithook(audit)
import onellm
client = onellm.OneLLM(providers={{"groq": {{"base_url": "{server.url}"}}}})
ask = lambda: client.chat.completions.create("groq/m", [{{"role": "user", "content": "Hi"}}])
try:
    ask()
except onellm.MissingAPIKeyError:
    missing = True
before = [line for line in seen if line.endswith(".env")]
names = onellm.load_config()
ask()
tell(missing, before, names, [line for line in seen if line.endswith(".env")])
"""
        assert run(code, tmp_path) == [True, [], ["GROQ_API_KEY"], ["open .env"]]
        assert server.requests[0].headers["authorization"] == "Bearer sk-from-a-file"


# -- the public names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", onellm.__all__)
def test_each_public_name_resolves(name: str) -> None:
    assert getattr(onellm, name) is not None
    assert name in dir(onellm)


def test_each_public_name_is_listed_once_and_for_type_checkers_too() -> None:
    assert len(onellm.__all__) == len(set(onellm.__all__))
    tree = ast.parse(Path(onellm.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    typed = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        for alias in node.names:
            assert alias.asname == alias.name, f"{alias.name} must be exported as itself"
            typed[alias.name] = node.module
    assert set(typed) == set(onellm.__all__) - {"__version__"}
    for name, home in typed.items():
        assert getattr(sys.modules[str(home)], name) is getattr(onellm, name)


def test_a_name_that_is_none() -> None:
    with pytest.raises(AttributeError, match=r"'onellm' has no attribute 'ChatCompletions'"):
        _ = onellm.ChatCompletions
