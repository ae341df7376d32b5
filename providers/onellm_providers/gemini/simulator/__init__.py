"""Gemini for the simulator: generateContent, streams, token counts, embeddings, models and files.

Wire facts: google-genai 3.6 and exchanges recorded in 2026. The paths are those of the Gemini API and of Vertex AI.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.testing.simulator.chat import complete, prompt_tokens, tokens
from onellm.testing.simulator.values import Answer, Route, Service, ServiceError, SimReply, SimRequest, SimStream, sse
from onellm_providers.gemini.simulator.answers import answer, as_chat, effort_of, events, with_image
from onellm_providers.gemini.simulator.bodies import COUNTED, EMBEDDED, EMBEDDED_ONE, GENERATED
from onellm_providers.gemini.simulator.errors import error, error_event
from onellm_providers.gemini.simulator.rules import MODELS, check, known, vector, wire

STORED = "files/simulated"


def routes() -> Service:
    """The Gemini API, as the entry point `onellm.simulators` wants it."""
    operations = (
        Route("POST", "/v1beta/{kind}/{call}", _post),
        Route("GET", "/v1beta/models", _list_models),
        Route("GET", "/v1beta/models/{name}", _retrieve_model),
        Route("POST", "/upload/v1beta/files", _open_upload),
        Route("POST", "/upload/v1beta/sent/{name}", _take_upload),
        Route("GET", "/v1beta/files", _list_files),
        Route("GET", "/v1beta/files/{name}", _retrieve_file),
        Route("DELETE", "/v1beta/files/{name}", _delete_file),
    )
    return Service("gemini", "", operations, error, error_event)


def cloud_routes() -> Service:
    """Vertex AI, with a key alone or a project."""
    place = "/v1beta1/projects/{project}/locations/{location}/publishers/google/models/{call}"
    operations = (
        Route("POST", place, _post),
        Route("POST", "/v1beta1/publishers/google/models/{call}", _post),
        Route("GET", "/v1beta1/publishers/google/models", _list_cloud_models),
    )
    return Service("vertex", "", operations, error, error_event)


def _authenticate(request: SimRequest) -> None:
    """Any key is good that does not begin with `bad-`, and so is any token; a bad key is a 400, as at Google."""
    key = request.headers.get("x-goog-api-key") or request.bearer
    if not key:
        raise ServiceError(403, "Method doesn't allow unregistered callers (callers without established identity).")
    if key.startswith("bad-"):
        raise ServiceError(400, "API key not valid. Please pass a valid API key.", code="API_KEY_INVALID")


def _post(request: SimRequest) -> Answer:
    _authenticate(request)
    name, colon, method = request.params["call"].rpartition(":")
    answers: dict[str, Callable[[SimRequest, str], Answer]] = {
        "generateContent": _generate,
        "streamGenerateContent": _stream,
        "countTokens": _count,
        "batchEmbedContents": _embed,
        "embedContent": _embed_one,
        "predict": _predict,
    }
    if not colon or method not in answers:
        raise ServiceError(404, "Requested entity was not found.")
    return answers[method](request, name)


def _said(request: SimRequest, name: str) -> Table:
    body: Table = request.checked(GENERATED)
    model = known(name)
    check(body, model)
    chat = as_chat(body, name)
    config = table(body.get("generationConfig"))
    completion = complete(chat, effort=effort_of(body, model), limit=config.get("maxOutputTokens"))
    if completion.prompt_tokens > model.window:
        raise ServiceError(
            400,
            f"The input token count ({completion.prompt_tokens}) exceeds the maximum number of tokens allowed "
            f"({model.window}).",
        )
    return with_image(answer(completion, name), body)


def _generate(request: SimRequest, name: str) -> Answer:
    return SimReply.json(_said(request, name))


def _stream(request: SimRequest, name: str) -> Answer:
    """Server-sent events where they are asked for; else the same values as one list."""
    values = events(_said(request, name))
    if request.query.get("alt") != "sse":
        return SimReply.json(values)
    return SimStream([sse(value) for value in values])


def _count(request: SimRequest, name: str) -> Answer:
    body: Table = request.checked(COUNTED)
    known(name)
    inner = table(body.get("generateContentRequest")) or body
    return SimReply.json({"totalTokens": prompt_tokens(as_chat(inner, name))})


def _embed(request: SimRequest, name: str) -> Answer:
    body: Table = request.checked(EMBEDDED)
    _known_to_embed(name)
    rows = [table(each) for each in body["requests"]]
    if len(rows) > 100:
        raise ServiceError(400, "at most 100 requests can be in one batch")
    cloud = "/publishers/" in request.path
    if not cloud and any(row.get("model") != f"models/{name}" for row in rows):
        raise ServiceError(400, "BatchEmbedContentsRequest.requests[].model must match the model in the URL")
    texts = [_text(row) for row in rows]
    vectors = [vector(text, _size(row, cloud=cloud)) for text, row in zip(texts, rows, strict=True)]
    count = sum(len(tokens(text)) for text in texts)
    return SimReply.json(
        {"embeddings": [{"values": each} for each in vectors], "usageMetadata": {"promptTokenCount": count}}
    )


def _known_to_embed(name: str) -> None:
    if not known(name).embeds:
        raise ServiceError(404, f"models/{name} is not found for API version v1beta, or is not supported.")


def _embed_one(request: SimRequest, name: str) -> Answer:
    """One text; Vertex AI has what is asked of it in `embedContentConfig`."""
    row: Table = request.checked(EMBEDDED_ONE)
    _known_to_embed(name)
    text = _text(row)
    made = vector(text, _size(row, cloud="/publishers/" in request.path))
    return SimReply.json({"embedding": {"values": made}, "usageMetadata": {"promptTokenCount": len(tokens(text))}})


def _text(row: Table) -> str:
    return "".join(str(table(part).get("text", "")) for part in array(table(row.get("content")).get("parts")))


def _size(row: Table, *, cloud: bool) -> int | None:
    """The numbers asked for. Each of the two services refuses where the other has them."""
    config = table(row.get("embedContentConfig"))
    if (cloud and row.keys() - {"model", "content", "embedContentConfig"}) or (not cloud and config):
        raise ServiceError(400, "Invalid JSON payload received. Unknown name in a request.")
    found: int | None = (config if cloud else row).get("outputDimensionality")
    return found


def _predict(request: SimRequest, name: str) -> Answer:
    rows: list[Any] = array(table(request.json()).get("instances"))
    size = table(table(request.json()).get("parameters")).get("outputDimensionality")
    made = [
        {
            "embeddings": {
                "values": vector(str(table(row).get("content")), size),
                "statistics": {"token_count": len(tokens(str(table(row).get("content")))), "truncated": False},
            }
        }
        for row in rows
    ]
    return SimReply.json({"predictions": made})


def _list_models(request: SimRequest) -> Answer:
    """The models, `pageSize` at a time (50 unless told otherwise)."""
    _authenticate(request)
    names = list(MODELS)
    size, start = int(request.query.get("pageSize", "50")), int(request.query.get("pageToken") or 0)
    more = {"nextPageToken": str(start + size)} if start + size < len(names) else {}
    return SimReply.json({"models": [wire(name) for name in names[start : start + size]], **more})


def _list_cloud_models(request: SimRequest) -> Answer:
    _authenticate(request)
    return SimReply.json({"publisherModels": [{"name": f"publishers/google/models/{name}"} for name in MODELS]})


def _retrieve_model(request: SimRequest) -> Answer:
    _authenticate(request)
    known(request.params["name"])
    return SimReply.json(wire(request.params["name"]))


def _open_upload(request: SimRequest) -> Answer:
    """Where the bytes go."""
    _authenticate(request)
    host, root = request.headers.get("host", ""), request.path.partition("/upload/")[0]
    size = request.headers.get("x-goog-upload-header-content-length", "0")
    kind = request.headers.get("x-goog-upload-header-content-type", "").replace("/", "-")
    place = f"http://{host}{root}/upload/v1beta/sent/{size}.{kind}"
    return SimReply(200, {"x-goog-upload-url": place}, b"")


def _take_upload(request: SimRequest) -> Answer:
    """The URL is credential enough: Google's own SDK sends no key here."""
    if request.headers.get("x-goog-upload-command") != "upload, finalize":
        raise ServiceError(400, "Invalid upload command.")
    return SimReply.json({"file": _file(len(request.body))}, headers={"x-goog-upload-status": "final"})


def _list_files(request: SimRequest) -> Answer:
    _authenticate(request)
    return SimReply.json({"files": [_file(3)]})


def _retrieve_file(request: SimRequest) -> Answer:
    if request.params["name"].endswith(":download"):
        return _file_content(request)
    _authenticate(request)
    if f"files/{request.params['name']}" != STORED:
        raise ServiceError(403, "You do not have permission to access the File or it may not exist.")
    return SimReply.json(_file(3))


def _file_content(request: SimRequest) -> Answer:
    """A file that was uploaded is not given back."""
    _authenticate(request)
    raise ServiceError(400, f"The file {request.params['name'].partition(':')[0]} cannot be downloaded.")


def _delete_file(request: SimRequest) -> Answer:
    _authenticate(request)
    return SimReply.json({})


def _file(size: int) -> Table:
    return {
        "name": STORED,
        "displayName": "simulated",
        "mimeType": "application/octet-stream",
        "sizeBytes": str(size),
        "createTime": "2026-11-01T00:00:00Z",
        "expirationTime": "2026-11-03T00:00:00Z",
        "uri": f"https://generativelanguage.googleapis.com/v1beta/{STORED}",
        "state": "ACTIVE",
    }
