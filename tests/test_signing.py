"""From a call to the request of one attempt: the headers, whose they are, and the signature."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

import onellm
from onellm import Call, InvalidRequestError, Reply
from onellm.auth import KeyHeader
from onellm.body import JSON
from onellm.call import Request
from onellm.config import Secret
from onellm.errors import APIError
from onellm.signing import RESERVED, Signed, check_headers
from tests.support import KEY, Caller, completion, serve, whole


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest) -> Caller:
    return Caller(request.param)


def call(**fields: Any) -> Call[Any]:
    values = {"method": "POST", "url": "https://h.test/v1/x", "error": lambda _: APIError("no"), **fields}
    return Call(parse=lambda reply: reply.status, **values)


def test_headers_of_a_call() -> None:
    request = Signed(call(body=JSON({}))).request
    assert (request.method, request.url, request.content) == ("POST", "https://h.test/v1/x", b"{}")
    assert dict(request.headers) == {
        "User-Agent": f"onellm/{onellm.__version__}",
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": "application/json",
    }


def test_a_key_header() -> None:
    assert ("Authorization", "Bearer k") in Signed(call(auth=KeyHeader(Secret("k")))).request.headers
    assert ("X-Api-Key", "k") in Signed(call(auth=KeyHeader(Secret("k"), "X-Api-Key", ""))).request.headers


def test_a_call_s_own_headers_replace_ours_whatever_their_case() -> None:
    headers = Signed(call(headers={"user-agent": "mine/1", "X-Team": "a", "x-team": "b"})).request.headers
    assert [pair for pair in headers if pair[0].lower() == "user-agent"] == [("user-agent", "mine/1")]
    assert [pair for pair in headers if pair[0].lower() == "x-team"] == [("x-team", "b")], "the last one counts"


def test_a_body_made_for_each_attempt() -> None:
    made: list[int] = []

    def body() -> JSON:
        made.append(1)
        return JSON({"attempt": len(made)})

    assert [Signed(call(body=body)).request.content for _ in range(2)] == [b'{"attempt":1}', b'{"attempt":2}']


class Challenge:
    """Answers each refusal with one more header."""

    def flow(self, request: Request) -> Generator[Request, Reply, None]:
        reply = yield request
        request.headers.append(("X-Proof", reply.headers["x-nonce"]))
        yield request


def test_a_refusal_may_be_answered_once() -> None:
    signed = Signed(call(auth=Challenge()))
    assert not signed.again(Reply(500)), "only 401 and 402 are refusals of the signature"
    assert signed.again(Reply(401, {"X-Nonce": "n"}))
    assert ("X-Proof", "n") in signed.request.headers
    assert not signed.again(Reply(401, {"X-Nonce": "m"}))
    assert not Signed(call()).again(Reply(401))


def test_a_plain_key_is_not_sent_twice() -> None:
    assert not Signed(call(auth=KeyHeader(Secret("k")))).again(Reply(401))


# -- what a caller may add ---------------------------------------------------------------------------------------------


@pytest.mark.security("S6")
@pytest.mark.parametrize("name", sorted(RESERVED))
def test_reserved_headers(caller: Caller, name: str) -> None:
    with serve(whole(completion())) as server:
        with pytest.raises(InvalidRequestError, match=f"(?i)extra_headers: {name} is set by OneLLM.*api_key"):
            caller.chat(server.provider(), extra_headers={name.title(): "x"})
        assert server.requests == []


@pytest.mark.security("S6")
@pytest.mark.parametrize(
    ("name", "value"),
    [("X-A", "b\r\nX-Evil: 1"), ("X-A", "b\n"), ("X-A", "b\0"), ("X A", "b"), ("X-A:", "b"), ("", "b"), ("X-Ä", "b"),
     ("X-A\r\nX-Evil", "b")],
)  # fmt: skip
def test_headers_that_break_out_of_their_line(caller: Caller, name: str, value: str) -> None:
    with serve(whole(completion())) as server:
        options: dict[str, Any]
        for options in (
            {"extra_headers": {name: value}},
            {"client": {"headers": {name: value}}},
            {"client": {"providers": server.provider(headers={name: value})}},
        ):
            with pytest.raises(InvalidRequestError, match=r"is no name of a header|must be one line"):
                caller.chat(server.provider(), **options)
        assert server.requests == []


@pytest.mark.security("S6")
@pytest.mark.parametrize("value", ["ä", "\x01", "a\x7fb"])
def test_values_that_http_cannot_say(caller: Caller, value: str) -> None:
    with serve(whole(completion())) as server, pytest.raises(InvalidRequestError, match="header"):
        caller.chat(server.provider(), extra_headers={"X-A": value})


@pytest.mark.parametrize("value", [1, None, ["x"]])
def test_values_that_are_no_text(caller: Caller, value: object) -> None:
    options: dict[str, Any]
    with serve(whole(completion())) as server:
        in_settings = {"client": {"providers": server.provider(headers={"X-A": value})}}
        for options in ({"extra_headers": {"X-A": value}}, in_settings):
            with pytest.raises(InvalidRequestError, match="header"):
                caller.chat(server.provider(), **options)
        assert server.requests == []


def test_a_header_of_a_provider_that_http_cannot_say(caller: Caller) -> None:
    with pytest.raises(InvalidRequestError, match="outside ASCII"):
        caller.run(lambda: call(url="http://127.0.0.1:1/", headers={"X-A": "ä"}))


def test_nothing_is_fine() -> None:
    assert check_headers(None) == check_headers({}) == {}


def test_headers_of_settings_client_and_call(caller: Caller) -> None:
    """Nearer ones win: the call's over the client's over the settings'."""
    settings = {"X-One": "settings", "X-Two": "settings", "X-Three": "settings"}
    with serve(whole(completion())) as server:
        providers = server.provider(headers=settings)
        options = {"headers": {"x-two": "client", "X-Three": "client", "User-Agent": "mine/1"}}
        caller.chat(providers, client=options, extra_headers={"X-THREE": "call"})
        headers = server.requests[0].headers
    assert [headers[name] for name in ("x-one", "x-two", "x-three")] == ["settings", "client", "call"]
    assert headers["user-agent"] == "mine/1"
    assert headers["authorization"] == f"Bearer {KEY}"
