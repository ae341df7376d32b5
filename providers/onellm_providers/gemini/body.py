"""The body of generateContent for a chat completion."""

from __future__ import annotations

from typing import Any

from onellm.decode.json import Table, table
from onellm.errors import InvalidRequestError
from onellm.translate.parameters import add_extra_body, drop_nothings, refuse_rest, take_stream_options
from onellm.types.chat_request import ChatRequest
from onellm_providers.gemini.config import encode_config
from onellm_providers.gemini.messages import encode_messages
from onellm_providers.gemini.target import Target
from onellm_providers.gemini.tools import encode_tools

NATIVE = {
    "safety_settings": "safetySettings",
    "cached_content": "cachedContent",
    "labels": "labels",
    "model_armor_config": "modelArmorConfig",
}
"""The service's own parameters of the body, by their names in Python."""
CLOUD = frozenset({"model_armor_config"})
"""Those that Vertex AI alone takes (google-genai 3.6)."""
IN_CONFIG = frozenset({"generation_config", "image_config", "media_resolution", "speech_config", "thinking_config"})
TAKEN = frozenset({
    "audio", "frequency_penalty", "logprobs", "max_completion_tokens", "max_tokens", "modalities", "n",
    "parallel_tool_calls", "presence_penalty", "reasoning_effort", "response_format", "seed", "service_tier", "stop",
    "store", "stream_options", "temperature", "tool_choice", "tools", "top_k", "top_logprobs", "top_p",
})  # fmt: skip
TIERS = {"flex": "flex", "priority": "priority", "default": "standard", "standard": "standard"}
FIXED = ("contents", "stream", "model", "messages")


def encode_body(target: Target, request: ChatRequest, *, stream: bool) -> Table:
    """The body. Raises InvalidRequestError, UnsupportedParameterError and CapabilityError."""
    given = request.parameters()
    talk = encode_messages(target, request.messages)
    tools = encode_tools(target, given)
    body: Table = {"contents": talk.turns}
    if talk.system:
        body["systemInstruction"] = {"parts": talk.system}
    body.update(tools)
    if config := encode_config(target, given, tools=any("functionDeclarations" in each for each in _tools(tools))):
        body["generationConfig"] = config
    take_stream_options(given, target.losses, target.name, stream=stream)
    _place_tier(target, given, body)
    drop_nothings(given)
    for name, theirs in NATIVE.items():
        if name in given and (target.cloud or name not in CLOUD):
            body[theirs] = given.pop(name)
    if given.get("store") is True and not target.cloud:
        body["store"] = given.pop("store")
    refuse_rest(given, target.losses, target, TAKEN | (NATIVE.keys() - CLOUD) | IN_CONFIG)
    _check_cached(body)
    add_extra_body(body, request, FIXED)
    return body


def tier_headers(body: Table) -> dict[str, str]:
    """Vertex AI takes the tier as a header (Google Cloud's page on Priority PayGo); standard is what it does anyway."""
    tier = body.pop("serviceTier", None)
    return {"X-Vertex-AI-LLM-Shared-Request-Type": str(tier)} if tier in ("flex", "priority") else {}


def _tools(tools: Table) -> list[Table]:
    return [table(each) for each in tools.get("tools", [])]


def _place_tier(target: Target, given: dict[str, Any], body: Table) -> None:
    tier = given.pop("service_tier", None)
    if tier in TIERS:
        body["serviceTier"] = TIERS[tier]
    elif tier not in (None, "auto"):
        target.losses.refuse("service_tier", f"{target.name} takes the service tiers {', '.join(TIERS)}, not {tier!r}.")


def _check_cached(body: Table) -> None:
    """What a cached content holds cannot be given again."""
    again = [name for name in ("systemInstruction", "tools", "toolConfig") if name in body]
    if body.get("cachedContent") and again:
        raise InvalidRequestError(
            f"cached_content holds the system prompt and the tools already; leave them out ({', '.join(again)}).",
            param="cached_content",
        )
