"""Hosts where each customer has a base URL."""

from __future__ import annotations

from onellm.capabilities import Capability
from onellm.openai_compatible import Spec
from onellm.openai_compatible.spec import COMMON_EXTRAS
from onellm_providers.compatible.words import MAX_TOKENS, offers

DATABRICKS = Spec(
    name="databricks",
    base_url="https://{host}/serving-endpoints",
    key="DATABRICKS_TOKEN",
    settings=("host",),
    operations=offers(Capability.COMPLETION, Capability.EMBEDDINGS, Capability.RESPONSES),
    models_path="../api/2.0/serving-endpoints",
    models_in="endpoints",
    model_id="name",
    parameters=frozenset({"thinking", "top_k"}),
    rename=MAX_TOKENS,
    exclusive=(("stream", "response_format"),),
    one_call_a_turn=True,
    message_name=False,
    empty_text=False,
    source="Databricks documentation; litellm 1.109.1; any-llm 1.40.2",
    as_of="2026-11-12",
    unconfirmed=("images", "whether the thoughts of a Claude model are wanted back"),
)

CLOUDFLARE = Spec(
    name="cloudflare",
    base_url="https://api.cloudflare.com/client/v4/accounts/{account_id}/ai/v1",
    key="CLOUDFLARE_API_TOKEN",
    settings=("account_id",),
    operations=offers(Capability.COMPLETION, Capability.EMBEDDINGS, Capability.RESPONSES),
    models_path="../models/search",
    models_in="result",
    model_id="name",
    parameters=COMMON_EXTRAS | {"chat_template_kwargs"},
    source="Cloudflare documentation; litellm 1.109.1; models.dev 2026-07-02",
    as_of="2026-11-12",
    unconfirmed=("which models take which parameter",),
)

SNOWFLAKE = Spec(
    name="snowflake",
    base_url="https://{account}.snowflakecomputing.com/api/v2/cortex/v1",
    key=("SNOWFLAKE_TOKEN", "SNOWFLAKE_CORTEX_PAT"),
    settings=("account",),
    parameters=frozenset({"reasoning"}),
    refuse_for={r"(?!claude|openai-).*": frozenset({"tools", "tool_choice", "response_format"})},
    effort_in_reasoning="claude.*",
    strict_tools=False,
    replay=("reasoning_details",),
    source="answers recorded in 2026; pydantic-ai 2.68.0; models.dev 2026-07-02",
    as_of="2026-11-12",
    unconfirmed=("GET /models", "embeddings"),
)

HEROKU = Spec(
    name="heroku",
    base_url="https://us.inference.heroku.com/v1",
    key=("HEROKU_INFERENCE_KEY", "INFERENCE_KEY"),
    rename=MAX_TOKENS,
    join_texts=True,
    source="answers recorded in 2025; litellm 1.109.1; pydantic-ai 2.68.0",
    as_of="2026-11-12",
    unconfirmed=("max_completion_tokens", "INFERENCE_KEY", "images in the content", "GET /models"),
)
"""Heroku gives each app its base URL (INFERENCE_URL) and key; the European one is another."""
