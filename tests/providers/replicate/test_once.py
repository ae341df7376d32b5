"""A prediction is created exactly once, and cancelled where the caller stops waiting: on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from onellm import (
    APIError,
    AsyncOneLLM,
    ChatRequest,
    OneLLM,
    OneLLMError,
    StreamInterrupted,
    Timeout,
    UnknownOutcomeError,
)
from onellm.errors import APITimeoutError, BadResponseError, ServerError
from onellm.options import Options
from tests.providers.replicate.wire import (
    CANCEL,
    CREATE,
    HELLO,
    LLAMA,
    LOOK,
    MODEL,
    STREAM,
    created,
    model,
    paths,
    prediction,
    provider,
    settings,
    sse,
)
from tests.support import KEY, Answer, ByteServer, Caller, End, Wait, serve, streamed, whole
from tests.wire import USER, both

NAME = f"replicate/{LLAMA}"
REQUEST = ChatRequest(model=LLAMA, messages=[USER])
SCHEMA = whole(model())
RUNNING = whole(prediction("processing"))
DONE = whole(prediction())
LONG = 30.0


def chat(caller: Caller, server: ByteServer, **params: Any) -> Any:
    return caller.chat(settings(server), NAME, **params)


def wait_for(server: ByteServer, count: int) -> None:
    limit = time.monotonic() + 10
    while len(server.requests) < count and time.monotonic() < limit:
        time.sleep(0.005)


def looks(server: ByteServer) -> list[str]:
    """The requests without the looks, however many there were."""
    return [path for path in paths(server) if path != LOOK]


# -- created once ----------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([End(reset=True)], id="RET-01-reset"),
        pytest.param([End()], id="RET-01-closed"),
        pytest.param(whole({"detail": "Oops"}, 500), id="RET-01-500"),
        pytest.param(whole(b"<html>Bad gateway</html>", 502, content_type="text/html"), id="RET-01-502"),
        pytest.param(whole({"detail": "Too late"}, 504), id="RET-01-504"),
        pytest.param([Wait(LONG)], id="RET-01-silence"),
    ],
)
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_a_creation_whose_outcome_is_not_known_is_not_repeated(caller: Caller, answer: Answer, streams: bool) -> None:
    with serve(SCHEMA, answer, DONE) as server:
        ask = caller.chat_stream if streams else caller.chat
        with pytest.raises(UnknownOutcomeError):
            ask(settings(server), NAME, timeout=Timeout(reply=0.3, first_token=0.3), max_retries=3)
        assert paths(server) == [MODEL, CREATE]


@both
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(whole({"detail": "Request was throttled."}, 429, {"Retry-After": "0"}), id="429"),
        pytest.param(whole({"detail": "Busy"}, 503, {"Retry-After": "0"}), id="503"),
    ],
)
def test_a_creation_that_was_refused_unprocessed_is_tried_again(caller: Caller, answer: Answer) -> None:
    with serve(SCHEMA, answer, created_at_once(), DONE) as server:
        assert chat(caller, server).choices[0].message.content == "Hello"
        assert paths(server) == [MODEL, CREATE, CREATE, LOOK]


def created_at_once() -> Answer:
    return whole(prediction("starting"), 201)


@both
def test_looking_fails_and_goes_on(caller: Caller) -> None:
    """What passes is waited out; the prediction is not created again."""
    broken: list[Answer] = [[End(reset=True)], whole({"detail": "Oops"}, 500), whole({"detail": "x"}, 429), RUNNING]
    with serve(SCHEMA, created_at_once(), *broken, DONE) as server:
        answer = chat(caller, server, max_retries=0)
        assert answer.choices[0].message.content == "Hello"
        assert paths(server) == [MODEL, CREATE, *[LOOK] * 5]


@both
def test_a_cut_answer_of_a_creation_is_not_repeated(caller: Caller) -> None:
    with serve(SCHEMA, whole(b'{"id": "p1", "sta', 201)) as server:
        with pytest.raises(BadResponseError):
            chat(caller, server, max_retries=3)
        assert paths(server) == [MODEL, CREATE]


# -- cancelled -------------------------------------------------------------------------------------------------------


@both
def test_the_deadline(caller: Caller) -> None:
    with serve(SCHEMA, created_at_once(), RUNNING) as server:
        with pytest.raises(APITimeoutError, match="deadline") as caught:
            chat(caller, server, deadline=0.5)
        assert looks(server) == [MODEL, CREATE, CANCEL]
        assert paths(server)[-1] == CANCEL
        assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
        assert "prediction p1" in "".join(caught.value.__notes__)


@both
def test_it_is_lost_from_sight(caller: Caller) -> None:
    """After so many failures in a row nobody looks any more."""
    with serve(SCHEMA, created_at_once(), whole({"detail": "Oops"}, 500)) as server:
        with pytest.raises(ServerError):
            chat(caller, server, max_retries=0)
        assert paths(server) == [MODEL, CREATE, *[LOOK] * 4, CANCEL]


@both
def test_the_caller_s_own_progress_fails(caller: Caller) -> None:
    class Bug(Exception):
        pass

    def told(progress: Any) -> None:
        if progress.status == "processing":
            raise Bug

    with serve(SCHEMA, created_at_once(), RUNNING) as server:
        with pytest.raises(Bug):
            caller.run(lambda: provider(**settings(server)["replicate"]).chat(REQUEST), Options(on_progress=told))
        assert paths(server) == [MODEL, CREATE, LOOK, CANCEL]


@both
@pytest.mark.parametrize("status", ["failed", "canceled", "aborted"])
def test_one_that_has_ended_is_not_cancelled(caller: Caller, status: str) -> None:
    with serve(SCHEMA, created_at_once(), whole(prediction(status, error="CUDA out of memory"))) as server:
        if status == "failed":
            with pytest.raises(ServerError, match="out of memory"):
                chat(caller, server)
        else:
            assert chat(caller, server).choices[0].finish_reason == "error"
        assert paths(server) == [MODEL, CREATE, LOOK]


@pytest.mark.parametrize("times", [1, 3])
def test_a_cancelled_task(times: int) -> None:
    """Case RET-07 also: while it waits between two looks."""

    async def main(server: ByteServer) -> None:
        async with AsyncOneLLM(providers=settings(server, poll_interval=LONG)) as client:
            task = asyncio.ensure_future(client.chat.completions.create(NAME, [USER]))
            await asyncio.to_thread(wait_for, server, 2)
            await asyncio.sleep(0.05)
            for _ in range(times):
                task.cancel()
                await asyncio.sleep(0)
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(wait_for, server, 3)

    with serve(SCHEMA, created_at_once(), whole(prediction("canceled"))) as server:
        asyncio.run(main(server))
        assert paths(server) == [MODEL, CREATE, CANCEL]


@both
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_ctrl_c(caller: Caller, streams: bool) -> None:
    with serve(SCHEMA) as server:
        server.script += [created(server, stream=streams)]
        server.script += [streamed(sse(("output", "He")), Wait(LONG), end=False)] if streams else [RUNNING]
        server.script += [RUNNING]

        def press() -> None:
            wait_for(server, 3)
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGINT)

        presser = threading.Thread(target=press)
        presser.start()
        with pytest.raises(KeyboardInterrupt):
            (caller.chat_stream if streams else caller.chat)(settings(server), NAME)
        presser.join()
        wait_for(server, 4)
        assert looks(server) == [MODEL, CREATE, *([STREAM] if streams else []), CANCEL]


# -- streams ---------------------------------------------------------------------------------------------------------


@both
def test_a_stream_to_its_end(caller: Caller) -> None:
    with serve(SCHEMA) as server:
        server.script += [created(server, stream=True), streamed(HELLO)]
        found = caller.chat_stream(settings(server), NAME)
        assert (found.error, found.text) == (None, "Hello")
        assert found.final.choices[0].finish_reason == "stop"
        assert paths(server) == [MODEL, CREATE, STREAM]
        assert server.requests[1].json["stream"] is True
        assert server.requests[2].headers["accept"] == "text/event-stream"


@both
@pytest.mark.parametrize(
    ("answer", "given"),
    [
        pytest.param([Wait(LONG)], {"deadline": 0.6}, id="STR-20-deadline"),
        pytest.param([Wait(LONG)], {"timeout": Timeout(stall=0.2)}, id="STR-20-stall"),
        pytest.param([End(reset=True)], {}, id="RET-02-reset"),
        pytest.param([], {}, id="RET-02-cut"),
    ],
)
def test_a_stream_that_breaks_off(caller: Caller, answer: list[Any], given: dict[str, Any]) -> None:
    """Cases RET-02 and STR-20: nothing is repeated after the first chunk, and the prediction is cancelled."""
    with serve(SCHEMA) as server:
        first = streamed(sse(("output", "He")), *answer, end=not answer)
        server.script += [created(server, stream=True), first, RUNNING]
        found = caller.chat_stream(settings(server), NAME, **given)
        assert isinstance(found.error, OneLLMError)
        assert found.text == "He"
        assert found.error.partial.choices[0].message.content == "He"
        assert paths(server) == [MODEL, CREATE, STREAM, CANCEL]


@both
def test_opening_the_stream_is_repeated_and_the_creation_is_not(caller: Caller) -> None:
    with serve(SCHEMA) as server:
        server.script += [created(server, stream=True), [End(reset=True)], whole({"detail": "x"}, 502)]
        server.script += [streamed(HELLO)]
        assert caller.chat_stream(settings(server), NAME).text == "Hello"
        assert paths(server) == [MODEL, CREATE, STREAM, STREAM, STREAM]


@both
def test_a_stream_that_cannot_be_opened(caller: Caller) -> None:
    with serve(SCHEMA) as server:
        server.script += [created(server, stream=True), whole({"detail": "gone"}, 404), RUNNING]
        with pytest.raises(APIError):
            caller.chat_stream(settings(server), NAME)
        assert paths(server) == [MODEL, CREATE, STREAM, CANCEL]


@both
@pytest.mark.parametrize("last", [("error", "CUDA out of memory"), ("done", '{"reason": "error"}')])
def test_a_prediction_that_fails_in_its_stream_is_not_cancelled(caller: Caller, last: tuple[str, str]) -> None:
    with serve(SCHEMA) as server:
        server.script += [created(server, stream=True), streamed(sse(("output", "He"), last)), RUNNING]
        found = caller.chat_stream(settings(server), NAME)
        assert isinstance(found.error, ServerError)
        assert paths(server) == [MODEL, CREATE, STREAM]


@pytest.mark.parametrize("how", ["close", "break", "forget"])
def test_a_blocking_stream_that_is_left(how: str) -> None:
    """Case STR-19."""
    with serve(SCHEMA) as server, OneLLM(providers=settings(server)) as client:
        server.script += [created(server, stream=True)]
        server.script += [streamed(sse(("output", "He")), Wait(LONG), end=False), RUNNING]
        stream = client.chat.completions.create(NAME, [USER], stream=True)
        for _ in stream:
            break
        if how == "close":
            stream.close()
        elif how == "break":
            with stream:
                pass
        failure = getattr(stream, "_failure", None)
        assert how == "forget" or isinstance(failure, StreamInterrupted)
        del stream
        gc.collect()
        assert paths(server) == [MODEL, CREATE, STREAM, CANCEL]


@pytest.mark.parametrize("how", ["close", "cancel", "forget"])
def test_an_async_stream_that_is_left(how: str) -> None:
    """Case STR-19."""

    async def main(server: ByteServer) -> None:
        async with AsyncOneLLM(providers=settings(server)) as client:
            stream = await client.chat.completions.create(NAME, [USER], stream=True)
            async for _ in stream:
                break
            if how == "close":
                await stream.close()
            elif how == "cancel":
                task = asyncio.ensure_future(stream.final())
                await asyncio.sleep(0.05)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            del stream
            gc.collect()
            await asyncio.to_thread(wait_for, server, 4)

    with serve(SCHEMA) as server:
        server.script += [created(server, stream=True)]
        server.script += [streamed(sse(("output", "He")), Wait(LONG), end=False), RUNNING]
        asyncio.run(main(server))
        assert paths(server) == [MODEL, CREATE, STREAM, CANCEL]


@pytest.mark.parametrize("how", ["break", "bug", "kept", "cancelled"])
def test_an_async_stream_whose_loop_ends_at_once(how: str, caplog: pytest.LogCaptureFixture) -> None:
    """`asyncio.run` waits for the last call, whether the stream is gone by then or still there."""
    kept: list[Any] = []

    async def main(server: ByteServer) -> None:
        client = AsyncOneLLM(providers=settings(server))
        stream = await client.chat.completions.create(NAME, [USER], stream=True)
        if how == "kept":
            kept.append(stream)
        if how == "cancelled":
            task = asyncio.ensure_future(stream.final())
            await asyncio.sleep(0.05)
            task.cancel()
            return
        async for _ in stream:
            if how == "bug":
                raise ZeroDivisionError
            break

    with serve(SCHEMA) as server:
        server.script += [created(server, stream=True)]
        server.script += [streamed(sse(("output", "He")), Wait(LONG), end=False), RUNNING]
        with pytest.raises(ZeroDivisionError) if how == "bug" else contextlib.nullcontext():
            asyncio.run(main(server))
        assert paths(server) == [MODEL, CREATE, STREAM, CANCEL]
    assert "pending" not in caplog.text


@pytest.mark.parametrize("close", ["", "client.close()"])
def test_a_blocking_stream_that_is_open_when_the_program_ends(close: str) -> None:
    script = f"""
