"""Which HTTP library sends: httpx, unless the caller or ONELLM_TRANSPORT asks for aiohttp."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, TypeAlias

from onellm.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

    from onellm.transport.base import AsyncTransport, BlockingTransport, Connections

TransportName: TypeAlias = Literal["httpx", "aiohttp"]

VARIABLE = "ONELLM_TRANSPORT"
NAMES: tuple[TransportName, ...] = ("httpx", "aiohttp")


def blocking_transport(
    asked: Literal["httpx"] | httpx.BaseTransport | None, connections: Connections | None = None
) -> BlockingTransport | None:
    """A transport of the caller's in our clothes; None is httpx. Raises ConfigurationError."""
    _environment()
    if asked is None or isinstance(asked, str):
        if asked is not None and _named(asked, "transport=") == "aiohttp":
            raise ConfigurationError("transport='aiohttp' is async only: use it with AsyncOneLLM; OneLLM uses httpx.")
        return None
    from onellm.transport.base import Connections
    from onellm.transport.borrowed import Borrowed

    return Borrowed(asked, (connections or Connections()).max_ratio)


def async_transport(asked: TransportName | httpx.AsyncBaseTransport | None, connections: Connections) -> AsyncTransport:
    """The transport that was asked for, here or in ONELLM_TRANSPORT. Raises ConfigurationError."""
    environment = _environment()
    if asked is not None and not isinstance(asked, str):
        from onellm.transport.async_borrowed import AsyncBorrowed

        return AsyncBorrowed(asked, connections.max_ratio)
    if (environment if asked is None else _named(asked, "transport=")) == "aiohttp":
        return _aiohttp(connections)
    from onellm.transport.asynchronous import AsyncHTTPCoreTransport

    return AsyncHTTPCoreTransport(connections)


def _aiohttp(connections: Connections) -> AsyncTransport:
    import importlib.util

    if importlib.util.find_spec("aiohttp") is None:
        raise ConfigurationError(
            "The aiohttp transport needs the extra 'fast', which is not installed: run `python -m pip install aiohttp`."
        )
    from onellm.transport.aiohttp import AIOHTTPTransport

    return AIOHTTPTransport(connections)


def _environment() -> TransportName | None:
    name = os.environ.get(VARIABLE)
    return _named(name, f"{VARIABLE}=") if name else None


def _named(name: str, where: str) -> TransportName:
    for known in NAMES:
        if name == known:
            return known
    raise ConfigurationError(f"{where}{name!r} is no transport; these are: {', '.join(NAMES)}.")
