"""OpenAI: the reference of the format.

Facts from openai SDK 3.52.0 and the API reference of August 2026: `max_tokens` is deprecated and refused by reasoning
models, while `max_completion_tokens` is taken by all; stop takes up to four strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from onellm.capabilities import Capability
from onellm.openai_compatible import Items, OneOf, OpenAICompatible, Range, Spec
from onellm.openai_compatible.limits import OPENAI_LIMITS
from onellm.openai_compatible.operations import OPENAI_OPERATIONS
from onellm.openai_compatible.spec import COMMON_EXTRAS
from onellm.types.request import ModelRequest

_OWN: Mapping[Capability, Mapping[str, Any]] = {
    Capability.RESPONSES: {},
    Capability.COMPLETION: {
        "takes": OPENAI_OPERATIONS[Capability.COMPLETION].takes - COMMON_EXTRAS,
        "limits": {
            **{name: limit for name, limit in OPENAI_LIMITS.items() if name != "top_logprobs"},
            "best_of": Range(1, 20), "logprobs": Range(0, 5), "max_tokens": Range(0),
        },
    },
    Capability.EMBEDDINGS: {"refuse_for": {"text-embedding-ada-002": frozenset({"dimensions"})}},
    Capability.IMAGE_GENERATION: {
        "implied": {"(chatgpt|gpt)-image.*": {"response_format": "b64_json"}},
        "limits": {"n": Range(1, 10), "partial_images": Range(0, 3), "output_compression": Range(0, 100)},
    },
    Capability.IMAGE_EDIT: {
        "implied": {"(chatgpt|gpt)-image.*": {"response_format": "b64_json"}},
        "limits": {"n": Range(1, 10), "partial_images": Range(0, 3), "output_compression": Range(0, 100)},
    },
    Capability.SPEECH: {
        "needs": frozenset({"voice"}),
        "refuse_for": {"tts-1(-hd)?": frozenset({"instructions"})},
        "limits": {"speed": Range(0.25, 4), "response_format": OneOf(("mp3", "opus", "aac", "flac", "wav", "pcm"))},
    },
    Capability.TRANSCRIPTION: {
        "refuse_for": {"whisper-1": frozenset({"stream"})},
        "limits": {"temperature": Range(0, 1), "known_speaker_names": Items(4), "known_speaker_references": Items(4)},
    },
    Capability.TRANSLATION: {"limits": {"temperature": Range(0, 1)}},
    Capability.MODERATION: {},
    Capability.FILES: {"needs": frozenset({"purpose"})},
    Capability.BATCH: {},
}  # fmt: skip
OPERATIONS = {word: replace(OPENAI_OPERATIONS[word], **own) for word, own in _OWN.items()}
"""What OpenAI offers beside chat, with the bounds of its models.

Image models give base64 and refuse to be asked for it; whisper-1 ignores `stream`, and tts-1 `instructions`.
"""

OPENAI = Spec(
    name="openai",
    operations=frozenset({Capability.CHAT, Capability.STREAM, *OPERATIONS}),
    overrides=OPERATIONS,
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
