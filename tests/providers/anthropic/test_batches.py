"""Anthropic's batches: what leaves, judged by the SDK's types; results in order; the SDK against the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic.types.messages import MessageBatch, batch_create_params
from onellm_providers.anthropic.simulator import routes
from pydantic import TypeAdapter

import onellm
from onellm import AsyncOneLLM, OneLLM
from onellm.testing import Simulator
from tests.faces.asking import both
from tests.providers.anthropic.wire import OLD, ask, judge, message
from tests.support import End, serve, whole

MODEL = f"anthropic/{OLD}"


def row(id: str | None, text: str = "Hi", **body: Any) -> dict[str, Any]:
    named = {"custom_id": id} if id is not None else {}
    return {**named, "body": {"model": MODEL, "messages": [{"role": "user", "content": text}], **body}}


def batch(status: str = "in_progress", **fields: Any) -> dict[str, Any]:
    counts = {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0, **fields.pop("counts", {})}
    raw = {
        "id": "msgbatch_1", "type": "message_batch", "processing_status": status, "request_counts": counts,
        "created_at": "2026-11-01T00:00:00Z", "expires_at": "2026-11-02T00:00:00Z", "ended_at": None,
        "archived_at": None, "cancel_initiated_at": None, "results_url": "https://elsewhere.example/x", **fields,
    }  # fmt: skip
    MessageBatch.model_validate(raw)
    return raw


def lines(*rows: tuple[str, dict[str, Any]]) -> bytes:
    return b"".join(json.dumps({"custom_id": id, "result": result}).encode() + b"\n" for id, result in rows)


ERROR = {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}, "request_id": "req_9"}
ANSWERS = lines(
    ("c", {"type": "errored", "error": ERROR}),
    ("b", {"type": "expired"}),
    ("a", {"type": "succeeded", "message": message("Hello")}),
    ("d", {"type": "canceled"}),
)


@both
def test_from_requests_and_from_lines(kind: str) -> None:
    """Each request is a message as a single one would be; the SDK's types accept all of it."""
    rows = [row("one", max_tokens=5, temperature=0.5), row(None, "Ho")]
    for requests in (rows, b"".join(json.dumps(each).encode() + b"\n" for each in rows)):
        with serve(whole(batch(counts={"processing": 2}))) as server:
            got = ask(kind, server, "batches.create", requests)
            sent = server.requests[0]
        assert sent.path.endswith("/v1/messages/batches")
        assert [each["custom_id"] for each in sent.json["requests"]] == ["one", "1"]
        for each in sent.json["requests"]:
            judge(each["params"])
        TypeAdapter(batch_create_params.BatchCreateParams).validate_python(sent.json)
        assert sent.json["requests"][0]["params"] == {
            "model": OLD, "max_tokens": 5, "temperature": 0.5,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        }  # fmt: skip
        assert (got.id, got.status, got.ended) == ("anthropic/msgbatch_1", "in_progress", False)
        assert (got.request_counts.total, got.created_at) == (2, 1793491200)


