"""Answers that come in pages, as one iterator; blocking or async with its client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from onellm.call import Call
from onellm.options import Options
from onellm.resource import IO

if TYPE_CHECKING:
    from onellm.async_service import Asynchronous
    from onellm.service import Blocking

P = TypeVar("P")
T = TypeVar("T")


class Pages(Generic[IO, P, T]):
    """The items of all pages: `for` with a blocking client, `async for` with an async one.

    Each page is asked for when its first item is wanted. `first` makes the call of the first page, `items` takes the
    items of a page, `after` makes the call of the page that follows, None after the last; it is told how many items
    came so far. An iterator starts anew from the first page. Errors are those of the operation.
    """

    def __init__(
        self,
        engine: IO,
        options: Options,
        first: Callable[[], Call[P]],
        items: Callable[[P], Sequence[T]],
        after: Callable[[P, int], Call[P] | None],
    ) -> None:
        self._engine: Any = engine
        self._options = options
        self._first = first
        self._items = items
        self._after = after

    def __iter__(self: Pages[Blocking, P, T]) -> Iterator[T]:
        call: Call[P] | None = self._first()
        seen = 0
        while call is not None:
            page = self._engine.run(call, self._options)
            items = self._items(page)
            yield from items
            seen += len(items)
            call = self._after(page, seen)

    async def __aiter__(self: Pages[Asynchronous, P, T]) -> AsyncIterator[T]:
        call: Call[P] | None = self._first()
        seen = 0
        while call is not None:
            page = await self._engine.run(call, self._options)
            items = self._items(page)
            for item in items:
                yield item
            seen += len(items)
            call = self._after(page, seen)
