"""Names to providers: installed, registered, replaced, and told where there is none."""

from __future__ import annotations

import sys
from collections.abc import Generator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from onellm import (
    Call,
    ChatRequest,
    ConfigurationError,
    MissingAPIKeyError,
    OneLLM,
    OneLLMError,
    OpenAICompatible,
    Provider,
    Spec,
    UnknownProviderError,
    get_provider,
    list_providers,
    register_provider,
    registry,
)
from onellm.call import Work
from onellm.config import Host
from onellm.registry import find, host_of
from tests.support import completion, serve, whole
from tests.surroundings import bare_environment

MESSAGES = [{"role": "user", "content": "Hi"}]
REQUEST = ChatRequest(model="m", messages=MESSAGES)
PATHS = {
    "anthropic": "v1/messages",
    "azure": "v1/openai/v1/chat/completions",
    "bedrock": "v1/model/m/converse",
    "cohere": "v2/chat",
    "gemini": "v1/models/m:generateContent",
    "ollama": "api/chat",
    "perplexity": "v1/responses",
    "replicate": "v1/models/owner/m",
    "vertex": "v1/publishers/google/models/m:generateContent",
}
"""Where a chat goes first below a base URL, where it is not OpenAI's path."""


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)
    monkeypatch.setattr(registry, "_registered", {})


def test_a_package_that_is_installed_takes_the_place_of_no_provider_of_ours(
    tmp_path: Path,
) -> None:
    """It may bring others; to replace one, a program must say so (`register_provider`)."""
    info = tmp_path / "another-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: another\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[onellm.providers]\nopenai = another:ROW\nanother = another:ROW\n")
    (tmp_path / "another.py").write_text("from onellm import Spec\nROW = Spec('another', 'https://another.test/v1')\n")
    try:
        sys.path.append(str(tmp_path))
        for known in (registry.installed, registry._own, registry._load):
            known.cache_clear()
        assert host_of(find("another")).name == "another"
        assert host_of(find("openai")).name == "openai"
        assert registry.installed()["openai"].value.startswith("onellm_providers")
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("another", None)
        for known in (registry.installed, registry._own, registry._load):
            known.cache_clear()


def test_the_installed_ones() -> None:
    names = list_providers()
    assert names == sorted(names)
    assert {"openai", "venice", "openrouter", "groq", "llama_server", "vllm", "openai_compatible"} <= set(names)


@pytest.mark.parametrize("name", sorted(registry.installed()))
def test_each_installed_one_can_be_made(name: str) -> None:
    if host_of(find(name)).base_url == "":
        provider = get_provider(name)
        assert provider.name == name
        assert isinstance(provider.chat(REQUEST), Work)
        return
    provider = get_provider(name, api_key="k", base_url="https://h.test/v1")
    assert provider.name == name
    op = provider.chat(ChatRequest(model="owner/m", messages=MESSAGES) if name == "replicate" else REQUEST)
    call = op if isinstance(op, Call) or not isinstance(op, Generator) else next(op)
    assert isinstance(call, Call)
    assert call.url == f"https://h.test/{PATHS.get(name, 'v1/chat/completions')}"


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("venise", "'venice'"), ("opnai", "'openai'"), ("Groq", "'groq'"), ("open_router", "'openrouter'")],
)
def test_near_names_are_suggested(typo: str, meant: str) -> None:
    with pytest.raises(UnknownProviderError, match="Did you mean") as caught:
        get_provider(typo)
    assert meant in str(caught.value)
    assert repr(typo) in str(caught.value)


def test_far_names_get_the_list() -> None:
    with pytest.raises(UnknownProviderError, match=r"Known are .*groq.*venice.*openai_compatible/MODEL"):
        get_provider("xyzzy")


def test_registered_names_are_suggested_too() -> None:
    register_provider(Spec("acme", "https://acme.test/v1"))
    assert "acme" in list_providers()
    with pytest.raises(UnknownProviderError, match=r"'acme'\?"):
        get_provider("acne")


def test_a_class_by_decorator() -> None:
    @register_provider
    class Acme(Provider):
        host = Host("acme", "https://acme.test", key_required=False)

    assert isinstance(get_provider("acme"), Acme)
    assert get_provider("acme").auth() is None
    assert Acme.host.name == "acme"


def test_a_class_that_needs_a_key() -> None:
    @register_provider
    class Acme(Provider):
        host = Host("acme", "https://acme.test")

    with pytest.raises(MissingAPIKeyError, match="ACME_API_KEY"):
        get_provider("acme").auth()
    assert Acme.host.key_required


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a@b", "a.b"])
def test_names_that_no_model_string_takes(name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot name a provider"):
        register_provider(Spec(name))


def test_a_living_client_sees_what_is_registered_anew() -> None:
    """A later registration counts at once, also for an installed name."""
    question: list[dict[str, object]] = [{"role": "user", "content": "Hi"}]
    with serve(whole(completion())) as one, serve(whole(completion())) as other, OneLLM() as client:
        for server, name in ((one, "acme"), (other, "acme"), (other, "groq")):
            register_provider(Spec(name, server.url, key_required=False))
            client.chat.completions.create(f"{name}/m", question)
    assert (len(one.requests), len(other.requests)) == (1, 2)


@pytest.mark.parametrize("value", ["no_such_module_of_ours:X", "onellm.routing:no_such_name"])
def test_a_plugin_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    points = {"broken": EntryPoint("broken", value, registry.GROUP)}
    monkeypatch.setattr(registry, "installed", lambda: points)
    with pytest.raises(ConfigurationError, match=r"provider broken .*cannot be imported.*no_such") as caught:
        get_provider("broken")
    assert isinstance(caught.value.__cause__, (ImportError, AttributeError))
    assert list_providers() == ["broken"], "listing imports nothing"


def test_a_provider_without_operations_says_so() -> None:
    @register_provider
    class Empty(Provider):
        host = Host("empty", "https://empty.test", key_required=False)

    provider: Any = get_provider("empty")
    for operation in (provider.chat, provider.chat_stream):
        with pytest.raises(OneLLMError, match=r"empty has no (chat|stream)"):
            operation(REQUEST)
    with pytest.raises(OneLLMError, match="empty has no list of models"):
        provider.models()
    assert provider.info("m").supports("chat") is False


def test_a_row_is_needed_for_the_format() -> None:
    class Bare(OpenAICompatible):
        host = Host("bare", "https://h.test/v1", key_required=False)

    register_provider(Bare)
    with pytest.raises(TypeError, match="Bare needs a spec"):
        get_provider("bare")
