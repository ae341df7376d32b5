"""httpx transports that the user brings, and respx: their errors are ours, their timeouts hold, they stay open."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import httpx2
import pytest
import respx

import onellm
from onellm import (
    APIConnectionError,
    APITimeoutError,
    BadResponseError,
    ConfigurationError,
    InvalidRequestError,
    OneLLMError,
    RateLimitError,
    StreamInterrupted,
    Timeout,
)
from tests.support import DONE, KEY, Caller, chunk, completion, event
from tests.surroundings import PROXIES

SETTINGS: dict[str, Any] = {"openai": {"base_url": "https://api.test/v1", "api_key": KEY}}
Handler = Callable[[httpx.Request], httpx.Response]


class Kept(httpx.MockTransport):
    """A transport that notes whether somebody closed it."""

    closed = False

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


def chat(caller: Caller, handler: Handler, **params: Any) -> Any:
    return caller.chat(SETTINGS, client={"transport": Kept(handler)}, **params)


def test_the_request_as_the_transport_sees_it(caller: Caller) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=completion("from a mock"))

    answer = chat(caller, handler, temperature=0)
    assert answer.choices[0].message.content == "from a mock"
    request = seen[0]
    assert request.method == "POST"
    assert str(request.url) == "https://api.test/v1/chat/completions"
    assert request.headers["host"] == "api.test"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == f"onellm/{onellm.__version__}"
    content = request.read()
    assert request.headers["content-length"] == str(len(content))
    assert json.loads(content) == {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0}


def test_a_stream_through_it(caller: Caller) -> None:
    body = event(chunk("Hel")) + event(chunk("lo")) + event(chunk(None, "stop")) + DONE
    transport = Kept(lambda request: httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body))
    result = caller.chat_stream(SETTINGS, client={"transport": transport})
    assert result.text == "Hello"
    assert not transport.closed


def test_it_is_never_closed(caller: Caller) -> None:
    transport = Kept(lambda request: httpx.Response(200, json=completion()))
    for _ in range(2):
        caller.chat(SETTINGS, client={"transport": transport})
    failing = Kept(lambda request: httpx.Response(500))
    with pytest.raises(OneLLMError):
        caller.chat(SETTINGS, client={"transport": failing}, max_retries=0)
    assert not transport.closed
    assert not failing.closed


def test_it_is_used_whatever_the_environment_says(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES[:3]:
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    answer = chat(caller, lambda request: httpx.Response(200, json=completion()))
    assert answer.choices[0].message.content == "Hello"


ERRORS: list[tuple[Exception, type[OneLLMError], str]] = [
    (httpx.ConnectError("x"), APIConnectionError, "connect"),
    (httpx.ConnectTimeout("x"), APITimeoutError, "connect"),
    (httpx.ReadTimeout("x"), APITimeoutError, "read"),
    (httpx.PoolTimeout(""), APITimeoutError, "pool"),
    (httpx.WriteError("x"), APIConnectionError, "send"),
    (httpx.WriteTimeout("x"), APIConnectionError, "send"),
    (httpx.ReadError("x"), APIConnectionError, "reset"),
    (httpx.CloseError("x"), APIConnectionError, "reset"),
    (httpx.RemoteProtocolError("Server disconnected without sending a response."), APIConnectionError, "reset"),
    (httpx.RemoteProtocolError("illegal status line"), BadResponseError, "read"),
    (httpx.ProxyError("403 Forbidden"), APIConnectionError, "proxy"),
    (httpx.LocalProtocolError("x"), InvalidRequestError, ""),
    (httpx.UnsupportedProtocol("x"), ConfigurationError, ""),
]


@pytest.mark.parametrize(("theirs", "ours", "phase"), ERRORS, ids=[type(row[0]).__name__ for row in ERRORS])
def test_its_errors_are_ours(caller: Caller, theirs: Exception, ours: type[OneLLMError], phase: str) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise theirs

    with pytest.raises(OneLLMError) as caught:
        chat(caller, handler, max_retries=0)
    assert isinstance(caught.value, ours)
    assert str(caught.value)
    assert caught.value.__cause__ is theirs
    if phase:
        assert getattr(caught.value, "phase", "") == phase


def test_a_body_that_breaks(caller: Caller) -> None:
    class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield event(chunk("Hel"))
            raise httpx.ReadError("gone")

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in self:
                yield piece

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Broken())

    result = caller.chat_stream(SETTINGS, client={"transport": Kept(handler)})
    assert result.text == "Hel"
    assert isinstance(result.error, StreamInterrupted)
    with pytest.raises(APIConnectionError):
        chat(caller, handler, max_retries=0)


def test_it_is_told_the_limits(caller: Caller) -> None:
    seen: list[Any] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200, json=completion())

    chat(caller, handler, timeout=Timeout(connect=1.5, reply=2.5, pool=3.5))
    assert seen == [{"connect": 1.5, "read": 2.5, "write": 2.5, "pool": 3.5}]


def test_an_async_transport_that_sleeps_is_cut_off() -> None:
    async def handler(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        return httpx.Response(200, json=completion())

    with pytest.raises(APITimeoutError, match=r"No answer"):
        Caller("async").chat(SETTINGS, client={"transport": Kept(handler)}, timeout=0.1, max_retries=0)


@pytest.mark.parametrize("how", ["stall", "deadline"])
def test_a_body_that_sleeps_is_cut_off(how: str) -> None:
    class Sleepy(httpx.AsyncByteStream):
        closed = False

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield event(chunk("Hel"))
            await asyncio.sleep(5)

        async def aclose(self) -> None:
            self.closed = True

    body = Sleepy()

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body)

    limits: dict[str, Any] = {"timeout": Timeout(stall=0.1)} if how == "stall" else {"deadline": 0.1}
    result = Caller("async").chat_stream(SETTINGS, client={"transport": Kept(handler)}, **limits)
    assert result.text == "Hel"
    assert isinstance(result.error, APITimeoutError)
    assert result.error.phase == how
    assert body.closed


def test_packed_answers(caller: Caller) -> None:
    import gzip

    packed = gzip.compress(json.dumps(completion("unpacked")).encode())
    head = {"content-encoding": "gzip", "content-type": "application/json"}

    class Packed(httpx.ByteStream):
        pass

    answer = chat(caller, lambda request: httpx.Response(200, headers=head, stream=Packed(packed)))
    assert answer.choices[0].message.content == "unpacked"
    with pytest.raises(BadResponseError, match="ends before its end"):
        chat(caller, lambda request: httpx.Response(200, headers=head, stream=Packed(packed[:-9])), max_retries=0)


def test_retries_go_through_it_too(caller: Caller) -> None:
    answers = [httpx.Response(429, headers={"retry-after": "0"}), httpx.Response(200, json=completion())]
    answer = chat(caller, lambda request: answers.pop(0))
    assert [attempt.status for attempt in answer.meta.attempts] == [429, 200]


# -- httpx2 -----------------------------------------------------------------------------------------------------------


def test_transports_of_httpx2(caller: Caller) -> None:
    """They are given httpx2's requests, and their errors are ours as well."""
    seen: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        if len(seen) == 2:
            raise httpx2.ConnectError("no way")
        return httpx2.Response(200, json=completion("from httpx2"))

    transport = httpx2.MockTransport(handler)
    answer = caller.chat(SETTINGS, client={"transport": transport})
    assert answer.choices[0].message.content == "from httpx2"
    assert isinstance(seen[0], httpx2.Request)
    assert str(seen[0].url) == "https://api.test/v1/chat/completions"
    assert json.loads(seen[0].read())["model"] == "m"
    with pytest.raises(APIConnectionError, match="no way") as caught:
        caller.chat(SETTINGS, client={"transport": transport}, max_retries=0)
    assert caught.value.phase == "connect"


