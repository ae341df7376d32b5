"""`onellm venice characters`, `models`"""

from __future__ import annotations

from itertools import islice

import click

from onellm.cli.output import print_json, print_table
from onellm.decode.json import table
from onellm_providers.venice.commands.shared import as_json, client, number, plain
from onellm_providers.venice.resources.models import ListedType
from onellm_providers.venice.types.models import VeniceModel

TYPES = ("asr", "embedding", "image", "music", "text", "tts", "upscale", "inpaint", "video", "all", "code")


@click.command()
@click.argument("search", required=False)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@as_json
def characters(search: str | None, limit: int, as_json: bool) -> None:
    """Characters to chat with, all or those that a text finds."""
    with client() as venice:
        found = list(islice(venice.characters.iter_all(search=search, page_size=min(limit, 100)), limit))
    if as_json:
        print_json([plain(each) for each in found])
        return
    print_table(("slug", "name", "model"), [(each.slug, each.name, each.model_id or "") for each in found])


@click.command()
@click.option("--type", "kind", type=click.Choice(TYPES), default="all", show_default=True)
@as_json
def models(kind: ListedType, as_json: bool) -> None:
    """Models with what they can do and cost (USD)."""
    with client() as venice:
        found = venice.models.list(kind)
    if as_json:
        print_json(plain(found))
        return
    columns = ("model", "type", "privacy", "context", "capabilities", "prices")
    print_table(columns, [_row(each) for each in found.data])


def _row(model: VeniceModel) -> tuple[str, ...]:
    spec = model.model_spec
    notes = f" (until {spec.deprecation.date[:10]})" if spec.deprecation else ""
    return (
        f"{model.id}{notes}",
        model.type,
        spec.privacy or "unknown",
        f"{spec.available_context_tokens:,}" if spec.available_context_tokens else "",
        " ".join(_abilities(model)),
        _prices(spec.pricing),
    )


def _abilities(model: VeniceModel) -> list[str]:
    can = model.model_spec.capabilities
    if can is None:
        return []
    named = {
        "tools": can.supports_function_calling,
        "vision": can.supports_vision,
        "audio": can.supports_audio_input,
        "video": can.supports_video_input,
        "reasoning": can.supports_reasoning,
        "json_schema": can.supports_response_schema,
        "web_search": can.supports_web_search,
        "tee": can.supports_tee_attestation,
        "e2ee": can.supports_e2ee,
    }
    return [name for name, does in named.items() if does]


def _prices(pricing: dict[str, object] | None) -> str:
    """Every price that has one amount; nested tables are left to --json."""
    parts = [(name, table(each).get("usd")) for name, each in (pricing or {}).items()]
    return ", ".join(f"{name} {number(usd)}" for name, usd in parts if isinstance(usd, (int, float)))
