"""`onellm providers`: who can be called, and whether a key is there."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import click

from onellm.cli.options import env_file
from onellm.cli.output import note, print_json, print_table
from onellm.config import Host, Settings, resolve
from onellm.errors import ConfigurationError

ANYWHERE = "http://localhost"
"""A base URL to look up the key with, where the real one is missing."""


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """A provider as the command line sees it. It never holds the key."""

    name: str
    distribution: str | None = None
    version: str | None = None
    key_configured: bool = False
    key_required: bool = True
    key_variable: str | None = None
    base_url: str | None = None
    problem: str | None = None


def status(name: str) -> ProviderStatus:
    """A provider's state; what keeps it from being used is its `problem`."""
    from onellm.registry import find, host_of

    distribution, version = _origins().get(name, (None, None))
    try:
        host = host_of(find(name))
    except ConfigurationError as error:
        return ProviderStatus(name, distribution, version, problem=error.message)
    settings, problem = _settings(host)
    return ProviderStatus(
        name,
        distribution,
        version,
        key_configured=settings is not None and settings.api_key is not None,
        key_required=host.key_required,
        key_variable=host.variable("API_KEY"),
        base_url=settings.base_url if settings and not problem else None,
        problem=problem,
    )


@functools.cache
def _origins() -> Mapping[str, tuple[str, str]]:
    """The distribution that brings each installed provider, and its version."""
    from onellm.registry import installed

    return {point.name: (point.dist.name, point.dist.version) for point in installed().values() if point.dist}


def _settings(host: Host) -> tuple[Settings | None, str | None]:
    """The settings, and what is wrong with them."""
    try:
        return resolve(host, {}), None
    except ConfigurationError as error:
        problem = error.message
    try:
        return resolve(host, {"base_url": ANYWHERE}), problem
    except ConfigurationError:
        return None, problem


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one array with an object for each provider.")
@env_file
def providers(as_json: bool) -> None:
    """List the providers, and which have a key."""
    from onellm.registry import list_providers

    found = [status(name) for name in list_providers()]
    if as_json:
        print_json([asdict(each) for each in found])
        return
    print_table(("provider", "key", "variable", "base URL", "from"), [_row(each) for each in found])
    if not any(each.key_configured for each in found):
        note("No key is configured: set one of the variables, or run `onellm auth set PROVIDER`.")


def _row(each: ProviderStatus) -> tuple[str, ...]:
    key = "yes" if each.key_configured else "no" if each.key_required else "not needed"
    origin = f"{each.distribution} {each.version}" if each.distribution else "this process"
    return each.name, key, each.key_variable or "", each.base_url or each.problem or "", origin
