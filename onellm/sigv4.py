"""Signature version 4 of AWS: a request signed with an access key.

Source: AWS Signature Version 4 as botocore 1.44 does it (`botocore.auth.SigV4Auth`). The path that is sent is encoded
once more for the signature, so that a `:` of a model's id is `%3A` on the wire and `%253A` in what is signed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from onellm.call import Reply, Request
from onellm.config import Secret

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = frozenset({
    "accept-encoding", "authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"
})  # fmt: skip
"""Headers that are changed on the way, by proxies or the transport."""
PORTS = {"https": 443, "http": 80}


class Credentials:
    """An access key of AWS. Neither its repr nor a pickle shows the secret parts."""

    __slots__ = ("access_key", "secret_key", "session_token")

    def __init__(self, access_key: str, secret_key: str | Secret, session_token: str | Secret | None = None) -> None:
        self.access_key = access_key
        self.secret_key = Secret(secret_key, "AWS secret key") if isinstance(secret_key, str) else secret_key
        self.session_token = (
            Secret(session_token, "AWS session token") if isinstance(session_token, str) else session_token
        )

    def __repr__(self) -> str:
        return f"Credentials({self.access_key!r})"


def utc_now() -> datetime:
    return datetime.now(UTC)


class SigV4:
    """Signs each attempt anew, at the time of the attempt. `secret` tells one account's budget from another's."""

    def __init__(
        self, credentials: Credentials, region: str, service: str, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.credentials = credentials
        self.region = region
        self.service = service
        self.now = now

    @property
    def secret(self) -> Secret:
        return self.credentials.secret_key

    def __repr__(self) -> str:
        return f"SigV4({self.credentials!r}, {self.region!r}, {self.service!r})"

    def flow(self, request: Request) -> Generator[Request, Reply, None]:
        sign(request, self.credentials, self.region, self.service, self.now())
        yield request


def sign(request: Request, credentials: Credentials, region: str, service: str, at: datetime) -> None:
    """Add the headers of the signature to a request. All its headers are signed but those in `UNSIGNED`."""
    date = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    request.headers.append(("X-Amz-Date", date))
    if credentials.session_token is not None:
        request.headers.append(("X-Amz-Security-Token", credentials.session_token.reveal()))
    names, canonical = _canonical(request)
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    text = f"{ALGORITHM}\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret_key.reveal()}".encode()
    for part in (date[:8], region, service, "aws4_request"):
        key = _hmac(key, part)
    signature = _hmac(key, text).hex()
    request.headers.append(
        (
            "Authorization",
            f"{ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}",
        )
    )


def _canonical(request: Request) -> tuple[str, str]:
    """The names of the signed headers, and the request in the form that is signed."""
    parts = urlsplit(request.url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    if parts.port not in (None, PORTS.get(parts.scheme)):
        host = f"{host}:{parts.port}"
    values: dict[str, list[str]] = {"host": [host]}
    for name, value in request.headers:
        if name.lower() not in UNSIGNED:
            values.setdefault(name.lower(), []).append(" ".join(value.split()))
    names = sorted(values)
    lines = [f"{name}:{','.join(values[name])}" for name in names]
    signed = ";".join(names)
    path = quote(parts.path or "/", safe="/~")
    body = hashlib.sha256(request.content).hexdigest()
    return signed, "\n".join((request.method, path, _query(parts.query), *lines, "", signed, body))


def _query(query: str) -> str:
    """The query as it is sent, in the order that is signed."""
    if not query:
        return ""
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&"))
    return "&".join(f"{name}={value}" for name, value in pairs)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
