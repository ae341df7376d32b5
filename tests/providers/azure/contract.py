"""The contract of chat at Azure, in both families of URLs."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.providers.contract import FEWER, ChatContract

DATED = "2024-10-21"


class TestAzure(ChatContract):
    name = "azure"
    settings: ClassVar[dict[str, Any]] = {"resource": "acme"}
    url = "https://acme.openai.azure.com/openai/v1/chat/completions"
    key_header = ("api-key", "")
    refused: ClassVar[dict[str, Any]] = {"web_search_options": {}}


class TestAzureClassic(TestAzure):
    model = "gpt-4o"
    settings: ClassVar[dict[str, Any]] = {"resource": "acme", "api_version": DATED}
    url = f"https://acme.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version={DATED}"
    examples = FEWER
