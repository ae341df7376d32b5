"""Every error is one line that says what to do next, and a status that is not 0."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from onellm.testing.simulator import Simulator, faults
from tests.cli.conftest import OPENAI, VENICE, Run, finish, start

KEY = f"bad-{secrets.token_hex(16)}"


@pytest.fixture
def refusing_proxy() -> Iterator[str]:
    """A proxy that wants a password for everything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=refuse, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def check(status: int, out: str, err: str, kind: str, *words: str) -> None:
    """One line of this kind with these words; never a key."""
    assert (status, out) == (1, "")
    assert err.startswith(f"{kind}: "), err
    assert err.count("\n") == 1, err
    assert KEY not in err
    for word in words:
        assert word in err, err


WRONG = {
    "a typo in the provider": (["-m", "venise/x"], "UnknownProviderError", "venice"),
    "no slash": (["-m", "gpt-6-luna"], "InvalidModelStringError", "openai/gpt-6-luna"),
    "half a model": (["-m", "venice/"], "InvalidModelStringError", "provider/model"),
    "an unknown parameter": (["-m", VENICE, "-p", "blah=1"], "UnsupportedParameterError", "unsupported='drop'"),
    "a parameter out of range": (["-m", VENICE, "-t", "7"], "InvalidRequestError", "temperature must be 2 or less"),
    "a parameter of the wrong type": (["-m", VENICE, "-p", "stop=[1]"], "InvalidRequestError", "stop"),
    "an unknown model": (["-m", "venice/nothing"], "ModelNotFoundError", "onellm models venice"),
    "no such file": (["-m", VENICE, "--env-file", "nowhere"], "ConfigurationError", "nowhere"),
}


@pytest.mark.parametrize(("args", "kind", "advice"), WRONG.values(), ids=WRONG)
def test_what_the_user_got_wrong(run: Run, sim: Simulator, args: list[str], kind: str, advice: str) -> None:
    result = run("chat", *args, "hi")
    check(result.exit_code, result.stdout, result.stderr, kind, advice)


def test_no_key(run: Run) -> None:
    result = run("chat", "-m", VENICE, "hi")
    advice = ("VENICE_API_KEY", "onellm auth set venice")
    check(result.exit_code, result.stdout, result.stderr, "MissingAPIKeyError", *advice)


def test_a_refused_key(run: Run, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENICE_API_KEY", KEY)
    result = run("chat", "-m", VENICE, "hi")
    advice = (f"…{KEY[-4:]}", "VENICE_API_KEY", "onellm auth set venice")
    check(result.exit_code, result.stdout, result.stderr, "AuthenticationError", *advice)


def test_a_dead_base_url(run: Run, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENICE_BASE_URL", "http://127.0.0.1:9/v1")
    result = run("chat", "-m", VENICE, "hi", "-p", "max_retries=0")
    check(result.exit_code, result.stdout, result.stderr, "APIConnectionError", "127.0.0.1:9", "base URL")


def test_a_proxy_that_refuses(run: Run, monkeypatch: pytest.MonkeyPatch, refusing_proxy: str) -> None:
    monkeypatch.setenv("VENICE_API_KEY", KEY)
    monkeypatch.setenv("HTTPS_PROXY", refusing_proxy)
    result = run("chat", "-m", VENICE, "hi", "-p", "max_retries=0")
    check(result.exit_code, result.stdout, result.stderr, "APIConnectionError", "proxy", "407", "HTTPS_PROXY")


def test_a_stream_that_breaks_keeps_what_came(run: Run, sim: Simulator) -> None:
    sim.inject(faults.reset_after(events=4))
    result = run("chat", "-m", OPENAI, "hi")
    assert result.exit_code == 1
    assert result.stdout.startswith("You said")
    assert result.stdout.endswith("\n")
    assert result.stderr.startswith("StreamInterrupted: ")
    assert result.stderr.count("\n") == 1


def test_what_a_service_says_cannot_steer_the_terminal(run: Run, sim: Simulator) -> None:
    sim.inject(faults.status(400, "\x1b]0;owned\x07first\nsecond \x1b[31mline\x1b[0m"))
    result = run("chat", "-m", VENICE, "hi")
    check(result.exit_code, result.stdout, result.stderr, "BadRequestError", "first second line")
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize("model", ["venise/x", VENICE])
def test_a_process_of_its_own_shows_no_traceback(model: str) -> None:
    status, out, err = finish(start("chat", "-m", model, "hi"))
    check(status, out, err, "UnknownProviderError" if "venise" in model else "MissingAPIKeyError")


def test_a_damaged_credentials_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "configuration").mkdir()
    (tmp_path / "configuration" / "credentials.json").write_text("{")
    result = run("chat", "-m", VENICE, "hi")
    check(result.exit_code, result.stdout, result.stderr, "ConfigurationError", "set the keys again")
