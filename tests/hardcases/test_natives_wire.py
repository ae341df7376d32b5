"""Cases for all providers, over the wire, at each one that has a format of its own (and at Azure)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import pickle
import socket
import time
from dataclasses import dataclass
from typing import Any

import pytest

from onellm import AsyncOneLLM, OneLLM, errors
from onellm.options import RetryPolicy, Timeout
from tests.hardcases.natives import WORDS, Native, error_body, natives
from tests.support import KEY, Answer, ByteServer, Caller, End, Piece, Wait, serve, streamed, whole
from tests.wire import USER, both

modes = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
QUICK = RetryPolicy(max_retries=2, base=0)


def ask(caller: Caller, native: Native, server: ByteServer, *, stream: bool, **client: Any) -> Any:
    """The answer; errors are raised, those of a stream too."""
    given = {"max_retries": QUICK, **client}
    if not stream:
        return caller.chat(native.providers(server), native.full_name, client=given)
    found = caller.chat_stream(native.providers(server), native.full_name, client=given)
    if found.error is not None:
        raise found.error
    return found.final


def refused(caller: Caller, native: Native, *answers: Answer, stream: bool, **client: Any) -> tuple[Any, ByteServer]:
    """The error that these answers become in the place of the chat's own."""
    with serve([b""]) as server:
        server.script = [*native.before(server, stream), *answers]
        with pytest.raises(errors.OneLLMError) as caught:
            ask(caller, native, server, stream=stream, **client)
        return caught.value, server


def chats(native: Native, server: ByteServer) -> int:
    """How often the chat itself was asked for: the service was told before what to do."""
    return len(server.requests) - len(native.before(server, False))


@both
@natives
@modes
def test_a_hello(caller: Caller, native: Native, stream: bool) -> None:
    """STC-13: the streamed text is the whole one, byte for byte."""
    with serve([b""]) as server:
        server.script = native.good(server, stream=stream)
        answer = ask(caller, native, server, stream=stream)
    assert answer.choices[0].message.content == WORDS
    assert answer.choices[0].finish_reason == "stop"


# -- refusals ----------------------------------------------------------------------------------------------------------


@both
@natives
@modes
def test_ret_01_a_busy_service_is_asked_again(caller: Caller, native: Native, stream: bool) -> None:
    with serve([b""]) as server:
        server.script = [whole(error_body(), 503), whole(error_body(), 429), *native.good(server, stream=stream)]
        if native.name == "replicate":  # what costs is created once; its other steps are asked again
            server.script = [server.script[2], whole(error_body(), 429), *server.script[3:]]
        answer = ask(caller, native, server, stream=stream)
    assert answer.choices[0].message.content == WORDS
    assert len(server.requests) == len(server.script)


@both
@natives
@modes
@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_ret_03_deterministic_refusals(caller: Caller, native: Native, stream: bool, status: int) -> None:
    with serve(whole(error_body(), status)) as server:
        with pytest.raises(errors.APIError) as caught:
            ask(caller, native, server, stream=stream)
        assert caught.value.status_code == status
        assert len(server.requests) == 1


@both
@natives
@modes
def test_ret_05_a_long_wait_is_not_waited(caller: Caller, native: Native, stream: bool) -> None:
    begin = time.monotonic()
    with serve(whole(error_body(), 429, {"Retry-After": "86400"})) as server:
        with pytest.raises(errors.RateLimitError) as caught:
            ask(caller, native, server, stream=stream)
        assert len(server.requests) == 1
    assert caught.value.retry_after == 86400
    assert time.monotonic() - begin < 5


@natives
@pytest.mark.parametrize(
    ("name", "value", "seconds"),
    [("retry-after-ms", "250", 0.25), ("retry-after", "2.5", 2.5), ("retry-after", "junk", None)],
)
def test_err_03_forms_of_retry_after(native: Native, name: str, value: str, seconds: float | None) -> None:
    with serve(whole(error_body(), 429, {name: value})) as server, pytest.raises(errors.RateLimitError) as caught:
        ask(Caller("sync"), native, server, stream=False, max_retries=0)
    assert caught.value.retry_after == seconds


