"""OpenAI's files and batches. The simulator keeps no state: an id holds the file, or the batch, itself.

A batch has ended when it is first asked about, and nothing is deleted.
"""

from __future__ import annotations

import json
from typing import Any

from onellm.checks import anything, mapping, record, string
from onellm.testing.simulator.chat import CREATED
from onellm.testing.simulator.forms import read_form
from onellm.testing.simulator.held import pack, unpack
from onellm.testing.simulator.values import Answer, ServiceError, SimReply, SimRequest, SimStream

_FILE = record({"purpose": string(), "expires_after": anything()}, ("purpose",), closed=True)
_BATCH = record(
    {
        "input_file_id": string(low=1), "endpoint": string(low=1), "completion_window": string("24h"),
        "metadata": mapping(string(high=512), high=16, longest_key=64), "output_expires_after": anything(),
    },
    ("input_file_id", "endpoint", "completion_window"),
    closed=True,
)  # fmt: skip


def upload(request: SimRequest) -> Answer:
    """POST /files."""
    form = read_form(request)
    purpose = form.checked(_FILE)["purpose"]
    if not form.files.get("file"):
        raise ServiceError(400, "Missing required parameter: 'file'.", param="file", code="missing_required_parameter")
    file = form.files["file"][0]
    return SimReply.json(_shown(pack("file-", [file.name, purpose, file.content.decode("latin-1")])))


def list_files(request: SimRequest) -> Answer:
    """GET /files: none, since none is kept."""
    return SimReply.json({"object": "list", "data": [], "has_more": False})


def retrieve(request: SimRequest) -> Answer:
    """GET /files/{id}."""
    return SimReply.json(_shown(request.params["id"]))


def content(request: SimRequest) -> Answer:
    """GET /files/{id}/content."""
    return SimReply(200, {"Content-Type": "application/octet-stream"}, _held(request.params["id"]))


def delete(request: SimRequest) -> Answer:
    """DELETE /files/{id}."""
    _held(request.params["id"])
    return SimReply.json({"id": request.params["id"], "object": "file", "deleted": True})


def start(request: SimRequest) -> Answer:
    """POST /batches."""
    body = request.checked(_BATCH)
    if unpack("file-", body["input_file_id"])[1] != "batch":
        raise ServiceError(400, "The file must have the purpose 'batch'.", param="input_file_id")
    held = [body["input_file_id"], body["endpoint"], body.get("metadata")]
    return SimReply.json(_batch(pack("batch_", held), "validating"))


def look_up(request: SimRequest) -> Answer:
    """GET /batches/{id}: it has ended, and its output is one answer a line, the last request's first."""
    id = request.params["id"]
    file, endpoint, _ = unpack("batch_", id)
    lines = [json.loads(line) for line in _held(file).splitlines() if line.strip()]
    answered = [_answered(request, endpoint, line) for line in reversed(lines)]
    good = [line for line in answered if line["response"]["status_code"] == 200]
    bad = [line for line in answered if line not in good]
    ended = _batch(id, "completed", completed_at=CREATED)
    ended["request_counts"] = {"total": len(lines), "completed": len(good), "failed": len(bad)}
    for name, rows in (("output_file_id", good), ("error_file_id", bad)):
        if rows:
            text = "".join(json.dumps(row) + "\n" for row in rows)
            ended[name] = pack("file-", [f"{name}.jsonl", "batch_output", text])
    return SimReply.json(ended)


def cancel(request: SimRequest) -> Answer:
    """POST /batches/{id}/cancel."""
    return SimReply.json(_batch(request.params["id"], "cancelling"))


def list_batches(request: SimRequest) -> Answer:
    """GET /batches: none, since none is kept."""
    return SimReply.json({"object": "list", "data": [], "has_more": False})


def _answered(request: SimRequest, endpoint: str, line: dict[str, Any]) -> dict[str, Any]:
    """The line of one request, answered as the operation itself would."""
    from onellm_providers.openai_simulator import routes

    service = routes()
    path = str(line.get("url") or endpoint).removeprefix(service.prefix)
    asked = SimRequest("POST", path, headers=request.headers, body=json.dumps(line["body"]).encode())
    route = next((each for each in service.routes if each.method == "POST" and each.path == path), None)
    if route is None:
        raise ServiceError(400, f"Invalid endpoint '{endpoint}'.", param="endpoint")
    try:
        reply = route.answer(asked)
    except ServiceError as refused:
        reply = service.error(refused)
    if isinstance(reply, SimStream):
        reply = service.error(ServiceError(400, "A batch has no streams.", param="stream"))
    response = {"status_code": reply.status, "request_id": "req_simulated", "body": json.loads(reply.body)}
    return {"id": "batch_req_simulated", "custom_id": line.get("custom_id"), "response": response, "error": None}


def _batch(id: str, status: str, **fields: Any) -> dict[str, Any]:
    file, endpoint, metadata = unpack("batch_", id)
    return {
        "id": id, "object": "batch", "endpoint": endpoint, "input_file_id": file, "completion_window": "24h",
        "status": status, "created_at": CREATED, "metadata": metadata, **fields,
    }  # fmt: skip


def _shown(id: str) -> dict[str, Any]:
    name, purpose, _ = unpack("file-", id)
    return {
        "id": id, "object": "file", "bytes": len(_held(id)), "created_at": CREATED, "filename": name,
        "purpose": purpose, "status": "processed",
    }  # fmt: skip


def _held(id: str) -> bytes:
    text: str = unpack("file-", id)[2]
    return text.encode("latin-1")


FILES = (
    ("POST", "/files", upload),
    ("GET", "/files", list_files),
    ("GET", "/files/{id}", retrieve),
    ("GET", "/files/{id}/content", content),
    ("DELETE", "/files/{id}", delete),
    ("POST", "/batches", start),
    ("GET", "/batches", list_batches),
    ("GET", "/batches/{id}", look_up),
    ("POST", "/batches/{id}/cancel", cancel),
)
