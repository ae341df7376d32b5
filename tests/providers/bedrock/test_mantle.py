"""Recordings of Mantle, Bedrock's OpenAI-shaped endpoint: chat through its Responses, judged by the openai SDK."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from openai.types.responses import Response

from onellm import ChatCompletionResponse, ChatRequest, Reply, get_provider
from onellm.signing import Signed
from onellm.sigv4 import Credentials
from tests.support import DONE, KEY, Caller, chunk, completion, event, serve, whole
from tests.wire import both, result, tool

NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
TOOLS = [tool(name, description=None, parameters=NOTHING) for name in ("first_tool", "second_tool")]
PARAMS: dict[str, Any] = {"tools": TOOLS, "tool_choice": "auto"}
SYSTEM = {
    "role": "system",
    "content": "Call first_tool. After receiving its result, call second_tool in a new model response. After receiving "
    "that result, answer with both results. Never call both tools in one response.",
}
BEGIN = [SYSTEM, {"role": "user", "content": "Follow the tool instructions."}]
OK = {"role": "user", "content": "Reply with exactly OK."}
ANSWER = object()
FIRST, SECOND = ("first", "first result"), ("second", "second result")
TURNS: list[tuple[dict[str, Any], list[Any]]] = [
    (PARAMS, [*BEGIN]),
    (PARAMS, [ANSWER, FIRST]),
    (PARAMS, [ANSWER, SECOND]),
    ({}, [ANSWER, OK]),
]
"""What each recorded request adds; the last one of those that do not stream comes without the system message."""


def recordings(shared: Path) -> list[Path]:
    return sorted((shared / "recordings" / "bedrock").glob("*mantle*.yaml"))


def interactions(path: Path) -> list[tuple[dict[str, Any], bytes]]:
    found = []
    for each in yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]:
        answer = each["response"]
        value = answer.get("parsed_body") or answer["body"]["string"]
        found.append(
            (each["request"]["parsed_body"], value.encode() if isinstance(value, str) else json.dumps(value).encode())
        )
    return found


def call(model: str, messages: list[Any], stream: bool, params: dict[str, Any]) -> Any:
    host = get_provider("bedrock_openai", api_key=KEY, region="us-east-1")
    request = ChatRequest(model=model, messages=messages, **params)
    return host.chat_stream(request) if stream else host.chat(request)


def read(made: Any, body: bytes, stream: bool) -> ChatCompletionResponse:
    if not stream:
        whole: ChatCompletionResponse = made.parse(Reply(200, {}, body))
        return whole
    decoder, assembler = made.decoder(), made.assembler()
    for piece in (*decoder.feed(body), *decoder.close()):
        assembler.add(piece)
    assert decoder.failure is None
    answer: ChatCompletionResponse = assembler.result()
    return answer


def theirs(body: bytes, stream: bool) -> Response:
    if stream:
        lines = [
            line for line in body.decode().splitlines() if line.startswith("data:") and "response.completed" in line
        ]
        return Response.model_validate(json.loads(lines[-1].removeprefix("data:"))["response"])
    return Response.model_validate_json(body)


@pytest.mark.parametrize("number", range(3))
def test_a_recorded_conversation_with_mantle(number: int, shared: Path) -> None:
    path = recordings(shared)[number]
    messages: list[Any] = []
    answer: ChatCompletionResponse | None = None
    for (sent, body), (params, more) in zip(interactions(path), TURNS, strict=False):
        for each in more:
            if each is ANSWER:
                assert answer is not None
                messages.append(json.loads(answer.choices[0].message.model_dump_json()))
            else:
                messages.append(
                    result(messages[-1]["tool_calls"][0]["id"], each[1]) if isinstance(each, tuple) else each
                )
        said = messages if "instructions" in sent else [each for each in messages if each is not SYSTEM]
        made = call(sent["model"], said, sent["stream"], params)
        assert made.url == "https://bedrock-mantle.us-east-1.api.aws/openai/v1/responses"
        assert meant(made.json) == meant(sent)
        answer = read(made, body, sent["stream"])
        compare(answer, theirs(body, sent["stream"]))


def compare(answer: ChatCompletionResponse, expected: Response) -> None:
    (choice,) = answer.choices
    assert (choice.message.content or "") == expected.output_text
    calls = [item for item in expected.output if item.type == "function_call"]
    found = [(each.id, each.function.name, each.function.arguments) for each in choice.message.tool_calls or []]
    assert found == [(item.call_id, item.name, item.arguments) for item in calls]
    assert choice.finish_reason == ("tool_calls" if calls else "stop")
    usage, counted = answer.usage, expected.usage
    assert usage is not None
    assert counted is not None
    assert (usage.prompt_tokens, usage.completion_tokens) == (counted.input_tokens, counted.output_tokens)
    assert usage.completion_tokens_details is not None
    assert usage.completion_tokens_details.reasoning_tokens == counted.output_tokens_details.reasoning_tokens
    secrets = [item.encrypted_content for item in expected.output if item.type == "reasoning"]
    items = (choice.message.provider_state or {}).get("bedrock_openai", {}).get("response_items", [])
    assert [item["encrypted_content"] for item in items if item["type"] == "reasoning"] == secrets


def meant(body: dict[str, Any]) -> dict[str, Any]:
    """What a request means. Ids of items and of calls may differ, as long as call and result go together.

    Exceptions: we send `store: false`, since a chat is not kept; where the recording has `instructions`, we have a
    system message; the recorder numbers calls by their response's id, we by their turn.
    """
    ids: dict[str, int] = {}
    system = [{"role": "system", "content": body["instructions"]}] if "instructions" in body else []
    return {
        **{
            name: value
            for name, value in body.items()
            if name not in ("input", "instructions", "store", "stream", "tools")
        },
        "stream": bool(body.get("stream")),
        "input": system + [_item(each, ids) for each in body["input"]],
        "tools": [
            {name: value for name, value in each.items() if value is not None and (name, value) != ("strict", False)}
            for each in body.get("tools", ())
        ],
    }


def _item(item: dict[str, Any], ids: dict[str, int]) -> dict[str, Any]:
    left = ("id", "status", "annotations", "logprobs", "phase")
    kept = {name: value for name, value in item.items() if name not in left and (name, value) != ("type", "message")}
    if "call_id" in kept:
        kept["call_id"] = ids.setdefault(kept["call_id"], len(ids))
    if isinstance(kept.get("content"), list):
        kept["content"] = "".join(part["text"] for part in kept["content"])
    return kept


def test_a_call_is_signed_for_the_service_that_it_goes_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """AUTH-08."""
    for name in ("BEDROCK_OPENAI_API_KEY", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    host = get_provider("bedrock_openai")
    made: Any = host.chat(ChatRequest(model="openai.gpt-oss-120b", messages=[OK]))
    assert made.url == "https://bedrock-mantle.eu-west-1.api.aws/openai/v1/chat/completions"
    headers = dict(Signed(made).request.headers)
    assert "/eu-west-1/bedrock-mantle/aws4_request" in headers["Authorization"]


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("bedrock-runtime.eu-west-1.amazonaws.com", "/eu-west-1/bedrock/"),
        ("bedrock-mantle.ap-south-1.api.aws", "/ap-south-1/bedrock-mantle/"),
    ],
)
def test_another_endpoint_is_signed_for_as_its_host_says(
    host: str, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    made: Any = get_provider(
        "bedrock_openai", base_url=f"https://{host}/openai/v1", credentials=Credentials("AKID", "hidden")
    ).chat(ChatRequest(model="openai.gpt-oss-120b", messages=[OK]))
    assert scope in dict(Signed(made).request.headers)["Authorization"]


@both
def test_credentials_of_a_function_are_had_when_a_call_is_sent(caller: Caller) -> None:
    """AUTH-10."""
    with serve(whole(completion("Hello"))) as server:
        given = {"base_url": server.url, "region": "us-east-1", "credentials": lambda: Credentials("AKID", "hidden")}
        answer = caller.chat({"bedrock_openai": given}, "bedrock_openai/openai.gpt-oss-120b")
    assert answer.choices[0].message.content == "Hello"
    header = server.requests[0].headers["authorization"]
    assert header.startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "/us-east-1/bedrock-mantle/aws4_request" in header


@pytest.mark.parametrize("size", [1, 3, 100])
def test_the_reasoning_of_gpt_oss_stands_in_tags(size: int) -> None:
    """RSN-18: at the start of the content, between tags of a word of their own."""
    said = "<reasoning>A tide.</reasoning>Noon <reasoning> stays."
    whole_ = call("openai.gpt-oss-120b", [OK], False, {}).parse(Reply(200, {}, json.dumps(completion(said)).encode()))
    pieces = [chunk(said[at : at + size]) for at in range(0, len(said), size)]
    data = b"".join([*map(event, pieces), event(chunk(finish="stop")), DONE])
    streamed = read(call("openai.gpt-oss-120b", [OK], True, {}), data, True)
    for answer in (whole_, streamed):
        message = answer.choices[0].message
        assert (message.reasoning_content, message.content) == ("A tide.", "Noon <reasoning> stays.")
