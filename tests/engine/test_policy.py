"""design.md 6.7 as a table: how often each failure is sent, by what repeating would cost, and what is raised."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from onellm import errors
from onellm.call import Effect
from tests.engine.ops import both, call, lines, ok, options, stream_call
from tests.support import Answer, Caller, End, Wait, serve, streamed, whole
from tests.transport.peers import listen

# -- the table --------------------------------------------------------------------------------------------------------


def refused(status: int, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
    body = {"error": {"message": "no", **fields}}
    return whole(body, status, {"x-request-id": f"req-{status}", **(headers or {})})


def cut(status: bytes = b"200 OK") -> Answer:
    """Half an answer whose head had come."""
    head = b"HTTP/1.1 " + status + b"\r\nContent-Length: 100\r\nX-Request-Id: req-cut\r\n\r\n"
    return [head + b"x" * 50, Wait(0.02), End()]


EFFECTS: dict[str, dict[str, Any]] = {
    "read": {"effect": Effect.READ},
    "inference": {"effect": Effect.INFERENCE},
    "purchase": {"effect": Effect.PURCHASE},
    "idempotent": {"effect": Effect.PURCHASE, "idempotent": True, "headers": {"Idempotency-Key": "k"}},
}

ALL = (3, 3, 3, 3)
PROBABLY = (3, 3, 1, 3)
UNKNOWN = (3, 1, 1, 3)
NEVER = (1, 1, 1, 1)

HUNG: Answer = [Wait(5)]


def patience(answer: Answer) -> dict[str, Any]:
    """A short limit where no answer will come; none elsewhere, since this machine may be slow."""
    return {"reply": 0.15} if answer is HUNG else {}


UNDECIDED = (PROBABLY, UNKNOWN)
"""In these classes a purchase may have been made: it raises UnknownOutcomeError."""

FAILURES: dict[str, tuple[Answer, tuple[int, int, int, int], type[errors.OneLLMError]]] = {
    "429": (refused(429), ALL, errors.RateLimitError),
    "503": (refused(503), ALL, errors.OverloadedError),
    "529": (refused(529), ALL, errors.OverloadedError),
    "500 that says overloaded": (refused(500, type="overloaded_error"), ALL, errors.OverloadedError),
    "408": (refused(408), PROBABLY, errors.ServerError),
    "500": (refused(500), PROBABLY, errors.ServerError),
    "502": (refused(502), PROBABLY, errors.ServerError),
    "504": (refused(504), PROBABLY, errors.ServerError),
    "502 page of a proxy": (
        whole(b"<h1>Bad Gateway</h1>", 502, content_type="text/html"),
        PROBABLY,
        errors.ServerError,
    ),
    "reset before the answer": ([End(reset=True)], PROBABLY, errors.APIConnectionError),
    "closed before the answer": ([End()], PROBABLY, errors.APIConnectionError),
    "409 that says try again": (refused(409, {"x-should-retry": "true"}), PROBABLY, errors.ConflictError),
    "no answer in time": (HUNG, UNKNOWN, errors.APITimeoutError),
    "cut answer": (cut(), UNKNOWN, errors.APIConnectionError),
    "400": (refused(400), NEVER, errors.InvalidRequestError),
    "401": (refused(401), NEVER, errors.AuthenticationError),
    "402": (refused(402), NEVER, errors.InsufficientBalanceError),
    "403": (refused(403), NEVER, errors.PermissionDeniedError),
    "404": (refused(404), NEVER, errors.NotFoundError),
    "409": (refused(409), NEVER, errors.ConflictError),
    "413": (refused(413), NEVER, errors.PayloadTooLargeError),
    "418": (refused(418), NEVER, errors.InvalidRequestError),
    "422": (refused(422), NEVER, errors.InvalidRequestError),
    "501": (refused(501), NEVER, errors.ServerError),
    "429 out of credit": (refused(429, code="insufficient_quota"), NEVER, errors.QuotaExceededError),
    "429 that says do not": (refused(429, {"x-should-retry": "false"}), NEVER, errors.RateLimitError),
    "503 that says do not": (refused(503, {"x-should-retry": "false"}), NEVER, errors.OverloadedError),
    "redirect": (whole(b"", 307, {"Location": "https://h/"}), NEVER, errors.UnexpectedRedirectError),
    "no HTTP": ([b"220 mail\r\n\r\n", End()], NEVER, errors.BadResponseError),
}


@both
@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("failure", FAILURES)
def test_table(caller: Caller, failure: str, effect: str) -> None:
    answer, table, expected = FAILURES[failure]
    hits = dict(zip(EFFECTS, table, strict=True))[effect]
    if effect == "purchase" and table in UNDECIDED:
        expected = errors.UnknownOutcomeError
    with serve(answer) as server:
        with pytest.raises(errors.OneLLMError) as caught:
            caller.run(lambda: call(server.url, **EFFECTS[effect]), options(2, **patience(answer)))
        assert len(server.requests) == hits
    assert type(caught.value) is expected
    assert [attempt.number for attempt in caught.value.attempts] == list(range(1, hits + 1))


@both
@pytest.mark.parametrize("effect", EFFECTS)
def test_a_port_where_nobody_listens(caller: Caller, effect: str) -> None:
    """Nothing was sent: it is sent again, whatever it would cost."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(errors.APIConnectionError) as caught:
        caller.run(lambda: call(f"http://127.0.0.1:{port}", **EFFECTS[effect]), options(2))
    assert caught.value.phase == "connect"
    assert len(caught.value.attempts) == 3


