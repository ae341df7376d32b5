"""Keys that are none are told without being shown: not in a frame, not in a context, not in a warning (S2, S3, S5)."""

from __future__ import annotations

import secrets
import warnings
from pathlib import Path
from typing import Any

import pytest

import onellm
from onellm import ConfigurationError, get_provider
from onellm.config import credentials_path, load_config
from tests.hunt import assert_clean
from tests.support import ByteServer, Caller, completion, serve, whole
from tests.surroundings import bare_environment

pytestmark = pytest.mark.security("S2", "S3", "S5")


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest) -> Caller:
    return Caller(request.param)


@pytest.fixture
def key() -> str:
    return f"sk-{secrets.token_urlsafe(24)}"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


def settings(server: ByteServer, key: str) -> dict[str, dict[str, Any]]:
    return {"openai": {"base_url": server.url, "api_key": key}}


def broken(key: str) -> list[str]:
    return [f"{key}\nX-Evil: 1", f"{key}\r\n\r\nGET /", f"{key}\0", f"{key}é", f"“{key}”", f"{key}\x1b[31m"]


@pytest.mark.parametrize("number", range(6))
def test_a_key_that_no_header_takes(caller: Caller, key: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = broken(key)[number]
    with serve(whole(completion())) as server:
        with pytest.raises(ConfigurationError, match=r"openai key.*paste it again") as caught:
            caller.chat(settings(server, bad))
        assert_clean(caught.value, key)
        if "\0" not in bad:
            monkeypatch.setenv("OPENAI_API_KEY", bad)
            with pytest.raises(ConfigurationError, match="paste it again") as caught:
                caller.chat({"openai": {"base_url": server.url}})
            assert_clean(caught.value, key)
        assert server.requests == []


def test_a_key_that_no_provider_takes(key: str) -> None:
    for bad in broken(key):
        with pytest.raises(ConfigurationError) as caught:
            get_provider("openai", api_key=bad)
        assert_clean(caught.value, key)


def test_a_setting_beside_the_key_is_wrong(caller: Caller, key: str) -> None:
    for wrong in ({"base_uri": "x"}, {"base_url": "ftp://h"}, {"base_url": "http://me:hidden@h/v1"}):
        with pytest.raises(ConfigurationError) as caught:
            caller.chat({"openai": {"api_key": key, **wrong}})
        assert_clean(caught.value, key)
        assert "hidden" not in str(caught.value)
        with pytest.raises(ConfigurationError) as caught:
            get_provider("openai", api_key=key, **wrong)
        assert_clean(caught.value, key)


def test_space_around_a_key_is_removed_with_a_warning(caller: Caller, key: str) -> None:
    with serve(whole(completion())) as server:
        with pytest.warns(UserWarning, match="openai key has spaces") as caught:
            caller.chat(settings(server, f" {key}\n"))
        assert server.requests[0].headers["authorization"] == f"Bearer {key}"
    assert all(key not in f"{warning.message} {warning.line}" for warning in caught)


def test_a_good_key_warns_of_nothing(caller: Caller, key: str) -> None:
    with serve(whole(completion())) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        caller.chat(settings(server, key))


def test_a_damaged_env_file(key: str, tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(f"OPENAI_API_KEY={key}\nthis line is {key}\n")
    with pytest.raises(ConfigurationError, match="line 2: expected KEY=VALUE") as caught:
        load_config(path)
    assert_clean(caught.value, key)


@pytest.mark.parametrize("text", ['{{"openai": "{key}"', '["{key}"]', '"{key}"'])
def test_a_damaged_credentials_file(caller: Caller, key: str, text: str) -> None:
    path = credentials_path()
    path.parent.mkdir(parents=True)
    path.write_text(text.format(key=key))
    with pytest.raises(ConfigurationError, match=r"credentials\.json.*remove it") as caught:
        caller.chat({"openai": {"base_url": "http://127.0.0.1:1/v1"}})
    assert_clean(caught.value, key)


def test_a_bad_key_of_one_call(caller: Caller, key: str) -> None:
    for bad in broken(key):
        with pytest.raises(ConfigurationError, match="paste it again") as caught:
            caller.chat(None, api_key=bad)
        assert_clean(caught.value, key)


def test_a_bad_key_through_the_faces(key: str) -> None:
    with pytest.raises(ConfigurationError, match="paste it again") as caught:
        onellm.ChatCompletion.create("openai/m", [{"role": "user", "content": "Hi"}], api_key=f"{key}\n{key}")
    assert_clean(caught.value, key)
