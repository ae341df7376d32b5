"""Media by URL, fetched here for the services that do not fetch by themselves.

Whoever writes the URL decides where this machine connects to, so the fetch is guarded. The name is looked up once,
every address of it is checked, and the connection goes to a checked address, whatever the name stands for by then.
Each redirect is checked in the same way. No credential, cookie or client certificate goes along, and no proxy is used,
since a proxy looks up names by itself.

What is public: IANA's registries of special-purpose addresses (RFC 6890), and beside them the ways to write an IPv4
address within an IPv6 one (mapped, NAT64, 6to4, Teredo) and the addresses at which clouds answer their own machines.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias
from urllib.parse import urljoin, urlsplit

from onellm.body import File
from onellm.call import Effect, Fetch, Flow, Reply, Resolve
from onellm.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    BadResponseError,
    InvalidRequestError,
    ServerError,
    UnexpectedRedirectError,
)
from onellm.file_input import EXTENSIONS, MEDIA_TYPE, sniff

MAX_BYTES = 5 * 1024 * 1024
SECONDS = 30.0
REDIRECTS = 3
ADDRESSES = 3
"""How many of a host's addresses are tried."""
PORTS = {"https": 443, "http": 80}
HEADERS = {"Accept": "*/*"}

IPAddress: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # Azure's own services, from any machine there (learn.microsoft.com)
        *("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32"),
        *("2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)
"""Addresses that are not public, or that stand for others."""

_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\.?")


class Place(NamedTuple):
    """A URL that may be fetched, taken apart; its host is in ASCII."""

    url: str
    scheme: str
    host: str
    port: int


def fetch_media(
    url: str,
    *,
    max_bytes: int = MAX_BYTES,
    seconds: float = SECONDS,
    allow_private: bool = False,
    param: str = "url",
) -> Flow[File]:
    """Fetch an image, a document or the like from a URL that somebody else wrote.

    A flow: `file = yield from fetch_media(url)`, or `engine.run(fetch_media(url))`. The file's media type is what its
    bytes tell, else what the host says. At most `max_bytes` are taken
    (unpacked; 5 MB), each of at most 4 requests (the first and 3 redirects) has `seconds` (30), and the deadline of the
    whole flow holds too. `allow_private` also allows addresses of your own network, and ports beside 80 and 443.
    `param` is what errors call the URL.

    Raises InvalidRequestError for a URL that may not be fetched and for a refusal of the host (its `status` then tells
    which), ServerError where the host fails, BadResponseError for too many bytes or a web page, APITimeoutError, and
    APIConnectionError. Where the client has an httpx transport of the caller's, that transport connects, and only
    addresses written in the URL are checked.
    """
    before: Place | None = None
    for _ in range(REDIRECTS + 1):
        place = _place(url, param, allow_private)
        if before is not None and (before.scheme, place.scheme) == ("https", "http"):
            raise _refused(param, f"leads from https to http at {place.host}")
        try:
            return (yield from _get(place, max_bytes, seconds, allow_private, param))
        except UnexpectedRedirectError as redirect:
            if not redirect.location:
                raise
            url, before = urljoin(place.url, redirect.location), place
        except APITimeoutError as late:
            if late.phase != "deadline":
                raise
            late.args = (f"{param}: {place.host} did not send it within {seconds:g} s, or the deadline was over.",)
            raise
    raise _refused(param, f"is redirected more than {REDIRECTS} times")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and no other way to write one that is not."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # also an address with a zone, which is link-local
        return False
    return ip.is_global and not any(ip in network for network in NETWORKS if network.version == ip.version)


def _get(place: Place, max_bytes: int, seconds: float, allow_private: bool, param: str) -> Flow[File]:
    """One request, to the first address of the host that lets itself be connected to."""
    failure: APIConnectionError | None = None
    for address in (yield from _addresses(place, seconds, allow_private, param)):
        try:
            media: File = yield Fetch(
                method="GET",
                url=place.url,
                headers=HEADERS,
                effect=Effect.READ,
                origin=(place.host, ""),
                address=address,
                limit=max_bytes,
                seconds=seconds,
                parse=functools.partial(_media, place.host, param),
                error=functools.partial(_error, place.host, param),
            )
        except UnexpectedRedirectError:
            raise
        except APIConnectionError as error:
            if error.phase != "connect":
                raise
            failure = error
        else:
            return media
    raise failure or APIConnectionError(f"{param}: {place.host} has no address.", phase="dns")


def _addresses(place: Place, seconds: float, allow_private: bool, param: str) -> Flow[Sequence[str | None]]:
    """The addresses to try; all of them were checked. None: the transport connects to names by itself."""
    found: list[str] | None
    if _is_address(place.host):
        found = [place.host]
    else:
        found = yield Resolve(place.host, place.port, seconds)
    if found is None:
        return [None]
    for address in found:
        if not allow_private and not is_public(address):
            raise _refused(param, f"leads to {place.host}, whose address {address} is not public", own=True)
    return found[:ADDRESSES]


def _place(url: str, param: str, allow_private: bool) -> Place:
    """The parts of a URL that may be fetched. Raises InvalidRequestError."""
    if not url.isprintable() or any(character in url for character in " \\"):
        raise _refused(param, "holds a space, a backslash or a control character")
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
        host = _ascii(parts.hostname or "")
    except ValueError:
        raise _refused(param, "is no URL") from None
    if parts.scheme not in PORTS:
        raise _refused(param, f"begins with {parts.scheme or 'nothing'}:, not with https: or http:")
    if parts.username is not None or parts.password is not None:
        raise _refused(param, "holds a user name or a password")
    if not _is_address(host):
        if not _HOST.fullmatch(host) or _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
            raise _refused(param, "has no host that can be looked up (an address is written as 1.2.3.4 or [1:2::3])")
        if host.rstrip(".").rpartition(".")[2] in ("localhost", "local", "internal") and not allow_private:
            raise _refused(param, f"leads to {host}, which is not public", own=True)
    elif not allow_private and not is_public(host):
        raise _refused(param, f"leads to {host}, which is not a public address", own=True)
    if port != PORTS[parts.scheme] and not allow_private:
        raise _refused(param, f"has the port {port}; only {PORTS[parts.scheme]} is called", own=True)
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if parts.port is None else f"{shown}:{port}"
    return Place(parts._replace(netloc=netloc, fragment="").geturl(), parts.scheme, host, port)


def _ascii(host: str) -> str:
    """The host as DNS knows it; what browsers would read as dots and digits becomes dots and digits here."""
    return host if host.isascii() else host.encode("idna").decode("ascii").lower()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _media(host: str, param: str, reply: Reply) -> File:
    said = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    media_type = sniff(reply.body) or said or MEDIA_TYPE
    if media_type in ("text/html", "application/xhtml+xml"):
        raise BadResponseError(f"{param}: {host} answered with a web page. Give the URL of the file.", status=200)
    if not reply.body:
        raise BadResponseError(f"{param}: {host} answered with nothing.", status=reply.status)
    return File(f"{param}.{EXTENSIONS.get(media_type, 'bin')}", reply.body, media_type)


def _error(host: str, param: str, reply: Reply) -> APIError:
    kind = ServerError if reply.status >= 500 else InvalidRequestError
    return kind(
        f"{param} could not be fetched: {host} answered {reply.status}. Pass the file's content instead.",
        status=reply.status,
        param=param,
        headers=reply.headers,
    )


def _refused(param: str, why: str, *, own: bool = False) -> InvalidRequestError:
    """The error for a URL that is not fetched. It does not show the URL, which may hold a signature."""
    advice = "Pass the file's content instead, or allow_private=True for a network of your own." if own else ""
    return InvalidRequestError(f"{param} {why}; it was not fetched. {advice}".rstrip(), param=param)
