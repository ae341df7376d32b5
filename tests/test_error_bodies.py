"""From any bytes to a typed error: every body shape, every status, no key, and never a second exception."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onellm import (
    APIError,
    AuthenticationError,
    ConflictError,
    ContentPolicyError,
    ContextLengthError,
    InsufficientBalanceError,
    InvalidRequestError,
    ModelNotFoundError,
    NotFoundError,
    OverloadedError,
    PayloadTooLargeError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    Reply,
    ServerError,
)
from onellm.error_bodies import build_error, has_error, retry_after
from tests.json_values import anything, json_values, spoilt

KEY = "sk-live-0123456789abcdef"
MANY = settings(max_examples=300, deadline=None, derandomize=True)


def made(status: int, body: Any, headers: dict[str, str] | None = None, secret: str = KEY, **given: Any) -> APIError:
    """The error of a reply whose body is JSON, or bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return build_error(Reply(status, headers, content), provider="acme", model="m", secret=secret, **given)


STATUSES: list[tuple[int, type[APIError]]] = [
    (400, InvalidRequestError), (401, AuthenticationError), (402, InsufficientBalanceError),
    (403, PermissionDeniedError), (404, NotFoundError), (405, InvalidRequestError), (408, ServerError),
    (409, ConflictError), (410, InvalidRequestError), (413, PayloadTooLargeError), (415, InvalidRequestError),
    (418, InvalidRequestError), (422, InvalidRequestError), (429, RateLimitError), (500, ServerError),
    (501, ServerError), (502, ServerError), (503, OverloadedError), (504, ServerError), (529, OverloadedError),
    (599, ServerError), (200, APIError),
]  # fmt: skip


@pytest.mark.parametrize(("status", "kind"), STATUSES)
@pytest.mark.parametrize(
    "body", [{"error": {"message": "No."}}, b"", b"<html>No.</html>"], ids=["json", "empty", "html"]
)
def test_a_status_alone_gives_the_class(status: int, kind: type[APIError], body: Any) -> None:
    error = made(status, body)
    assert type(error) is kind
    assert error.status == status


CODES: list[tuple[int, dict[str, Any], type[APIError]]] = [
    (400, {"code": "context_length_exceeded"}, ContextLengthError),
    (400, {"type": "exceed_context_size_error", "code": 400}, ContextLengthError),
    (500, {"type": "exceed_context_size_error", "code": 500}, ContextLengthError),
    (400, {"code": "content_policy_violation"}, ContentPolicyError),
    (400, {"code": "content_filter"}, ContentPolicyError),
    (422, {"type": "provider_content_policy"}, ContentPolicyError),
    (429, {"code": "insufficient_quota", "type": "insufficient_quota"}, QuotaExceededError),
    (429, {"type": "insufficient_quota"}, QuotaExceededError),
    (429, {"code": "rate_limit_exceeded"}, RateLimitError),
    (429, {"code": "unavailable_error"}, RateLimitError),
    (400, {"code": "invalid_api_key"}, AuthenticationError),
    (401, {"code": "invalid_api_key", "type": "invalid_request_error"}, AuthenticationError),
    (404, {"code": "model_not_found", "type": "invalid_request_error"}, ModelNotFoundError),
    (400, {"code": "model_not_found"}, ModelNotFoundError),
    (403, {"type": "invalid_request_error"}, PermissionDeniedError),
    (413, {"type": "invalid_request_error"}, PayloadTooLargeError),
    (500, {"type": "invalid_request_error"}, ServerError),
    (400, {"type": "invalid_request_error", "code": "unsupported_value"}, InvalidRequestError),
    (529, {"type": "overloaded_error"}, OverloadedError),
    (503, {"type": "server_error"}, OverloadedError),
    (400, {"type": "server_error"}, InvalidRequestError),
    (200, {"type": "overloaded_error"}, OverloadedError),
    (200, {"type": "invalid_request_error"}, InvalidRequestError),
    (200, {"type": "server_error"}, ServerError),
    (200, {"code": 429}, RateLimitError),
    (200, {"code": "502"}, ServerError),
    (200, {"code": 200}, APIError),
    (200, {"code": "²"}, APIError),
    (200, {"code": "9" * 5000}, APIError),
]


