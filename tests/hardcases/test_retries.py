"""RET: what is sent again, and what is not, for a chat completion. tests/engine/test_policy.py has the whole table."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest

from onellm import AsyncOneLLM, errors
from onellm.options import RetryPolicy, Timeout
from tests.support import DONE, Answer, Caller, End, Wait, chunk, completion, event, serve, streamed, whole

CALLERS = [pytest.param(Caller("sync"), id="sync"), pytest.param(Caller("async"), id="async")]
both = pytest.mark.parametrize("caller", CALLERS)
modes = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])

FAST = RetryPolicy(max_retries=2, base=0)
GOOD = {False: whole(completion("Hello")), True: streamed(event(chunk("Hello", finish="stop")), DONE)}
HUNG: Answer = [Wait(5)]


def said(caller: Caller, stream: bool, providers: Any, **client: Any) -> str:
    client = {"max_retries": FAST, **client}
    if stream:
        result = caller.chat_stream(providers, client=client)
        assert result.error is None
        return result.text
    text: str = caller.chat(providers, client=client).choices[0].message.content
    return text


def error_body(message: str = "no", **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, **fields}}


@both
@modes
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_ret_01_busy_or_failed_services_are_asked_again(caller: Caller, stream: bool, status: int) -> None:
    failed = whole(error_body(), status)
    with serve(failed, failed, GOOD[stream]) as server:
        assert said(caller, stream, server.provider()) == "Hello"
        assert len(server.requests) == 3
        assert len({request.body for request in server.requests}) == 1


@both
@modes
@pytest.mark.parametrize("end", [End(), End(reset=True)], ids=["FIN", "RST"])
def test_ret_01_reset_before_any_byte_of_the_answer(caller: Caller, stream: bool, end: End) -> None:
    """Usually a keep-alive connection that had died; for inference it is sent again."""
    with serve([end], GOOD[stream]) as server:
        assert said(caller, stream, server.provider()) == "Hello"
        assert len(server.requests) == 2


@both
@modes
def test_ret_01_stale_keep_alive_connection(caller: Caller, stream: bool) -> None:
    """The connection of the call before was closed by the server in the meantime."""
    with serve([*GOOD[False], Wait(0.05), End()], GOOD[stream]) as server:
        providers = server.provider()
        if caller.kind == "sync":
            import onellm

            with onellm.OneLLM(providers=providers, max_retries=FAST) as client:
                client.chat.completions.create("openai/m", [{"role": "user", "content": "1"}])
                assert server.wait_closed()
                answer: Any = client.chat.completions.create(
                    "openai/m", [{"role": "user", "content": "2"}], stream=stream
                )
                answer = answer.final() if stream else answer
        else:

            async def main() -> Any:
                async with AsyncOneLLM(providers=providers, max_retries=FAST) as client:
                    await client.chat.completions.create("openai/m", [{"role": "user", "content": "1"}])
                    assert await asyncio.to_thread(server.wait_closed)
                    again: Any = await client.chat.completions.create(
                        "openai/m", [{"role": "user", "content": "2"}], stream=stream
                    )
                    return await again.final() if stream else again

            answer = asyncio.run(main())
        assert answer.choices[0].message.content == "Hello"
        assert [request.json["messages"][0]["content"] for request in server.requests] == ["1", "2"]


@both
@modes
def test_ret_01_connect_error(caller: Caller, stream: bool) -> None:
    """Nothing was sent; the port answers from the second attempt on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    providers = {"openai": {"base_url": f"http://127.0.0.1:{port}/v1", "api_key": "k"}}
    with pytest.raises(errors.APIConnectionError) as caught:
        said(caller, stream, providers)
    assert caught.value.phase == "connect"
    assert [attempt.outcome for attempt in caught.value.attempts] == ["APIConnectionError"] * 3


@both
@modes
def test_ret_01_read_timeout_is_not_repeated_unless_asked(caller: Caller, stream: bool) -> None:
    """The first may still be running, and be billed."""
    short = Timeout(first_token=0.3, reply=0.3)
    with serve(HUNG, HUNG, GOOD[stream]) as server:
        with pytest.raises(errors.APITimeoutError) as caught:
            said(caller, stream, server.provider(), timeout=short)
        assert len(server.requests) == 1
        assert len(caught.value.attempts) == 1
        policy = RetryPolicy(max_retries=2, base=0, retry_unknown=True)
        assert said(caller, stream, server.provider(), timeout=short, max_retries=policy) == "Hello"
        assert len(server.requests) == 3


