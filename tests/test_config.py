"""Keys, base URLs and profiles: where they come from, in which order, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onellm import ConfigurationError, MissingAPIKeyError, OneLLM, Secret, get_provider, load_config
from onellm.config import Host, fingerprint, resolve, write_credentials
from tests.support import completion, serve, whole
from tests.surroundings import bare_environment

HOST = Host("acme", "https://acme.test/v2", ("ACME_TOKEN", "OLD_ACME_KEY"), settings=("region",))


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


def key_of(given: dict[str, Any] | None = None, profile: str = "") -> str | None:
    secret = resolve(HOST, given or {}, profile).api_key
    return secret.reveal() if secret is not None else None


def env_file(folder: Path, text: str) -> Path:
    path = folder / "settings.env"
    path.write_text(text, encoding="utf-8")
    return path


# -- order -------------------------------------------------------------------------------------------------------------


def test_order_of_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What was given, the environment (its own name before others), a loaded file, the credentials file."""
    assert key_of() is None
    write_credentials({"acme": "k-stored", "other": "k-other"})
    assert key_of() == "k-stored"
    load_config(env_file(tmp_path, "OLD_ACME_KEY=k-file-old\n"))
    assert key_of() == "k-file-old"
    load_config(env_file(tmp_path, "ACME_API_KEY=k-file\n"))
    assert key_of() == "k-file"
    monkeypatch.setenv("ACME_API_KEY", "k-environment")
    assert key_of() == "k-environment"
    assert key_of({"api_key": "k-given"}) == "k-given"
    assert key_of({"api_key": Secret("k-secret")}) == "k-secret"


def test_other_variables_count_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLD_ACME_KEY", "k-old")
    assert key_of() == "k-old"
    monkeypatch.setenv("ACME_TOKEN", "k-token")
    assert key_of() == "k-token"


@pytest.mark.parametrize("nothing", [None, ""])
def test_auth_11_nothing_is_no_key(nothing: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", "")
    assert key_of({"api_key": nothing}) is None
    monkeypatch.setenv("ACME_API_KEY", "k")
    assert key_of({"api_key": nothing}) == "k", "what is not given comes from the environment"


@pytest.mark.parametrize("space", [" ", "\n", "\t \n"])
def test_auth_11_space_is_no_key(space: str) -> None:
    with pytest.warns(UserWarning, match="spaces"), pytest.raises(ConfigurationError, match="acme key is empty"):
        key_of({"api_key": space})


def test_a_key_of_another_type() -> None:
    with pytest.raises(ConfigurationError, match="api_key must be a string, not int"):
        resolve(HOST, {"api_key": 42})


def test_order_of_base_urls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert resolve(HOST, {}).base_url == "https://acme.test/v2"
    load_config(env_file(tmp_path, "ACME_BASE_URL=https://file.test/v1\n"))
    assert resolve(HOST, {}).base_url == "https://file.test/v1"
    monkeypatch.setenv("ACME_BASE_URL", "https://environment.test/v1")
    assert resolve(HOST, {}).base_url == "https://environment.test/v1"
    assert resolve(HOST, {"base_url": "https://given.test"}).base_url == "https://given.test/v2"


def test_a_host_without_a_base_url_needs_one() -> None:
    with pytest.raises(ConfigurationError, match=r"mine needs a base URL: set MINE_BASE_URL or pass base_url"):
        resolve(Host("mine"), {})
    with pytest.raises(ConfigurationError, match=r"mine@work needs a base URL: set MINE_WORK_BASE_URL"):
        resolve(Host("mine"), {}, "work")


def test_settings_are_kept_and_unknown_ones_told() -> None:
    settings = resolve(HOST, {"region": "eu", "headers": {"X-Team": "a"}})
    assert settings.extra == {"region": "eu"}
    assert settings.headers == {"X-Team": "a"}
    with pytest.raises(ConfigurationError, match=r"acme has no setting 'regoin'; it takes api_key, .*region"):
        resolve(HOST, {"regoin": "eu"})
    with pytest.raises(ConfigurationError, match="openai has no setting 'apikey'"):
        get_provider("openai", apikey="k")
    with pytest.raises(ConfigurationError, match="mapping"):
        OneLLM(providers={"openai": "sk-a-key-alone"})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]


