"""Words that many rows share."""

from __future__ import annotations

from onellm.capabilities import Capability
from onellm.openai_compatible.spec import COMMON_EXTRAS, OPENAI_PARAMETERS

MAX_TOKENS = {"max_completion_tokens": "max_tokens"}
"""OpenAI's newer name in the older one, which most hosts know alone."""

VLLM_EXTRAS = COMMON_EXTRAS | {
    "length_penalty", "stop_token_ids", "include_stop_str_in_output", "ignore_eos", "min_tokens",
    "skip_special_tokens", "prompt_logprobs", "structured_outputs", "guided_json", "guided_regex", "guided_choice",
    "guided_grammar", "chat_template_kwargs", "include_reasoning", "add_generation_prompt", "continue_final_message",
    "priority", "documents", "truncate_prompt_tokens", "cache_salt",
}  # fmt: skip
"""What vLLM takes beside OpenAI's (guided_* up to 0.10, structured_outputs from 0.11)."""


def offers(*more: Capability) -> frozenset[Capability]:
    """Chat, streamed too, and these operations."""
    return frozenset({Capability.CHAT, Capability.STREAM, *more})


def all_but(*taken: str) -> frozenset[str]:
    """What a host refuses of OpenAI's parameters that takes these alone."""
    return OPENAI_PARAMETERS - {*taken}
