"""What can go wrong with an answer, each under a name of its own.

    sim.inject(faults.rate_limit(retry_after="2"), times=2)
    sim.inject(faults.reset_after(events=3), path="/chat/completions")

A fault works on the bytes of any service's answer. Where it acts after so many events and the answer is not a stream,
it acts in the middle of the body. From outside Python a request names its own: `x-simulate: stall?after=2, crlf`.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

from onellm.testing.simulator import fault as pieces
from onellm.testing.simulator import shapes
from onellm.testing.simulator.fault import Fault, changed, changed_events, refusal, with_body
from onellm.testing.simulator.plan import End, Plan
from onellm.testing.simulator.values import Answer, Service, ServiceError, SimReply

# Another answer instead of the service's own: the request is not processed.


def answer(reply: Answer, name: str = "answer") -> Fault:
    """Exactly this answer."""
    return Fault(name, lambda service, make: Plan.of(reply))


def status(code: int, message: str = "Simulated failure", headers: Mapping[str, str] | None = None) -> Fault:
    """Any status, with the service's error body."""
    return refusal("status", ServiceError(code, message, headers=headers))


def rate_limit(retry_after: str | None = None, retry_after_ms: str | None = None) -> Fault:
    """429, with any text whatever as `Retry-After` and `retry-after-ms`."""
    given = {"Retry-After": retry_after, "retry-after-ms": retry_after_ms}
    headers = {name: value for name, value in given.items() if value is not None}
    return refusal("rate_limit", ServiceError(429, "Rate limit exceeded", code="rate_limit_exceeded", headers=headers))


def token_bucket(per_second: float = 10.0, burst: int = 10) -> Fault:
    """429 for requests beyond a rate, with the seconds until the next one is taken as `Retry-After`.

    Inject it with `times=None`: it counts the requests that come to it.
    """
    bucket = pieces.Bucket(per_second, burst)

    def apply(service: Service, make: Callable[[], Plan]) -> Plan:
        if not (wait := bucket.take(time.monotonic())):
            return make()
        headers = {"Retry-After": f"{wait:.3f}"}
        error = ServiceError(429, "Rate limit exceeded", code="rate_limit_exceeded", headers=headers)
        return Plan.of(service.error(error))

    return Fault("token_bucket", apply)


def insufficient_quota() -> Fault:
    """Out of credit, in the service's words: 429 `insufficient_quota` at OpenAI, 402 at Venice."""
    return refusal("insufficient_quota", ServiceError(429, "Out of credit", code="insufficient_quota"))


def overloaded() -> Fault:
    """529, with which some services say that they are too busy."""
    return refusal("overloaded", ServiceError(529, "Overloaded"))


def html(code: int = 200) -> Fault:
    """An HTML page, as a proxy, a captive portal or a wrong host gives it."""
    page = b"<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>"
    return answer(SimReply(code, {"Content-Type": "text/html; charset=utf-8"}, page), "html")


def not_json(text: str = "upstream connect error or disconnect/reset before headers") -> Fault:
    """200 with a text that calls itself JSON, as a proxy in between may send it."""
    return answer(SimReply(200, {"Content-Type": "application/json"}, text.encode()), "not_json")


def redirect(location: str = "https://elsewhere.example/v1/chat/completions", code: int = 307) -> Fault:
    """A redirect to another host, where no credential may follow."""
    return answer(SimReply(code, {"Location": location}), "redirect")


def json_error_in_200(message: str = "Upstream failed") -> Fault:
    """200 with the service's error as a JSON body, also where a stream was asked for."""
    error = ServiceError(502, message)
    return Fault("json_error_in_200", lambda service, make: Plan.of(replace(service.error(error), status=200)))


def error_in_200(message: str = "Upstream failed") -> Fault:
    """200 with the service's error: as the body, or as the only event of a stream."""

    def apply(service: Service, make: Callable[[], Plan]) -> Plan:
        error = service.error(ServiceError(502, message))
        plan = make()
        if plan.streams:
            return replace(plan, events=(service.error_event(error),))
        return Plan.of(replace(error, status=200))

    return Fault("error_in_200", apply)


# The connection.


def reset() -> Fault:
    """A TCP reset before any byte of the answer. The service has processed the request."""
    return changed("reset", lambda plan: replace(plan, speaks=False, events=(), end=End.RESET))