@pytest.mark.parametrize(("status", "fields", "kind"), CODES, ids=str)
def test_a_code_says_more_than_the_status(status: int, fields: dict[str, Any], kind: type[APIError]) -> None:
    assert type(made(status, {"error": {"message": "No.", **fields}})) is kind


def test_a_host_may_have_codes_of_its_own() -> None:
    body = {"error": {"message": "No.", "code": "flex_busy"}}
    assert type(made(498, body)) is InvalidRequestError
    assert type(made(498, body, codes={"flex_busy": OverloadedError})) is OverloadedError
    assert type(made(498, {"message": "No."}, codes={"498": AuthenticationError})) is AuthenticationError


def test_a_model_that_is_not_there_is_read_from_the_words() -> None:
    assert type(made(404, {"error": "Specified model not found"})) is ModelNotFoundError
    assert type(made(404, {"error": "No such route"})) is NotFoundError


def test_a_404_that_is_no_json_asks_for_the_base_url() -> None:
    """As routers of web servers answer to a wrong path."""
    for body in (b"404 page not found", b"<html><title>nginx</title></html>"):
        assert "base URL" in str(made(404, body))
    for other in ({"error": "No such route"}, b""):
        assert "base URL" not in str(made(404, other))


def test_the_message_has_who_what_and_the_next_step() -> None:
    body = {"error": {"message": "Bad key", "code": "invalid_api_key", "type": "t", "param": "p"}}
    error = made(401, body, advice={APIError: "General.", AuthenticationError: "Set ACME_API_KEY."})
    assert str(error) == "acme answered 401 (invalid_api_key): Bad key. Set ACME_API_KEY."
    assert (error.code, error.type, error.param, error.body) == ("invalid_api_key", "t", "p", body)
    assert str(made(500, {"error": "Down!"}, advice={APIError: "General."})) == "acme answered 500: Down! General."


def test_a_long_page_is_shortened_and_its_scripts_are_left_out() -> None:
    page = (
        b"<html><head><style>p {}</style><script>evil()</script></head><body>"
        + b"<p>Sorry. </p>" * 500
        + b"</body></html>"
    )
    error = made(502, page)
    assert "Sorry." in str(error)
    assert not [word for word in ("evil", "p {}", "<p>") if word in str(error)]
    assert len(str(error)) < 300
    assert len(error.body) <= 200


def test_bytes_that_are_no_text_are_read() -> None:
    assert made(500, b"\xff\xfe\x00\x80").status == 500
    assert made(400, '{"error": "Größe"}'.encode("latin-1")).status == 400
    assert "Größe" in str(made(400, b"\xef\xbb\xbf" + '{"error": "Größe"}'.encode()))


@MANY
@given(st.integers(100, 700), anything | spoilt({"error": {"message": "m", "code": "c", "details": [{"loc": ["a"]}]}}))
def test_no_body_breaks_it(status: int, body: bytes) -> None:
    error = made(status, body)
    assert isinstance(error, APIError)
    assert isinstance(error.message, str)
    assert error.message.startswith("acme answered ")
    assert all(value is None or isinstance(value, str) for value in (error.code, error.type, error.param))
    assert type(pickle.loads(pickle.dumps(error))) is type(error)
    assert isinstance(has_error(body), bool)


@MANY
@given(st.sampled_from(["error", "errors", "detail", "details", "issues", "message"]), json_values)
def test_no_value_in_a_known_place_breaks_it(place: str, value: Any) -> None:
    for body in ({place: value}, {"error": {place: value}}, [{"error": {place: value}}], {"error": "x", place: value}):
        assert isinstance(made(400, body), APIError)


