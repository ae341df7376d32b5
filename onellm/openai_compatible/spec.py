"""A host that speaks OpenAI's format, described as data: what it takes, what it calls things, where it deviates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from onellm.capabilities import Capability
from onellm.config import Host

OPENAI_PARAMETERS = frozenset({
    "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens",
    "max_tokens", "metadata", "modalities", "moderation", "n", "parallel_tool_calls", "prediction", "presence_penalty",
    "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning_effort", "response_format",
    "safety_identifier", "seed", "service_tier", "stop", "store", "stream_options", "temperature", "tool_choice",
    "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options",
})  # fmt: skip
"""The parameters of OpenAI's POST /chat/completions (openai SDK 3.52, API reference of August 2026)."""

COMMON_EXTRAS = frozenset({"top_k", "min_p", "repetition_penalty"})
"""Sampling parameters that most open-model hosts take beside OpenAI's."""

PARTS = frozenset({"text", "image_url", "input_audio", "file", "refusal"})


@dataclass(frozen=True)
class Range:
    """A number from `least` to `most`, and more than `above`."""

    least: float | None = None
    most: float | None = None
    above: float | None = None

    def problem(self, value: object) -> str | None:
        """What is wrong with the value, None if nothing is."""
        if not isinstance(value, (int, float)):
            return None
        if self.least is not None and self.least == self.most != value:
            return f"must be {self.least:g}"
        if self.above is not None and not value > self.above:
            return f"must be more than {self.above:g}"
        if self.least is not None and not value >= self.least:
            return f"must be {self.least:g} or more"
        if self.most is not None and not value <= self.most:
            return f"must be {self.most:g} or less"
        return None


@dataclass(frozen=True)
class OneOf:
    """One of a closed list of words."""

    words: tuple[str, ...]

    def problem(self, value: object) -> str | None:
        return None if value in self.words else f"must be one of {', '.join(self.words)}"


@dataclass(frozen=True)
class Items:
    """A list of at most `most` entries (a single value counts as one)."""

    most: int

    def problem(self, value: object) -> str | None:
        size = len(cast("Sequence[object]", value)) if isinstance(value, (list, tuple)) else 1
        return f"takes at most {self.most} entries, {size} were given" if size > self.most else None


Limit = Range | OneOf | Items

OPENAI_LIMITS: Mapping[str, Limit] = {
    "temperature": Range(0, 2),
    "top_p": Range(0, 1),
    "frequency_penalty": Range(-2, 2),
    "presence_penalty": Range(-2, 2),
    "n": Range(1, 128),
    "top_logprobs": Range(0, 20),
    "stop": Items(4),
}


@dataclass(frozen=True)
class Spec:
    """One host.

    `base_url` without the operation; None where the user must give it. `key`: names of key variables beside
    `<NAME>_API_KEY`. `parameters`: what the host takes beside OpenAI's; `refuse`: what it does not take of them;
    `rename`: what it calls them; `limits`: what it takes of each. `roles`: roles that it calls otherwise. `parts`:
    content parts that it takes; `text_roles`: roles whose content is text only. `tool_types`: tools that it takes, None
    where that is not known; `tool_names`: the pattern of their names; `tool_text_only`: a tool's result must be one
    text. `empty_text`: it takes an empty text part. `loose_history`: it takes tool results without calls and calls
    without results. `replay`: fields of its assistant messages that it wants back. `finish_reasons`: its own words.
    `usage_at`: where a stream's usage is, if not at `usage`. `cost_at`: where it reports a cost in USD. `source` and
    `as_of`: where the facts come from, and when they were read.
    """

    name: str
    base_url: str | None = None
    key: str | tuple[str, ...] = ()
    key_required: bool = True
    settings: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    operations: frozenset[Capability] = frozenset({Capability.CHAT, Capability.STREAM})
    features: Mapping[Capability, bool] = field(default_factory=dict[Capability, bool])
    parameters: frozenset[str] = COMMON_EXTRAS
    refuse: frozenset[str] = frozenset()
    rename: Mapping[str, str] = field(default_factory=dict[str, str])
    limits: Mapping[str, Limit] = field(default_factory=dict[str, Limit])
    roles: Mapping[str, str] = field(default_factory=lambda: {"developer": "system"})
    parts: frozenset[str] = PARTS
    text_roles: frozenset[str] = frozenset()
    tool_types: frozenset[str] | None = None
    tool_names: str | None = None
    message_name: bool = True
    tool_name: bool = False
    cache_control: bool = False
    tool_text_only: bool = False
    empty_text: bool = True
    loose_history: bool = False
    effort_in_reasoning: bool = False
    efforts: Mapping[str, str] = field(default_factory=dict[str, str])
    stream_usage: bool = True
    replay: tuple[str, ...] = ()
    finish_reasons: Mapping[str, str] = field(default_factory=dict[str, str])
    usage_at: tuple[str, ...] = ()
    cost_at: tuple[str, ...] = ()
    source: str = ""
    as_of: str = ""

    @property
    def host(self) -> Host:
        """Where the host's settings come from."""
        names = (self.key,) if isinstance(self.key, str) else self.key
        return Host(self.name, self.base_url, names, self.key_required, self.settings)

    def takes(self, parameter: str) -> bool:
        """Whether the host takes a parameter of this name."""
        return (parameter in OPENAI_PARAMETERS or parameter in self.parameters) and parameter not in self.refuse
