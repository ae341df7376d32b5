"""Bodies as the simulated Venice reads them: JSON, and multipart (RFC 7578)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from onellm.testing.simulator.values import Answer, ServiceError, SimRequest
from onellm_providers.venice.tables import LISTED

_BOUNDARY = re.compile(r'multipart/form-data\s*;.*boundary="?([^";,]+)"?', re.IGNORECASE)
_NAME = re.compile(r'form-data;\s*name="([^"]*)"(?:;\s*filename="([^"]*)")?', re.IGNORECASE)
_WORDS = {"true": True, "false": False}


@dataclass
class Upload:
    """A file of a form."""

    name: str
    media_type: str
    content: bytes


@dataclass
class Sent:
    """A body, whichever way it came: `fields` as JSON would have them, files among them as a stand-in text."""

    fields: dict[str, Any]
    files: dict[str, list[Upload]] = field(default_factory=dict[str, list[Upload]])
    is_form: bool = False


def behind(
    authenticate: Callable[[SimRequest], None], answer: Callable[[SimRequest], Answer]
) -> Callable[[SimRequest], Answer]:
    """The answer to those who have a good key; for others `authenticate` raises."""

    def checked(request: SimRequest) -> Answer:
        authenticate(request)
        return answer(request)

    return checked


def json_of(request: SimRequest, path: str) -> dict[str, Any]:
    """The body of an operation that takes JSON only. Raises ServiceError with what its table finds."""
    if "json" not in request.headers.get("content-type", ""):
        declared = path.startswith("image") or path == "audio/speech"  # the file has no 415 for jobs
        raise ServiceError(415 if declared else 400, "Invalid content type")
    body: dict[str, Any] = request.checked(LISTED[path])
    return body


def checked(sent: Sent, path: str) -> Sent:
    """The body, which the operation's table finds nothing wrong with. Raises ServiceError with what it finds."""
    if issues := list(LISTED[path](sent.fields, ())):
        raise ServiceError(400, issues[0].message, issues=issues)
    return sent


def read_body(request: SimRequest, numbers: Sequence[str] = (), lists: Sequence[str] = ()) -> Sent:
    """The body of an operation that takes JSON and multipart.

    Fields named in `numbers` are numbers, those in `lists` lists of files. Raises ServiceError.
    """
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return _read_form(request.body, kind, numbers, lists)
    if "json" not in kind:
        raise ServiceError(415, "Invalid content type")
    try:
        body = request.json()
    except (ValueError, RecursionError) as error:
        raise ServiceError(400, "The body is not valid JSON", code="invalid_json") from error
    return Sent(body)


def _read_form(body: bytes, kind: str, numbers: Sequence[str], lists: Sequence[str]) -> Sent:
    found = _BOUNDARY.match(kind)
    if found is None:
        raise ServiceError(400, "The form has no boundary")
    mark = b"--" + found[1].encode()
    start, *parts, end = body.split(mark)
    if start or end.strip() != b"--":
        raise ServiceError(400, "The form is broken")
    sent = Sent({}, is_form=True)
    for part in parts:
        _add(sent, part, numbers, lists)
    return sent


def _add(sent: Sent, part: bytes, numbers: Sequence[str], lists: Sequence[str]) -> None:
    head, blank, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    named = _NAME.match(lines.get("Content-Disposition", ""))
    if not blank or named is None or not content.endswith(b"\r\n"):
        raise ServiceError(400, "The form is broken")
    name, file_name = named[1], named[2]
    content = content.removesuffix(b"\r\n")
    if file_name is not None:
        sent.files.setdefault(name, []).append(Upload(file_name, lines.get("Content-Type", ""), content))
        sent.fields[name] = ["a file"] * len(sent.files[name]) if name in lists else "a file"
    elif name in sent.fields:
        raise ServiceError(400, f"The field {name} is there twice")
    else:
        sent.fields[name] = _value(content.decode(), name in numbers)


def _value(text: str, is_number: bool) -> Any:
    if is_number:
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            return text
    return _WORDS.get(text, text)
