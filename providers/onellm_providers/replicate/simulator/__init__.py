"""Replicate for the simulator: models with their schemas, predictions and their streams.

Wire facts: the replicate SDK 1.0.7, answers that it recorded, and replicate.com's page on streaming, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping

from onellm.decode.json import Table, table
from onellm.testing.simulator.values import Answer, Route, Service, ServiceError, SimReply, SimRequest, SimStream
from onellm_providers.replicate.simulator.models import MODELS, Model, named, of_version, version_of, wire
from onellm_providers.replicate.simulator.predictions import Prediction, check, pieces_of, png, read_id, tell

TITLES = {401: "Unauthenticated", 402: "Insufficient credit", 404: "Not found", 422: "Input validation failed"}


def routes() -> Service:
    """The service, as the entry point `onellm.simulators` wants it."""
    operations = (
        Route("GET", "/models/{owner}/{name}", _model),
        Route("GET", "/models/{owner}/{name}/versions/{version}", _version),
        Route("GET", "/deployments/{owner}/{name}", _deployment),
        Route("POST", "/models/{owner}/{name}/predictions", _create_by_name),
        Route("POST", "/deployments/{owner}/{name}/predictions", _create_deployed),
        Route("POST", "/predictions", _create_by_version),
        Route("GET", "/predictions/{id}", _look),
        Route("POST", "/predictions/{id}/cancel", _cancel),
        Route("GET", "/streams/{id}", _stream),
        Route("GET", "/delivery/{id}/{name}", _file),
    )
    return Service("replicate", "/v1", operations, _error, _error_event, headers=_headers)


def _headers(request: SimRequest) -> Mapping[str, str]:
    return {"ratelimit-remaining": "599", "ratelimit-reset": "1"}


def _error(refused: ServiceError) -> SimReply:
    title = TITLES.get(refused.status, "Error")
    body = {"title": title, "detail": refused.message, "status": refused.status}
    return SimReply.json(body, refused.status, {"Content-Type": "application/problem+json", **refused.headers})


def _error_event(reply: SimReply) -> bytes:
    return b"event: error\nid: 0\ndata: " + reply.body + b"\n\n"


def _authenticate(request: SimRequest) -> None:
    """Any key is good that does not begin with `bad-`."""
    if not request.bearer or request.bearer.startswith("bad-"):
        raise ServiceError(401, "You did not pass a valid authentication token")


def _model(request: SimRequest) -> Answer:
    _authenticate(request)
    return SimReply.json(wire(named(request.params["owner"], request.params["name"])))


def _version(request: SimRequest) -> Answer:
    _authenticate(request)
    model = named(request.params["owner"], request.params["name"])
    if model.version != request.params["version"]:
        raise ServiceError(404, "The requested resource could not be found.")
    return SimReply.json(version_of(model))


def _deployed(request: SimRequest) -> Model:
    """Each account has one deployment, of the first model."""
    if request.params["name"] != "my-llama":
        raise ServiceError(404, "The requested resource could not be found.")
    return MODELS[0]


def _deployment(request: SimRequest) -> Answer:
    _authenticate(request)
    model = _deployed(request)
    release = {
        "number": 1, "model": model.id, "version": model.version, "created_at": "2026-01-01T00:00:00.000000Z",
        "created_by": {"type": "user", "username": request.params["owner"], "name": "Simulated"},
        "configuration": {"hardware": "gpu-t4", "min_instances": 0, "max_instances": 1},
    }  # fmt: skip
    return SimReply.json({**request.params, "current_release": release})


def _body(request: SimRequest) -> Table:
    _authenticate(request)
    try:
        return table(request.json())
    except ValueError:
        raise ServiceError(400, "The request body is no JSON.") from None


def _create_by_name(request: SimRequest) -> Answer:
    body = _body(request)
    model = named(request.params["owner"], request.params["name"])
    if not model.official:
        raise ServiceError(404, "The requested resource could not be found.")
    return _created(model, body, request)


def _create_deployed(request: SimRequest) -> Answer:
    return _created(_deployed(request), _body(request), request)


def _create_by_version(request: SimRequest) -> Answer:
    body = _body(request)
    return _created(of_version(str(body.get("version"))), body, request)


def _created(model: Model, body: Table, request: SimRequest) -> Answer:
    prediction = Prediction(model, check(model, body.get("input")))
    status = "succeeded" if request.headers.get("prefer", "").startswith("wait") else "starting"
    return SimReply.json(tell(prediction, status, request), 201)


def _look(request: SimRequest) -> Answer:
    _authenticate(request)
    return SimReply.json(tell(read_id(request.params["id"]), "succeeded", request))


def _cancel(request: SimRequest) -> Answer:
    _authenticate(request)
    return SimReply.json(tell(read_id(request.params["id"]), "canceled", request))


def _stream(request: SimRequest) -> Answer:
    """`output` by token, each line of one on a line of its own, then `done`."""
    _authenticate(request)
    pieces = pieces_of(read_id(request.params["id"]))
    events = [_event("output", piece, number) for number, piece in enumerate(pieces)]
    return SimStream([*events, _event("done", "{}", len(pieces))])


def _event(name: str, data: str, number: int) -> bytes:
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"event: {name}\nid: 1767225600:{number}\n{lines}\n".encode()


def _file(request: SimRequest) -> Answer:
    """A file of an output; whoever knows its URL may fetch it."""
    picture = png(read_id(request.params["id"]), request.params["name"])
    return SimReply(200, {"Content-Type": "image/png"}, picture)
