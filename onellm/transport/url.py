"""URLs, taken apart once: what the standard library parses, checked and quoted for the wire (RFC 3986)."""

from __future__ import annotations

import functools
import re
from urllib.parse import urlsplit

from onellm.errors import ConfigurationError

Origin = tuple[str, str, int | None]
PORTS = {"http": 80, "https": 443}
UNSAFE = re.compile(r"%(?![0-9A-Fa-f]{2})|[^!$%&'()*+,./:;=@\[\]^|~\w-]", re.ASCII)
"""What stands quoted in a path; a query may hold `?` as well."""


class URL:
    """An absolute URL. In ASCII, without user name, password and fragment."""

    __slots__ = ("host", "netloc", "origin", "port", "scheme", "target")

    def __init__(self, text: str) -> None:
        if not text.isprintable():
            raise ValueError("it holds a control character")
        parts = urlsplit(text)
        self.scheme = parts.scheme
        self.host = _host(parts.hostname or "")
        """Without the brackets of an IPv6 address."""
        self.port = None if parts.port == PORTS.get(parts.scheme) else parts.port
        """None where it is the scheme's own."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        self.netloc = shown if self.port is None else f"{shown}:{self.port}"
        """What stands in `Host`."""
        self.origin: Origin = (self.scheme, self.host, self.port)
        """What a connection is kept for."""
        path, query = _quoted(parts.path or "/"), "?".join(map(_quoted, parts.query.split("?")))
        self.target = f"{path}?{query}" if query else path
        """What stands in the first line of a request."""

    @property
    def connect_port(self) -> int:
        """The port to connect to."""
        return self.port or PORTS[self.scheme]

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.target}"


@functools.lru_cache(maxsize=256)
def parse_url(text: str) -> URL:
    """The URL of a request. Raises ConfigurationError."""
    try:
        url = URL(text)
    except ValueError as error:  # UnicodeError is one
        raise ConfigurationError(f"This is no URL that can be called: {error}.") from None
    if url.scheme not in PORTS:
        raise ConfigurationError(f"{url.scheme}:// cannot be called; use http:// or https://.")
    if not url.host:
        raise ConfigurationError("This is no URL that can be called: it names no host.")
    return url


def _host(name: str) -> str:
    if not name.isascii():
        import idna

        name = idna.encode(name, uts46=True).decode("ascii")
    name.encode("idna")  # what the resolver would stumble over later
    return name


def _quoted(text: str) -> str:
    return UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)
