"""Certificates and proxies: what every transport needs of the network's surroundings."""

from __future__ import annotations

import functools
import importlib.util
import os
import ssl
from urllib.parse import unquote, urlsplit

from onellm.errors import ConfigurationError
from onellm.transport.base import Connections
from onellm.transport.url import URL


class Proxy:
    """A proxy: where it is, the name and password that it wants, and the context where it speaks TLS itself."""

    __slots__ = ("auth", "context", "url")

    def __init__(self, url: URL, auth: tuple[str, str] | None, context: ssl.SSLContext | None = None) -> None:
        self.url = url
        self.auth = auth
        self.context = context


def route_to(url: URL, connections: Connections, *, single: bool = False) -> tuple[ssl.SSLContext | None, Proxy | None]:
    """How to reach a host: with TLS where there is a context, through a proxy where there is one.

    Raises ConfigurationError. `single`: to a host that nobody has vouched for, so without proxy and client certificate.
    """
    cert = None if single else connections.cert
    context = tls_context(connections.verify, cert) if url.scheme == "https" else None
    if single or (text := proxy_for(url, connections)) is None:
        return context, None
    proxy = parse_proxy(text)
    if proxy.url.scheme == "https":
        proxy.context = tls_context(connections.verify, cert)
    return context, proxy


def proxy_for(url: URL, connections: Connections) -> str | None:
    """The proxy for this URL: the client's own, else the environment's (HTTPS_PROXY …, NO_PROXY)."""
    if connections.proxy is not None or not connections.trust_env:
        return connections.proxy
    if not any(name[-6:].lower() == "_proxy" for name in os.environ):
        return None
    from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

    proxies = getproxies_environment()
    host = f"{url.host}:{url.port}" if url.port else url.host
    if not proxies or proxy_bypass_environment(host, proxies):
        return None
    return proxies.get(url.scheme) or proxies.get("all")


def parse_proxy(text: str) -> Proxy:
    """A proxy by its URL; without a scheme it speaks http. Raises ConfigurationError."""
    text = text if "://" in text else f"http://{text}"
    if text.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise ConfigurationError("A SOCKS proxy needs another package: pip install 'httpx[socks]'.")
    unusable = ConfigurationError("The proxy's URL cannot be used; write it like http://host:port.")
    try:
        url, parts = URL(text), urlsplit(text)
    except ValueError:
        raise unusable from None
    if url.scheme not in ("http", "https", "socks5", "socks5h") or not url.host:
        raise unusable
    named = parts.username is not None or parts.password is not None
    return Proxy(url, (unquote(parts.username or ""), unquote(parts.password or "")) if named else None)


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
            context = _authorities(verify=verify)
        if cert is not None:
            context.load_cert_chain(*((cert,) if isinstance(cert, str) else cert))
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"The certificates cannot be loaded: {error}.") from None
    return context


def _authorities(*, verify: bool) -> ssl.SSLContext:
    """The context that trusts whom the environment names, else certifi's authorities; or anybody."""
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if file := os.environ.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=file)
    if folder := os.environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=folder)
    import certifi

    return ssl.create_default_context(cafile=certifi.where())
