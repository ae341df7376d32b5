"""What others put in the place of httpx's transport still sees every request: mocks, recorders, tracers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr  # type: ignore[import-untyped]
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor, HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pytest_httpx import HTTPXMock

from onellm import APIConnectionError, APITimeoutError, OneLLM
from onellm.call import Request
from onellm.transport.base import Connections
from onellm.transport.blocking import HTTPCoreTransport
from onellm.transport.lines import LibraryName, Lines
from tests.support import DONE, KEY, Caller, Wait, chunk, completion, event, serve, streamed, whole
from tests.transport.peers import OK

SETTINGS: dict[str, Any] = {"openai": {"base_url": "https://api.test/v1", "api_key": KEY}}


INSTRUMENTORS: dict[LibraryName, Any] = {"httpx": HTTPXClientInstrumentor, "httpx2": HTTPX2ClientInstrumentor}


def tapped(library: LibraryName) -> list[bool]:
    are_tapped = Lines(library, Connections()).are_tapped
    return [are_tapped("HTTPTransport", "handle_request"), are_tapped("AsyncHTTPTransport", "handle_async_request")]


@pytest.fixture(params=INSTRUMENTORS)
def library(request: pytest.FixtureRequest) -> LibraryName:
    import_module(request.param)
    name: LibraryName = request.param
    return name


@pytest.fixture
def spans(library: LibraryName) -> Iterator[InMemorySpanExporter]:
    """What a tracer of the library has seen."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    INSTRUMENTORS[library]().instrument(tracer_provider=provider)
    yield exporter
    INSTRUMENTORS[library]().uninstrument()


# -- pytest-httpx ------------------------------------------------------------------------------------------------------


def test_a_mock_answers(caller: Caller, httpx_mock: HTTPXMock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONELLM_TRANSPORT", raising=False)  # the mock is httpx's
    httpx_mock.add_response(json=completion("from a mock"))
    assert caller.chat(SETTINGS).choices[0].message.content == "from a mock"
    (asked,) = httpx_mock.get_requests()
    assert str(asked.url) == "https://api.test/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(asked.content)["model"] == "m"


def test_a_mock_streams_and_fails(caller: Caller, httpx_mock: HTTPXMock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONELLM_TRANSPORT", raising=False)
    body = event(chunk("Hello", "stop")) + DONE
    httpx_mock.add_response(content=body, headers={"content-type": "text/event-stream"})
    assert caller.chat_stream(SETTINGS).text == "Hello"
    httpx_mock.add_exception(httpx.ConnectError("no way"))
    with pytest.raises(APIConnectionError, match="no way") as caught:
        caller.chat(SETTINGS, max_retries=0)
    assert caught.value.phase == "connect"


def test_httpx2_in_the_place_of_httpx() -> None:
    """`httpx2.alias_httpx()` makes it pass for httpx: nobody has tapped anything."""
    code = """
import httpx2
httpx2.alias_httpx()
import httpx
from onellm import OneLLM
with OneLLM(providers={"openai": {"base_url": "http://127.0.0.1:1/v1", "api_key": "k"}}, max_retries=0) as client:
    try:
        client.chat.completions.create("openai/m", [{"role": "user", "content": "Hi"}])
    except Exception as error:
        print(type(error).__name__, httpx.HTTPTransport.__init__.__module__)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["APIConnectionError", "httpx2._transports.default"]


# -- VCR ---------------------------------------------------------------------------------------------------------------


def test_a_cassette_is_recorded_and_played(caller: Caller, tmp_path: Path, library: LibraryName) -> None:
    cassette = tmp_path / "chat.yaml"
    recorder = vcr.VCR(filter_headers=["authorization"])
    with serve(OK) as server:
        with recorder.use_cassette(str(cassette)):
            first = caller.chat(server.provider(), client={"transport": library})
        with recorder.use_cassette(str(cassette), record_mode="none"):
            again = caller.chat(server.provider(), client={"transport": library})
    assert first.choices == again.choices
    assert len(server.requests) == 1
    assert KEY not in cassette.read_text()


# -- OpenTelemetry -----------------------------------------------------------------------------------------------------


def test_a_tracer_sees_calls_and_marks_them(caller: Caller, library: LibraryName, spans: InMemorySpanExporter) -> None:
    client = {"transport": library}
    body = streamed(event(chunk("Hel")), event(chunk("lo", "stop")))
    with serve(OK, body, whole(b"{}", status=500)) as server:
        caller.chat(server.provider(), client=client)
        assert caller.chat_stream(server.provider(), client=client).text == "Hello"
        with pytest.raises(Exception, match="500"):
            caller.chat(server.provider(), client=client, max_retries=0)
    seen = [span.attributes or {} for span in spans.get_finished_spans()]
    assert [attributes["http.status_code"] for attributes in seen] == [200, 200, 500]
    assert all(attributes["http.url"] == f"{server.url}/chat/completions" for attributes in seen)
    assert all("traceparent" in request.headers for request in server.requests)
    assert all(request.headers["content-length"] for request in server.requests)


@pytest.mark.usefixtures("spans")
def test_limits_hold_behind_a_tracer(caller: Caller, library: LibraryName) -> None:
    client = {"transport": library}
    with serve([Wait(5)]) as server, pytest.raises(APITimeoutError) as caught:
        caller.chat(server.provider(), client=client, timeout=0.2, max_retries=0)
    assert caught.value.phase == "read"
    with serve(streamed(event(chunk("Hel")), Wait(5))) as server:
        result = caller.chat_stream(server.provider(), client=client, deadline=0.3)
    assert result.text == "Hel"
    assert isinstance(result.error, APITimeoutError)


@pytest.mark.usefixtures("spans")
def test_a_connection_outlives_the_tap(library: LibraryName) -> None:
    """It is the same line with and without it."""
    tracer = INSTRUMENTORS[library]()
    with serve(OK) as server, OneLLM(providers=server.provider(), transport=library) as client:
        ask = client.chat.completions.create
        ask("openai/m", [{"role": "user", "content": "Hi"}])
        assert tapped(library) == [True, True]
        tracer.uninstrument()
        assert tapped(library) == [False, False]
        ask("openai/m", [{"role": "user", "content": "Hi"}])
        tracer.instrument()
        ask("openai/m", [{"role": "user", "content": "Hi"}])
        assert len(server.requests) == 3
        assert server.connections == 1


def test_an_address_in_the_place_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """As guarded fetches have it: the tap sees where the request goes, and the host's name in `Host`."""
    seen: list[httpx.Request] = []
    send = httpx.HTTPTransport.handle_request

    def tap(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return send(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", tap)
    transport = HTTPCoreTransport(Connections())
    with serve(OK) as server:
        place = f"http://no-such-host.test:{server.port}/v1"
        body = transport.send(Request("GET", place, [], b"", "127.0.0.1"), 1, 1, 1)
        while body.read(1):
            pass
    assert str(seen[0].url) == f"http://127.0.0.1:{server.port}/v1"
    assert server.requests[0].headers["host"] == f"no-such-host.test:{server.port}"


def test_nobody_is_there(caller: Caller, library: LibraryName) -> None:
    assert tapped(library) == [False, False]
    with serve(OK) as server:
        caller.chat(server.provider(), client={"transport": library})
    assert "traceparent" not in server.requests[0].headers
