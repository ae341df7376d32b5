"""Hosts that serve open models, with ways of their own."""

from __future__ import annotations

from onellm.capabilities import Capability
from onellm.errors import OverloadedError
from onellm.openai_compatible import Items, Operation, Range, Spec
from onellm.openai_compatible.spec import COMMON_EXTRAS
from onellm_providers.compatible.words import MAX_TOKENS, all_but, offers

TOGETHER = Spec(
    name="together",
    base_url="https://api.together.ai/v1",
    key=("TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_TOKEN"),
    operations=offers(
        Capability.COMPLETION, Capability.EMBEDDINGS, Capability.IMAGE_GENERATION, Capability.SPEECH,
        Capability.TRANSCRIPTION, Capability.TRANSLATION, Capability.RERANK,
    ),
    parameters=COMMON_EXTRAS
    | {"context_length_exceeded_behavior", "safety_model", "echo", "reasoning", "chat_template_kwargs", "compliance"},
    refuse=frozenset({"store", "metadata", "parallel_tool_calls", "service_tier"}),
    rename=MAX_TOKENS,
    limits={"logprobs": Range(0, 20), "top_logprobs": Range(0, 20)},
    lists=frozenset({"stop"}),
    logprobs_as_count=True,
    no_effort={"reasoning": {"enabled": False}},
    finish_reasons={"eos": "stop"},
    prices_per_million=True,
    source="together SDK 3.1.1; any-llm 1.40.2",
    as_of="2026-11-21",
    unconfirmed=("responses", "max_completion_tokens", "x-ratelimit-limit and x-tokenlimit-limit"),
)  # fmt: skip

GROQ = Spec(
    name="groq",
    base_url="https://api.groq.com/openai/v1",
    operations=offers(
        Capability.RESPONSES, Capability.EMBEDDINGS, Capability.SPEECH, Capability.TRANSCRIPTION,
        Capability.TRANSLATION, Capability.FILES, Capability.BATCH,
    ),
    parameters=frozenset({
        "reasoning_format", "include_reasoning", "documents", "citation_options", "search_settings", "compound_custom",
        "disable_tool_validation",
    }),
    refuse=frozenset({
        "logprobs", "top_logprobs", "logit_bias", "store", "metadata", "presence_penalty", "frequency_penalty",
    }),
    limits={"temperature": Range(0, 2), "top_p": Range(0, 1), "n": Range(1, 1), "stop": Items(4)},
    exclusive=(("reasoning_format", "include_reasoning"),),
    roles={},
    message_name=False,
    usage_at=("x_groq", "usage"),
    error_codes={"498": OverloadedError},  # no room for flex now
    source="groq SDK 1.7.0; litellm 1.109.1",
    as_of="2026-11-12",
    unconfirmed=("which models take response_format with a stream or with tools",),
)  # fmt: skip

FIREWORKS = Spec(
    name="fireworks",
    base_url="https://api.fireworks.ai/inference/v1",
    key=("FIREWORKS_AI_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"),
    operations=offers(Capability.COMPLETION, Capability.RESPONSES, Capability.EMBEDDINGS, Capability.RERANK),
    parameters=COMMON_EXTRAS
    | {
        "typical_p", "mirostat_target", "mirostat_lr", "context_length_exceeded_behavior", "prompt_truncate_len",
        "raw_output", "perf_metrics_in_response", "thinking", "reasoning_history", "prompt_cache_isolation_key",
        "echo", "echo_last", "ignore_eos",
    },
    rename=MAX_TOKENS,
    exclusive=(("thinking", "reasoning_effort"),),
    tool_choice_words={"required": "any"},
    strict_tools=False,
    calls_in_content=True,
    parts=frozenset({"text", "image_url", "input_audio", "refusal"}),
    source="Fireworks documentation; litellm 1.109.1",
    as_of="2026-11-12",
    unconfirmed=(
        "which models take response_format with tools", "x-ratelimit-limit-tokens-prompt and -generated",
        "model names without accounts/fireworks/models/",
    ),
)  # fmt: skip

