"""An Ollama server for the simulator: chat, generate, embed and the models, streams as lines of JSON.

Wire facts: the ollama client 0.6.3. The words of its errors are not confirmed beyond `{"error": "text"}`.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any

from onellm.decode.json import Table
from onellm.testing.simulator.chat import Completion, complete, tokens
from onellm.testing.simulator.values import Answer, Route, Service, ServiceError, SimReply, SimRequest
from onellm_providers.ollama.simulator.answers import (
    as_chat,
    chat_lines,
    check_images,
    head,
    limit_of,
    lines,
    message,
    odds,
    pull_lines,
    tail,
    text_lines,
)
from onellm_providers.ollama.simulator.bodies import CHAT, COPY, EMBED, EMBED_ONE, GENERATE, NAMED
from onellm_providers.ollama.simulator.models import MODELS, PULLABLE, full, known, listed, running, shown

SIZE = 8
"""Numbers in a vector, where no other size is asked for."""


def routes() -> Service:
    """The service, as the entry point `onellm.simulators` wants it."""
    operations = (
        Route("POST", "/chat", _chat),
        Route("POST", "/generate", _generate),
        Route("POST", "/embed", _embed),
        Route("POST", "/embeddings", _embed_one),
        Route("GET", "/tags", lambda request: SimReply.json({"models": [listed(name) for name in MODELS]})),
        Route("GET", "/ps", lambda request: SimReply.json({"models": [running(next(iter(MODELS)))]})),
        Route("POST", "/show", _show),
        Route("POST", "/pull", _pull),
        Route("POST", "/copy", _copy),
        Route("DELETE", "/delete", _delete),
        Route("GET", "/version", lambda request: SimReply.json({"version": "0.13.3"})),
    )
    return Service("ollama", "/api", operations, _error, _error_event)


def _error(refused: ServiceError) -> SimReply:
    text = refused.message
    if refused.issues and (place := ".".join(map(str, refused.issues[0].path))):
        text = f"{place}: {text}"
    return SimReply.json({"error": text}, refused.status, refused.headers)


def _error_event(reply: SimReply) -> bytes:
    return reply.body + b"\n"


def _chat(request: SimRequest) -> Answer:
    body: Table = request.checked(CHAT)
    known(body["model"], "completion")
    if not body.get("messages"):
        return _loaded(body, {"message": {"role": "assistant", "content": ""}})
    if body.get("tools"):
        known(body["model"], "tools")
    for turn in body["messages"]:
        check_images(turn.get("images"))
    if any(turn.get("images") for turn in body["messages"]):
        known(body["model"], "vision")
    completion = _completed(as_chat(body), body)
    if body.get("stream", True):
        return lines(chat_lines(completion, body))
    said = message(completion.choices[0])
    return SimReply.json({**head(body), "message": said, **odds(tokens(said["content"]), body), **tail(completion)})


def _generate(request: SimRequest) -> Answer:
    body: Table = request.checked(GENERATE)
    known(body["model"])
    if not body.get("prompt"):
        return _loaded(body, {"response": ""})
    known(body["model"], "completion")
    check_images(body.get("images"))
    turn = {"role": "user", "content": body["prompt"], "images": body.get("images")}
    completion = _completed(as_chat({**body, "messages": [turn]}), body)
    if body.get("stream", True):
        return lines(text_lines(completion, body))
    choice = completion.choices[0]
    thinking = {"thinking": choice.reasoning} if choice.reasoning else {}
    said = {"response": choice.content or "", **thinking, **odds(tokens(choice.content or ""), body)}
    return SimReply.json({**head(body), **said, **tail(completion)})


def _completed(chat: dict[str, Any], body: Table) -> Completion:
    think = body.get("think")
    thinks = "thinking" in MODELS[full(body["model"])][1]
    if think and not thinks:
        raise ServiceError(400, f'"{body["model"]}" does not support thinking')
    return complete(chat, effort="low" if thinks and think is not False else "none", limit=limit_of(body))


def _loaded(body: Table, said: Table) -> Answer:
    """Without anything to answer, the model is loaded, or with `keep_alive` 0 unloaded."""
    word = "unload" if body.get("keep_alive") == 0 else "load"
    value = {**head(body), **said, "done": True, "done_reason": word}
    return lines([value]) if body.get("stream", True) else SimReply.json(value)


def _embed(request: SimRequest) -> Answer:
    """Vectors of length 1, as the server makes them."""
    body: Table = request.checked(EMBED)
    known(body["model"], "embedding")
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    vectors = [_vector(text, body.get("dimensions") or SIZE) for text in texts]
    used = sum(len(tokens(text)) for text in texts)
    times = {"total_duration": 14_000_000, "load_duration": 1_000_000}
    return SimReply.json({"model": body["model"], "embeddings": vectors, **times, "prompt_eval_count": used})


def _embed_one(request: SimRequest) -> Answer:
    """The older operation: one vector."""
    body: Table = request.checked(EMBED_ONE)
    known(body["model"], "embedding")
    return SimReply.json({"embedding": _vector(body.get("prompt") or "", SIZE)})


def _vector(text: str, size: int) -> list[float]:
    digest = hashlib.sha256(text.encode()).digest()
    values = [digest[at % len(digest)] - 127.5 for at in range(size)]
    length = math.sqrt(sum(value * value for value in values))
    return [value / length for value in values]


def _show(request: SimRequest) -> Answer:
    return SimReply.json(shown(known(request.checked(NAMED)["model"])))


def _pull(request: SimRequest) -> Answer:
    body: Table = request.checked(NAMED)
    if full(body["model"]) not in PULLABLE:
        if not body.get("stream", True):
            raise ServiceError(500, "pull model manifest: file does not exist")
        return lines([{"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"}])
    if not body.get("stream", True):
        return SimReply.json({"status": "success"})
    return lines(list(pull_lines()))


def _copy(request: SimRequest) -> Answer:
    known(request.checked(COPY)["source"])
    return SimReply()


def _delete(request: SimRequest) -> Answer:
    """Nothing is deleted: the simulator keeps no state."""
    known(request.checked(NAMED)["model"])
    return SimReply()
