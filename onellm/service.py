"""The bases of a service's own client: resources of one provider over an engine."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypedDict, TypeVar

from onellm.config import seal
from onellm.engine import Engine
from onellm.options import UNSET, Options, RetryPolicy, TimeoutOption, Unset
from onellm.registry import build
from onellm.resource import IO, Resource
from onellm.transport.base import Connections as Connections
from onellm.transport.choice import LibraryName as LibraryName
from onellm.transport.choice import UserTransport as UserTransport
from onellm.transport.choice import blocking_transport

if TYPE_CHECKING:
    from onellm.provider import Provider

Blocking: TypeAlias = Engine
"""What a blocking client's resources are bound to, for their types."""

N = TypeVar("N", bound="ServiceResource[Any, Any]")
V_co = TypeVar("V_co", bound="Provider", covariant=True)


class ServiceOptions(TypedDict, total=False):
    """What every service's client takes beside the service's own settings.

    `base_url` and `headers` as in the settings of the provider; `profile` names a second account; the rest is as in
    `OneLLM`.
    """

    base_url: str | None
    headers: Mapping[str, str] | None
    profile: str | None
    timeout: TimeoutOption | Unset
    deadline: float | Unset | None
    max_retries: int | RetryPolicy | Unset
    connections: Connections | None


class BlockingOptions(ServiceOptions, total=False):
    """`ServiceOptions`, and the transport of a blocking client."""

    transport: LibraryName | UserTransport | None


class ServiceResource(Resource[IO], Generic[IO, V_co]):
    """A resource of a service: `self._service` is its provider, which knows URLs, headers, auth and errors."""

    _service: V_co

    def __init__(self, engine: IO, options: Options, service: V_co) -> None:
        self._engine = engine
        self._options = options
        self._service = service


class Service(Generic[IO]):
    """What the blocking and the async client of a service share."""

    _engine: IO
    _options: Options
    _provider: Provider

    def _begin(self, name: str, settings: Mapping[str, Any], profile: str | None, limits: Options, **more: Any) -> None:
        given = {key: value for key, value in seal({**settings, **more}).items() if value is not None}
        self._provider = build(f"{name}@{profile}" if profile else name, given)
        self._options = limits
        self._made: dict[type[Any], Any] = {}

    def resource(self, kind: type[N]) -> N:
        """The one resource of this kind."""
        if kind not in self._made:
            self._made[kind] = kind(self._engine, self._options, self._provider)
        found: N = self._made[kind]
        return found

    def with_options(
        self,
        *,
        timeout: TimeoutOption | Unset = UNSET,
        deadline: float | Unset | None = UNSET,
        max_retries: int | RetryPolicy | Unset = UNSET,
    ) -> Self:
        """The same client, on the same connections, with other limits."""
        other = copy.copy(self)
        other._options = self._options.override(timeout=timeout, deadline=deadline, max_retries=max_retries)
        other._made = {}
        return other


class ServiceClient(Service[Engine]):
    """The base of a blocking client of one service; safe to share between threads.

    `name` is the provider's, `settings` are its own; the other parameters are `BlockingOptions`.
    """

    def __init__(
        self,
        name: str,
        settings: Mapping[str, Any],
        *,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        profile: str | None = None,
        timeout: TimeoutOption | Unset = UNSET,
        deadline: float | Unset | None = UNSET,
        max_retries: int | RetryPolicy | Unset = UNSET,
        connections: Connections | None = None,
        transport: LibraryName | UserTransport | None = None,
    ) -> None:
        limits = Options().override(timeout=timeout, deadline=deadline, max_retries=max_retries)
        self._begin(name, settings, profile, limits, base_url=base_url, headers=headers)
        self._engine = Engine(blocking_transport(transport, connections), connections)

    def close(self) -> None:
        """Close idle connections. The client can be used again."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
