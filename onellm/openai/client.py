"""`OpenAI`: the blocking client under the names of the `openai` package."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from onellm.client import OneLLM
from onellm.config import seal
from onellm.openai.chat import Beta, ParsingChat
from onellm.openai.core import OPENAI, OpenAICore
from onellm.openai.names import NOT_GIVEN, NotGiven
from onellm.openai.pages import FilePages, ModelPages
from onellm.options import UNSET, TimeoutOption
from onellm.transport.choice import LibraryName, UserTransport

if TYPE_CHECKING:
    import httpx


class OpenAI(OneLLM):
    """A client for code that was written for `openai.OpenAI`; safe to share between threads.

    `api_key` and `base_url` are those of OpenAI (OPENAI_API_KEY, OPENAI_BASE_URL where they are not given). A model
    without a provider is OpenAI's; `venice/zai-org-glm-5` goes to Venice, with that provider's key from the
    environment. With a `base_url` of yours every model goes there as it is written. `timeout` is in seconds, or an
    `httpx.Timeout`; `max_retries` is 2. `http_client` may be a transport of httpx.
    """

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
        transport: LibraryName | UserTransport | None = None,
    ) -> None:
        self._given: dict[str, Any] = seal({
            "api_key": api_key, "organization": organization, "project": project, "base_url": base_url,
            "timeout": timeout, "max_retries": max_retries, "default_headers": default_headers,
        })  # fmt: skip
        super().__init__(**arguments(self._given), transport=transport)
        cast("OpenAICore", self._core).elsewhere = base_url is not None
        self.chat: ParsingChat = ParsingChat(self._core, self._engine)

    @property
    def beta(self) -> Beta:
        """`client.beta.chat.completions`, where `parse` and `stream` were once."""
        return Beta(self.chat)

    @functools.cached_property
    def models(self) -> ModelPages:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """OpenAI's models."""
        return ModelPages(super().models)

    @functools.cached_property
    def files(self) -> FilePages:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """OpenAI's files."""
        return FilePages(super().files)

    def with_options(self, **changed: Any) -> Self:
        """The same client with other settings, such as `timeout` or `max_retries`, on connections of its own."""
        unknown = changed.keys() - self._given.keys()
        if unknown:
            raise TypeError(f"with_options() got an unexpected keyword argument {min(unknown)!r}")
        return type(self)(**{**self._given, **changed})

    copy = with_options


def arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """What `OpenAI(…)` was given, as `OneLLM` takes it."""
    names = ("api_key", "organization", "project")
    own = {name: given[name] for name in names if given[name] is not None}
    if given["base_url"] is not None:
        own["base_url"] = str(given["base_url"])
    return {
        "providers": {OPENAI: own} if own else None,
        "headers": given["default_headers"],
        "timeout": UNSET if isinstance(given["timeout"], NotGiven) else given["timeout"],
        "max_retries": UNSET if isinstance(given["max_retries"], NotGiven) else given["max_retries"],
    }
