"""Azure for the simulator: both families of URLs in front of what the simulated OpenAI answers.

Any model of the simulated OpenAI is a deployment of its own name. A prompt with the words "trip the content filter" is
refused as Azure refuses; every chat carries the filter's verdicts. Wire facts as in `provider`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from onellm.decode.json import table
from onellm.testing.simulator.values import Answer, Route, Service, ServiceError, SimReply, SimRequest, SimStream, sse
from onellm_providers.azure.endpoint import DEPLOYED
from onellm_providers.openai_simulator import routes as openai
from onellm_providers.openai_simulator.errors import error as openai_error

TRIP = "trip the content filter"
SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
JAILBREAK = {"jailbreak": {"filtered": False, "detected": False}}
PROMPT = {"prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {**SAFE, **JAILBREAK}}]}
NO_MODEL = ("model_not_found", "DeploymentNotFound")


def routes() -> Service:
    """The service, as the entry point `onellm.simulators` wants it."""
    theirs = [route for route in openai().routes if not route.path.startswith("/moderations")]
    v1 = [Route(route.method, f"/v1{route.path}", _answering(route)) for route in theirs]
    classic = [
        Route(route.method, f"/deployments/{{deployment}}{route.path}", _answering(route, dated=True))
        for route in theirs
        if route.path[1:] in DEPLOYED
    ]
    beside = [
        Route(route.method, route.path, _answering(route, dated=True))
        for route in theirs
        if route.path[1:] not in DEPLOYED
    ]
    return Service("azure", "/openai", (*v1, *classic, *beside), _error, headers=_headers)


def _headers(request: SimRequest) -> Mapping[str, str]:
    return {
        "apim-request-id": f"{request.number:032x}",
        "x-request-id": f"{request.number:032x}",
        "x-ms-region": "Simulated",
        "x-ratelimit-remaining-requests": "499",
        "x-ratelimit-remaining-tokens": "199900",
    }


def _error(refused: ServiceError) -> SimReply:
    """OpenAI's shape with Azure's codes."""
    if refused.code == "content_filter":
        result = {**SAFE, "violence": {"filtered": True, "severity": "high"}}
        inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": result}
        body = {
            "message": refused.message, "type": None, "param": "prompt", "code": "content_filter", "status": 400,
            "innererror": inner,
        }  # fmt: skip
        return SimReply.json({"error": body}, 400, refused.headers)
    reply = openai_error(refused)
    body = json.loads(reply.body)["error"]
    if body["code"] == NO_MODEL[0]:
        body = {"code": NO_MODEL[1], "message": "The API deployment for this resource does not exist."}
    elif refused.status in (401, 429):
        body = {"code": str(refused.status), "message": refused.message}
    return replace(reply, body=json.dumps({"error": body}).encode())


def _answering(route: Route, *, dated: bool = False) -> Callable[[SimRequest], Answer]:
    """What OpenAI answers, to those who have a key or token, with the filter's verdicts."""

    def answer(request: SimRequest) -> Answer:
        key = request.headers.get("api-key") or request.bearer
        if not key or key.startswith("bad-"):
            raise ServiceError(401, "Access denied due to invalid subscription key or wrong API endpoint.")
        if dated and not request.query.get("api-version"):
            raise ServiceError(404, "Resource not found")
        asked = replace(
            request,
            headers={**request.headers, "authorization": f"Bearer {key}"},
            body=_with_model(request, request.params.get("deployment")),
        )
        if not route.path.endswith("/chat/completions"):
            return route.answer(asked)
        if TRIP.encode() in request.body:
            message = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."
            raise ServiceError(400, message, code="content_filter")
        return _filtered(route.answer(asked))

    return answer


def _with_model(request: SimRequest, deployment: str | None) -> bytes:
    """The body with the model that its path names."""
    if deployment is None:
        return request.body
    if request.body.startswith(b"--"):
        boundary = request.body.partition(b"\r\n")[0]
        field = b'\r\nContent-Disposition: form-data; name="model"\r\n\r\n%s\r\n' % deployment.encode()
        return boundary + field + request.body
    try:
        return json.dumps({**request.json(), "model": deployment}).encode()
    except (ValueError, TypeError):
        return request.body


def _filtered(answer: Answer) -> Answer:
    if isinstance(answer, SimReply):
        body = json.loads(answer.body)
        for choice in body.get("choices", ()):
            choice["content_filter_results"] = SAFE
        return replace(answer, body=json.dumps({**body, **PROMPT}, ensure_ascii=False).encode())
    first = sse({"choices": [], "created": 0, "id": "", "model": "", "object": "", **PROMPT})
    return SimStream([first, *(_event(event) for event in answer.events)], answer.headers, answer.status)


def _event(event: bytes) -> bytes:
    data: Any = event.removeprefix(b"data: ").strip()
    if data == b"[DONE]":
        return event
    chunk = table(json.loads(data))
    for choice in chunk.get("choices", ()):
        choice["content_filter_results"] = SAFE if table(choice.get("delta")).get("content") else {}
    return sse(chunk)
