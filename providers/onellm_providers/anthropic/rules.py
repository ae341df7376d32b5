"""What each Claude model takes: one row a model, since the rules change with every generation.

Sources: platform.claude.com (models, extended thinking, errors) and the anthropic SDK 2.11, as of November 2026. None
says that it is not known; what is not known is sent as it is given.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from onellm.capabilities import Capability

LEAST_BUDGET = 1024
"""Tokens that a thinking budget has at least."""
BUDGETS = {"minimal": 1024, "low": 1024, "medium": 4096, "high": 16384, "xhigh": 24576, "max": 28672}
"""The thinking budgets that efforts stand for on models that know no efforts."""
UNKNOWN_OUTPUT = 4096
"""`max_tokens` where neither the caller nor a source names a limit: every Claude model has room for as much."""

_NAME = re.compile(
    r"claude-(?:(?P<old>\d)(?:[-.](?P<older>\d))?-)?(?P<family>opus|sonnet|haiku|fable|mythos)"
    r"(?:-(?P<major>\d{1,2})(?!\d)(?:[-.](?P<minor>\d{1,2})(?!\d))?)?"
)


@dataclass(frozen=True)
class Rules:
    """One model. The defaults are those of a model of which nothing is known."""

    thinking: frozenset[str] | None = None
    """The types of `thinking` that it takes; empty: it does not think."""
    thinks: bool = False
    """It thinks unless told otherwise."""
    efforts: tuple[str, ...] | None = None
    """The values of `output_config.effort` that `reasoning_effort` becomes; empty: it gets a budget instead."""
    unthinking_efforts: tuple[str, ...] | None = None
    """The efforts that it takes with thinking `disabled` or `between_tools`; None: those that it takes anyway."""
    sampling: bool = True
    """It takes temperature, top_p and top_k."""
    both_sampling: bool = True
    """It takes temperature and top_p together."""
    forced_tools: bool | None = None
    """It takes a tool_choice that forces a call."""
    prefill: bool | None = None
    """A last assistant turn is the beginning of the answer."""
    json_schema: bool | None = None
    max_output: int | None = None

    @property
    def features(self) -> dict[Capability, bool]:
        """What the row says in the words of capabilities."""
        said = {
            Capability.JSON_SCHEMA: self.json_schema,
            Capability.TOOL_CHOICE_REQUIRED: self.forced_tools,
            Capability.REASONING: None if self.thinking is None else bool(self.thinking),
        }
        return {word: yes for word, yes in said.items() if yes is not None}


_BUDGET = frozenset({"enabled", "disabled"})
_LEVELS = ("low", "medium", "high", "xhigh", "max")
_UP_TO_HIGH = _LEVELS[:3]

_CLAUDE_3 = Rules(thinking=frozenset(), efforts=(), forced_tools=True, prefill=True, json_schema=False)
_CLAUDE_4 = replace(_CLAUDE_3, thinking=_BUDGET)
_CLAUDE_4_5 = replace(_CLAUDE_4, both_sampling=False, json_schema=True, max_output=64_000)
_CLAUDE_4_6 = Rules(
    thinking=_BUDGET | {"adaptive"},
    efforts=("low", "medium", "high", "max"),
    both_sampling=False,
    forced_tools=True,
    prefill=False,
    json_schema=True,
    max_output=128_000,
)
_CLAUDE_4_7 = replace(_CLAUDE_4_6, thinking=frozenset({"adaptive", "disabled"}), efforts=_LEVELS, sampling=False)
_CLAUDE_5 = replace(_CLAUDE_4_7, thinks=True)
_ALWAYS = replace(_CLAUDE_5, thinking=frozenset({"adaptive"}), forced_tools=None)
_MYTHOS = replace(_CLAUDE_5, thinking=None, forced_tools=None)

MODELS: Mapping[tuple[str, int, int], Rules] = {
    ("opus", 3, 0): _CLAUDE_3,
    ("sonnet", 3, 0): _CLAUDE_3,
    ("haiku", 3, 0): _CLAUDE_3,
    ("sonnet", 3, 5): _CLAUDE_3,
    ("haiku", 3, 5): _CLAUDE_3,
    ("sonnet", 3, 7): _CLAUDE_4,
    ("opus", 4, 0): _CLAUDE_4,
    ("sonnet", 4, 0): _CLAUDE_4,
    ("opus", 4, 1): replace(_CLAUDE_4, both_sampling=False, json_schema=None),
    ("opus", 4, 5): _CLAUDE_4_5,
    ("sonnet", 4, 5): _CLAUDE_4_5,
    ("haiku", 4, 5): _CLAUDE_4_5,
    ("opus", 4, 6): _CLAUDE_4_6,
    ("sonnet", 4, 6): _CLAUDE_4_6,
    ("opus", 4, 7): _CLAUDE_4_7,
    ("opus", 4, 8): _CLAUDE_4_7,
    ("sonnet", 5, 0): _CLAUDE_5,
    ("opus", 5, 0): replace(
        _CLAUDE_5, thinking=frozenset({"adaptive", "disabled", "enabled"}), unthinking_efforts=_UP_TO_HIGH
    ),
    ("haiku", 5, 5): replace(_CLAUDE_5, unthinking_efforts=_UP_TO_HIGH),
    ("sonnet", 5, 5): replace(
        _CLAUDE_5,
        thinking=frozenset({"adaptive", "between_tools"}),
        unthinking_efforts=_UP_TO_HIGH,
        forced_tools=False,
    ),
    ("opus", 5, 5): replace(_ALWAYS, forced_tools=False),
    ("fable", 5, 0): _ALWAYS,
    ("fable", 5, 1): replace(_ALWAYS, forced_tools=False),
    ("fable", 5, 2): _ALWAYS,
    ("mythos", 5, 0): _MYTHOS,
    ("mythos", 5, 1): replace(_MYTHOS, forced_tools=False),
    ("mythos", 5, 2): _MYTHOS,
}
"""By family and version. Whether Opus 5 takes `enabled` and 5.2 models a forced tool is not confirmed: they get it."""

_UNKNOWN = Rules()


@functools.lru_cache(256)
def rules_for(model: str) -> Rules:
    """The row of a model, whatever stands before and after its name (a date, a cloud's prefix)."""
    found = _NAME.search(model)
    if found is None:
        return _UNKNOWN
    major, minor = (found["major"], found["minor"]) if found["old"] is None else (found["old"], found["older"])
    return MODELS.get((found["family"], int(major or 0), int(minor or 0)), _UNKNOWN)


def same_model(one: str, other: str) -> bool:
    """Whether two names, each with or without its date, are of one model."""
    return _bare(one) == _bare(other)


def _bare(model: str) -> str:
    return re.sub(r"-(\d{8}|latest)$", "", re.sub(r"-0$", "", model))