# -- profiles ----------------------------------------------------------------------------------------------------------


def test_a_profile_has_its_own_settings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first account's key must never pay for the second's calls."""
    monkeypatch.setenv("ACME_API_KEY", "k-first")
    monkeypatch.setenv("ACME_TOKEN", "k-first")
    monkeypatch.setenv("ACME_BASE_URL", "https://first.test/v1")
    write_credentials({"acme": "k-first"})
    assert key_of(profile="work") is None
    assert resolve(HOST, {}, "work").base_url == "https://acme.test/v2"
    write_credentials({"acme": "k-first", "acme@work": "k-work-stored"})
    assert key_of(profile="work") == "k-work-stored"
    monkeypatch.setenv("ACME_WORK_API_KEY", "k-work")
    assert key_of(profile="work") == "k-work"
    settings = resolve(HOST, {}, "work")
    assert (settings.label, settings.key_variable) == ("acme@work", "ACME_WORK_API_KEY")


@pytest.mark.parametrize(
    ("name", "profile", "variable"),
    [
        ("venice", "", "VENICE_API_KEY"),
        ("venice", "work", "VENICE_WORK_API_KEY"),
        ("venice", "work-2", "VENICE_WORK_2_API_KEY"),
        ("llama_server", "", "LLAMA_SERVER_API_KEY"),
        ("my-host", "", "MY_HOST_API_KEY"),
    ],
)
def test_names_of_variables(name: str, profile: str, variable: str) -> None:
    assert Host(name).variable("API_KEY", profile) == variable


def test_profiles_of_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENICE_API_KEY", "k-first")
    monkeypatch.setenv("VENICE_PLAY_API_KEY", "k-play")
    with serve(whole(completion())) as server:
        monkeypatch.setenv("VENICE_PLAY_BASE_URL", server.url)
        providers = {name: {"base_url": server.url} for name in ("venice", "venice@work", "venice@none")}
        providers["venice@work"]["api_key"] = "k-work"
        with OneLLM(providers=providers) as client:
            for model in ("venice/m", "venice@work/m", "venice@play/m"):
                answer = client.chat.completions.create(model, [{"role": "user", "content": "Hi"}])
                assert answer.meta.provider == model.partition("/")[0]
            with pytest.raises(MissingAPIKeyError, match=r"venice@none.*VENICE_NONE_API_KEY"):
                client.chat.completions.create("venice@none/m", [{"role": "user", "content": "Hi"}])
        keys = [request.headers["authorization"] for request in server.requests]
    assert keys == ["Bearer k-first", "Bearer k-work", "Bearer k-play"]


# -- a living client ---------------------------------------------------------------------------------------------------


def test_a_living_client_notices_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    question: list[dict[str, object]] = [{"role": "user", "content": "Hi"}]
    with serve(whole(completion())) as one, serve(whole(completion())) as other, OneLLM() as client:
        with pytest.raises(MissingAPIKeyError):
            client.chat.completions.create("groq/m", question)
        monkeypatch.setenv("GROQ_API_KEY", "k-1")
        monkeypatch.setenv("GROQ_BASE_URL", one.url)
        client.chat.completions.create("groq/m", question)
        monkeypatch.setenv("GROQ_API_KEY", "k-2")
        client.chat.completions.create("groq/m", question)
        monkeypatch.setenv("GROQ_BASE_URL", other.url)
        client.chat.completions.create("groq/m", question)
        monkeypatch.delenv("GROQ_API_KEY")
        load_config(env_file(tmp_path, "GROQ_API_KEY=k-3"))
        client.chat.completions.create("groq/m", question)
        assert client.provider("groq") is client.provider("groq"), "and makes none anew without need"
    assert [request.headers["authorization"] for request in one.requests] == ["Bearer k-1", "Bearer k-2"]
    assert [request.headers["authorization"] for request in other.requests] == ["Bearer k-2", "Bearer k-3"]


def test_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(HOST), fingerprint(HOST, "work")
    monkeypatch.setenv("OLD_ACME_KEY", "k")
    assert fingerprint(HOST) != before[0]
    assert fingerprint(HOST, "work") == before[1]
    monkeypatch.setenv("ACME_WORK_BASE_URL", "https://h/v1")
    assert fingerprint(HOST, "work") != before[1]
