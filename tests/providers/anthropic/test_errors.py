"""Refusals of Anthropic as typed errors, where its calls go, and what is known of its models."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onellm import (
    AuthenticationError,
    BadResponseError,
    CapabilityError,
    ChatRequest,
    ConflictError,
    ContextLengthError,
    InsufficientBalanceError,
    InvalidRequestError,
    ModelNotFoundError,
    NotFoundError,
    OverloadedError,
    PayloadTooLargeError,
    PermissionDeniedError,
    RateLimitError,
    Reply,
    ServerError,
    get_provider,
)
from onellm.signing import Signed
from tests.providers.anthropic.wire import OLD, message, sse, streamed
from tests.support import KEY, Caller, serve, whole
from tests.wire import both, call, tool


def refused(status: int, kind: str, text: str = "No.", headers: Any = None, **more: Any) -> Any:
    body = {"type": "error", "error": {"type": kind, "message": text, **more}, "request_id": "req_body"}
    return call("anthropic", None, OLD).error(Reply(status, headers, json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [(400, "invalid_request_error", InvalidRequestError), (401, "authentication_error", AuthenticationError),
     (402, "billing_error", InsufficientBalanceError), (403, "permission_error", PermissionDeniedError),
     (404, "not_found_error", NotFoundError), (409, "conflict_error", ConflictError),
     (413, "request_too_large", PayloadTooLargeError), (429, "rate_limit_error", RateLimitError),
     (500, "api_error", ServerError), (504, "timeout_error", ServerError), (529, "overloaded_error", OverloadedError)],
)  # fmt: skip
def test_err_02_every_type_has_its_class(status: int, kind: str, expected: type[Exception]) -> None:
    error = refused(status, kind)
    found: type[Any] = type(error)
    assert found is expected
    assert (error.status, error.type, error.request_id) == (status, kind, "req_body")
    assert type(refused(200, kind)) is expected
    assert refused(200, kind).status == status


def test_an_error_code_in_the_details() -> None:
    assert refused(400, "invalid_request_error", details={"error_code": "compaction_unavailable"}).code == (
        "compaction_unavailable"
    )
    assert refused(400, "invalid_request_error").code is None


def test_a_model_that_is_not_there() -> None:
    assert isinstance(refused(404, "not_found_error", "model: claude-x"), ModelNotFoundError)


@pytest.mark.parametrize(
    "text",
    ["prompt is too long: 207889 tokens > 200000 maximum",
     "input length and `max_tokens` exceed context limit: 199999 + 8192 > 200000, decrease input length"],
)  # fmt: skip
def test_err_08_context_length(text: str) -> None:
    assert isinstance(refused(400, "invalid_request_error", text), ContextLengthError)
    event = sse({"type": "error", "error": {"type": "invalid_request_error", "message": text}})
    assert isinstance(streamed(event).failure, ContextLengthError)


def test_err_03_and_15_wait_and_request_id() -> None:
    error = refused(429, "rate_limit_error", headers={"retry-after": "2.5", "request-id": "req_head"})
    assert (error.retry_after, error.request_id) == (2.5, "req_head")


@both
def test_err_07_a_page_in_place_of_an_answer(caller: Caller) -> None:
    with serve(whole(b"<html>Bad gateway</html>", 502, content_type="text/html")) as server:
        providers = {"anthropic": {"base_url": server.url, "api_key": KEY}}
        with pytest.raises(ServerError, match="Bad gateway"):
            caller.chat(providers, f"anthropic/{OLD}", max_retries=0)


@both
def test_ret_01_overload_is_tried_again(caller: Caller) -> None:
    overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    with serve(whole(overloaded, 529), whole(message("Hi"))) as server:
        providers = {"anthropic": {"base_url": server.url, "api_key": KEY}}
        answer = caller.chat(providers, f"anthropic/{OLD}", max_retries=1)
    assert (answer.choices[0].message.content, len(answer.meta.attempts)) == ("Hi", 2)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'{"content": null}', b'{"content": [{"type": "tool_use"}]}'])
@both
def test_what_is_no_message_is_told(caller: Caller, body: bytes) -> None:
    with serve(whole(body)) as server:
        providers = {"anthropic": {"base_url": server.url, "api_key": KEY}}
        with pytest.raises(BadResponseError):
            caller.chat(providers, f"anthropic/{OLD}", max_retries=0)


@pytest.mark.parametrize(
    "base_url", ["https://h.example", "https://h.example/", "https://h.example/v1", "https://h.example/v1/"]
)
def test_url_03_base_urls(base_url: str) -> None:
    assert chat_url(base_url) == "https://h.example/v1/messages"


def test_url_03_a_gateway_s_path_is_kept() -> None:
    assert chat_url("https://h.example/anthropic") == "https://h.example/anthropic/v1/messages"
    assert chat_url("https://h.example/anthropic/v1") == "https://h.example/anthropic/v1/messages"


def chat_url(base_url: str) -> str:
    request = ChatRequest(model=OLD, messages=[{"role": "user", "content": "Hi"}])
    made: Any = get_provider("anthropic", api_key=KEY, base_url=base_url).chat(request)
    return str(made.url)


def test_an_oauth_token_is_a_bearer() -> None:
    token = "sk-ant-oat01-0123456789abcdef"
    request = ChatRequest(model=OLD, messages=[{"role": "user", "content": "Hi"}])
    made: Any = get_provider("anthropic", api_key=token).chat(request)
    assert [pair for pair in Signed(made).request.headers if token in pair[1]] == [("Authorization", f"Bearer {token}")]


def test_what_is_known_of_models() -> None:
    info = get_provider("anthropic").info
    assert info("claude-opus-5-5").supports("tool_choice_required") is False
    assert info("claude-haiku-5-5").supports("tool_choice_required") is True
    assert info("claude-3-5-sonnet-20241022").supports("json_schema") is False
    assert info("claude-3-5-sonnet-20241022").supports("reasoning") is False
    assert info(OLD).supports("json_schema") is True
    assert info("claude-new").supports("json_schema") is None
    assert info(OLD).sources["json_schema"] == "Anthropic's documentation, 2026-11"


@both
def test_a_model_that_cannot_be_forced_names_others(caller: Caller) -> None:
    providers = {"anthropic": {"base_url": "http://127.0.0.1:9/v1", "api_key": KEY}}
    with pytest.raises(CapabilityError, match="these do") as caught:
        caller.chat(providers, "anthropic/claude-opus-5-5", tools=[tool()], tool_choice="required")
    assert any(name.startswith("anthropic/") for name in caught.value.alternatives)