@both
@pytest.mark.parametrize(
    ("requests", "params", "error", "text"),
    [
        ([row("a"), row("a")], {}, onellm.InvalidRequestError, "there twice"),
        ([row("a b")], {}, onellm.InvalidRequestError, "1 to 64 letters"),
        ([row("x" * 65)], {}, onellm.InvalidRequestError, "1 to 64 letters"),
        ([row("a", stream=True)], {}, onellm.InvalidRequestError, "asks for a stream"),
        ([row("a", seed=7)], {}, onellm.UnsupportedParameterError, "seed"),
        ([row("a")], {"metadata": {"a": "b"}}, onellm.UnsupportedParameterError, "metadata"),
        ([row("a")], {"completion_window": "1h"}, onellm.UnsupportedParameterError, "completion_window"),
        ([row("a", unsupported="drop")], {}, onellm.InvalidRequestError, "'a' has unsupported; give it to the batch"),
        ([row("a", extra_headers={"x": "y"})], {}, onellm.InvalidRequestError, "has extra_headers"),
        (
            [row("a", temperature=0.5)],
            {"extra_headers": {"anthropic-version": "2026-10-21"}},
            onellm.UnsupportedParameterError,
            "temperature",
        ),
        ([{**row("a"), "url": "/v1/embeddings"}], {}, onellm.InvalidRequestError, "batches of /v1/chat"),
        (None, {"input_file_id": "anthropic/file_1"}, onellm.InvalidRequestError, "not of a file"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refused_here(kind: str, requests: Any, params: Any, error: type[Exception], text: str) -> None:
    with serve(whole(batch())) as server, pytest.raises(error, match=text):
        ask(kind, server, "batches.create", requests, **params)
    assert not server.requests


@both
def test_what_was_dropped_is_told(kind: str) -> None:
    with serve(whole(batch())) as server:
        rows = [row("a", seed=7), row("b")]
        got = ask(kind, server, "batches.create", rows, unsupported="drop", metadata={"a": "b"})
        assert set(got.dropped_params) == {"seed", "metadata"}
        assert server.requests[0].json.keys() == {"requests"}


@both
def test_beta_features_of_all_requests(kind: str) -> None:
    with serve(whole(batch())) as server:
        rows = [row("a", betas=["one"]), row("b", betas=["two", "one"])]
        ask(kind, server, "batches.create", rows, extra_headers={"anthropic-beta": "three"})
    assert server.requests[0].headers["anthropic-beta"] == "three,one,two"
    assert all("betas" not in each["params"] for each in server.requests[0].json["requests"])


@both
def test_a_batch_is_not_bought_twice(kind: str) -> None:
    with serve([End(reset=True)], whole(batch())) as server:
        with pytest.raises(onellm.UnknownOutcomeError):
            ask(kind, server, "batches.create", [row("a")])
        assert len(server.requests) == 1


@both
def test_results_in_the_order_of_the_requests(kind: str) -> None:
    """Each request that has no answer has an error that says why; the key goes to no `results_url` elsewhere."""
    ended = batch("ended", counts={"succeeded": 1, "errored": 1, "expired": 1, "canceled": 1})
    with serve(whole(ended), whole(ANSWERS)) as server:
        got = ask(kind, server, "batches.results", "anthropic/msgbatch_1", order=list("abcde"))
        assert [each.path for each in server.requests][1].endswith("/v1/messages/batches/msgbatch_1/results")
    assert [each.custom_id for each in got] == list("abcde")
    assert got["a"].response.choices[0].message.content == "Hello"
    assert got["a"].body == message("Hello")
    assert [each.error.code for each in got.failed] == ["expired", "overloaded_error", "canceled", "no_result"]
    assert got["a"].response.usage.total_tokens > 0
    assert (got["a"].response.usage.cost, got["a"].response.usage.cost_parts) == (None, {})
    assert "batch" in got["a"].response.usage.cost_unknown
    assert (got["c"].status_code, got["c"].request_id, got["c"].error.message) == (529, "req_9", "Busy")


@both
def test_ids_that_were_left_out_are_put_in_order(kind: str) -> None:
    answers = lines(*((str(number), {"type": "expired"}) for number in (10, 2, 0)))
    with serve(whole(batch("ended")), whole(answers)) as server:
        got = ask(kind, server, "batches.results", "anthropic/msgbatch_1")
    assert [each.custom_id for each in got] == ["0", "2", "10"]


@both
@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (batch("canceling"), "cancelling"),
        (batch("ended", counts={"succeeded": 1}), "completed"),
        (batch("ended", counts={"succeeded": 1, "expired": 1}), "expired"),
        (batch("ended", cancel_initiated_at="2026-11-01T01:00:00Z"), "cancelled"),
        ({**batch(), "processing_status": "resting"}, "resting"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_states(kind: str, raw: Any, status: str) -> None:
    raw = {**raw, "news": 1}
    with serve(whole(raw)) as server:
        got = ask(kind, server, "batches.retrieve", "anthropic/msgbatch_1")
    assert got.status == status
    assert got.ended == (status in ("completed", "expired", "cancelled"))
    assert got.model_extra["news"] == 1
    assert got.model_extra["processing_status"] == raw["processing_status"]


@both
def test_results_before_the_end(kind: str) -> None:
    with serve(whole(batch())) as server, pytest.raises(onellm.InvalidRequestError, match="wait until it has ended"):
        ask(kind, server, "batches.results", "anthropic/msgbatch_1")


@both
def test_a_list(kind: str) -> None:
    page = {"data": [batch()], "has_more": True, "first_id": "msgbatch_1", "last_id": "msgbatch_1"}
    with serve(whole(page), whole(page)) as server:
        got = ask(kind, server, "batches.list", provider="anthropic", after="anthropic/m0", limit=1)
        assert server.requests[0].path.endswith("?after_id=m0&limit=1")
        ask(kind, server, "batches.list", provider="anthropic", extra_body={"before_id": "m2"})
        assert server.requests[1].path.endswith("?before_id=m2")
    assert (got.last_id, got.has_more, got.data[0].id) == ("anthropic/msgbatch_1", True, "anthropic/msgbatch_1")


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(services={"anthropic": routes}) as running:
        yield running


def test_the_sdk_and_the_simulator(sim: Simulator) -> None:
    base_url = sim.base_url("anthropic").removesuffix("/v1")
    with anthropic.Anthropic(api_key="k", base_url=base_url, max_retries=0) as sdk:
        params: Any = {"model": OLD, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
        wrong: Any = {**params, "model": "claude-nothing"}
        requests: Any = [{"custom_id": "a", "params": params}, {"custom_id": "b", "params": wrong}]
        started = sdk.messages.batches.create(requests=requests)
        assert (started.processing_status, started.request_counts.processing) == ("in_progress", 2)
        ended = sdk.messages.batches.retrieve(started.id)
        assert (ended.request_counts.succeeded, ended.request_counts.errored) == (1, 1)
        found = {each.custom_id: each.result for each in sdk.messages.batches.results(started.id)}
        assert found["a"].type == "succeeded"
        assert found["a"].message.usage.service_tier == "batch"
        assert found["b"].type == "errored"
        assert found["b"].error.error.type == "not_found_error"
        assert sdk.messages.batches.cancel(started.id).processing_status == "canceling"
        assert list(sdk.messages.batches.list()) == []
        assert sdk.messages.batches.delete(started.id).type == "message_batch_deleted"
        with pytest.raises(anthropic.BadRequestError):
            sdk.messages.batches.create(requests=[requests[0], requests[0]])
        with pytest.raises(anthropic.NotFoundError):
            sdk.messages.batches.retrieve("msgbatch_gone")


def test_ours_and_the_simulator(sim: Simulator) -> None:
    """From the start to the results, with progress."""
    seen: list[str] = []
    with OneLLM(providers=sim.providers) as client:
        started = client.batches.create([row("a"), row("b", "Ho", model="anthropic/claude-nothing")])
        ended = client.batches.wait(started.id, every=0.01, on_progress=lambda each: seen.append(each.status))
        got = client.batches.results(started.id, order=["a", "b"])
    assert seen == ["completed"]
    assert ended.request_counts is not None
    assert (ended.request_counts.completed, ended.request_counts.failed) == (1, 1)
    assert got["a"].response.usage.total_tokens > 0
    assert got["b"].error is not None
    assert got["b"].error.code == "not_found_error"
    assert [each.custom_id for each in got.failed] == ["b"]


async def _async_results(sim: Simulator) -> list[str]:
    async with AsyncOneLLM(providers=sim.providers) as client:
        started = await client.batches.create([row(None), row(None)])
        return [each.custom_id for each in await client.batches.results(started.id)]


def test_ours_async_and_the_simulator(sim: Simulator) -> None:
    import asyncio

    assert asyncio.run(_async_results(sim)) == ["0", "1"]
