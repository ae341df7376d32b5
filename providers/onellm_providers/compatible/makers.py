"""Hosts that serve models of their own."""

from __future__ import annotations

from onellm.capabilities import Capability
from onellm.errors import (
    AuthenticationError,
    ContentPolicyError,
    InsufficientBalanceError,
    InvalidRequestError,
    OverloadedError,
    QuotaExceededError,
    RateLimitError,
)
from onellm.openai_compatible import Items, OneOf, Operation, Range, Spec
from onellm.openai_compatible.spec import COMMON_EXTRAS
from onellm_providers.compatible.words import MAX_TOKENS, all_but, offers

NO_THINKING = {"thinking": {"type": "disabled"}}

DEEPSEEK = Spec(
    name="deepseek",
    base_url="https://api.deepseek.com",
    operations=offers(Capability.RESPONSES),
    parameters=frozenset({"thinking"}),
    rename=MAX_TOKENS,
    formats={"json_object": "json_object"},
    efforts={"minimal": "low", "medium": "high", "xhigh": "high"},
    no_effort=NO_THINKING,
    tool_types=frozenset({"function"}),
    tool_choices=frozenset({"auto", "none"}),
    assistant_fields=frozenset({"prefix"}),
    replay=("reasoning_content",),
    replay_calls_only=True,
    finish_reasons={"insufficient_system_resource": "error"},
    source="DeepSeek API documentation; answers recorded in 2026; litellm 1.109.1; pydantic-ai 2.68.0",
    as_of="2026-11-21",
    unconfirmed=(
        "json_schema",
        "strict: taken, but kept on /beta alone",
        "which model refuses which tool_choice after v4",
    ),
)

MISTRAL = Spec(
    name="mistral",
    base_url="https://api.mistral.ai/v1",
    operations=offers(
        Capability.RESPONSES, Capability.EMBEDDINGS, Capability.SPEECH, Capability.TRANSCRIPTION,
        Capability.MODERATION, Capability.FILES, Capability.BATCH,
    ),
    overrides={
        Capability.EMBEDDINGS: Operation(
            "embeddings",
            takes=frozenset({"dimensions", "encoding_format", "output_dtype", "metadata"}),
            rename={"dimensions": "output_dimension"},
        )
    },
    parameters=frozenset({
        "top_k", "repetition_penalty", "min_tokens", "prompt_logprobs", "top_prompt_logprobs", "safe_prompt",
        "prompt_mode", "guardrails",
    }),
    refuse=all_but(
        "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "seed", "metadata", "response_format",
        "tools", "tool_choice", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "n", "prediction",
        "parallel_tool_calls", "reasoning_effort", "prompt_cache_key", "service_tier",
    ),
    rename={**MAX_TOKENS, "seed": "random_seed"},
    stream_usage=False,
    parts=frozenset({"text", "image_url", "input_audio", "file", "document_url"}),
    message_name=False,
    tool_id_size=9,
    prefill="prefix",
    finish_reasons={"model_length": "length", "error": "error"},
    source="mistralai SDK 3.7.0; litellm 1.109.1",
    as_of="2026-11-21",
    unconfirmed=("tool_id_size for newer models", "x-ratelimit-*-req-minute and x-ratelimit-*-tokens-minute"),
)  # fmt: skip

XAI = Spec(
    name="xai",
    base_url="https://api.x.ai/v1",
    operations=offers(Capability.RESPONSES, Capability.IMAGE_GENERATION, Capability.FILES, Capability.BATCH),
    parameters=frozenset(),
    refuse_for={
        r"grok-(3-mini|4(?!.*non-reasoning)|code-fast).*": frozenset({"stop", "frequency_penalty", "presence_penalty"}),
        r"grok-.*fast.*": frozenset({"reasoning_effort"}),
    },
    rename=MAX_TOKENS,
    roles={},
    message_name=False,
    strict_tools=False,
    cost_at=("usage", "cost_in_usd_ticks"),
    cost_unit=1e-10,
    source="xAI documentation; litellm 1.109.1",
    as_of="2026-11-21",
    unconfirmed=("top_k", "whether completion_tokens leaves out reasoning for the newest models (the total decides)",),
)  # fmt: skip

MOONSHOT = Spec(
    name="moonshot",
    base_url="https://api.moonshot.ai/v1",
    key="MOONSHOTAI_API_KEY",
    operations=offers(Capability.RESPONSES, Capability.FILES, Capability.BATCH),
    parameters=frozenset({"thinking"}),
    refuse=frozenset({"functions", "function_call"}),
    refuse_for={r"kimi-k(2\.[5-9]|[3-9]).*": frozenset({"temperature"})},
    rename=MAX_TOKENS,
    limits={
        "temperature": Range(0, 1),
        "reasoning_effort": OneOf(("minimal", "low", "medium", "high", "max")),
    },
    tool_choices=frozenset({"auto", "none", "named"}),
    strict_tools=False,
    join_texts=True,
    prefill="partial",
    replay=("reasoning_content",),
    replay_calls_only=True,
    usage_in_choice=True,
    error_codes={"rate_limit_reached_error": RateLimitError, "engine_overloaded_error": OverloadedError},
    source="Moonshot documentation; litellm 1.109.1; pydantic-ai 2.68.0",
    as_of="2026-11-21",
    unconfirmed=("usage_in_choice", "tool_choice named", "which efforts each model takes"),
)  # fmt: skip

