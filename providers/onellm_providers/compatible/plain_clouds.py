"""Hosts that serve open models and are much like OpenAI, or of which little is known."""

from __future__ import annotations

from onellm.capabilities import Capability
from onellm.openai_compatible import Spec
from onellm.openai_compatible.spec import COMMON_EXTRAS
from onellm_providers.compatible.words import MAX_TOKENS, VLLM_EXTRAS, all_but, offers

BASETEN = Spec(
    name="baseten",
    base_url="https://inference.baseten.co/v1",
    parameters=COMMON_EXTRAS | {"chat_template_args"},
    rename=MAX_TOKENS,
    source="Baseten documentation; litellm 1.109.1",
    as_of="2026-11-12",
    unconfirmed=("responses", "embeddings: on dedicated models only"),
)
"""A dedicated model has a base URL of its own: https://model-ID.api.baseten.co/environments/production/sync/v1."""

NOVITA = Spec(
    name="novita",
    base_url="https://api.novita.ai/openai/v1",
    operations=offers(Capability.COMPLETION, Capability.EMBEDDINGS, Capability.RERANK),
    parameters=COMMON_EXTRAS | {"enable_thinking", "separate_reasoning"},
    source="Novita documentation; litellm 1.109.1; models.dev 2026-07-02",
    as_of="2026-11-12",
    unconfirmed=("files", "batch", "responses", "max_completion_tokens"),
)

HYPERBOLIC = Spec(
    name="hyperbolic",
    base_url="https://api.hyperbolic.xyz/v1",
    refuse=all_but(
        "temperature", "top_p", "max_tokens", "max_completion_tokens", "frequency_penalty", "presence_penalty",
        "stop", "n", "tools", "tool_choice", "response_format", "seed", "user",
    ),
    rename=MAX_TOKENS,
    stream_usage=False,
    source="litellm 1.109.1",
    as_of="2026-11-12",
    unconfirmed=("whether the service is still there", "usage in streams"),
)  # fmt: skip

FRIENDLI = Spec(
    name="friendli",
    base_url="https://api.friendli.ai/serverless/v1",
    key=("FRIENDLI_TOKEN", "FRIENDLIAI_API_KEY"),
    operations=offers(Capability.COMPLETION),
    source="litellm 1.109.1; models.dev 2026-07-02",
    as_of="2026-11-12",
    unconfirmed=("parameters",),
)

SILICONFLOW = Spec(
    name="siliconflow",
    base_url="https://api.siliconflow.com/v1",
    source="models.dev 2026-07-02",
    as_of="2026-07-02",
    unconfirmed=("parameters", "embeddings", "rerank", "images", "speech"),
)
"""In China: https://api.siliconflow.cn/v1, with a key of its own."""

SCALEWAY = Spec(
    name="scaleway",
    base_url="https://api.scaleway.ai/v1",
    key="SCW_SECRET_KEY",
    source="litellm 1.109.1; models.dev 2026-07-02",
    as_of="2026-11-12",
    unconfirmed=("parameters", "embeddings"),
)

OVHCLOUD = Spec(
    name="ovhcloud",
    base_url="https://oai.endpoints.kepler.ai.cloud.ovh.net/v1",
    source="litellm 1.109.1; pydantic-ai 2.68.0; models.dev 2026-07-02",
    as_of="2026-11-12",
    unconfirmed=("parameters", "embeddings"),
)

FEATHERLESS = Spec(
    name="featherless",
    base_url="https://api.featherless.ai/v1",
    key="FEATHERLESS_AI_API_KEY",
    rename=MAX_TOKENS,
    tool_choices=frozenset({"auto", "none"}),
    source="litellm 1.109.1",
    as_of="2026-11-12",
    unconfirmed=("tools (litellm sends none)",),
)

LAMBDA = Spec(
    name="lambda",
    base_url="https://api.lambda.ai/v1",
    source="litellm 1.109.1",
    as_of="2026-11-12",
    unconfirmed=("parameters",),
)

NSCALE = Spec(
    name="nscale",
    base_url="https://inference.api.nscale.com/v1",
    source="litellm 1.109.1",
    as_of="2026-11-12",
    unconfirmed=("tools and seed (litellm sends neither)",),
)

CHUTES = Spec(
    name="chutes",
    base_url="https://llm.chutes.ai/v1",
    rename=MAX_TOKENS,
    source="litellm 1.109.1; models.dev 2026-07-02",
    as_of="2026-11-12",
    unconfirmed=("parameters",),
)

CRUSOE = Spec(
    name="crusoe",
    base_url="https://api.inference.crusoecloud.com/v1",
    parameters=VLLM_EXTRAS,
    rename=MAX_TOKENS,
    finish_reasons={"abort": "error"},
    source="answers recorded in 2026, which name vLLM 0.24; litellm 1.109.1; pydantic-ai 2.68.0",
    as_of="2026-11-12",
    unconfirmed=("which of vLLM's parameters the service lets through",),
)
