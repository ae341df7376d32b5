"""What others put in the place of httpx's transport still sees every request: mocks, recorders, tracers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr  # type: ignore[import-untyped]
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pytest_httpx import HTTPXMock

from onellm import APIConnectionError, APITimeoutError, OneLLM
from onellm.transport.lines import is_tapped
from tests.support import DONE, KEY, Caller, Wait, chunk, completion, event, serve, streamed, whole
from tests.transport.peers import OK

SETTINGS: dict[str, Any] = {"openai": {"base_url": "https://api.test/v1", "api_key": KEY}}


def tapped() -> list[bool]:
    return [is_tapped("HTTPTransport", "handle_request"), is_tapped("AsyncHTTPTransport", "handle_async_request")]


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What a tracer of httpx has seen."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    HTTPXClientInstrumentor().instrument(tracer_provider=provider)
    yield exporter
    HTTPXClientInstrumentor().uninstrument()


# -- pytest-httpx ------------------------------------------------------------------------------------------------------


def test_a_mock_answers(caller: Caller, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json=completion("from a mock"))
    assert caller.chat(SETTINGS).choices[0].message.content == "from a mock"
    (asked,) = httpx_mock.get_requests()
    assert str(asked.url) == "https://api.test/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(asked.content)["model"] == "m"


def test_a_mock_streams_and_fails(caller: Caller, httpx_mock: HTTPXMock) -> None:
    body = event(chunk("Hello", "stop")) + DONE
    httpx_mock.add_response(content=body, headers={"content-type": "text/event-stream"})
    assert caller.chat_stream(SETTINGS).text == "Hello"
    httpx_mock.add_exception(httpx.ConnectError("no way"))
    with pytest.raises(APIConnectionError, match="no way") as caught:
        caller.chat(SETTINGS, max_retries=0)
    assert caught.value.phase == "connect"


# -- VCR ---------------------------------------------------------------------------------------------------------------


def test_a_cassette_is_recorded_and_played(caller: Caller, tmp_path: Path) -> None:
    cassette = tmp_path / "chat.yaml"
    recorder = vcr.VCR(filter_headers=["authorization"])
    with serve(OK) as server:
        with recorder.use_cassette(str(cassette)):
            first = caller.chat(server.provider())
        with recorder.use_cassette(str(cassette), record_mode="none"):
            again = caller.chat(server.provider())
    assert first.choices == again.choices
    assert len(server.requests) == 1
    assert KEY not in cassette.read_text()


# -- OpenTelemetry -----------------------------------------------------------------------------------------------------


def test_a_tracer_sees_calls_and_marks_them(caller: Caller, spans: InMemorySpanExporter) -> None:
    body = streamed(event(chunk("Hel")), event(chunk("lo", "stop")))
    with serve(OK, body, whole(b"{}", status=500)) as server:
        caller.chat(server.provider())
        assert caller.chat_stream(server.provider()).text == "Hello"
        with pytest.raises(Exception, match="500"):
            caller.chat(server.provider(), max_retries=0)
    seen = [span.attributes or {} for span in spans.get_finished_spans()]
    assert [attributes["http.status_code"] for attributes in seen] == [200, 200, 500]
    assert all(attributes["http.url"] == f"{server.url}/chat/completions" for attributes in seen)
    assert all("traceparent" in request.headers for request in server.requests)
    assert all(request.headers["content-length"] for request in server.requests)


@pytest.mark.usefixtures("spans")
def test_limits_hold_behind_a_tracer(caller: Caller) -> None:
    with serve([Wait(5)]) as server, pytest.raises(APITimeoutError) as caught:
        caller.chat(server.provider(), timeout=0.2, max_retries=0)
    assert caught.value.phase == "read"
    with serve(streamed(event(chunk("Hel")), Wait(5))) as server:
        result = caller.chat_stream(server.provider(), deadline=0.3)
    assert result.text == "Hel"
    assert isinstance(result.error, APITimeoutError)


def test_a_connection_outlives_the_tap(spans: InMemorySpanExporter) -> None:
    """It is the same line with and without it."""
    with serve(OK) as server, OneLLM(providers=server.provider()) as client:
        ask = client.chat.completions.create
        ask("openai/m", [{"role": "user", "content": "Hi"}])
        assert tapped() == [True, True]
        HTTPXClientInstrumentor().uninstrument()
        assert tapped() == [False, False]
        ask("openai/m", [{"role": "user", "content": "Hi"}])
        HTTPXClientInstrumentor().instrument()
        ask("openai/m", [{"role": "user", "content": "Hi"}])
        assert len(server.requests) == 3
        assert server.connections == 1


def test_nobody_is_there(caller: Caller) -> None:
    assert tapped() == [False, False]
    with serve(OK) as server:
        caller.chat(server.provider())
    assert "traceparent" not in server.requests[0].headers
