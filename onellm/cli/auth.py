"""`onellm auth`: keys in a file that only its user can read. A key is never printed."""

from __future__ import annotations

import os
from collections.abc import Mapping

import click

from onellm.cli.input import on_terminal, read_stdin
from onellm.cli.output import note, print_table
from onellm.config import Host, Secret, credentials_path, read_credentials, write_credentials
from onellm.errors import ConfigurationError


@click.group()
def auth() -> None:
    """Store, list and remove API keys."""


@auth.command("set", context_settings={"allow_extra_args": True})
@click.argument("provider")
@click.pass_context
def set_key(ctx: click.Context, provider: str) -> None:
    """Store the key of PROVIDER.

    It is asked for without echo, or read from stdin. PROVIDER@PROFILE stores the key of a second account.
    """
    if ctx.args:  # click's own message would print them
        raise click.UsageError("A key is not taken as an argument: it would stay in the shell's history. Leave it out.")
    host, profile = _host(provider)
    typed: str = click.prompt(f"Key for {provider}", hide_input=True, err=True) if on_terminal() else read_stdin()
    if not typed.strip():
        raise ConfigurationError("No key was given; nothing is stored.")
    key = Secret(typed.strip(), f"{provider} key")
    _store({**read_credentials(), provider: key.reveal()})
    click.echo(f"Stored the key for {provider} ({key.hint}).")
    variable = host.variable("API_KEY", profile)
    if os.environ.get(variable):
        note(f"{variable} is set, too, and comes first.")


@auth.command("list")
def list_keys() -> None:
    """List the stored keys by their last characters."""
    keys = read_credentials()
    if keys:
        print_table(("provider", "key"), [(label, Secret(key).hint) for label, key in sorted(keys.items())])
    else:
        note("No key is stored. `onellm providers` also knows of keys in the environment.")


@auth.command("remove")
@click.argument("provider")
def remove_key(provider: str) -> None:
    """Remove the stored key of PROVIDER."""
    keys = read_credentials()
    if keys.pop(provider, None) is None:
        raise ConfigurationError(f"No key is stored for {provider}. `onellm auth list` shows those that are.")
    _store(keys)
    click.echo(f"Removed the key for {provider}.")


def _host(label: str) -> tuple[Host, str]:
    from onellm.registry import find, host_of
    from onellm.routing import split_profile

    name, profile = split_profile(label)
    return host_of(find(name)), profile


def _store(keys: Mapping[str, str]) -> None:
    try:
        write_credentials(keys)
    except OSError as error:
        raise ConfigurationError(f"The keys cannot be stored in {credentials_path()}: {error.strerror}.") from error
