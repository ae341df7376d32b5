"""Name → provider. Installed ones are found through the entry-point group `onellm.providers`, imported when used."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from typing import TYPE_CHECKING, Any, TypeVar, overload

from onellm.capabilities import Catalogue
from onellm.config import Host, resolve, seal
from onellm.errors import ConfigurationError, UnknownProviderError
from onellm.routing import split_profile

if TYPE_CHECKING:
    from onellm.openai_compatible import Spec
    from onellm.provider import Provider

    Entry = Spec | type[Provider]
    P = TypeVar("P", bound=Provider)

GROUP = "onellm.providers"

_registered: dict[str, Entry] = {}


@functools.cache
def installed() -> Mapping[str, EntryPoint]:
    """The installed providers' entry points, by name. Scanned once: it reads every distribution.

    No other distribution takes the place of a provider of ours by being installed; `register_provider` does.
    """
    return {**{point.name: point for point in entry_points(group=GROUP)}, **_own()}


@functools.cache
def _own() -> Mapping[str, EntryPoint]:
    """Those of the distribution that is named like this package, if one is: one file is read."""
    try:
        points = distribution(__name__.partition(".")[0]).entry_points
    except PackageNotFoundError:
        return {}
    return {point.name: point for point in points.select(group=GROUP)}


def list_providers() -> list[str]:
    """The names of all providers, installed and registered."""
    return sorted({*installed(), *_registered})


@overload
def register_provider(provider: Spec) -> Spec: ...
@overload
def register_provider(provider: type[P]) -> type[P]: ...
def register_provider(provider: Any) -> Any:
    """Make a provider known in this process: a `Spec` for a host that speaks OpenAI's format, or a Provider class.

    It replaces one of the same name. A class may be registered by using this as its decorator.
    """
    name = host_of(provider).name
    if not name or not name.replace("_", "").replace("-", "").isalnum():
        raise ConfigurationError(f"{name!r} cannot name a provider; use letters, digits, _ and -.")
    _registered[name] = provider
    return provider


def find(name: str) -> Entry:
    """The Spec or class of a provider. Raises UnknownProviderError, which names near ones."""
    if name in _registered:
        return _registered[name]
    return _load(name)


@functools.cache
def _load(name: str) -> Entry:
    point = _own().get(name)
    if point is None:
        check_name(name)
        point = installed()[name]
    try:
        entry: Entry = point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"The provider {name} ({point.value}) cannot be imported: {error}.") from error
    return entry


def check_name(name: str) -> None:
    """Raise UnknownProviderError, which names near ones, where no provider has this name."""
    if name in _registered or name in installed():
        return
    import difflib

    known = list_providers()
    near = difflib.get_close_matches(name, known, 3, 0.6)
    hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else f"Known are {', '.join(known)}."
    raise UnknownProviderError(
        f"There is no provider {name!r}. {hint} Any OpenAI-compatible host works as openai_compatible/MODEL."
    )


def host_of(entry: Entry) -> Host:
    """Where an entry's settings come from."""
    return entry.host


def build(label: str, settings: Mapping[str, Any], catalogue: Catalogue | None = None) -> Provider:
    """A provider by its name or `name@profile`, with these settings and the environment's."""
    from onellm.openai_compatible import OpenAICompatible, Spec

    name, profile = split_profile(label)
    entry = find(name)
    resolved = resolve(host_of(entry), settings, profile)
    if isinstance(entry, Spec):
        return OpenAICompatible(resolved, catalogue, entry)
    return entry(resolved, catalogue)


def get_provider(name: str, **settings: object) -> Provider:
    """A provider whose pure methods turn requests into calls: `get_provider("venice", api_key="…").chat(request)`.

    Settings are `api_key`, `base_url`, `headers` and what the provider itself declares; what is not given comes from
    the environment. Raises UnknownProviderError, ConfigurationError.
    """
    settings = seal(settings)
    return build(name, settings)