@both
@natives
def test_str_13_an_error_when_the_stream_is_opened(caller: Caller, native: Native) -> None:
    """Raised by `create`, with the body's message and the headers (ERR-15: the request id too)."""
    headers = {"Retry-After": "7", "x-request-id": "r9"}
    error, _ = refused(caller, native, whole(error_body(message="slow down"), 429, headers), stream=True, max_retries=0)
    assert isinstance(error, errors.RateLimitError)
    assert "slow down" in str(error)
    assert (error.retry_after, error.request_id, error.provider) == (7, "r9", native.name)


@both
@natives
def test_str_12_an_error_where_a_stream_was_asked_for(caller: Caller, native: Native) -> None:
    error, _ = refused(caller, native, whole({"error": {"message": "too long", "code": 400}}), stream=True)
    assert isinstance(error, errors.OneLLMError)
    assert "too long" in str(error)


PAGES = {
    "a 502": (502, "<html>Bad Gateway</html>"),
    "a 404 of a wrong host": (404, "<html>Not found</html>"),
    "a login": (200, "<html>Sign in</html>"),
}


@both
@natives
@modes
@pytest.mark.parametrize("page", PAGES)
def test_err_07_pages_in_place_of_answers(caller: Caller, native: Native, stream: bool, page: str) -> None:
    status, text = PAGES[page]
    answer = whole(text.encode(), status, content_type="text/html")
    error, _ = refused(caller, native, answer, stream=stream, max_retries=0)
    assert isinstance(error, errors.BadResponseError if status == 200 else errors.APIError)
    assert error.status == status
    assert len(str(error)) < 400


BODIES = [
    {"error": {"message": "told"}}, {"error": "told"}, {"message": "told"}, {"detail": [{"loc": ["a"], "msg": "told"}]},
    {"object": "error", "message": {"detail": [{"msg": "told"}]}}, [{"error": {"message": "told"}}],
    {"errors": [{"message": "told"}]},
]  # fmt: skip


@natives
def test_err_01_forms_of_error_bodies(native: Native) -> None:
    with serve([b""]) as server:
        for body in [*BODIES, b"", b"null"]:
            server.script = [whole(body, 400)]
            with pytest.raises(errors.APIError) as caught:
                ask(Caller("sync"), native, server, stream=False)
            assert caught.value.status_code == 400
            assert isinstance(body, bytes) or "told" in str(caught.value), body


TOO_LONG = [
    "prompt is too long: 207889 tokens > 200000 maximum", "input length and `max_tokens` exceed context limit",
    "Input is too long for requested model", "The input token count (314175) exceeds the maximum number of tokens",
]  # fmt: skip


@natives
@pytest.mark.parametrize("said", TOO_LONG)
def test_err_08_too_long_for_the_model(native: Native, said: str) -> None:
    with serve(whole(error_body(message=said), 400)) as server, pytest.raises(errors.ContextLengthError):
        ask(Caller("sync"), native, server, stream=False)


@both
@natives
@modes
def test_err_13_no_secret_in_an_error(caller: Caller, native: Native, stream: bool) -> None:
    """The service says the key back, in its body and in a header."""
    answer = whole(error_body(message=f"bad key {KEY}"), 401, {"x-echo": KEY})
    with serve(answer) as server, pytest.raises(errors.AuthenticationError) as caught:
        ask(caller, native, server, stream=stream)
    error: BaseException | None = caught.value
    while error is not None:
        assert KEY not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    assert KEY.encode() not in pickle.dumps(caught.value)


# -- connections -------------------------------------------------------------------------------------------------------


