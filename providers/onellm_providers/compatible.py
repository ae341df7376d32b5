"""The rows: one Spec for each OpenAI-compatible host. Facts carry their source and date."""

from __future__ import annotations

from onellm.capabilities import Capability
from onellm.openai_compatible import Items, Range, Spec
from onellm.openai_compatible.limits import OPENAI_LIMITS
from onellm.openai_compatible.spec import COMMON_EXTRAS

GROQ_EXTRAS = frozenset({
    "reasoning_format", "include_reasoning", "documents", "citation_options", "search_settings", "compound_custom",
    "disable_tool_validation",
})  # fmt: skip

LLAMA_EXTRAS = frozenset({
    "typical_p", "repeat_penalty", "repeat_last_n", "mirostat", "mirostat_tau", "mirostat_eta", "grammar",
    "json_schema", "ignore_eos", "cache_prompt", "id_slot", "samplers", "n_probs", "timings_per_token",
    "chat_template_kwargs", "reasoning_format", "parse_tool_calls", "return_progress", "lora",
})  # fmt: skip

VLLM_EXTRAS = frozenset({
    "length_penalty", "stop_token_ids", "include_stop_str_in_output", "ignore_eos", "min_tokens",
    "skip_special_tokens", "prompt_logprobs", "structured_outputs", "guided_json", "guided_regex", "guided_choice",
    "guided_grammar", "chat_template_kwargs", "include_reasoning", "add_generation_prompt", "continue_final_message",
    "priority", "documents", "truncate_prompt_tokens", "cache_salt",
})  # fmt: skip

GROQ_REFUSES = frozenset({
    "logprobs", "top_logprobs", "logit_bias", "store", "metadata", "presence_penalty", "frequency_penalty",
})  # fmt: skip

OPENROUTER = Spec(
    name="openrouter",
    base_url="https://openrouter.ai/api/v1",
    key="OR_API_KEY",
    parameters=COMMON_EXTRAS
    | {"top_a", "reasoning", "provider", "models", "route", "transforms", "plugins", "session_id", "usage"},
    rename={"max_completion_tokens": "max_tokens"},
    roles={},
    parts=frozenset({"text", "image_url", "input_audio", "file", "video_url", "refusal"}),
    cache_control=True,
    effort_in_reasoning=True,
    efforts={"max": "xhigh"},
    replay=("reasoning_details",),
    cost_at=("usage", "cost"),
    source="OpenRouter API reference; litellm 1.109.1; pydantic-ai 2026-08-22",
    as_of="2026-11-12",
)

GROQ = Spec(
    name="groq",
    base_url="https://api.groq.com/openai/v1",
    parameters=GROQ_EXTRAS,
    refuse=GROQ_REFUSES,
    limits={"temperature": Range(0, 2), "top_p": Range(0, 1), "n": Range(1, 1), "stop": Items(4)},
    roles={},
    message_name=False,
    features={Capability.LOGPROBS: False},
    usage_at=("x_groq", "usage"),
    source="groq SDK; litellm 1.109.1",
    as_of="2026-11-12",
)

LLAMA_SERVER = Spec(
    name="llama_server",
    base_url="http://127.0.0.1:8080/v1",
    key="LLAMA_API_KEY",
    key_required=False,
    parameters=COMMON_EXTRAS | LLAMA_EXTRAS,
    rename={"max_completion_tokens": "max_tokens"},
    loose_history=True,
    source="llama.cpp tools/server README in llama-cpp-python 0.3.36",
    as_of="2026-11-01",
)

VLLM = Spec(
    name="vllm",
    base_url="http://localhost:8000/v1",
    key_required=False,
    parameters=COMMON_EXTRAS | VLLM_EXTRAS,
    rename={"max_completion_tokens": "max_tokens"},
    parts=frozenset({"text", "image_url", "input_audio", "file", "video_url", "refusal"}),
    tool_types=frozenset({"function"}),
    loose_history=True,
    finish_reasons={"abort": "error"},
    source="vLLM documentation, general knowledge in part; litellm 1.109.1",
    as_of="2026-11-12",
)

OPENAI_COMPATIBLE = Spec(
    name="openai_compatible",
    key_required=False,
    limits={"temperature": OPENAI_LIMITS["temperature"]},
    loose_history=True,
    source="OpenAI API reference; nothing is known of the host",
    as_of="2026-11-16",
)
"""Any host that nobody listed: `openai_compatible/MODEL` with OPENAI_COMPATIBLE_BASE_URL or a base_url setting."""
