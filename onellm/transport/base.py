"""What an engine asks of a transport, and how connections are made."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from onellm.decode.limits import DEFAULT, MAX_ARGUMENTS, MAX_DEPTH, MAX_EVENT, MB, Limits
from onellm.errors import BadResponseError, ConfigurationError
from onellm.record import record
from onellm.transport.headers import Headers
from onellm.transport.inflate import MAX_RATIO, Inflater

if TYPE_CHECKING:
    from onellm.call import Request

MAX_REPLY = 64 * MB
MAX_STREAM = 512 * MB
_SIZES = ("max_reply", "max_stream", "max_ratio", "max_event", "max_arguments", "max_depth")


@record(frozen=True)
class Connections:
    """How connections are made.

    `verify`: True (the certificates of the environment's SSL_CERT_FILE or SSL_CERT_DIR, else certifi's), a path to
    your own CA file, an SSL context, or False for none. `cert`: a client certificate as a path or (certificate, key) or
    (certificate, key, password). `proxy` overrides HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, which `trust_env`
    reads. `keepalive`: seconds that an idle connection is kept.

    Limits on what comes back; BadResponseError beyond them. `max_reply`: bytes of a whole answer, unpacked.
    `max_stream`: bytes of a whole stream, unpacked. `max_event`: bytes of one event or line of a stream. `max_ratio`:
    how many times its size an answer may unpack to, once that is more than 1 MB. `max_arguments`: bytes of all tool
    calls' arguments in a stream. `max_depth`: how deep JSON may be nested.
    """

    verify: bool | str | ssl.SSLContext = True
    cert: str | tuple[str, str] | tuple[str, str, str] | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)  # it may hold a password, as `cert` may
    trust_env: bool = True
    max_connections: int = 100
    keepalive: float = 30.0
    max_reply: int = MAX_REPLY
    max_stream: int = MAX_STREAM
    max_ratio: int = MAX_RATIO
    max_event: int = MAX_EVENT
    max_arguments: int = MAX_ARGUMENTS
    max_depth: int = MAX_DEPTH

    def __post_init__(self) -> None:
        for name in _SIZES:
            if getattr(self, name) < 1:
                raise ConfigurationError(f"Connections.{name} must be 1 or more.")

    def limits(self) -> Limits:
        """The limits that decoders keep; `decode.limits.DEFAULT` itself where none is changed."""
        limits = Limits(self.max_event, self.max_arguments, self.max_depth)
        same = all(getattr(limits, name) == getattr(DEFAULT, name) for name in Limits.__slots__)
        return DEFAULT if same else limits


class Answer:
    """An answer whose head has arrived: status, headers, and how its body is unpacked."""

    def __init__(self, status: int, headers: Headers, max_ratio: int = MAX_RATIO) -> None:
        self.status = status
        self.headers: Mapping[str, str] = headers
        packed = headers.has(b"content-encoding") and headers["content-encoding"] != "identity"
        self._inflater = Inflater(headers["content-encoding"], max_ratio) if packed else None

    def unpack(self, data: bytes) -> bytes:
        """The content of a piece of the body. Raises BadResponseError for a bomb or a broken encoding."""
        return data if self._inflater is None else self._inflater.feed(data)

    def check_complete(self) -> None:
        """Raise BadResponseError if the packed body was cut."""
        if self._inflater is not None and not self._inflater.complete:
            raise BadResponseError("The compressed answer ends before its end.")


class BlockingBody(Protocol):
    """An open answer."""

    status: int
    headers: Mapping[str, str]

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

    def send(self, request: Request, connect: float | None, pool: float | None, wait: float | None) -> BlockingBody:
        """Send, and return when the head of the answer has come.

        Raises Held where the pool made it wait and `request.held()` says that it must not be sent now.
        """
        ...

    def look_up(self, host: str, port: int, timeout: float) -> list[str] | None:
        """The IP addresses of a host; None where a request's `address` would not be heeded."""
        ...

    def close(self) -> None: ...


class AsyncBody(Protocol):
    """An open answer."""

    status: int
    headers: Mapping[str, str]

    async def read(self, timeout: float | None) -> bytes: ...

    async def close(self) -> None: ...


class AsyncTransport(Protocol):
    """Sends for the async engine, on whichever loop is running."""

    async def send(
        self, request: Request, connect: float | None, pool: float | None, wait: float | None
    ) -> AsyncBody: ...

    async def look_up(self, host: str, port: int, timeout: float) -> list[str] | None: ...

    async def close(self) -> None: ...
