"""What a fault is, and the pieces that the catalogue in `faults` is made of."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from onellm.testing.simulator.plan import Plan
from onellm.testing.simulator.values import Service, ServiceError

Events = tuple[bytes, ...]
LINE_SEPARATOR = "\u2028".encode()
_SPACE_IN_JSON = re.compile(rb"(?m)(?<!^data:)(?<!^event:) ")
_CHARACTER = re.compile(rb"[\xc0-\xff][\x80-\xbf]+")


@dataclass(frozen=True)
class Fault:
    """One named way for an answer to go wrong.

    `apply` gets the service and a function that makes the answer's plan. A fault that refuses the request never calls
    that function: the service has then not done what it was asked.
    """

    name: str
    apply: Callable[[Service, Callable[[], Plan]], Plan] = field(repr=False)


def refusal(name: str, error: ServiceError) -> Fault:
    """The service refuses the request in its own words."""
    return Fault(name, lambda service, make: Plan.of(service.error(error)))


def changed(name: str, change: Callable[[Plan], Plan]) -> Fault:
    """The service has answered, and its answer is changed on the way."""
    return Fault(name, lambda service, make: change(make()))


def changed_events(name: str, change: Callable[[Events], Events]) -> Fault:
    """The events of a stream are changed; an answer that is not a stream stays as it is."""
    return changed(name, lambda plan: replace(plan, events=change(plan.events)) if plan.streams else plan)


def with_body(plan: Plan, body: bytes) -> Plan:
    """Another body, with the Content-Length that it has."""
    return replace(plan, events=(body,), length=len(body))


def half(plan: Plan) -> bytes:
    """The first half of a whole body."""
    body = b"".join(plan.events)
    return body[: len(body) // 2]


def first(plan: Plan, count: int) -> Events:
    """The first events of a stream; half of a whole body, whose Content-Length still announces all of it."""
    return plan.events[:count] if plan.streams else (half(plan),)


def with_separators(event: bytes) -> bytes:
    """U+2028 for each space within the JSON of an event."""
    return _SPACE_IN_JSON.sub(LINE_SEPARATOR, event)


def cut_characters(event: bytes) -> Iterator[bytes]:
    """Cut after the first byte of each character that has more than one."""
    start = 0
    for match in _CHARACTER.finditer(event):
        yield event[start : match.start() + 1]
        start = match.start() + 1
    yield event[start:]


def cut_bytes(event: bytes) -> Iterator[bytes]:
    """Cut after each byte."""
    return (event[at : at + 1] for at in range(len(event)))


class Bucket:
    """Tokens that refill with time; one is taken for each request."""

    def __init__(self, per_second: float, burst: int) -> None:
        if per_second <= 0 or burst < 1:
            raise ValueError("a token bucket needs a rate above 0 and room for a request")
        self._rate, self._burst = per_second, burst
        self._left, self._at = float(burst), 0.0

    def take(self, now: float) -> float:
        """0 where there was a token, else the seconds until there will be one."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return (1 - self._left) / self._rate
        self._left -= 1
        return 0.0


def without(headers: Mapping[str, str], name: str) -> dict[str, str]:
    """Headers but this one."""
    return {known: value for known, value in headers.items() if known.lower() != name}


def bomb(megabytes: int) -> bytes:
    """A gzip body that unpacks to a JSON string of so many megabytes."""
    packer = zlib.compressobj(wbits=31)
    megabyte = b"0" * 1_000_000
    return b"".join(
        (packer.compress(b'"'), *map(packer.compress, [megabyte] * megabytes), packer.compress(b'"'), packer.flush())
    )


def compressed(plan: Plan) -> Plan:
    """The same answer as gzip; each event of a stream can be unpacked as soon as it is there."""
    packer = zlib.compressobj(wbits=31)
    events = [packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH) for event in plan.events]
    events[-1] += packer.flush()
    length = None if plan.streams else sum(map(len, events))
    headers = {**plan.headers, "Content-Encoding": "gzip"}
    return replace(plan, headers=headers, events=tuple(events), length=length)
