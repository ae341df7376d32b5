"""What is made of a prediction: whole, streamed, failed; judged against recorded bytes and the replicate SDK."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from onellm_providers.replicate.prediction import read_prediction
from replicate.client import Client
from replicate.prediction import Prediction as TheirPrediction
from replicate.stream import EventSource

from onellm import (
    ChatCompletionChunk,
    ChatRequest,
    ContentPolicyError,
    ContextLengthError,
    InsufficientBalanceError,
    InvalidRequestError,
    ModelNotFoundError,
    OneLLMError,
    RateLimitError,
    Reply,
    ServerError,
    StreamInterrupted,
)
from onellm.errors import AuthenticationError, BadResponseError
from tests.providers.replicate.wire import (
    HELLO,
    LLAMA,
    RECORDED_CREATED,
    RECORDED_REFUSED,
    RECORDED_WAITED,
    Played,
    model,
    play_chat,
    prediction,
    provider,
    settings,
    sse,
)
from tests.support import Caller, serve, streamed, whole
from tests.wire import USER, both, dump

NAME = f"replicate/{LLAMA}"
REQUEST = ChatRequest(model=LLAMA, messages=[USER])


def streaming(**fields: Any) -> Any:
    urls = {"stream": "https://stream.replicate.com/v1/streams/s"}
    return Played(provider().chat_stream(REQUEST), model(), prediction("starting", urls=urls, **fields)).result


def decoded(*pieces: bytes) -> tuple[list[ChatCompletionChunk], OneLLMError | None]:
    decoder = streaming().decoder()
    chunks = [chunk for piece in pieces for chunk in decoder.feed(piece)]
    if not decoder.done and decoder.failure is None:
        chunks += decoder.close()
    return chunks, decoder.failure


def text(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


# -- whole -----------------------------------------------------------------------------------------------------------


def test_the_recorded_answers() -> None:
    """A prediction that was only created is waited for; one that is `processing` is not at its end, text or no text."""
    ended = {**json.loads(RECORDED_WAITED), "status": "succeeded", "metrics": {"predict_time": 0.4}}
    played = Played(provider().chat(REQUEST), model(), RECORDED_CREATED, RECORDED_WAITED, ended)
    assert [call.url.rpartition("/v1/")[2] for call in played.calls[2:]] == [
        "predictions/heat2o3bzn3ahtr6bjfftvbaci",
        "predictions/jp9nrd1g2hrj20cjb2vrb55mkr",
    ]
    answer = played.result
    assert (
        answer.choices[0].message.content
        == "\n\nFuzzy, gentle beasts\nSoftly grazing, quiet eyes\nLlama's gentle charm"
    )
    assert (answer.id, answer.model, answer.created) == ("jp9nrd1g2hrj20cjb2vrb55mkr", LLAMA, 1728065253)
    assert answer.usage is None
    extra = answer.model_extra
    assert extra["metrics"] == {"predict_time": 0.4}
    assert extra["version"] == "dp-a557b7387b4940df25b23f779dc534c4"
    assert {"data_removed", "logs", "created_at", "status"} <= extra.keys()


@pytest.mark.parametrize("recorded", [RECORDED_CREATED, RECORDED_WAITED])
def test_the_sdk_reads_the_same(recorded: bytes) -> None:
    ours, theirs = read_prediction(Reply(201, {}, recorded)), TheirPrediction(**json.loads(recorded))
    for name in ("id", "status", "model", "version", "output", "error", "logs", "metrics", "urls", "created_at"):
        assert getattr(ours, name) == getattr(theirs, name)


@pytest.mark.parametrize(
    ("output", "content"),
    [
        ("Hello", "Hello"), (["Hel", "lo", ""], "Hello"), ([], ""), (None, None), ({"a": "é"}, '{"a": "é"}'),
        ([1, "b"], '[1, "b"]'), (3, "3"),
    ],
)  # fmt: skip
def test_outputs_as_text(output: Any, content: str | None) -> None:
    played = Played(provider().chat(REQUEST), model(), prediction(output=output))
    assert played.result.choices[0].message.content == content


@pytest.mark.parametrize("status", ["canceled", "aborted"])
def test_an_end_from_outside_is_an_error_s_end(status: str) -> None:
    """Not `stop`: nobody knows whether the model was done."""
    choice = Played(provider().chat(REQUEST), model(), prediction(status, output=["He"])).result.choices[0]
    assert (choice.message.content, choice.finish_reason, choice.native_finish_reason) == ("He", "error", status)


def test_a_cost_that_is_not_known_is_none() -> None:
    """Case USE-12."""
    metrics = {"input_token_count": 3, "output_token_count": 2}
    usage = Played(provider().chat(REQUEST), model(), prediction(metrics=metrics)).result.usage
    assert (usage.total_tokens, usage.cost) == (5, None)
    assert "no prices" in usage.cost_unknown


def test_a_cost_at_registered_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    from onellm.capabilities import ModelInfo, Prices

    made = provider()
    made.catalogue.learn("replicate", [ModelInfo(LLAMA, "replicate", prices=Prices(1.0, 2.0))], "2026-11")
    metrics = {"input_token_count": 3, "output_token_count": 2}
    usage = Played(made.chat(REQUEST), model(), prediction(metrics=metrics)).result.usage
    assert usage.cost == pytest.approx(7e-6)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'{"id": ""}', b'{"id": "x"}', b'{"status": "starting"}', b"<html>"]
)
def test_what_is_no_prediction(body: bytes) -> None:
    with pytest.raises(ValueError):
        read_prediction(Reply(201, {}, body))


# -- failures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("CUDA out of memory", ServerError),
        ("NSFW content detected. Try running it again, or try a different prompt.", ContentPolicyError),
        ("The input or output was flagged as sensitive. (E005)", ContentPolicyError),
        ("prompt is too long: 207889 tokens > 200000 maximum", ContextLengthError),
        (None, ServerError),
    ],
)  # fmt: skip
def test_a_failed_prediction(said: str | None, kind: type[OneLLMError]) -> None:
    """Case ERR-08: also where the words come as a prediction's error, whole or in a stream."""
    with pytest.raises(kind) as caught:
        Played(provider().chat(REQUEST), model(), prediction("failed", error=said))
    assert (caught.value.status, caught.value.type) == (None, "prediction_failed")  # type: ignore[attr-defined]
    assert "p1" in str(caught.value)
    chunks, failure = decoded(sse(("output", "He"), ("error", said or "")))
    assert text(chunks) == "He"
    assert type(failure) is kind


