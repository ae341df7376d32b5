"""The contract, for every provider that is installed."""

from __future__ import annotations

from typing import Any, ClassVar

from onellm import Spec
from onellm.registry import find, installed
from tests.providers.anthropic.contract import TestAnthropic as TestAnthropic
from tests.providers.azure.contract import TestAzure as TestAzure
from tests.providers.azure.contract import TestAzureClassic as TestAzureClassic
from tests.providers.bedrock.contract import TestBedrock as TestBedrock
from tests.providers.bedrock.contract import TestBedrockOpenAI as TestBedrockOpenAI
from tests.providers.cohere.contract import TestCohere as TestCohere
from tests.providers.contract import FEWER, ChatContract, WorkContract
from tests.providers.gemini.contract import TestGemini as TestGemini
from tests.providers.gemini.contract import TestVertex as TestVertex
from tests.providers.llama_cpp.contract import TestLlamaCpp as TestLlamaCpp
from tests.providers.ollama.contract import TestOllama as TestOllama
from tests.providers.replicate.contract import TestReplicate as TestReplicate

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


V1: dict[str, Any] = {"venice_parameters": {}}
NO_STORE: dict[str, Any] = {"store": True}

HOSTS: dict[str, tuple[str, dict[str, Any]]] = {
    "anyscale": ("https://h.example/v1", V1),
    "baseten": ("https://inference.baseten.co/v1", V1),
    "cerebras": ("https://api.cerebras.ai/v1", {"logit_bias": {"1": 1}}),
    "chutes": ("https://llm.chutes.ai/v1", V1),
    "cloudflare": ("https://api.cloudflare.com/client/v4/accounts/0123abcd/ai/v1", V1),
    "crusoe": ("https://api.inference.crusoecloud.com/v1", V1),
    "dashscope": ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", V1),
    "databricks": ("https://adb-1.2.azuredatabricks.net/serving-endpoints", V1),
    "deepinfra": ("https://api.deepinfra.com/v1/openai", V1),
    "deepseek": ("https://api.deepseek.com", {"top_k": 5}),
    "featherless": ("https://api.featherless.ai/v1", V1),
    "fireworks": ("https://api.fireworks.ai/inference/v1", V1),
    "friendli": ("https://api.friendli.ai/serverless/v1", V1),
    "github": ("https://h.example/v1", V1),
    "google": ("https://generativelanguage.googleapis.com/v1beta/openai", V1),
    "groq": ("https://api.groq.com/openai/v1", {"logit_bias": {"1": 1}, "store": True}),
    "heroku": ("https://us.inference.heroku.com/v1", V1),
    "huggingface": ("https://router.huggingface.co/v1", V1),
    "hyperbolic": ("https://api.hyperbolic.xyz/v1", NO_STORE),
    "inception": ("https://api.inceptionlabs.ai/v1", {"n": 2, "top_p": 0.5}),
    "lambda": ("https://api.lambda.ai/v1", V1),
    "llama_server": ("http://127.0.0.1:8080/v1", V1),
    "llamafile": ("http://127.0.0.1:8080/v1", V1),
    "lmstudio": ("http://localhost:1234/v1", V1),
    "minimax": ("https://api.minimax.io/v1", {"frequency_penalty": 1.0}),
    "mistral": ("https://api.mistral.ai/v1", {"logit_bias": {"1": 1}, "user": "u"}),
    "moonshot": ("https://api.moonshot.ai/v1", V1),
    "nebius": ("https://api.tokenfactory.nebius.com/v1", V1),
    "novita": ("https://api.novita.ai/openai/v1", V1),
    "nscale": ("https://inference.api.nscale.com/v1", V1),
    "nvidia": ("https://integrate.api.nvidia.com/v1", V1),
    "openai_compatible": ("https://h.example/v1", V1),
    "openrouter": ("https://openrouter.ai/api/v1", V1),
    "ovhcloud": ("https://oai.endpoints.kepler.ai.cloud.ovh.net/v1", V1),
    "poe": ("https://api.poe.com/v1", V1),
    "sambanova": ("https://api.sambanova.ai/v1", {"seed": 1}),
    "scaleway": ("https://api.scaleway.ai/v1", V1),
    "sglang": ("http://localhost:30000/v1", V1),
    "siliconflow": ("https://api.siliconflow.com/v1", V1),
    "snowflake": ("https://org-acct.snowflakecomputing.com/api/v2/cortex/v1", V1),
    "together": ("https://api.together.ai/v1", {"metadata": {"a": "b"}, "store": True}),
    "upstage": ("https://api.upstage.ai/v1/solar", V1),
    "vercel": ("https://ai-gateway.vercel.sh/v1", V1),
    "vllm": ("http://localhost:8000/v1", V1),
    "xai": ("https://api.x.ai/v1", V1),
    "zai": ("https://api.z.ai/api/paas/v4", {"n": 2, "seed": 7}),
}
"""Each row: its base URL, and parameters that it does not take."""

WITHOUT_KEY = ("llama_server", "llamafile", "lmstudio", "openai_compatible", "sglang", "vllm")

SETTINGS: dict[str, dict[str, Any]] = {
    "anyscale": {"base_url": "https://h.example/v1"},
    "cloudflare": {"account_id": "0123abcd"},
    "databricks": {"host": "https://adb-1.2.azuredatabricks.net/"},
    "github": {"base_url": "https://h.example/v1"},
    "openai_compatible": {"base_url": "https://h.example/v1"},
    "snowflake": {"account": "org-acct"},
}

MODELS = {"snowflake": "claude-sonnet-4-6"}

for host, (base_url, refused) in HOSTS.items():
    globals()[f"Test_{host}"] = type(
        f"Test_{host}",
        (ChatContract,),
        {
            "name": host,
            "model": MODELS.get(host, "some/model:tag"),
            "settings": SETTINGS.get(host, {}),
            "url": f"{base_url}{CHAT}",
            "refused": refused,
            "needs_key": host not in WITHOUT_KEY,
            "examples": FEWER,
            "least_temperature": 0.01 if host == "minimax" else 0,
        },
    )

NO_CHAT = {"perplexity"}
"""Rows without chat completions."""


def test_every_installed_row_has_a_suite() -> None:
    rows = {name for name in installed() if isinstance(find(name), Spec)}
    assert rows - NO_CHAT == {suite.name for suite in ChatContract.__subclasses__()} & rows


def test_every_installed_provider_has_a_suite() -> None:
    suites = ChatContract.__subclasses__() + WorkContract.__subclasses__()
    assert {suite.name for suite in suites} == set(installed()) - NO_CHAT
