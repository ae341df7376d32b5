"""Makes `onellm/models/models_dev.bin`, what OneLLM knows of models without asking anybody, from models.dev.

    python scripts/models_snapshot.py FILE [--date YYYY-MM-DD] [--check] [--output FILE]

FILE is https://models.dev/api.json, for which `--date` says when it was fetched, or the same with its date within
(`{"snapshot": …, "providers": …}`). `--check` writes nothing; its status is 1 where the file in the tree is another.

Only what OneLLM uses is kept, of the providers that it has. models.dev is under the MIT licence, which lies beside the
data (`LICENSE.models_dev`). The fields are those of its README and of `packages/core/src/schema.ts`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

Row = Mapping[str, Any]
TARGET = Path(__file__).parents[1] / "onellm" / "models" / "models_dev.bin"
BLOCK = 24
"""Models in one block of the file: what is decompressed to find one of them."""

PROVIDERS: dict[str, tuple[str, ...]] = {
    **{name: (name,) for name in (
        "anthropic", "azure", "baseten", "cerebras", "chutes", "cohere", "databricks", "deepinfra", "deepseek",
        "friendli", "groq", "huggingface", "inception", "minimax", "mistral", "nebius", "nvidia", "openai",
        "openrouter", "ovhcloud", "poe", "scaleway", "siliconflow", "upstage", "venice", "vercel", "xai", "zai",
    )},
    "bedrock": ("amazon-bedrock",),
    "cloudflare": ("cloudflare-workers-ai",),
    "dashscope": ("alibaba",),
    "fireworks": ("fireworks-ai",),
    "gemini": ("google",),
    "google": ("google",),
    "moonshot": ("moonshotai",),
    "novita": ("novita-ai",),
    "perplexity": ("perplexity-agent",),  # its Sonar chat completions, the other entry, have ended
    "snowflake": ("snowflake-cortex",),
    "together": ("togetherai",),
    "vertex": ("google-vertex", "google-vertex-anthropic"),
}  # fmt: skip
"""Our names of providers and those of models.dev. Servers on one's own machine have none: nobody knows their models."""

PRICES = {
    "input": "input", "output": "output", "reasoning": "reasoning",
    "cache_read": "cache_read", "cached_input": "cache_read", "cache_input": "cache_read",
    "cache_write": "cache_write", "cached_write": "cache_write",
    "input_audio": "audio_input", "output_audio": "audio_output",
}  # fmt: skip
"""The prices in USD for a million tokens, under each name that the entries give them, and our names."""

INPUTS = {"image": "vision", "audio": "audio_input", "video": "video_input", "pdf": "document_input"}
OUTPUTS = {"image": "image_output", "audio": "audio_output"}
FLAGS = {"tool_call": "tools", "reasoning": "reasoning", "structured_output": "json_schema"}
DENIABLE = ("tools", "vision", "audio_input", "video_input")
"""What an entry may deny, if it is not contradicted. Other flags are often just not filled in: hosts take PDF files for
models whose entry does not list them, JSON schemas have come later than the entry, efforts are ignored, not refused."""


# -- reading an entry ------------------------------------------------------------------------------------------------


def affirmed(model: Row) -> set[str]:
    """The capabilities that an entry affirms."""
    found = {word for name, word in FLAGS.items() if model.get(name) is True}
    found |= {INPUTS[kind] for kind in model["modalities"]["input"] if kind in INPUTS}
    found |= {OUTPUTS[kind] for kind in model["modalities"]["output"] if kind in OUTPUTS}
    if found & {"tools", "reasoning", "json_schema"}:
        found.add("chat")
    if (prices(model) or {}).get("cache_read") is not None:
        found.add("prompt_caching")
    return found


def denied(model: Row) -> set[str]:
    """The capabilities that an entry denies: no tools; no such input, and no files either."""
    found = {"tools"} if model.get("tool_call") is False else set[str]()
    if model.get("attachment") is False:
        found |= {word for kind, word in INPUTS.items() if kind not in model["modalities"]["input"]}
    return found & set(DENIABLE)


def names_of(model_id: str, model: Row) -> set[str]:
    """What tells that two entries are the same model at two providers: the bare id, and the name."""
    bare = model_id.lower().rpartition("/")[2].partition(":")[0]
    without_maker = re.sub(r"^[a-z]+\.(?=[a-z])", "", bare)  # Bedrock's `qwen.qwen3-32b`
    name = re.sub(r"\s*\(.*\)$", "", str(model["name"]).lower())
    return {"name " + name, *(re.sub(r"[^a-z0-9]+", "-", each) for each in (bare, without_maker))}


def prices(model: Row) -> dict[str, Any] | None:
    """The prices, None where tokens alone do not settle the bill."""
    cost = cast("dict[str, Any]", model.get("cost") or {})
    if not cost or not cost.keys() <= PRICES.keys() | {"tiers"}:  # a price for each request, citation or image
        return None
    free = "free" in f"{model['name']}".lower() and not any(cost.get(name) for name in PRICES)
    found: dict[str, Any] = _known(cost, free=free)
    tiers: list[tuple[int, dict[str, float]]] = [
        (int(tier["tier"]["size"]), _known(tier, free=free)) for tier in cost.get("tiers", ())
    ]
    if tiers:
        found["tiers"] = [list(tier) for tier in sorted(tiers, key=lambda tier: tier[0])]
    return found or None