@both
@pytest.mark.parametrize("effect", EFFECTS)
def test_a_port_that_speaks_no_tls(caller: Caller, effect: str) -> None:
    met: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        met.append(connection.recv(4096))
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with listen(handle) as port:
        with pytest.raises(errors.APIConnectionError) as caught:
            caller.run(lambda: call(f"https://127.0.0.1:{port}", **EFFECTS[effect]), options(2))
        assert len(met) == 3
    assert caught.value.phase == "tls"


@both
@pytest.mark.parametrize("effect", EFFECTS)
def test_names_that_are_not_known(caller: Caller, effect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def unknown(host: Any, *_: Any, **__: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(errors.APIConnectionError) as caught:
        caller.run(lambda: call("http://nowhere.example/v1", **EFFECTS[effect]), options(2))
    assert caught.value.phase == "dns"
    assert len(asked) == 3


# -- purchases --------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("answer", "request_id"),
    [(refused(500), "req-500"), (refused(408), "req-408"), (cut(), "req-cut"), (HUNG, None), ([End()], None)],
    ids=["500", "408", "cut", "timeout", "closed"],
)
def test_unknown_outcome_says_what_to_look_up(caller: Caller, answer: Answer, request_id: str | None) -> None:
    """Never sent twice, whatever is asked for; the error has the request id and the failure behind it."""
    with serve(answer, ok()) as server:
        with pytest.raises(errors.UnknownOutcomeError) as caught:
            caller.run(lambda: call(server.url, effect=Effect.PURCHASE), options(5, **patience(answer), unknown=True))
        assert len(server.requests) == 1
    error = caught.value
    assert error.request_id == request_id
    assert (request_id or "acme lists") in str(error)
    assert "acme/m1" in str(error)
    assert isinstance(error.__cause__, errors.OneLLMError)
    assert len(error.attempts) == 1


@both
def test_not_to_try_again_is_no_word_on_what_happened(caller: Caller) -> None:
    """`x-should-retry: false` with a 500: an inference fails with it, a purchase is as unknown as ever."""
    with serve(refused(500, {"x-should-retry": "false"})) as server:
        with pytest.raises(errors.ServerError):
            caller.run(lambda: call(server.url), options(2))
        with pytest.raises(errors.UnknownOutcomeError):
            caller.run(lambda: call(server.url, effect=Effect.PURCHASE), options(2))
        assert len(server.requests) == 2


@both
def test_a_purchase_that_fails_after_a_safe_failure(caller: Caller) -> None:
    """Refused, sent again, then unknown: the last word counts, and both attempts are told."""
    with serve(refused(503), refused(500), ok()) as server:
        with pytest.raises(errors.UnknownOutcomeError) as caught:
            caller.run(lambda: call(server.url, effect=Effect.PURCHASE), options(5))
        assert len(server.requests) == 2
    assert [attempt.outcome for attempt in caught.value.attempts] == ["OverloadedError", "ServerError"]


@both
def test_a_purchase_over_a_stream(caller: Caller) -> None:
    """Opening one that fails is as unknown."""
    with serve(refused(500), lines("a")) as server:
        with pytest.raises(errors.UnknownOutcomeError):
            caller.stream(lambda: stream_call(server.url, effect=Effect.PURCHASE), options(5))
        assert len(server.requests) == 1


# -- the switch -------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("answer", [HUNG, cut()], ids=["timeout", "cut"])
def test_retry_unknown(caller: Caller, answer: Answer) -> None:
    """An inference whose outcome is unknown is repeated only where that was asked for."""
    for unknown, hits in ((False, 1), (True, 3)):
        with serve(answer) as server:
            with pytest.raises(errors.APIConnectionError):
                caller.run(lambda: call(server.url), options(2, **patience(answer), unknown=unknown))
            assert len(server.requests) == hits


# -- what happened ----------------------------------------------------------------------------------------------------


@both
def test_meta_tells_every_attempt(caller: Caller) -> None:
    with serve(refused(503), [Wait(0.05), End()], refused(429, {"retry-after-ms": "40"}), lines("a")) as server:
        result = caller.stream(lambda: stream_call(server.url), options(3))
    attempts = result.meta.attempts
    assert [(a.number, a.outcome, a.status) for a in attempts] == [
        (1, "OverloadedError", 503),
        (2, "APIConnectionError", None),
        (3, "RateLimitError", 429),
        (4, "ok", 200),
    ]
    assert attempts[1].elapsed >= 0.05
    assert [a.waited for a in attempts[:3]] == [0, 0, 0]
    assert attempts[3].waited == pytest.approx(0.04)
    assert result.meta.latency >= sum(a.elapsed + a.waited for a in attempts) - 0.01


# -- nothing after the first event ------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("last", [End(reset=True), End(), Wait(3)], ids=["RST", "FIN", "stall"])
def test_nothing_is_repeated_after_the_first_event(caller: Caller, effect: str, last: Any) -> None:
    with serve(lines("a", Wait(0.02), last, end=False), lines("b")) as server:
        op = lambda: stream_call(server.url, **EFFECTS[effect])  # noqa: E731
        result = caller.stream(op, options(5, stall=0.2, unknown=True))
        assert len(server.requests) == 1
    assert result.events == ["a"]
    error: Any = result.error
    assert error.partial == ["a"]
    assert isinstance(error, errors.APITimeoutError if isinstance(last, Wait) else errors.StreamInterrupted)


@both
@pytest.mark.parametrize("first", [streamed(), streamed(End(), end=False)], ids=["empty body", "cut body"])
def test_a_stream_without_an_event_is_opened_again(caller: Caller, first: Answer) -> None:
    with serve(first, lines("b")) as server:
        assert caller.stream(lambda: stream_call(server.url), options(1, unknown=True)).events == ["b"]
        assert len(server.requests) == 2


# -- one deadline -----------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "answer",
    [refused(503, {"retry-after": "0.08"}), [Wait(0.08), *refused(503)], [Wait(0.06), End()]],
    ids=["waits", "slow refusals", "slow resets"],
)
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_the_deadline_covers_all_attempts(caller: Caller, answer: Answer, streams: bool) -> None:
    """However many retries are left: it ends within 100 ms of the deadline, with the last failure or the deadline."""
    run: Any = caller.stream if streams else caller.run
    took = 0.0
    for _ in range(5):  # the best of five counts: this machine is not alone
        with serve(answer) as server:
            began = time.monotonic()
            with pytest.raises((errors.OverloadedError, errors.APIConnectionError)) as caught:
                run(lambda: (stream_call if streams else call)(server.url), options(100, deadline=0.3))
            took = time.monotonic() - began
            assert 2 <= len(caught.value.attempts) == len(server.requests) < 100
        if took <= 0.4:
            return
    pytest.fail(f"{took:.3f} s for a deadline of 0.3 s")