def close() -> Fault:
    """The connection is closed before any byte of the answer, as a client sees it on a stale keep-alive connection."""
    return changed("close", lambda plan: replace(plan, speaks=False, events=(), end=End.CLOSE))


def silence() -> Fault:
    """Not a byte, for as long as the client stays."""
    return changed("silence", lambda plan: replace(plan, speaks=False, events=(), end=End.SILENCE))


def reset_after(events: int = 1) -> Fault:
    """A TCP reset after so many events."""
    return changed("reset_after", lambda plan: replace(plan, events=pieces.first(plan, events), end=End.RESET))


def close_after(events: int = 1) -> Fault:
    """The connection is closed after so many events, before the last chunk or before Content-Length is reached."""
    return changed("close_after", lambda plan: replace(plan, events=pieces.first(plan, events), end=End.CLOSE))


def stall(after: int = 1) -> Fault:
    """Silence after so many events, for as long as the client stays."""
    return changed("stall", lambda plan: replace(plan, events=pieces.first(plan, after), end=End.SILENCE))


def slow_headers(seconds: float) -> Fault:
    """A pause before the status line."""
    return changed("slow_headers", lambda plan: replace(plan, delay=seconds))


def slow_first_event(seconds: float) -> Fault:
    """A pause between the headers and the first event, or the body."""
    return changed("slow_first_event", lambda plan: replace(plan, first_event_delay=seconds))


def comments_forever(after: int = 1, every: float = 0.01) -> Fault:
    """After so many events a comment every so many seconds, for ever; instead of a whole body, blank lines for ever."""

    def change(plan: Plan) -> Plan:
        events, drop = (plan.events[:after], b": keep-alive\n\n") if plan.streams else ((), b"\n")
        return replace(plan, events=events, length=None, end=End.DRIP, drip=drop, drip_every=every)

    return changed("comments_forever", change)


def no_content_type() -> Fault:
    """The answer without a `Content-Type`."""
    return changed("no_content_type", lambda plan: replace(plan, headers=pieces.without(plan.headers, "content-type")))


# The body. What concerns events alone leaves an answer that is not a stream as it is.


