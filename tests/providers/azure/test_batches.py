"""Batches at Azure: what starts one in both families of URLs, and answers of which no endpoint is told.

The batch and its lines are those of Microsoft's page on batches (2026), shortened.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

import onellm
from tests.both import Either, story
from tests.support import ByteServer, serve, whole
from tests.wire import USER

SAFE = {"hate": {"filtered": False, "severity": "safe"}}
PROMPT = [{"prompt_index": 0, "content_filter_results": {"jailbreak": {"filtered": False, "detected": False}}}]
ID = "batch_6caaf24d-54a5-46be-b1b7-518884fcbdde"
CHAT: dict[str, Any] = {
    "choices": [
        {
            "content_filter_results": SAFE, "finish_reason": "stop", "index": 0, "logprobs": None,
            "message": {"content": "On April 4, 1975.", "role": "assistant"},
        }
    ],
    "created": 1722477079, "id": "chatcmpl-9rFGJ9dh08Tw9WRKqaEHwrkqRa4DJ", "model": "gpt-4o-2024-05-13",
    "object": "chat.completion", "prompt_filter_results": PROMPT, "system_fingerprint": "fp_a9bfe9d51d",
    "usage": {"completion_tokens": 24, "prompt_tokens": 27, "total_tokens": 51},
}  # fmt: skip
RESPONSE: dict[str, Any] = {
    "id": "resp_0e5c78eb05ee70cf00690cc6d988e4819587556df17436a206", "created_at": 1762445017.0, "error": None,
    "model": "gpt-4.1-batch", "object": "response", "status": "completed", "content_filters": None,
    "output": [
        {
            "id": "msg_0e5c", "role": "assistant", "status": "completed", "type": "message",
            "content": [{"annotations": [], "text": "In 1975.", "type": "output_text", "logprobs": []}],
        }
    ],
    "usage": {
        "input_tokens": 16, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 25,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 41,
    },
}  # fmt: skip


def batch(status: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": ID, "completion_window": "24h", "created_at": 1722476583, "endpoint": None, "input_file_id": "file-in",
        "object": "batch", "status": status, "error_file_id": "", "errors": None, "metadata": None,
        "output_file_id": "", "request_counts": {"completed": 0, "failed": 0, "total": 0}, **fields,
    }  # fmt: skip


def line(id: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    return {"custom_id": id, "response": {"body": body, "request_id": "r", "status_code": status}, "error": None}


def ask(kind: str, server: ByteServer, name: str, *args: Any, version: str | None = None, **params: Any) -> Any:
    async def tell(either: Either) -> Any:
        return await either.do(getattr(either.client.batches, name), *args, **params)

    given = {"base_url": f"{server.url}/openai", "api_key": "k" * 20, "api_version": version}
    return story(kind, tell, providers={"azure": given})


kinds = pytest.mark.parametrize("kind", ["sync", "async"])


@kinds
@pytest.mark.parametrize(
    ("version", "asked", "url", "endpoint"),
    [
        (None, None, "/v1/chat/completions", "/chat/completions"),
        ("2025-04-01-preview", None, "/chat/completions", "/chat/completions"),
        (None, "/v1/responses", "/v1/responses", "/chat/completions"),
        (None, "/v1/embeddings", "/v1/embeddings", "/v1/embeddings"),
        (None, "/chat/completions", "/chat/completions", "/chat/completions"),
    ],
)
def test_a_batch_is_started_in_azure_s_words(
    kind: str, version: str | None, asked: str | None, url: str, endpoint: str
) -> None:
    body = {"input": "x"} if asked else {"messages": [USER], "max_tokens": 5}
    if asked == "/chat/completions":
        body = {"messages": [USER], "max_completion_tokens": 5}
    rows = [{"custom_id": "a", "body": {"model": "azure/global-batch", **body}}]
    uploaded = {"id": "file-in", "object": "file", "purpose": "batch", "bytes": 1, "created_at": 1, "filename": "b"}
    with serve(whole(uploaded), whole(batch("validating"))) as server:
        made = ask(kind, server, "create", rows, version=version, **({"endpoint": asked} if asked else {}))
        (row,) = [json.loads(each) for each in server.requests[0].body.split(b"\r\n") if each.startswith(b'{"custom')]
        started = server.requests[1]
    assert (row["url"], row["body"]["model"]) == (url, "global-batch")
    assert started.json == {"input_file_id": "file-in", "endpoint": endpoint, "completion_window": "24h"}
    assert started.path.endswith(f"?api-version={version}" if version else "/openai/v1/batches")
    assert (made.id, made.endpoint, made.output_file_id) == (f"azure/{ID}", None, "")


@kinds
@pytest.mark.parametrize("endpoint", [None, "/chat/completions", "/v1/chat/completions"])
def test_answers_are_read_by_their_own_word(kind: str, endpoint: str | None) -> None:
    """The page's batches tell no endpoint, or that of chats where the file holds responses."""
    refused = {"error": {"code": "content_filter", "message": "The response was filtered."}}
    failed = {**RESPONSE, "status": "failed", "error": {"code": "server_error", "message": "It broke."}}
    rows = [line("task-0", CHAT), line("task-1", RESPONSE), line("task-2", refused, 400), line("task-3", failed)]
    ended = batch("completed", output_file_id="file-out", endpoint=endpoint)
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    with serve(whole(ended), whole(text, content_type="application/octet-stream")) as server:
        found = ask(kind, server, "results", f"azure/{ID}", order=[f"task-{number}" for number in range(4)])
    chat, response, third, fourth = found
    assert type(chat.response) is onellm.ChatCompletionResponse
    answer: Any = chat.response
    assert (answer.choices[0].message.content, answer.usage.total_tokens) == ("On April 4, 1975.", 51)
    assert answer.choices[0].model_extra["content_filter_results"] == SAFE
    assert answer.model_extra["prompt_filter_results"] == PROMPT
    assert (response.response.output_text, response.response.usage.total_tokens) == ("In 1975.", 41)
    assert (third.response, third.error.code) == (None, "content_filter")
    assert fourth.response is None
    assert "It broke." in fourth.error.message
