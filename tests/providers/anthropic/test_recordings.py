"""Real answers of Anthropic, read by us and by its own SDK from the same bytes; and the requests that led to them.

The conversations are written by hand in OpenAI's form, turn by turn, with the answers of earlier turns as we read them
and kept them as JSON. What we send is compared with what was recorded field by field.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import pytest
import yaml

from onellm import ChatCompletionResponse, Reply
from onellm.openai_compatible.assemble import ChatAssembler
from tests.providers.anthropic.wire import judge
from tests.support import KEY, serve, whole
from tests.support import streamed as stream_of
from tests.wire import both, call, calling, result, stream_call, tool_call

FINISH = {
    "end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length", "refusal": "content_filter"
}  # fmt: skip
BARE = {"is_error": False, "stream": False, "caller": {"type": "direct"}}
"""Values that say what goes without saying."""


@dataclass(frozen=True)
class Exchange:
    """One recorded POST /v1/messages."""

    label: str
    request: dict[str, Any]
    body: bytes

    @property
    def streamed(self) -> bool:
        return self.body.startswith(b"event:")

    @property
    def model(self) -> str:
        return str(self.request.get("model", "claude-opus-4-8"))


def exchanges(shared: Path) -> Iterator[Exchange]:
    """The recordings, and the streams of the SDK's own tests, which have no request."""
    for path in sorted((shared / "recordings" / "anthropic").glob("*.yaml")):
        for number, each in enumerate(yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]):
            request = each.get("request")
            if request and "/v1/messages" in request["uri"]:
                answer = each["response"]
                value = answer.get("parsed_body") or answer["body"]["string"]
                body = value.encode() if isinstance(value, str) else json.dumps(value, default=str).encode()
                yield Exchange(f"{path.stem}:{number}", request["parsed_body"], body)
    for path in sorted((shared / "recordings" / "anthropic-sdk-sse").iterdir()):
        yield Exchange(path.name, {}, path.read_bytes())


def read(exchange: Exchange) -> ChatCompletionResponse:
    """What we make of the answer."""
    if not exchange.streamed:
        return call("anthropic", model=exchange.model).parse(Reply(200, {}, exchange.body))
    streamed = stream_call("anthropic", model=exchange.model)
    decoder, assembler = streamed.decoder(), ChatAssembler()
    for chunk in (*decoder.feed(exchange.body), *decoder.close()):
        assembler.add(chunk)
    assert decoder.failure is None, exchange.label
    return assembler.result()


def theirs(exchange: Exchange) -> Any:
    """What the SDK makes of it, over the wire."""
    answer = stream_of(exchange.body) if exchange.streamed else whole(exchange.body)
    with serve(answer) as server:
        base_url = server.url.removesuffix("/v1")
        with anthropic.Anthropic(api_key=KEY, base_url=base_url, max_retries=0) as sdk:
            asked: Any = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]}
            if not exchange.streamed:
                return sdk.beta.messages.create(**asked)
            with sdk.beta.messages.stream(**asked) as stream:
                return stream.get_final_message()


def test_every_recorded_answer_reads_as_the_sdk_reads_it(shared: Path) -> None:
    seen = 0
    for exchange in exchanges(shared):
        expected, answer = theirs(exchange), read(exchange)
        (choice,) = answer.choices
        message, blocks = choice.message, expected.content
        assert answer.id == expected.id, exchange.label
        assert (message.content or "") == "".join(block.text for block in blocks if block.type == "text")
        thoughts = [block.thinking for block in blocks if block.type == "thinking" and block.thinking]
        assert (message.reasoning_content or "") == "\n\n".join(thoughts)
        calls = [(block.id, block.name, block.input) for block in blocks if block.type == "tool_use"]
        found = [(each.id, each.function.name, each.function.arguments) for each in message.tool_calls or []]
        if expected.stop_reason == "max_tokens":  # the SDK completes what was cut, we leave it as it came
            assert [each[:2] for each in found] == [each[:2] for each in calls]
        else:
            assert [(name, said, json.loads(arguments)) for name, said, arguments in found] == calls
        assert (choice.finish_reason, choice.native_finish_reason) == (
            FINISH[expected.stop_reason],
            expected.stop_reason,
        )
        assert_usage(answer, expected.usage, exchange.label)
        cited = [each for block in blocks if block.type == "text" for each in block.citations or ()]
        assert len((message.model_extra or {}).get("annotations", [])) == len(cited)
        assert_state(answer, expected)
        seen += 1
    assert seen == 26


