"""httpx transports that the user brought (`httpx.MockTransport`, a tunnel): used as they are, and never closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from onellm.call import Request
from onellm.transport.base import Answer, BlockingBody
from onellm.transport.headers import Headers
from onellm.transport.inflate import MAX_RATIO
from onellm.transport.through_httpx import httpx_request, library_of
from onellm.transport.url import URL, parse_url
from onellm.transport.wire_errors import failure, is_wire_error, scrubbed, silence

if TYPE_CHECKING:
    import httpx

    from onellm.transport.choice import UserTransport


class Borrowed:
    """A transport that the user brought (`httpx.MockTransport`, a tunnel): used as it is, and never closed."""

    def __init__(self, transport: UserTransport, max_ratio: int = MAX_RATIO) -> None:
        self._transport = transport
        self._library = library_of(transport)
        self._max_ratio = max_ratio

    def send(self, request: Request, connect: float | None, pool: float | None, wait: float | None) -> BlockingBody:
        url = parse_url(request.url)
        timeouts = {"connect": connect, "read": wait, "write": wait, "pool": pool}
        try:
            response = self._transport.handle_request(httpx_request(self._library, request, url, {"timeout": timeouts}))
        except Exception as error:
            if not is_wire_error(error):
                raise
            raise failure(error, url, answered=False) from scrubbed(error)
        try:
            return BorrowedBody(url, response, self._max_ratio)
        except BaseException:
            response.close()
            raise

    def look_up(self, host: str, port: int, timeout: float) -> None:
        """None: the transport connects to names by itself."""

    def close(self) -> None:
        """Nothing: the transport is its owner's."""


class BorrowedBody(Answer):
    """An answer of a transport that the user brought."""

    def __init__(self, url: URL, response: httpx.Response, max_ratio: int = MAX_RATIO) -> None:
        super().__init__(response.status_code, Headers(response.headers.raw), max_ratio)
        self._url = url
        self._response = response
        self._pieces: Iterator[bytes] = iter(cast("Any", response.stream))

    def read(self, timeout: float | None) -> bytes:
        try:
            if timeout is not None and timeout <= 0:
                raise silence(self._url)
            for piece in self._pieces:
                if data := self.unpack(piece):
                    return data
            self.check_complete()
        except BaseException as error:
            self.close()
            if is_wire_error(error):
                raise failure(error, self._url, answered=True) from scrubbed(error)
            raise
        self.close()
        return b""

    def close(self) -> None:
        self._response.close()