@both
@natives
@modes
def test_err_14_kinds_of_connection_errors(caller: Caller, native: Native, stream: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = ByteServer([], port=listener.getsockname()[1])
    with pytest.raises(errors.APIConnectionError) as caught:
        ask(caller, native, nobody, stream=stream, max_retries=0)
    assert caught.value.__cause__ is not None
    with serve([Wait(5)]) as server, pytest.raises(errors.APITimeoutError, match=r"0\.2 s"):
        ask(caller, native, server, stream=stream, max_retries=0, timeout=Timeout(first_token=0.2, reply=0.2))


@both
@natives
def test_str_19_who_leaves_a_stream_closes_it(caller: Caller, native: Native) -> None:
    with serve([b""]) as server:
        *before, _ = native.good(server, stream=True)
        said: list[Piece] = [*native.stream[:-1][:4], Wait(10)]
        server.script = [*before, streamed(*said, end=False), whole({})]
        leave(caller, native, server)
        assert server.wait_closed()


def leave(caller: Caller, native: Native, server: ByteServer) -> None:
    """Read a chunk and leave."""
    given: Any = {"model": native.full_name, "messages": [USER], "stream": True}
    if caller.kind == "sync":
        with OneLLM(providers=native.providers(server)) as client:
            with client.chat.completions.create(**given) as stream:
                next(iter(stream))
            assert closed_but_for_pooled(server)
        return

    async def main() -> None:
        async with AsyncOneLLM(providers=native.providers(server)) as client:
            async with await client.chat.completions.create(**given) as stream:
                await anext(aiter(stream))
            assert await asyncio.to_thread(closed_but_for_pooled, server)

    asyncio.run(main())


def closed_but_for_pooled(server: ByteServer) -> bool:
    """Whether the stream's connection is gone while the client lives on: what it answers in full may stay open."""
    limit = time.monotonic() + 2
    while server.open > (len(server.script) > 2) and time.monotonic() < limit:
        time.sleep(0.005)
    return server.open <= (len(server.script) > 2)


@both
@natives
def test_str_20_a_stall_is_a_timeout_with_what_came(caller: Caller, native: Native) -> None:
    """RET-02: the text that was handed out is not asked for again."""
    with serve([b""]) as server:
        *before, _ = native.good(server, stream=True)
        server.script = [*before, streamed(*native.stream[:-2], Wait(10), end=False), whole({})]
        found = caller.chat_stream(
            native.providers(server), native.full_name, client={"max_retries": QUICK, "timeout": Timeout(stall=0.3)}
        )
        asked = [request for request in server.requests if not request.path.endswith("/cancel")]
    assert isinstance(found.error, errors.APITimeoutError | errors.StreamInterrupted)
    assert found.text
    assert WORDS.startswith(found.text)
    partial = getattr(found.error, "partial", None)
    assert partial is not None
    assert partial.choices[0].message.content == found.text
    assert len(asked) == len(before) + 1


@both
@natives
def test_str_20_a_slow_stream_goes_on(caller: Caller, native: Native) -> None:
    """The limit is on each gap, not on the whole."""
    with serve([b""]) as server:
        *before, _ = native.good(server, stream=True)
        slow = [piece for each in native.stream for piece in (Wait(0.15), each)]
        server.script = [*before, streamed(*slow)]
        answer = ask(caller, native, server, stream=True, timeout=Timeout(first_token=0.4, stall=0.4), max_retries=0)
    assert answer.choices[0].message.content == WORDS


@both
@natives
def test_str_08_ret_02_an_end_before_the_end(caller: Caller, native: Native) -> None:
    """Cleanly closed, yet not whole; and nothing is asked again after the first text."""
    with serve([b""]) as server:
        *before, _ = native.good(server, stream=True)
        pieces = native.stream[:-2] if len(native.stream) > 3 else native.stream[:-1]
        server.script = [*before, streamed(*pieces), whole({})]
        found = caller.chat_stream(native.providers(server), native.full_name, client={"max_retries": QUICK})
    assert isinstance(found.error, errors.StreamInterrupted)
    assert found.error.partial.choices[0].message.content == found.text != ""
    assert len([each for each in server.requests if not each.path.endswith("/cancel")]) == len(before) + 1


@both
@natives
def test_str_08_an_end_before_anything(caller: Caller, native: Native) -> None:
    """A good status and an empty body are no answer."""
    error, _ = refused(caller, native, streamed(), stream=True, max_retries=0)
    assert isinstance(error, errors.StreamInterrupted | errors.APIConnectionError)


@natives
@pytest.mark.parametrize("end", [End(), End(reset=True)], ids=["FIN", "RST"])
def test_ret_01_a_stale_connection(native: Native, end: End) -> None:
    """Closed before a byte of the answer: sent again."""
    with serve([b""]) as server:
        server.script = [[end], *native.good(server, stream=False)]
        answer = ask(Caller("sync"), native, server, stream=False)
    assert answer.choices[0].message.content == WORDS


@natives
def test_ret_07_leaving_during_a_wait(native: Native) -> None:
    async def main(server: ByteServer) -> float:
        async with AsyncOneLLM(providers=native.providers(server), max_retries=QUICK) as client:
            task = asyncio.ensure_future(client.chat.completions.create(native.full_name, [USER]))
            await asyncio.to_thread(server.wait_asked)
            await asyncio.sleep(0.1)
            begin = time.monotonic()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            assert task.cancelled()
            return time.monotonic() - begin

    with serve(whole(error_body(), 429, {"Retry-After": "9"})) as server:
        assert asyncio.run(main(server)) < 1
        assert len(server.requests) == 1


@natives
def test_url_08_one_client_in_two_runs_and_blocking_inside_a_loop(native: Native) -> None:
    with serve([b""]) as server:
        client = AsyncOneLLM(providers=native.providers(server))

        async def once() -> Any:
            return await client.chat.completions.create(native.full_name, [USER])

        async def blocking() -> Any:
            with OneLLM(providers=native.providers(server)) as other:
                return other.chat.completions.create(native.full_name, [USER])

        for make in (once, once, blocking):
            said = native.good(server, stream=False)
            known = native.name == "replicate" and make is once and server.requests  # it keeps what models are
            server.script = [*[whole({})] * len(server.requests), *said[bool(known) :]]
            assert asyncio.run(make()).choices[0].message.content == WORDS
        asyncio.run(client.close())


@natives
def test_url_07_a_limit_on_the_whole(native: Native) -> None:
    with serve([Wait(5)]) as server:
        begin = time.monotonic()
        with pytest.raises(errors.APITimeoutError), OneLLM(providers=native.providers(server)) as client:
            client.chat.completions.create(native.full_name, [USER], timeout=0.3, max_retries=0)
        assert time.monotonic() - begin < 3


@natives
def test_url_06_the_environment_s_proxy_is_used(native: Native, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serve([b""]) as server:
        monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/v1"))
        server.script = native.good(server, stream=False)
        settings = {native.name: {**native.providers(server)[native.name], "base_url": "http://far.example/v1"}}
        with OneLLM(providers=settings, max_retries=0) as client, contextlib.suppress(errors.OneLLMError):
            client.chat.completions.create(native.full_name, [USER])
        assert server.requests[0].path.startswith("http://far.example/")


@dataclass
class City:
    city: str


@natives
def test_out_09_json_that_was_cut_off(native: Native) -> None:
    """The text is kept as it came, and its value is a typed error that has it."""
    half = '{"city": "Par'
    said = json.dumps(native.whole).replace(json.dumps(WORDS), json.dumps(half))
    for word, cut in CUT.items():
        said = said.replace(word, cut)
    if native.name == "replicate":  # which does not say why a model stopped
        said = json.dumps({**native.whole, "output": [half]})
    with serve([b""]) as server:
        server.script = [*native.before(server, False), whole(said.encode())]
        with OneLLM(providers=native.providers(server), max_retries=0) as client:
            answer = client.chat.completions.create(native.full_name, [USER], response_format=City, structured="prompt")
    assert answer.choices[0].message.content == half
    assert answer.choices[0].finish_reason == ("stop" if native.name == "replicate" else "length")
    kind = errors.InvalidOutputError if native.name == "replicate" else errors.IncompleteOutputError
    with pytest.raises(kind) as caught:
        _ = answer.parsed
    assert caught.value.text == half


CUT = {
    '"end_turn"': '"max_tokens"',
    '"STOP"': '"MAX_TOKENS"',
    '"COMPLETE"': '"MAX_TOKENS"',
    '"finish_reason": "stop"': '"finish_reason": "length"',
    '"done_reason": "stop"': '"done_reason": "length"',
}
"""A natural end, as each service says it, and the end by its limit."""
