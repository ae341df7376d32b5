"""What went wrong on the wire: our error for the one of an HTTP library."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Generator

from onellm.errors import (
    APIConnectionError,
    APITimeoutError,
    BadResponseError,
    ConfigurationError,
    InvalidRequestError,
    OneLLMError,
    Phase,
)
from onellm.transport.url import URL

CERTIFICATES = "Connections(verify=…) takes your own CA, cert=… the certificate that a server asks for."
PROXIES = "Check HTTP_PROXY, HTTPS_PROXY, NO_PROXY or Connections(proxy=…)."
LIBRARIES = ("httpx", "httpcore", "httpx2", "httpcore2")
"""Their errors have the same names for the same things, and so do those below."""


class WireError(Exception):
    """What a transport of ours says where no library's error says it."""


class ConnectError(WireError):
    """The host was not reached."""


class ConnectTimeout(WireError):
    """The host was not reached in time."""


class ProxyError(WireError):
    """The proxy did not lead to the host."""


class ReadError(WireError):
    """The connection broke while an answer was read."""


class WriteError(WireError):
    """The connection broke while a request was being sent."""


class RemoteProtocolError(WireError):
    """The answer is no HTTP, or there is none."""


def is_wire_error(error: BaseException) -> bool:
    """Whether an error tells what went wrong on the wire, in whichever library's words."""
    if isinstance(error, WireError):
        return True
    return any(kind.__module__.partition(".")[0] in LIBRARIES for kind in type(error).__mro__)


@contextlib.contextmanager
def quietly() -> Generator[None]:
    """For closing what is broken: whatever goes wrong on the wire is no matter any more."""
    try:
        yield
    except Exception as error:
        if not (is_wire_error(error) or isinstance(error, (OSError, RuntimeError))):
            raise


def failure(error: BaseException, url: URL, *, answered: bool, proxied: bool = False) -> OneLLMError:
    """Our error for a library's. `answered`: the head of the answer had come. The text holds no header."""
    where, kinds = url.netloc, {kind.__name__ for kind in type(error).__mro__}
    if not answered and (reason := _tls_reason(error, early="ConnectError" in kinds)):
        return APIConnectionError(f"No secure connection to {where}: {reason}. {CERTIFICATES}", phase="tls")
    if "ProxyError" in kinds or (proxied and "ConnectError" in kinds):
        return APIConnectionError(f"The proxy did not connect to {where}: {error}. {PROXIES}", phase="proxy")
    if "PoolTimeout" in kinds:
        return APITimeoutError(f"The transport had no free connection to {where} in its pool in time.", phase="pool")
    if "ConnectTimeout" in kinds:
        return APITimeoutError(
            f"No connection to {where} in time. Is the host up, and the base URL right?", phase="connect"
        )
    if "ConnectError" in kinds:
        return _connect_failure(error, where)
    if kinds & {"WriteError", "WriteTimeout"}:
        return APIConnectionError(f"{where} closed the connection while the request was being sent.", phase="send")
    if "ReadTimeout" in kinds:
        return no_answer(url)
    if "RemoteProtocolError" in kinds and not answered and "disconnected" not in str(error):
        return BadResponseError(f"{where} does not answer in HTTP: {error}. Check the base URL.")
    if "LocalProtocolError" in kinds:
        return InvalidRequestError(
            "The request cannot be written as HTTP: a header or the URL holds an illegal character."
        )
    if "UnsupportedProtocol" in kinds:
        return ConfigurationError(f"{url.scheme}:// cannot be called; use http:// or https://.")
    phase: Phase = "read" if answered else "reset"
    return APIConnectionError(f"{where} closed the connection before the answer was complete.", phase=phase)


def _connect_failure(error: BaseException, where: str) -> APIConnectionError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return APIConnectionError(f"The host {where} is not known. Is the base URL right?", phase="dns")
        cause = cause.__cause__ or cause.__context__
    return APIConnectionError(
        f"No connection to {where}: {error}. Is it running, and the base URL right?", phase="connect"
    )


def _tls_reason(error: BaseException, *, early: bool) -> str:
    """Why TLS failed: in the handshake, or later, when the server has looked at the client's certificate; else ""."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", "") or (cause.reason or str(cause)).replace("_", " ").lower()
            return reason if early or "certificate" in reason or "unknown ca" in reason else ""
        cause = cause.__cause__ or cause.__context__
    return str(error) if early and any(word in str(error).upper() for word in ("CERTIFICATE", "SSL")) else ""


def pool_timeout(size: int) -> APITimeoutError:
    """No connection became free in time."""
    return APITimeoutError(
        f"All {size} connections of the pool were busy. Close streams that you leave, or raise max_connections.",
        phase="pool",
    )


def no_answer(url: URL) -> APITimeoutError:
    """The head of the answer did not come in time."""
    return APITimeoutError(f"No answer from {url.netloc} in time.", phase="read")


def silence(url: URL) -> APITimeoutError:
    """The next piece of the answer did not come in time."""
    return APITimeoutError(f"{url.netloc} fell silent.", phase="read")


def scrubbed(error: BaseException) -> BaseException:
    """The cause of an error without its frames, whose locals hold headers, and without the request."""
    seen: BaseException | None = error
    while seen is not None:
        seen.__traceback__ = None
        if getattr(seen, "_request", None) is not None:  # httpx's errors know it
            seen._request = None  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportPrivateUsage]
        seen = seen.__cause__ or seen.__context__
    return error
