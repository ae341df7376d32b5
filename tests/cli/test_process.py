"""What only a process shows: Ctrl-C, a reader that leaves, a terminal, missing packages, another encoding."""

from __future__ import annotations

import subprocess
import sys

import pytest

from onellm.testing.simulator import Simulator, faults
from tests.cli.conftest import ONELLM, VENICE, finish, interrupt, leave, on_terminal, start, wait_for

LONG = "Say 5000 words"


@pytest.mark.parametrize("pace", [0.01])
def test_ctrl_c_in_a_stream(sim: Simulator) -> None:
    process = start("chat", "-m", VENICE, LONG)
    seen = wait_for(process.stdout, b"simulated")
    interrupt(process)
    status, rest, err = finish(process)
    assert status == 130
    assert (seen.decode() + rest).startswith("You said")
    assert rest.endswith("\n")
    assert err == "Interrupted.\n"
    assert sim.wait_until(lambda: sim.requests[0].disconnected)


@pytest.mark.parametrize("extra", [(), ("--no-stream",), ("--json",)])
def test_ctrl_c_before_the_first_word(sim: Simulator, extra: tuple[str, ...]) -> None:
    sim.inject(faults.silence())
    process = start("chat", "-m", VENICE, "hi", *extra)
    assert sim.wait_until(lambda: sim.requests, 20)
    interrupt(process)
    assert finish(process) == (130, "", "Interrupted.\n")
    assert sim.wait_until(lambda: sim.requests[0].disconnected)


@pytest.mark.parametrize("pace", [0.01])
def test_a_reader_that_leaves(sim: Simulator) -> None:
    process = start("chat", "-m", VENICE, LONG)
    wait_for(process.stdout, b"You")
    assert leave(process) == (1, b"")
    assert sim.wait_until(lambda: sim.requests[0].disconnected)


def test_stdin_of_a_pipe_and_none_at_all(sim: Simulator) -> None:
    done = subprocess.run(
        [*ONELLM, "chat", "-m", VENICE, "Read:"], input=b"piped", capture_output=True, timeout=20, check=True
    )
    assert "“Read: piped”" in done.stdout.decode()
    closed = ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *ONELLM, "chat", "-m", VENICE, "Alone"]
    done = subprocess.run(closed, capture_output=True, timeout=20, check=True)
    assert "“Alone”" in done.stdout.decode()


@pytest.mark.security("S19")
def test_a_terminal_gets_no_escape_of_the_model(sim: Simulator) -> None:
    prompt = "\x1b[31mred \x1b]8;;https://evil.example\x07link\x1b]8;;\x07"
    status, screen = on_terminal("chat", "-m", VENICE, prompt, "-p", "reasoning_effort=low")
    thoughts, _, rest = screen.partition("You said")
    assert status == 0, screen
    assert rest.startswith(" “red link”. This answer is simulated.\n")
    assert "evil" not in screen
    # What we colour ourselves, dim and reset, is the only escape.
    assert thoughts.replace("\x1b[2m", "").replace("\x1b[0m", "") == " let me think let me think let me\n"
    assert rest.count("\x1b") == 2
    assert "tokens" in rest


@pytest.mark.security("S19")
def test_raw_is_refused_on_a_terminal(sim: Simulator) -> None:
    status, screen = on_terminal("chat", "-m", VENICE, "hi", "--raw")
    assert status == 2
    assert "--raw is for files and pipes" in screen


def test_another_encoding_loses_characters_and_no_more(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    status, out, err = finish(start("chat", "-m", VENICE, "Hello there"))
    assert (status, out) == (0, "You said ?Hello there?. This answer is simulated.\n")
    assert "Traceback" not in err


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from onellm.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "pip install click rich" in done.stderr
    assert "onellm[" not in done.stderr


def test_help_imports_neither_httpx_nor_pydantic() -> None:
    code = (
        "import sys, contextlib\n"
        "from onellm.cli import main\n"
        "assert 'click' not in sys.modules\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "print(*({'httpx', 'pydantic', 'tenacity', 'rich.console', 'onellm_providers'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"], capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout.splitlines()[-1] == ""
    assert "Commands:" in done.stdout
