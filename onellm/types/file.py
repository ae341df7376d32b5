"""Files at a service: what is asked and answered (OpenAI's /files)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

from onellm.body import File
from onellm.types.base import Result
from onellm.types.call_params import CallParams
from onellm.types.media import Media
from onellm.types.request import ModelRequest


class FileRequest(ModelRequest):
    """A file to be uploaded, as a provider sees it: it has been read. There is no model."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"file"}

    model: str = ""
    file: File
    purpose: str | None = None
    expires_after: dict[str, Any] | None = None


class FileQuery(ModelRequest):
    """One file by its id at the service, without the provider."""

    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"id"}

    model: str = ""
    id: str


class FileListRequest(ModelRequest):
    """Which files to list."""

    model: str = ""
    after: str | None = None
    limit: int | None = None
    order: str | None = None
    purpose: str | None = None


class FileParams(CallParams, total=False):
    """The parameters of an upload beside `file` and `purpose`.

    `expires_after`: `{"anchor": "created_at", "seconds": …}`, one hour to 30 days.
    """

    expires_after: Mapping[str, object] | None


class FileListParams(CallParams, total=False):
    """The parameters of a list of files: `after` a file's id, at most `limit` (up to 10,000), by age, of a purpose."""

    after: str | None
    limit: int | None
    order: Literal["asc", "desc"] | None
    purpose: str | None


class FileObject(Result):
    """A file at a service. `id` carries its provider (`openai/file-…`); times are Unix seconds."""

    id: str
    object: str = "file"
    bytes: int | None = None
    created_at: int | None = None
    filename: str | None = None
    purpose: str | None = None
    status: str | None = None
    status_details: str | None = None
    expires_at: int | None = None


class FileList(Result):
    """Files at a service; `has_more` says that there are others after `last_id`."""

    data: list[FileObject]
    object: str = "list"
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False


class FileDeleted(Result):
    """What became of a deletion."""

    id: str
    object: str = "file"
    deleted: bool = False


class FileContent(Media):
    """What a file holds: `bytes`, `text`, `save(path)`."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The content as UTF-8 text."""
        return self.content.decode()
