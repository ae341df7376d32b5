"""Taking secrets out of what is recorded.

A request's secrets become `REMOVED`, whatever their length, so that a replay with another key matches. An answer's
become `REMOVEDxxx…` of the same length, so that its pieces keep their boundaries.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, cast
from urllib.parse import quote, quote_plus, unquote_plus, urlsplit, urlunsplit

from onellm.config import Secret
from onellm.testing.recording.scan import Spot, occurrences, overwrite, texts_of

REMOVED = "REMOVED"
SHORTEST = 8
"""A shorter text cannot be told from other text."""

_KEPT = re.compile(r"accept|content-type|[a-z]+-(version|beta)", re.IGNORECASE)
_CREDENTIAL = re.compile(
    r"auth|key|token|secret|cookie|passw|credential|session|signature|payment|sign-in", re.IGNORECASE
)
_OWNER = re.compile(r"organi[sz]ation|project|account|tenant|workspace|(^|-)(org|user)(-|$)(?!agent)", re.IGNORECASE)
_PRIVATE = re.compile(r"cookie|auth|secret|credential|session|signature|csrf|(token|key)$", re.IGNORECASE)
_HARMLESS = re.compile(r"(x-|anthropic-)?ratelimit|www-authenticate$|proxy-authenticate$", re.IGNORECASE)
_OF_THE_CONNECTION = frozenset({
    "connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "alt-svc", "nel",
    "report-to", "reporting-endpoints", "trailer", "upgrade",
})  # fmt: skip

_PARAMETER = re.compile(
    r"(?:(?<=[?&])|(?<=u0026))((?:[\w.-]*[_-])?(?:api_?key|key|token|secret|password|signature|credential|sig))=([^&\s\"'<>\\#]*)",
    re.IGNORECASE,
)
_SECRET_NAME = re.compile(
    r"(?:x-)?api[-_]?key|authorization|(?:access|refresh|id|session|security)[-_]?token|(?:client|api)[-_]?secret|"
    r"(?:secret|private|access)[-_]?key",
    re.IGNORECASE,
)
_OWNER_NAME = re.compile(r"organi[sz]ation(?:[-_]?id)?|org[-_]?id", re.IGNORECASE)
_ID = re.compile(r"\b(?:org|proj|user|acct)[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{16,}\b")
_MASK = re.compile(f"{REMOVED}x*")
_ID_BYTES = re.compile(_ID.pattern.encode())
_PARAMETER_BYTES = re.compile(_PARAMETER.pattern.encode(), re.IGNORECASE)


class Removal:
    """Knows the secrets of an exchange, and takes them out. It learns them from the requests themselves."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: list[Secret] = []
        for secret in secrets:
            if len(secret) < SHORTEST:
                raise ValueError(f"A secret to be removed has fewer than {SHORTEST} characters")
            self._learn(secret)

    def __repr__(self) -> str:
        return f"Removal({len(self._known)} secrets)"

    def copy(self) -> Removal:
        """One that knows the same, and forgets what it learns."""
        twin = Removal()
        twin._known = list(self._known)
        return twin

    # -- learning ----------------------------------------------------------------------------------------------------

    def learn_request(self, url: str, headers: Iterable[tuple[str, str]]) -> None:
        """Take note of the credentials that a request carries."""
        for name, value in headers:
            if _KEPT.fullmatch(name):
                continue
            if _CREDENTIAL.search(name):
                self._learn_credential(value)
            elif _OWNER.search(name):
                self._learn_id(value)
        parts = urlsplit(url)
        for secret in (parts.username, parts.password, *(found[2] for found in _PARAMETER.finditer(url))):
            self._learn(unquote_plus(secret or ""))

    def learn_reply(self, headers: Mapping[str, str]) -> None:
        """Take note of whom the service answered."""
        for name, value in headers.items():
            if "cookie" in name.lower():
                self._learn_parts(value)
            elif _OWNER.search(name) and not _HARMLESS.match(name):
                self._learn_id(value)

    def _learn_credential(self, value: str) -> None:
        found = re.fullmatch(r"(?:([A-Za-z][\w-]*)\s+)?(.*)", value.strip(), re.DOTALL)  # perhaps with a scheme
        scheme, secret = (found[1], found[2]) if found else (None, value)
        self._learn(secret)
        self._learn_parts(secret)
        if scheme and scheme.lower() == "basic":
            try:
                user, _, password = base64.b64decode(secret).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return
            self._learn(user)
            self._learn(password)

    def _learn_parts(self, value: str) -> None:
        """The long parts of a signature, and the values of cookies."""
        parts = re.split(r"[\s,;=&/\"]+", value)
        for part in (*parts, *(pair.partition("=")[2] for pair in re.split(r"[\s,;]+", value))):
            if len(part) >= 2 * SHORTEST:
                self._learn(part)

    def _learn_id(self, value: str) -> None:
        if any(letter.isdigit() for letter in value):
            self._learn(value)

    def _learn(self, secret: str) -> None:
        if len(secret) >= SHORTEST and not _MASK.fullmatch(secret) and Secret.sealed(secret) not in self._known:
            self._known.append(Secret.sealed(secret))

    # -- requests ----------------------------------------------------------------------------------------------------

    def url(self, url: str) -> str:
        """The URL without user, fragment and credentials."""
        parts = urlsplit(url)
        bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
        return self.text(_PARAMETER.sub(rf"\1={REMOVED}", bare))

    def form(self, body: str) -> str:
        """A form's fields without credentials."""
        return self.text(_PARAMETER.sub(rf"\1={REMOVED}", f"&{body}")[1:])

    def request_headers(self, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
        """The few headers that are worth keeping: none that may carry a credential."""
        return {name.lower(): self.text(value) for name, value in headers if _KEPT.fullmatch(name)}

    def text(self, text: str) -> str:
        """A request's text without secrets."""
        for secret in self._spelt(quote, quote_plus, _escaped, str):
            text = text.replace(secret, REMOVED)
        return _MASK.sub(REMOVED, _ID.sub(REMOVED, text))

    def data(self, data: bytes) -> bytes:
        """The same for a body that is not text."""
        for secret in self._spelt(str):
            data = data.replace(secret.encode(), REMOVED.encode())
        return data

    def json(self, value: Any) -> Any:
        """A request's JSON value without secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(item) for item in cast("list[Any]", value)]
        if isinstance(value, dict):
            return {
                self.text(name): REMOVED if isinstance(item, str) and _SECRET_NAME.fullmatch(name) else self.json(item)
                for name, item in cast("dict[str, Any]", value).items()
            }
        return value

    # -- answers -----------------------------------------------------------------------------------------------------

    def reply_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """An answer's headers without cookies, owners and what belongs to the connection."""
        kept: dict[str, str] = {}
        for name, value in headers.items():
            private = (_PRIVATE.search(name) or _OWNER.search(name)) and not _HARMLESS.match(name)
            if name not in _OF_THE_CONNECTION and not private:
                kept[name] = self._masked(value.encode()).decode()
        return kept

    def pieces(self, pieces: Sequence[bytes]) -> list[bytes]:
        """An answer's body without secrets, those too that lie across its pieces or across its events."""
        masked = self._masked(b"".join(pieces))
        ends = accumulate(map(len, pieces), initial=0)
        return [masked[start:end] for start, end in pairwise(ends)]

    def _masked(self, data: bytes) -> bytes:
        return overwrite(data, self._spots(data), REMOVED.encode())

    def _spots(self, data: bytes) -> Iterator[Spot]:
        texts = texts_of(data)
        for text in texts:
            if _SECRET_NAME.fullmatch(text.name):
                yield from text.spots
            elif _OWNER_NAME.fullmatch(text.name):  # its id; a name with spaces may be what a model says
                yield from (spot for spot in text.spots if re.fullmatch(rb"\S*\d\S*", data[spot.start : spot.end]))
        for secret in self._spelt(quote, _escaped, _escaped_slashes, str):
            yield from occurrences(data, texts, secret.encode())
        for found in _ID_BYTES.finditer(data):
            yield Spot(*found.span())
        for found in _PARAMETER_BYTES.finditer(data):
            if len(found[2]) >= SHORTEST:
                yield Spot(*found.span(2))

    def _spelt(self, *ways: Callable[[str], str]) -> list[str]:
        """Every secret in each of these spellings, the longest first."""
        spelt = {way(known.reveal()) for known in self._known for way in ways}
        return sorted(spelt, key=len, reverse=True)


def _escaped(secret: str) -> str:
    return json.dumps(secret)[1:-1]


def _escaped_slashes(secret: str) -> str:
    return _escaped(secret).replace("/", "\\/")