def assert_usage(answer: ChatCompletionResponse, usage: Any, label: str) -> None:
    """The sums of the SDK's parts; iterations that its top level leaves out are added."""
    apart = [each for each in usage.iterations or () if each.type in ("advisor_message", "compaction")]
    parts = [usage, *apart]
    read_, written = (
        sum(getattr(part, name) or 0 for part in parts)
        for name in ("cache_read_input_tokens", "cache_creation_input_tokens")
    )
    found = answer.usage
    assert found is not None, label
    assert found.prompt_tokens_details is not None
    assert found.prompt_tokens == sum(part.input_tokens for part in parts) + read_ + written, label
    assert found.completion_tokens == sum(part.output_tokens for part in parts), label
    assert found.total_tokens == found.prompt_tokens + found.completion_tokens
    details = found.prompt_tokens_details
    assert (details.cached_tokens, details.cache_write_tokens) == (read_, written), label


def assert_state(answer: ChatCompletionResponse, expected: Any) -> None:
    """Thinking and what the service's own tools did are kept, with signatures and data as they came."""
    state = (answer.choices[0].message.provider_state or {}).get("anthropic", {}).get("content", [])
    for name in ("signature", "data", "encrypted_content"):
        kept = [block[name] for block in state if name in block]
        assert kept == [getattr(block, name) for block in expected.content if getattr(block, name, None) is not None]
    special = [block.type for block in expected.content if block.type not in ("text", "tool_use")]
    assert [block["type"] for block in state if block["type"] not in ("text", "tool_use")] == special


# -- requests ----------------------------------------------------------------------------------------------------------

CSV = "Use the code execution tool to read the uploaded CSV file and report the sum of the `value` column."
AVERAGE = {"role": "user", "content": "Use the code execution tool again to report the average of the `value` column."}
GUIDE = "prefer exact arithmetic over estimation when analyzing tabular data."
ANALYST = {
    "role": "system",
    "content": "You are a meticulous data analyst. Always use the code execution tool to read and compute over any "
    "attached CSV file before answering. " + " ".join(f"Guideline {number}: {GUIDE}" for number in range(120)),
}
RUNS_CODE = {"type": "code_execution_20260120", "name": "code_execution"}
FIVE = {"type": "ephemeral", "ttl": "5m"}


def function(name: str, description: str, parameters: Any, **fields: Any) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
        **fields,
    }


def closed(*required: str, **properties: str) -> dict[str, Any]:
    fields = {name: {"type": kind} for name, kind in properties.items()}
    return {"type": "object", "properties": fields, "additionalProperties": False} | (
        {"required": list(required)} if required else {}
    )


def csv(file_id: str) -> dict[str, Any]:
    upload = {"type": "container_upload", "file_id": file_id}
    return {"role": "user", "content": [{"type": "text", "text": CSV}, upload]}


