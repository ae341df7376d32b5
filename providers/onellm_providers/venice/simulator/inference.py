"""Embeddings, responses, traits and names from elsewhere at the simulated Venice (OpenAPI file of 2026-08-21)."""

from __future__ import annotations

import base64
import functools
import hashlib
import struct
from collections.abc import Callable, Mapping
from typing import Any

from onellm.testing.simulator.chat import Completion, complete, tokens
from onellm.testing.simulator.values import Answer, Route, ServiceError, SimReply, SimRequest, SimStream, sse
from onellm_providers.venice.simulator.form import behind
from onellm_providers.venice.simulator.models import MODELS, TRAITS
from onellm_providers.venice.simulator.query import read
from onellm_providers.venice.simulator.rules import find_model
from onellm_providers.venice.tables.inference import EMBEDDINGS, RESPONSES, TRAITS_QUERY

ELSEWHERE: Mapping[str, str] = {
    "gpt-4o": "zai-org-glm-5",
    "gpt-4o-mini": "zai-org-glm-5",
    "text-embedding-ada-002": "text-embedding-bge-m3",
}
DONE = b"data: [DONE]\n\n"
_CREATED = 1_790_000_000


def routes(authenticate: Callable[[SimRequest], None]) -> tuple[Route, ...]:
    """POST /embeddings, POST /responses, GET /models/traits, GET /models/compatibility_mapping."""
    known = functools.partial(behind, authenticate)
    return (
        Route("POST", "/embeddings", known(_embed)),
        Route("POST", "/responses", known(_respond)),
        Route("GET", "/models/traits", _traits),
        Route("GET", "/models/compatibility_mapping", _mapping),
    )


def _traits(request: SimRequest) -> Answer:
    return _table(request, TRAITS)


def _mapping(request: SimRequest) -> Answer:
    return _table(request, ELSEWHERE)


def _table(request: SimRequest, named: Mapping[str, str]) -> Answer:
    """The names of the models of the type that is asked for."""
    kind = read(request, TRAITS_QUERY).get("type", "text")
    data = {name: model for name, model in named.items() if MODELS[model]["type"] == kind}
    return SimReply.json({"object": "list", "type": kind, "data": data})


# -- embeddings --------------------------------------------------------------------------------------------------------


def _embed(request: SimRequest) -> Answer:
    _json(request)
    body = request.checked(EMBEDDINGS)
    model = MODELS.get(ELSEWHERE.get(body["model"], body["model"]))
    if model is None or model["type"] != "embedding":
        raise ServiceError(404, "Specified model not found")
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    if any(not text for text in texts):
        raise ServiceError(400, "Input texts must not be empty")
    size = body.get("dimensions", model["model_spec"]["embeddingDimensions"])
    vectors = [vector(text, size) for text in texts]
    rows = [
        {"object": "embedding", "index": index, "embedding": _packed(each) if _in_base64(body) else each}
        for index, each in enumerate(vectors)
    ]
    used = sum(len(tokens(text)) for text in texts)
    usage = {"prompt_tokens": used, "total_tokens": used}
    return SimReply.json({"object": "list", "model": model["id"], "data": rows, "usage": usage})


def vector(text: str, size: int) -> list[float]:
    """A vector of length 1, the same each time for the same text; exact as a 32-bit float."""
    seed = hashlib.shake_256(text.encode()).digest(size)
    signs = [1.0 if byte & 1 else -1.0 for byte in seed]
    each: float = struct.unpack("<f", struct.pack("<f", size**-0.5))[0]
    return [sign * each for sign in signs]


def _in_base64(body: Mapping[str, Any]) -> bool:
    return body.get("encoding_format") == "base64"


def _packed(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


# -- responses ---------------------------------------------------------------------------------------------------------


def _respond(request: SimRequest) -> Answer:
    _json(request)
    body = request.checked(RESPONSES)
    model = find_model(body["model"].partition(":")[0])
    if model["model_spec"]["capabilities"]["supportsE2EE"]:
        raise ServiceError(400, "E2EE models are not supported on this endpoint")
    completion = complete(_as_chat(body), limit=body.get("max_output_tokens"))
    whole = _whole(completion, model["id"])
    if not body.get("stream"):
        return SimReply.json(whole)
    return SimStream([*(sse(event, event["type"]) for event in _events(whole)), DONE])


def _as_chat(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body as that of a chat, as far as the answer depends on it."""
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    said = [{"role": item["role"], "content": _text(item["content"])} for item in items if "role" in item]
    chat: dict[str, Any] = {"messages": said or [{"role": "user", "content": ""}]}
    tools = [tool for tool in body.get("tools", ()) if tool["type"] == "function"]
    return chat | ({"tools": tools, "tool_choice": body.get("tool_choice", "auto")} if tools else {})


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if "text" in part)


def _whole(completion: Completion, model: str) -> dict[str, Any]:
    choice = completion.choices[0]
    output: list[dict[str, Any]] = []
    if choice.content is not None:
        part: dict[str, Any] = {"type": "output_text", "text": choice.content, "annotations": []}
        output.append(
            {"type": "message", "id": "msg_sim_1", "status": "completed", "role": "assistant", "content": [part]}
        )
    for number, call in enumerate(choice.calls):
        named = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
        output.append({"type": "function_call", "id": f"fc_sim_{number}", "status": "completed", **named})
    used, made = completion.prompt_tokens, completion.completion_tokens
    return {
        "id": "resp_sim_1",
        "object": "response",
        "created_at": _CREATED,
        "model": model,
        "status": "completed",
        "output": output,
        "usage": {"input_tokens": used, "output_tokens": made, "total_tokens": used + made},
    }


def _events(whole: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is told of a response as it is made."""
    begun: dict[str, Any] = {**whole, "status": "in_progress", "output": [], "usage": None}
    events: list[dict[str, Any]] = [{"type": "response.created", "response": _without_null(begun)}]
    for place, item in enumerate(whole["output"]):
        events.append({"type": "response.output_item.added", "output_index": place, "item": _opened(item)})
        if item["type"] == "message":
            text = item["content"][0]["text"]
            events += [_delta(place, item["id"], piece) for piece in tokens(text)]
        events.append({"type": "response.output_item.done", "output_index": place, "item": item})
    events.append({"type": "response.completed", "response": whole})
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def _opened(item: Mapping[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {"content": []} if item["type"] == "message" else {"arguments": ""}
    return {**item, "status": "in_progress", **empty}


def _delta(place: int, item: str, piece: str) -> dict[str, Any]:
    told = {"output_index": place, "item_id": item, "content_index": 0, "delta": piece}
    return {"type": "response.output_text.delta", **told}


def _without_null(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in value.items() if each is not None}


def _json(request: SimRequest) -> None:
    if "json" not in request.headers.get("content-type", ""):
        raise ServiceError(415, "Invalid content type")
