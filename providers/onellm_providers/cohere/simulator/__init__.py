"""Cohere for the simulator: v2 chat, embeddings, rerank, and the list of models.

Wire facts: the cohere SDK 7.3.1, and answers of the service recorded in 2026.
"""

from __future__ import annotations

import base64
import hashlib
import json
from array import array as numbers
from collections.abc import Mapping
from typing import Any

from onellm.checks import Issue
from onellm.decode.json import Table, array, table
from onellm.testing.simulator.chat import complete, prompt_tokens, tokens
from onellm.testing.simulator.values import Answer, Route, Service, ServiceError, SimReply, SimRequest, SimStream
from onellm_providers.cohere.simulator.answers import answer, as_chat, events
from onellm_providers.cohere.simulator.bodies import CHAT, EMBED, RERANK
from onellm_providers.cohere.simulator.models import MODELS, known, wire

SHORTER = "Try using shorter or fewer inputs."
SIZE = 8
"""Numbers in a vector, where no other size is asked for."""


def routes() -> Service:
    """The service, as the entry point `onellm.simulators` wants it."""
    operations = (
        Route("POST", "/v2/chat", _chat),
        Route("POST", "/v2/embed", _embed),
        Route("POST", "/v2/rerank", _rerank),
        Route("GET", "/v1/models", _list_models),
        Route("GET", "/v1/models/{name}", _retrieve_model),
    )
    return Service("cohere", "", operations, _error, _error_event, headers=_headers)


def _headers(request: SimRequest) -> Mapping[str, str]:
    return {"x-debug-trace-id": f"{request.number:032x}"}


def _error(refused: ServiceError) -> SimReply:
    """`{"id", "message"}`; what is wrong with a field's type is a 422."""
    issue = refused.issues[0] if refused.issues else None
    text = _worded(issue) if issue is not None else refused.message
    status = 422 if issue is not None else refused.status
    return SimReply.json({"id": "00000000-0000-4000-8000-000000000000", "message": text}, status, refused.headers)


def _error_event(reply: SimReply) -> bytes:
    """How an error inside a stream looks is not confirmed; it is taken for the body of any other."""
    return b"event: error\ndata: " + reply.body + b"\n\n"


def _worded(issue: Issue) -> str:
    place = ".".join(map(str, issue.path))
    if issue.code == "unrecognized_keys":
        return f"unknown field: parameter '{issue.facts['keys'][0]}' is not a valid field"
    return f"invalid request: {f'{place}: ' if place else ''}{issue.message}"


def _authenticate(request: SimRequest) -> None:
    """Any key is good that does not begin with `bad-`."""
    if not request.bearer:
        raise ServiceError(401, "no api key supplied")
    if request.bearer.startswith("bad-"):
        raise ServiceError(401, "invalid api token")


def _chat(request: SimRequest) -> Answer:
    _authenticate(request)
    body: Table = request.checked(CHAT)
    window = known(body["model"], "chat")
    _check_turns(body["messages"])
    if body.get("tool_choice") and not body.get("tools"):
        raise ServiceError(400, "invalid request: tool_choice cannot be specified without tools")
    chat = as_chat(body)
    if (count := prompt_tokens(chat)) > window:
        raise ServiceError(400, f"too many tokens: size limit exceeded by {count - window} tokens. {SHORTER}")
    completion = complete(chat, effort=_effort(body), limit=body.get("max_tokens"))
    said = answer(completion, body)
    return SimStream(events(said)) if body.get("stream") else SimReply.json(said)


def _effort(body: Table) -> str:
    """Models that think do so unless told otherwise."""
    kind = table(body.get("thinking")).get("type")
    thinks = "reasoning" in MODELS[body["model"]][2]
    return "low" if thinks and kind != "disabled" else "none"


