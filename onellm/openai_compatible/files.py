"""Files in OpenAI's format. Their ids go out bare and come back with the provider in front of them."""

from __future__ import annotations

import functools
from typing import Any
from urllib.parse import quote

from onellm.call import Call, Effect, Reply
from onellm.capabilities import Capability
from onellm.openai_compatible.forms import form
from onellm.openai_compatible.wire import Wire
from onellm.types.file import (
    FileContent,
    FileDeleted,
    FileList,
    FileListRequest,
    FileObject,
    FileQuery,
    FileRequest,
)


def file_create(provider: Wire, request: FileRequest) -> Call[FileObject]:
    """POST /files."""
    operation, fields, dropped = provider.encode(Capability.FILES, request)
    exchange = provider.exchange(operation.path, request, body=form(fields, [("file", request.file)]), dropped=dropped)
    return Call(parse=functools.partial(_read_file, provider.name), **exchange)


def file_list(provider: Wire, request: FileListRequest) -> Call[FileList]:
    """GET /files."""
    path, query = path_of(provider, Capability.FILES), request.parameters()
    exchange = provider.exchange(path, request, method="GET", query=query, effect=Effect.READ)
    return Call(parse=functools.partial(_read_files, provider.name), **exchange)


def file_retrieve(provider: Wire, request: FileQuery) -> Call[FileObject]:
    """GET /files/{id}."""
    exchange = provider.exchange(
        path_of(provider, Capability.FILES, request.id), request, method="GET", effect=Effect.READ
    )
    return Call(parse=functools.partial(_read_file, provider.name), **exchange)


def file_content(provider: Wire, request: FileQuery) -> Call[FileContent]:
    """GET /files/{id}/content."""
    path = path_of(provider, Capability.FILES, request.id) + "/content"
    exchange = provider.exchange(path, request, method="GET", effect=Effect.READ, accept="*/*")
    return Call(parse=read_content, **exchange)


def file_delete(provider: Wire, request: FileQuery) -> Call[FileDeleted]:
    """DELETE /files/{id}."""
    exchange = provider.exchange(path_of(provider, Capability.FILES, request.id), request, method="DELETE")
    return Call(parse=functools.partial(_read_deleted, provider.name), **exchange)


def path_of(provider: Wire, capability: Capability, id: str = "") -> str:
    """The path of a kind of thing, or of one of them."""
    path = provider.row.operation(capability).path
    return f"{path}/{quote(id, safe='')}" if id else path


def labelled(provider: str, id: Any) -> Any:
    """An id of the service with its provider in front; no id stays none."""
    return f"{provider}/{id}" if id else id


def _read_file(provider: str, reply: Reply) -> FileObject:
    found = FileObject.model_validate_json(reply.body)
    found.id = labelled(provider, found.id)
    return found


def _read_files(provider: str, reply: Reply) -> FileList:
    found = FileList.model_validate_json(reply.body)
    for each in found.data:
        each.id = labelled(provider, each.id)
    found.first_id, found.last_id = labelled(provider, found.first_id), labelled(provider, found.last_id)
    return found


def _read_deleted(provider: str, reply: Reply) -> FileDeleted:
    found = FileDeleted.model_validate_json(reply.body)
    found.id = labelled(provider, found.id)
    return found


def read_content(reply: Reply) -> FileContent:
    """The bytes of a file, and their media type."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    return FileContent(content=reply.body, mime_type=kind or "application/octet-stream")
