"""Multipart bodies as OpenAI takes them: `name[]` is a list, `name[key]` a table (RFC 7578)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, cast

from onellm.checks import Check
from onellm.testing.simulator.values import ServiceError, SimRequest


@dataclass
class Upload:
    """A file of a form."""

    name: str
    content: bytes


@dataclass
class Form:
    """The fields as JSON would have them, and the files."""

    fields: dict[str, Any]
    files: dict[str, list[Upload]] = field(default_factory=dict[str, list[Upload]])

    def checked(self, table: Check) -> dict[str, Any]:
        """The fields, which `table` finds nothing wrong with. Raises ServiceError with what it finds."""
        if issues := list(table(self.fields, ())):
            raise ServiceError(400, issues[0].message, issues=issues)
        return self.fields


def read_form(request: SimRequest, numbers: Sequence[str] = ()) -> Form:
    """The body of an operation that takes multipart. Raises ServiceError."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise ServiceError(400, "The request must be multipart/form-data.")
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body)
    if not message.is_multipart():
        raise ServiceError(400, "The form has no parts.")
    form = Form({})
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = cast("bytes", part.get_payload(decode=True))
        if (file := part.get_filename()) is not None:
            form.files.setdefault(name, []).append(Upload(file, content))
            continue
        text = content.decode()
        plain, _, key = name.partition("[")
        value: Any = json.loads(text) if plain in numbers or text in ("true", "false") else text
        if not key:
            form.fields[plain] = value
        elif key == "]":
            form.fields.setdefault(plain, []).append(value)
        else:
            form.fields.setdefault(plain, {})[key.rstrip("]")] = value
    return form