from onellm import OneLLM
import os
client = OneLLM(providers={{"replicate": {{"base_url": os.environ["AT"], "api_key": "{KEY}"}}}})
stream = client.chat.completions.create("{NAME}", [{{"role": "user", "content": "Hi"}}], stream=True)
next(stream)
{close}
"""
    with serve(SCHEMA) as server:
        server.script += [created(server, stream=True)]
        server.script += [streamed(sse(("output", "He")), Wait(LONG), end=False), RUNNING]
        environment = {**os.environ, "AT": server.url}
        ended = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
        assert ended.stderr == b""
        assert paths(server) == [MODEL, CREATE, STREAM, CANCEL]


def test_a_stream_to_its_end_leaves_nothing_behind() -> None:
    async def main(server: ByteServer) -> None:
        async with AsyncOneLLM(providers=settings(server)) as client:
            stream = await client.chat.completions.create(NAME, [USER], stream=True)
            assert (await stream.final()).choices[0].message.content == "Hello"
            del stream
            gc.collect()
            await asyncio.sleep(0)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    with serve(SCHEMA) as server:
        server.script += [created(server, stream=True), streamed(HELLO)]
        asyncio.run(main(server))
        assert paths(server) == [MODEL, CREATE, STREAM]


@both
def test_a_model_that_does_not_stream_is_waited_for(caller: Caller) -> None:
    with serve(SCHEMA, created_at_once(), RUNNING, DONE) as server:
        found = caller.chat_stream(settings(server), NAME)
        assert (found.error, found.text) == (None, "Hello")
        assert (found.final.id, found.final.choices[0].finish_reason) == ("p1", "stop")
        assert paths(server) == [MODEL, CREATE, LOOK, LOOK]
    with serve(SCHEMA, created_at_once(), RUNNING) as server:
        with pytest.raises(APITimeoutError):
            caller.chat_stream(settings(server), NAME, deadline=0.4)
        assert looks(server) == [MODEL, CREATE, CANCEL]
