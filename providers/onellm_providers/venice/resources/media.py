"""What the media resources share: bodies that are JSON or multipart, answers that are bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from onellm.body import JSON, File, Multipart
from onellm.call import Reply
from onellm.error_bodies import has_error
from onellm.errors import InvalidRequestError, UnsupportedParameterError
from onellm.file_input import FileInput, data_url, is_url, read_file, sniff
from onellm.types.base import Result
from onellm_providers.venice.bodies import Files, multipart, stand_ins
from onellm_providers.venice.resources.base import given, refuse
from onellm_providers.venice.tables import SENT
from onellm_providers.venice.types.facts import VeniceMedia, facts

M = TypeVar("M", bound=Result)
V = TypeVar("V", bound=VeniceMedia)

MEGABYTE = 1024 * 1024
LARGEST_FILE = 25 * MEGABYTE


def json_body(path: str, fields: Mapping[str, Any]) -> JSON:
    """The body of an operation as JSON. Raises InvalidRequestError where its table has something against it."""
    return JSON(refuse(SENT[path], fields))


def form_body(path: str, fields: Mapping[str, Any], files: Files) -> Multipart:
    """The body of an operation with files. Raises InvalidRequestError where its table has something against it."""
    refuse(SENT[path], {**fields, **stand_ins(files)})
    return multipart(given(fields), files)


def read_upload(value: FileInput, param: str, largest: int = LARGEST_FILE) -> File:
    """A file that the user gave, below Venice's limit of 25 MB. Raises InvalidRequestError."""
    file = read_file(value, param)
    if len(file.content) >= largest:
        raise InvalidRequestError(
            f"{param} has {len(file.content) / MEGABYTE:.1f} MB; Venice takes less than {largest // MEGABYTE} MB.",
            param=param,
        )
    return file


def link(value: FileInput | None, param: str, largest: int = LARGEST_FILE) -> str | None:
    """What Venice takes where it wants a URL: a URL as it is, a file as a data URL; None stays None."""
    if value is None or (isinstance(value, str) and is_url(value)):
        return value
    return data_url(read_upload(value, param, largest))


def links(values: Sequence[FileInput] | None, param: str) -> list[str | None] | None:
    """A list of such values."""
    return None if values is None else [link(value, param) for value in many(values, param)]


def many(values: Sequence[Any], param: str) -> Sequence[Any]:
    """The list that the caller gave. Raises InvalidRequestError where it is none."""
    if isinstance(values, (list, tuple)):
        return values
    raise InvalidRequestError(f"{param} must be a list, not {type(values).__name__}.", param=param)


def fields_of(value: Mapping[str, Any], param: str) -> dict[str, Any]:
    """The dict that the caller gave. Raises InvalidRequestError where it is none."""
    if isinstance(value, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without types
        return dict(value)
    raise InvalidRequestError(f"{param} must hold dicts, not {type(value).__name__}.", param=param)


def refuse_foreign(path: str, advice: Mapping[str, str], **given: object) -> None:
    """Raise UnsupportedParameterError for a parameter of other image services, with what to use instead."""
    for name, value in given.items():
        if value is not None:
            raise UnsupportedParameterError(f"{path} takes no {name}: {advice[name]}.", param=name)


def check_names(method: str, options: Mapping[str, object], known: type[object]) -> None:
    """Raise TypeError for a name that is none of a TypedDict, as a signature would."""
    for name in options:
        if name not in known.__annotations__:
            raise TypeError(f"{method}() got an unexpected keyword argument {name!r}")


def reads_json(model: type[M], **more: Any) -> Callable[[Reply], M]:
    """Reads a JSON answer, with what its headers say."""

    def read(reply: Reply) -> M:
        return model.model_validate({**json.loads(reply.body), **facts(reply.headers), **more})

    return read


def reads_media(model: type[V], kind: str) -> Callable[[Reply], V]:
    """Reads an answer that is a file of this kind (`image`, `audio`, `video`)."""

    def read(reply: Reply) -> V:
        return as_media(model, kind, reply)

    return read


def as_media(model: type[V], kind: str, reply: Reply, **more: Any) -> V:
    """The file that an answer is. Raises ValueError where it is none of this kind."""
    mime_type, body = media_type(reply), reply.body
    if not mime_type.startswith(f"{kind}/"):
        mime_type = sniff(body) or ""
    is_page = body[:64].lstrip().lower().startswith((b"<!doctype", b"<html")) or (body[:1] == b"{" and has_error(body))
    if not body or is_page or not mime_type.startswith(f"{kind}/"):
        raise ValueError(f"the answer is no {kind}")
    return model(content=reply.body, mime_type=mime_type, **facts(reply.headers), **more)


def media_type(reply: Reply) -> str:
    """The content type without its parameters."""
    return reply.headers.get("content-type", "").partition(";")[0].strip().lower()


def reads_transcript(model: type[M], field: str) -> Callable[[Reply], M]:
    """Reads a transcript as JSON, or as plain text, which becomes this field."""

    def read(reply: Reply) -> M:
        if media_type(reply) == "text/plain":
            return model.model_validate({field: reply.body.decode(), **facts(reply.headers)})
        return reads_json(model)(reply)

    return read
