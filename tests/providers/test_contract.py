"""The contract, for every provider that is installed."""

from __future__ import annotations

from typing import Any, ClassVar

from onellm.registry import installed
from tests.providers.contract import ChatContract

CHAT = "/chat/completions"


class TestOpenAI(ChatContract):
    name = "openai"
    url = f"https://api.openai.com/v1{CHAT}"
    refused: ClassVar[dict[str, Any]] = {"top_k": 5}


class TestVenice(ChatContract):
    name = "venice"
    model = "zai-org-glm-5:disable_thinking=true"
    url = f"https://api.venice.ai/api/v1{CHAT}"
    refused: ClassVar[dict[str, Any]] = {"logit_bias": {"1": 1}, "service_tier": "flex"}


class TestOpenRouter(ChatContract):
    name = "openrouter"
    url = f"https://openrouter.ai/api/v1{CHAT}"
    refused: ClassVar[dict[str, Any]] = {"venice_parameters": {}}


class TestGroq(ChatContract):
    name = "groq"
    url = f"https://api.groq.com/openai/v1{CHAT}"
    refused: ClassVar[dict[str, Any]] = {"logit_bias": {"1": 1}, "store": True}


class TestLlamaServer(ChatContract):
    name = "llama_server"
    url = f"http://127.0.0.1:8080/v1{CHAT}"
    needs_key = False
    refused: ClassVar[dict[str, Any]] = {"venice_parameters": {}}


class TestVLLM(ChatContract):
    name = "vllm"
    url = f"http://localhost:8000/v1{CHAT}"
    needs_key = False
    refused: ClassVar[dict[str, Any]] = {"venice_parameters": {}}


class TestOpenAICompatible(ChatContract):
    name = "openai_compatible"
    settings: ClassVar[dict[str, Any]] = {"base_url": "https://h.example/v1"}
    url = f"https://h.example/v1{CHAT}"
    needs_key = False
    refused: ClassVar[dict[str, Any]] = {"venice_parameters": {}}


def test_every_installed_provider_has_a_suite() -> None:
    assert {suite.name for suite in ChatContract.__subclasses__()} == set(installed())
