"""Hard cases, group ERR, SAFE-06 and AUTH-11: what a service's refusal becomes, through both engines."""

from __future__ import annotations

import datetime
import json
import time
from email.utils import format_datetime
from typing import Any

import pytest

import onellm
from onellm import (
    APIError,
    BadResponseError,
    ContextLengthError,
    InsufficientBalanceError,
    InvalidRequestError,
    NotFoundError,
    OverloadedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from tests.support import Answer, chunk, completion, event, serve, streamed, whole
from tests.wire import USER, both, call

ONCE: dict[str, Any] = {"max_retries": 0}
ways = pytest.mark.parametrize("how", ["whole", "streamed"])
OPENAI = {"error": {"message": "No.", "type": "t", "param": None, "code": None}}


def failure(caller: Any, how: str, *script: Answer, model: str = "openai/m", **params: Any) -> tuple[Any, int]:
    """The error of a call, and how many requests came."""
    with serve(*script) as server, pytest.raises(onellm.OneLLMError) as caught:
        (caller.chat if how == "whole" else caller.chat_stream)(server.provider(), model, **params)
    return caught.value, len(server.requests)


BODIES: list[tuple[Any, str]] = [
    ({"error": {"message": "It broke."}}, "It broke."),
    ({"error": "It broke."}, "It broke."),
    ({"message": "It broke."}, "It broke."),
    ({"detail": "It broke."}, "It broke."),
    ({"detail": [{"loc": ["body", "n"], "msg": "It broke.", "type": "value_error"}]}, "body.n: It broke."),
    ({"object": "error", "message": {"detail": [{"loc": ["body"], "msg": "It broke."}]}}, "body: It broke."),
    ([{"error": {"message": "It broke.", "status": "INVALID"}}], "It broke."),
    ({"errors": [{"code": 1, "message": "It broke."}], "success": False}, "It broke."),
    ({"errors": ["It broke."]}, "It broke."),
    ({"code": "bad", "message": "It broke."}, "It broke."),
    ({"error": {"message": {"text": "odd"}}}, "odd"),
    (b"It broke.", "It broke."),
    (b"", "empty body"),
    (b"null", "openai answered"),
    (b"[]", "openai answered"),
    (b"{}", "openai answered"),
    (b"7", "7"),
]


@both
@ways
@pytest.mark.parametrize(("body", "said"), BODIES)
def test_err_01_every_body_shape_is_read(caller: Any, how: str, body: Any, said: str) -> None:
    error, _ = failure(caller, how, whole(body, 400))
    assert type(error) is InvalidRequestError
    assert (error.status, error.provider, error.model) == (400, "openai", "m")
    assert said in str(error)
    if not isinstance(body, bytes):
        assert error.body == body


@both
@ways
def test_err_01_type_code_and_param_are_on_the_error(caller: Any, how: str) -> None:
    body = {"error": {"message": "No.", "type": "invalid_request_error", "param": "n", "code": "unsupported_value"}}
    error, _ = failure(caller, how, whole(body, 400))
    assert (error.type, error.code, error.param) == ("invalid_request_error", "unsupported_value", "n")


@both
@ways
def test_err_02_529_is_overloaded_and_tried_again(caller: Any, how: str) -> None:
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    policy = onellm.RetryPolicy(max_retries=1, base=0)
    error, requests = failure(caller, how, whole(body, 529), max_retries=policy)
    assert isinstance(error, OverloadedError)
    assert isinstance(error, ServerError)
    assert (error.status, error.type, requests) == (529, "overloaded_error", 2)


def _date(seconds: float) -> str:
    return format_datetime(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds), usegmt=True)


@both
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "2.5"}, 2.5),
        ({"Retry-After": "3"}, 3.0),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "junk", "retry-after": "7"}, 7.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "junk"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
        ({"retry-after": "90000"}, 90000.0),
    ],
)
def test_err_03_retry_after_is_read(caller: Any, headers: dict[str, str], seconds: float | None) -> None:
    error, _ = failure(caller, "whole", whole(OPENAI, 429, headers), **ONCE)
    assert type(error) is RateLimitError
    assert error.retry_after == seconds


