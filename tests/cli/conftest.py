"""How the tests of the command line run it: in this process, as a process of its own, and on a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner, Result

from onellm.cli.app import cli
from onellm.testing.simulator import Simulator, simulator
from tests.surroundings import bare_environment

ONELLM = [sys.executable, "-c", "from onellm.cli import main; main()"]
Run = Callable[..., Result]
VENICE = "venice/zai-org-glm-5"
OPENAI = "openai/gpt-5.4-mini"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)
    for name in ("ONELLM_MODEL", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def pace() -> float:
    """The pause between two events of a stream; a test that needs time has a fixture of its own."""
    return 0.0


@pytest.fixture
def sim(monkeypatch: pytest.MonkeyPatch, pace: float) -> Iterator[Simulator]:
    """A simulator that the environment leads to."""
    with simulator(pace=pace) as running:
        for name, value in running.environ.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def run() -> Run:
    """`onellm` in this process; a bug comes out as an exception."""

    def invoke(*args: str, stdin: str | bytes = "") -> Result:
        return CliRunner(catch_exceptions=False).invoke(cli, args, input=stdin, prog_name="onellm")

    return invoke


def start(*args: str, stdin: int | IO[bytes] | None = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """`onellm` as a process of its own."""
    return subprocess.Popen([*ONELLM, *args], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes], seconds: float = 20) -> tuple[int, str, str]:
    """Its status, and what was left of its output."""
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out.decode(), err.decode()


def wait_for(stream: IO[bytes] | None, text: bytes, seconds: float = 20) -> bytes:
    """Read until the text has come."""
    assert stream is not None
    seen = b""
    end = time.monotonic() + seconds
    while text not in seen and time.monotonic() < end:
        if select.select([stream], [], [], 0.1)[0]:
            seen += os.read(stream.fileno(), 1024)
    assert text in seen, seen
    return seen


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """Press Ctrl-C."""
    process.send_signal(signal.SIGINT)


def leave(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    """Stop reading, as `head` does: its status, and what it complained about."""
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        complaint = process.stderr.read()
    return process.wait(20), complaint


def on_terminal(*args: str, typed: dict[str, str] | None = None, seconds: float = 20) -> tuple[int, str]:
    """Run `onellm` on a terminal, typing each answer when its question has come: its status and what the screen got."""
    pid, master = pty.fork()
    if pid == 0:  # pragma: no cover - the child
        os.execv(sys.executable, [*ONELLM, *args])
    waiting = dict(typed or {})
    screen = b""
    end = time.monotonic() + seconds
    with contextlib.suppress(OSError):  # EIO: the child has closed the terminal
        while time.monotonic() < end:
            if not select.select([master], [], [], 0.05)[0]:
                continue
            if not (data := os.read(master, 4096)):
                break
            screen += data
            for question in [question for question in waiting if question.encode() in screen]:
                time.sleep(0.1)  # getpass turns echo off just after its question
                os.write(master, waiting.pop(question).encode() + b"\n")
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), screen.decode().replace("\r\n", "\n")
