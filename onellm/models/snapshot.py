"""The snapshot of models.dev that comes with OneLLM (`scripts/models_snapshot.py` makes it and says what it holds).

Nothing is read before a model is asked for, and then only the block of the file that its provider's models are in.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from onellm.capabilities import Capability, ModelInfo, Prices

FILE = "models_dev.bin"

Place: TypeAlias = tuple[str, int, int]
"""Where a block of models is: the id of its first one, the block's start and its length."""


@functools.cache
def contents() -> tuple[str, Mapping[str, list[Place]], bytes]:
    """The date of the snapshot, the places of each provider's blocks, and the blocks.

    The file is read by whoever loaded this module, so from a zip as well.
    """
    loader: Any = globals()["__loader__"]
    data: bytes = loader.get_data(os.path.join(os.path.dirname(__file__), FILE))
    line, _, blocks = data.partition(b"\n")
    head = json.loads(line)
    return head["date"], head["providers"], blocks


def date() -> str:
    """The day of the snapshot."""
    return contents()[0]


def find(provider: str, model: str) -> ModelInfo | None:
    """What the snapshot knows of a model. `provider` is a name without a profile."""
    found = None
    for place in contents()[1].get(provider, ()):
        if place[0] > model:
            break
        found = place
    row = _block(*found[1:]).get(model) if found else None
    return None if row is None else _info(provider, model, row)


def ids(provider: str) -> list[str]:
    """The models that the snapshot has of a provider."""
    return [model for _, start, length in contents()[1].get(provider, ()) for model in _block(start, length)]


@functools.cache
def _block(start: int, length: int) -> dict[str, dict[str, Any]]:
    import zlib

    rows: dict[str, dict[str, Any]] = json.loads(zlib.decompress(contents()[2][start : start + length]))
    return rows


def _info(provider: str, model: str, row: Mapping[str, Any]) -> ModelInfo:
    day = date()
    known = {Capability(word): True for word in row.get("yes", ())} | {
        Capability(word): False for word in row.get("no", ())
    }
    return ModelInfo(
        id=model,
        provider=provider,
        capabilities=cast("dict[Capability, bool | None]", known),
        context_window=row.get("context"),
        max_output_tokens=row.get("output"),
        prices=_prices(row["prices"]) if "prices" in row else None,
        input_modalities=_texts(row, "in"),
        output_modalities=_texts(row, "out"),
        reasoning_efforts=_texts(row, "efforts"),
        reasoning_budget=tuple(row["budget"]) if "budget" in row else None,
        temperature=row.get("temperature"),
        deprecated=day if row.get("gone") else None,
        released=row.get("released"),
        source="models.dev",
        as_of=day,
    )


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    return tuple(row[name]) if name in row else None


def _prices(known: Mapping[str, Any]) -> Prices:
    single = {name: price for name, price in known.items() if name != "tiers"}
    return Prices(**single, tiers=tuple((above, Prices(**prices)) for above, prices in known.get("tiers", ())))
