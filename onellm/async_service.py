"""The base of a service's own async client."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeAlias

from onellm.async_engine import AsyncEngine
from onellm.options import UNSET, Options, RetryPolicy, TimeoutOption, Unset
from onellm.service import Service, ServiceOptions
from onellm.transport.base import Connections
from onellm.transport.choice import AsyncUserTransport as AsyncUserTransport
from onellm.transport.choice import TransportName as TransportName
from onellm.transport.choice import async_transport

Asynchronous: TypeAlias = AsyncEngine
"""What an async client's resources are bound to, for their types."""


class AsyncOptions(ServiceOptions, total=False):
    """`ServiceOptions`, and the transport of an async client."""

    transport: TransportName | AsyncUserTransport | None


class AsyncServiceClient(Service[AsyncEngine]):
    """The base of an async client of one service. The parameters are those of `ServiceClient`, with `AsyncOptions`."""

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
        transport: TransportName | AsyncUserTransport | None = None,
    ) -> None:
        limits = Options().override(timeout=timeout, deadline=deadline, max_retries=max_retries)
        self._begin(name, settings, profile, limits, base_url=base_url, headers=headers)
        connections = connections or Connections()
        self._engine = AsyncEngine(async_transport(transport, connections), connections)

    async def close(self) -> None:
        """Close the idle connections of the running loop. The client can be used again."""
        await self._engine.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
