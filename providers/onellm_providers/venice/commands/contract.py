"""`onellm venice contract`, `operations`"""

from __future__ import annotations

from pathlib import Path

import click

from onellm.cli.output import one_line, print_json
from onellm.errors import ConfigurationError
from onellm.file_input import is_url
from onellm.service import Blocking
from onellm_providers.venice.commands.shared import client
from onellm_providers.venice.contract.compare import differences
from onellm_providers.venice.contract.document import LIVE, read_document
from onellm_providers.venice.contract.facts import facts_of
from onellm_providers.venice.contract.known import VERSION, known
from onellm_providers.venice.operations import OPERATIONS
from onellm_providers.venice.resources.requests import Requests


@click.command()
@click.argument("source", metavar="[FILE or URL]", default=LIVE, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one array with an object for each difference.")
@click.option(
    "--ignore", multiple=True, metavar="NAME",
    help="Leave out what has this name; * stands for any text. May be given several times.",
)  # fmt: skip
def contract(source: str, as_json: bool, ignore: tuple[str, ...]) -> None:
    """Compare Venice's OpenAPI file with what this version was built for; exit 1 where they differ."""
    found = differences(known(), facts_of(read_document(_read(source))), ignore)
    if as_json:
        print_json([each.as_table() for each in found])
    else:
        for each in found:
            click.echo(f"{one_line(each.name)}: {one_line(each.said)}")
        click.echo(f"{len(found) or 'No'} difference{'' if len(found) == 1 else 's'} from version {VERSION}.", err=True)
    if found:
        raise click.exceptions.Exit(1)


def _read(source: str) -> str:
    if is_url(source):
        with client() as venice:
            return venice.resource(Requests[Blocking]).fetch(source).text
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigurationError(f"{source} cannot be read: {reason}.") from error


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one object: operation → method.")
def operations(as_json: bool) -> None:
    """Every operation of Venice, and the method that performs it."""
    if as_json:
        print_json(dict(OPERATIONS))
        return
    width = max(map(len, OPERATIONS))
    for operation, method in OPERATIONS.items():
        click.echo(f"{operation:<{width}}  {method}")
