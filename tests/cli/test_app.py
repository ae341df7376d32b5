"""The group: its version, its help, and the commands that packages add."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import onellm
from onellm.cli import app, main
from tests.cli.conftest import Run

ADDED = """
import click

@click.command()
@click.argument("name")
def hello(name):
    "Greet."
    click.echo(f"Hello {name}")

@click.command()
def stop():
    raise KeyboardInterrupt

number = 5
"""


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A package that adds commands, some of them broken."""
    (tmp_path / "added_commands.py").write_text(ADDED)
    monkeypatch.syspath_prepend(tmp_path)
    targets = {
        "hello": "added_commands:hello",
        "stop": "added_commands:stop",
        "number": "added_commands:number",
        "lost": "added_commands:lost",
        "absent": "absent_commands:x",
    }
    points = {name: EntryPoint(name, target, app.GROUP) for name, target in targets.items()}
    monkeypatch.setattr(app, "added", lambda: points)
    monkeypatch.delitem(sys.modules, "added_commands", raising=False)


def test_main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["onellm", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"onellm {onellm.__version__}\n"


def test_main_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    with pytest.raises(SystemExit, match="extra 'cli'"):
        main()


def test_main_hides_no_other_missing_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onellm.cli.app", None)
    with pytest.raises(ImportError):
        main()


def test_installed_commands_are_found() -> None:
    app.added.cache_clear()
    assert not set(app.added()) & set(app.COMMANDS)


def test_help_names_added_commands_and_imports_none(run: Run, added: None) -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in app.COMMANDS)
    assert "From added_commands." in result.stdout
    assert "added_commands" not in sys.modules


def test_an_added_command_runs(run: Run, added: None) -> None:
    assert run("hello", "you").stdout == "Hello you\n"


def test_an_interrupted_command(run: Run, added: None) -> None:
    result = run("stop")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "Interrupted.\n")


@pytest.mark.parametrize(("name", "reason"), [("number", "no click"), ("lost", "imported"), ("absent", "imported")])
def test_a_broken_command_is_one_line(run: Run, added: None, name: str, reason: str) -> None:
    result = run(name)
    assert result.exit_code == 1
    assert result.stderr.startswith("ConfigurationError: ")
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_unknown_command(run: Run) -> None:
    result = run("chatt")
    assert result.exit_code == 2
    assert "No such command 'chatt'" in result.stderr
