"""Files at the Gemini API: uploaded in two steps, kept for 48 hours, named `files/…`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from onellm.call import Reply
from onellm.decode.json import array, table
from onellm.errors import BadResponseError
from onellm.types.file import FileDeleted, FileList, FileObject

STATES = {"ACTIVE": "processed", "PROCESSING": "uploaded", "FAILED": "error"}
"""OpenAI's words for the states of a file."""


def read_file(provider: str, row: Mapping[str, Any]) -> FileObject:
    """A file; the service's own fields stay, its `uri` among them. Raises BadResponseError where it has no name."""
    if not isinstance(row.get("name"), str):
        raise BadResponseError("The answer holds no file (no name).")
    known = {"name", "displayName", "sizeBytes", "createTime", "expirationTime", "state", "error"}
    failed = table(row.get("error")).get("message")
    return FileObject(
        id=f"{provider}/{row['name']}",
        bytes=_number(row.get("sizeBytes")),
        created_at=_seconds(row.get("createTime")),
        expires_at=_seconds(row.get("expirationTime")),
        filename=row.get("displayName"),
        status=STATES.get(str(row.get("state")), row.get("state")),
        status_details=str(failed) if failed else None,
        **{name: value for name, value in row.items() if name not in known},
    )


def read_uploaded(provider: str, reply: Reply) -> FileObject:
    """The file of the answer to an upload."""
    return read_file(provider, table(table(json.loads(reply.body)).get("file")))


def read_retrieved(provider: str, reply: Reply) -> FileObject:
    """The file of an answer that holds nothing else."""
    return read_file(provider, table(json.loads(reply.body)))


def read_list(provider: str, reply: Reply) -> FileList:
    """A page of files; `last_id` of one that has a next page is that page's token."""
    raw = table(json.loads(reply.body))
    data = [read_file(provider, table(row)) for row in array(raw.get("files"))]
    token = raw.get("nextPageToken")
    first, last = (data[0].id, data[-1].id) if data else (None, None)
    return FileList(data=data, first_id=first, last_id=str(token) if token else last, has_more=bool(token))


def read_deleted(provider: str, name: str, reply: Reply) -> FileDeleted:
    """The service answers a deletion with an empty object."""
    return FileDeleted(id=f"{provider}/{name}", deleted=True)


def file_name(file_id: str) -> str:
    """`files/…` of an id with or without it, or of a file's URI."""
    return f"files/{file_id.rsplit('files/', 1)[-1]}"


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, str)) and str(value).isdigit() else None


def _seconds(value: Any) -> int | None:
    try:
        return int(datetime.fromisoformat(str(value)).timestamp()) if value else None
    except ValueError:
        return None
