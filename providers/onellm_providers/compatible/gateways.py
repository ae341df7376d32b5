"""Hosts that pass a request on to the makers and clouds behind them."""

from __future__ import annotations

from onellm.capabilities import Capability
from onellm.openai_compatible import Spec
from onellm.openai_compatible.spec import COMMON_EXTRAS
from onellm_providers.compatible.words import MAX_TOKENS, offers

OPENROUTER = Spec(
    name="openrouter",
    base_url="https://openrouter.ai/api/v1",
    key="OR_API_KEY",
    operations=offers(Capability.RESPONSES, Capability.EMBEDDINGS),
    parameters=COMMON_EXTRAS
    | {"top_a", "reasoning", "provider", "models", "route", "transforms", "plugins", "session_id", "usage"},
    rename=MAX_TOKENS,
    effort_in_reasoning=True,
    efforts={"max": "xhigh"},
    free_choice_with={"~?anthropic/.*": ("reasoning.max_tokens",)},
    roles={},
    parts=frozenset({"text", "image_url", "input_audio", "file", "video_url", "refusal"}),
    cache_control=True,
    replay=("reasoning_details",),
    cost_at=("usage", "cost"),
    cost_parts_at={
        ("usage", "cost_details", "upstream_inference_prompt_cost"): "input",
        ("usage", "cost_details", "upstream_inference_completions_cost"): "output",
        ("usage", "cost_details", "upstream_inference_input_cost"): "input",  # as its Responses call them
        ("usage", "cost_details", "upstream_inference_output_cost"): "output",
    },
    source="OpenRouter API reference; litellm 1.109.1; pydantic-ai 2026-08-22",
    as_of="2026-11-12",
    unconfirmed=("POST /images", "rerank", "x-ratelimit-limit, -remaining and -reset (ms)"),
)  # fmt: skip

VERCEL = Spec(
    name="vercel",
    base_url="https://ai-gateway.vercel.sh/v1",
    key=("AI_GATEWAY_API_KEY", "VERCEL_AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"),
    operations=offers(Capability.RESPONSES, Capability.EMBEDDINGS),
    parameters=COMMON_EXTRAS | {"providerOptions", "reasoning", "models"},
    effort_in_reasoning=True,
    cache_control=True,
    replay=("reasoning_details",),
    cost_at=("usage", "cost"),
    source="Vercel AI Gateway documentation; litellm 1.109.1; models.dev 2026-07-02",
    as_of="2026-11-12",
    unconfirmed=("models", "usage.cost", "cache_control", "images", "rerank"),
)

HUGGINGFACE = Spec(
    name="huggingface",
    base_url="https://router.huggingface.co/v1",
    key="HF_TOKEN",
    operations=offers(Capability.RESPONSES),
    refuse=frozenset({"parallel_tool_calls"}),
    strict_tools=False,
    think_tags=True,
    source="Hugging Face documentation; answers recorded in 2026; any-llm 1.40.2",
    as_of="2026-11-12",
    unconfirmed=("which provider behind the router takes which parameter",),
)
"""A dedicated endpoint has a base URL of its own: https://NAME.REGION.aws.endpoints.huggingface.cloud/v1."""

POE = Spec(
    name="poe",
    base_url="https://api.poe.com/v1",
    rename=MAX_TOKENS,
    source="litellm 1.109.1; models.dev 2026-07-02",
    as_of="2026-11-12",
    unconfirmed=("which bot takes which parameter",),
)
