"""Real answers of Bedrock, read by us and by botocore from the same bytes; and the requests that led to them.

The conversations are written by hand in OpenAI's form, turn by turn, with the answers of earlier turns as we read them
and kept them as JSON. What we send is compared with what was recorded field by field. Mantle's are in test_mantle.py.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from botocore.eventstream import EventStream
from botocore.parsers import create_parser

from onellm import ChatCompletionResponse, ChatRequest, EmbeddingRequest, InvalidRequestError, Reply
from onellm.call import Fetch, Resolve
from tests.providers.bedrock.wire import judge, provider, service
from tests.support import KEY, serve, whole
from tests.wire import both, result, tool

FINISH = {"end_turn": "stop", "tool_use": "tool_calls"}
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Exchange:
    """One recorded POST to the runtime."""

    label: str
    path: str
    request: dict[str, Any]
    status: int
    headers: dict[str, str]
    body: bytes
    media: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    """What was fetched in the same recording, by URL."""

    @property
    def streamed(self) -> bool:
        return self.path == "converse-stream"

    @property
    def model(self) -> str:
        return unquote(self.label.partition("|")[2])


@functools.cache
def exchanges(shared: Path) -> tuple[Exchange, ...]:
    return tuple(found for path in sorted((shared / "recordings" / "bedrock").glob("*.yaml")) for found in _read(path))


def _read(path: Path) -> Iterator[Exchange]:
    media: dict[str, tuple[bytes, str]] = {}
    for each in yaml.load(path.read_text(encoding="utf-8"), LOADER)["interactions"]:
        request, answer = each["request"], each["response"]
        value = answer.get("parsed_body") or answer["body"]["string"]
        if isinstance(value, str):
            value = value.encode()
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        headers = {name: values[0] for name, values in answer["headers"].items()}
        if request["method"] == "GET":
            media[request["uri"]] = body, headers["content-type"]
        elif "/model/" in request["uri"]:
            model, action = request["uri"].partition("/model/")[2].rsplit("/", 1)
            sent = json.loads(request["body"])
            yield Exchange(f"{path.stem}|{model}", action, sent, answer["status"]["code"], headers, body, media)


def chats(shared: Path) -> list[Exchange]:
    return [each for each in exchanges(shared) if each.path.startswith("converse") and each.status == 200]


def call_for(exchange: Exchange, messages: list[Any], params: dict[str, Any]) -> Any:
    """The call; what it fetches before is taken from the recording."""
    request = ChatRequest(model=exchange.model, messages=messages, **params)
    op: Any = provider().chat_stream(request) if exchange.streamed else provider().chat(request)
    if not hasattr(op, "send"):
        return op
    step = next(op)
    while isinstance(step, (Fetch, Resolve)):
        if isinstance(step, Resolve):
            step = op.send(["93.184.215.14"])
        else:
            content, media_type = exchange.media[step.url]
            step = op.send(step.parse(Reply(200, {"content-type": media_type}, content)))
    return step


def read(exchange: Exchange, call: Any = None) -> ChatCompletionResponse:
    """What we make of the answer."""
    call = call or call_for(exchange, [{"role": "user", "content": "Hi"}], {})
    if not exchange.streamed:
        found: ChatCompletionResponse = call.parse(Reply(200, exchange.headers, exchange.body))
        return found
    decoder, assembler = call.decoder(), call.assembler()
    for chunk in (*decoder.feed(exchange.body), *decoder.close()):
        assembler.add(chunk)
    assert decoder.failure is None, exchange.label
    answer: ChatCompletionResponse = assembler.result()
    return answer


class _Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self) -> Iterator[bytes]:
        yield self.body

    def close(self) -> None:
        """Nothing is open."""


def theirs(exchange: Exchange) -> dict[str, Any]:
    """What botocore makes of it; the events of a stream put together here."""
    operation = service().operation_model("ConverseStream" if exchange.streamed else "Converse")
    if not exchange.streamed:
        response = {"status_code": 200, "headers": exchange.headers, "body": exchange.body}
        parsed: dict[str, Any] = create_parser("rest-json").parse(response, operation.output_shape)
        return parsed
    parser = create_parser("rest-json")._event_stream_parser
    shape = operation.output_shape.members["stream"]
    return _joined(EventStream(_Raw(exchange.body), shape, parser, "ConverseStream"))


def _joined(events: Any) -> dict[str, Any]:
    blocks: dict[int, Any] = {}
    whole: dict[str, Any] = {}
    for event in events:
        kind, value = next(iter(event.items()))
        if kind == "contentBlockStart":
            name, start = next(iter(value["start"].items()))
            blocks[value["contentBlockIndex"]] = {name: dict(start)}
        elif kind == "contentBlockDelta":
            block = blocks.setdefault(value["contentBlockIndex"], {})
            name, delta = next(iter(value["delta"].items()))
            if name == "text":
                block["text"] = block.get("text", "") + delta
            elif name == "toolUse":
                block["toolUse"]["input"] = block["toolUse"].get("input", "") + delta["input"]
            elif name == "toolResult":
                block["toolResult"]["content"] = delta
            elif "redactedContent" in delta:
                block["reasoningContent"] = delta
            else:
                inner = block.setdefault("reasoningContent", {"reasoningText": {}})["reasoningText"]
                for key, text in delta.items():
                    inner[key] = inner.get(key, "") + text
        else:
            whole |= value if kind in ("messageStop", "metadata") else {}
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"].get("input") or "{}")
    return {**whole, "output": {"message": {"content": [blocks[index] for index in sorted(blocks)]}}}


def test_every_recorded_answer_reads_as_botocore_reads_it(shared: Path) -> None:
    for exchange in chats(shared):
        expected, answer = theirs(exchange), read(exchange)
        (choice,) = answer.choices
        message, blocks = choice.message, expected["output"]["message"]["content"]
        assert (message.content or "") == "".join(block.get("text", "") for block in blocks), exchange.label
        reasons = [block["reasoningContent"] for block in blocks if "reasoningContent" in block]
        thoughts = [each["reasoningText"]["text"] for each in reasons if "reasoningText" in each]
        assert (message.reasoning_content or "") == "\n\n".join(thoughts)
        calls = [block["toolUse"] for block in blocks if "toolUse" in block]
        calls = [call for call in calls if call.get("type") != "server_tool_use"]
        found = [
            (each.id, each.function.name, json.loads(each.function.arguments)) for each in message.tool_calls or []
        ]
        assert found == [(call["toolUseId"], call["name"], call["input"]) for call in calls]
        stop = expected["stopReason"]
        assert (choice.finish_reason, choice.native_finish_reason) == (FINISH[stop], stop)
        _assert_usage(answer, expected["usage"])
        kept = (message.provider_state or {}).get("bedrock", {}).get("content", [])
        redacted = [each["redactedContent"] for each in reasons if "redactedContent" in each]
        sent = [block["reasoningContent"] for block in kept if "reasoningContent" in block]
        assert [_unpacked(each["redactedContent"]) for each in sent if "redactedContent" in each] == redacted
    assert len(chats(shared)) == 13


def _unpacked(text: str) -> bytes:
    import base64

    return base64.b64decode(text)


def _assert_usage(answer: ChatCompletionResponse, usage: dict[str, Any]) -> None:
    found = answer.usage
    assert found is not None
    assert found.prompt_tokens_details is not None
    read_, written = usage.get("cacheReadInputTokens", 0), usage.get("cacheWriteInputTokens", 0)
    assert found.prompt_tokens == usage["inputTokens"] + read_ + written
    assert found.completion_tokens == usage["outputTokens"]
    assert found.total_tokens == usage["totalTokens"]
    details = found.prompt_tokens_details
    assert (details.cached_tokens, details.cache_write_tokens) == (read_, written)


# -- requests ----------------------------------------------------------------------------------------------------------

ANSWER = object()
"""Stands for what the model answered to the turn before."""
NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
MUST = "YOU MUST USE TOOLS WHEN REQUIRED AND THEN ANSWER WITH ONLY THE TOOL RESULT.\n" * 100
BOT = {"role": "system", "content": "You are a helpful chatbot."}
CATALOG = [
    {"role": "system", "content": MUST, "cache_control": {"type": "ephemeral"}},
    {"role": "user", "content": "Call `catalog_lookup`, then answer with only its return value."},
]
LOOKUPS = [tool(name, description="", parameters=NOTHING) for name in ("catalog_lookup", "diagnostics")]
FIRST = {"tools": LOOKUPS, "tool_choice": {"type": "function", "function": {"name": "catalog_lookup"}}}
THEN = {"tools": LOOKUPS, "tool_choice": "auto"}
RUNS_CODE: dict[str, Any] = {
    "tools": [
        tool(
            "final_result",
            description="The final response which ends this conversation",
            parameters={
                "type": "object", "title": "Response", "properties": {"result": {"type": "number"}},
                "required": ["result"],
            },
        ),
        {"systemTool": {"name": "nova_code_interpreter"}},
    ],
    "tool_choice": "required",
}  # fmt: skip
PRODUCT = {"role": "user", "content": "What is 1234 * 5678?"}
FETCHES: dict[str, Any] = {"tools": [tool("get_file", description="", parameters=NOTHING)], "tool_choice": "auto"}
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "country": {"type": "string"}, "population": {"type": "integer"}},
    "required": ["city", "country", "population"],
    "additionalProperties": False,
}
MAGIC = (
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB"
)


def user(text: str, *parts: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text}, *parts] if parts else text}


def web(url: str) -> dict[str, Any]:
    return {"type": "file", "file": {"file_data": url}}


CONVERSATIONS: dict[str, list[tuple[dict[str, Any], list[Any]]]] = {
    "test_bedrock__test_bedrock_model_code_execution_tool_stream": [(RUNS_CODE, [BOT, PRODUCT])],
    "test_bedrock__test_bedrock_model_stream_empty_text_delta": [({}, [user("Hi")])],
    "test_bedrock__test_bedrock_model_thinking_part_redacted_stream": [
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, [user(MAGIC)])
    ],
    "test_bedrock__test_bedrock_model_with_code_execution_tool": [
        (RUNS_CODE, [BOT, PRODUCT]),
        (
            RUNS_CODE,
            [
                ANSWER,
                result("tooluse_DaRsVjwcShCI_3pOsIsWqg", "Final result processed."),
                user("Now multiply that by 2"),
            ],
        ),
    ],
    "test_bedrock__test_document_url_input": [
        (
            {},
            [
                BOT,
                user(
                    "What is the main content on this document?",
                    web("https://www.w3.org/WAI/ER/tests/xhtml/testfiles/resources/pdf/dummy.pdf"),
                ),
            ],
        )
    ],
    "test_cache__test_bedrock_single_tool_choice_preserves_cache[nova]": [
        (FIRST, CATALOG),
        (THEN, [ANSWER, result("tooluse_AbFzl4JzQNAtgEfnacertb", "21")]),
        (FIRST, [None, *CATALOG]),
        (THEN, [ANSWER, result("tooluse_rRmNJXd6AXIisNck6KAmUx", "21")]),
    ],
    "test_multimodal_tool_returns__test_multimodal_tool_return_matrix[direct-url-document-bedrock_claude]": [
        (
            FETCHES,
            [user("Use the get_file tool now to retrieve a document file, then describe what you received.")],
        ),
        (FETCHES, [ANSWER, result("tooluse_Wu1fWSQ2Ypq6oCD1gF0SEN", [web("https://pdfobject.com/pdf/sample.pdf")])]),
    ],
    "test_native_output__test_bedrock_native_output_stream": [
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "CityInfo", "description": "Information about a city.", "schema": CITY},
                }
            },
            [user("What is the capital of France? Give me the city name, country, and population.")],
        )
    ],
}
"""By recording: the parameters of each request, and what it adds to the conversation before it; None begins anew."""


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_recorded_conversation_is_sent_as_it_was(name: str, shared: Path) -> None:
    recorded = [each for each in chats(shared) if each.label.partition("|")[0] == name]
    messages: list[Any] = []
    answer: ChatCompletionResponse | None = None
    for exchange, (params, more) in zip(recorded, CONVERSATIONS[name], strict=True):
        if more[0] is None:
            messages, more = [], more[1:]
        messages += [kept(answer) if each is ANSWER else each for each in more]
        call = call_for(exchange, messages, params)
        judge(call.json)
        assert meant(call.json) == meant(exchange.request)
        answer = read(exchange, call)


def kept(answer: ChatCompletionResponse | None) -> Any:
    """The message as a caller keeps it: as JSON."""
    assert answer is not None
    return json.loads(answer.choices[0].message.model_dump_json())


def meant(value: Any) -> Any:
    """The value without what goes without saying: empty tables and lists, a tool's success; a schema is read."""
    if isinstance(value, dict):
        found = {name: meant(json.loads(item) if name == "schema" else item) for name, item in value.items()}
        if "toolUseId" in found and found.get("status") == "success" and "type" not in found:
            del found["status"]
        return {name: item for name, item in found.items() if name not in ("system", "inferenceConfig") or item}
    return [meant(item) for item in value] if isinstance(value, list) else value


