"""`onellm auth`: keys come in unseen, stay in a file of their user's, and are never printed."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

import pytest

from onellm.testing.simulator import Simulator
from tests.cli.conftest import VENICE, Run, on_terminal


@pytest.fixture
def key() -> str:
    return f"key-{secrets.token_hex(16)}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "configuration" / "credentials.json"


def test_set_list_use_remove(run: Run, sim: Simulator, monkeypatch: pytest.MonkeyPatch, key: str, file: Path) -> None:
    monkeypatch.delenv("VENICE_API_KEY")
    outputs = [stored := run("auth", "set", "venice", stdin=f"{key}\n")]
    assert stored.stdout == f"Stored the key for venice (…{key[-4:]}).\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text()) == {"venice": key}

    outputs.append(listed := run("auth", "list"))
    assert listed.stdout == f"provider\tkey\nvenice\t…{key[-4:]}\n"
    outputs.append(run("providers", "--json"))
    outputs.append(run("chat", "-m", VENICE, "hi"))
    assert sim.requests[-1].bearer == key
    outputs.append(run("auth", "remove", "venice"))
    assert json.loads(file.read_text()) == {}
    outputs.append(run("auth", "list"))

    assert [result.exit_code for result in outputs] == [0] * 6
    assert not any(key in result.output for result in outputs)


def test_on_a_terminal_nothing_is_echoed(key: str, file: Path) -> None:
    status, screen = on_terminal("auth", "set", "venice", typed={"Key for venice": key})
    assert status == 0
    assert json.loads(file.read_text()) == {"venice": key}
    assert key not in screen
    assert key[-4:] in screen


def test_a_second_account_has_its_own_key(run: Run, key: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENICE_WORK_API_KEY", "other")
    result = run("auth", "set", "venice@work", stdin=key)
    assert json.loads(file.read_text()) == {"venice@work": key}
    assert "VENICE_WORK_API_KEY is set" in result.stderr


def test_a_key_as_an_argument_is_refused_and_not_repeated(run: Run, key: str, file: Path) -> None:
    result = run("auth", "set", "venice", key)
    assert result.exit_code == 2
    assert "shell's history" in result.stderr
    assert key not in result.output
    assert not file.exists()


@pytest.mark.parametrize(
    ("args", "stdin", "words"),
    [
        (["set", "venise"], "k", "UnknownProviderError: There is no provider 'venise'. Did you mean 'venice'?"),
        (["set", "venice"], " \n", "ConfigurationError: No key was given"),
        (["set", "venice"], "k\x07ey", "ConfigurationError: The venice key holds characters"),
        (["remove", "venice"], "", "ConfigurationError: No key is stored for venice."),
    ],
)
def test_errors(run: Run, args: list[str], stdin: str, words: str) -> None:
    result = run("auth", *args, stdin=stdin)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(words)
    assert result.stderr.count("\n") == 1


def test_nothing_stored(run: Run) -> None:
    result = run("auth", "list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "No key is stored" in result.stderr


def test_a_file_that_cannot_be_written(run: Run, file: Path, key: str) -> None:
    (file.parent / f".{file.name}.{os.getpid()}").mkdir(parents=True)  # where the new file is written first
    result = run("auth", "set", "venice", stdin=key)
    assert result.exit_code == 1
    assert result.stderr == f"ConfigurationError: The keys cannot be stored in {file}: Is a directory.\n"
