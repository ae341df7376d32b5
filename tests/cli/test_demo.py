"""`onellm demo` and `onellm simulate`."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path

import pytest

from onellm.cli import demo
from tests.cli.conftest import VENICE, Run, finish, interrupt, leave, start, wait_for

WORDS = (
    "A simulator on this machine answers here, not a model",
    "model = 'venice/zai-org-glm-5'",
    "model = 'openai/gpt-5.4-mini'",
    "CapabilityError: venice/zai-org-glm-5 takes no images; these do: venice/",
    "requests sent: 0",
    "attempt 1: RateLimitError (429)",
    "attempt 2 after a wait of",
    "onellm auth set venice          # or: export VENICE_API_KEY=…",
    'onellm chat -m venice/zai-org-glm-5 "Hello"',
)


def check(out: str) -> None:
    places = [out.find(word) for word in WORDS]
    assert -1 not in places, out
    assert places == sorted(places)
    assert out.count("This answer is simulated.") == 4
    assert out.count("\n") < 35


def test_the_demo_needs_and_uses_nothing_of_the_user(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "configuration").mkdir()
    (tmp_path / "configuration" / "credentials.json").write_text("damaged")
    for name in ("VENICE_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "the-user's-own")
    for name in ("VENICE_BASE_URL", "OPENAI_BASE_URL", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setattr(demo, "PACE", 0.0)
    result = run("demo")
    assert (result.exit_code, result.stderr) == (0, "")
    check(result.stdout)


def test_the_demo_as_a_process_is_quick() -> None:
    began = time.monotonic()
    status, out, err = finish(start("demo"))
    assert (status, err) == (0, "")
    check(out)
    assert time.monotonic() - began < 15


def test_simulate(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    process = start("simulate", "--port", "0")
    said = wait_for(process.stdout, b"export VENICE_API_KEY").decode()
    for name, value in re.findall(r"^export (\w+)=(\S+)$", said, re.MULTILINE):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VENICE_API_KEY", "any")
    assert run("chat", "-m", VENICE, "hi").exit_code == 0
    interrupt(process)
    assert finish(process)[0] == 0


def test_simulate_on_a_port_that_is_taken(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("simulate", "--port", port)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: Cannot listen on 127.0.0.1, port {port}: ")
    assert result.stderr.count("\n") == 1


def test_simulate_answers_nobody_else(run: Run) -> None:
    result = run("simulate", "--host", "0.0.0.0")
    assert result.exit_code == 2
    assert "loopback only" in result.stderr


def test_the_demo_for_a_reader_that_leaves() -> None:
    process = start("demo")
    wait_for(process.stdout, b"simulator")
    assert leave(process) == (1, b"")
