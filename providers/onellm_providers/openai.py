"""OpenAI: the reference of the format.

Facts from openai SDK 3.52.0 and the API reference of August 2026: `max_tokens` is deprecated and refused by reasoning
models, while `max_completion_tokens` is taken by all; stop takes up to four strings.
"""

from __future__ import annotations

from typing import Any

from onellm.capabilities import Capability
from onellm.openai_compatible import OpenAICompatible, Spec
from onellm.openai_compatible.limits import OPENAI_LIMITS
from onellm.types.request import ModelRequest

OPENAI = Spec(
    name="openai",
    operations=frozenset({Capability.CHAT, Capability.STREAM, Capability.EMBEDDINGS}),
    base_url="https://api.openai.com/v1",
    settings=("organization", "project"),
    parameters=frozenset(),
    tool_names="[a-zA-Z0-9_-]{1,64}",
    rename={"max_tokens": "max_completion_tokens"},
    roles={},
    text_roles=frozenset({"system", "developer", "tool", "assistant"}),
    tool_types=frozenset({"function", "custom"}),
    limits=OPENAI_LIMITS,
    features={Capability.VIDEO_INPUT: False},
    source="openai SDK 3.52.0; API reference",
    as_of="2026-11-16",
)


class OpenAIProvider(OpenAICompatible):
    """OpenAI, with `organization` and `project` as further settings."""

    spec = OPENAI
    host = OPENAI.host

    def headers(self, request: ModelRequest | None = None) -> dict[str, str]:
        headers = super().headers(request)
        extra: Any = self.settings.extra
        for name, header in (("organization", "OpenAI-Organization"), ("project", "OpenAI-Project")):
            if extra.get(name):
                headers[header] = str(extra[name])
        return headers
