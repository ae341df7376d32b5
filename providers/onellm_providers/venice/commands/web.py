"""`onellm venice search`, `scrape`, `attest`"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import click

from onellm.cli.output import one_line, print_json, print_table
from onellm.cli.sanitize import sanitize
from onellm_providers.venice.commands.shared import as_json, client, plain


@click.command()
@click.argument("query")
@click.option("--limit", type=click.IntRange(1, 20), default=10, show_default=True)
@click.option("--provider", type=click.Choice(["brave", "google"]), help="Who searches.")
@as_json
def search(query: str, limit: int, provider: Literal["brave", "google"] | None, as_json: bool) -> None:
    """Search the web."""
    with client() as venice:
        found = venice.augment.search(query, limit=limit, search_provider=provider)
    if as_json:
        print_json(plain(found))
        return
    for each in found.results:
        click.echo(f"{one_line(each.title)}\n  {one_line(each.url)}")
        click.echo(f"  {one_line(re.sub('<[^>]*>', '', each.content))}\n")


@click.command()
@click.argument("url")
def scrape(url: str) -> None:
    """Print a page as markdown."""
    with client() as venice:
        click.echo(sanitize(venice.augment.scrape(url).content))


@click.command()
@click.argument("model")
@click.option(
    "--anchor", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Judge by this certificate (PEM)."
)
@as_json
def attest(model: str, anchor: Path | None, as_json: bool) -> None:
    """Check what the machine of a model attests, up to the trust anchor: Intel's, or that of --anchor."""
    from onellm_providers.venice.e2ee import Trust

    trust = Trust(anchor=anchor.read_text(encoding="utf-8")) if anchor else None
    with client() as venice:
        key = venice.tee.verify(model, trust)
    facts = {
        "model": key.model,
        "public_key": key.public_key,
        "address": key.address,
        "nonce": key.nonce,
        "shape": key.shape,
        "tcb_status": key.tcb_status,
        **{f"measurement {name}": value for name, value in key.measurements.items()},
    }
    if as_json:
        print_json(facts)
    else:
        print_table(("attested", ""), [(name, str(value)) for name, value in facts.items() if value is not None])
