"""Text completions: whole and streamed, from bytes as OpenAI, vLLM and llama.cpp send them."""

from __future__ import annotations

import json
from typing import Any

import openai.types as sdk
import pytest

import onellm
from onellm.types.completion import CompletionRequest
from tests.faces.asking import ask, both, call, sent, stream
from tests.support import DONE, End, event, serve, streamed, whole
from tests.wire import provider

ANSWER: dict[str, Any] = {
    "id": "cmpl-1", "object": "text_completion", "created": 1790000000, "model": "gpt-3.5-turbo-instruct",
    "system_fingerprint": "fp_1",
    "choices": [
        {
            "index": 0, "text": " tide", "finish_reason": "length",
            "logprobs": {
                "text_offset": [0], "token_logprobs": [-0.5], "tokens": [" tide"], "top_logprobs": [{" tide": -0.5}],
            },
        },
        {"index": 1, "text": " sea", "finish_reason": "stop", "logprobs": None},
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}  # fmt: skip


def chunk(text: str = "", finish: str | None = None, index: int = 0, **fields: Any) -> dict[str, Any]:
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1790000000, "model": "m"}
    return {**head, "choices": [{"index": index, "text": text, "finish_reason": finish, "logprobs": None}], **fields}


USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


@both
def test_whole_as_the_sdk_reads_it(kind: str) -> None:
    with serve(whole(ANSWER)) as server:
        answer = ask(kind, server, "completions.create", "openai/m", "The", max_tokens=1, n=2)
    judge = sdk.Completion.model_validate(ANSWER)
    assert answer.text == " tide"
    assert answer.model_dump(include={"id", "created", "model", "object", "system_fingerprint"}) == judge.model_dump(
        include={"id", "created", "model", "object", "system_fingerprint"}
    )
    for ours, theirs in zip(answer.choices, judge.choices, strict=True):
        assert (ours.index, ours.text, ours.finish_reason) == (theirs.index, theirs.text, theirs.finish_reason)
        assert (ours.logprobs and ours.logprobs.model_dump()) == (theirs.logprobs and theirs.logprobs.model_dump())
    assert answer.usage.total_tokens == 5
    assert (answer.meta.provider, answer.meta.model) == ("openai", "m")


@both
def test_streamed(kind: str) -> None:
    """Usage, which comes in a chunk without a choice, rides on the last chunk."""
    last = {**chunk(), "choices": [], "usage": USAGE}
    with serve(streamed(event(chunk("a")), event(chunk("b")), event(chunk("", "stop")), event(last), DONE)) as server:
        got = stream(kind, server, "completions.create", "openai/m", "x")
        body = server.requests[0].json
    assert body == {"model": "m", "prompt": "x", "stream": True, "stream_options": {"include_usage": True}}
    assert [each.choices[0].text for each in got.events] == ["a", "b", ""]
    assert [each.usage is not None for each in got.events] == [False, False, True]
    assert got.final.text == "ab"
    assert got.final.choices[0].finish_reason == "stop"
    assert got.final.usage.total_tokens == 3


@both
def test_two_choices_interleaved(kind: str) -> None:
    events = [
        chunk("a", index=0),
        chunk("b", index=1),
        chunk("", "stop", 0),
        chunk("c", index=1),
        chunk("", "length", 1),
    ]
    with serve(streamed(*map(event, events), DONE)) as server:
        got = stream(kind, server, "completions.create", "openai/m", "x", n=2)
    assert [(each.text, each.finish_reason) for each in got.final.choices] == [("a", "stop"), ("bc", "length")]
    assert len(got.events) == 5


@both
def test_a_stream_that_ends_early(kind: str) -> None:
    with serve(streamed(event(chunk("half")), End(reset=True), end=False)) as server:
        got = stream(kind, server, "completions.create", "openai/m", "x")
    assert isinstance(got.error, onellm.StreamInterrupted)
    assert got.error.partial.text == "half"


@both
def test_a_stream_that_ends_without_its_end(kind: str) -> None:
    with serve(streamed(event(chunk("half")))) as server:
        got = stream(kind, server, "completions.create", "openai/m", "x")
    assert isinstance(got.error, onellm.StreamInterrupted)
    assert got.error.partial.text == "half"


@both
def test_an_error_in_the_stream(kind: str) -> None:
    failure = {"error": {"message": "overloaded", "type": "server_error", "code": None, "param": None}}
    with serve(streamed(event(chunk("a")), event(failure), DONE)) as server:
        got = stream(kind, server, "completions.create", "openai/m", "x")
    assert isinstance(got.error, onellm.APIError)
    assert [each.choices[0].text for each in got.events] == ["a"]


@both
def test_a_hole_in_the_stream(kind: str) -> None:
    with serve(streamed(event(chunk("a")), b"data: {broken\n\n", event(chunk("b")), DONE)) as server:
        got = stream(kind, server, "completions.create", "openai/m", "x")
    assert isinstance(got.error, onellm.BadResponseError)
    assert [each.choices[0].text for each in got.events] == ["a"]


@both
def test_an_error_that_came_with_200(kind: str) -> None:
    with (
        serve(whole({"error": {"message": "no", "code": "model_not_found"}})) as server,
        pytest.raises(onellm.APIError),
    ):
        ask(kind, server, "completions.create", "openai/m", "x")


def test_another_host_s_words_and_nulls() -> None:
    """vLLM and Together: a finish reason of their own, a null index, log probabilities as chat has them."""
    logprobs = {"content": [{"token": "a", "logprob": -1.0, "top_logprobs": [{"token": "b", "logprob": -2.0}]}]}
    body = {
        "id": "c", "object": "text_completion", "created": 1.0, "model": "m", "usage": None,
        "choices": [{"index": None, "text": "a", "finish_reason": "eos", "logprobs": logprobs}],
    }  # fmt: skip
    made = call("vllm", "complete", CompletionRequest(model="m", prompt="x"))
    answer = made.parse(onellm.Reply(200, {}, json.dumps(body).encode()))
    (choice,) = answer.choices
    assert (choice.index, choice.finish_reason, choice.native_finish_reason) == (0, "stop", "eos")
    assert choice.logprobs.tokens == ["a"]
    assert choice.logprobs.top_logprobs == [{"b": -2.0}]


def test_sampling_of_open_models() -> None:
    request = CompletionRequest(model="m", prompt="x", top_k=1, min_p=0.0, repetition_penalty=1.0)
    assert sent(call("vllm", "complete", request)) == {
        "model": "m", "prompt": "x", "top_k": 1, "min_p": 0.0, "repetition_penalty": 1.0
    }  # fmt: skip
    with pytest.raises(onellm.UnsupportedParameterError, match="openai/m does not take min_p"):
        provider("openai").complete(CompletionRequest(model="m", prompt="x", min_p=0.1))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"prompt": ""}, "prompt is empty"),
        ({"prompt": []}, "prompt is empty"),
        ({"prompt": "x", "logprobs": 6}, "logprobs must be 5 or less"),
        ({"prompt": "x", "n": 0}, "n must be 1 or more"),
        ({"prompt": "x", "stop": list("abcde")}, "stop takes at most 4"),
        ({"prompt": "x", "stream_options": {"include_usage": True}}, "stream_options needs stream=True"),
        ({"prompt": "x", "extra_body": {"model": "other"}}, "extra_body cannot set model"),
    ],
    ids=str,
)
def test_refused_here(params: dict[str, Any], message: str) -> None:
    with pytest.raises(onellm.InvalidRequestError, match=message) as caught:
        provider("openai").complete(CompletionRequest(model="m", **params))
    assert caught.value.status is None
