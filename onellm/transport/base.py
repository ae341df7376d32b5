"""What an engine asks of a transport, and how connections are made."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from onellm.errors import BadResponseError
from onellm.transport.inflate import Inflater

if TYPE_CHECKING:
    from onellm.call import Request

MAX_REPLY = 64 * 1024 * 1024


@dataclass(frozen=True)
class Connections:
    """How connections are made.

    `verify`: True (the certificates of the environment's SSL_CERT_FILE or SSL_CERT_DIR, else certifi's), a path to
    your own CA file, an SSL context, or False for none. `cert`: a client certificate as a path or (certificate, key) or
    (certificate, key, password). `proxy` overrides HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, which `trust_env`
    reads. `keepalive`: seconds that an idle connection is kept. `max_reply`: bytes of a whole answer, unpacked.
    """

    verify: bool | str | ssl.SSLContext = True
    cert: str | tuple[str, str] | tuple[str, str, str] | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)  # it may hold a password, as `cert` may
    trust_env: bool = True
    max_connections: int = 100
    keepalive: float = 30.0
    max_reply: int = MAX_REPLY


class Answer:
    """An answer whose head has arrived: status, headers (lower case), and how its body is unpacked."""

    def __init__(self, status: int, raw_headers: list[tuple[bytes, bytes]]) -> None:
        self.status = status
        headers = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in raw_headers}
        if len(headers) != len(raw_headers):
            headers = _joined(raw_headers)
        self.headers = headers
        encoding = headers.get("content-encoding")
        self._inflater = Inflater(encoding) if encoding and encoding != "identity" else None

    def unpack(self, data: bytes) -> bytes:
        """The content of a piece of the body. Raises BadResponseError for a bomb or a broken encoding."""
        return data if self._inflater is None else self._inflater.feed(data)

    def check_complete(self) -> None:
        """Raise BadResponseError if the packed body was cut."""
        if self._inflater is not None and not self._inflater.complete:
            raise BadResponseError("The compressed answer ends before its end.")


def _joined(raw_headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers of which some came more than once: their values in one line (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw_headers:
        name, value = raw_name.lower().decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


class BlockingBody(Protocol):
    """An open answer."""

    status: int
    headers: dict[str, str]

    def read(self, timeout: float | None) -> bytes:
        """The next piece of the body, b"" at its end.

        Raises APITimeoutError after `timeout` seconds of silence; at once where none are left, even if data is there.
        """
        ...

    def close(self) -> None:
        """Let go of the connection; it is kept only if the body was read to its end."""
        ...


class BlockingTransport(Protocol):
    """Sends for the blocking engine."""

    def send(self, request: Request, connect: float | None, pool: float | None, wait: float | None) -> BlockingBody: ...

    def close(self) -> None: ...


class AsyncBody(Protocol):
    """An open answer."""

    status: int
    headers: dict[str, str]

    async def read(self, timeout: float | None) -> bytes: ...

    async def close(self) -> None: ...


class AsyncTransport(Protocol):
    """Sends for the async engine, on whichever loop is running."""

    async def send(
        self, request: Request, connect: float | None, pool: float | None, wait: float | None
    ) -> AsyncBody: ...

    async def close(self) -> None: ...
