"""The settings of `llama_cpp`: where models lie, how they are loaded, how much memory they may take."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from onellm.errors import ConfigurationError
from onellm_providers.llama_cpp.loading import OPTIONS
from onellm_providers.llama_cpp.row import NAME
from onellm_providers.llama_cpp.shelf import default_limit

SETTINGS = ("models_dir", "memory_limit", "chat_template", *sorted(OPTIONS))
VARIABLES = {"models_dir": (), "n_gpu_layers": ()}
"""Settings that the environment may give too: LLAMA_CPP_MODELS_DIR, LLAMA_CPP_N_GPU_LAYERS."""
LEAST = {"main_gpu": 0, "n_batch": 1, "n_ctx": 0, "n_gpu_layers": -1, "n_threads": 1}
"""Settings that are whole numbers, and the least that each may be."""
POOLING = {"none": 0, "mean": 1, "cls": 2, "last": 3, "rank": 4}
CACHE = {
    "f32": 0, "f16": 1, "q4_0": 2, "q4_1": 3, "q5_0": 6, "q5_1": 7, "q8_0": 8, "iq4_nl": 20, "bf16": 30,
}  # fmt: skip
NAMED = {"pooling_type": POOLING, "type_k": CACHE, "type_v": CACHE}
"""Settings with names for their numbers (llama.h, LLAMA_POOLING_TYPE; ggml.h, GGML_TYPE, those that a cache can have).
Another number of a type ends the process in llama.cpp."""
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
    loading = {name: _checked(name, given[name]) for name in sorted(OPTIONS) if name in given}
    folder = given.get("models_dir") or "."
    limit = _size(given["memory_limit"]) if "memory_limit" in given else default_limit()
    return Options(os.fspath(folder), limit, given.get("chat_template"), loading)


def _checked(name: str, value: Any) -> Any:
    """A setting as `llama_cpp.Llama` takes it, which hardly looks at it. Numbers may be text, as in the environment."""
    if name in LEAST:
        return _number(name, value)
    if name in NAMED:
        numbers = NAMED[name]
        found = numbers.get(str(value).lower(), int(value) if value in numbers.values() else None)
        if found is None or isinstance(value, bool):
            raise _wrong(name, value, f"one of {', '.join(numbers)}")
        return found
    if name == "lora_path":
        return os.path.abspath(os.path.expanduser(str(value)))
    if name == "tensor_split":
        return _shares(name, value)
    if not isinstance(value, bool):
        raise _wrong(name, value, "True or False")
    return value


def _number(name: str, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = LEAST[name] - 1
    if number < LEAST[name] or isinstance(value, (bool, float)):
        more = " (-1: all layers)" if name == "n_gpu_layers" else ""
        raise _wrong(name, value, f"a whole number of {LEAST[name]} or more{more}")
    return number


def _shares(name: str, value: Any) -> list[float]:
    shares: list[Any] = [*cast("Any", value)] if isinstance(value, (list, tuple)) else [None]
    if not all(isinstance(each, (int, float)) and not isinstance(each, bool) and each >= 0 for each in shares):
        raise _wrong(name, cast("object", value), "a list of numbers, the share of each GPU")
    return shares


def _wrong(name: str, value: object, wanted: str) -> ConfigurationError:
    return ConfigurationError(f"{NAME}: {name} is {value!r}; it must be {wanted}.")


def _size(value: object) -> int:
    """Bytes, given as a number or as "8GB" or "8GiB"."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMG]?I?)B?\s*", str(value), re.IGNORECASE)
    if isinstance(value, bool) or found is None or found[2].upper() not in UNITS:
        raise ConfigurationError(f"{NAME}: memory_limit must be a number of bytes or like '8GB', not {value!r}.")
    return int(float(found[1]) * UNITS[found[2].upper()])