def _check_turns(turns: list[Table]) -> None:
    """Calls and their results belong together."""
    waiting: set[str] = set()
    for index, turn in enumerate(turns):
        if turn["role"] == "tool":
            if turn.get("tool_call_id") not in waiting:
                raise ServiceError(400, f"invalid request: messages[{index}] has no tool call that it answers")
            waiting.discard(turn["tool_call_id"])
        elif waiting:
            raise ServiceError(400, f"invalid request: tool calls without results before messages[{index}]")
        elif turn["role"] != "assistant" and "content" not in turn:
            raise ServiceError(400, f"invalid request: messages[{index}] has no content")
        else:
            waiting = {call["id"] for call in array(turn.get("tool_calls"))}
    if waiting:
        raise ServiceError(400, "invalid request: tool calls without results")


def _embed(request: SimRequest) -> Answer:
    _authenticate(request)
    body: Table = request.checked(EMBED)
    known(body["model"], "embed")
    given = [name for name in ("texts", "images", "inputs") if body.get(name)]
    if len(given) != 1:
        raise ServiceError(400, "invalid request: exactly one of texts, images and inputs must be given")
    inputs = body[given[0]]
    size = body.get("output_dimension") or SIZE
    vectors = [_vector(json.dumps(each) + body["input_type"], size) for each in inputs]
    kinds = body.get("embedding_types") or ["float"]
    texts: list[str] = inputs if given == ["texts"] else []
    return SimReply.json(
        {
            "id": f"{request.number:08d}-0000-4000-8000-000000000000",
            "embeddings": {kind: [_as(kind, vector) for vector in vectors] for kind in kinds},
            "texts": texts,
            "response_type": "embeddings_by_type",
            "meta": {"api_version": {"version": "2"}, "billed_units": _billed(body)},
        }
    )


def _billed(body: Table) -> Table:
    """Tokens of texts and images, wherever they stand in the inputs."""
    parts = [table(part) for each in array(body.get("inputs")) for part in array(table(each).get("content"))]
    texts = [*array(body.get("texts")), *(part["text"] for part in parts if part.get("type") == "text")]
    images = len(array(body.get("images"))) + sum(part.get("type") == "image_url" for part in parts)
    counted = {"input_tokens": sum(len(tokens(text)) for text in texts), "images": images}
    return {name: amount for name, amount in counted.items() if amount}


def _vector(text: str, size: int) -> list[float]:
    digest = hashlib.sha256(text.encode()).digest()
    return [(digest[at % len(digest)] - 128) / 256 for at in range(size)]


def _as(kind: str, vector: list[float]) -> Any:
    if kind == "base64":
        return base64.b64encode(numbers("f", vector).tobytes()).decode()
    return vector if kind == "float" else [int(value * 255) for value in vector]


def _rerank(request: SimRequest) -> Answer:
    """A document's score is the share of the query's words that it holds."""
    _authenticate(request)
    body: Table = request.checked(RERANK)
    known(body["model"], "rerank")
    words = set(body["query"].lower().split())
    scored = [
        (len(words & set(text.lower().split())) / max(1, len(words)), -index)
        for index, text in enumerate(body["documents"])
    ]
    best = sorted(scored, reverse=True)[: body.get("top_n")]
    return SimReply.json(
        {
            "id": f"{request.number:08d}-0000-4000-8000-000000000000",
            "results": [{"index": -place, "relevance_score": score} for score, place in best],
            "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},
        }
    )


def _list_models(request: SimRequest) -> Answer:
    """The models, `page_size` at a time (20 unless told otherwise)."""
    _authenticate(request)
    names = [name for name in MODELS if request.query.get("endpoint") in (None, MODELS[name][0])]
    size = int(request.query.get("page_size", "20"))
    start = int(request.query.get("page_token") or 0)
    more = {"next_page_token": str(start + size)} if start + size < len(names) else {}
    return SimReply.json({"models": [wire(name) for name in names[start : start + size]], **more})


def _retrieve_model(request: SimRequest) -> Answer:
    _authenticate(request)
    if request.params["name"] not in MODELS:
        raise ServiceError(404, f"model '{request.params['name']}' not found")
    return SimReply.json(wire(request.params["name"]))
