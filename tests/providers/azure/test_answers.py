"""What Azure answers: verdicts of the content filter, streams with and without choices, errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onellm import (
    AuthenticationError,
    ContentPolicyError,
    InvalidRequestError,
    ModelNotFoundError,
    NotFoundError,
    RateLimitError,
    Reply,
)
from tests.providers.azure.test_requests import azure
from tests.support import DONE, Caller, completion, event, serve, streamed, whole
from tests.wire import both

SAFE = {"hate": {"filtered": False, "severity": "safe"}}
PROMPT = [{"prompt_index": 0, "content_filter_results": {**SAFE, "jailbreak": {"filtered": False, "detected": False}}}]
FIRST = {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": PROMPT}
HEAD = {"created": 1790000000, "id": "chatcmpl-q", "model": "gpt-5.4-mini", "object": "chat.completion.chunk"}
BLOCKED = {
    "error": {
        "message": "The response was filtered.", "type": None, "param": "prompt", "code": "content_filter",
        "status": 400,
        "innererror": {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_result": {**SAFE, "violence": {"filtered": True, "severity": "high"}},
        },
    }
}  # fmt: skip


def piece(delta: Any, verdict: Any = None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    choice = {"content_filter_results": verdict or {}, "delta": delta, "finish_reason": finish, "index": 0, **fields}
    return {"choices": [{name: value for name, value in choice.items() if value is not ...}], **HEAD}


def providers(url: str) -> Any:
    return {"azure": {"base_url": url, "api_key": "k" * 20}}


STREAM = (
    FIRST,
    piece({"content": "", "role": "assistant"}),
    piece({"content": "High at 4."}, SAFE),
    piece({}, finish="stop"),
)


@both
def test_stc_07_the_first_chunk_without_choices(caller: Caller) -> None:
    """STC-07: the verdict on the prompt rides on the next chunk, and the head is that of the answer."""
    usage = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}, **HEAD}
    with serve(streamed(*map(event, (*STREAM, usage)), DONE)) as server:
        got = caller.chat_stream(providers(server.url), "azure/D")
    assert all(chunk.choices for chunk in got.events)
    assert got.events[0].model_extra["prompt_filter_results"] == PROMPT
    assert {chunk.id for chunk in got.events} == {"chatcmpl-q"}
    assert (got.text, got.final.usage.total_tokens, got.final.choices[0].finish_reason) == ("High at 4.", 7, "stop")
    assert got.final.model_extra["prompt_filter_results"] == PROMPT
    assert got.final.choices[0].model_extra["content_filter_results"] == SAFE


@both
def test_stc_07_verdicts_that_come_later_have_no_delta(caller: Caller) -> None:
    """STC-07: the asynchronous filter; before the end and after it."""
    late = piece(..., SAFE, content_filter_offsets={"check_offset": 0, "start_offset": 0, "end_offset": 10})
    offsets = late["choices"][0]["content_filter_offsets"]
    del late["choices"][0]["finish_reason"]
    for chunks in ((*STREAM[:3], late, STREAM[3]), (*STREAM, late)):
        with serve(streamed(*map(event, chunks), DONE)) as server:
            got = caller.chat_stream(providers(server.url), "azure/D")
        assert got.error is None
        assert (got.text, got.final.choices[0].finish_reason) == ("High at 4.", "stop")
        assert got.final.choices[0].model_extra["content_filter_offsets"] == offsets
        assert got.final.choices[0].model_extra["content_filter_results"] == SAFE


@both
def test_an_output_that_was_cut_is_a_choice(caller: Caller) -> None:
    verdict = {"violence": {"filtered": True, "severity": "high"}}
    chunks = (*STREAM[:3], piece({}, verdict, "content_filter"))
    with serve(streamed(*map(event, chunks), DONE)) as server:
        got = caller.chat_stream(providers(server.url), "azure/D")
    choice = got.final.choices[0]
    assert (choice.finish_reason, choice.message.content) == ("content_filter", "High at 4.")
    assert choice.model_extra["content_filter_results"] == {**SAFE, **verdict}


@both
def test_verdicts_of_a_whole_answer_are_kept(caller: Caller) -> None:
    body = completion("Hi", prompt_filter_results=PROMPT)
    body["choices"][0]["content_filter_results"] = SAFE
    with serve(whole(body)) as server:
        answer = caller.chat(providers(server.url), "azure/D")
    assert answer.model_extra["prompt_filter_results"] == PROMPT
    assert answer.choices[0].model_extra["content_filter_results"] == SAFE


@both
@pytest.mark.parametrize("stream", [False, True])
def test_safe_03_a_filtered_prompt_is_a_content_policy_error(caller: Caller, stream: bool) -> None:
    """SAFE-03: with what the filter found, and not repeated."""
    with serve(whole(BLOCKED, 400)) as server:
        with pytest.raises(ContentPolicyError) as caught:
            (caller.chat_stream if stream else caller.chat)(providers(server.url), "azure/D")
        assert len(server.requests) == 1
    assert caught.value.body["error"]["innererror"] == BLOCKED["error"]["innererror"]
    assert (caught.value.param, caught.value.code) == ("prompt", "content_filter")
    assert "The content filter found: violence." in caught.value.__notes__


@pytest.mark.parametrize(
    ("status", "error", "kind", "words"),
    [
        (401, {"code": "401", "message": "Access denied."}, AuthenticationError, "AZURE_API_KEY"),
        (404, {"code": "DeploymentNotFound", "message": "does not exist"}, ModelNotFoundError, "name of a deployment"),
        (404, {"code": "404", "message": "Resource not found"}, NotFoundError, "Is the endpoint right"),
        (429, {"code": "429", "message": "Requests exceeded the limit"}, RateLimitError, "exceeded"),
        (400, {"code": "unsupported_api_version", "message": "no"}, InvalidRequestError, "no"),
        (500, {"code": "content_filter", "message": "no"}, ContentPolicyError, "no"),
    ],
)  # fmt: skip
def test_errors(status: int, error: Any, kind: type[Exception], words: str) -> None:
    headers = {"apim-request-id": "a", "x-request-id": "r", "retry-after-ms": "1500"}
    found = azure().error(Reply(status, headers, json.dumps({"error": error}).encode()), "D")
    assert type(found) is kind
    assert words in str(found)
    assert (found.request_id, found.retry_after) == ("r", 1.5)


@both
def test_str_06_comments_and_unknown_events_are_passed_over(caller: Caller) -> None:
    """STR-06."""
    noise = [b": ping\n\n", b"event: ping\ndata: {}\n\n", b"\xef\xbb\xbf"]
    with serve(
        streamed(noise[2], noise[0], *map(event, STREAM[:2]), noise[1], *map(event, STREAM[2:]), DONE)
    ) as server:
        assert caller.chat_stream(providers(server.url), "azure/D").text == "High at 4."
