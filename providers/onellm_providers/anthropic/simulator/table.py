"""What the body of POST /v1/messages may hold, in the words of `onellm.checks` (anthropic SDK 2.11)."""

from __future__ import annotations

from collections.abc import Mapping

from onellm.checks import Check, anything, array, boolean, either, integer, mapping, nullable, number, record, string

MARK = nullable(record({"type": string("ephemeral"), "ttl": string("5m", "1h")}, ("type",), closed=True))
CONTENT = either(string(), array(record({"type": string()}, ("type",))))
TURN = record({"role": string("user", "assistant", "system"), "content": CONTENT}, ("role", "content"), closed=True)
CHOICE = record(
    {"type": string("auto", "any", "tool", "none"), "name": string(), "disable_parallel_tool_use": boolean()},
    ("type",),
    closed=True,
)
THINKING = record(
    {
        "type": string("enabled", "adaptive", "disabled", "between_tools"),
        "budget_tokens": integer(1024),
        "display": nullable(string("summarized", "omitted")),
    },
    ("type",),
    closed=True,
)
FORMAT = record({"type": string("json_schema"), "schema": mapping(anything())}, ("type", "schema"), closed=True)
CONFIG = record(
    {"effort": nullable(string("low", "medium", "high", "xhigh", "max")), "format": nullable(FORMAT)}, closed=True
)
ABOUT: Mapping[str, Check] = {
    "model": string(low=1),
    "messages": array(TURN, 1, 100_000),
    "system": either(string(), array(record({"type": string("text"), "text": string(low=1)}, ("type", "text")))),
    "tools": array(record({})),
    "tool_choice": CHOICE,
    "thinking": THINKING,
    "output_config": CONFIG,
    "cache_control": MARK,
    "billing_policy": anything(),
    "compaction": anything(),
    "context_management": anything(),
    "mcp_servers": anything(),
    "speed": nullable(string("standard", "fast")),
}
RUN: Mapping[str, Check] = {
    **ABOUT,
    "max_tokens": integer(0),
    "stream": boolean(),
    "temperature": number(0, 1),
    "top_p": number(0, 1),
    "top_k": integer(0),
    "stop_sequences": array(string(low=1)),
    "metadata": record({"user_id": nullable(string(high=256))}, closed=True),
    "service_tier": string("auto", "standard_only"),
    "container": anything(),
    "diagnostics": anything(),
    "fallback_credit_token": nullable(string()),
    "fallbacks": anything(),
    "inference_geo": nullable(string()),
}

MESSAGE = record(RUN, ("model", "max_tokens", "messages"), closed=True)
COUNTED = record(ABOUT, ("model", "messages"), closed=True)
