"""Hard cases ERR-13, 14 and 15: what an error may show, what kind it is, whose request it was."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

import onellm
from onellm import APIConnectionError, APITimeoutError, AuthenticationError, InvalidRequestError
from tests.support import DONE, KEY, Answer, End, Wait, chunk, completion, event, serve, streamed, whole
from tests.wire import both

ONCE: dict[str, Any] = {"max_retries": 0}
HTML = b"<html><body>Please log in.</body></html>"
OPENAI = {"error": {"message": "No.", "type": "t", "param": None, "code": None}}
ways = pytest.mark.parametrize("how", ["whole", "streamed"])


def failure(caller: Any, how: str, *script: Answer, model: str = "openai/m", **params: Any) -> tuple[Any, int]:
    """The error of a call, and how many requests came."""
    with serve(*script) as server, pytest.raises(onellm.OneLLMError) as caught:
        (caller.chat if how == "whole" else caller.chat_stream)(server.provider(), model, **params)
    return caught.value, len(server.requests)


SECRET = 'sk-live-a/b+c"d\\e=0123456789'


@both
@ways
@pytest.mark.parametrize("name", ["openai", "venice", "groq", "openrouter"])
def test_err_13_an_error_shows_no_key(caller: Any, how: str, name: str) -> None:
    """The service echoes the key in its body, escaped in its own way, and in a header."""
    escaped = SECRET.replace("\\", "\\\\").replace('"', '\\"').replace("/", "\\/").encode()
    body = b'{"error": {"message": "Incorrect API key provided: ' + escaped + b'", "code": "invalid_api_key"}}'
    answer = whole(body, 401, {"X-Echo": f"Bearer {SECRET}", "X-Request-Id": SECRET})
    with serve(answer) as server:
        providers = server.provider(api_key=SECRET)
        with pytest.raises(AuthenticationError) as caught:
            (caller.chat if how == "whole" else caller.chat_stream)(providers, f"{name}/m")
    assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"
    error = caught.value
    shown = [str(error), repr(error), repr(error.__dict__), repr(pickle.dumps(error)), repr(error.__cause__)]
    assert not [text for text in shown if SECRET in text or "0123456789" in text]


@both
def test_err_13_no_error_on_the_way_shows_a_key(caller: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead host, a base URL that holds a password, a proxy whose URL does."""
    for variable in ("NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(variable, raising=False)
    dead = {"openai": {"base_url": "http://127.0.0.1:9/v1", "api_key": SECRET}}
    with pytest.raises(APIConnectionError) as refused:
        caller.chat(dead, **ONCE)
    settings = ["https://user:pa55word-0123456789@h.example/v1", "ftp://user:pa55word-0123456789@h.example"]
    for url in settings:
        with pytest.raises(onellm.ConfigurationError) as misconfigured:
            caller.chat({"openai": {"base_url": url, "api_key": SECRET}})
        assert "0123456789" not in repr(misconfigured.value)
    monkeypatch.setenv("HTTP_PROXY", "http://user:pa55word-0123456789@127.0.0.1:9")
    with pytest.raises(APIConnectionError) as proxied:
        caller.chat({"openai": {"base_url": "http://h.example/v1", "api_key": SECRET}}, **ONCE)
    for error in (refused.value, proxied.value):
        texts = [str(error), repr(error), repr(pickle.dumps(error)), repr(error.__cause__), repr(error.__context__)]
        assert not [text for text in texts if "0123456789" in text]


@both
def test_err_14_each_kind_of_failure_keeps_its_kind_and_cause(caller: Any) -> None:
    refused, _ = _raised(caller, {"openai": {"base_url": "http://127.0.0.1:9/v1", "api_key": KEY}})
    assert (type(refused), refused.phase) == (APIConnectionError, "connect")
    assert isinstance(refused.__cause__, Exception)
    error, _ = failure(caller, "whole", [Wait(5)], timeout=0.2, **ONCE)
    assert isinstance(error, APITimeoutError)
    cut: Any = whole(completion())[0]
    error, _ = failure(caller, "whole", [cut[:-20], End(reset=True)], **ONCE)
    assert isinstance(error, APIConnectionError)
    assert not isinstance(error, APITimeoutError)
    assert error.phase != "connect"
    assert isinstance(error.__cause__, Exception)
    error, requests = failure(caller, "whole", whole(completion()), messages=[{"role": "user", "content": "\ud83d"}])
    assert type(error) is InvalidRequestError
    assert (error.status, requests) == (None, 0)


def _raised(caller: Any, providers: Any) -> tuple[Any, Any]:
    with pytest.raises(onellm.OneLLMError) as caught:
        caller.chat(providers, **ONCE)
    return caught.value, caught


@both
@ways
@pytest.mark.parametrize("header", ["x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "cf-ray"])
def test_err_15_the_request_id_is_on_answers_and_errors(caller: Any, how: str, header: str) -> None:
    headers = {header: "req-42"}
    good = streamed(event(chunk("Hi")), event(chunk(finish="stop")), DONE, headers=headers)
    with serve(whole(completion(), headers=headers) if how == "whole" else good) as server:
        answer = (caller.chat if how == "whole" else caller.chat_stream)(server.provider())
    assert answer.meta.request_id == "req-42"
    for bad in (whole(OPENAI, 400, headers), whole(HTML, 200, headers, "text/html")):
        error, _ = failure(caller, how, bad)
        assert error.request_id == "req-42"


@both
def test_err_15_the_request_id_is_on_a_broken_stream(caller: Any) -> None:
    for last in (End(), event({"error": {"message": "Broke.", "code": 500}})):
        with serve(streamed(event(chunk("Hi")), last, headers={"x-request-id": "req-42"}, end=False)) as server:
            stream = caller.chat_stream(server.provider())
        assert stream.error is not None
        assert stream.error.request_id == "req-42"
