"""Which HTTP library sends: httpx, unless the caller or ONELLM_TRANSPORT asks for httpx2 or aiohttp."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from onellm.errors import ConfigurationError

if TYPE_CHECKING:
    from onellm.transport.base import AsyncTransport, BlockingTransport, Connections

LibraryName: TypeAlias = Literal["httpx", "httpx2"]
TransportName: TypeAlias = Literal["httpx", "httpx2", "aiohttp"]

VARIABLE = "ONELLM_TRANSPORT"
NAMES: tuple[TransportName, ...] = ("httpx", "httpx2", "aiohttp")


class UserTransport(Protocol):
    """A transport of httpx or httpx2, such as `httpx.MockTransport`."""

    def handle_request(self, request: Any) -> Any: ...


class AsyncUserTransport(Protocol):
    """An async transport of httpx or httpx2."""

    async def handle_async_request(self, request: Any) -> Any: ...


def blocking_transport(
    asked: LibraryName | UserTransport | None, connections: Connections | None = None
) -> BlockingTransport:
    """The transport that was asked for, here or in ONELLM_TRANSPORT, or the caller's own. Raises ConfigurationError."""
    from onellm.transport.base import Connections

    connections = connections or Connections()
    environment = _environment()
    if asked is not None and not isinstance(asked, str):
        _check(asked, "handle_request")
        from onellm.transport.borrowed import Borrowed

        return Borrowed(asked, connections.max_ratio)
    name = environment if asked is None else _named(asked, "transport=")
    if asked is not None and name == "aiohttp":
        raise ConfigurationError("transport='aiohttp' is async only: use it with AsyncOneLLM; OneLLM uses httpx.")
    from onellm.transport.blocking import HTTPCoreTransport

    return HTTPCoreTransport(connections, _library(name))


def async_transport(asked: TransportName | AsyncUserTransport | None, connections: Connections) -> AsyncTransport:
    """The same for the async engine."""
    environment = _environment()
    if asked is not None and not isinstance(asked, str):
        _check(asked, "handle_async_request")
        from onellm.transport.async_borrowed import AsyncBorrowed

        return AsyncBorrowed(asked, connections.max_ratio)
    name = environment if asked is None else _named(asked, "transport=")
    if name == "aiohttp":
        _check_installed("aiohttp", "the extra 'fast'")
        from onellm.transport.aiohttp import AIOHTTPTransport

        return AIOHTTPTransport(connections)
    from onellm.transport.asynchronous import AsyncHTTPCoreTransport

    return AsyncHTTPCoreTransport(connections, _library(name))


def _environment() -> TransportName | None:
    name = os.environ.get(VARIABLE)
    return _named(name, f"{VARIABLE}=") if name else None


def _named(name: str, where: str) -> TransportName:
    for known in NAMES:
        if name == known:
            return known
    raise ConfigurationError(f"{where}{name!r} is no transport; these are: {', '.join(NAMES)}.")


def _library(name: TransportName | None) -> LibraryName:
    if name != "httpx2":
        return "httpx"
    _check_installed("httpx2", "the package httpx2")
    return "httpx2"


def _check_installed(name: TransportName, what: str) -> None:
    if importlib.util.find_spec(name) is None:
        raise ConfigurationError(
            f"The {name} transport needs {what}, which is not installed: run `python -m pip install {name}`."
        )


def _check(transport: object, method: str) -> None:
    if not hasattr(transport, method):
        kind = "an async transport" if method == "handle_async_request" else "a transport"
        raise ConfigurationError(f"transport= takes {kind} of httpx or httpx2; {type(transport).__name__} is none.")
