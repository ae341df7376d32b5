"""The first kind of operation, a call, through both engines; and a resource, which binds operations to an engine."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
from collections.abc import Generator
from typing import Any, TypeVar

import pytest

from onellm import errors
from onellm.async_engine import AsyncEngine
from onellm.body import JSON, File, Form, Multipart
from onellm.call import Call, Flow, Reply, Request, StreamCall, ask
from onellm.engine import Engine
from onellm.resource import Resource, endpoint, stream
from tests.engine.ops import both, call, lines, ok, options, stream_call
from tests.support import Caller, End, Wait, serve, whole


@both
def test_call(caller: Caller) -> None:
    """What the call says goes out; what its parse makes of the answer comes back."""

    def parse(reply: Reply) -> Any:
        return reply.status, reply.headers["x-one"], reply.headers["x-two"], reply.body

    answer = whole(b'{"a":1}', 201, {"X-One": "1", "x-two": "a\r\nX-Two: b"})
    with serve(answer) as server:
        fields: dict[str, Any] = {"method": "PUT", "headers": {"X-Mine": "mine"}, "body": JSON({"k": "ü"})}
        result = caller.run(lambda: call(server.url + "/things?q=1", parse, **fields))
        assert result == (201, "1", "a, b", b'{"a":1}')
        (request,) = server.requests
    assert (request.method, request.path, request.body) == ("PUT", "/v1/things?q=1", '{"k":"ü"}'.encode())
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(request.body))
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["x-mine"] == "mine"
    assert request.headers["user-agent"].startswith("onellm/")
    assert "cookie" not in request.headers


@both
@pytest.mark.parametrize(
    ("body", "media_type", "content"),
    [
        (None, None, b""),
        (b"raw", "application/octet-stream", b"raw"),
        (Form({"a": "1 2", "b": "ü"}), "application/x-www-form-urlencoded", b"a=1+2&b=%C3%BC"),
        (Multipart([("a", "1"), ("f", File('x".png', b"\x00\xff", "image/png"))]), "multipart/form-data", None),
    ],
    ids=["none", "bytes", "form", "multipart"],
)
def test_call_bodies(caller: Caller, body: Any, media_type: str | None, content: bytes | None) -> None:
    with serve(ok()) as server:
        caller.run(lambda: call(server.url, body=body))
        (request,) = server.requests
    given, _, boundary = request.headers.get("content-type", "").partition("; boundary=")
    assert given == (media_type or "")
    if content is None:
        mark = b"--" + boundary.encode()
        head = b'Content-Disposition: form-data; name="'
        first = mark + b"\r\n" + head + b'a"\r\n\r\n1\r\n'
        second = mark + b"\r\n" + head + b'f"; filename="x%22.png"\r\nContent-Type: image/png\r\n\r\n\x00\xff\r\n'
        content = first + second + mark + b"--\r\n"
    assert request.body == content


@both
def test_call_without_a_body_sends_none(caller: Caller) -> None:
    with serve(ok()) as server:
        caller.run(lambda: call(server.url, method="GET"))
        assert "content-length" not in server.requests[0].headers
        assert "content-type" not in server.requests[0].headers


@both
def test_body_is_made_afresh_for_each_attempt(caller: Caller) -> None:
    """A timestamp or a nonce must not be sent twice."""
    numbers = itertools.count(1)
    with serve(whole({"error": {}}, 503), [End()], ok()) as server:
        assert caller.run(lambda: call(server.url, body=lambda: JSON({"n": next(numbers)})), options()) == "ok"
        assert [request.json for request in server.requests] == [{"n": 1}, {"n": 2}, {"n": 3}]


class Challenged:
    """Signs with a nonce that only the refusal tells."""

    def __init__(self, rounds: int = 1) -> None:
        self.rounds = rounds

    def flow(self, request: Request) -> Generator[Request, Reply, None]:
        request.headers.append(("X-Signature", "none"))
        for _ in range(self.rounds):
            reply = yield request
            request.headers[-1] = ("X-Signature", f"{reply.headers['x-nonce']} {json.loads(reply.body)['realm']}")
        yield request


REFUSED = {401: whole({"realm": "r1"}, 401, {"X-Nonce": "n1"}), 402: whole({"realm": "r1"}, 402, {"X-Nonce": "n1"})}


@both
@pytest.mark.parametrize("status", [401, 402])
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_auth_challenge_is_signed_again(caller: Caller, status: int, streams: bool) -> None:
    """Two sends, one attempt; the body is the same."""
    numbers = itertools.count(1)
    fields: dict[str, Any] = {"auth": Challenged(), "body": lambda: JSON({"n": next(numbers)})}
    with serve(REFUSED[status], lines("a") if streams else ok()) as server:
        if streams:
            result = caller.stream(lambda: stream_call(server.url, **fields), options(0))
            assert (result.events, result.error) == (["a"], None)
            assert len(result.meta.attempts) == 1
        else:
            assert caller.run(lambda: call(server.url, **fields), options(0)) == "ok"
        assert [request.headers["x-signature"] for request in server.requests] == ["none", "n1 r1"]
        assert [request.json for request in server.requests] == [{"n": 1}, {"n": 1}]


@both
def test_auth_that_is_refused_again_ends(caller: Caller) -> None:
    with serve(REFUSED[401]) as server:
        with pytest.raises(errors.AuthenticationError):
            caller.run(lambda: call(server.url, auth=Challenged()), options())
        assert len(server.requests) == 2
        with pytest.raises(errors.AuthenticationError):
            caller.run(lambda: call(server.url, auth=Challenged(0)), options())
        assert len(server.requests) == 3


# -- resources --------------------------------------------------------------------------------------------------------

IO = TypeVar("IO", Engine, AsyncEngine)


class Things(Resource[IO]):
    """A group of operations, as a service's client has them."""

    url = ""

    @endpoint
    def get(self, name: str, *, twice: bool = False) -> Call[str]:
        """Get a thing."""
        return call(f"{self.url}/{name}{name if twice else ''}")

    @endpoint
    def both(self, name: str) -> Flow[str]:
        """Get it in two steps."""
        first = yield from ask(call(f"{self.url}/{name}"))
        return f"{first} {(yield from ask(call(f'{self.url}/{name}')))}"

    @stream
    def read(self, name: str) -> StreamCall[str, list[str]]:
        """Read it line by line."""
        return stream_call(f"{self.url}/{name}")


