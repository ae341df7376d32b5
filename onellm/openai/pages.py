"""Lists that go on by themselves, as the `openai` package's pages do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from onellm.capabilities import ModelInfo
from onellm.openai.core import OPENAI
from onellm.openai.names import given
from onellm.types.file import FileList, FileObject

if TYPE_CHECKING:
    from onellm.resources.files import Files
    from onellm.resources.models import Models

T = TypeVar("T")


class Page(Generic[T]):
    """One page; iterating goes on through the pages that follow."""

    def __init__(self, data: list[T], last: str | None, more: bool, fetch: Callable[[str | None], Page[T]]) -> None:
        self.data = data
        self.has_more = more
        self._last = last
        self._fetch = fetch

    def has_next_page(self) -> bool:
        """Whether another page follows."""
        return self.has_more and bool(self.data)

    def get_next_page(self) -> Page[T]:
        """The page that follows."""
        return self._fetch(self._last)

    def __iter__(self) -> Iterator[T]:
        page = self
        yield from page.data
        while page.has_next_page():
            page = page.get_next_page()
            yield from page.data


class AsyncPage(Generic[T]):
    """A page to come: await it for the page, or iterate it (`async for`) through all pages."""

    def __init__(self, fetch: Callable[[str | None], Awaitable[tuple[list[T], str | None, bool]]]) -> None:
        self._fetch = fetch
        self.data: list[T] = []
        self.has_more = False
        self._last: str | None = None

    async def _load(self, after: str | None) -> AsyncPage[T]:
        self.data, self._last, self.has_more = await self._fetch(after)
        return self

    def __await__(self) -> Generator[Any, None, AsyncPage[T]]:
        return self._load(None).__await__()

    def has_next_page(self) -> bool:
        """Whether another page follows."""
        return self.has_more and bool(self.data)

    async def get_next_page(self) -> AsyncPage[T]:
        """The page that follows."""
        return await AsyncPage(self._fetch)._load(self._last)

    async def __aiter__(self) -> AsyncIterator[T]:
        page: AsyncPage[T] = self if self.data else await self._load(None)
        while True:
            for item in page.data:
                yield item
            if not page.has_next_page():
                return
            page = await page.get_next_page()


class _Around:
    """A resource whose other methods are used as they are."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class ModelPages(_Around):
    """`client.models`"""

    if TYPE_CHECKING:

        def __init__(self, inner: Models[Any]) -> None: ...

    def list(self) -> Page[ModelInfo]:
        """OpenAI's models."""
        return Page(self._inner.list(OPENAI), None, False, lambda _: self.list())

    def retrieve(self, model: str) -> ModelInfo:
        """One model. Raises NotFoundError."""
        found: ModelInfo = self._inner.retrieve(model if "/" in model else f"{OPENAI}/{model}")
        return found


class AsyncModelPages(_Around):
    """`client.models`"""

    if TYPE_CHECKING:

        def __init__(self, inner: Models[Any]) -> None: ...

    def list(self) -> AsyncPage[ModelInfo]:
        """OpenAI's models."""

        async def fetch(_: str | None) -> tuple[list[ModelInfo], str | None, bool]:
            return await self._inner.list(OPENAI), None, False

        return AsyncPage(fetch)

    async def retrieve(self, model: str) -> ModelInfo:
        """One model. Raises NotFoundError."""
        found: ModelInfo = await self._inner.retrieve(model if "/" in model else f"{OPENAI}/{model}")
        return found


class FilePages(_Around):
    """`client.files`"""

    if TYPE_CHECKING:

        def __init__(self, inner: Files[Any]) -> None: ...

    def list(self, **params: Any) -> Page[FileObject]:
        """The files, page after page."""
        asked = given(params)
        listed: FileList = self._inner.list(**asked)
        return Page(listed.data, listed.last_id, listed.has_more, lambda after: self.list(**{**asked, "after": after}))


class AsyncFilePages(_Around):
    """`client.files`"""

    if TYPE_CHECKING:

        def __init__(self, inner: Files[Any]) -> None: ...

    def list(self, **params: Any) -> AsyncPage[FileObject]:
        """The files, page after page."""
        asked = given(params)

        async def fetch(after: str | None) -> tuple[list[FileObject], str | None, bool]:
            listed: FileList = await self._inner.list(**({**asked, "after": after} if after else asked))
            return listed.data, listed.last_id, listed.has_more

        return AsyncPage(fetch)
