"""What each row sends: the body's parameters, written out. No test reads the row; each case names its source."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from onellm import InvalidRequestError, UnsupportedParameterError
from onellm.types.embedding import EmbeddingRequest
from tests.support import KEY
from tests.wire import USER, call, provider, sent_parameters, stream_call, tool

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
JSON_OBJECT = {"type": "json_object"}
TOOLS = [tool()]
NAMED = {"type": "function", "function": {"name": "f"}}
OFF = {"thinking": {"type": "disabled"}}

LITELLM = "litellm 1.109.1"


class Sent(NamedTuple):
    """What a host is sent for what was asked."""

    host: str
    asked: dict[str, Any]
    body: dict[str, Any]
    source: str
    model: str = "m"


def limit_in_older_name(host: str, source: str) -> Sent:
    return Sent(host, {"max_completion_tokens": 5}, {"max_tokens": 5}, source)


SENT = [
    *(
        limit_in_older_name(host, f"{LITELLM}: max_completion_tokens becomes max_tokens")
        for host in (
            "baseten",
            "cerebras",
            "chutes",
            "crusoe",
            "databricks",
            "deepinfra",
            "featherless",
            "fireworks",
            "hyperbolic",
            "mistral",
            "moonshot",
            "nebius",
            "nvidia",
            "poe",
            "sambanova",
            "vllm",
            "xai",
            "zai",
        )
    ),
    *(
        limit_in_older_name(host, "field reports of clients: max_completion_tokens becomes max_tokens")
        for host in ("deepseek", "heroku", "llamafile", "lmstudio", "openrouter", "sglang", "together")
    ),
    limit_in_older_name("llama_server", "llama.cpp tools/server README"),
    *(
        Sent(host, {"max_completion_tokens": 5}, {"max_completion_tokens": 5}, source)
        for host, source in (
            ("groq", "groq SDK 1.7.0"),
            ("vercel", "Vercel AI Gateway documentation"),
            ("inception", f"{LITELLM} takes both names"),
        )
    ),
    # -- deepseek
    Sent(
        "deepseek", {"thinking": {"type": "enabled"}}, {"thinking": {"type": "enabled"}}, "DeepSeek API documentation"
    ),
    Sent("deepseek", {"reasoning_effort": "none"}, OFF, "DeepSeek API documentation: thinking.type"),
    Sent("deepseek", {"reasoning_effort": "minimal"}, {"reasoning_effort": "low"}, "DeepSeek API documentation"),
    Sent("deepseek", {"reasoning_effort": "medium"}, {"reasoning_effort": "high"}, "DeepSeek API documentation"),
    Sent("deepseek", {"reasoning_effort": "xhigh"}, {"reasoning_effort": "high"}, "DeepSeek API documentation"),
    Sent("deepseek", {"reasoning_effort": "max"}, {"reasoning_effort": "max"}, "DeepSeek API documentation"),
    Sent("deepseek", {"response_format": JSON_OBJECT}, {"response_format": JSON_OBJECT}, "DeepSeek API documentation"),
    # -- mistral
    Sent("mistral", {"seed": 7}, {"random_seed": 7}, "mistralai SDK 3.7.0: ChatCompletionRequest.random_seed"),
    Sent("mistral", {"seed": 0}, {"random_seed": 0}, "mistralai SDK 3.7.0"),
    Sent(
        "mistral",
        {"safe_prompt": True, "prompt_mode": "reasoning", "min_tokens": 1, "top_k": 3, "metadata": {"a": "b"}},
        {"safe_prompt": True, "prompt_mode": "reasoning", "min_tokens": 1, "top_k": 3, "metadata": {"a": "b"}},
        "mistralai SDK 3.7.0: ChatCompletionRequest",
    ),
    Sent(
        "mistral",
        {"tools": TOOLS, "tool_choice": "required"},
        {"tools": TOOLS, "tool_choice": "required"},
        "mistralai SDK 3.7.0: `any` or `required`",
    ),
    # -- xai
    Sent(
        "xai", {"stop": "a"}, {"stop": "a"}, f"{LITELLM}: non-reasoning models take stop", "grok-4-fast-non-reasoning"
    ),
    # -- moonshot
    Sent("moonshot", {"thinking": {"type": "disabled"}}, OFF, "Moonshot documentation"),
    Sent("moonshot", {"reasoning_effort": "max"}, {"reasoning_effort": "max"}, "Moonshot documentation"),
    Sent(
        "moonshot",
        {"tools": TOOLS, "tool_choice": "none"},
        {"tools": TOOLS, "tool_choice": "none"},
        "Moonshot documentation",
    ),
    # -- minimax
    Sent(
        "minimax",
        {"reasoning_split": True, "thinking": {"type": "adaptive"}, "temperature": 1.0},
        {"reasoning_split": True, "thinking": {"type": "adaptive"}, "temperature": 1.0},
        f"MiniMax documentation; {LITELLM}",
    ),
    # -- zai
    Sent("zai", {"reasoning_effort": "none"}, OFF, "Z.AI documentation: thinking.type"),
    Sent(
        "zai",
        {
            "thinking": {"type": "enabled", "clear_thinking": False},
            "do_sample": True,
            "tool_stream": True,
            "user_id": "u",
        },
        {
            "thinking": {"type": "enabled", "clear_thinking": False},
            "do_sample": True,
            "tool_stream": True,
            "user_id": "u",
        },
        "Z.AI documentation",
    ),
    Sent(
        "zai",
        {"tools": [{"type": "web_search", "web_search": {"enable": True}}]},
        {"tools": [{"type": "web_search", "web_search": {"enable": True}}]},
        "Z.AI documentation: tools of types function, web_search, retrieval",
    ),
    # -- dashscope, inception
    Sent(
        "dashscope",
        {"enable_thinking": True, "thinking_budget": 100, "reasoning_effort": "high"},
        {"enable_thinking": True, "thinking_budget": 100, "reasoning_effort": "high"},
        f"{LITELLM} (reasoning_effort); the others are not confirmed",
    ),
    Sent(
        "inception",
        {"reasoning_summary": True, "diffusing": True, "reasoning_effort": "low"},
        {"reasoning_summary": True, "diffusing": True, "reasoning_effort": "low"},
        LITELLM,
    ),
    # -- together
    Sent("together", {"stop": "END"}, {"stop": ["END"]}, "together SDK 3.1.1: stop is a list"),
    Sent("together", {"stop": ["a", "b"]}, {"stop": ["a", "b"]}, "together SDK 3.1.1"),
    Sent("together", {"logprobs": True}, {"logprobs": 1}, "together SDK 3.1.1: logprobs is an int from 0 to 20"),
    Sent("together", {"logprobs": True, "top_logprobs": 4}, {"logprobs": 4}, "together SDK 3.1.1"),
    Sent("together", {"logprobs": False}, {"logprobs": 0}, "together SDK 3.1.1"),
    Sent("together", {"reasoning_effort": "none"}, {"reasoning": {"enabled": False}}, "field report of any-llm"),
    Sent("together", {"reasoning_effort": "low"}, {"reasoning_effort": "low"}, "together SDK 3.1.1"),
    Sent("together", {"response_format": JSON_SCHEMA}, {"response_format": JSON_SCHEMA}, "any-llm 1.40.2"),
    Sent(
        "together",
        {"safety_model": "g", "echo": True, "context_length_exceeded_behavior": "error", "compliance": "hipaa"},
        {"safety_model": "g", "echo": True, "context_length_exceeded_behavior": "error", "compliance": "hipaa"},
        "together SDK 3.1.1",
    ),
    # -- fireworks
    Sent(
        "fireworks",
        {"tools": TOOLS, "tool_choice": "required"},
        {"tools": TOOLS, "tool_choice": "any"},
        f"{LITELLM}: required becomes any",
    ),
    Sent(
        "fireworks",
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "prompt_truncate_len": 10, "typical_p": 0.5},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "prompt_truncate_len": 10, "typical_p": 0.5},
        f"Fireworks documentation; {LITELLM}",
    ),
    # -- cerebras, sambanova, nebius, nvidia, deepinfra, baseten, novita
    Sent(
        "cerebras",
        {"reasoning_format": "parsed", "clear_thinking": False, "parallel_tool_calls": True, "tools": TOOLS},
        {"reasoning_format": "parsed", "clear_thinking": False, "parallel_tool_calls": True, "tools": TOOLS},
        "cerebras-cloud-sdk 1.91.0",
    ),
    Sent("sambanova", {"top_k": 3}, {"top_k": 3}, LITELLM),
    Sent(
        "nebius",
        {"guided_json": SCHEMA, "top_k": 3, "min_p": 0.1},
        {"guided_json": SCHEMA, "top_k": 3, "min_p": 0.1},
        "Nebius documentation",
    ),
    Sent(
        "nvidia",
        {"chat_template_kwargs": {"thinking": True}, "reasoning_budget": 10},
        {"chat_template_kwargs": {"thinking": True}, "reasoning_budget": 10},
        "NVIDIA NIM documentation",
    ),
    Sent("deepinfra", {"reasoning": {"enabled": False}}, {"reasoning": {"enabled": False}}, "DeepInfra documentation"),
    Sent(
        "baseten",
        {"chat_template_args": {"enable_thinking": True}},
        {"chat_template_args": {"enable_thinking": True}},
        "Baseten documentation",
    ),
    Sent(
        "novita",
        {"enable_thinking": True, "separate_reasoning": True},
        {"enable_thinking": True, "separate_reasoning": True},
        "Novita documentation",
    ),
    # -- vercel, snowflake, databricks, cloudflare, google
    Sent(
        "vercel",
        {"reasoning_effort": "high", "providerOptions": {"gateway": {"order": ["a"]}}},
        {"reasoning": {"effort": "high"}, "providerOptions": {"gateway": {"order": ["a"]}}},
        "Vercel AI Gateway documentation",
    ),
    Sent(
        "snowflake",
        {"reasoning_effort": "low"},
        {"reasoning": {"effort": "low"}},
        "a request recorded in 2026; pydantic-ai 2.68.0",
        "claude-sonnet-4-6",
    ),
    Sent(
        "snowflake", {"reasoning_effort": "low"}, {"reasoning_effort": "low"}, "pydantic-ai 2.68.0", "openai-gpt-6-sol"
    ),
    Sent("snowflake", {"tools": TOOLS}, {"tools": TOOLS}, "a request recorded in 2026", "claude-sonnet-4-6"),
    Sent(
        "databricks",
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        f"Databricks documentation; {LITELLM}",
    ),
    Sent(
        "cloudflare",
        {"chat_template_kwargs": {"enable_thinking": False}, "reasoning_effort": "low"},
        {"chat_template_kwargs": {"enable_thinking": False}, "reasoning_effort": "low"},
        "Cloudflare documentation",
    ),
    Sent(
        "google",
        {
            "reasoning_effort": "low",
            "extra_body": {"extra_body": {"google": {"thinking_config": {"thinking_budget": 1}}}},
        },
        {"reasoning_effort": "low", "extra_body": {"google": {"thinking_config": {"thinking_budget": 1}}}},
        "Google's documentation of its OpenAI-compatible endpoint",
    ),
    # -- servers
    Sent(
        "lmstudio",
        {"response_format": JSON_OBJECT},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "object", "schema": {"type": "object"}}}},
        "LM Studio documentation: json_schema only",
    ),
    Sent("lmstudio", {"response_format": JSON_SCHEMA}, {"response_format": JSON_SCHEMA}, "LM Studio documentation"),
    Sent(
        "crusoe",
        {"chat_template_kwargs": {"enable_thinking": False}, "min_tokens": 1},
        {"chat_template_kwargs": {"enable_thinking": False}, "min_tokens": 1},
        "its answers name vLLM 0.24; which parameters it lets through is not confirmed",
    ),
    Sent(
        "sglang",
        {"regex": "a+", "stop_token_ids": [1], "min_p": 0.1},
        {"regex": "a+", "stop_token_ids": [1], "min_p": 0.1},
        "general knowledge, not confirmed",
    ),
    Sent("lmstudio", {"ttl": 60, "draft_model": "d"}, {"ttl": 60, "draft_model": "d"}, "LM Studio documentation"),
    Sent(
        "anyscale",
        {"response_format": JSON_SCHEMA},
        {"response_format": {"type": "json_object", "schema": SCHEMA}},
        "Anyscale's examples: schema in response_format json_object",
    ),
    Sent(
        "vllm",
        {"structured_outputs": {"json": SCHEMA}, "guided_choice": ["a"], "cache_salt": "s"},
        {"structured_outputs": {"json": SCHEMA}, "guided_choice": ["a"], "cache_salt": "s"},
        "vLLM documentation",
    ),
]


def name_of(case: Any) -> str:
    return f"{case.host}-{'+'.join(case.asked)}"


@pytest.mark.parametrize("case", SENT, ids=name_of)
def test_a_row_sends_what_its_source_says(case: Sent) -> None:
    assert sent_parameters(case.host, model=case.model, **case.asked) == case.body
    streamed = stream_call(case.host, model=case.model, **case.asked).json
    assert streamed.items() >= {**case.body, "stream": True}.items()


class Refused(NamedTuple):
    """What a host is not sent: the parameter that is at fault, and what goes out where dropping is allowed."""

    host: str
    asked: dict[str, Any]
    param: str
    source: str
    model: str = "m"
    left: dict[str, Any] = {}


def refused(host: str, source: str, **values: Any) -> list[Refused]:
    return [Refused(host, {name: value}, name, source) for name, value in values.items()]


STRICT = [tool(strict=True)]

REFUSED = [
    *refused("deepseek", "DeepSeek API documentation: json_object only", response_format=JSON_SCHEMA),
    Refused(
        "deepseek", {"tools": TOOLS, "tool_choice": "required"}, "tool_choice", "pydantic-ai 2.68.0",
        left={"tools": TOOLS},
    ),
    Refused(
        "deepseek", {"tools": TOOLS, "tool_choice": NAMED}, "tool_choice", "pydantic-ai 2.68.0", left={"tools": TOOLS}
    ),
    *refused(
        "mistral", "mistralai SDK 3.7.0: not in ChatCompletionRequest, and 422 extra_forbidden",
        user="u", logit_bias={"1": 1}, store=True, verbosity="low", web_search_options={}, modalities=["text"],
        safety_identifier="s",
    ),
    *(
        Refused("xai", {name: value}, name, f"{LITELLM}; xAI documentation", model)
        for name, value in (("stop", "a"), ("frequency_penalty", 0.5), ("presence_penalty", 0.5))
        for model in ("grok-4", "grok-4.5", "grok-3-mini", "grok-code-fast-1")
    ),
    *refused("moonshot", LITELLM, functions=[{"name": "f"}], function_call="auto"),
    Refused(
        "moonshot", {"tools": TOOLS, "tool_choice": "required"}, "tool_choice", "Moonshot documentation",
        left={"tools": TOOLS},
    ),
    Refused("moonshot", {"temperature": 0.3}, "temperature", LITELLM, "kimi-k2.6"),
    Refused("moonshot", {"temperature": 0.3}, "temperature", LITELLM, "kimi-k3"),
    *refused(
        "minimax", "MiniMax documentation: ignored", presence_penalty=0.5, frequency_penalty=0.5, logit_bias={"1": 1}
    ),
    *refused(
        "zai", "Z.AI documentation: ignored",
        n=2, logprobs=True, presence_penalty=0.5, frequency_penalty=0.5, seed=7,
    ),
    *refused("zai", "Z.AI documentation: json_object only", response_format=JSON_SCHEMA),
    *refused("inception", LITELLM, top_p=0.5, n=2, seed=7, user="u"),
    *refused(
        "together", "together SDK 3.1.1 has none of them",
        store=True, metadata={"a": "b"}, service_tier="flex",
    ),
    *refused("cerebras", f"{LITELLM}: 400", frequency_penalty=0.5, presence_penalty=0.5, logit_bias={"1": 1}),
    *refused(
        "sambanova", f"{LITELLM}: ignored",
        n=2, logprobs=True, logit_bias={"1": 1}, presence_penalty=0.5, frequency_penalty=0.5, seed=7, user="u",
    ),
    Refused(
        "deepinfra", {"tools": TOOLS, "tool_choice": "required"}, "tool_choice", LITELLM, left={"tools": TOOLS}
    ),
    Refused("featherless", {"tools": TOOLS, "tool_choice": NAMED}, "tool_choice", LITELLM, left={"tools": TOOLS}),
    *refused("hyperbolic", LITELLM, logprobs=True, parallel_tool_calls=True, store=True),
    Refused(
        "huggingface", {"tools": TOOLS, "parallel_tool_calls": True}, "parallel_tool_calls", "any-llm 1.40.2",
        left={"tools": TOOLS},
    ),
    *(
        Refused(
            "snowflake", {"tools": TOOLS}, "tools", "pydantic-ai 2.68.0: an error", model
        )
        for model in ("llama3.3-70b", "mistral-large2", "db.schema.tuned")
    ),
    Refused("snowflake", {"response_format": JSON_OBJECT}, "response_format", "pydantic-ai 2.68.0: ignored", "llama4"),
    *(
        Refused(host, {"tools": STRICT}, "tools[0].function.strict", source, "claude", {"tools": [tool()]})
        for host, source in (
            ("xai", LITELLM),
            ("fireworks", LITELLM),
            ("moonshot", "pydantic-ai 2.68.0"),
            ("huggingface", "hard case TOOL-39"),
            ("snowflake", "pydantic-ai 2.68.0"),
        )
    ),
    Refused("vllm", {"tools": [{"type": "custom", "custom": {"name": "c"}}]}, "tools[0]", "vLLM documentation"),
    Refused("sglang", {"tools": [{"type": "custom", "custom": {"name": "c"}}]}, "tools[0]", "not confirmed"),
    *refused("xai", "an answer that is deferred is another operation", deferred=True),
    *refused("google", "Google's documentation of its OpenAI-compatible endpoint", top_k=3, min_p=0.1),
    Refused("deepseek", {"tools": [{"type": "custom", "custom": {"name": "c"}}]}, "tools[0]", LITELLM),
    *refused("groq", "groq SDK 1.7.0: not supported", store=True, metadata={"a": "b"}, logit_bias={"1": 1}),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_a_row_refuses_what_its_source_says(case: Refused) -> None:
    asked = dict(case.asked)
    if case.param == "parallel_tool_calls":
        asked.setdefault("tools", TOOLS)
    with pytest.raises(UnsupportedParameterError) as caught:
        call(case.host, model=case.model, **asked)
    assert caught.value.param == case.param
    made = call(case.host, model=case.model, **asked, unsupported="drop")
    assert case.param in made.dropped
    left = case.left or ({"tools": TOOLS} if "tools" in asked and "tools" not in case.asked else {})
    assert {key: value for key, value in made.json.items() if key not in ("model", "messages")} == left


class Wrong(NamedTuple):
    """What a host does not take as it is."""

    host: str
    asked: dict[str, Any]
    param: str
    source: str


WRONG = [
    Wrong("minimax", {"temperature": 0}, "temperature", "MiniMax documentation: (0, 1]"),
    Wrong("minimax", {"temperature": 1.5}, "temperature", "MiniMax documentation: (0, 1]"),
    Wrong("minimax", {"n": 2}, "n", "MiniMax documentation: 1 only"),
    Wrong("moonshot", {"temperature": 1.5}, "temperature", "Moonshot documentation: 0 to 1"),
    Wrong("moonshot", {"reasoning_effort": "none"}, "reasoning_effort", "Moonshot documentation: none is refused"),
    Wrong("zai", {"temperature": 1.5}, "temperature", "Z.AI documentation: 0 to 1"),
    Wrong("zai", {"stop": ["a", "b"]}, "stop", "Z.AI documentation: one"),
    Wrong("cerebras", {"n": 2}, "n", LITELLM),
    Wrong("groq", {"n": 2}, "n", "groq SDK 1.7.0"),
    Wrong("together", {"logprobs": True, "top_logprobs": 21}, "top_logprobs", "together SDK 3.1.1: 0 to 20"),
    Wrong(
        "groq", {"reasoning_format": "raw", "include_reasoning": True}, "include_reasoning", "groq SDK 1.7.0: not both"
    ),
    Wrong(
        "fireworks", {"thinking": {"type": "enabled"}, "reasoning_effort": "low"}, "reasoning_effort",
        f"{LITELLM}: not both",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", WRONG, ids=name_of)
def test_a_row_refuses_values_that_its_source_rules_out(case: Wrong) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        call(case.host, **case.asked)
    assert caught.value.param == case.param


def test_databricks_takes_no_response_format_with_a_stream() -> None:
    """Field report of litellm and any-llm."""
    assert sent_parameters("databricks", response_format=JSON_SCHEMA) == {"response_format": JSON_SCHEMA}
    with pytest.raises(InvalidRequestError) as caught:
        stream_call("databricks", response_format=JSON_OBJECT)
    assert caught.value.param == "response_format"


@pytest.mark.parametrize(
    ("host", "source"),
    [("mistral", "mistralai SDK 3.7.0: no stream_options, usage always comes"), ("hyperbolic", LITELLM)],
)
def test_a_host_without_stream_options_is_not_sent_them(host: str, source: str) -> None:
    assert "stream_options" not in stream_call(host).json, source
    assert "stream_options" not in stream_call(host, stream_options={"include_usage": True}).json, source
    with pytest.raises(UnsupportedParameterError):
        stream_call(host, stream_options={"include_usage": True, "continuous_usage_stats": True})


@pytest.mark.parametrize(
    "host", ["deepseek", "sambanova", "cerebras", "zai", "crusoe", "xai", "fireworks", "snowflake"]
)
def test_other_hosts_are_asked_for_usage(host: str) -> None:
    """cerebras-cloud-sdk 1.91.0, litellm 1.109.1, requests recorded in 2026."""
    assert stream_call(host).json["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("host", ["deepseek", "mistral", "zai", "minimax", "together", "huggingface", "nvidia"])
def test_the_developer_s_role_is_system(host: str) -> None:
    """Nearly all but OpenAI, OpenRouter, xAI and Groq (pydantic-ai 2.68.0)."""
    assert call(host, [{"role": "developer", "content": "S"}, USER]).json["messages"][0]["role"] == "system"


@pytest.mark.parametrize("host", ["xai", "openrouter", "groq"])
def test_some_know_the_developer(host: str) -> None:
    assert call(host, [{"role": "developer", "content": "S"}, USER]).json["messages"][0]["role"] == "developer"


def test_the_key_is_a_bearer_s() -> None:
    """All keys go as `Authorization: Bearer KEY`."""
    made: Any = call("deepseek")
    assert made.auth.secret.reveal() == KEY


@pytest.mark.parametrize(
    ("host", "asked", "body"),
    [
        (
            "mistral",
            {"dimensions": 256, "output_dtype": "int8", "encoding_format": "float"},
            {"output_dimension": 256, "output_dtype": "int8", "encoding_format": "float"},
        ),
        ("sambanova", {}, {}),
        (
            "nvidia",
            {"input_type": "query", "truncate": "END", "encoding_format": "float"},
            {"input_type": "query", "truncate": "END", "encoding_format": "float"},
        ),
    ],
)
def test_embeddings_as_the_host_has_them(host: str, asked: dict[str, Any], body: dict[str, Any]) -> None:
    """mistralai SDK 3.7.0: EmbeddingRequest; SambaNova refuses encoding_format (field report); NVIDIA documentation."""
    made: Any = provider(host).embed(EmbeddingRequest(model="m", input=["x"], **asked))
    assert made.json == {"model": "m", "input": ["x"], **body}