def test_blocking_resource() -> None:
    """Each method returns what its operation gives."""
    with serve(ok("1"), ok("2"), ok("3"), lines("a", "b"), lines("c")) as server, Engine() as engine:
        things = Things(engine)
        things.url = server.url
        assert things.get("x", twice=True) == "1"
        assert things.both("y") == "2 3"
        assert list(things.read("z")) == ["a", "b"]
        with things.read(name="z") as lines_of_z:
            assert lines_of_z.final() == ["c"]
        assert [request.path for request in server.requests] == ["/v1/xx", "/v1/y", "/v1/y", "/v1/z", "/v1/z"]


def test_async_resource() -> None:
    """Each method returns a coroutine of it."""

    async def main(url: str) -> None:
        async with AsyncEngine() as engine:
            things = Things(engine)
            things.url = url
            assert await things.get("x", twice=True) == "1"
            assert await things.both("y") == "2 3"
            assert [line async for line in await things.read("z")] == ["a", "b"]
            async with await things.read(name="z") as lines_of_z:
                assert await lines_of_z.final() == ["c"]

    with serve(ok("1"), ok("2"), ok("3"), lines("a", "b"), lines("c")) as server:
        asyncio.run(main(server.url))
        assert [request.path for request in server.requests] == ["/v1/xx", "/v1/y", "/v1/y", "/v1/z", "/v1/z"]


def test_resource_methods_show_what_they_are() -> None:
    """Name, docstring and signature are the method's own; a wrong argument is refused before anything is sent."""
    with Engine() as engine:
        things = Things(engine)
        assert (things.get.__name__, things.get.__doc__) == ("get", "Get a thing.")
        assert list(inspect.signature(things.get).parameters) == ["name", "twice"]
        with pytest.raises(TypeError, match="nme"):
            things.get(nme="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    assert Things.get.__doc__ == "Get a thing."


def test_resource_has_options() -> None:
    """They hold for all of its methods."""
    with serve([Wait(5)]) as server, Engine() as engine:
        things = Things(engine, options(0, reply=0.1, first_token=0.2))
        things.url = server.url
        with pytest.raises(errors.APITimeoutError):
            things.get("x")
        with pytest.raises(errors.APITimeoutError, match=r"0\.2"):
            things.read("x")