@both
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, RECORDED_REFUSED, AuthenticationError),
        (402, {"title": "Insufficient credit", "detail": "Add credit.", "status": 402}, InsufficientBalanceError),
        (404, {"detail": "The requested resource could not be found.", "status": 404}, ModelNotFoundError),
        (422, {"detail": "- input.prompt: wrong\n", "status": 422}, InvalidRequestError),
        (400, {"detail": [{"loc": ["body"], "msg": "wrong"}]}, InvalidRequestError),
        (403, b"<html><h1>Forbidden</h1></html>", OneLLMError),
    ],
)  # fmt: skip
def test_refusals(caller: Caller, status: int, body: Any, kind: type[OneLLMError]) -> None:
    """Cases RET-03, ERR-01, ERR-07 and ERR-15: one attempt, typed, with the body's words."""
    with serve(whole(model()), whole(body, status, {"x-request-id": "r1"})) as server:
        with pytest.raises(kind) as caught:
            caller.chat(settings(server), NAME)
        assert len(server.requests) == 2
        assert caught.value.request_id == "r1"
        if isinstance(body, bytes) and body is RECORDED_REFUSED:
            assert "You did not pass a valid authentication token" in str(caught.value)
            assert "REPLICATE_API_KEY" in str(caught.value)
        if kind is ModelNotFoundError:
            assert "owner/name:version" in str(caught.value)


@both
def test_a_model_that_does_not_exist_is_told_before_anything_is_created(caller: Caller) -> None:
    with serve(whole({"detail": "Not found."}, 404)) as server:
        with pytest.raises(ModelNotFoundError):
            caller.chat(settings(server), NAME)
        assert [request.method for request in server.requests] == ["GET"]


def test_a_wait_that_stands_in_the_text() -> None:
    """Case ERR-03, and what the service writes where no header says it."""
    detail = "Request was throttled. Your rate limit resets in ~30s."
    error = provider().error(Reply(429, {}, json.dumps({"detail": detail}).encode()))
    assert isinstance(error, RateLimitError)
    assert error.retry_after == 30.0
    told = provider().error(Reply(429, {"retry-after": "2"}, json.dumps({"detail": detail}).encode()))
    assert told.retry_after == 2.0


@both
def test_a_wait_beyond_the_cap_is_told_at_once(caller: Caller) -> None:
    """Case RET-05."""
    with serve(whole(model()), whole({"detail": "Request was throttled. It resets in ~86400s"}, 429)) as server:
        with pytest.raises(RateLimitError) as caught:
            caller.chat(settings(server), NAME, max_retries=5)
        assert (caught.value.retry_after, len(server.requests)) == (86400.0, 2)


# -- streams ---------------------------------------------------------------------------------------------------------


