"""The blocking client: OpenAI's layout (`client.chat.completions.create`) over every provider."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Self

from onellm.capabilities import Catalogue, ModelInfo
from onellm.core import Core, Informed
from onellm.engine import Engine
from onellm.options import UNSET, Options, RetryPolicy, TimeoutOption, Unset
from onellm.resources.chat import Chat
from onellm.resources.client import Resources
from onellm.transport.base import Connections
from onellm.transport.choice import LibraryName, UserTransport, blocking_transport
from onellm.types.request import Unsupported


class OneLLM(Informed, Resources[Engine]):
    """A blocking client over every provider; safe to share between threads.

    `model` is the default model string. `providers` maps a provider, or `provider@profile`, to its settings (api_key,
    base_url, headers …); what is not given comes from the environment. `headers` go with every call. `timeout`,
    `deadline`, `max_retries` and `unsupported` are the defaults of `create`. `connections` sets certificates, proxies
    and pool size; `transport` is "httpx", "httpx2" (where that package is installed) or a transport of theirs that you
    made; without it ONELLM_TRANSPORT says which, and else it is httpx. Use it as a context manager, or call `close()`.
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
        transport: LibraryName | UserTransport | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        options = Options().override(timeout=timeout, deadline=deadline, max_retries=max_retries)
        self._core = self.core_type(model, providers, headers, options, unsupported, catalogue)
        self._engine = Engine(blocking_transport(transport, connections), connections)
        self.chat = Chat(self._core, self._engine)

    def list_models(self, provider: str | None = None) -> list[ModelInfo]:
        """Ask the provider (all configured ones, if none is named) for its models, and keep what it says."""
        core = self._core
        found: list[ModelInfo] = []
        for label in [provider] if provider else core.configured():
            found += core.learn(label, self._engine.run(core.provider(label).models(), core.options))
        return found

    refresh_models = list_models

    def close(self) -> None:
        """Close idle connections. The client can be used again."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
