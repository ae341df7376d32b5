"""Anthropic's files and batches. An id holds the file, or the batch, itself; a batch has ended when first asked about.

Wire facts: anthropic SDK 2.14, `resources/files.py`, `resources/messages/batches.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from onellm.checks import anything, array, mapping, record, string
from onellm.decode.json import Table
from onellm.testing.simulator.forms import read_form
from onellm.testing.simulator.held import pack, unpack
from onellm.testing.simulator.values import Answer, ServiceError, SimReply, SimRequest
from onellm_providers.anthropic.batches import CUSTOM_ID
from onellm_providers.anthropic.simulator.errors import error

BATCH, FILE = "msgbatch_", "file_"
CREATED = "2026-11-01T00:00:00Z"
TOMORROW = "2026-11-02T00:00:00Z"
LINES = "application/x-jsonl"
_FORM = record({"expires_in_seconds": string()}, closed=True)
_ROW = record({"custom_id": string(), "params": mapping(anything())}, ("custom_id", "params"), closed=True)
_CREATE = record({"requests": array(_ROW, 1, 100_000)}, ("requests",), closed=True)

Run = Callable[[SimRequest], SimReply]
"""Answers one request of a batch."""


# -- files -----------------------------------------------------------------------------------------------------------


def upload(request: SimRequest) -> Answer:
    """POST /files."""
    form = read_form(request)
    fields = form.checked(_FORM)
    if not form.files.get("file"):
        raise ServiceError(400, "file: Field required")
    lifetime = str(fields.get("expires_in_seconds", ""))
    seconds = int(lifetime) if lifetime.isdecimal() else 0
    if lifetime and not 3600 <= seconds <= 7_776_000:
        raise ServiceError(400, "expires_in_seconds: must be between 3600 and 7776000")
    file = form.files["file"][0]
    return SimReply.json(_shown(pack(FILE, [file.name, seconds, file.content.decode("latin-1")])))


def list_files(request: SimRequest) -> Answer:
    """GET /files: none, since none is kept."""
    return SimReply.json({"data": [], "next_page": None})


def retrieve_file(request: SimRequest) -> Answer:
    """GET /files/{id}."""
    return SimReply.json(_shown(request.params["id"]))


def content(request: SimRequest) -> Answer:
    """GET /files/{id}/content. The service hands out what its tools made alone; this one hands out everything."""
    held = _file(request.params["id"])[2]
    return SimReply(200, {"Content-Type": "application/octet-stream"}, held.encode("latin-1"))


def delete_file(request: SimRequest) -> Answer:
    """DELETE /files/{id}."""
    _file(request.params["id"])
    return SimReply.json({"id": request.params["id"], "type": "file_deleted"})


def _file(id: str) -> tuple[str, int, str]:
    name, seconds, text = unpack(FILE, id)
    return name, seconds, text


def _shown(id: str) -> Table:
    name, seconds, text = _file(id)
    expires = datetime.fromisoformat(CREATED) + timedelta(seconds=seconds)
    return {
        "id": id, "type": "file", "filename": name, "mime_type": "application/octet-stream", "size_bytes": len(text),
        "created_at": CREATED, "downloadable": True, "expires_at": expires.isoformat() if seconds else None,
    }  # fmt: skip


# -- batches ---------------------------------------------------------------------------------------------------------


def start(request: SimRequest) -> Answer:
    """POST /messages/batches."""
    rows: list[Any] = request.checked(_CREATE)["requests"]
    ids = [row["custom_id"] for row in rows]
    for number, id in enumerate(ids):
        if not re.fullmatch(CUSTOM_ID, id):
            raise ServiceError(
                400, f"requests.{number}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'"
            )
    if len(set(ids)) < len(ids):
        raise ServiceError(400, "requests: custom_id must be unique")
    return SimReply.json(_batch(pack(BATCH, rows), "in_progress", {"processing": len(rows)}))


def retrieve(request: SimRequest, run: Run) -> Answer:
    """GET /messages/batches/{id}."""
    id = request.params["id"]
    kinds = [line["result"]["type"] for line in _lines(request, id, run)]
    counts = {kind: kinds.count(kind) for kind in kinds}
    url = f"http://{request.headers.get('host', 'localhost')}/v1/messages/batches/{id}/results"
    return SimReply.json(_batch(id, "ended", counts, ended_at=CREATED, results_url=url))


def results(request: SimRequest, run: Run) -> Answer:
    """GET /messages/batches/{id}/results: the last request's first."""
    lines = _lines(request, request.params["id"], run)
    return SimReply(200, {"Content-Type": LINES}, b"".join(json.dumps(line).encode() + b"\n" for line in lines))


def cancel(request: SimRequest) -> Answer:
    """POST /messages/batches/{id}/cancel: the id stays, so the batch goes on."""
    rows = unpack(BATCH, request.params["id"])
    counts = {"processing": len(rows)}
    return SimReply.json(_batch(request.params["id"], "canceling", counts, cancel_initiated_at=CREATED))


def delete(request: SimRequest) -> Answer:
    """DELETE /messages/batches/{id}."""
    unpack(BATCH, request.params["id"])
    return SimReply.json({"id": request.params["id"], "type": "message_batch_deleted"})


def list_batches(request: SimRequest) -> Answer:
    """GET /messages/batches: none, since none is kept."""
    return SimReply.json({"data": [], "has_more": False, "first_id": None, "last_id": None})


def _lines(request: SimRequest, id: str, run: Run) -> list[Table]:
    rows = unpack(BATCH, id)
    return [{"custom_id": row["custom_id"], "result": _run(request, row["params"], run)} for row in reversed(rows)]


def _run(request: SimRequest, params: Table, run: Run) -> Table:
    body = {name: value for name, value in params.items() if name != "user_profile_id"}
    asked = SimRequest("POST", "/messages", headers=request.headers, body=json.dumps(body).encode())
    try:
        message = json.loads(run(asked).body)
        message["usage"]["service_tier"] = "batch"
        return {"type": "succeeded", "message": message}
    except ServiceError as refused:
        return {"type": "errored", "error": json.loads(error(refused).body)}


def _batch(id: str, status: str, counts: Table, **fields: Any) -> Table:
    kinds = ("processing", "succeeded", "errored", "canceled", "expired")
    return {
        "id": id, "type": "message_batch", "processing_status": status, "created_at": CREATED, "expires_at": TOMORROW,
        "archived_at": None, "cancel_initiated_at": None, "ended_at": None, "results_url": None,
        "request_counts": {kind: counts.get(kind, 0) for kind in kinds}, **fields,
    }  # fmt: skip
