"""No key is shown: not by a value, not by an error or its frames, not in a log (reliability.md S1-S5, ERR-13)."""

from __future__ import annotations

import json
import logging
import pickle
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import onellm
from onellm import ChatRequest, Connections, OneLLMError, Secret
from onellm.config import load_config
from tests.both import Either, story
from tests.hunt import Log, assert_clean, chain, hunt
from tests.support import DONE, ByteServer, Caller, End, Piece, Wait, chunk, completion, event, serve, streamed, whole
from tests.surroundings import bare_environment
from tests.transport.peers import listen, proxy

PROMPT = "what-I-asked-in-confidence"
QUESTION: list[dict[str, object]] = [{"role": "user", "content": PROMPT}]
GOOD = streamed(event(chunk("Hi")), event(chunk(None, "stop")), DONE)


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest) -> Caller:
    return Caller(request.param)


@pytest.fixture
def key() -> str:
    return f"sk-{secrets.token_urlsafe(24)}"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


@pytest.fixture
def log() -> Iterator[Log]:
    """The root logger at DEBUG, with httpx's and httpcore's lines."""
    handler, root = Log(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def settings(server: ByteServer, key: str) -> dict[str, dict[str, Any]]:
    return {"openai": {"base_url": server.url, "api_key": key}}


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.security("S1", "S4")
def test_values_on_the_way_of_a_good_call(caller: Caller, key: str, log: Log) -> None:
    async def tell(client: Either) -> None:
        answer = await client.chat(QUESTION)
        stream = await client.chat(QUESTION, stream=True)
        provider = client.client.provider("openai")
        request = ChatRequest(model="m", messages=[{"role": "user", "content": "Hi"}])
        with pytest.raises(TypeError):
            pickle.dumps(client.client)
        things = [client.client, client.client.chat, answer, answer.meta, stream, stream.meta, provider]
        things += [provider.settings, provider.chat(request), provider.chat_stream(request), provider.models()]
        for thing in things:
            assert hunt(thing, key) == [], thing
        whole_again = await client.do(stream.final)
        assert hunt(whole_again, key) == []
        for thing in (client.client, stream):
            assert hunt(thing, key) == [], "nothing remembers it after the call either"

    with serve(whole(completion()), GOOD) as server:
        story(caller.kind, tell, providers=settings(server, key))
        assert all(request.headers["authorization"] == f"Bearer {key}" for request in server.requests)
    assert log.lines, "httpcore logs at this level"
    assert key not in log.text
    assert PROMPT not in log.text


@pytest.mark.security("S1")
def test_keys_of_the_environment_and_of_files(
    caller: Caller, key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    (tmp_path / ".env").write_text(f"GROQ_API_KEY={key}\n")
    load_config(tmp_path / ".env")

    async def tell(client: Either) -> None:
        for model in ("openai/m", "groq/m"):
            await client.chat(QUESTION, model=model)
        assert hunt(client.client, key) == []

    with serve(whole(completion())) as server:
        story(caller.kind, tell, providers={name: {"base_url": server.url} for name in ("openai", "groq")})
        assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {key}"}


@pytest.mark.security("S1")
def test_a_request_on_the_wire_prints_neither_headers_nor_body(key: str) -> None:
    request = onellm.call.Request("POST", f"https://h/v1?key={key}", [("Authorization", key)], PROMPT.encode())
    assert repr(request) == "Request(POST https://h/v1)"


@pytest.mark.security("S1")
def test_a_secret_shows_itself_to_nobody(key: str) -> None:
    secret = Secret(key)
    assert hunt(secret, key) == []
    assert hunt({"a": [secret]}, key) == []
    assert f"{secret} {secret!r}" == "Secret('…') Secret('…')"
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    assert secret.reveal() == key
    assert secret == Secret(key)
    assert hash(secret) == hash(Secret(key))
    assert secret != key
    assert secret.hint == f"…{key[-4:]}"
    assert Secret("short").hint == "…"


@pytest.mark.security("S1")
def test_connections_print_no_password() -> None:
    connections = Connections(proxy="http://me:hidden@proxy:1", cert=("a", "b", "hidden"))
    assert "hidden" not in f"{connections} {connections!r}"


# -- errors ------------------------------------------------------------------------------------------------------------


def echo(key: str, status: int) -> list[Piece]:
    body = {"error": {"message": f"Incorrect API key provided: {key}.", "code": "invalid_api_key", "param": key}}
    return list(whole(body, status))


def page(key: str) -> list[Piece]:
    return list(whole(f"<html>Authorization: Bearer {key}</html>".encode(), content_type="text/html"))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"


@pytest.mark.security("S2", "S3", "S4")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    "name", ["401", "500", "echoing page", "error in a 200", "FIN", "RST", "cut", "no HTTP", "silence", "stall", "gzip"]
)
def test_errors(caller: Caller, key: str, log: Log, name: str, stream: bool) -> None:
    answers: dict[str, list[Piece]] = {
        "401": echo(key, 401),
        "500": echo(key, 500),
        "echoing page": page(key),
        "error in a 200": echo(key, 200),
        "FIN": [End()],
        "RST": [End(reset=True)],
        "cut": [HEAD, Wait(0.02), End()],
        "no HTTP": [b"nonsense\n\n", End()],
        "silence": [Wait(5)],
        "stall": [HEAD, Wait(5)],
        "gzip": list(whole(b"none", headers={"Content-Encoding": "gzip"})),
    }
    with serve(answers[name]) as server, pytest.raises(OneLLMError) as caught:
        caller.chat(settings(server, key), messages=QUESTION, stream=stream, timeout=0.2, max_retries=1)
    assert server.requests[0].headers["authorization"] == f"Bearer {key}"
    assert_clean(caught.value, key)
    assert key not in log.text
    assert PROMPT not in log.text


@pytest.mark.security("S2", "S3")
def test_the_request_is_not_kept_by_the_cause(caller: Caller, key: str) -> None:
    """httpx's errors, of a transport that the user brought, carry their request; ours leads to them without it."""
    transport = httpx.HTTPTransport() if caller.kind == "sync" else httpx.AsyncHTTPTransport()
    with serve([End()]) as server, pytest.raises(OneLLMError) as caught:
        caller.chat(settings(server, key), client={"transport": transport}, max_retries=0)
    links = chain(caught.value)
    assert any(type(link).__module__ == "httpx" for link in links)
    for link in links:
        assert getattr(link, "_request", None) is None


def answer_in_the_clear(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


@pytest.mark.security("S2", "S3", "S4")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_key_of_one_call(caller: Caller, key: str, log: Log, stream: bool) -> None:
    with serve(echo(key, 401)) as server, pytest.raises(OneLLMError) as caught:
        caller.chat({"openai": {"base_url": server.url}}, stream=stream, api_key=key)
    assert server.requests[0].headers["authorization"] == f"Bearer {key}"
    assert_clean(caught.value, key)
    assert key not in log.text


@pytest.mark.security("S2", "S3")
def test_a_key_through_the_faces(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(echo(key, 401)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        with pytest.raises(OneLLMError) as caught:
            onellm.ChatCompletion.create("openai/m", [{"role": "user", "content": "Hi"}], api_key=key)
        assert_clean(caught.value, key)


@pytest.mark.security("S2", "S3")
@pytest.mark.parametrize("answer", [[Wait(5)], [End()], [HEAD, Wait(5)]], ids=["silence", "FIN", "stall"])
def test_frames_inside_httpx(caller: Caller, key: str, answer: list[Piece]) -> None:
    """Where httpcore forwards through a proxy, a local of its frames is the list of headers; no error leads there."""
    with serve(answer) as server, proxy(server.port) as between, pytest.raises(OneLLMError) as caught:
        caller.chat(
            {"openai": {"base_url": "http://api.test/v1", "api_key": key}},
            client={"connections": Connections(proxy=between.url())},
            timeout=0.2,
            max_retries=0,
        )
    assert key in between.heads[0]
    assert_clean(caught.value, key)


@pytest.mark.security("S2", "S3", "S4")
@pytest.mark.parametrize("where", ["nobody listens", "no name", "proxy refuses", "proxy gone", "plain port"])
def test_connections_that_fail(caller: Caller, key: str, log: Log, where: str) -> None:
    password = secrets.token_urlsafe(12)
    with listen(answer_in_the_clear) as port, proxy(refuse=b"407 Proxy Authentication Required") as between:
        proxied = f"http://me:{password}@127.0.0.1"
        url, via = {
            "nobody listens": ("http://127.0.0.1:1/v1", None),
            "no name": ("http://no-such-host.invalid/v1", None),
            "proxy refuses": ("https://api.test/v1", f"{proxied}:{between.port}"),
            "proxy gone": ("https://api.test/v1", f"{proxied}:1"),
            "plain port": (f"https://127.0.0.1:{port}/v1", None),
        }[where]
        with pytest.raises(OneLLMError) as caught:
            caller.chat(
                {"openai": {"base_url": url, "api_key": key}},
                client={"connections": Connections(proxy=via)},
                max_retries=0,
            )
    for secret in (key, password):
        assert_clean(caught.value, secret)
        assert secret not in log.text


@pytest.mark.security("S2", "S3", "S4")
@pytest.mark.parametrize("end", [End(), End(reset=True), Wait(5)], ids=["FIN", "RST", "stall"])
def test_a_stream_that_breaks(caller: Caller, key: str, log: Log, end: Piece) -> None:
    with serve(streamed(event(chunk("Hi")), end, end=False)) as server:
        result = caller.chat_stream(settings(server, key), timeout=0.2)
    assert isinstance(result.error, OneLLMError)
    assert_clean(result.error, key)
    assert key not in log.text


@pytest.mark.security("S2", "S3")
def test_an_error_event_that_echoes(caller: Caller, key: str) -> None:
    with serve(streamed(event(chunk("Hi")), event({"error": {"message": f"bad {key}"}}))) as server:
        result = caller.chat_stream(settings(server, key))
    assert isinstance(result.error, OneLLMError)
    assert "[key]" in str(result.error)
    assert_clean(result.error, key)
