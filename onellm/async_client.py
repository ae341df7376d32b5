"""The async client: the blocking client's twin, on the async engine."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Self

from onellm.async_engine import AsyncEngine
from onellm.capabilities import Catalogue, ModelInfo
from onellm.core import Core, Informed
from onellm.options import UNSET, Options, RetryPolicy, TimeoutOption, Unset
from onellm.resources.async_chat import AsyncChat
from onellm.resources.client import Resources
from onellm.transport.base import Connections
from onellm.transport.choice import AsyncUserTransport, TransportName, async_transport
from onellm.types.request import Unsupported


class AsyncOneLLM(Informed, Resources[AsyncEngine]):
    """An async client over every provider; safe to share between tasks, and across one `asyncio.run` after another.

    The parameters are those of `OneLLM`. `transport` is "httpx", "httpx2" (where that package is installed),
    "aiohttp" (the extra `fast`) or an async transport of httpx or httpx2 that you made; without it ONELLM_TRANSPORT
    says which, and else it is httpx.
    """

    core_type: ClassVar[type[Core]] = Core

    def __init__(
        self,
        *,
        model: str | None = None,
        providers: Mapping[str, Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: TimeoutOption | Unset = UNSET,
        deadline: float | Unset | None = UNSET,
        max_retries: int | RetryPolicy | Unset = UNSET,
        unsupported: Unsupported = "raise",
        connections: Connections | None = None,
        transport: TransportName | AsyncUserTransport | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        options = Options().override(timeout=timeout, deadline=deadline, max_retries=max_retries)
        self._core = self.core_type(model, providers, headers, options, unsupported, catalogue)
        connections = connections or Connections()
        self._engine = AsyncEngine(async_transport(transport, connections), connections)
        self.chat = AsyncChat(self._core, self._engine)

    async def list_models(self, provider: str | None = None) -> list[ModelInfo]:
        """Ask the provider (all configured ones, if none is named) for its models, and keep what it says."""
        core = self._core
        found: list[ModelInfo] = []
        for label in [provider] if provider else core.configured():
            found += core.learn(label, await self._engine.run(core.provider(label).models(), core.options))
        return found

    refresh_models = list_models

    async def close(self) -> None:
        """Close the idle connections of the running loop. The client can be used again."""
        await self._engine.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