def cut_json(event: int = 1) -> Fault:
    """JSON that stops in the middle though the framing is right: half a body, or half of this event (from 0)."""

    def change(plan: Plan) -> Plan:
        if not plan.streams:
            return with_body(plan, pieces.half(plan))
        before, cut, after = plan.events[:event], plan.events[event], plan.events[event + 1 :]
        return replace(plan, events=(*before, cut[: len(cut) // 2] + b"\n\n", *after))

    return changed("cut_json", change)


def end_after(events: int = 1) -> Fault:
    """A stream that ends properly for HTTP after so many events: no finish reason, no `[DONE]`."""
    return changed_events("end_after", lambda sent: sent[:events])


def missing_done() -> Fault:
    """A stream without its terminal event, such as `data: [DONE]`."""
    return changed_events("missing_done", lambda sent: sent[:-1])


def error_event(after: int = 1, message: str = "Upstream failed") -> Fault:
    """The service's error as an event after so many others; then the stream ends."""

    def apply(service: Service, make: Callable[[], Plan]) -> Plan:
        error = service.error_event(service.error(ServiceError(502, message)))
        plan = make()
        return replace(plan, events=(*plan.events[:after], error)) if plan.streams else plan

    return Fault("error_event", apply)


def finish_error() -> Fault:
    """`finish_reason: "error"`, as OpenRouter says that the host behind it failed."""
    return changed("finish_error", lambda plan: shapes.finish_with(plan, "error"))


def finish_twice() -> Fault:
    """A second finish reason, `stop`, after the first."""
    return changed("finish_twice", shapes.finish_twice)


def odd_tool_calls(shape: str) -> Fault:
    """Tool calls as some hosts send them, in OpenAI's format.

    Of streams: `no_index`, `null_index`, `same_index`, `index_gap`, `repeated` (id and name in each fragment), `whole`
    (a call in one fragment). Of whole answers too: `no_id`, `duplicate_id`, `object_arguments`.
    """
    return changed("odd_tool_calls", shapes.tool_calls(shape))


def long_arguments(megabytes: int = 9) -> Fault:
    """So many megabytes more in the arguments of the first tool call."""
    return changed("long_arguments", lambda plan: shapes.long_arguments(plan, megabytes))


def large_event(megabytes: int = 5) -> Fault:
    """An event of so many megabytes after the first one."""
    large = b'data: {"large":"' + b"0" * (megabytes * shapes.MEGABYTE) + b'"}\n\n'
    return changed_events("large_event", lambda sent: (*sent[:1], large, *sent[1:]))


def deep_json(levels: int = 1000) -> Fault:
    """JSON that is nested so deep, in the answer or its first event."""
    return changed("deep_json", lambda plan: shapes.deep(plan, levels))


def comments() -> Fault:
    """A comment before every event, as some hosts send them while a request waits."""
    return changed_events("comments", lambda sent: tuple(b": PROCESSING\n\n" + event for event in sent))


def crlf() -> Fault:
    """Lines that end in CR LF."""
    return changed_events("crlf", lambda sent: tuple(event.replace(b"\n", b"\r\n") for event in sent))


def lone_cr() -> Fault:
    """Lines that end in CR alone, which the SSE standard allows."""
    return changed_events("lone_cr", lambda sent: tuple(event.replace(b"\n", b"\r") for event in sent))


def line_separators() -> Fault:
    """A raw U+2028 for each space in the JSON: it ends a line for `str.splitlines`, and for no SSE reader."""
    return changed_events("line_separators", lambda sent: tuple(map(pieces.with_separators, sent)))


def split_utf8() -> Fault:
    """Each character beyond ASCII in two writes."""
    return changed("split_utf8", lambda plan: replace(plan, write=pieces.cut_characters, gap=0.001))


def one_byte_writes() -> Fault:
    """One byte a write."""
    return changed("one_byte_writes", lambda plan: replace(plan, write=pieces.cut_bytes))


def gzip() -> Fault:
    """The answer gzip-compressed, whether the client can read it or not; a stream is flushed after each event."""
    return changed("gzip", pieces.compressed)


def wrong_gzip() -> Fault:
    """`Content-Encoding: gzip` on a body that is not compressed."""
    return changed("wrong_gzip", lambda plan: replace(plan, headers={**plan.headers, "Content-Encoding": "gzip"}))


def wrong_encoding(name: str = "br") -> Fault:
    """`Content-Encoding` with any name, on a body that is not compressed at all."""
    return changed("wrong_encoding", lambda plan: replace(plan, headers={**plan.headers, "Content-Encoding": name}))


def gzip_bomb(megabytes: int = 100) -> Fault:
    """A small gzip body that unpacks to so many megabytes of JSON."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    return answer(SimReply(200, headers, pieces.bomb(megabytes)), "gzip_bomb")


CATALOGUE: Mapping[str, Callable[..., Fault]] = {
    make.__name__: make
    for make in (
        *(status, rate_limit, token_bucket, insufficient_quota, overloaded, html, not_json, redirect),
        *(json_error_in_200, error_in_200, no_content_type),
        *(reset, close, silence, reset_after, close_after, stall, slow_headers, slow_first_event, comments_forever),
        *(cut_json, end_after, missing_done, error_event, comments, crlf, lone_cr, line_separators),
        *(split_utf8, one_byte_writes, gzip, wrong_gzip, wrong_encoding, gzip_bomb),
        *(finish_error, finish_twice, odd_tool_calls, long_arguments, large_event, deep_json),
    )
}
"""The faults that have a name: all but `answer`."""


def named(text: str) -> list[Fault]:
    """The faults that a text names: `rate_limit?retry_after=2`, several separated by commas. Raises ValueError."""
    return [_named(*part.strip().partition("?")) for part in text.split(",")]


def _named(name: str, _: str, query: str) -> Fault:
    make = CATALOGUE.get(name)
    if make is None:
        raise ValueError(f"There is no fault {name!r}. There are: {', '.join(CATALOGUE)}")
    known = inspect.signature(make, eval_str=True).parameters
    given = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := given.keys() - known.keys():
        raise ValueError(f"{name} has no parameter {', '.join(unknown)}; it has: {', '.join(known) or 'none'}")
    kinds = {key: known[key].annotation for key in given}
    try:
        return make(**{key: kinds[key](value) if kinds[key] in (int, float) else value for key, value in given.items()})
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from error