@both
def test_err_03_retry_after_may_be_a_date(caller: Any) -> None:
    error, _ = failure(caller, "whole", whole(OPENAI, 429, {"Retry-After": _date(30)}), **ONCE)
    assert 25 < error.retry_after <= 30


@both
@ways
@pytest.mark.parametrize(("header", "value"), [("Retry-After", "90000"), ("retry-after-ms", "90000000")])
def test_err_03_a_long_wait_is_raised_at_once(caller: Any, how: str, header: str, value: str) -> None:
    began = time.monotonic()
    error, requests = failure(caller, how, whole(OPENAI, 429, {header: value}))
    assert (error.retry_after, requests) == (90000.0, 1)
    assert time.monotonic() - began < 2


@both
@ways
@pytest.mark.parametrize("name", ["openrouter", "openai", "venice"])
def test_err_06_an_error_inside_a_200_is_an_error(caller: Any, how: str, name: str) -> None:
    body = {"error": {"code": 502, "message": "Upstream said no"}, "choices": None, "id": None, "user_id": "u"}
    error, _ = failure(caller, how, whole(body), model=f"{name}/m", **ONCE)
    assert isinstance(error, ServerError)
    assert (error.status, error.code) == (502, "502")
    assert "Upstream said no" in str(error)


@both
def test_err_06_an_error_beside_choices_is_an_error(caller: Any) -> None:
    body = completion("Half", error={"code": 429, "message": "Slow down"})
    error, _ = failure(caller, "whole", whole(body), model="openrouter/m", **ONCE)
    assert type(error) is RateLimitError


@both
@pytest.mark.parametrize("body", [{"choices": None}, {"id": "x"}, {}, [], None, "text", 7, {"choices": "none"}])
def test_err_06_an_answer_without_completion_is_a_bad_response(caller: Any, body: Any) -> None:
    error, requests = failure(caller, "whole", whole(body))
    assert isinstance(error, BadResponseError)
    assert requests == 1


HTML = b"<html><head><title>502 Bad Gateway</title></head><body>" + b"<p>nginx says no</p>" * 200 + b"</body></html>"


@both
@ways
@pytest.mark.parametrize(
    ("status", "kind"), [(502, ServerError), (404, NotFoundError), (403, APIError), (503, ServerError)]
)
def test_err_07_an_html_page_keeps_its_status(caller: Any, how: str, status: int, kind: type[APIError]) -> None:
    error, _ = failure(caller, how, whole(HTML, status, content_type="text/html"), **ONCE)
    assert isinstance(error, kind)
    assert error.status == status
    assert "nginx says no" in str(error)
    assert "<p>" not in str(error)
    assert len(str(error)) < 400


@both
@ways
def test_err_07_a_login_page_with_200_is_a_bad_response(caller: Any, how: str) -> None:
    error, requests = failure(caller, how, whole(HTML, content_type="text/html"))
    assert isinstance(error, BadResponseError)
    assert (error.status, requests) == (200, 1)
    assert "base URL" in str(error)


CONTEXT: list[tuple[int, dict[str, Any]]] = [
    (400, {"message": "prompt is too long: 207889 tokens > 200000 maximum", "type": "invalid_request_error"}),
    (400, {"message": "input length and `max_tokens` exceed context limit: 1 + 2 > 3"}),
    (400, {"message": "Input is too long for requested model."}),
    (400, {"message": "The input token count (314175) exceeds the maximum number of tokens allowed (131072)."}),
    (400, {"message": "Too long.", "code": "context_length_exceeded", "type": "invalid_request_error"}),
    (
        400,
        {"message": "the request exceeds the available context size", "type": "exceed_context_size_error", "code": 400},
    ),
    (500, {"message": "the request exceeds the available context size. try increasing it", "type": "server_error"}),
    (400, {"message": "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens"}),
    (413, {"message": "Request exceeds the maximum context length"}),
]


