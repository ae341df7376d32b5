"""What Ollama is known to do, and what `POST /api/show` says of a model."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import TypeVar

from onellm.call import Reply
from onellm.capabilities import Capability, ModelInfo
from onellm.decode.json import array, table
from onellm.types.base import Model
from onellm_providers.ollama.types import LocalModel, ModelDetails, RunningModel

WORDS = {
    "completion": (Capability.CHAT, Capability.STREAM, Capability.COMPLETION),
    "tools": (Capability.TOOLS,),
    "vision": (Capability.VISION,),
    "thinking": (Capability.REASONING,),
    "embedding": (Capability.EMBEDDINGS,),
}
"""The server's words for what a model does. It tells all of them, so that what it does not say is a no."""
FEATURES: Mapping[Capability, bool] = {
    Capability.JSON_MODE: True,
    Capability.JSON_SCHEMA: True,
    Capability.TOOL_CHOICE_REQUIRED: False,
    Capability.AUDIO_INPUT: False,
    Capability.VIDEO_INPUT: False,
    Capability.DOCUMENT_INPUT: False,
    Capability.AUDIO_OUTPUT: False,
    Capability.IMAGE_OUTPUT: False,
    Capability.WEB_SEARCH: False,
}
M = TypeVar("M", bound=Model)


def read_details(reply: Reply) -> ModelDetails:
    """What `show` says. Raises ValueError where it is none."""
    return ModelDetails.model_validate_json(reply.body)


def read_rows(kind: type[M]) -> Callable[[Reply], list[M]]:
    """Reads the models of a list."""
    return functools.partial(_rows, kind)


def _rows(kind: type[M], reply: Reply) -> list[M]:
    rows = map(table, array(table(json.loads(reply.body))["models"]))
    return [kind.model_validate({**row, "model": row.get("model") or row.get("name")}) for row in rows]


read_local = read_rows(LocalModel)
read_running = read_rows(RunningModel)


def read_model(provider: str, name: str, details: ModelDetails | None) -> ModelInfo:
    """A model that the server has; without details, nothing more is known of it."""
    known: dict[Capability, bool | None] = {}
    said = details.capabilities if details is not None else None
    if said:
        known = {word: name in said for name, words in WORDS.items() for word in words}
        if "completion" not in said:
            known |= {Capability.JSON_MODE: False, Capability.JSON_SCHEMA: False}
    return ModelInfo(
        id=name,
        provider=provider,
        capabilities=known,
        context_window=details.context_length if details is not None else None,
        source="models endpoint",
    )
