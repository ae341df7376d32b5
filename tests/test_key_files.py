"""Files that hold keys: a .env that is read on request, and the credentials of `onellm auth set`."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from onellm import ConfigurationError, config, load_config
from onellm.config import Host, credentials_path, read_credentials, resolve, write_credentials
from tests.surroundings import bare_environment

HOST = Host("acme", "https://acme.test/v2")


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


def key_of(given: dict[str, Any] | None = None) -> str | None:
    secret = resolve(HOST, given or {}).api_key
    return secret.reveal() if secret is not None else None


def env_file(folder: Path, text: str) -> Path:
    path = folder / "settings.env"
    path.write_text(text, encoding="utf-8")
    return path


# -- .env --------------------------------------------------------------------------------------------------------------

DOTENV = """\ufeff# a comment
PLAIN=value
export EXPORTED=value
 SPACED = some value\t
COMMENT=value # a comment
HASH=a#b
SINGLE='it is # "kept"'
DOUBLE="with 'quotes'"
QUOTED_COMMENT="value" # say "hi"
EMPTY=
EQUALS=a=b==
DOLLAR=$HOME
TWICE=first
TWICE=second

"""
READ = {
    "PLAIN": "value", "EXPORTED": "value", "SPACED": "some value", "COMMENT": "value", "HASH": "a#b",
    "SINGLE": 'it is # "kept"', "DOUBLE": "with 'quotes'", "QUOTED_COMMENT": "value", "EMPTY": "", "EQUALS": "a=b==",
    "DOLLAR": "$HOME", "TWICE": "second",
}  # fmt: skip


def test_env_file(tmp_path: Path) -> None:
    names = load_config(env_file(tmp_path, DOTENV))
    assert names == list(READ)
    assert config._loaded == READ
    assert "PLAIN" not in os.environ, "the process's environment is left alone"


def test_env_file_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_bytes(b"ACME_API_KEY=k-windows\r\nOTHER=x\r\n")
    monkeypatch.chdir(tmp_path)
    assert load_config() == ["ACME_API_KEY", "OTHER"]
    assert key_of() == "k-windows"


@pytest.mark.parametrize(
    ("text", "problem"), [("A=1\nno assignment\n", "line 2: expected KEY=VALUE"), ("1A=2", "line 1"), ("=x", "line 1")]
)
def test_env_file_that_is_none(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        load_config(env_file(tmp_path, text))


def test_env_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"Cannot read .*nowhere\.env: FileNotFoundError"):
        load_config(tmp_path / "nowhere.env")
    (tmp_path / "binary.env").write_bytes(b"A=\xff\xfe")
    with pytest.raises(ConfigurationError, match="UnicodeDecodeError"):
        load_config(str(tmp_path / "binary.env"))


# -- the credentials file ----------------------------------------------------------------------------------------------


def test_credentials_are_the_users_alone(tmp_path: Path) -> None:
    path = write_credentials({"acme": "k1"})
    assert path == credentials_path() == tmp_path / "configuration" / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    write_credentials({"acme": "k2", "venice@work": "k3"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600, "a file that was open to others is replaced"
    assert read_credentials() == {"acme": "k2", "venice@work": "k3"}
    assert os.listdir(path.parent) == ["credentials.json"]


def test_credentials_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ONELLM_CONFIG_DIR")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert credentials_path() == tmp_path / "xdg" / "onellm" / "credentials.json"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert credentials_path() == tmp_path / "home" / ".config" / "onellm" / "credentials.json"


def test_a_write_that_fails_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_credentials({"acme": "k1"})
    monkeypatch.setattr(json, "dump", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_credentials({"acme": "k2"})
    assert read_credentials() == {"acme": "k1"}
    assert os.listdir(path.parent) == ["credentials.json"]


@pytest.mark.parametrize("text", ["{", "[]", '"k"', "\udcff"])
def test_damaged_credentials(text: str) -> None:
    path = credentials_path()
    path.parent.mkdir()
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigurationError, match=r"credentials\.json .*; remove it and set the keys again"):
        key_of()
    assert key_of({"api_key": "k"}) == "k", "nobody looks at the file where a key is given"


def test_what_is_no_key_in_the_file_is_passed_over() -> None:
    path = credentials_path()
    path.parent.mkdir()
    path.write_text('{"acme": null, "other": 3, "venice": "k"}')
    assert read_credentials() == {"venice": "k"}
