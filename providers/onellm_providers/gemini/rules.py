"""What each Gemini model takes: one row a generation or a model, since the rules change with every one.

Sources: google-genai 3.6 (types and their descriptions), recorded exchanges of 2026, and third-party clients of
November 2026 for the levels of thinking and the models that ignore sampling. None says that it is not known; what is
not known is sent as it is given.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from onellm.capabilities import Capability

BUDGETS = {"minimal": 512, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576}
"""The thinking budgets that efforts stand for on models that know no levels; each fits all models of 2.5."""

_NAME = re.compile(r"gemini-(?P<major>\d)(?:\.(?P<minor>\d))?-(?P<kind>[a-z-]+)")


@dataclass(frozen=True)
class Rules:
    """One model. The defaults are those of a model of which nothing is known."""

    generation: float | None = None
    thinks: Literal["budget", "level", "never"] | None = None
    """How it is told how much to think."""
    levels: tuple[str, ...] = ("minimal", "low", "medium", "high")
    """The thinking levels that it takes."""
    can_stop: bool = True
    """It takes a thinking budget of 0."""
    json_schema: Literal["whole", "ordered", "subset"] = "whole"
    """How it takes schemas: as JSON Schema; that with the order of properties told; or as a subset of OpenAPI's."""
    sampling: bool = True
    """It heeds temperature, top_p and top_k."""
    penalties: bool = True
    """It takes presence_penalty and frequency_penalty."""
    tools: bool | None = None
    tools_with_format: bool = True
    """It takes functions and a JSON answer in one request."""
    mixed_tools: bool = True
    """It takes functions beside Google's own tools."""
    validated: bool = True
    """It knows the mode VALIDATED: calls that keep to their schema, none forced."""
    media_in_results: bool = True
    """A tool's result may hold media."""
    signatures: bool = False
    """It refuses calls of its turn that come back without a thought signature."""
    image_output: bool | None = None
    audio_output: bool | None = None

    @property
    def features(self) -> dict[Capability, bool]:
        """What the row says in the words of capabilities."""
        said = {
            Capability.TOOLS: self.tools,
            Capability.PARALLEL_TOOLS: self.tools,
            Capability.TOOL_CHOICE_REQUIRED: self.tools,
            Capability.REASONING: None if self.thinks is None else self.thinks != "never",
            Capability.IMAGE_OUTPUT: self.image_output,
            Capability.IMAGE_GENERATION: self.image_output,
            Capability.IMAGE_EDIT: self.image_output,
            Capability.AUDIO_OUTPUT: self.audio_output,
        }
        return {word: yes for word, yes in said.items() if yes is not None}


_CHAT = Rules(tools=True, image_output=False, audio_output=False)
_OLD = replace(
    _CHAT, thinks="never", tools_with_format=False, mixed_tools=False, validated=False, media_in_results=False
)
_1 = replace(_OLD, generation=1.5, json_schema="subset")
_2 = replace(_OLD, generation=2.0, json_schema="ordered")
_2_5 = replace(_2, generation=2.5, thinks="budget", json_schema="whole", validated=True)
_3 = replace(_CHAT, generation=3.0, thinks="level", penalties=False, signatures=True)
_3_PRO = replace(_3, levels=("low", "medium", "high"))
_IGNORING = replace(_3, sampling=False)

GENERATIONS: Mapping[int, Rules] = {1: _1, 2: _2, 3: _3}
MODELS: Mapping[tuple[int, int, str], Rules] = {
    (2, 5, "pro"): replace(_2_5, can_stop=False),
    (2, 5, "flash"): _2_5,
    (2, 5, "flash-lite"): _2_5,
    (3, 0, "pro"): _3_PRO,
    (3, 1, "pro"): _3_PRO,
    (3, 5, "flash-lite"): _IGNORING,
    (3, 6, "flash"): _IGNORING,
    (3, 7, "flash"): replace(_IGNORING, levels=("low", "medium", "high")),
    (3, 8, "flash"): _IGNORING,
}
"""By version and kind; others have the rules of their generation."""

_UNKNOWN = Rules()
_LATEST = re.compile(r"gemini-(?:flash|flash-lite|pro)-latest\b")
"""Names that move on: all of them are of Gemini 3 or later since 2.5 was shut down, more is not known of them."""
_NEWEST = replace(_UNKNOWN, tools=True, thinks="level", signatures=True)


@functools.lru_cache(256)
def rules_for(model: str) -> Rules:
    """The row of a model, whatever stands before and after its name."""
    found = _NAME.search(f"{model}-")
    if found is None:
        return _NEWEST if _LATEST.search(model) else _UNKNOWN
    major, minor, words = int(found["major"]), int(found["minor"] or 0), found["kind"].split("-")
    kind = "flash-lite" if words[:2] == ["flash", "lite"] else words[0]
    base = _2_5 if (major, minor) == (2, 5) else GENERATIONS.get(major, _UNKNOWN)
    row = MODELS.get((major, minor, kind), base)
    if "image" in words:
        return replace(row, tools=False, image_output=True)
    return replace(row, tools=False, audio_output=True) if "tts" in words else row