def test_httpx2_that_is_not_installed(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(ConfigurationError, match="python -m pip install httpx2"):
        caller.chat(SETTINGS, client={"transport": "httpx2"})


@pytest.mark.parametrize("other", [httpx.Client(), object()], ids=["a client", "an object"])
def test_what_is_no_transport(caller: Caller, other: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"transport= takes an? .*transport of httpx or httpx2"):
        caller.chat(SETTINGS, client={"transport": other})


def test_a_blocking_transport_is_none_for_an_async_client() -> None:
    with pytest.raises(ConfigurationError, match=r"takes an async transport.*HTTPTransport is none"):
        Caller("async").chat(SETTINGS, client={"transport": httpx.HTTPTransport()})


# -- respx -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def default_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    """httpx, whatever the environment asks for: respx mocks nothing else."""
    monkeypatch.delenv("ONELLM_TRANSPORT", raising=False)


@pytest.mark.usefixtures("default_transport")
def test_respx_intercepts(caller: Caller) -> None:
    with respx.mock as router:
        route = router.post("https://api.test/v1/chat/completions").respond(json=completion("from respx"))
        for _ in range(2):
            assert caller.chat(SETTINGS).choices[0].message.content == "from respx"
    assert route.call_count == 2
    assert json.loads(route.calls[0].request.content)["model"] == "m"
    assert route.calls[0].request.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.usefixtures("default_transport")
def test_respx_streams_and_fails(caller: Caller) -> None:
    body = event(chunk("Hello", "stop")) + DONE
    with respx.mock as router:
        route = router.post("https://api.test/v1/chat/completions")
        route.respond(content_type="text/event-stream", content=body)
        assert caller.chat_stream(SETTINGS).text == "Hello"
        route.respond(429, json={"error": {"message": "slow down"}})
        with pytest.raises(RateLimitError, match="slow down"):
            caller.chat(SETTINGS, max_retries=0)
        route.mock(side_effect=httpx.ConnectError)
        with pytest.raises(APIConnectionError):
            caller.chat(SETTINGS, max_retries=0)