def test_every_recorded_chat_has_its_conversation(shared: Path) -> None:
    assert {each.label.partition("|")[0] for each in chats(shared)} == set(CONVERSATIONS)


def test_the_recorded_count_of_tokens(shared: Path) -> None:
    (exchange,) = [each for each in exchanges(shared) if each.path == "count-tokens"]
    marked = {
        "type": "text",
        "text": "The quick brown fox jumps over the lazydog.",
        "cache_control": {"type": "ephemeral"},
    }
    asked = [{"role": "user", "content": [marked, {"type": "text", "text": "What was next?"}]}]
    call: Any = provider().count_tokens(ChatRequest(model=exchange.model, messages=asked))  # type: ignore[attr-defined]
    judge(call.json, "CountTokens")
    assert meant(call.json) == meant(exchange.request)
    assert call.parse(Reply(200, {}, exchange.body)) == 23


def test_the_recorded_embedding(shared: Path) -> None:
    (exchange,) = [each for each in exchanges(shared) if each.path == "invoke"]
    call: Any = provider().embed(EmbeddingRequest(model=exchange.model, input="Test Nova dimensions", dimensions=256))
    assert call.json == exchange.request
    answer = call.parse(Reply(200, exchange.headers, exchange.body))
    assert answer.vectors == [json.loads(exchange.body)["embeddings"][0]["embedding"]]
    assert answer.usage.prompt_tokens == 18


def test_the_recorded_refusal(shared: Path) -> None:
    (exchange,) = [each for each in exchanges(shared) if each.status == 400]
    call = call_for(exchange, [user("hello")], {})
    judge(call.json)
    assert meant(call.json) == meant(exchange.request)
    error = call.error(Reply(400, exchange.headers, exchange.body))
    assert isinstance(error, InvalidRequestError)
    assert "The provided model identifier is invalid." in str(error)


@both
def test_recorded_answers_over_the_wire(caller: Any, shared: Path) -> None:
    for exchange in chats(shared):
        kind = "application/vnd.amazon.eventstream" if exchange.streamed else "application/json"
        with serve(whole(exchange.body, content_type=kind)) as server:
            providers = {"bedrock": {"base_url": server.url, "api_key": KEY, "region": "us-east-1"}}
            model = f"bedrock/{exchange.model}"
            found = caller.chat_stream(providers, model).final if exchange.streamed else caller.chat(providers, model)
        assert found.model_dump() == read(exchange).model_dump(), exchange.label