GET_FILE: dict[str, Any] = {"tools": [function("get_file", "", closed())], "tool_choice": "auto"}
FETCH = {
    "role": "user",
    "content": "Use the get_file tool now to retrieve a image file, then describe what you received.",
}
FETCHED_BY_URL = result(
    "toolu_01XBL6B2Z996VStAuNCQapHS",
    [{"type": "image_url", "image_url": {"url": "https://www.gstatic.com/webp/gallery3/1.png"}}],
)
ATTACHED = result("toolu_01Uz2Z13hdhb1hSJRJwekbBm", [{"type": "text", "text": "File attached"}])
UPLOADED = {
    "role": "user",
    "content": [{"type": "image", "source": {"type": "file", "file_id": "file_011Ccn6h7bTbXrEWQKoQZqF9"}}],
}
COUNTRY = function("lookup_country", "", closed("city", city="string"))
COUNTRY["function"]["strict"] = True
CITY = closed("city", "country", "population", city="string", country="string", population="integer")
DETAILS: dict[str, Any] = {
    "tools": [COUNTRY],
    "tool_choice": "auto",
    "response_format": {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}},
}
PARIS = {"role": "user", "content": "Give me details about Paris"}
LOAD = {
    "type": "object",
    "description": "Typed arguments for a `load_capability` call.",
    "properties": {"id": {"type": "string", "description": "The id of the capability to load."}},
    "required": ["id"],
}
REFUNDS: dict[str, Any] = {
    "tools": [
        function("load_capability", "Load a capability to access its full instructions and tools.", LOAD),
        function(
            "lookup_refund_policy", "Look up the refund policy for an order.", closed("order_id", order_id="string"),
            defer_loading=True,
        ),
        {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"},
    ],
    "tool_choice": "auto",
    "cache_control": FIVE,
}  # fmt: skip
REFUND = [
    {
        "role": "system",
        "content": "The following capabilities are deferred and can be loaded using the `load_capability` tool:\n"
        "- refunds: Refund policy tools.",
    },
    {"role": "user", "content": "Can I get a refund on order-123?"},
]
LOADED = result(
    "toolu_01VLwCjyU7u928EqHmMRvow8",
    [{"type": "text", "text": '{"instructions":"Use the refund policy tool before answering refund questions."}'}],
)
SEARCHED = [
    calling(tool_call("auto_load_0f10f8b659c3c105", "search_tools", '{"queries": ["refunds"]}')),
    result("auto_load_0f10f8b659c3c105", [{"type": "tool_reference", "tool_name": "lookup_refund_policy"}]),
]
POLICY = result("toolu_01JA8S35SNy1ruX8gAXgb3Y6", [{"type": "text", "text": "order-123: refund allowed for 30 days"}])

ANSWER = object()
"""Stands for what the model answered to the turn before."""


def analysis(file_id: str, *, automatic: bool = False) -> tuple[dict[str, Any], list[list[Any]]]:
    begin = [ANALYST, csv(file_id)] if automatic else [csv(file_id)]
    return {"tools": [RUNS_CODE], **({"cache_control": FIVE} if automatic else {})}, [begin, [ANSWER, AVERAGE]]


CONVERSATIONS: dict[str, tuple[dict[str, Any], list[list[Any]]]] = {
    "test_anthropic__test_anthropic_advisor_tool_stream": (
        {"tools": [{"type": "advisor_20260301", "name": "advisor", "model": "claude-opus-4-8", "max_tokens": 1024}]},
        [[{"role": "user", "content": "What's 2+2? Consult your advisor first."}]],
    ),
    "test_anthropic__test_anthropic_model_thinking_part_redacted_stream": (
        {"reasoning_effort": "low"},
        [
            [
                {
                    "role": "user",
                    "content": "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_"
                    "46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB",
                }
            ]
        ],
    ),
    "test_code_execution__test_receive_history_from_another_provider": (
        {"tools": [{"type": "code_execution_20250522", "name": "code_execution"}], "tool_choice": "auto"},
        [[{"role": "user", "content": "How much is 3 * 12390?"}]],
    ),
    "test_code_execution_files_vcr__test_anthropic_code_execution_files": (
        {"tools": [RUNS_CODE]},
        [[csv("file_011CcQH3nbP5brKi4DsVcj7j")]],
    ),
    "test_code_execution_files_vcr__test_anthropic_code_execution_files_cache_prefix_stable[automatic-sonnet-4-6]": (
        analysis("file_011CcaGs24UqTfYHgDWn7trH", automatic=True)
    ),
    "test_code_execution_files_vcr__test_anthropic_code_execution_files_cache_prefix_stable[automatic-sonnet-5]": (
        analysis("file_011CcaGt3nwLbi8ue4ByhLYG", automatic=True)
    ),
    "test_code_execution_files_vcr__test_anthropic_code_execution_files_multi_turn": (
        analysis("file_011CcaGoMcMyMnhMwste6i8r")
    ),
    "test_multimodal_tool_returns__test_multimodal_tool_return_matrix[direct-url-image-anthropic]": (
        GET_FILE,
        [[FETCH], [ANSWER, FETCHED_BY_URL]],
    ),
    "test_multimodal_tool_returns__test_multimodal_tool_return_matrix"
    "[tool_return_content-uploaded_file-image-anthropic]": (GET_FILE, [[FETCH], [ANSWER, ATTACHED, UPLOADED]]),
    "test_output__test_strict_true_tool_native_output": (
        DETAILS,
        [[PARIS], [ANSWER, result("toolu_01PPTvKs3rE6VohQPGEwqsTZ", [{"type": "text", "text": "France"}])]],
    ),
    "test_tool_search__test_anthropic_to_google_deferred_capability_history_replay": (
        REFUNDS,
        [REFUND, [ANSWER, LOADED, *SEARCHED], [ANSWER, POLICY]],
    ),
}
"""By recording: the parameters of all its requests, and what each adds to the conversation before it."""


@pytest.mark.parametrize("stem", CONVERSATIONS)
def test_a_recorded_conversation_is_sent_as_it_was(stem: str, shared: Path) -> None:
    params, added = CONVERSATIONS[stem]
    recorded = [each for each in exchanges(shared) if each.label.rpartition(":")[0] == stem]
    assert len(recorded) == len(added)
    messages: list[Any] = []
    answer: ChatCompletionResponse | None = None
    for exchange, more in zip(recorded, added, strict=True):
        messages += [kept(answer) if each is ANSWER else each for each in more]
        container = (answer.model_extra or {}).get("container") if answer else None
        asked = {"max_tokens": 4096, **params, **({"container": container["id"]} if container else {})}
        make = stream_call if exchange.streamed else call
        sent = make("anthropic", messages, exchange.model, **asked).json
        judge(sent, beta=True)
        assert meant(sent) == meant(exchange.request)
        answer = read(exchange)


def kept(answer: ChatCompletionResponse | None) -> Any:
    """The message as a caller keeps it: as JSON."""
    assert answer is not None
    return json.loads(answer.choices[0].message.model_dump_json())


def meant(value: Any) -> Any:
    """The value without what goes without saying: nulls, and defaults that one side spells out."""
    if isinstance(value, dict):
        return {name: meant(item) for name, item in value.items() if item is not None and BARE.get(name, ...) != item}
    return [meant(item) for item in value] if isinstance(value, list) else value


def test_every_recorded_request_has_its_conversation(shared: Path) -> None:
    assert {each.label.rpartition(":")[0] for each in exchanges(shared) if each.request} == set(CONVERSATIONS)


@both
def test_recorded_answers_over_the_wire(caller: Any, shared: Path) -> None:
    for exchange in exchanges(shared):
        answer = stream_of(exchange.body) if exchange.streamed else whole(exchange.body)
        with serve(answer) as server:
            providers = {"anthropic": {"base_url": server.url, "api_key": KEY}}
            model = f"anthropic/{exchange.model}"
            found = caller.chat_stream(providers, model).final if exchange.streamed else caller.chat(providers, model)
        assert found.model_dump() == read(exchange).model_dump(), exchange.label
