"""The headers of an answer: by lower-case names, several of one name in one line, decoded when asked for."""

from __future__ import annotations

import copy
import pickle

import pytest

from onellm.transport.headers import Headers
from tests.support import Caller, completion, serve, whole

RAW = [(b"Content-Type", b"text/plain"), (b"X-Limit", b"one"), (b"x-limit", b"two"), (b"X-Name", "ü".encode("latin-1"))]
LINES = b"Content-Type: text/plain\r\nX-Limit:one\r\nx-limit: \ttwo \r\nX-Name: \xfc\r\n"
TABLE = {"content-type": "text/plain", "x-limit": "one, two", "x-name": "ü"}


both = pytest.mark.parametrize("headers", [Headers(RAW), Headers.of_lines(LINES)], ids=["pairs", "lines"])


@both
def test_they_are_a_mapping(headers: Headers) -> None:
    assert headers == TABLE
    assert list(headers) == list(TABLE)
    assert (len(headers), headers["x-limit"], headers.get("X-Limit"), "x-name" in headers) == (
        3,
        "one, two",
        None,
        True,
    )
    assert repr(headers) == repr(TABLE)
    with pytest.raises(KeyError):
        headers["x-other"]


@both
@pytest.mark.parametrize("name", [b"content-type", b"x-limit", b"x-name"])
def test_what_is_there(headers: Headers, name: bytes) -> None:
    assert headers.has(name)


@both
@pytest.mark.parametrize("name", [b"x-limi", b"-limit", b"limit", b"text/plain", b"one"])
def test_what_is_not_there(headers: Headers, name: bytes) -> None:
    assert not headers.has(name)


@both
def test_they_are_copied_and_pickled(headers: Headers) -> None:
    assert pickle.loads(pickle.dumps(headers)) == TABLE
    assert copy.deepcopy(headers) == TABLE


def test_none() -> None:
    assert Headers.of_lines(b"") == Headers([]) == {}


def test_of_an_answer(caller: Caller) -> None:
    """Each transport gives several lines of one name as one."""
    body = whole(completion(), headers={"X-RateLimit-Limit-Requests": "10", "x-request-id": "a", "X-Request-Id": "b"})
    with serve(body) as server:
        meta = caller.chat(server.provider()).meta
    assert meta.request_id == "a, b"
    assert meta.rate_limits["requests"].limit == 10
