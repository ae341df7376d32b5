"""Batches: from requests and from lines, waited for, results in the order of the requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai.types as sdk
import pytest

import onellm
from tests.faces.asking import ask, both, received
from tests.support import End, completion, serve, whole

FILE = {"id": "file-in", "object": "file", "bytes": 2, "created_at": 1, "filename": "batch.jsonl", "purpose": "batch"}


def batch(status: str = "validating", **fields: Any) -> dict[str, Any]:
    return {
        "id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions", "status": status,
        "input_file_id": "file-in", "completion_window": "24h", "created_at": 1790000000, **fields,
    }  # fmt: skip


DONE = batch(
    "completed",
    output_file_id="file-out",
    error_file_id="file-err",
    completed_at=1790000100,
    request_counts={"total": 3, "completed": 2, "failed": 1},
    metadata={"a": "b"},
)


def chat(id: str | None, text: str = "Hi", model: str = "openai/m", **body: Any) -> dict[str, Any]:
    row = {"custom_id": id} if id is not None else {}
    return {**row, "body": {"model": model, "messages": [{"role": "user", "content": text}], **body}}


def lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def good(id: str, text: str) -> dict[str, Any]:
    response = {"status_code": 200, "request_id": f"req_{id}", "body": completion(text)}
    return {"id": "batch_req_1", "custom_id": id, "response": response, "error": None}


def bad(id: str) -> dict[str, Any]:
    body = {"error": {"message": "no such model", "code": "model_not_found"}}
    return {"id": "batch_req_2", "custom_id": id, "response": {"status_code": 404, "body": body}, "error": None}


@both
def test_from_requests(kind: str, tmp_path: Path) -> None:
    """The requests go up as lines in the form of single ones, with bare model names; the batch is of that file."""
    rows = [chat("one", max_tokens=5), {**chat(None, "Ho"), "method": "POST", "url": "/v1/chat/completions"}]
    path = tmp_path / "requests.jsonl"
    path.write_bytes(lines(*rows) + b"\n\n")
    for requests in (rows, path, path.read_bytes()):
        with serve(whole(FILE), whole(batch())) as server:
            got = ask(kind, server, "batches.create", requests, metadata={"a": "b"})
            upload, start = server.requests
        name, content, media = received(upload)["file"]
        assert (name, media, received(upload)["purpose"]) == ("batch.jsonl", "application/jsonl", "batch")
        assert [json.loads(line) for line in content.splitlines()] == [
            {
                "custom_id": id, "method": "POST", "url": "/v1/chat/completions",
                "body": {"model": "m", "messages": [{"role": "user", "content": text}], **more},
            }
            for id, text, more in (("one", "Hi", {"max_completion_tokens": 5}), ("1", "Ho", {}))
        ]  # fmt: skip
        assert start.json == {
            "input_file_id": "file-in", "endpoint": "/v1/chat/completions", "completion_window": "24h",
            "metadata": {"a": "b"},
        }  # fmt: skip
        assert (got.id, got.input_file_id, got.ended) == ("openai/batch_1", "openai/file-in", False)
        assert got.meta.provider == "openai"


@both
def test_of_an_uploaded_file(kind: str) -> None:
    with serve(whole(batch())) as server:
        ask(kind, server, "batches.create", input_file_id="openai/file-in", endpoint="/v1/embeddings")
        assert server.requests[0].json["input_file_id"] == "file-in"
        assert server.requests[0].json["endpoint"] == "/v1/embeddings"


@both
def test_other_endpoints_go_as_they_are(kind: str) -> None:
    row = {"custom_id": "e", "url": "/v1/embeddings", "body": {"model": "openai/m", "input": "a", "dimensions": 2}}
    with serve(whole(FILE), whole(batch())) as server:
        ask(kind, server, "batches.create", [row])
        assert json.loads(received(server.requests[0])["file"][1])["body"] == {
            "model": "m",
            "input": "a",
            "dimensions": 2,
        }
        assert server.requests[1].json["endpoint"] == "/v1/embeddings"


@both
def test_bare_models_with_a_provider(kind: str) -> None:
    """`openai/gpt-oss-20b` is a bare name at groq."""
    with serve(whole(FILE), whole(batch())) as server:
        got = ask(kind, server, "batches.create", [chat("a", model="openai/gpt-oss-20b")], provider="groq")
        assert json.loads(received(server.requests[0])["file"][1])["body"]["model"] == "openai/gpt-oss-20b"
    assert got.id == "groq/batch_1"


@both
@pytest.mark.parametrize(
    ("requests", "params", "error", "message"),
    [
        ([chat("a"), chat("a")], {}, onellm.InvalidRequestError, "'a' is there twice"),
        ([chat("a"), chat("b", model="groq/m")], {}, onellm.InvalidRequestError, "one provider; 'b' names groq"),
        ([chat("a", model="m")], {}, onellm.InvalidModelStringError, "names no provider"),
        ([chat("a"), {**chat("b"), "url": "/v1/embeddings"}], {}, onellm.InvalidRequestError, "all of a batch go to"),
        ([chat("a", stream=True)], {}, onellm.InvalidRequestError, "asks for a stream"),
        ([chat("a", min_p=0.1)], {}, onellm.UnsupportedParameterError, "min_p"),
        ([{"custom_id": "a"}], {}, onellm.InvalidRequestError, "'a' has no body"),
        ([], {}, onellm.InvalidRequestError, "requests is empty"),
        (None, {}, onellm.InvalidRequestError, "Give either requests or input_file_id"),
        ([chat("a")], {"input_file_id": "openai/f"}, onellm.InvalidRequestError, "Give either"),
        (b'{"custom_id": "a"\n', {}, onellm.InvalidRequestError, "Line 1 of the requests is no JSON table"),
        ([chat("a", user=object())], {}, onellm.InvalidRequestError, "user"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_refused_here(kind: str, requests: Any, params: Any, error: type[Exception], message: str) -> None:
    with serve(whole(FILE)) as server, pytest.raises(error, match=message):
        ask(kind, server, "batches.create", requests, **params)
    assert not server.requests


@both
def test_what_requests_lose_is_told(kind: str) -> None:
    rows = [chat("a", min_p=0.1), chat("b", min_p=0.1, top_k=1), chat("c")]
    with serve(whole(FILE), whole(batch())) as server:
        got = ask(kind, server, "batches.create", rows, unsupported="drop")
        bodies = [json.loads(line)["body"] for line in received(server.requests[0])["file"][1].splitlines()]
    assert got.dropped_params == ("min_p", "top_k")
    assert all(set(body) == {"model", "messages"} for body in bodies)


@both
def test_a_batch_is_not_bought_twice(kind: str) -> None:
    """The error says where the requests are, so that nothing need be uploaded again."""
    with serve(whole(FILE), [End(reset=True)], whole(batch())) as server:
        with pytest.raises(onellm.UnknownOutcomeError) as caught:
            ask(kind, server, "batches.create", [chat("a")])
        assert len(server.requests) == 2
    assert "openai/file-in" in caught.value.__notes__[0]


@both
def test_status_and_cancel_as_the_sdk_reads_them(kind: str) -> None:
    with serve(whole(DONE), whole(batch("cancelling"))) as server:
        got = ask(kind, server, "batches.retrieve", "openai/batch_1")
        cancelled = ask(kind, server, "batches.cancel", got.id)
        assert [(each.method, each.path) for each in server.requests] == [
            ("GET", "/v1/batches/batch_1"), ("POST", "/v1/batches/batch_1/cancel")
        ]  # fmt: skip
    judge = sdk.Batch.model_validate(DONE).model_dump(exclude_none=True)
    ids = {name: f"openai/{judge[name]}" for name in ("id", "input_file_id", "output_file_id", "error_file_id")}
    assert got.model_dump(exclude_none=True) == {**judge, **ids}
    assert got.ended
    assert not cancelled.ended


@both
def test_list(kind: str) -> None:
    with serve(whole({"object": "list", "data": [DONE], "has_more": False, "last_id": "batch_1"})) as server:
        page = ask(kind, server, "batches.list", limit=5, after="openai/batch_0")
        assert server.requests[0].path == "/v1/batches?after=batch_0&limit=5"
    assert [each.id for each in page.data] == ["openai/batch_1"]


@both
def test_wait(kind: str) -> None:
    """It asks until the batch has ended, bears a failure that passes, and tells how far it is."""
    seen: list[str] = []
    script = [whole(batch()), whole({"error": {"message": "oops"}}, 500), whole(batch("in_progress")), whole(DONE)]
    with serve(*script) as server:
        got = ask(
            kind, server, "batches.wait", "openai/batch_1", every=0.01, max_retries=0,
            on_progress=lambda each: seen.append(each.status),
        )  # fmt: skip
        assert len(server.requests) == 4
    assert got.status == "completed"
    assert seen == ["validating", "in_progress", "completed"]


@both
def test_wait_has_an_end(kind: str) -> None:
    with serve(whole(batch())) as server, pytest.raises(onellm.APITimeoutError) as caught:
        ask(kind, server, "batches.wait", "openai/batch_1", every=0.02, deadline=0.1)
    assert caught.value.phase == "deadline"
    with serve(whole({"error": {"message": "oops"}}, 500)) as server:
        with pytest.raises(onellm.ServerError):
            ask(kind, server, "batches.wait", "openai/batch_1", every=0.001, max_retries=0)
        assert len(server.requests) == 6
    with serve(whole({"error": {"message": "no"}}, 404)) as server:
        with pytest.raises(onellm.NotFoundError):
            ask(kind, server, "batches.wait", "openai/batch_1", every=0.001)
        assert len(server.requests) == 1


def results_of(*rows: Any) -> Any:
    return whole(lines(*rows), content_type="application/octet-stream")


@both
def test_results_in_the_order_of_the_requests(kind: str) -> None:
    """Two files of lines in any order; what neither names has an error of its own."""
    out, err = results_of(good("c", "C"), good("a", "A")), results_of(bad("b"))
    inputs = results_of(chat("a"), chat("b"), chat("c"), chat("d"))
    with serve(whole(DONE), out, err, inputs) as server:
        got = ask(kind, server, "batches.results", "openai/batch_1")
        assert [each.path for each in server.requests] == [
            "/v1/batches/batch_1",
            *(f"/v1/files/{name}/content" for name in ("file-out", "file-err", "file-in")),
        ]  # fmt: skip
    assert [each.custom_id for each in got] == ["a", "b", "c", "d"]
    assert [each.response and each.response.choices[0].message.content for each in got] == ["A", None, "C", None]
    assert isinstance(got["a"].response, onellm.ChatCompletionResponse)
    assert got["a"].body == completion("A")
    assert (got["a"].status_code, got["a"].request_id) == (200, "req_a")
    assert (got["b"].status_code, got["b"].error.code, got["b"].error.message) == (
        404,
        "model_not_found",
        "no such model",
    )
    assert got["d"].error.code == "no_result"
    assert [each.custom_id for each in got.failed] == ["b", "d"]
    assert (len(got), got.batch.id) == (4, "openai/batch_1")
    assert len(got.meta.attempts) == 4
    with pytest.raises(KeyError):
        _ = got["z"]


@both
def test_results_in_a_given_order(kind: str) -> None:
    with serve(whole({**DONE, "error_file_id": None}), results_of(good("b", "B"), good("a", "A"))) as server:
        got = ask(kind, server, "batches.results", "openai/batch_1", order=("a", "b"))
        assert len(server.requests) == 2
    assert [each.custom_id for each in got] == ["a", "b"]


@both
def test_results_where_the_input_file_is_gone(kind: str) -> None:
    gone = whole({"error": {"message": "No such File"}}, 404)
    with serve(whole({**DONE, "error_file_id": None}), results_of(good("b", "B"), good("a", "A")), gone) as server:
        got = ask(kind, server, "batches.results", "openai/batch_1")
    assert [each.custom_id for each in got] == ["b", "a"]


@both
@pytest.mark.parametrize(
    ("endpoint", "body", "kind_of"),
    [
        ("/v1/embeddings", {"data": [{"index": 0, "embedding": [1.0]}], "model": "m"}, onellm.EmbeddingResponse),
        (
            "/v1/completions",
            {"choices": [{"index": 0, "text": "a", "finish_reason": "stop"}]},
            onellm.CompletionResponse,
        ),
        ("/v1/moderations", {"results": [{"flagged": False}]}, onellm.ModerationResponse),
        ("/v1/images/generations", {"data": [{"b64_json": "AAAA"}]}, onellm.ImageResponse),
        ("/v1/videos", {"id": "video_1"}, type(None)),
    ],
    ids=str,
)
def test_answers_of_every_endpoint(kind: str, endpoint: str, body: Any, kind_of: type[Any]) -> None:
    row = {"custom_id": "a", "response": {"status_code": 200, "body": body}}
    ended = {**DONE, "endpoint": endpoint, "error_file_id": None, "input_file_id": ""}
    with serve(whole(ended), results_of(row)) as server:
        (got,) = ask(kind, server, "batches.results", "openai/batch_1")
    assert isinstance(got.response, kind_of)
    assert (got.body, got.error) == (body, None)


@both
def test_an_answer_that_is_none(kind: str) -> None:
    row = {"custom_id": "a", "response": {"status_code": 200, "body": {"nothing": 1}}}
    ended = {**DONE, "error_file_id": None, "input_file_id": None}
    with serve(whole(ended), results_of(row)) as server:
        (got,) = ask(kind, server, "batches.results", "openai/batch_1")
    assert (got.response, got.error.code, got.body) == (None, "bad_response", {"nothing": 1})


@both
@pytest.mark.parametrize(
    ("status", "fields", "message"),
    [
        ("in_progress", {}, "The batch is in_progress; wait"),
        (
            "failed",
            {"errors": {"data": [{"message": "bad line", "line": 3}]}},
            r"failed as a whole: bad line \(line 3\)",
        ),
        ("failed", {}, "does not say why"),
    ],
)
def test_no_results(kind: str, status: str, fields: Any, message: str) -> None:
    with serve(whole(batch(status, **fields))) as server, pytest.raises(onellm.InvalidRequestError, match=message):
        ask(kind, server, "batches.results", "openai/batch_1")


@both
def test_a_cut_file_of_results(kind: str) -> None:
    with (
        serve(whole({**DONE, "error_file_id": None}), whole(b'{"custom_id": "a"', content_type="text/plain")) as server,
        pytest.raises(onellm.BadResponseError, match="Line 1 of a file of the batch"),
    ):
        ask(kind, server, "batches.results", "openai/batch_1", max_retries=0)


@both
def test_an_answer_has_no_listed_price(kind: str) -> None:
    """A batch costs less than the list says; what the service itself told stays."""
    told = good("b", "Ho")
    told["response"]["body"]["usage"] = {**told["response"]["body"].get("usage", {}), "cost": 0.25}
    rows = [good("a", "Hi"), told]
    for row in rows:
        row["response"]["body"]["model"] = "gpt-4o-mini"
    done = {**DONE, "error_file_id": None}
    with serve(whole(done), whole(lines(*rows), content_type="application/jsonl")) as server:
        got = ask(kind, server, "batches.results", "openai/batch_1", order=["a", "b"])
    usage = got["a"].response.usage
    assert usage.total_tokens > 0
    assert (usage.cost, usage.cost_parts, usage.cost_unknown) == (None, {}, "the prices of a batch are not known")
    assert got["b"].response.usage.cost == 0.25
