"""Hard cases URL-01, 02, 03 and 09: model strings and base URLs."""

from __future__ import annotations

from typing import Any

import pytest

import onellm
from onellm import ConfigurationError, InvalidModelStringError, UnknownProviderError, parse_model_name
from tests.support import KEY, completion, serve, whole
from tests.wire import USER, both, call, provider, stream_call

SPLIT = [
    ("openrouter/anthropic/claude-3.5-sonnet:free", "openrouter", "anthropic/claude-3.5-sonnet:free"),
    ("fireworks/accounts/fireworks/models/x", "fireworks", "accounts/fireworks/models/x"),
    ("together/meta-llama/L", "together", "meta-llama/L"),
    ("bedrock/arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", "bedrock",
     "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"),
    ("vertexai/publishers/google/models/g", "vertexai", "publishers/google/models/g"),
    ("venice/openai/whisper-large-v3", "venice", "openai/whisper-large-v3"),
    ("venice@work/openai/whisper", "venice@work", "openai/whisper"),
    ("venice/default:enable_web_search=on&character_slug=x", "venice", "default:enable_web_search=on&character_slug=x"),
    ("vllm//models/x", "vllm", "/models/x"),
    ("openai/gpt-4o ", "openai", "gpt-4o "),
]  # fmt: skip


@pytest.mark.parametrize(("model", "name", "rest"), SPLIT)
def test_url_01_the_first_slash_splits_and_nothing_else(model: str, name: str, rest: str) -> None:
    assert parse_model_name(model) == (name, rest)


IDS = [
    "anthropic/claude-3.5-sonnet:free",
    "llama3:8b@host:11434",
    "hf.co/user/repo:Q4",
    "zai-org-glm-5:enable_web_search=on&include_venice_system_prompt=false",
    "wai-Illustrious",
    "accounts/fireworks/models/x#deployment",
    "modèle/größe-8b",
]


@both
@pytest.mark.parametrize("model", IDS)
def test_url_02_an_id_is_sent_verbatim(caller: Any, model: str) -> None:
    with serve(whole(completion())) as server:
        caller.chat(server.provider(), f"venice/{model}")
        caller.chat(server.provider(), f"openrouter/{model}")
    assert [request.json["model"] for request in server.requests] == [model, model]
    assert [request.path for request in server.requests] == ["/v1/chat/completions"] * 2


BASES = [
    ("https://h", "https://h/v1"),
    ("https://h/", "https://h/v1"),
    ("https://h/v1", "https://h/v1"),
    ("https://h/v1/", "https://h/v1"),
    ("https://h/v1//", "https://h/v1"),
    (" https://h/v1\n", "https://h/v1"),
    ("https://h/v1/chat/completions", "https://h/v1"),
    ("https://h/v1/chat/completions/", "https://h/v1"),
    ("https://h/v1/models", "https://h/v1"),
    ("https://h/api/paas/v4", "https://h/api/paas/v4"),
    ("https://h/compatible-mode/v1", "https://h/compatible-mode/v1"),
    ("https://h/openai", "https://h/openai"),
    ("https://h/client/v4/accounts/a/ai/v1", "https://h/client/v4/accounts/a/ai/v1"),
    ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
    ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
    ("HTTPS://h/V1", "https://h/V1"),
]


@pytest.mark.parametrize(("given", "base"), BASES)
@pytest.mark.parametrize("name", ["openai", "openai_compatible", "vllm", "llama_server"])
def test_url_03_a_base_url_is_joined_once(name: str, given: str, base: str) -> None:
    made = provider(name, base_url=given).chat(onellm.ChatRequest(model="m", messages=[USER]))
    assert isinstance(made, onellm.Call)
    assert made.url == f"{base}/chat/completions"


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("openai", "https://h/v1/chat/completions"),
        ("venice", "https://h/api/v1/chat/completions"),
        ("openrouter", "https://h/api/v1/chat/completions"),
        ("groq", "https://h/openai/v1/chat/completions"),
    ],
)
def test_url_03_a_bare_host_gets_the_provider_s_own_path(name: str, url: str) -> None:
    made = provider(name, base_url="https://h").chat(onellm.ChatRequest(model="m", messages=[USER]))
    assert isinstance(made, onellm.Call)
    assert made.url == url


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("openai", "https://api.openai.com/v1"),
        ("venice", "https://api.venice.ai/api/v1"),
        ("openrouter", "https://openrouter.ai/api/v1"),
        ("groq", "https://api.groq.com/openai/v1"),
        ("llama_server", "http://127.0.0.1:8080/v1"),
        ("vllm", "http://localhost:8000/v1"),
    ],
)
def test_url_03_the_providers_own_urls(name: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"{name.upper()}_BASE_URL", raising=False)
    assert call(name).url == stream_call(name).url == f"{url}/chat/completions"


@pytest.mark.parametrize(
    "url", ["h.example/v1", "ftp://h/v1", "https://", "https://u:p@h/v1", "https://h/v1?key=x", "https://h/v1#x", "/v1"]
)
def test_url_03_what_cannot_be_a_base_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base URL"):
        provider("openai", base_url=url)


@both
@pytest.mark.parametrize(
    ("model", "kind", "hint"),
    [
        ("gpt-4o", InvalidModelStringError, "openai/gpt-4o"),
        ("", InvalidModelStringError, "provider/model"),
        ("openai/", InvalidModelStringError, "provider/model"),
        ("/gpt-4o", InvalidModelStringError, "provider/model"),
        (" openai/gpt-4o", InvalidModelStringError, "provider/model"),
        ("opnai/gpt-4o", UnknownProviderError, "openai"),
        ("venise/x", UnknownProviderError, "venice"),
        ("OpenAI/gpt-4o", UnknownProviderError, "openai"),
        ("nobody-knows/x", UnknownProviderError, "openai_compatible"),
    ],
)
def test_url_09_a_wrong_model_string_is_told_before_any_call(
    caller: Any, model: str, kind: type[ConfigurationError], hint: str
) -> None:
    with serve(whole(completion())) as server, pytest.raises(kind) as caught:
        caller.chat(server.provider(), model)
    assert hint in str(caught.value)
    assert not server.requests


@pytest.mark.parametrize("model", [None, 7, ["openai/x"], b"openai/x"])
def test_url_09_a_model_that_is_no_string_is_told(model: Any) -> None:
    with onellm.OneLLM(providers={"openai": {"api_key": KEY}}) as client, pytest.raises(InvalidModelStringError):
        client.chat.completions.create(model, [USER])  # type: ignore[arg-type,unused-ignore]


@pytest.mark.parametrize("name", ["opnai", "", "venice@", "venise@work"])
def test_url_09_get_provider_tells_an_unknown_name(name: str) -> None:
    with pytest.raises(ConfigurationError):
        onellm.get_provider(name, api_key=KEY)
