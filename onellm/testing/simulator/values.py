"""What a simulated service is made of: routes, pure functions from a request to a reply.

    def hello(request: SimRequest) -> SimReply:
        return SimReply.json({"hello": request.params["name"]})

    service = Service("greeter", prefix="/v1", routes=(Route("GET", "/hello/{name}", hello),))

A route does no I/O and keeps no state; the server, the faults and the pace are somebody else's business.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from urllib.parse import unquote

from onellm.checks import Check, Issue


@dataclass
class SimRequest:
    """A request as it arrived, and what became of it.

    `path` is the path on the wire without its query; header names are in lower case.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the `{name}` parts of the route's path stood for."""
    service: str = ""
    number: int = 0
    """Counts the requests of one simulator, from 1."""
    arrived: float = 0.0
    """`time.monotonic()` when its last byte had come."""
    status: int | None = None
    """The status that was answered; None while the request waits, and where a fault said nothing at all."""
    disconnected: bool = False
    """True if the client closed the connection before the end of the answer."""
    faults: tuple[str, ...] = ()

    def json(self) -> Any:
        """The body as JSON; NaN and Infinity are refused, as JSON refuses them. Raises ValueError."""
        return json.loads(self.body, parse_constant=_refuse_constant)

    def checked(self, table: Check) -> Any:
        """The body, which `table` finds nothing wrong with. Raises ServiceError with what it finds."""
        try:
            body = self.json()
        except (ValueError, RecursionError) as error:
            raise ServiceError(400, "The body is not valid JSON", code="invalid_json") from error
        if issues := list(table(body, ())):
            raise ServiceError(400, issues[0].message, issues=issues)
        return body

    @property
    def bearer(self) -> str:
        """The key of `Authorization: Bearer …`, else an empty string."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True)
class SimReply:
    """A whole answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> SimReply:
        """A JSON answer."""
        return cls(status, {"Content-Type": "application/json", **(headers or {})}, dump(value))


@dataclass(frozen=True)
class SimStream:
    """A streamed answer: its events as they stand on the wire, the last one being the stream's terminal event."""

    events: Sequence[bytes]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    status: int = 200


class ServiceError(Exception):
    """What a service refuses a request with. The service's `error` function puts it into the service's own words."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        issues: Sequence[Issue] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.issues = tuple(issues)
        self.headers = dict(headers or {})


Answer: TypeAlias = SimReply | SimStream


@dataclass(frozen=True)
class Route:
    """One operation: a method, a path below the service's prefix (`/models/{id}`), and the function that answers."""

    method: str
    path: str
    answer: Callable[[SimRequest], Answer]

    def match(self, path: str) -> dict[str, str] | None:
        """What the `{name}` parts stand for in `path`, or None if the path is another one."""
        wanted, given = self.path.split("/"), path.split("/")
        if len(wanted) != len(given):
            return None
        params: dict[str, str] = {}
        for pattern, part in zip(wanted, given, strict=True):
            if pattern.startswith("{") and part:
                params[pattern[1:-1]] = unquote(part)
            elif pattern != unquote(part):
                return None
        return params


def plain_error(error: ServiceError) -> SimReply:
    """`{"error": "text"}`, for a service that has no words of its own."""
    return SimReply.json({"error": error.message}, error.status, error.headers)


def data_event(error: SimReply) -> bytes:
    """An error inside a stream as a data event, as OpenAI and most hosts send it."""
    return b"data: " + error.body + b"\n\n"


def no_headers(request: SimRequest) -> Mapping[str, str]:
    """Nothing beyond what a reply carries itself."""
    return {}


@dataclass(frozen=True)
class Service:
    """A service: its name, the path of its base URL, its routes, and its words for an error."""

    name: str
    prefix: str
    routes: Sequence[Route]
    error: Callable[[ServiceError], SimReply] = plain_error
    error_event: Callable[[SimReply], bytes] = data_event
    """Puts an error's reply into an event of a stream."""
    headers: Callable[[SimRequest], Mapping[str, str]] = no_headers
    """What every answer carries, errors included: request id, rate limits."""
    key: str = "sim-key"
    """A credential that it accepts."""

    def answering(self, request: SimRequest) -> Service:
        """The service with errors that carry the headers of an answer to this request."""
        headers, error = self.headers(request), self.error

        def with_headers(refused: ServiceError) -> SimReply:
            reply = error(refused)
            return replace(reply, headers={**headers, **reply.headers})

        return replace(self, error=with_headers)


def dump(value: Any) -> bytes:
    """Compact JSON in UTF-8, not escaped, so that answers hold bytes beyond ASCII as real ones do."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def sse(value: Any, event: str = "") -> bytes:
    """A server-sent event that holds `value` as JSON."""
    return (f"event: {event}\n".encode() if event else b"") + b"data: " + dump(value) + b"\n\n"


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
