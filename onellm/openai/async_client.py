"""`AsyncOpenAI`: the async client under the names of the `openai` package."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from onellm.async_client import AsyncOneLLM
from onellm.config import seal
from onellm.openai.async_chat import AsyncBeta, AsyncParsingChat
from onellm.openai.client import arguments
from onellm.openai.core import OpenAICore
from onellm.openai.names import NOT_GIVEN, NotGiven
from onellm.openai.pages import AsyncFilePages, AsyncModelPages
from onellm.options import TimeoutOption
from onellm.transport.choice import AsyncUserTransport, TransportName

if TYPE_CHECKING:
    import httpx


class AsyncOpenAI(AsyncOneLLM):
    """A client for code that was written for `openai.AsyncOpenAI`. The parameters are those of `OpenAI`."""

    core_type = OpenAICore

    def __init__(
        self,
        *,
        api_key: str | None = None,
        organization: str | None = None,
        project: str | None = None,
        base_url: str | httpx.URL | None = None,
        timeout: TimeoutOption | NotGiven | httpx.Timeout = NOT_GIVEN,
        max_retries: int | NotGiven = NOT_GIVEN,
        default_headers: Mapping[str, str] | None = None,
        transport: TransportName | AsyncUserTransport | None = None,
    ) -> None:
        self._given: dict[str, Any] = seal({
            "api_key": api_key, "organization": organization, "project": project, "base_url": base_url,
            "timeout": timeout, "max_retries": max_retries, "default_headers": default_headers,
        })  # fmt: skip
        super().__init__(**arguments(self._given), transport=transport)
        cast("OpenAICore", self._core).elsewhere = base_url is not None
        self.chat: AsyncParsingChat = AsyncParsingChat(self._core, self._engine)

    @property
    def beta(self) -> AsyncBeta:
        """`client.beta.chat.completions`, where `parse` and `stream` were once."""
        return AsyncBeta(self.chat)

    @functools.cached_property
    def models(self) -> AsyncModelPages:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """OpenAI's models."""
        return AsyncModelPages(super().models)

    @functools.cached_property
    def files(self) -> AsyncFilePages:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """OpenAI's files."""
        return AsyncFilePages(super().files)

    def with_options(self, **changed: Any) -> Self:
        """The same client with other settings, such as `timeout` or `max_retries`, on connections of its own."""
        unknown = changed.keys() - self._given.keys()
        if unknown:
            raise TypeError(f"with_options() got an unexpected keyword argument {min(unknown)!r}")
        return type(self)(**{**self._given, **changed})

    copy = with_options
