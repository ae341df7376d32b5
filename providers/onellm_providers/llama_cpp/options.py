"""The settings of `llama_cpp`: where models lie, how they are loaded, how much memory they may take."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onellm.errors import ConfigurationError
from onellm_providers.llama_cpp.loading import OPTIONS
from onellm_providers.llama_cpp.row import NAME
from onellm_providers.llama_cpp.shelf import default_limit

SETTINGS = ("models_dir", "memory_limit", "chat_template", *sorted(OPTIONS))
VARIABLES = {"models_dir": (), "n_gpu_layers": ()}
"""Settings that the environment may give too: LLAMA_CPP_MODELS_DIR, LLAMA_CPP_N_GPU_LAYERS."""
UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "KI": 1024, "MI": 1024**2, "GI": 1024**3}


@dataclass(frozen=True)
class Options:
    """The settings, read. `limit` is in bytes; None where nothing is known of the machine's memory."""

    folder: str
    limit: int | None
    template: str | None
    loading: Mapping[str, Any]


def read_options(extra: Mapping[str, Any]) -> Options:
    """The options that settings ask for. Raises ConfigurationError."""
    given = {name: value for name, value in extra.items() if value is not None}
    loading = {name: given[name] for name in sorted(OPTIONS) if name in given}
    if "n_gpu_layers" in loading:
        loading["n_gpu_layers"] = _number("n_gpu_layers", loading["n_gpu_layers"])
    folder = given.get("models_dir") or "."
    limit = _size(given["memory_limit"]) if "memory_limit" in given else default_limit()
    return Options(os.fspath(folder), limit, given.get("chat_template"), loading)


def _number(name: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ConfigurationError(f"{NAME}: {name} is {value!r}; it must be a number (-1: all layers).") from None


def _size(value: object) -> int:
    """Bytes, given as a number or as "8GB" or "8GiB"."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMG]?I?)B?\s*", str(value), re.IGNORECASE)
    if isinstance(value, bool) or found is None or found[2].upper() not in UNITS:
        raise ConfigurationError(f"{NAME}: memory_limit must be a number of bytes or like '8GB', not {value!r}.")
    return int(float(found[1]) * UNITS[found[2].upper()])
