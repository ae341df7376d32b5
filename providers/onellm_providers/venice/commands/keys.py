"""`onellm venice keys`"""

from __future__ import annotations

import click

from onellm.cli.output import one_line, print_json, print_table
from onellm_providers.venice.commands.shared import as_json, client, number, plain
from onellm_providers.venice.resources.api_keys import ConsumptionLimit, KeyType


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def keys(ctx: click.Context, as_json: bool) -> None:
    """The account's keys. They need an ADMIN key."""
    if ctx.invoked_subcommand is not None:
        return
    with client() as venice:
        found = venice.api_keys.list()
    if as_json:
        print_json(plain(found))
        return
    rows = [
        (
            each.id,
            each.description or "",
            each.api_key_type or "",
            f"…{each.last6_chars}",
            each.expires_at or "never",
            number(each.consumption_limits.usd if each.consumption_limits else None),
        )
        for each in found.data
    ]
    print_table(("id", "description", "type", "ends in", "expires", "USD limit"), rows)


@keys.command("create")
@click.argument("description")
@click.option("--type", "kind", type=click.Choice(["INFERENCE", "ADMIN"]), default="INFERENCE", show_default=True)
@click.option("--usd", type=float, help="The most that it may spend in its period.")
@click.option("--expires", metavar="YYYY-MM-DD", help="When it ends.")
@click.option("--show", is_flag=True, help="Print the secret: it is told this once.")
def create(description: str, kind: KeyType, usd: float | None, expires: str | None, show: bool) -> None:
    """Make a key. Without --show the command refuses, since the secret is told only once."""
    if not show:
        raise click.UsageError("The new key is printed once and never again; pass --show to have it printed here.")
    limit: ConsumptionLimit | None = None if usd is None else {"usd": usd}
    with client() as venice:
        made = venice.api_keys.create(
            description=description, api_key_type=kind, consumption_limit=limit, expires_at=expires
        )
    click.echo(one_line(made.api_key))


@keys.command("delete")
@click.argument("id")
@click.confirmation_option(prompt="Delete this key?")
def delete(id: str) -> None:
    """Delete a key."""
    with client() as venice:
        venice.api_keys.delete(id)
    click.echo("Deleted.")


@keys.command("limits")
@as_json
def limits(as_json: bool) -> None:
    """What the key in use may do."""
    with client() as venice:
        found = venice.api_keys.rate_limits()
    if as_json:
        print_json(plain(found))
        return
    rows = [
        (each.api_model_id or "all", ", ".join(f"{number(limit.amount)} {limit.type}" for limit in each.rate_limits))
        for each in found.rate_limits
    ]
    print_table(("model", "limits"), rows)
