"""`onellm venice balance`, `usage`"""

from __future__ import annotations

import click

from onellm.cli.output import one_line, print_json, print_table
from onellm_providers.venice.client import Venice
from onellm_providers.venice.commands.shared import as_json, client, number, plain


@click.command()
@as_json
def balance(as_json: bool) -> None:
    """What the account has left."""
    with client() as venice:
        found = venice.billing.balance()
    if as_json:
        print_json(plain(found))
        return
    spends = found.consumption_currency or "nothing"
    rows = [
        ("USD", number(found.balances.usd)),
        ("DIEM", number(found.balances.diem)),
        ("DIEM of this epoch", number(found.diem_epoch_allocation)),
        ("spends", spends if found.can_consume else f"{spends}, and has too little"),
    ]
    print_table(("balance", ""), rows)


@click.command()
@click.option("--days", type=click.IntRange(1, 90), default=7, show_default=True, help="How far to look back.")
@click.option("--by", type=click.Choice(["model", "day", "key"]), default="model", show_default=True)
@click.option("--csv", "as_csv", is_flag=True, help="Print the whole ledger as CSV instead.")
@as_json
def usage(days: int, by: str, as_csv: bool, as_json: bool) -> None:
    """What was used: a table by model, day or key, or the ledger as CSV."""
    with client() as venice:
        if as_csv:
            _ledger(venice)
            return
        found = venice.billing.usage_analytics(lookback=days)
    if as_json:
        print_json(plain(found))
    elif by == "model":
        rows = [(each.model_name, number(each.total_usd), number(each.total_diem)) for each in found.by_model]
        print_table(("model", "USD", "DIEM"), rows)
    elif by == "day":
        print_table(
            ("day", "USD", "DIEM"), [(each.date, number(each.usd), number(each.diem)) for each in found.by_date]
        )
    else:
        rows = [
            (each.description or each.api_key_id or "–", number(each.total_usd), number(each.total_diem))
            for each in found.by_key
        ]
        print_table(("key", "USD", "DIEM"), rows)


def _ledger(venice: Venice) -> None:
    """All pages as one CSV, with the headings once."""
    for place, page in enumerate(venice.billing.iter_usage_history_csv()):
        lines = page.text.splitlines()
        for line in lines if place == 0 else lines[1:]:
            click.echo(one_line(line))
