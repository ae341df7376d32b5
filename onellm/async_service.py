"""The base of a service's own async client."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from onellm.async_engine import AsyncEngine
from onellm.options import UNSET, Options, RetryPolicy, TimeoutOption, Unset
from onellm.service import Service
from onellm.transport.base import Connections
from onellm.transport.choice import TransportName as TransportName
from onellm.transport.choice import async_transport

if TYPE_CHECKING:
    import httpx

Asynchronous: TypeAlias = AsyncEngine
"""What an async client's resources are bound to, for their types."""


class AsyncServiceClient(Service[AsyncEngine]):
    """The base of an async client of one service. The parameters are those of `ServiceClient`."""

    def __init__(
        self,
        label: str,
        settings: Mapping[str, Any],
        *,
        timeout: TimeoutOption | Unset = UNSET,
        deadline: float | Unset | None = UNSET,
        max_retries: int | RetryPolicy | Unset = UNSET,
        connections: Connections | None = None,
        transport: TransportName | httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._begin(label, settings, Options().override(timeout=timeout, deadline=deadline, max_retries=max_retries))
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
