"""Real answers of Gemini at both services, read by us and by its own SDK from the same bytes; and what led to them.

The conversations are written by hand in OpenAI's form, turn by turn, with the answers of earlier turns as we read them
and kept them as JSON. Bytes of media alone are taken from the recorded request. What we send is compared with what was
recorded field by field, read by the SDK's types, but for what its recorder adds: ids that it made up for calls that had
none, answers asked for in text, which is what they are, and a role of the system prompt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from google import genai
from google.genai import types

from onellm import ChatCompletionResponse, ChatRequest, Reply
from onellm.openai_compatible.assemble import ChatAssembler
from tests.providers.gemini.wire import judge
from tests.support import KEY, Caller, serve, whole
from tests.support import streamed as stream_of
from tests.wire import both, provider, result

FINISH = {"STOP": "stop", "UNEXPECTED_TOOL_CALL": "error"}


@dataclass(frozen=True)
class Exchange:
    """One recorded generateContent."""

    label: str
    uri: str
    request: dict[str, Any]
    status: int
    body: bytes

    @property
    def streamed(self) -> bool:
        return self.body.startswith(b"data:")

    @property
    def name(self) -> str:
        return "vertex" if "aiplatform" in self.uri else "gemini"

    @property
    def model(self) -> str:
        return self.uri.rsplit("/models/", 1)[1].partition(":")[0]


def exchanges(shared: Path, part: str = "") -> Iterator[Exchange]:
    """The recorded chats of the files whose name holds `part`, in their order."""
    for folder in ("google-gemini", "google-vertex"):
        for path in sorted((shared / "recordings" / folder).glob("*.yaml")):
            if part not in path.stem:
                continue
            for number, each in enumerate(yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]):
                request = each.get("request")
                if request and "enerateContent" in request["uri"]:
                    answer = each["response"]
                    value = answer.get("parsed_body") or answer["body"]["string"]
                    body = value.encode() if isinstance(value, str) else json.dumps(value, default=str).encode()
                    asked, status = request["parsed_body"], answer["status"]["code"]
                    yield Exchange(f"{path.stem}:{number}", request["uri"], asked, status, body)


def service(exchange: Exchange) -> Any:
    if exchange.name == "gemini":
        return provider("gemini")
    settings = {"project": exchange.uri.split("/")[5], "access_token": "t"}
    return provider(exchange.name, **settings)


def read(exchange: Exchange) -> ChatCompletionResponse:
    """What we make of the answer."""
    request = ChatRequest(model=exchange.model, messages=[{"role": "user", "content": "Hi"}])
    if not exchange.streamed:
        answer: ChatCompletionResponse = service(exchange).chat(request).parse(Reply(200, {}, exchange.body))
        return answer
    decoder, assembler = service(exchange).chat_stream(request).decoder(), ChatAssembler()
    for chunk in (*decoder.feed(exchange.body), *decoder.close()):
        assembler.add(chunk)
    assert decoder.failure is None, exchange.label
    return assembler.result()


def theirs(exchange: Exchange) -> list[types.GenerateContentResponse]:
    """What the SDK makes of it, over the wire: one answer, or those of a stream."""
    with serve(stream_of(exchange.body) if exchange.streamed else whole(exchange.body)) as server:
        options = types.HttpOptions(base_url=server.url)
        sdk = genai.Client(api_key=KEY, vertexai=exchange.name == "vertex", http_options=options)
        if exchange.streamed:
            return list(sdk.models.generate_content_stream(model="m", contents="Hi"))
        return [sdk.models.generate_content(model="m", contents="Hi")]


def test_every_recorded_answer_reads_as_the_sdk_reads_it(shared: Path) -> None:
    seen = {"gemini": 0, "vertex": 0}
    for exchange in exchanges(shared):
        if exchange.status != 200:
            continue
        found, answer = theirs(exchange), read(exchange)
        (choice,) = answer.choices
        message = choice.message
        candidates = [each.candidates[0] for each in found if each.candidates]
        parts = [part for each in candidates for part in ((each.content and each.content.parts) or [])]
        assert (message.content or "") == "".join(part.text or "" for part in parts if not part.thought)
        assert (message.reasoning_content or "") == "".join(part.text or "" for part in parts if part.thought)
        calls = [part.function_call for part in parts if part.function_call]
        ours = message.tool_calls or []
        assert [(each.function.name, json.loads(each.function.arguments)) for each in ours] == [
            (call.name, call.args or {}) for call in calls
        ]
        assert all(call.id in (None, each.id) for call, each in zip(calls, ours, strict=True))
        assert all(each.id for each in ours)
        assert len({each.id for each in ours}) == len(ours)
        reason = next(each.finish_reason for each in reversed(candidates) if each.finish_reason)
        expected = "tool_calls" if calls and reason.value == "STOP" else FINISH[reason.value]
        assert (choice.finish_reason, choice.native_finish_reason) == (expected, reason.value), exchange.label
        assert (answer.id, answer.model) == (found[-1].response_id, found[-1].model_version)
        assert_usage(answer, found[-1].usage_metadata, exchange.label)
        assert_citations(message.model_extra or {}, candidates, message.content or "")
        assert_signatures(message.provider_state, exchange.name, parts)
        seen[exchange.name] += 1
    assert seen == {"gemini": 24, "vertex": 10}


def assert_usage(answer: ChatCompletionResponse, usage: Any, label: str) -> None:
    found = answer.usage
    assert found is not None, label
    assert found.prompt_tokens == (usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0), label
    assert found.completion_tokens == (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0), label
    assert found.total_tokens == usage.total_token_count, label
    assert found.completion_tokens_details is not None
    assert found.completion_tokens_details.reasoning_tokens == (usage.thoughts_token_count or 0)
    heard = [row.token_count for row in usage.prompt_tokens_details or () if row.modality.value == "AUDIO"]
    assert found.prompt_tokens_details is not None
    assert found.prompt_tokens_details.audio_tokens == (sum(heard) if heard else None)


def assert_citations(extra: dict[str, Any], candidates: list[Any], content: str) -> None:
    """Each support of each chunk is an annotation, at the place of its text."""
    metadata = next((each.grounding_metadata for each in reversed(candidates) if each.grounding_metadata), None)
    supports = (metadata and metadata.grounding_supports) or []
    notes = extra.get("annotations", [])
    assert len(notes) == sum(len(each.grounding_chunk_indices or ()) for each in supports)
    texts = [each.segment.text for each in supports for _ in each.grounding_chunk_indices or ()]
    for note, text in zip(notes, texts, strict=True):
        place = note[note["type"]]
        assert content[place["start_index"] : place["end_index"]] == text


def assert_signatures(state: Any, owner: str, parts: list[Any]) -> None:
    kept = [part.get("thoughtSignature") for part in ((state or {}).get(owner) or {}).get("parts", [])]
    found = [part.thought_signature for part in parts if part.thought_signature]
    assert [types.Part.model_validate({"thoughtSignature": each}).thought_signature for each in kept if each] == found


# -- requests ----------------------------------------------------------------------------------------------------------


def function(name: str, description: str, parameters: Any, **fields: Any) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters, **fields},
    }


NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
GET_FILE: dict[str, Any] = {"tools": [function("get_file", "", NOTHING)]}
UNKNOWN = "Unknown tool name: 'list_files'. Available tools: 'get_file'\n\nFix the errors and try again."


def fetch(kind: str) -> dict[str, Any]:
    text = f"Use the get_file tool now to retrieve a {kind} file, then describe what you received."
    return {"role": "user", "content": text}


def refused(name: str, value: str) -> dict[str, Any]:
    """The answer of a tool that was given an argument which it does not take."""
    error = [
        {"type": "extra_forbidden", "loc": [name], "msg": "Extra inputs are not permitted", "input": value},
    ]
    text = f"1 validation error:\n```json\n{json.dumps(error, indent=2)}\n```\n\nFix the errors and try again."
    return {"content": text, "is_error": True}


class Bytes:
    """Media whose bytes are those of the recorded request."""

    def __init__(self, media_type: str) -> None:
        self.media_type = media_type


FAILED = {"content": UNKNOWN, "is_error": True}
ATTACHED = {"content": '{"return_value": "File attached"}'}
MP3 = {"role": "user", "content": [Bytes("audio/mpeg")]}


def seen(mark: str, part: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": f"This is file {mark}:"}, part]}


def see(mark: str) -> dict[str, Any]:
    return {"content": json.dumps({"files": [f"See file {mark}."]})}


UPLOADED = {
    "type": "file",
    "file": {
        "file_id": "https://generativelanguage.googleapis.com/v1beta/files/8b2bhnsluaai",
        "mime_type": "audio/mpeg",
    },
}
DEFERRED = (
    "The following capabilities are deferred and can be loaded using the `load_capability` tool. A capability's tools "
    "stay hidden until it is loaded:\n- refunds: Refund policy tools."
)
LOAD = function(
    "load_capability",
    "Load a listed capability whenever it is plausibly relevant to the task. Loading makes the capability instructions "
    "and any tools it provides available.",
    {
        "type": "object",
        "description": "Typed arguments for a `load_capability` tool call.",
        "properties": {"id": {"type": "string", "description": "The id of the capability to load."}},
        "required": ["id"],
    },
    strict=True,
)
REFUND = function(
    "lookup_refund_policy",
    "Look up the refund policy for an order.",
    {
        "type": "object",
        "properties": {"order_id": {"type": "string"}},
        "required": ["order_id"],
        "additionalProperties": False,
    },
)
STORE = {"fileSearch": {"fileSearchStoreNames": ["fileSearchStores/testfilesearchstore-q7prdj5dqu8p"]}}
CITY: dict[str, Any] = {
    "tools": [function("get_user_country", "", NOTHING)],
    "response_format": {
        "type": "json_schema",
        "json_schema": {
            "name": "CityLocation",
            "schema": {
                "title": "CityLocation",
                "type": "object",
                "properties": {"city": {"type": "string"}, "country": {"type": "string"}},
                "required": ["city", "country"],
            },
        },
    },
}
HELPFUL = {"role": "system", "content": "You are a helpful assistant."}

TALKS: dict[str, tuple[list[Any], list[list[Any]], list[dict[str, Any]]]] = {
    # a part of the file's name: the first messages, what follows each answer, the parameters of each request
    "file_search_tool": (
        [HELPFUL, {"role": "user", "content": "What is the capital of France?"}],
        [[{"role": "user", "content": "Tell me about the Eiffel Tower."}]],
        [{"tools": [STORE]}],
    ),
    "thinking_part_iter": (
        [HELPFUL, {"role": "user", "content": "How do I cross the street?"}],
        [],
        [{"tools": [function("dummy", "", {})], "thinking_config": {"includeThoughts": True}}],
    ),
    "web_fetch_tool_stream": (
        [
            {"role": "system", "content": "You are a helpful chatbot."},
            {
                "role": "user",
                "content": "What is the first sentence on the page https://ai.pydantic.dev? "
                "Reply with only the sentence.",
            },
        ],
        [],
        [{"tools": [{"urlContext": {}}]}],
    ),
    "direct-uploaded_file-audio-google_2_5": (
        [fetch("audio")],
        [[{"content": '{"output": [{}, "See file dbe602."]}'}, seen("dbe602", UPLOADED)]],
        [GET_FILE],
    ),
    "direct-url-audio-google_gemini3": (
        [fetch("audio")],
        [[FAILED], [refused("name", "input_file_0")], [see("4660af"), seen("4660af", Bytes("audio/mpeg"))]],
        [GET_FILE],
    ),
    "direct-url-document-google_2_5": (
        [fetch("document")],
        [[see("99631f"), seen("99631f", Bytes("application/pdf"))]],
        [GET_FILE],
    ),
    "direct-url_force_download-audio-google_gemini3": (
        [fetch("audio")],
        [[refused("path", "input_file_0.wav")], [see("4660af"), seen("4660af", Bytes("audio/mpeg"))]],
        [GET_FILE],
    ),
    "tool_return_content-url-audio-google_gemini3": (
        [fetch("audio")],
        [[FAILED], [refused("name", "input_file_0.wav")], [ATTACHED, MP3]],
        [GET_FILE],
    ),
    "native_output_with_function_tools_stream": (
        [{"role": "user", "content": "What is the largest city in the user country?"}],
        [[{"content": '{"return_value": "Mexico"}'}]],
        [CITY],
    ),
    "cross_provider_capability_replay": (
        [{"role": "system", "content": DEFERRED}, {"role": "user", "content": "Can I get a refund on order-123?"}],
        [
            [
                {"content": '{"instructions": "Use the refund policy tool before answering refund questions."}'},
                {
                    "role": "user",
                    "content": "<system>The following tool(s) are now available: `lookup_refund_policy`</system>",
                },
            ],
            [{"content": '{"return_value": "order-123: refund allowed for 30 days"}'}],
        ],
        [{"tools": [LOAD]}, {"tools": [LOAD, REFUND]}],
    ),
    "vertex_service_tier_flex_stream": ([{"role": "user", "content": "Reply with exactly: OK"}], [], [{}]),
    "tool_return_content-binary-audio-google_vertex": (
        [fetch("audio")],
        [[refused("name", "input_file_0.wav")], [ATTACHED, MP3]],
        [GET_FILE],
    ),
    "tool_return_content-url-image-google_vertex": (
        [fetch("image")],
        [
            [FAILED],
            [refused("name", "input_file_0.png")],
            [
                ATTACHED,
                {
                    "role": "user",
                    "content": [
                        {"type": "image_url", "image_url": {"url": "https://www.gstatic.com/webp/gallery3/1.png"}}
                    ],
                },
            ],
        ],
        [GET_FILE],
    ),
    "tool_return_content-url_force_download-audio-google_vertex": (
        [fetch("audio")],
        [[refused("type", "audio")], [ATTACHED, MP3]],
        [GET_FILE],
    ),
}


@pytest.mark.parametrize("name", TALKS)
def test_a_recorded_talk_is_replayed_to_its_end(name: str, shared: Path) -> None:
    first, following, params = TALKS[name]
    recorded = list(exchanges(shared, name))
    assert len(recorded) == len(following) + 1
    messages = list(first)
    for turn, exchange in enumerate(recorded):
        asked = params[min(turn, len(params) - 1)]
        filled = [_filled(message, exchange.request) for message in messages]
        request = ChatRequest(model=exchange.model, messages=filled, **asked)
        maker = service(exchange)
        call = maker.chat_stream(request) if exchange.streamed else maker.chat(request)
        assert call.url == exchange.uri
        judge(call.json)
        assert meaning(call.json) == meaning(exchange.request), exchange.label
        if turn == len(following):
            break
        message = json.loads(read(exchange).choices[0].message.model_dump_json())
        messages.append(message)
        called = message.get("tool_calls") or [{"id": ""}]
        messages += [each if "role" in each else result(called[0]["id"], **each) for each in following[turn]]


def _filled(message: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """The message with the bytes that were sent at this place."""
    if not any(isinstance(part, Bytes) for part in message["content"] or ()):
        return message
    parts = [part for turn in request["contents"] for part in turn["parts"]]
    datas = [part.get("inlineData") or part.get("inline_data") for part in parts]
    data = next(each["data"] for each in datas if each).replace("-", "+").replace("_", "/")
    made: list[Any] = []
    for part in message["content"]:
        if not isinstance(part, Bytes):
            made.append(part)
        elif part.media_type == "audio/mpeg":
            made.append({"type": "input_audio", "input_audio": {"data": data, "format": "mp3"}})
        else:
            made.append(
                {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{data}"}}
            )
    return {**message, "content": made}


def meaning(body: dict[str, Any]) -> dict[str, Any]:
    """What a body says, in the words of the SDK's types."""
    contents = [
        types.Content.model_validate(each).model_dump(mode="json", exclude_none=True) for each in body["contents"]
    ]
    for turn in contents:
        for part in turn["parts"]:
            for name in ("function_call", "function_response"):
                if str(part.get(name, {}).get("id")).startswith("pyd_ai_"):
                    del part[name]["id"]
    rest = {name: value for name, value in body.items() if name not in ("contents", "generationConfig")}
    config = {**body.get("generationConfig", {}), **rest}
    if config.get("responseModalities") == ["TEXT"]:
        del config["responseModalities"]
    if "systemInstruction" in config:
        config["systemInstruction"] = {"parts": config["systemInstruction"]["parts"]}
    read_ = types.GenerateContentConfig.model_validate(config).model_dump(mode="json", exclude_none=True)
    for tool in read_.get("tools", []):
        for each in tool.get("function_declarations", []):
            if each.get("parameters") == {"type": "OBJECT", "properties": {}}:
                del each["parameters"]  # the recorder's word for none
    return {"contents": contents, "config": read_}


def test_every_recording_is_a_talk(shared: Path) -> None:
    labels = {exchange.label.rpartition(":")[0] for exchange in exchanges(shared)}
    assert len(labels) == len(TALKS)
    assert all(any(name in label for name in TALKS) for label in labels)


@both
def test_a_recorded_stream_reads_the_same_through_both_engines(caller: Caller, shared: Path) -> None:
    (exchange,) = exchanges(shared, "thinking_part_iter")
    with serve(stream_of(exchange.body)) as server:
        settings = {"api_key": KEY, "base_url": f"{server.url.removesuffix('/v1')}/v1beta"}
        found = caller.chat_stream({"gemini": settings}, f"gemini/{exchange.model}")
    assert found.error is None
    assert found.final.choices[0].model_dump() == read(exchange).choices[0].model_dump()
