"""What llama.cpp in this process takes of OpenAI's parameters. Source: llama-cpp-python 0.3.36, `Llama.generate`."""

from __future__ import annotations

from onellm.capabilities import Capability
from onellm.openai_compatible import Spec
from onellm.openai_compatible.limits import Range
from onellm.openai_compatible.spec import OPENAI_PARAMETERS

NAME = "llama_cpp"

SAMPLING = frozenset({"frequency_penalty", "logit_bias", "presence_penalty", "seed", "temperature", "top_p"})
OWN = frozenset({
    "chat_template_kwargs", "grammar", "min_p", "mirostat_eta", "mirostat_mode", "mirostat_tau", "repeat_penalty",
    "repetition_penalty", "top_k", "typical_p",
})  # fmt: skip
"""Taken beside OpenAI's: `grammar` is GBNF, `chat_template_kwargs` are further variables of the chat template."""
TAKEN = SAMPLING | {
    "logprobs", "max_completion_tokens", "max_tokens", "n", "parallel_tool_calls", "response_format", "stop",
    "stream_options", "tool_choice", "tools", "top_logprobs",
}  # fmt: skip

ROW = Spec(
    name=NAME,
    parameters=OWN,
    refuse=OPENAI_PARAMETERS - TAKEN,
    rename={"max_completion_tokens": "max_tokens", "repetition_penalty": "repeat_penalty"},
    limits={
        "max_completion_tokens": Range(0),
        "max_tokens": Range(0),
        "n": Range(1, 128),
        "temperature": Range(0),
        "top_logprobs": Range(0, 20),
        "top_p": Range(0, 1),
    },
    lists=frozenset({"stop"}),
    tool_types=frozenset({"function"}),
    parts=frozenset({"text", "refusal"}),
    join_texts=True,
    loose_history=True,
    think_tags=True,
    source="llama-cpp-python 0.3.36",
    as_of="2026-11-01",
)

FEATURES = {
    Capability.JSON_MODE: True,
    Capability.JSON_SCHEMA: True,
    Capability.TOOL_CHOICE_REQUIRED: True,
    Capability.LOGPROBS: True,
    Capability.VISION: False,
    Capability.AUDIO_INPUT: False,
    Capability.VIDEO_INPUT: False,
    Capability.DOCUMENT_INPUT: False,
    Capability.AUDIO_OUTPUT: False,
    Capability.IMAGE_OUTPUT: False,
    Capability.WEB_SEARCH: False,
}
"""What every model does here. Whether it knows what a tool is depends on its chat template."""
