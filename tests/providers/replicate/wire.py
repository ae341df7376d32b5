"""Replicate's bytes, and a provider driven without a network.

The recorded answers are those of the replicate SDK's own tests (2023 and 2024), the schemas cut to input and output.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

from onellm_providers.replicate import ReplicateProvider

from onellm import ChatRequest, Reply, get_provider
from onellm.call import Call, Report, Sleep, StreamCall
from tests.support import KEY, Answer, ByteServer, whole
from tests.wire import USER

LLAMA, GPT, FLUX = "meta/meta-llama-3-8b-instruct", "openai/gpt-4o-mini", "black-forest-labs/flux-schnell"
VERSION = "02e509c789964a7ea8736978a43525956ef40397be9033abf9fd2badfe68c9e3"

RECORDED_CREATED = (
    b'{"id":"heat2o3bzn3ahtr6bjfftvbaci","model":"replicate/lifeboat-70b","version":"d-c6559c5791b50af57b69f4a73f8e021c'
    b'","input":{"prompt":"Please write a haiku about llamas."},"logs":"","error":null,"status":"starting","created_at"'
    b':"2023-11-27T13:35:45.99397566Z","urls":{"cancel":"https://api.replicate.com/v1/predictions/heat2o3bzn3ahtr6bjfftv'
    b'baci/cancel","get":"https://api.replicate.com/v1/predictions/heat2o3bzn3ahtr6bjfftvbaci"}}\n'
)
RECORDED_WAITED = (
    b'{"id":"jp9nrd1g2hrj20cjb2vrb55mkr","model":"meta/meta-llama-3-8b-instruct","version":"dp-a557b7387b4940df25b23f77'
    b'9dc534c4","input":{"prompt":"Please write a haiku about llamas"},"logs":"","output":["\\n\\n","Fuzzy",", gentle",'
    b'" beasts","\\nSoft","ly grazing",", quiet"," eyes\\n","Llama","\'s gentle"," charm",""],"data_removed":false,"err'
    b'or":null,"status":"processing","created_at":"2024-10-04T18:07:33.396Z","urls":{"cancel":"https://api.replicate.com'
    b'/v1/predictions/jp9nrd1g2hrj20cjb2vrb55mkr/cancel","get":"https://api.replicate.com/v1/predictions/jp9nrd1g2hrj20c'
    b'jb2vrb55mkr","stream":"https://streaming-api.svc.rno2.c.replicate.net/v1/streams/b4yonjrmynb65tnkucuqc4duawdekslfz'
    b'exk5itczufef2u36b7a"}}'
)
RECORDED_REFUSED = (
    b'{"title":"Unauthenticated","detail":"You did not pass a valid authentication token","status":401}\n'
)
RECORDED_LLAMA: dict[str, Any] = {
    "Input": {
        "type": "object",
        "title": "Input",
        "required": ["prompt"],
        "properties": {
            "seed": {"type": "integer", "title": "Seed", "x-order": 8},
            "debug": {"type": "boolean", "title": "Debug", "default": False, "x-order": 9},
            "top_k": {"type": "integer", "title": "Top K", "default": 50, "minimum": 0.0, "x-order": 6},
            "top_p": {"type": "number", "default": 0.9, "maximum": 1.0, "minimum": 0.0, "x-order": 5},
            "prompt": {"type": "string", "title": "Prompt", "x-order": 0},
            "temperature": {"type": "number", "default": 0.75, "maximum": 5.0, "minimum": 0.01, "x-order": 4},
            "system_prompt": {"type": "string", "default": "You are a helpful assistant.", "x-order": 1},
            "max_new_tokens": {"type": "integer", "default": 128, "minimum": 1.0, "x-order": 2},
            "min_new_tokens": {"type": "integer", "default": -1, "minimum": -1.0, "x-order": 3},
            "stop_sequences": {"type": "string", "title": "Stop Sequences", "x-order": 7},
            "replicate_weights": {"type": "string", "title": "Replicate Weights", "x-order": 10},
        },
    },
    "Output": {
        "type": "array",
        "items": {"type": "string"},
        "title": "Output",
        "x-cog-array-type": "iterator",
        "x-cog-array-display": "concatenate",
    },
}
RECORDED_SDXL: dict[str, Any] = {
    "Input": {
        "type": "object",
        "title": "Input",
        "properties": {
            "mask": {"type": "string", "title": "Mask", "format": "uri", "x-order": 3},
            "seed": {"type": "integer", "title": "Seed", "x-order": 11},
            "image": {"type": "string", "title": "Image", "format": "uri", "x-order": 2},
            "width": {"type": "integer", "title": "Width", "default": 1024, "x-order": 4},
            "height": {"type": "integer", "title": "Height", "default": 1024, "x-order": 5},
            "prompt": {"type": "string", "title": "Prompt", "default": "An astronaut riding a rainbow unicorn"},
            "scheduler": {
                "allOf": [{"$ref": "#/components/schemas/scheduler"}],
                "default": "K_EULER",
                "x-order": 7,
            },
            "num_outputs": {"type": "integer", "default": 1, "maximum": 4, "minimum": 1, "x-order": 6},
            "guidance_scale": {"type": "number", "default": 7.5, "maximum": 50, "minimum": 1, "x-order": 9},
            "negative_prompt": {"type": "string", "title": "Negative Prompt", "default": "", "x-order": 1},
            "num_inference_steps": {"type": "integer", "default": 50, "maximum": 500, "minimum": 1, "x-order": 8},
        },
    },
    "Output": {"type": "array", "items": {"type": "string", "format": "uri"}, "title": "Output"},
    "scheduler": {"enum": ["DDIM", "K_EULER", "PNDM"], "type": "string", "title": "scheduler"},
}


def shapes(*names: str, output: Any = None, **inputs: Any) -> dict[str, Any]:
    """A schema with a prompt, some texts, and other inputs."""
    properties = {"prompt": {"type": "string"}, **{name: {"type": "string"} for name in names}, **inputs}
    texts = {"type": "array", "items": {"type": "string"}}
    return {"Input": {"type": "object", "properties": properties}, "Output": output or texts}


def model(schemas: Any = None) -> dict[str, Any]:
    """A model as the service tells it; without a schema where that is {}."""
    schemas = RECORDED_LLAMA if schemas is None else schemas
    return {
        "owner": "o",
        "name": "n",
        "latest_version": {"id": VERSION, "openapi_schema": {"components": {"schemas": schemas}}},
    }


def prediction(status: str = "succeeded", **fields: Any) -> dict[str, Any]:
    """A prediction as the service tells it."""
    output = ["He", "llo"] if status == "succeeded" else None
    urls = {"get": "https://api.replicate.com/v1/predictions/p1"}
    created = "2026-11-28T13:35:45.99397566Z"
    return {
        "id": "p1",
        "status": status,
        "output": output,
        "error": None,
        "urls": urls,
        "created_at": created,
        **fields,
    }


def sse(*events: tuple[str, str]) -> bytes:
    """Events of a stream, as the service writes them."""
    written = (
        f"event: {name}\nid: 1690212292:{number}\n" + "".join(f"data: {line}\n" for line in data.split("\n")) + "\n"
        for number, (name, data) in enumerate(events)
    )
    return "".join(written).encode()


HELLO = sse(("output", "He"), ("output", "llo"), ("done", "{}"))


def provider(**settings: Any) -> ReplicateProvider:
    made = get_provider("replicate", **{"api_key": KEY, **settings})
    assert isinstance(made, ReplicateProvider)
    return made


class Played:
    """A flow played without a network: each call is answered by the next of the answers."""

    def __init__(self, flow: Generator[Any, Any, Any], *answers: Any) -> None:
        self.calls: list[Call[Any] | StreamCall[Any, Any]] = []
        self.slept: list[float] = []
        self.result: Any = None
        waiting = list(answers)
        outcome: Any = None
        try:
            while True:
                step = flow.send(outcome)
                outcome = None
                if isinstance(step, Call):
                    self.calls.append(step)
                    answer = waiting.pop(0)
                    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                    outcome = step.parse(Reply(200, {}, body))
                elif isinstance(step, Sleep):
                    self.slept.append(step.seconds)
                else:
                    assert isinstance(step, Report)
        except StopIteration as finished:
            self.result = finished.value
        assert not waiting, "more answers than calls"


def play_chat(schemas: Any = None, messages: Any = None, name: str = LLAMA, **params: Any) -> Played:
    """A whole chat: schema, creation, the prediction at its end."""
    request = ChatRequest(model=name, messages=[USER] if messages is None else messages, **params)
    return Played(provider().chat(request), model(schemas), prediction())


def inputs(schemas: Any = None, messages: Any = None, **params: Any) -> dict[str, Any]:
    """What a chat's prediction gets as its input."""
    body = play_chat(schemas, messages, **params).calls[1].json
    return dict(body["input"])


def settings(server: ByteServer, **more: Any) -> dict[str, dict[str, Any]]:
    """A client's settings for a server of bytes."""
    return {"replicate": {"base_url": server.url, "api_key": KEY, "poll_interval": 0.005, **more}}


def created(server: ByteServer, status: str = "starting", *, stream: bool = False, **fields: Any) -> Answer:
    """The answer to a creation, with the URLs of this server."""
    own = f"{server.url}/predictions/p1"
    urls = {"get": own, "cancel": f"{own}/cancel", **({"stream": f"{server.url}/streams/s1"} if stream else {})}
    return whole(prediction(status, urls=urls, **fields), 201)


def paths(server: ByteServer) -> list[str]:
    """Method and path of each request."""
    return [f"{request.method} {request.path.removeprefix('/v1/')}" for request in server.requests]


MODEL = f"GET models/{LLAMA}"
CREATE = f"POST models/{LLAMA}/predictions"
LOOK, CANCEL, STREAM = "GET predictions/p1", "POST predictions/p1/cancel", "GET streams/s1"
