"""`with_raw_response` and `with_streaming_response`: the headers of an answer beside it, and bytes as they come.

The names are those of the `openai` package; `result.meta` says the same of every result.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from onellm.file_output import whole_file


class RawResponse:
    """An answer with what came around it: `status_code`, `headers`, `request_id`, and `parse()` for the answer."""

    def __init__(self, result: Any) -> None:
        self._result = result
        meta = result.meta
        self.headers: Mapping[str, str] = meta.headers
        self.request_id: str | None = meta.request_id
        self.status_code: int = next((each.status for each in reversed(meta.attempts) if each.status), 200)
        self.retries_taken: int = max(len(meta.attempts) - 1, 0)

    def parse(self) -> Any:
        """The answer."""
        return self._result


class RawResource:
    """A resource whose methods give a `RawResponse`."""

    def __init__(self, resource: object) -> None:
        self._resource = resource

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._resource, name)

        def call(*args: Any, **params: Any) -> Any:
            result = method(*args, **params)
            return _awaited(result) if inspect.isawaitable(result) else RawResponse(result)

        return call


async def _awaited(result: Any) -> RawResponse:
    return RawResponse(await result)


class StreamingResource:
    """A resource whose methods are context managers of an answer that is read as it comes."""

    def __init__(self, resource: object) -> None:
        self._resource = resource

    def __getattr__(self, name: str) -> Callable[..., StreamedBytes]:
        method = getattr(self._resource, name)
        return lambda *args, **params: StreamedBytes(lambda: method(*args, stream=True, **params))


class StreamedBytes:
    """Bytes as they come, for `with` and `async with`."""

    def __init__(self, opening: Callable[[], Any]) -> None:
        self._opening = opening
        self._stream: Any = None

    def __enter__(self) -> Self:
        self._stream = self._opening()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stream.close()

    async def __aenter__(self) -> AsyncStreamedBytes:
        self._stream = await self._opening()
        return AsyncStreamedBytes(self._stream)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stream.close()

    def iter_bytes(self) -> Iterator[bytes]:
        """The pieces."""
        return iter(self._stream)

    def read(self) -> bytes:
        """All of it."""
        return b"".join(self._stream)

    def stream_to_file(self, file: str | os.PathLike[str]) -> None:
        """Write it to a file as it comes; the file is either whole or not there."""
        with whole_file(file) as out:
            for piece in self._stream:
                out.write(piece)


class AsyncStreamedBytes:
    """Bytes as they come, async."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def iter_bytes(self) -> AsyncIterator[bytes]:
        """The pieces."""
        pieces: AsyncIterator[bytes] = aiter(self._stream)
        return pieces

    async def read(self) -> bytes:
        """All of it."""
        return b"".join([piece async for piece in self._stream])

    async def stream_to_file(self, file: str | os.PathLike[str]) -> None:
        """Write it to a file as it comes; the file is either whole or not there."""
        with whole_file(file) as out:
            async for piece in self._stream:
                out.write(piece)
