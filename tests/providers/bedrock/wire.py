"""What leaves for Bedrock, judged by botocore's shapes, and what is made of its answers and frames."""

from __future__ import annotations

import functools
import json
import struct
from collections.abc import Iterator
from typing import Any, cast
from zlib import crc32

from botocore.session import Session
from botocore.validate import ParamValidator

from onellm import ChatCompletionChunk, ChatCompletionResponse, ChatRequest, Provider, Reply, get_provider
from onellm.call import Call, StreamCall
from tests.support import KEY
from tests.wire import USER, Stream

NAME = "bedrock"
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "us.amazon.nova-2-lite-v1:0"
REGION = "us-east-1"
PNG = "iVBORw0KGgo="


@functools.cache
def service(name: str = "bedrock-runtime") -> Any:
    """botocore's model of a service."""
    return Session().get_service_model(name)


def judge(made: dict[str, Any], operation: str = "Converse") -> None:
    """Fail where botocore's validator refuses the body, or knows a key of it not."""
    shape = service().operation_model(operation).input_shape
    params = {"modelId": "m", **made}
    report = ParamValidator().validate(params, shape)
    assert not report.has_errors(), report.generate_report()
    assert not list(_unknown(params, shape, "$"))


def _unknown(value: Any, shape: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        for name, item in value.items():
            if name not in shape.members:
                yield f"{path}.{name}"
            else:
                yield from _unknown(item, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            yield from _unknown(item, shape.member, f"{path}[{index}]")


def provider(**settings: Any) -> Provider:
    return get_provider(NAME, **{"api_key": KEY, "region": REGION, **settings})


def chat_call(*messages: Any, model: str = CLAUDE, **params: Any) -> Call[ChatCompletionResponse]:
    request = ChatRequest(model=model, messages=list(messages) or [USER], **params)
    return cast("Call[ChatCompletionResponse]", provider().chat(request))


def stream_call(
    *messages: Any, model: str = CLAUDE, **params: Any
) -> StreamCall[ChatCompletionChunk, ChatCompletionResponse]:
    request = ChatRequest(model=model, messages=list(messages) or [USER], **params)
    return cast("StreamCall[ChatCompletionChunk, ChatCompletionResponse]", provider().chat_stream(request))


def body(*messages: Any, model: str = CLAUDE, **params: Any) -> dict[str, Any]:
    """The body of a chat, which botocore accepts."""
    made = cast("dict[str, Any]", chat_call(*messages, model=model, **params).json)
    judge(made)
    return made


def turns(*messages: Any, **params: Any) -> list[dict[str, Any]]:
    """The body's messages."""
    return cast("list[dict[str, Any]]", body(*messages, **params)["messages"])


def parameters(model: str = CLAUDE, **params: Any) -> dict[str, Any]:
    """The body without its messages."""
    return {key: value for key, value in body(model=model, **params).items() if key != "messages"}


# -- answers -----------------------------------------------------------------------------------------------------------


def message(*content: Any, stop_reason: str = "end_turn", **fields: Any) -> dict[str, Any]:
    """A whole answer as the service sends it; a text is a block of text."""
    blocks = [{"text": item} if isinstance(item, str) else item for item in content]
    return {
        "output": {"message": {"role": "assistant", "content": blocks}},
        "stopReason": stop_reason,
        "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
        "metrics": {"latencyMs": 9},
        **fields,
    }


def frame(name: str, payload: Any, kind: str = "event") -> bytes:
    """One frame, made without any of our code."""
    said = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
    named = {":event-type": name} if kind == "event" else {":exception-type": name}
    headers = b"".join(
        bytes([len(key)]) + key.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for key, value in {**named, ":content-type": "application/json", ":message-type": kind}.items()
    )
    head = struct.pack(">II", 16 + len(headers) + len(said), len(headers))
    rest = head + struct.pack(">I", crc32(head)) + headers + said
    return rest + struct.pack(">I", crc32(rest))


def events(answer: dict[str, Any], size: int = 3) -> list[tuple[str, dict[str, Any]]]:
    """The same answer as the events of a stream, texts and input in pieces of `size` characters."""
    made: list[tuple[str, dict[str, Any]]] = [("messageStart", {"role": "assistant", "p": "abc"})]
    for index, block in enumerate(answer["output"]["message"]["content"]):
        if start := _start(block):
            made.append(("contentBlockStart", {"contentBlockIndex": index, "start": start}))
        made += [("contentBlockDelta", {"contentBlockIndex": index, "delta": each}) for each in _deltas(block, size)]
        made.append(("contentBlockStop", {"contentBlockIndex": index, "p": "x"}))
    made.append(("messageStop", {"stopReason": answer["stopReason"]}))
    made.append(("metadata", {key: value for key, value in answer.items() if key not in ("output", "stopReason")}))
    return made


def _start(block: dict[str, Any]) -> dict[str, Any]:
    for kind, inner in (("toolUse", "input"), ("toolResult", "content")):
        if kind in block:
            return {kind: {name: value for name, value in block[kind].items() if name != inner}}
    return {}


def _deltas(block: dict[str, Any], size: int) -> Iterator[dict[str, Any]]:
    def pieces(text: str) -> Iterator[str]:
        return (text[at : at + size] for at in range(0, len(text), size))

    if "text" in block:
        yield from ({"text": piece} for piece in pieces(block["text"]))
    elif "toolUse" in block:
        text = json.dumps(block["toolUse"]["input"], ensure_ascii=False) if block["toolUse"]["input"] else ""
        yield from ({"toolUse": {"input": piece}} for piece in pieces(text))
    elif "toolResult" in block:
        yield {"toolResult": block["toolResult"]["content"]}
    elif "citationsContent" in block:
        for part in block["citationsContent"]["content"]:
            yield from ({"text": piece} for piece in pieces(part["text"]))
        yield from ({"citation": each} for each in block["citationsContent"]["citations"])
    elif "redactedContent" in block["reasoningContent"]:
        yield {"reasoningContent": {"redactedContent": block["reasoningContent"]["redactedContent"]}}
    else:
        inner = block["reasoningContent"]["reasoningText"]
        yield from ({"reasoningContent": {"text": piece}} for piece in pieces(inner["text"]))
        if "signature" in inner:
            yield {"reasoningContent": {"signature": inner["signature"]}}


def frames(answer: dict[str, Any], size: int = 3) -> list[bytes]:
    return [frame(name, payload) for name, payload in events(answer, size)]


def read(answer: dict[str, Any], model: str = CLAUDE) -> ChatCompletionResponse:
    """What is made of a whole answer."""
    return chat_call(model=model).parse(Reply(200, {}, json.dumps(answer).encode()))


def streamed(answer: dict[str, Any] | bytes, model: str = CLAUDE, **params: Any) -> Stream:
    """What is made of the same answer as a stream, or of the bytes of a stream."""
    data = answer if isinstance(answer, bytes) else b"".join(frames(answer))
    call = stream_call(model=model, **params)
    decoder, assembler = call.decoder(), call.assembler()
    chunks = [*decoder.feed(data), *decoder.close()]
    for chunk in chunks:
        assembler.add(chunk)
    return Stream(chunks, assembler.result(), decoder.failure)


def both_ways(answer: dict[str, Any]) -> ChatCompletionResponse:
    """What is made of an answer, which is the same whole and streamed."""
    one, other = read(answer), streamed(answer)
    assert other.failure is None
    assert one.model_dump() == other.final.model_dump()
    return one


def said_back(answer: ChatCompletionResponse) -> dict[str, Any]:
    """The message as it comes back from a caller who kept it as JSON."""
    return cast("dict[str, Any]", json.loads(answer.choices[0].message.model_dump_json()))