MINIMAX = Spec(
    name="minimax",
    base_url="https://api.minimax.io/v1",
    key="MINMAX_API_KEY",
    operations=offers(Capability.RESPONSES, Capability.FILES),
    parameters=frozenset({"thinking", "reasoning_split"}),
    refuse=frozenset({"presence_penalty", "frequency_penalty", "logit_bias"}),
    limits={"temperature": Range(above=0, most=1), "n": Range(1, 1)},
    cache_control=True,
    replay=("reasoning_details",),
    thoughts_as_tags=True,
    think_tags=True,
    status_in="base_resp",
    error_codes={
        "1002": RateLimitError,
        "1004": AuthenticationError,
        "1008": InsufficientBalanceError,
        "1027": ContentPolicyError,
        "2013": InvalidRequestError,
    },
    source="MiniMax documentation; litellm 1.109.1",
    as_of="2026-11-21",
    unconfirmed=("embeddings in OpenAI's shape", "max_completion_tokens"),
)

ZAI = Spec(
    name="zai",
    base_url="https://api.z.ai/api/paas/v4",
    key=("ZHIPU_API_KEY", "GLM_API_KEY"),
    operations=offers(Capability.IMAGE_GENERATION, Capability.SPEECH, Capability.TRANSCRIPTION),
    parameters=frozenset({"thinking", "do_sample", "request_id", "user_id", "tool_stream"}),
    refuse=frozenset({"n", "logprobs", "top_logprobs", "presence_penalty", "frequency_penalty", "seed"}),
    rename=MAX_TOKENS,
    limits={"temperature": Range(0, 1), "stop": Items(1)},
    formats={"json_object": "json_object"},
    no_effort=NO_THINKING,
    tool_types=frozenset({"function", "web_search", "retrieval"}),
    cache_control=True,
    replay=("reasoning_content",),
    finish_reasons={
        "sensitive": "content_filter",
        "network_error": "error",
        "model_context_window_exceeded": "length",
    },
    error_codes={
        **dict.fromkeys(("1000", "1001", "1002", "1003", "1004"), AuthenticationError),
        "1113": QuotaExceededError,
        "1301": ContentPolicyError,
        **dict.fromkeys(("1302", "1303", "1305"), RateLimitError),
    },
    source="Z.AI documentation; litellm 1.109.1; pydantic-ai 2.68.0",
    as_of="2026-11-21",
    unconfirmed=(
        "tool_choice other than auto", "reasoning_effort other than none", "embeddings", "rerank", "files", "batch",
        "responses", "GET /models", "which code from 1000 to 1004 is which",
    ),
)  # fmt: skip

DASHSCOPE = Spec(
    name="dashscope",
    base_url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    key="ALIBABA_API_KEY",
    operations=offers(Capability.EMBEDDINGS),
    parameters=COMMON_EXTRAS | {"enable_thinking", "thinking_budget"},
    audio_as_uri=True,
    cache_control=True,
    source="litellm 1.109.1; any-llm 1.40.2; pydantic-ai 2.68.0; models.dev 2026-07-02",
    as_of="2026-11-12",
    unconfirmed=("enable_thinking", "thinking_budget", "responses", "rerank", "images in OpenAI's shape"),
)

UPSTAGE = Spec(
    name="upstage",
    base_url="https://api.upstage.ai/v1/solar",
    source="models.dev 2026-07-02",
    as_of="2026-07-02",
    unconfirmed=("parameters", "embeddings"),
)

INCEPTION = Spec(
    name="inception",
    base_url="https://api.inceptionlabs.ai/v1",
    parameters=frozenset({"reasoning_summary", "reasoning_summary_wait", "diffusing", "realtime"}),
    refuse=all_but(
        "max_tokens", "max_completion_tokens", "temperature", "stop", "tools", "tool_choice", "stream_options",
        "response_format", "reasoning_effort",
    ),
    parts=frozenset({"text"}),
    source="litellm 1.109.1; any-llm 1.40.2",
    as_of="2026-11-12",
    unconfirmed=("response_format (litellm sends it, any-llm does not)",),
)  # fmt: skip

PERPLEXITY = Spec(
    name="perplexity",
    base_url="https://api.perplexity.ai/v1",
    key=("PERPLEXITYAI_API_KEY", "PPLX_API_KEY"),
    operations=offers(Capability.RESPONSES, Capability.EMBEDDINGS),
    chat_over_responses=True,
    overrides={
        Capability.RESPONSES: Operation(
            "responses",
            takes=frozenset({
                "instructions", "preset", "tools", "reasoning", "max_output_tokens", "previous_response_id",
            }),
        )
    },
    cost_at=("usage", "cost", "total_cost"),
    source="Perplexity documentation; release notes of gateways on the end of Sonar chat completions on 2026-09-27",
    as_of="2026-11-21",
    unconfirmed=("GET /models", "the end of chat completions: Perplexity's own undated pages still list them"),
)  # fmt: skip

GOOGLE = Spec(
    name="google",
    base_url="https://generativelanguage.googleapis.com/v1beta/openai",
    operations=offers(Capability.EMBEDDINGS, Capability.IMAGE_GENERATION),
    parameters=frozenset(),
    call_fields=frozenset({"extra_content"}),
    source="Google's documentation of its OpenAI-compatible endpoint; any-llm 1.40.2",
    as_of="2026-11-21",
    unconfirmed=("extra_body.google", "thoughts in <thought> tags", "files", "batch"),
)