@pytest.mark.parametrize("depth", [10, 200, 500, 900, 1200, 5000, 100_000])
@pytest.mark.parametrize(("head", "tail"), [('{"error":', "}"), ('{"message":', "}"), ("[", "]"), ('[{"error":', "}]")])
def test_no_depth_breaks_it(depth: int, head: str, tail: str) -> None:
    error = made(400, (head * depth + "7" + tail * depth).encode())
    assert isinstance(error, APIError)
    assert error.status == 400


@MANY
@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "x-request-id"]), st.text(max_size=12)))
def test_no_header_breaks_it(headers: dict[str, str]) -> None:
    error = made(429, b"{}", headers)
    assert error.retry_after is None or 0 <= error.retry_after < float("inf")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0.0), ("1e1", 10.0), (" 5 ", 5.0), ("5s", None), ("1_000", 1000.0), ("Infinity", None), ("-0.5", None),
     ("Fri, 31 Dec 1999 23:59:59 GMT", 0.0), ("Friday", None), ("31 Dec", None), ("", None), ("\x00", None)],
)  # fmt: skip
def test_retry_after_in_every_form(text: str, seconds: float | None) -> None:
    found = retry_after({"retry-after": text})
    assert found == seconds


ECHOES: list[Any] = [
    {"error": {"message": f"Incorrect API key provided: {KEY}."}},
    {"error": f"Bearer {KEY}"},
    {"detail": [{"loc": ["header", KEY], "msg": f"bad {KEY}", "input": KEY}]},
    {KEY: {"error": KEY}, "error": "x"},
    {"error": {"message": "x", "code": KEY, "type": KEY, "param": KEY}},
    f"Bad key {KEY}".encode(),
    f"<html><p>{KEY}</p></html>".encode(),
    json.dumps({"error": KEY}).replace("s", "\\u0073").encode(),
]


@pytest.mark.parametrize("body", ECHOES, ids=range(len(ECHOES)))
@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_no_echo_of_the_key_is_kept(body: Any, status: int) -> None:
    error = made(status, body, {"www-authenticate": f"Bearer {KEY}", "x-request-id": KEY})
    everything = f"{error} {error!r} {error.__dict__!r} {pickle.dumps(error)!r}"
    assert KEY not in everything
    assert KEY[3:] not in everything
    assert "[key]" in everything


@pytest.mark.parametrize("key", ['sk-live-"quoted"-0123', "sk-live-a/b+c==0123", "sk-live-back\\slash-0123"])
def test_an_escaped_echo_is_found_too(key: str) -> None:
    escaped = json.dumps({"error": {"message": f"Bad key {key}"}}).replace("/", "\\/").encode()
    for body in ({"error": f"Bad key {key}"}, escaped):
        error = made(401, body, secret=key)
        assert "0123" not in f"{error} {error.__dict__!r}"


@pytest.mark.parametrize("placeholder", ["x", "none", "EMPTY", "error"])
def test_a_placeholder_key_does_not_garble_the_service_s_words(placeholder: str) -> None:
    """Servers of one's own are called with keys such as these."""
    body = {"error": {"message": "x exceeds none", "code": "context_length_exceeded", "type": "error"}}
    error = made(400, body, secret=placeholder)
    assert type(error) is ContextLengthError
    assert (error.body, "x exceeds none" in str(error)) == (body, True)


@pytest.mark.parametrize(
    ("body", "answer"),
    [(b'{"error": "x"}', True), (b'[{"error": {}}]', False), (b'[{"error": {"message": "m"}}]', True),
     (b'{"error": null}', False), (b'{"choices": []}', False), (b"", False), (b"<html>", False), (b"[]", False)],
)  # fmt: skip
def test_a_body_with_200_says_whether_it_is_an_error(body: bytes, answer: bool) -> None:
    assert has_error(body) is answer