def test_a_stream_reads_as_the_sdk_reads_it() -> None:
    data = sse(("logs", "loading"), ("output", "He\n\n"), ("output", ""), ("output", " {x: é}"), ("done", "{}"))
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=data)
    events = list(EventSource(Client(), response))
    theirs = [event.data for event in events if event.event.value == "output"]
    chunks, failure = decoded(data)
    assert failure is None
    assert text(chunks) == "".join(map(str, theirs)) == "He\n\n {x: é}"


def test_one_head_and_one_role() -> None:
    """Case STC-12."""
    chunks, _ = decoded(HELLO)
    assert {(chunk.id, chunk.created, chunk.model) for chunk in chunks} == {("p1", 1795872945, LLAMA)}
    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant", None, None]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, "stop"]


@pytest.mark.parametrize(
    ("data", "content"),
    [
        pytest.param(sse(("output", "日🎉"), ("done", "{}")), "日🎉", id="STR-01"),
        pytest.param(sse(("output", "a\u2028b\x85c"), ("done", "{}")), "a\u2028b\x85c", id="STR-02"),
        pytest.param(HELLO.replace(b"\n", b"\r\n"), "Hello", id="STR-03-crlf"),
        pytest.param(HELLO.replace(b"\n", b"\r"), "Hello", id="STR-03-cr"),
        pytest.param(HELLO.replace(b"data: ", b"data:"), "Hello", id="STR-04"),
        pytest.param(sse(("output", "Hello"), ("output", " "), ("output", "\n\n"), ("output", "world"), ("done", "{}")),
                     "Hello \n\nworld", id="STC-13"),
    ],
)  # fmt: skip
def test_framing(data: bytes, content: str) -> None:
    """Cases STR-01 to STR-04 and STC-13: however the bytes come, in one piece or one by one."""
    for pieces in ((data,), tuple(data[at : at + 1] for at in range(len(data)))):
        chunks, failure = decoded(*pieces)
        assert (text(chunks), failure) == (content, None)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(sse(("output", "He"), ("done", '{"rea')), BadResponseError, id="STR-07"),
        pytest.param(b"event: output\ndata: \xff\xfe\n\n", BadResponseError, id="STR-07-utf8"),
        pytest.param(sse(("output", "He")), StreamInterrupted, id="cut"),
        pytest.param(sse(("news", "x")), StreamInterrupted, id="unknown"),
    ],
)
def test_a_stream_that_is_not_whole(data: bytes, kind: type[OneLLMError]) -> None:
    """Case STR-07: no hole in the answer goes unsaid."""
    assert isinstance(decoded(data)[1], kind)


def test_a_stream_that_was_canceled_from_outside() -> None:
    chunks, failure = decoded(sse(("output", "He"), ("done", '{"reason": "canceled"}')))
    assert failure is None
    assert (chunks[-1].choices[0].finish_reason, chunks[-1].choices[0].native_finish_reason) == ("error", "canceled")


@both
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(whole({"detail": "x"}, 429, {"Retry-After": "7"}), RateLimitError, id="STR-13"),
        pytest.param(whole({"error": {"message": "exceeded"}}), OneLLMError, id="STR-12"),
        pytest.param(whole(b"<html>Sign in</html>", content_type="text/html"), BadResponseError, id="ERR-07"),
    ],
)
def test_opening_that_fails(caller: Caller, answer: Any, kind: type[OneLLMError]) -> None:
    """Cases STR-12, STR-13 and ERR-07: typed, before the first chunk."""
    with serve(whole(model())) as server:
        urls = {"stream": f"{server.url}/streams/s"}
        server.script += [whole(prediction("starting", urls=urls), 201), answer, whole(prediction("canceled"))]
        with pytest.raises(kind) as caught:
            caller.chat_stream(settings(server), NAME, max_retries=0)
        if kind is RateLimitError:
            assert caught.value.retry_after == 7.0  # type: ignore[attr-defined]


@both
def test_whole_and_streamed_are_the_same(caller: Caller) -> None:
    with serve(whole(model())) as server:
        urls = {"stream": f"{server.url}/streams/s"}
        server.script += [whole(prediction("starting", urls=urls), 201), streamed(HELLO)]
        found = caller.chat_stream(settings(server), NAME).final
    answer = play_chat().result
    assert dump(found)["choices"] == [{**dump(answer)["choices"][0]}]
    assert (found.id, found.created, found.model) == (answer.id, answer.created, answer.model)


@both
def test_meta_tells_of_all_steps(caller: Caller) -> None:
    made = whole(prediction("starting"), 201)
    with serve(whole(model()), made, whole(prediction(), headers={"x-request-id": "r9"})) as server:
        meta = caller.chat(settings(server), NAME, min_p=0.5, unsupported="drop").meta
    assert (meta.provider, meta.model, meta.request_id, len(meta.attempts)) == ("replicate", LLAMA, "r9", 3)
    assert meta.dropped_params == ("min_p",)