CEREBRAS = Spec(
    name="cerebras",
    base_url="https://api.cerebras.ai/v1",
    operations=offers(Capability.COMPLETION),
    parameters=frozenset({"reasoning_format", "disable_reasoning", "clear_thinking"}),
    refuse=frozenset({"frequency_penalty", "presence_penalty", "logit_bias"}),
    rename=MAX_TOKENS,
    limits={"n": Range(1, 1)},
    replay=("reasoning",),
    thoughts_as_tags="zai-.*",
    source="cerebras-cloud-sdk 1.91.0; Cerebras documentation; litellm 1.109.1; pydantic-ai 2.68.0",
    as_of="2026-11-12",
    unconfirmed=("service_tier", "files", "batch", "whether the penalties are refused still (the SDK has them)"),
)

SAMBANOVA = Spec(
    name="sambanova",
    base_url="https://api.sambanova.ai/v1",
    operations=offers(Capability.EMBEDDINGS, Capability.TRANSCRIPTION),
    overrides={Capability.EMBEDDINGS: Operation("embeddings", takes=frozenset())},
    parameters=frozenset({"top_k", "chat_template_kwargs"}),
    refuse=all_but(
        "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "stream_options", "tools",
        "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort",
    ),
    rename=MAX_TOKENS,
    join_texts=True,
    think_tags=True,
    source="SambaNova documentation; litellm 1.109.1",
    as_of="2026-11-12",
    unconfirmed=("reasoning_effort", "responses"),
)  # fmt: skip

NEBIUS = Spec(
    name="nebius",
    base_url="https://api.tokenfactory.nebius.com/v1",
    operations=offers(
        Capability.COMPLETION, Capability.EMBEDDINGS, Capability.IMAGE_GENERATION, Capability.FILES, Capability.BATCH
    ),
    parameters=COMMON_EXTRAS | {"guided_json", "chat_template_kwargs"},
    rename=MAX_TOKENS,
    models_path="models?verbose=true",
    source="Nebius documentation; litellm 1.109.1; models.dev 2026-07-02",
    as_of="2026-11-12",
    unconfirmed=("responses", "how long the older hosts api.studio.nebius.ai and .com answer"),
)  # fmt: skip

NVIDIA = Spec(
    name="nvidia",
    base_url="https://integrate.api.nvidia.com/v1",
    key="NVIDIA_NIM_API_KEY",
    operations=offers(Capability.EMBEDDINGS),
    overrides={
        Capability.EMBEDDINGS: Operation(
            "embeddings", takes=frozenset({"dimensions", "encoding_format", "user", "input_type", "truncate"})
        )
    },
    parameters=COMMON_EXTRAS | {"chat_template_kwargs", "reasoning_budget", "min_tokens"},
    rename=MAX_TOKENS,
    think_tags=True,
    source="NVIDIA NIM documentation; litellm 1.109.1",
    as_of="2026-11-12",
    unconfirmed=("which model takes which parameter", "202 with NVCF-REQID for long runs", "responses"),
)  # fmt: skip

DEEPINFRA = Spec(
    name="deepinfra",
    base_url="https://api.deepinfra.com/v1/openai",
    key="DEEPINFRA_TOKEN",
    operations=offers(
        Capability.EMBEDDINGS, Capability.IMAGE_GENERATION, Capability.SPEECH, Capability.TRANSCRIPTION
    ),
    parameters=COMMON_EXTRAS | {"reasoning"},
    rename=MAX_TOKENS,
    tool_choices=frozenset({"auto", "none"}),
    tool_text_only=True,
    cost_at=("usage", "estimated_cost"),
    source="DeepInfra documentation; litellm 1.109.1",
    as_of="2026-11-12",
    unconfirmed=("service_tier", "files", "batch", "responses"),
)  # fmt: skip
