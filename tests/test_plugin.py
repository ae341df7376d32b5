"""The example of a provider in a package of its own: installed, then used by programs that know nothing of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import completion, serve, whole

PLUGIN = Path(__file__).parents[1] / "examples" / "provider_plugin"
Run = Callable[..., str]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package installed into a folder of its own, without its dependencies and without a network."""
    folder = tmp_path_factory.mktemp("plugin")
    wheel = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-q"]
    subprocess.run([*wheel, "-w", str(folder), str(PLUGIN)], check=True, timeout=120)
    (built,) = folder.glob("*.whl")
    target = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "-q", "--target"]
    subprocess.run([*target, str(folder / "site"), str(built)], check=True, timeout=120)
    return folder / "site"


@pytest.fixture
def run(installed: Path) -> Run:
    def start(*command: str, **environment: str) -> str:
        variables = {**os.environ, "PYTHONPATH": str(installed), **environment}
        done = subprocess.run(
            [sys.executable, *command], env=variables, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return start


def test_its_own_tests_pass(run: Run) -> None:
    run("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(PLUGIN), str(PLUGIN / "tests"))


def test_the_command_lists_it(run: Run) -> None:
    listed = run("-c", "import sys; from onellm.cli import main; sys.argv[1:] = ['providers']; main()")
    assert "acme" in listed
    assert "parrot" in listed


CHAT = """
import sys
from onellm import ChatCompletion
answer = ChatCompletion.create(sys.argv[1], [{"role": "user", "content": "Hello"}], **eval(sys.argv[2]))
print(answer.choices[0].message.content, answer.usage.total_tokens, answer.meta.provider)
"""


def test_a_program_uses_the_row(run: Run) -> None:
    with serve(whole(completion("Hi"))) as host:
        said = run(
            "-c", CHAT, "acme/m", "dict(max_completion_tokens=5)", ACME_BASE_URL=host.url, ACME_TOKEN="acme-key-0123456"
        )
        request = host.requests[0]
    assert said == "Hi 5 acme\n"
    assert json.loads(request.body)["max_tokens"] == 5
    assert request.headers["authorization"] == "Bearer acme-key-0123456"


def test_a_program_uses_the_class(run: Run) -> None:
    with serve(whole({"said": "Hello", "words": 1})) as host:
        said = run("-c", CHAT, "parrot/grey", "{}", PARROT_BASE_URL=host.url, PARROT_API_KEY="parrot-key-012345")
    assert said == "Hello 2 parrot\n"
