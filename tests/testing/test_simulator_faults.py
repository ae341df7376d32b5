"""Every fault, seen as bytes on a raw socket: what came, and how it ended."""

from __future__ import annotations

import json
import socket
import time
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from onellm.testing.simulator import (
    Fault,
    Route,
    Service,
    ServiceError,
    SimReply,
    SimRequest,
    SimStream,
    Simulator,
    faults,
    simulator,
    sse,
)

EVENTS = [sse({"text": "one größe 日"}), sse({"text": "two words"}), sse({"text": "three"}), b"data: [DONE]\n\n"]
WHOLE = {"text": "a whole answer with größe"}
LONG = 60.0


def _error(refused: ServiceError) -> SimReply:
    return SimReply.json({"oops": refused.message, "code": refused.code}, refused.status, refused.headers)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    routes = (
        Route("GET", "/stream", lambda request: SimStream(EVENTS)),
        Route("GET", "/whole", lambda request: SimReply.json(WHOLE)),
    )
    service = Service("sim", "", routes, _error, headers=lambda request: {"X-Id": str(request.number)})
    with simulator(services={"sim": service}) as running:
        yield running


class Seen:
    """What a client saw of one answer, until its end, or a silence of `patience` seconds, or `limit` seconds in all."""

    def __init__(
        self, sim: Simulator, path: str, headers: str = "", patience: float = 5.0, limit: float = 20.0
    ) -> None:
        self.reads: list[bytes] = []
        self.end = "complete"
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", int(sim.url.rpartition(":")[2]))) as connection:
            connection.sendall(f"GET /sim{path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
            while not self._complete():
                connection.settimeout(patience)
                try:
                    data = connection.recv(65536)
                except TimeoutError:
                    self.end = "silent"
                    break
                except ConnectionResetError:
                    self.end = "reset"
                    break
                if not data:
                    self.end = "closed"
                    break
                self.reads.append(data)
                if time.monotonic() - began > limit:
                    self.end = "endless"
                    break
        self.seconds = time.monotonic() - began

    @property
    def raw(self) -> bytes:
        return b"".join(self.reads)

    @property
    def status(self) -> int:
        return int(self.raw.split()[1])

    @property
    def headers(self) -> dict[str, str]:
        lines = self.raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def chunks(self) -> list[bytes]:
        rest = self.raw.partition(b"\r\n\r\n")[2]
        found: list[bytes] = []
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            found.append(rest[: int(size, 16)])
            rest = rest[int(size, 16) + 2 :]
        return found

    @property
    def body(self) -> bytes:
        if "transfer-encoding" in self.headers:
            return b"".join(self.chunks)
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def _complete(self) -> bool:
        if b"\r\n\r\n" not in self.raw:
            return False
        if "transfer-encoding" in self.headers:
            return self.raw.endswith(b"\r\n0\r\n\r\n")
        return len(self.body) == int(self.headers["content-length"])


def see(sim: Simulator, fault: Fault, path: str = "/stream", patience: float = 5.0, limit: float = 20.0) -> Seen:
    sim.inject(fault)
    return Seen(sim, path, patience=patience, limit=limit)


def head(text: bytes) -> bytes:
    """The first half."""
    return text[: len(text) // 2]


BODY = json.dumps(WHOLE, ensure_ascii=False, separators=(",", ":")).encode()


def test_without_a_fault_everything_comes(sim: Simulator) -> None:
    assert (Seen(sim, "/stream").body, Seen(sim, "/whole").body) == (b"".join(EVENTS), BODY)


class TestRefusals:
    @pytest.mark.parametrize(
        "text", ["2", "0.5", "-1", "1e400", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "", "9" * 400]
    )
    def test_rate_limit_carries_any_text(self, sim: Simulator, text: str) -> None:
        seen = see(sim, faults.rate_limit(retry_after=text, retry_after_ms=text))
        assert seen.status == 429
        assert (seen.headers["retry-after"], seen.headers["retry-after-ms"]) == (text, text)
        assert seen.json == {"oops": "Rate limit exceeded", "code": "rate_limit_exceeded"}

    def test_rate_limit_may_say_nothing(self, sim: Simulator) -> None:
        assert "retry-after" not in see(sim, faults.rate_limit()).headers

    @pytest.mark.parametrize("code", [400, 408, 409, 500, 502, 503, 504, 529, 599])
    def test_status_has_the_services_error_body(self, sim: Simulator, code: int) -> None:
        seen = see(sim, faults.status(code, "down", {"X-Should-Retry": "false"}))
        assert (seen.status, seen.json["oops"], seen.headers["x-should-retry"]) == (code, "down", "false")
        assert seen.headers["x-id"] == "1"

    def test_overloaded(self, sim: Simulator) -> None:
        assert see(sim, faults.overloaded()).status == 529

    def test_insufficient_quota(self, sim: Simulator) -> None:
        seen = see(sim, faults.insufficient_quota())
        assert (seen.status, seen.json["code"]) == (429, "insufficient_quota")

    @pytest.mark.parametrize("code", [200, 502])
    def test_html(self, sim: Simulator, code: int) -> None:
        seen = see(sim, faults.html(code))
        assert (seen.status, seen.headers["content-type"]) == (code, "text/html; charset=utf-8")
        assert seen.body.startswith(b"<!doctype html>")

    def test_redirect(self, sim: Simulator) -> None:
        seen = see(sim, faults.redirect("https://other.example/x", 302))
        assert (seen.status, seen.headers["location"]) == (302, "https://other.example/x")

    def test_answer_is_exactly_that(self, sim: Simulator) -> None:
        seen = see(sim, faults.answer(SimReply(203, {"X-A": "b"}, b"text")))
        assert (seen.status, seen.headers, seen.body) == (203, {"x-a": "b", "content-length": "4"}, b"text")
        assert see(sim, faults.answer(SimStream([b"data: 1\n\n"])), "/whole").body == b"data: 1\n\n"

    def test_a_refused_request_does_not_reach_the_route(self) -> None:
        reached: list[SimRequest] = []

        def route(request: SimRequest) -> SimReply:
            reached.append(request)
            return SimReply()

        with simulator(services={"sim": Service("sim", "", (Route("GET", "/x", route),))}) as sim:
            see(sim, faults.status(503), "/x")
            assert reached == []
            see(sim, faults.reset(), "/x")
            assert len(reached) == 1


class TestErrorsWith200:
    def test_error_in_200_is_a_body_or_the_only_event(self, sim: Simulator) -> None:
        whole, stream = see(sim, faults.error_in_200("no"), "/whole"), see(sim, faults.error_in_200("no"))
        assert (whole.status, whole.json) == (200, {"oops": "no", "code": None})
        assert (stream.status, stream.body) == (200, b'data: {"oops":"no","code":null}\n\n')

    def test_json_error_in_200_is_a_body_always(self, sim: Simulator) -> None:
        seen = see(sim, faults.json_error_in_200("no"))
        assert (seen.status, seen.headers["content-type"], seen.json["oops"]) == (200, "application/json", "no")


class TestConnection:
    @pytest.mark.parametrize("path", ["/stream", "/whole"])
    @pytest.mark.parametrize(
        ("fault", "end"), [(faults.reset(), "reset"), (faults.close(), "closed"), (faults.silence(), "silent")]
    )
    def test_before_any_byte(self, sim: Simulator, fault: Fault, end: str, path: str) -> None:
        seen = see(sim, fault, path, patience=0.1 if end == "silent" else 5)
        assert (seen.raw, seen.end) == (b"", end)
        assert sim.requests[0].status is None

    @pytest.mark.parametrize("count", [0, 1, 3])
    @pytest.mark.parametrize(
        ("fault", "end"), [(faults.reset_after, "reset"), (faults.close_after, "closed"), (faults.stall, "silent")]
    )
    def test_after_some_events(self, sim: Simulator, fault: Any, end: str, count: int) -> None:
        seen = see(sim, fault(count), patience=0.1 if end == "silent" else 5)
        assert (seen.status, seen.chunks, seen.end) == (200, EVENTS[:count], end)

    @pytest.mark.parametrize(
        ("fault", "end"),
        [(faults.reset_after(), "reset"), (faults.close_after(), "closed"), (faults.stall(), "silent")],
    )
    def test_in_the_middle_of_a_whole_body(self, sim: Simulator, fault: Fault, end: str) -> None:
        seen = see(sim, fault, "/whole", patience=0.1 if end == "silent" else 5)
        assert (seen.headers["content-length"], seen.body, seen.end) == (str(len(BODY)), head(BODY), end)

    def test_slow_headers(self, sim: Simulator) -> None:
        seen = see(sim, faults.slow_headers(0.05))
        assert seen.end == "complete"
        assert seen.seconds > 0.05
        assert see(sim, faults.slow_headers(LONG), patience=0.1).raw == b""

    @pytest.mark.parametrize("path", ["/stream", "/whole"])
    def test_slow_first_event(self, sim: Simulator, path: str) -> None:
        assert see(sim, faults.slow_first_event(0.05), path).seconds > 0.05
        seen = see(sim, faults.slow_first_event(LONG), path, patience=0.1)
        assert (seen.status, seen.body, seen.end) == (200, b"", "silent")

    def test_comments_forever(self, sim: Simulator) -> None:
        seen = see(sim, faults.comments_forever(after=2, every=0.001), limit=0.1)
        assert seen.chunks[:2] == EVENTS[:2]
        assert set(seen.chunks[2:]) == {b": keep-alive\n\n"}
        assert (seen.end, len(seen.chunks) > 4) == ("endless", True)

    def test_blank_lines_forever_instead_of_a_body(self, sim: Simulator) -> None:
        seen = see(sim, faults.comments_forever(every=0.001), "/whole", limit=0.1)
        assert (set(seen.body), seen.end) == (set(b"\n"), "endless")


class TestBody:
    def test_cut_json_of_a_whole_body(self, sim: Simulator) -> None:
        seen = see(sim, faults.cut_json(), "/whole")
        assert (seen.body, seen.end) == (head(BODY), "complete")

    def test_cut_json_of_an_event(self, sim: Simulator) -> None:
        seen = see(sim, faults.cut_json(event=1))
        assert seen.chunks == [EVENTS[0], head(EVENTS[1]) + b"\n\n", *EVENTS[2:], b""]
        assert seen.end == "complete"

    def test_end_after(self, sim: Simulator) -> None:
        seen = see(sim, faults.end_after(2))
        assert (seen.body, seen.end) == (b"".join(EVENTS[:2]), "complete")
        assert see(sim, faults.end_after(2), "/whole").body == BODY

    def test_missing_done(self, sim: Simulator) -> None:
        seen = see(sim, faults.missing_done())
        assert (seen.body, seen.end) == (b"".join(EVENTS[:-1]), "complete")

    def test_error_event(self, sim: Simulator) -> None:
        seen = see(sim, faults.error_event(after=1, message="no"))
        assert (seen.body, seen.end) == (EVENTS[0] + b'data: {"oops":"no","code":null}\n\n', "complete")
        assert see(sim, faults.error_event(), "/whole").json == WHOLE

    def test_comments(self, sim: Simulator) -> None:
        assert see(sim, faults.comments()).chunks[:2] == [b": PROCESSING\n\n" + event for event in EVENTS[:2]]

    def test_crlf(self, sim: Simulator) -> None:
        assert see(sim, faults.crlf()).body == b"".join(EVENTS).replace(b"\n", b"\r\n")

    def test_lone_cr(self, sim: Simulator) -> None:
        assert see(sim, faults.lone_cr()).body == b"".join(EVENTS).replace(b"\n", b"\r")

    def test_line_separators(self, sim: Simulator) -> None:
        seen = see(sim, faults.line_separators())
        assert (
            seen.body
            == b"".join(sse({"text": t}) for t in ("one\u2028größe\u2028日", "two\u2028words", "three")) + EVENTS[-1]
        )

    def test_split_utf8(self, sim: Simulator) -> None:
        seen = see(sim, faults.split_utf8())
        before, middle, after = EVENTS[0].split("ö".encode())[0], "ö".encode(), EVENTS[0].split("ß".encode())[1]
        assert seen.chunks[:2] == [before + middle[:1], middle[1:] + "ß".encode()[:1]]
        assert after.endswith("日".encode() + b'"}\n\n')
        assert "日".encode()[1:] + b'"}\n\n' in seen.chunks
        assert seen.body == b"".join(EVENTS)
        assert see(sim, faults.split_utf8(), "/whole").json == WHOLE

    def test_one_byte_writes(self, sim: Simulator) -> None:
        seen = see(sim, faults.one_byte_writes())
        assert seen.chunks == [bytes([byte]) for byte in b"".join(EVENTS)] + [b""]
        assert see(sim, faults.one_byte_writes(), "/whole").json == WHOLE


class TestContentCodings:
    @pytest.mark.parametrize("path", ["/stream", "/whole"])
    def test_gzip(self, sim: Simulator, path: str) -> None:
        sim.inject(faults.gzip())
        assert httpx.get(f"{sim.url}{path}").text == (b"".join(EVENTS) if path == "/stream" else BODY).decode()
        assert see(sim, faults.gzip(), path).headers["content-encoding"] == "gzip"

    def test_each_event_of_a_gzip_stream_can_be_read_at_once(self, sim: Simulator) -> None:
        unpacker = zlib.decompressobj(wbits=31)
        assert [unpacker.decompress(chunk) for chunk in see(sim, faults.gzip()).chunks[:3]] == EVENTS[:3]

    def test_wrong_gzip(self, sim: Simulator) -> None:
        seen = see(sim, faults.wrong_gzip(), "/whole")
        assert (seen.headers["content-encoding"], seen.body) == ("gzip", BODY)

    def test_gzip_bomb(self, sim: Simulator) -> None:
        seen = see(sim, faults.gzip_bomb(3), "/whole")
        assert len(seen.body) < 10_000
        assert len(json.loads(zlib.decompress(seen.body, wbits=31))) == 3_000_000


class TestInjection:
    def test_times_skip_and_order(self, sim: Simulator) -> None:
        sim.inject(faults.status(500), times=2, skip=1)
        sim.inject(faults.status(503))
        assert [Seen(sim, "/whole").status for _ in range(5)] == [503, 500, 500, 200, 200]
        assert [request.faults for request in sim.requests[:2]] == [("status",), ("status",)]

    def test_for_ever_until_the_reset(self, sim: Simulator) -> None:
        sim.inject(faults.status(500), times=None)
        assert [Seen(sim, "/whole").status for _ in range(5)] == [500] * 5
        sim.reset()
        assert Seen(sim, "/whole").status == 200

    def test_only_where_it_is_meant(self, sim: Simulator) -> None:
        sim.inject(faults.status(500), path="/stream")
        sim.inject(faults.status(503), service="another")
        assert [Seen(sim, path).status for path in ("/whole", "/stream", "/stream")] == [200, 500, 200]

    def test_several_together(self, sim: Simulator) -> None:
        sim.inject(faults.missing_done(), faults.crlf(), faults.one_byte_writes())
        seen = Seen(sim, "/stream")
        assert seen.body == b"".join(EVENTS[:-1]).replace(b"\n", b"\r\n")
        assert len(seen.chunks) == len(seen.body) + 1
        assert sim.requests[0].faults == ("missing_done", "crlf", "one_byte_writes")

    def test_a_fault_that_does_not_fit_is_a_bug_of_the_test(self, sim: Simulator) -> None:
        assert see(sim, faults.cut_json(event=99)).status == 500
        assert [type(error) for error in sim.errors] == [IndexError]
        sim.reset()


class TestByName:
    def test_a_request_names_its_own(self, sim: Simulator) -> None:
        seen = Seen(sim, "/stream", "X-Simulate: rate_limit?retry_after=2\r\n")
        assert (seen.status, seen.headers["retry-after"]) == (429, "2")
        seen = Seen(sim, "/stream", "X-Simulate: end_after?events=1, crlf\r\n")
        assert seen.body == EVENTS[0].replace(b"\n", b"\r\n")
        assert Seen(sim, "/stream", "X-Simulate: slow_headers?seconds=0.05\r\n").seconds > 0.05

    def test_the_same_name_is_the_same_fault(self, sim: Simulator) -> None:
        """So that a fault which counts its requests counts those that name it alike, until the reset."""
        header = "X-Simulate: token_bucket?per_second=0.01&burst=2\r\n"
        assert [Seen(sim, "/whole", header).status for _ in range(3)] == [200, 200, 429]
        assert Seen(sim, "/whole", "X-Simulate: token_bucket?per_second=0.01&burst=3\r\n").status == 200
        sim.reset()
        assert Seen(sim, "/whole", header).status == 200

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ("nothing", "There is no fault 'nothing'. There are: status, rate_limit"),
            ("stall?before=1", "stall has no parameter before; it has: after"),
            ("stall?after=x", "invalid literal for int"),
            ("status", "missing 1 required positional argument"),
            ("odd_tool_calls?shape=round", "there is no shape 'round'; there are: no_index, "),
            ("token_bucket?burst=0", "a token bucket needs"),
        ],
    )
    def test_what_has_no_name_is_refused(self, sim: Simulator, asked: str, said: str) -> None:
        seen = Seen(sim, "/stream", f"X-Simulate: {asked}\r\n")
        assert seen.status == 400
        assert said in seen.json["oops"]

    @pytest.mark.parametrize("name", faults.CATALOGUE)
    def test_every_fault_can_be_named(self, name: str) -> None:
        needed = {"status": "?code=500", "slow_headers": "?seconds=1", "slow_first_event": "?seconds=1"}
        needed["odd_tool_calls"] = "?shape=no_id"
        (fault,) = faults.named(name + needed.get(name, "?megabytes=1" if name == "gzip_bomb" else ""))
        assert fault.name == name
        assert repr(fault) == f"Fault(name='{name}')"
