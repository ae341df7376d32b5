"""What the makers' models take in Converse: one row a family, since Converse hands much of a request on to the model.

Sources: the shapes of botocore 1.44; Claude's rules are those of Anthropic's own service; which field of a family holds
its effort or `top_k` is from digests of 2026. None says that it is not known; what is not known is sent as it is given.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from onellm.capabilities import Capability
from onellm_providers.anthropic.rules import Rules, rules_for

PROFILE = re.compile(r"(?:us|eu|apac|jp|au|us-gov|ca|global)\.(?=[a-z0-9-]+\.)")
"""The region before the id of an inference profile."""
ARN = re.compile(r"arn:[\w-]+:(?:bedrock|sagemaker):(?P<region>[a-z0-9-]*):[^:]*:(?P<kind>[\w-]+)/(?P<name>.+)")
LISTED = ("foundation-model", "inference-profile")
"""Kinds of ARNs that end in an id of the service's lists; the others are of one account."""


@dataclass(frozen=True)
class Family:
    """The models of one maker, or one of them."""

    name: str = ""
    claude: Rules | None = None
    """The rules of a Claude model."""
    effort: Literal["claude", "nova", "field"] | None = None
    """How it is told to think; None: not known."""
    top_k: Literal["top_k", "nova"] | None = None
    """Where `top_k` goes; None: nowhere that is known."""
    caching: bool | None = None
    """It takes cache points."""
    cached_tools: bool | None = None
    """It takes them behind tools."""
    strict: bool = False
    """It is known to take `strict` tools."""
    json_schema: bool | None = None
    """It takes a text format."""

    @property
    def features(self) -> dict[Capability, bool]:
        """What the row says in the words of capabilities."""
        said = {Capability.JSON_SCHEMA: self.json_schema, Capability.PROMPT_CACHING: self.caching}
        known = {word: yes for word, yes in said.items() if yes is not None}
        return known if self.claude is None else {**self.claude.features, **known}


_PLAIN = Family()
FAMILIES: Mapping[str, Family] = {
    "amazon.nova": Family("nova", top_k="nova", caching=True, cached_tools=False),
    "amazon.nova-2": Family("nova-2", effort="nova", top_k="nova", caching=True, cached_tools=False),
    "openai.gpt-oss": Family("gpt-oss", effort="field", caching=False),
    "meta.": Family("llama", caching=False),
    "mistral.": Family("mistral", top_k="top_k", caching=False),
    "cohere.": Family("cohere", caching=False),
    "ai21.": Family("ai21", caching=False),
    "amazon.titan": Family("titan", caching=False),
}
"""By the beginning of a model's id; the longest counts. Claude has rows of its own."""


@functools.lru_cache(256)
def family_of(model: str) -> Family:
    """The row of a model, whichever way its id is written; of an ARN without a name in it nothing is known."""
    base = base_id(model)
    if "claude" in base:
        rules = rules_for(base)
        older = rules.json_schema is True and rules.sampling
        return Family(
            "claude", rules, "claude", "top_k", caching=True, cached_tools=True, strict=older,
            json_schema=rules.json_schema,
        )  # fmt: skip
    found = max((start for start in FAMILIES if base.startswith(start)), key=len, default="")
    return FAMILIES.get(found) or replace(_PLAIN, name=base)


def base_id(model: str) -> str:
    """The id of the model itself: an ARN's name, without the region of an inference profile."""
    found = ARN.fullmatch(model)
    return PROFILE.sub("", found["name"] if found else model, count=1)


def listed_id(model: str) -> str:
    """The id under which the service lists a model or a profile; the ARN where it is of one account."""
    found = ARN.fullmatch(model)
    return found["name"] if found and found["kind"] in LISTED else model


def region_of(model: str) -> str:
    """The region of an ARN; empty for an id, which has none."""
    found = ARN.fullmatch(model)
    return found["region"] if found else ""