@both
def test_ret_01_answer_cut_in_the_middle_is_not_repeated(caller: Caller) -> None:
    """The service had done the work."""
    cut = [*whole(completion("Hello"))]
    assert isinstance(cut[0], bytes)
    with serve([cut[0][:-20], Wait(0.05), End()], GOOD[False]) as server:
        with pytest.raises(errors.APIConnectionError):
            said(caller, False, server.provider())
        assert len(server.requests) == 1


@both
@pytest.mark.parametrize(
    "last",
    [
        [End(reset=True)],
        [End()],
        [Wait(5)],
        [event(error_body("Overloaded", type="overloaded_error"))],
        [b"data: {oops\n\n"],
    ],
    ids=["RST", "FIN", "stall", "error", "garbage"],
)
def test_ret_02_never_after_the_first_token(caller: Caller, last: list[Any]) -> None:
    """Three chunks, then a failure of any kind: the error with those three, no second request, no text twice."""
    body = streamed(*(event(chunk(text)) for text in "abc"), Wait(0.05), *last, end=False)
    policy = RetryPolicy(max_retries=5, base=0, retry_unknown=True)
    with serve(body, GOOD[True]) as server:
        result = caller.chat_stream(server.provider(), client={"max_retries": policy, "timeout": Timeout(stall=0.3)})
        assert len(server.requests) == 1
    assert [item.choices[0].delta.content for item in result.events] == ["a", "b", "c"]
    error: Any = result.error
    assert isinstance(error, errors.OneLLMError)
    assert error.partial.choices[0].message.content == "abc"
    assert len(error.attempts) == 1


DETERMINISTIC: list[tuple[int, dict[str, Any], type[errors.APIError]]] = [
    (400, error_body(), errors.InvalidRequestError),
    (401, error_body(), errors.AuthenticationError),
    (402, error_body(), errors.InsufficientBalanceError),
    (403, error_body(), errors.PermissionDeniedError),
    (404, error_body(), errors.NotFoundError),
    (409, error_body(), errors.ConflictError),
    (413, error_body(), errors.PayloadTooLargeError),
    (422, error_body(), errors.InvalidRequestError),
    (429, error_body(code="insufficient_quota", type="insufficient_quota"), errors.QuotaExceededError),
    (400, error_body(code="context_length_exceeded"), errors.ContextLengthError),
    (500, error_body("the request exceeds the available context size"), errors.ContextLengthError),
    (400, error_body(code="content_policy_violation"), errors.ContentPolicyError),
]


@both
@modes
@pytest.mark.parametrize(("status", "body", "expected"), DETERMINISTIC)
def test_ret_03_deterministic_refusals(
    caller: Caller, stream: bool, status: int, body: dict[str, Any], expected: type[errors.APIError]
) -> None:
    """Asking again would give the same: one attempt."""
    with serve(whole(body, status), GOOD[stream]) as server:
        with pytest.raises(errors.APIError) as caught:
            said(caller, stream, server.provider(), max_retries=5)
        assert len(server.requests) == 1
    assert (type(caught.value), caught.value.status) == (expected, status)


@both
@modes
@pytest.mark.parametrize("status", [429, 503])
def test_ret_05_a_long_wait_is_not_waited(caller: Caller, stream: bool, status: int) -> None:
    """Retry-After of a day: raised at once, with the value on the exception."""
    with serve(whole(error_body(), status, {"Retry-After": "86400"}), GOOD[stream]) as server:
        began = time.monotonic()
        with pytest.raises(errors.APIError) as caught:
            said(caller, stream, server.provider(), max_retries=3)
        assert time.monotonic() - began < 2
        assert len(server.requests) == 1
    assert caught.value.retry_after == 86400.0
    assert caught.value.status == status


@modes
def test_ret_07_cancellation_during_backoff(stream: bool) -> None:
    """CancelledError at once, and no further request."""

    async def main() -> None:
        with serve(whole(error_body(), 503, {"Retry-After": "3"}), GOOD[stream]) as server:
            async with AsyncOneLLM(providers=server.provider()) as client:
                create: Any = client.chat.completions.create
                task = asyncio.create_task(create("openai/m", [{"role": "user", "content": "Hi"}], stream=stream))
                await asyncio.sleep(0.3)
                assert len(server.requests) == 1
                assert not task.done()
                began = time.monotonic()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert time.monotonic() - began < 0.5
                await asyncio.sleep(0.05)
                assert len(server.requests) == 1
                assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


@modes
def test_ret_07_interrupt_during_backoff(stream: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the blocking engine's pause ends the call."""

    def interrupted(seconds: float) -> None:
        assert seconds >= 3
        raise KeyboardInterrupt

    with serve(whole(error_body(), 503, {"Retry-After": "3"}), GOOD[stream]) as server:
        monkeypatch.setattr(time, "sleep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            said(Caller("sync"), stream, server.provider())
        assert len(server.requests) == 1