def _known(cost: Row, *, free: bool) -> dict[str, float]:
    """A price of 0 stands for "not known" and "not charged apart" too; it is one where the model is called free."""
    return {PRICES[name]: value for name, value in cost.items() if name in PRICES and (value or free)}


def row_of(model: Row, contradicted: set[str]) -> dict[str, Any]:
    """What is kept of an entry. What it does not say is left out."""
    limits = model["limit"]
    options = cast("list[dict[str, Any]]", model.get("reasoning_options") or [])
    efforts = next((option["values"] for option in options if option["type"] == "effort"), None)
    budget = next((option for option in options if option["type"] == "budget_tokens"), None)
    kept = {
        "context": limits["context"] or None,
        "output": limits["output"] or None,
        "in": sorted(model["modalities"]["input"]) or None,
        "out": sorted(model["modalities"]["output"]) or None,
        "yes": sorted(affirmed(model)) or None,
        "no": sorted(denied(model) - contradicted) or None,
        "efforts": efforts or None,
        "budget": [budget.get("min"), budget.get("max")] if budget else None,
        "temperature": model.get("temperature"),
        "prices": prices(model),
        "released": model.get("release_date"),
        "gone": True if model.get("status") == "deprecated" else None,
    }
    return {name: value for name, value in kept.items() if value is not None}


# -- the file --------------------------------------------------------------------------------------------------------


def rows(providers: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Of each provider of ours, its models and what is kept of them.

    A denial counts where models.dev is at one with itself: nobody who serves the same model affirms it.
    """
    yes: dict[str, set[str]] = defaultdict(set)
    for _, model_id, model in _entries(providers, providers):
        for known in names_of(model_id, model):
            yes[known] |= affirmed(model)
    kept: dict[str, dict[str, dict[str, Any]]] = {}
    for ours, theirs in sorted(PROVIDERS.items()):
        kept[ours] = {
            model_id: row_of(model, set[str]().union(*(yes[known] for known in names_of(model_id, model))))
            for _, model_id, model in sorted(_entries(providers, theirs), key=lambda entry: entry[1])
        }
    return kept


def _entries(providers: Mapping[str, Any], names: Any) -> Iterator[tuple[str, str, Row]]:
    for name in names:
        for model_id, model in providers[name]["models"].items():
            yield name, model_id, model


def pack(date: str, kept: Mapping[str, Mapping[str, Row]]) -> bytes:
    """The file: a line of JSON, then the models in blocks, each compressed by itself.

    The line says of each provider where its blocks are: the first model's id, where the block begins, how long it is.
    Models are in the order of their ids, so that one is found without reading the others. The same block is stored
    once.
    """
    body, places, index = b"", dict[bytes, int](), dict[str, list[tuple[str, int, int]]]()
    for name, models in kept.items():
        blocks = index[name] = []
        ids = sorted(models)
        for first in range(0, len(ids), BLOCK):
            block = {model_id: models[model_id] for model_id in ids[first : first + BLOCK]}
            packed = zlib.compress(json.dumps(block, separators=(",", ":"), ensure_ascii=False).encode(), 9)
            if packed not in places:
                places[packed] = len(body)
                body += packed
            blocks.append((ids[first], places[packed], len(packed)))
    head = {"source": "models.dev (MIT)", "date": date, "providers": index}
    return json.dumps(head, separators=(",", ":")).encode() + b"\n" + body


def unpack(data: bytes) -> tuple[str, dict[str, dict[str, Row]]]:
    """The date and the rows of a file; what the compressor made of them may differ between its versions."""
    line, _, body = data.partition(b"\n")
    head = json.loads(line)
    kept: dict[str, dict[str, Row]] = {}
    for name, blocks in head["providers"].items():
        models = kept[name] = dict[str, Row]()
        for _, start, length in blocks:
            models.update(json.loads(zlib.decompress(body[start : start + length])))
    return head["date"], kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--date")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--output", type=Path, default=TARGET)
    given = parser.parse_args()
    source = json.loads(given.file.read_text(encoding="utf-8"))
    date = given.date or source.get("snapshot")
    if not isinstance(date, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        parser.error("say with --date YYYY-MM-DD when the file was fetched")
    kept = rows(source.get("providers", source) if "snapshot" in source else source)
    if given.check:
        same = given.output.exists() and unpack(given.output.read_bytes()) == (date, kept)
        print(f"{given.output.name} is {'what' if same else 'not what'} {given.file.name} gives")
        return 0 if same else 1
    data = pack(date, kept)
    given.output.write_bytes(data)
    print(f"{given.output.name}: {sum(map(len, kept.values()))} models of {len(kept)} providers, {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
