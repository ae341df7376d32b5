"""Files at Anthropic: /v1/files, in OpenAI's shape.

Sources: anthropic SDK 2.14, `resources/files.py` and `types/file_metadata.py`. The service knows no purposes, and tells
the next page of a list by a cursor; before it left its beta, by the last id.
"""

from __future__ import annotations

import functools
import json
from typing import Any
from urllib.parse import quote, urlencode

from onellm.body import Multipart
from onellm.call import Call, Effect, Reply
from onellm.decode.json import Table, array, table
from onellm.errors import BadResponseError
from onellm.openai_compatible.files import labelled, read_content
from onellm.openai_compatible.losses import Losses
from onellm.types.file import (
    FileContent,
    FileDeleted,
    FileList,
    FileListRequest,
    FileObject,
    FileQuery,
    FileRequest,
)
from onellm_providers.anthropic.wire import Wire, unix

BETA = ("files-api-2025-04-14",)
"""What the service wanted while files were a beta feature, and still takes."""
PLACED = frozenset({"id", "type", "size_bytes", "filename", "created_at", "expires_at"})
"""Fields of a file that have a place in OpenAI's; the others stay under their names."""
CURSOR = "page_"
"""How the cursor of a page begins; what begins otherwise is a file's id."""


def file_create(provider: Wire, request: FileRequest) -> Call[FileObject]:
    """POST /v1/files. A purpose says nothing here, so it is noted as dropped."""
    losses = Losses(drop=request.unsupported == "drop")
    fields = request.parameters()
    if fields.pop("purpose", None) is not None:
        losses.note("purpose")
    parts = [*_lifetime(provider, fields.pop("expires_after", None), losses)]
    for name in fields:
        losses.refuse(name, f"{provider.name} does not take {name} with a file.")
    parts += [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in _own(request).items()]
    body = Multipart([*parts, ("file", request.file)])
    exchange = provider.exchange("files", request, body=body, betas=BETA, dropped=tuple(losses.dropped))
    return Call(parse=functools.partial(_read_file, provider.name), **exchange)


def file_list(provider: Wire, request: FileListRequest) -> Call[FileList]:
    """GET /v1/files: one page, the latest first."""
    losses = Losses(drop=request.unsupported == "drop")
    query: Table = _own(request)
    for name, value in request.parameters().items():
        if name == "limit":
            query[name] = value
        elif name == "after":
            query["page" if value.startswith(CURSOR) else "after_id"] = value
        else:
            losses.refuse(name, f"{provider.name} does not list files by {name}.")
    named: Table = {f"{name}[]" if isinstance(each, (list, tuple)) else name: each for name, each in query.items()}
    path = f"files?{urlencode(named, doseq=True)}" if named else "files"
    exchange = provider.exchange(
        path, request, method="GET", effect=Effect.READ, betas=BETA, dropped=tuple(losses.dropped)
    )
    return Call(parse=functools.partial(_read_files, provider.name), **exchange)


def file_retrieve(provider: Wire, request: FileQuery) -> Call[FileObject]:
    """GET /v1/files/{id}."""
    exchange = provider.exchange(_path(request), request, method="GET", effect=Effect.READ, betas=BETA)
    return Call(parse=functools.partial(_read_file, provider.name), **exchange)


def file_content(provider: Wire, request: FileQuery) -> Call[FileContent]:
    """GET /v1/files/{id}/content; only what a tool of the service made can be downloaded."""
    path = f"{_path(request)}/content"
    exchange = provider.exchange(path, request, method="GET", effect=Effect.READ, betas=BETA, accept="*/*")
    return Call(parse=read_content, **exchange)


def file_delete(provider: Wire, request: FileQuery) -> Call[FileDeleted]:
    """DELETE /v1/files/{id}."""
    exchange = provider.exchange(_path(request), request, method="DELETE", betas=BETA)
    return Call(parse=functools.partial(_read_deleted, provider.name), **exchange)


def _path(request: FileQuery) -> str:
    return f"files/{quote(request.id, safe='')}"


def _own(request: FileRequest | FileListRequest) -> Table:
    """What the caller adds under the service's own names."""
    return dict(request.extra_body or {})


def _lifetime(provider: Wire, value: Any, losses: Losses) -> list[tuple[str, str]]:
    """OpenAI's `{"anchor": "created_at", "seconds": …}` as seconds."""
    if value is None:
        return []
    seconds = table(value).get("seconds")
    if table(value).get("anchor", "created_at") != "created_at" or not isinstance(seconds, int):
        losses.refuse("expires_after", f"{provider.name} takes seconds after created_at, not {value!r}.")
        return []
    return [("expires_in_seconds", str(seconds))]


def _file(provider: str, raw: Table) -> FileObject:
    return FileObject(
        id=labelled(provider, str(raw["id"])),
        bytes=raw.get("size_bytes"),
        filename=raw.get("filename"),
        created_at=unix(raw.get("created_at")),
        expires_at=unix(raw.get("expires_at")),
        **{name: value for name, value in raw.items() if name not in PLACED},
    )


def _read_file(provider: str, reply: Reply) -> FileObject:
    return _file(provider, table(json.loads(reply.body)))


def _read_files(provider: str, reply: Reply) -> FileList:
    raw = table(json.loads(reply.body))
    if not isinstance(raw.get("data"), list):
        raise BadResponseError("The answer holds no list of files.")
    files = [_file(provider, table(each)) for each in array(raw["data"])]
    following = raw.get("next_page")
    return FileList(
        data=files,
        first_id=files[0].id if files else None,
        last_id=labelled(provider, following) or (files[-1].id if files else None),
        has_more=bool(following or raw.get("has_more")),
    )


def _read_deleted(provider: str, reply: Reply) -> FileDeleted:
    raw = table(json.loads(reply.body))
    return FileDeleted(id=labelled(provider, str(raw["id"])), deleted=raw.get("type", "file_deleted") == "file_deleted")