@both
@ways
@pytest.mark.parametrize(("status", "error"), CONTEXT)
def test_err_08_a_full_context_is_recognised(caller: Any, how: str, status: int, error: dict[str, Any]) -> None:
    raised, requests = failure(caller, how, whole({"error": error}, status))
    assert isinstance(raised, ContextLengthError)
    assert requests == 1


@both
@pytest.mark.parametrize(("status", "error"), CONTEXT[:6])
def test_err_08_a_full_context_is_recognised_inside_a_stream(caller: Any, status: int, error: dict[str, Any]) -> None:
    opening, requests = failure(caller, "streamed", streamed(event({"error": error})))
    assert isinstance(opening, ContextLengthError)
    assert requests == 1
    with serve(streamed(event(chunk("Half")), event({"error": error}))) as server:
        stream = caller.chat_stream(server.provider())
    assert isinstance(getattr(stream.error, "cause", None) or stream.error, ContextLengthError)


@pytest.mark.parametrize("message", ["The image is too long", "context is everything", "Unknown field: context"])
def test_err_08_other_refusals_are_not_taken_for_it(message: str) -> None:
    reply = onellm.Reply(400, {}, json.dumps({"error": {"message": message}}).encode())
    assert type(call("openai").error(reply)) is InvalidRequestError


@both
@ways
@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(429, "insufficient_quota", QuotaExceededError), (402, None, InsufficientBalanceError)],
)
def test_err_11_out_of_credit_is_not_retried(
    caller: Any, how: str, status: int, code: str | None, kind: type[APIError]
) -> None:
    body = {"error": {"message": "You have no credit.", "type": code, "code": code}}
    error, requests = failure(caller, how, whole(body, status, {"Retry-After": "0"}))
    assert type(error) is kind
    assert requests == 1
    assert "credit" in str(error)


VENICE: list[tuple[int, dict[str, Any], str]] = [
    (400, {"error": "It broke."}, "It broke."),
    (422, {"error": "It broke.", "suggested_prompt": "a kinder one"}, "It broke."),
    (
        422,
        {"error": {"message": "It broke.", "type": "provider_content_policy", "credits_refunded": True}},
        "It broke.",
    ),
    (
        400,
        {"error": "It broke.", "details": {"_errors": [], "n": {"_errors": ["Too big"]}}, "issues": []},
        "It broke. (n: Too big)",
    ),
    (
        400,
        {
            "error": "It broke.",
            "issues": [{"code": "too_big", "maximum": 4096, "path": ["input"], "message": "Too big"}],
        },
        "It broke. (input: Too big)",
    ),
]


@both
@ways
@pytest.mark.parametrize(("status", "body", "said"), VENICE)
def test_safe_06_venice_s_bodies_are_read(caller: Any, how: str, status: int, body: dict[str, Any], said: str) -> None:
    error, requests = failure(caller, how, whole(body, status), model="venice/m")
    assert isinstance(error, InvalidRequestError)
    assert said in str(error)
    assert (error.status, error.body, requests) == (status, body, 1)


@both
@pytest.mark.parametrize("name", ["llama_server", "vllm", "openai_compatible"])
@pytest.mark.parametrize("settings", [{}, {"api_key": None}, {"api_key": ""}])
def test_auth_11_without_a_key_there_is_no_authorization(
    caller: Any, name: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("ONELLM_CONFIG_DIR", str(tmp_path))
    for variable in ("LLAMA_API_KEY", f"{name.upper()}_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    with serve(whole(completion())) as server:
        caller.chat({name: {"base_url": server.url, **settings}}, f"{name}/m", [USER])
    assert "authorization" not in server.requests[0].headers
