"""Certificates, proxies and URLs: what both httpx transports need of the network's surroundings."""

from __future__ import annotations

import functools
import importlib.util
import os
import socket
import ssl
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

import httpx

from onellm.call import Request
from onellm.errors import (
    APIConnectionError,
    APITimeoutError,
    BadResponseError,
    ConfigurationError,
    InvalidRequestError,
    OneLLMError,
    Phase,
)
from onellm.transport.base import Connections

Origin = tuple[bytes, bytes, int | None]

CERTIFICATES = "Connections(verify=…) takes your own CA, cert=… the certificate that a server asks for."
PROXIES = "Check HTTP_PROXY, HTTPS_PROXY, NO_PROXY or Connections(proxy=…)."


@functools.lru_cache(maxsize=256)
def parse_url(url: str) -> httpx.URL:
    """The parsed URL. Raises ConfigurationError."""
    try:
        parsed = httpx.URL(url)
        parsed.raw_host.decode("ascii").encode("idna")  # what the resolver would stumble over later
        return parsed
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ConfigurationError(f"This is no URL that can be called: {error}.") from None


def origin_of(url: httpx.URL) -> Origin:
    """Scheme, host and port: what a connection is kept for."""
    return url.raw_scheme, url.raw_host, url.port


def wire_request(request: Request, url: httpx.URL, extensions: dict[str, object]) -> httpx.Request:
    """The request as httpx takes it; Host and Content-Length are ours, since no `httpx.Client` adds them.

    A request with an address goes there, with the host's name in Host and in TLS.
    """
    try:
        pairs = [
            (b"Host", url.netloc),
            *((name.encode("ascii"), value.encode("ascii")) for name, value in request.headers),
        ]
    except UnicodeEncodeError:
        raise InvalidRequestError("A header holds characters outside ASCII.") from None
    if request.content or request.method not in ("GET", "HEAD"):
        pairs.append((b"Content-Length", str(len(request.content)).encode()))
    place = url
    if request.address is not None:
        place = url.copy_with(host=request.address)
        extensions = {**extensions, "sni_hostname": url.raw_host.decode("ascii")}
    return httpx.Request(
        request.method, place, headers=pairs, stream=httpx.ByteStream(request.content), extensions=extensions
    )


def new_transport_options(
    url: httpx.URL, connections: Connections, *, single: bool = False
) -> tuple[ssl.SSLContext, httpx.Proxy | None]:
    """TLS context and proxy for connections to this URL. Raises ConfigurationError.

    `single`: to a host that nobody has vouched for, so without proxy and client certificate.
    """
    if single:
        return (tls_context(connections.verify, None) if url.scheme == "https" else _no_tls()), None
    context = tls_context(connections.verify, connections.cert) if url.scheme == "https" else _no_tls()
    proxy = proxy_for(url, connections)
    if proxy is None:
        return context, None
    if proxy.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise ConfigurationError("A SOCKS proxy needs another package: pip install 'httpx[socks]'.")
    try:
        return context, httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}")
    except (httpx.InvalidURL, ValueError):
        raise ConfigurationError("The proxy's URL cannot be used; write it like http://host:port.") from None


def proxy_for(url: httpx.URL, connections: Connections) -> str | None:
    """The proxy for this URL: the client's own, else the environment's (HTTPS_PROXY …, NO_PROXY)."""
    if connections.proxy is not None or not connections.trust_env:
        return connections.proxy
    proxies = getproxies_environment()
    host = f"{url.host}:{url.port}" if url.port else url.host
    if not proxies or proxy_bypass_environment(host, proxies):
        return None
    return proxies.get(url.scheme) or proxies.get("all")


@functools.lru_cache(maxsize=16)
def tls_context(
    verify: bool | str | ssl.SSLContext, cert: str | tuple[str, str] | tuple[str, str, str] | None
) -> ssl.SSLContext:
    """One context for each setting in this process: making one costs more than a whole call."""
    if isinstance(verify, ssl.SSLContext):
        return verify
    try:
        if isinstance(verify, str):
            context = ssl.create_default_context(
                cafile=None if os.path.isdir(verify) else verify, capath=verify if os.path.isdir(verify) else None
            )
        else:
            context = httpx.create_ssl_context(verify=verify)
        if cert is not None:
            context.load_cert_chain(*((cert,) if isinstance(cert, str) else cert))
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"The certificates cannot be loaded: {error}.") from None
    return context


@functools.lru_cache(maxsize=1)
def _no_tls() -> ssl.SSLContext:
    """For plain http: a context that knows no authority, so that it could vouch for nobody."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def failure(error: Exception, url: httpx.URL, *, answered: bool, proxied: bool = False) -> OneLLMError:
    """Our error for httpx's. `answered`: the head of the answer had come. The text holds no header and no user info."""
    where = url.netloc.decode("ascii")
    if not answered and (reason := _tls_reason(error)):
        return APIConnectionError(f"No secure connection to {where}: {reason}. {CERTIFICATES}", phase="tls")
    if isinstance(error, httpx.ProxyError) or (proxied and isinstance(error, httpx.ConnectError)):
        return APIConnectionError(f"The proxy did not connect to {where}: {error}. {PROXIES}", phase="proxy")
    if isinstance(error, httpx.PoolTimeout):
        return APITimeoutError(f"The transport had no free connection to {where} in its pool in time.", phase="pool")
    if isinstance(error, httpx.ConnectTimeout):
        return APITimeoutError(
            f"No connection to {where} in time. Is the host up, and the base URL right?", phase="connect"
        )
    if isinstance(error, httpx.ConnectError):
        return _connect_failure(error, where)
    if isinstance(error, (httpx.WriteError, httpx.WriteTimeout)):
        return APIConnectionError(f"{where} closed the connection while the request was being sent.", phase="send")
    if isinstance(error, httpx.ReadTimeout):
        return APITimeoutError(f"No answer from {where} in time.", phase="read")
    if isinstance(error, httpx.RemoteProtocolError) and not answered and "disconnected" not in str(error):
        return BadResponseError(f"{where} does not answer in HTTP: {error}. Check the base URL.")
    if isinstance(error, httpx.LocalProtocolError):
        return InvalidRequestError(
            "The request cannot be written as HTTP: a header or the URL holds an illegal character."
        )
    if isinstance(error, httpx.UnsupportedProtocol):
        return ConfigurationError(f"{url.scheme}:// cannot be called; use http:// or https://.")
    phase: Phase = "read" if answered else "reset"
    return APIConnectionError(f"{where} closed the connection before the answer was complete.", phase=phase)


def _connect_failure(error: httpx.ConnectError, where: str) -> APIConnectionError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return APIConnectionError(f"The host {where} is not known. Is the base URL right?", phase="dns")
        cause = cause.__cause__ or cause.__context__
    return APIConnectionError(
        f"No connection to {where}: {error}. Is it running, and the base URL right?", phase="connect"
    )


def _tls_reason(error: BaseException) -> str:
    """Why TLS failed: in the handshake, or later, when the server has looked at the client's certificate; else ""."""
    early = isinstance(error, httpx.ConnectError)
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


def scrubbed(error: BaseException) -> BaseException:
    """The cause of an error without its frames, whose locals hold headers, and without the request."""
    seen: BaseException | None = error
    while seen is not None:
        seen.__traceback__ = None
        if isinstance(seen, httpx.RequestError):
            seen._request = None  # pyright: ignore[reportPrivateUsage]
        seen = seen.__cause__ or seen.__context__
    return error
