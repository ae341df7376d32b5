"""Where each row is and whose key it takes: base URLs, key variables, closed services. No test reads the row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from onellm import CapabilityError, ConfigurationError, OneLLM, UnsupportedParameterError, get_provider, list_providers
from onellm.cli.app import cli
from tests.support import KEY, Caller, completion, serve, whole
from tests.surroundings import bare_environment
from tests.wire import both, call

HOSTS = [
    "openrouter", "together", "groq", "fireworks", "perplexity", "deepseek", "mistral", "xai", "moonshot", "minimax",
    "zai", "vercel", "cerebras", "sambanova", "nebius", "nvidia", "huggingface", "deepinfra", "baseten", "novita",
    "hyperbolic", "friendli", "inception", "databricks", "cloudflare", "snowflake", "dashscope", "siliconflow",
    "scaleway", "ovhcloud", "featherless", "lambda", "nscale", "poe", "chutes", "upstage", "heroku", "crusoe",
    "google", "anyscale", "github", "vllm", "sglang", "lmstudio", "llamafile", "llama_server", "openai_compatible",
]  # fmt: skip

VARIABLES = [
    ("openrouter", "OR_API_KEY"),
    ("together", "TOGETHER_API_KEY"),
    ("together", "TOGETHERAI_API_KEY"),
    ("together", "TOGETHER_AI_TOKEN"),
    ("fireworks", "FIREWORKS_AI_API_KEY"),
    ("perplexity", "PPLX_API_KEY"),
    ("perplexity", "PERPLEXITYAI_API_KEY"),
    ("deepseek", "DEEPSEEK_API_KEY"),
    ("moonshot", "MOONSHOTAI_API_KEY"),
    ("minimax", "MINIMAX_API_KEY"),
    ("minimax", "MINMAX_API_KEY"),
    ("zai", "ZAI_API_KEY"),
    ("zai", "ZHIPU_API_KEY"),
    ("zai", "GLM_API_KEY"),
    ("vercel", "AI_GATEWAY_API_KEY"),
    ("vercel", "VERCEL_AI_GATEWAY_API_KEY"),
    ("vercel", "VERCEL_OIDC_TOKEN"),
    ("nvidia", "NVIDIA_API_KEY"),
    ("nvidia", "NVIDIA_NIM_API_KEY"),
    ("huggingface", "HF_TOKEN"),
    ("huggingface", "HUGGINGFACE_API_KEY"),
    ("deepinfra", "DEEPINFRA_TOKEN"),
    ("friendli", "FRIENDLI_TOKEN"),
    ("friendli", "FRIENDLIAI_API_KEY"),
    ("databricks", "DATABRICKS_TOKEN"),
    ("cloudflare", "CLOUDFLARE_API_TOKEN"),
    ("snowflake", "SNOWFLAKE_TOKEN"),
    ("snowflake", "SNOWFLAKE_CORTEX_PAT"),
    ("dashscope", "DASHSCOPE_API_KEY"),
    ("dashscope", "ALIBABA_API_KEY"),
    ("scaleway", "SCW_SECRET_KEY"),
    ("scaleway", "SCALEWAY_API_KEY"),
    ("featherless", "FEATHERLESS_AI_API_KEY"),
    ("heroku", "HEROKU_INFERENCE_KEY"),
    ("google", "GOOGLE_API_KEY"),
    ("vllm", "HOSTED_VLLM_API_KEY"),
    ("lmstudio", "LMSTUDIO_API_KEY"),
    ("lmstudio", "LM_STUDIO_API_KEY"),
    ("github", "GITHUB_TOKEN"),
]
"""Field reports of clients, models.dev 2026-07-02, litellm 1.109.1, pydantic-ai 2.68.0."""


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


def test_every_host_is_listed() -> None:
    assert set(HOSTS) <= set(list_providers())
    listed = CliRunner().invoke(cli, ["providers", "--json"])
    assert listed.exit_code == 0
    assert set(HOSTS) <= {each["name"] for each in json.loads(listed.stdout)}


@pytest.mark.parametrize(("host", "variable"), VARIABLES)
def test_the_key_is_found_under_its_customary_names(host: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, KEY)
    settings = get_provider(host, base_url="https://h.example/v1").settings
    assert settings.api_key is not None
    assert settings.api_key.reveal() == KEY


@pytest.mark.parametrize(
    ("host", "variable", "value", "url"),
    [
        (
            "cloudflare", "CLOUDFLARE_ACCOUNT_ID", "0123abcd",
            "https://api.cloudflare.com/client/v4/accounts/0123abcd/ai/v1",
        ),
        ("databricks", "DATABRICKS_HOST", "adb-1.2.net", "https://adb-1.2.net/serving-endpoints"),
        ("databricks", "DATABRICKS_HOST", "https://adb-1.2.net/", "https://adb-1.2.net/serving-endpoints"),
        ("snowflake", "SNOWFLAKE_ACCOUNT", "org-acct", "https://org-acct.snowflakecomputing.com/api/v2/cortex/v1"),
    ],
)  # fmt: skip
def test_a_base_url_has_its_account_from_settings_or_variables(
    host: str, variable: str, value: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cloudflare, Databricks and Snowflake documentation."""
    setting = variable.removeprefix(f"{host.upper()}_").lower()
    with pytest.raises(ConfigurationError, match=variable) as caught:
        get_provider(host)
    assert setting in str(caught.value)
    own: dict[str, Any] = {setting: value}
    assert get_provider(host, **own).settings.base_url == url
    monkeypatch.setenv(variable, value)
    assert get_provider(host).settings.base_url == url
    assert get_provider(host, base_url="https://other.example/v9").settings.base_url == "https://other.example/v9"


