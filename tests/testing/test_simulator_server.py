"""The simulator as a server: HTTP, where services are found, what it records, how it starts and stops."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from onellm.testing.simulator import (
    Route,
    Service,
    ServiceError,
    SimReply,
    SimRequest,
    SimStream,
    Simulator,
    faults,
    serve,
    simulator,
    sse,
)


def _echo(request: SimRequest) -> SimReply:
    query, headers = dict(request.query), dict(request.headers)
    seen = {"params": dict(request.params), "query": query, "body": request.body.decode(), "headers": headers}
    return SimReply.json(seen, headers={"X-Route": "echo"})


def _count(request: SimRequest) -> SimStream:
    return SimStream([sse({"n": number}) for number in range(int(request.query.get("to", "3")))])


def _flood(request: SimRequest) -> SimStream:
    return SimStream([b"data: " + b"x" * 1_000_000 + b"\n\n"] * 40)


def _broken(request: SimRequest) -> SimReply:
    raise ZeroDivisionError("a bug in the route")


def _wrong_events(request: SimRequest) -> SimStream:
    return SimStream(["text instead of bytes"])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]


ROUTES = (
    Route("POST", "/echo", _echo),
    Route("GET", "/things/{id}", _echo),
    Route("GET", "/count", _count),
    Route("GET", "/flood", _flood),
    Route("GET", "/broken", _broken),
    Route("GET", "/wrong", _wrong_events),
)
ALPHA = Service("alpha", "/v1", ROUTES, headers=lambda request: {"X-Number": str(request.number)})
BETA = Service("beta", "/api/v2", (Route("GET", "/only/beta", _echo),))


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with simulator(services={"alpha": ALPHA, "beta": BETA}) as running:
        yield running


def talk(sim: Simulator, sent: bytes, answers: int = 1) -> bytes:
    """What the server says to these bytes, up to the end of so many bodies with Content-Length, or its close."""
    with socket.create_connection(("127.0.0.1", int(sim.url.rpartition(":")[2]))) as connection:
        connection.settimeout(5)
        connection.sendall(sent)
        received = b""
        while received.count(b"X-Route") < answers or not received.endswith(b"}"):
            data = connection.recv(65536)
            if not data:
                break
            received += data
    return received


class TestHTTP:
    def test_a_body_comes_by_content_length(self, sim: Simulator) -> None:
        answer = httpx.post(sim.base_url("alpha") + "/echo?a=1&b=%20x&c", content=b"hello").json()
        assert answer["body"] == "hello"
        assert answer["query"] == {"a": "1", "b": " x", "c": ""}

    def test_a_body_comes_in_chunks_with_extensions_and_trailers(self, sim: Simulator) -> None:
        chunks = b"5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: t\r\n\r\n"
        head = b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert b'"body":"hello!"' in talk(sim, head + chunks)

    def test_one_connection_carries_requests_sent_at_once(self, sim: Simulator) -> None:
        request = b"GET /v1/things/%d HTTP/1.1\r\nHost: x\r\n\r\n"
        received = talk(sim, request % 1 + request % 2, answers=2)
        assert received.index(b'{"id":"1"}') < received.index(b'{"id":"2"}')
        assert sim.connections.total == 1

    def test_expect_is_answered_before_the_body_comes(self, sim: Simulator) -> None:
        head = b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        with socket.create_connection(("127.0.0.1", int(sim.url.rpartition(":")[2]))) as connection:
            connection.sendall(head)
            assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(b"ok")
            assert connection.recv(10_000).startswith(b"HTTP/1.1 200 OK\r\n")

    def test_a_client_may_ask_for_the_end_of_the_connection(self, sim: Simulator) -> None:
        received = talk(sim, b"GET /v1/things/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answers=9)
        assert b"Connection: close\r\n" in received

    def test_repeated_headers_are_joined(self, sim: Simulator) -> None:
        received = talk(sim, b"GET /v1/things/1 HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a: 2\r\n\r\n")
        assert b'"x-a":"1, 2"' in received

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            (b"GET\r\n\r\n", b"400"),
            (b"GET nowhere HTTP/1.1\r\n\r\n", b"400"),
            (b"GET / HTTP/1.0\r\n\r\n", b"505"),
            (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
            (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n", b"413"),
            (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000, b"431"),
        ],
    )
    def test_what_is_no_request_is_refused_and_the_connection_closed(
        self, sim: Simulator, sent: bytes, status: bytes
    ) -> None:
        assert talk(sim, sent, answers=9).startswith(b"HTTP/1.1 " + status)
        assert sim.requests == []

    def test_a_request_that_never_ends_is_none(self, sim: Simulator) -> None:
        with socket.create_connection(("127.0.0.1", int(sim.url.rpartition(":")[2]))) as connection:
            connection.sendall(b"POST /v1/echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe")
        assert sim.wait_until(lambda: sim.connections == (0, 1))
        assert sim.requests == []


class TestMounting:
    def test_a_service_is_found_below_its_name_and_at_its_prefix(self, sim: Simulator) -> None:
        assert sim.base_url("alpha") == f"{sim.url}/alpha/v1"
        for base in (sim.base_url("alpha"), f"{sim.url}/v1"):
            assert httpx.get(f"{base}/things/a%2Fb").json()["params"] == {"id": "a/b"}
        assert [request.service for request in sim.requests] == ["alpha", "alpha"]

    def test_the_prefix_alone_serves_nobody_where_two_services_have_the_path(self) -> None:
        with simulator(services={"one": ALPHA, "two": ALPHA}) as sim:
            answer = httpx.get(f"{sim.url}/v1/things/1")
            assert answer.status_code == 404
            assert answer.json()["services"] == {"one": "/one/v1", "two": "/two/v1"}
            assert httpx.get(f"{sim.url}/two/v1/things/1").is_success

    def test_a_path_that_only_one_service_has_is_found_though_prefixes_are_equal(self) -> None:
        other = Service("other", "/v1", (Route("GET", "/other", _echo),))
        with simulator(services={"alpha": ALPHA, "other": other}) as sim:
            assert httpx.get(f"{sim.url}/v1/other").is_success
            assert [request.service for request in sim.requests] == ["other"]

    def test_unknown_paths_and_methods_are_refused_by_the_service(self, sim: Simulator) -> None:
        assert httpx.get(f"{sim.url}/v1/nothing").json() == {"error": "Invalid URL (GET /v1/nothing)"}
        assert httpx.get(f"{sim.url}/v1/echo").status_code == 405
        assert httpx.get(f"{sim.url}/nothing").status_code == 404

    def test_the_root_lists_what_there_is(self, sim: Simulator) -> None:
        answer = httpx.get(sim.url)
        assert (answer.status_code, answer.json()) == (
            200,
            {"services": {"alpha": "/alpha/v1", "beta": "/beta/api/v2"}},
        )

    def test_settings_for_a_client_and_for_the_environment(self, sim: Simulator) -> None:
        assert sim.providers["beta"] == {"base_url": f"{sim.url}/beta/api/v2", "api_key": "sim-key"}
        assert sim.environ["ALPHA_BASE_URL"] == f"{sim.url}/alpha/v1"
        assert sim.environ["BETA_API_KEY"] == "sim-key"

    def test_an_unknown_service_is_named(self, sim: Simulator) -> None:
        with pytest.raises(KeyError, match=r"gamma.*alpha, beta"):
            sim.base_url("gamma")

    def test_a_function_may_make_the_service(self) -> None:
        with simulator(services={"made": lambda: BETA}) as sim:
            assert httpx.get(f"{sim.url}/made/api/v2/only/beta").is_success

    def test_installed_services_come_through_entry_points(self) -> None:
        assert {"openai", "venice"} <= simulator().providers.keys()

    def test_headers_of_a_service_are_on_every_answer(self, sim: Simulator) -> None:
        sim.inject(faults.status(500), skip=2)
        numbers = [httpx.get(f"{sim.url}/v1/{path}").headers["x-number"] for path in ("things/1", "none", "things/1")]
        assert numbers == ["1", "2", "3"]


class TestRecord:
    def test_requests_are_kept_with_what_became_of_them(self, sim: Simulator) -> None:
        before = time.monotonic()
        httpx.post(f"{sim.url}/v1/echo", json={"a": 1}, headers={"Authorization": "Bearer k"})
        httpx.get(f"{sim.url}/v1/none")
        first, second = sim.requests
        assert (first.method, first.path, first.json(), first.bearer) == ("POST", "/v1/echo", {"a": 1}, "k")
        assert before < first.arrived < second.arrived < time.monotonic()
        assert (first.status, second.status, first.disconnected) == (200, 404, False)
        sim.reset()
        assert sim.requests == []

    def test_nothing_is_kept_if_nothing_is_to_be(self) -> None:
        with simulator(services={"alpha": ALPHA}, record=False) as sim:
            assert httpx.get(f"{sim.url}/v1/things/1").is_success
            assert sim.requests == []

    def test_a_client_that_leaves_early_is_noticed(self, sim: Simulator) -> None:
        sim.inject(faults.stall(after=1))
        with httpx.stream("GET", f"{sim.url}/v1/count") as answer:
            pieces = answer.iter_raw()
            next(pieces)
            assert not sim.requests[0].disconnected
        assert sim.wait_until(lambda: sim.requests[0].disconnected)
        assert sim.wait_until(lambda: sim.connections.open == 0)

    def test_a_client_that_leaves_after_the_last_event_did_not_leave_early(self, sim: Simulator) -> None:
        for _ in range(20):
            with httpx.stream("GET", f"{sim.url}/v1/count") as answer:
                for data in answer.iter_raw():
                    if b'{"n":2}' in data:
                        break
        assert sim.wait_until(lambda: sim.connections.open == 0)
        assert [request.disconnected for request in sim.requests] == [False] * 20

    def test_connections_are_counted(self, sim: Simulator) -> None:
        with httpx.Client() as client:
            client.get(f"{sim.url}/v1/things/1")
            client.get(f"{sim.url}/v1/things/2")
            assert sim.connections == (1, 1)
        assert sim.wait_until(lambda: sim.connections == (0, 1))

    def test_waiting_for_what_never_comes_ends(self, sim: Simulator) -> None:
        assert not sim.wait_until(lambda: False, timeout=0.01)


class TestErrorsOfRoutes:
    def test_a_bug_in_a_route_is_a_500_and_raised_at_the_end(self) -> None:
        running = simulator(services={"alpha": ALPHA})
        answers: list[httpx.Response] = []
        with pytest.raises(ExceptionGroup) as caught, running:
            answers.append(httpx.get(f"{running.url}/v1/broken"))
        assert answers[0].status_code == 500
        assert answers[0].json() == {"error": "ZeroDivisionError: a bug in the route"}
        assert caught.group_contains(ZeroDivisionError)

    def test_events_that_are_no_bytes_are_a_bug_too(self, sim: Simulator) -> None:
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{sim.url}/v1/wrong")
        assert [type(error) for error in sim.errors] == [TypeError]
        sim.reset()

    def test_the_error_of_the_test_itself_comes_first(self) -> None:
        running = simulator(services={"alpha": ALPHA})
        with pytest.raises(KeyError), running:
            raise KeyError(httpx.get(f"{running.url}/v1/broken"))
        assert [type(error) for error in running.errors] == [ZeroDivisionError]

    def test_a_refusal_is_no_bug(self, sim: Simulator) -> None:
        def refuse(request: SimRequest) -> SimReply:
            raise ServiceError(418, "no coffee", headers={"X-Pot": "tea"})

        with simulator(services={"pot": Service("pot", "", (Route("GET", "/coffee", refuse),))}) as other:
            answer = httpx.get(other.base_url("pot") + "/coffee")
        assert (answer.status_code, answer.headers["x-pot"]) == (418, "tea")
        assert answer.json() == {"error": "no coffee"}


def _time(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


class TestLife:
    def test_nothing_is_left_behind(self) -> None:
        threads, files = threading.active_count(), len(os.listdir("/proc/self/fd")) if _LINUX else 0
        with simulator(services={"alpha": ALPHA}) as sim, httpx.Client() as client:
            sim.inject(faults.stall(), faults.comments(), path="count")
            client.get(f"{sim.url}/v1/things/1")
            with client.stream("GET", f"{sim.url}/v1/count"):
                assert _time(sim.stop) < 1
        assert threading.active_count() == threads
        assert not _LINUX or len(os.listdir("/proc/self/fd")) == files

    def test_it_starts_again_after_a_stop(self, sim: Simulator) -> None:
        url = sim.url
        sim.stop()
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
        sim.start()
        assert sim.url == url
        assert httpx.get(url).is_success

    def test_it_does_not_start_twice(self, sim: Simulator) -> None:
        with pytest.raises(RuntimeError, match="running already"):
            sim.start()

    def test_a_taken_port_is_an_error(self, sim: Simulator) -> None:
        with pytest.raises(OSError, match="in use"):
            simulator(services={}, port=int(sim.url.rpartition(":")[2])).start()

    def test_a_port_that_is_none_is_an_error(self) -> None:
        with pytest.raises(OverflowError):
            simulator(services={}, port=70_000).start()

    @pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
    def test_only_loopback_is_listened_on(self, host: str) -> None:
        with pytest.raises(ValueError, match="loopback only"):
            simulator(services={}, host=host)

    async def test_it_serves_the_loop_that_runs_it(self) -> None:
        async with simulator(services={"alpha": ALPHA}) as sim, httpx.AsyncClient() as client:
            urls = [f"{sim.url}/v1/things/{number}" for number in range(20)]
            answers = await asyncio.gather(*map(client.get, urls))
        assert [answer.json()["params"]["id"] for answer in answers] == [str(number) for number in range(20)]

    def test_events_keep_the_pace(self) -> None:
        with simulator(services={"alpha": ALPHA}, pace=0.02) as sim:
            assert _time(lambda: httpx.get(f"{sim.url}/v1/count?to=4")) > 0.06

    def test_a_client_that_does_not_read_holds_up_nobody_else(self, sim: Simulator) -> None:
        with socket.create_connection(("127.0.0.1", int(sim.url.rpartition(":")[2]))) as lazy:
            lazy.sendall(b"GET /v1/flood HTTP/1.1\r\nHost: x\r\n\r\n")
            assert sim.wait_until(lambda: sim.requests)
            assert httpx.get(f"{sim.url}/v1/things/1").is_success
        assert sim.wait_until(lambda: sim.requests[0].disconnected)

    def test_serve_runs_until_it_is_interrupted(self) -> None:
        seen: list[str] = []

        def ready(sim: Simulator) -> None:
            seen.append(httpx.get(f"{sim.url}/v1/things/1").json()["params"]["id"])
            raise KeyboardInterrupt

        serve(port=0, services={"alpha": ALPHA}, ready=ready)
        assert seen == ["1"]

    def test_serve_ends_at_ctrl_c(self, tmp_path: Path) -> None:
        script = tmp_path / "serve.py"
        script.write_text(
            "from onellm.testing.simulator import serve\n"
            "serve(port=0, services={}, ready=lambda sim: print(sim.url, flush=True))\nprint('ended')\n"
        )
        with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert httpx.get(process.stdout.readline().strip()).is_success
            process.send_signal(signal.SIGINT)
            assert process.stdout.read() == "ended\n"
        assert process.returncode == 0


_LINUX = sys.platform == "linux"


class TestPytest:
    def test_the_fixture_is_a_running_simulator(self, onellm_simulator: Simulator) -> None:
        assert httpx.get(onellm_simulator.url).json()["services"]["venice"] == "/venice/api/v1"

    def test_the_plugin_imports_nothing_that_costs(self) -> None:
        code = "import sys, pytest; old = {*sys.modules}; import onellm.testing.fixtures; print(*{*sys.modules} - old)"
        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        assert not {"asyncio", "httpx", "pydantic", "onellm.testing.simulator"} & set(loaded)

    def test_the_package_loads_its_names_when_they_are_used(self) -> None:
        import onellm.testing

        assert onellm.testing.Simulator is Simulator
        assert onellm.testing.faults is faults
        with pytest.raises(AttributeError, match="nothing"):
            onellm.testing.nothing  # noqa: B018
