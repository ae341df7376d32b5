"""The headers of an answer: by lower-case names, several of one name in one line, decoded when asked for."""

from __future__ import annotations

import copy
import pickle

import pytest

from onellm.transport.headers import Headers
from tests.support import Caller, completion, serve, whole

RAW = [(b"Content-Type", b"text/plain"), (b"X-Limit", b"one"), (b"x-limit", b"two"), (b"X-Name", "ü".encode("latin-1"))]
TABLE = {"content-type": "text/plain", "x-limit": "one, two", "x-name": "ü"}


def test_they_are_a_mapping() -> None:
    headers = Headers(RAW)
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


@pytest.mark.parametrize(("name", "there"), [(b"content-type", True), (b"x-limit", True), (b"x-limi", False)])
def test_what_is_there(name: bytes, there: bool) -> None:
    assert Headers(RAW).has(name) is there


def test_they_are_copied_and_pickled() -> None:
    assert pickle.loads(pickle.dumps(Headers(RAW))) == TABLE
    assert copy.deepcopy(Headers(RAW)) == TABLE


def test_of_an_answer(caller: Caller) -> None:
    """Each transport gives several lines of one name as one."""
    body = whole(completion(), headers={"X-RateLimit-Limit-Requests": "10", "x-request-id": "a", "X-Request-Id": "b"})
    with serve(body) as server:
        meta = caller.chat(server.provider()).meta
    assert meta.request_id == "a, b"
    assert meta.rate_limits["requests"].limit == 10