@pytest.mark.parametrize("value", ["a/b", "a?b", "u:p@h", "a b", "{x}"])
def test_an_account_cannot_bend_the_url(value: str) -> None:
    with pytest.raises(ConfigurationError, match="part of a URL"):
        get_provider("snowflake", account=value)


def test_a_client_sees_a_changed_account(monkeypatch: pytest.MonkeyPatch) -> None:
    with OneLLM() as client:
        for account in ("one", "two"):
            monkeypatch.setenv("SNOWFLAKE_ACCOUNT", account)
            assert account in client.provider("snowflake").settings.base_url


@both
@pytest.mark.parametrize(
    ("host", "words"),
    [("anyscale", "2024-08-01"), ("github", "retired on 2026-07-30"), ("openai_compatible", "base_url")],
)
def test_what_has_no_address_says_why(caller: Caller, host: str, words: str) -> None:
    """Anyscale's announcement; pydantic-ai 2.68.0, which cites GitHub's documentation."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        caller.chat({host: {"api_key": KEY}}, f"{host}/m")
    assert f"{host.upper()}_BASE_URL" in str(caught.value)


@both
@pytest.mark.parametrize("host", ["anyscale", "github", "huggingface", "baseten", "heroku"])
def test_an_address_of_one_s_own_is_called(caller: Caller, host: str) -> None:
    with serve(whole(completion())) as server:
        assert caller.chat({host: {"api_key": KEY, "base_url": server.url}}, f"{host}/m").choices[0].message.content
    assert server.requests[0].path == "/v1/chat/completions"


@both
def test_perplexity_chats_through_its_responses(caller: Caller) -> None:
    """Perplexity documentation: unknown fields are refused, citations are annotations, usage has a cost.

    Sonar chat completions ended on 2026-09-27 (release notes of gateways).
    """
    note = {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 2}
    found = {"type": "search_results", "results": [{"id": 1, "url": "https://a.example", "title": "A"}]}
    said = {
        "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": "High", "annotations": [note]}],
    }  # fmt: skip
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "cost": {"total_cost": 0.005, "currency": "USD"}}
    body = {
        "id": "resp_1", "object": "response", "created_at": 1790000000, "status": "completed",
        "model": "perplexity/sonar", "output": [found, said], "usage": usage,
    }  # fmt: skip
    with serve(whole(body)) as server:
        settings = {"perplexity": {"api_key": KEY, "base_url": server.url}}
        answer = caller.chat(settings, "perplexity/perplexity/sonar", max_tokens=20, reasoning_effort="low")
    (request,) = server.requests
    assert request.path == "/v1/responses"
    assert request.json == {
        "model": "perplexity/sonar",
        "input": [{"type": "message", "role": "user", "content": "Hi"}],
        "max_output_tokens": 20,
        "reasoning": {"effort": "low"},
    }
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("High", "stop")
    assert (answer.usage.total_tokens, answer.usage.cost) == (5, 0.005)
    assert answer.choices[0].message.annotations
    assert get_provider("perplexity", api_key=KEY).settings.base_url == "https://api.perplexity.ai/v1"


@pytest.mark.parametrize(("name", "value"), [("temperature", 0.5), ("stop", "a"), ("seed", 1), ("top_p", 0.5)])
def test_perplexity_is_sent_nothing_that_it_does_not_know(name: str, value: Any) -> None:
    with pytest.raises(UnsupportedParameterError) as caught:
        call("perplexity", **{name: value})
    assert caught.value.param == name


# -- where the models are listed ---------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("host", "base", "path", "body"),
    [
        (
            "cloudflare",
            "/client/v4/accounts/1/ai/v1",
            "/client/v4/accounts/1/ai/models/search",
            {"result": [{"id": "x", "name": "@cf/m"}]},
        ),
        (
            "databricks",
            "/serving-endpoints",
            "/api/2.0/serving-endpoints",
            {"endpoints": [{"id": "x", "name": "@cf/m"}]},
        ),
        ("nebius", "/v1", "/v1/models?verbose=true", {"data": [{"id": "@cf/m"}]}),
        ("together", "/v1", "/v1/models", [{"id": "@cf/m"}]),
        ("deepseek", "/x", "/x/models", {"data": [{"id": "@cf/m"}]}),
    ],
)
def test_the_list_of_models(caller: Caller, host: str, base: str, path: str, body: Any) -> None:
    """Cloudflare, Databricks and Nebius documentation; together SDK 3.1.1 (a bare list)."""
    with serve(whole(body)) as server:
        url = server.url.removesuffix("/v1") + base
        found = caller.run(lambda: get_provider(host, api_key=KEY, base_url=url).models())
    assert server.requests[0].path == path
    assert [info.model for info in found] == [f"{host}/@cf/m"]


@pytest.mark.parametrize(
    ("host", "pricing"),
    [
        ("together", {"input": 0.5, "output": 1.5}),
        ("vercel", {"input": "0.0000005", "output": "0.0000015"}),
        ("nebius", {"prompt": "0.0000005", "completion": "0.0000015"}),
    ],
)
def test_prices_of_a_list_are_for_a_million(host: str, pricing: dict[str, Any]) -> None:
    """together SDK 3.1.1: numbers, USD for a million; Vercel and Nebius documentation: text, USD for one."""
    row = {"id": "m", "pricing": pricing, "context_window": 1000, "max_tokens": 100}
    with serve(whole({"data": [row]})) as server:
        url = server.url
        (info,) = Caller("sync").run(lambda: get_provider(host, api_key=KEY, base_url=url).models())
    assert info.prices is not None
    assert (info.prices.input, info.prices.output) == (pytest.approx(0.5), pytest.approx(1.5))
    assert (info.context_window, info.max_output_tokens) == (1000, 100)


def test_mistral_says_what_its_models_can_do() -> None:
    """mistralai SDK 3.7.0: capabilities of a model card."""
    flags = {
        "completion_chat": True,
        "function_calling": True,
        "vision": False,
        "reasoning": False,
        "classification": True,
    }
    with serve(whole({"data": [{"id": "m", "max_context_length": 128000, "capabilities": flags}]})) as server:
        url = server.url
        (info,) = Caller("sync").run(lambda: get_provider("mistral", api_key=KEY, base_url=url).models())
    words = ("chat", "tools", "vision", "reasoning", "json_mode")
    assert [info.capabilities.get(word) for word in words] == [True, True, False, False, None]
    assert info.context_window == 128000


SCHEMA = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}}

# -- what is known of every model --------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("host", "params", "capability"),
    [
        ("deepseek", SCHEMA, "json_schema"),
        ("zai", SCHEMA, "json_schema"),
        ("groq", {"logprobs": True}, "logprobs"),
        ("zai", {"logprobs": True}, "logprobs"),
        ("deepinfra", {"tool_choice": "required"}, "tool_choice_required"),
        ("featherless", {"tool_choice": "required"}, "tool_choice_required"),
    ],
)
def test_a_known_no_is_told_before_sending(caller: Caller, host: str, params: dict[str, Any], capability: str) -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
    given = {"tools": tools, **params} if "tool_choice" in params else params
    with serve(whole(completion())) as server, pytest.raises(CapabilityError) as caught:
        caller.chat({host: {"api_key": KEY, "base_url": server.url}}, f"{host}/m", **given)
    assert caught.value.capability == capability
    assert not server.requests
