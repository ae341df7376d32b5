"""Servers that users run, any host that nobody listed, and names whose public service is closed."""

from __future__ import annotations

from onellm.capabilities import Capability
from onellm.openai_compatible import Spec
from onellm.openai_compatible.limits import OPENAI_LIMITS
from onellm.openai_compatible.spec import COMMON_EXTRAS
from onellm_providers.compatible.words import MAX_TOKENS, VLLM_EXTRAS, offers

LLAMA_EXTRAS = frozenset({
    "typical_p", "repeat_penalty", "repeat_last_n", "mirostat", "mirostat_tau", "mirostat_eta", "grammar",
    "json_schema", "ignore_eos", "cache_prompt", "id_slot", "samplers", "n_probs", "timings_per_token",
    "chat_template_kwargs", "reasoning_format", "parse_tool_calls", "return_progress", "lora",
})  # fmt: skip

WITH_VIDEO = frozenset({"text", "image_url", "input_audio", "file", "video_url", "refusal"})

VLLM = Spec(
    name="vllm",
    base_url="http://localhost:8000/v1",
    key="HOSTED_VLLM_API_KEY",
    key_required=False,
    operations=offers(
        Capability.COMPLETION, Capability.RESPONSES, Capability.EMBEDDINGS, Capability.TRANSCRIPTION, Capability.RERANK
    ),
    parameters=VLLM_EXTRAS,
    rename=MAX_TOKENS,
    tool_types=frozenset({"function"}),
    parts=WITH_VIDEO,
    loose_history=True,
    think_tags=True,
    finish_reasons={"abort": "error"},
    source="vLLM documentation, general knowledge in part; litellm 1.109.1",
    as_of="2026-11-12",
    unconfirmed=("which version takes which parameter", "strict in a function"),
)  # fmt: skip

SGLANG = Spec(
    name="sglang",
    base_url="http://localhost:30000/v1",
    key_required=False,
    operations=offers(Capability.COMPLETION, Capability.EMBEDDINGS),
    parameters=COMMON_EXTRAS | {"min_tokens", "stop_token_ids", "regex", "ebnf", "chat_template_kwargs"},
    rename=MAX_TOKENS,
    tool_types=frozenset({"function"}),
    loose_history=True,
    think_tags=True,
    finish_reasons={"abort": "error"},
    source="threads of sgl-project/sglang; general knowledge",
    as_of="2026-11-21",
    unconfirmed=("base_url", "parameters", "operations beside chat"),
)

LMSTUDIO = Spec(
    name="lmstudio",
    base_url="http://localhost:1234/v1",
    key="LM_STUDIO_API_KEY",
    key_required=False,
    operations=offers(Capability.RESPONSES, Capability.EMBEDDINGS),
    parameters=COMMON_EXTRAS | {"ttl", "repeat_penalty", "draft_model"},
    rename=MAX_TOKENS,
    formats={"json_schema": "json_schema", "json_object": "object_schema"},
    loose_history=True,
    think_tags=True,
    source="LM Studio documentation; any-llm 1.40.2; litellm 1.109.1",
    as_of="2026-11-12",
    unconfirmed=("think_tags", "max_completion_tokens"),
)

LLAMAFILE = Spec(
    name="llamafile",
    base_url="http://127.0.0.1:8080/v1",
    key_required=False,
    rename=MAX_TOKENS,
    loose_history=True,
    think_tags=True,
    source="any-llm 1.40.2; litellm 1.109.1",
    as_of="2026-11-12",
    unconfirmed=("response_format and streams (any-llm refuses both)", "max_completion_tokens", "images"),
)

LLAMA_SERVER = Spec(
    name="llama_server",
    base_url="http://127.0.0.1:8080/v1",
    key="LLAMA_API_KEY",
    key_required=False,
    operations=offers(
        Capability.COMPLETION, Capability.RESPONSES, Capability.EMBEDDINGS, Capability.RERANK
    ),
    parameters=COMMON_EXTRAS | LLAMA_EXTRAS,
    rename=MAX_TOKENS,
    loose_history=True,
    source="llama.cpp tools/server README in llama-cpp-python 0.3.36",
    as_of="2026-11-01",
)  # fmt: skip

OPENAI_COMPATIBLE = Spec(
    name="openai_compatible",
    key_required=False,
    operations=offers(
        Capability.COMPLETION, Capability.RESPONSES, Capability.EMBEDDINGS, Capability.IMAGE_GENERATION,
        Capability.SPEECH, Capability.TRANSCRIPTION, Capability.TRANSLATION, Capability.MODERATION, Capability.RERANK,
        Capability.FILES, Capability.BATCH,
    ),
    limits={"temperature": OPENAI_LIMITS["temperature"]},
    loose_history=True,
    source="OpenAI API reference; nothing is known of the host",
    as_of="2026-11-16",
)  # fmt: skip
"""Any host that nobody listed: `openai_compatible/MODEL` with OPENAI_COMPATIBLE_BASE_URL or a base_url setting."""

ANYSCALE = Spec(
    name="anyscale",
    note="Anyscale's public API closed on 2024-08-01; give the URL of an Anyscale Service of your own.",
    operations=offers(Capability.COMPLETION),
    formats={"json_object": "json_object", "json_schema": "schema_in_object"},
    source="Anyscale's announcement; litellm 1.109.1",
    as_of="2026-11-21",
    unconfirmed=("what a service of one's own takes",),
)

GITHUB = Spec(
    name="github",
    key=("GITHUB_TOKEN", "GITHUB_MODELS_API_KEY"),
    note="GitHub Models was retired on 2026-07-30; the same models are at openai/…, azure/… and others.",
    source="pydantic-ai 2.68.0, which cites GitHub's documentation",
    as_of="2026-11-21",
)
