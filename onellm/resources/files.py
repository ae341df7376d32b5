"""`client.files`"""

from __future__ import annotations

from typing import Literal, TypeAlias, Unpack

from onellm.call import Prepared
from onellm.file_input import FileInput, read_file
from onellm.operations import Operations
from onellm.resource import IO, endpoint
from onellm.resources.base import Routed, split_id
from onellm.types.call_params import CallParams
from onellm.types.file import (
    FileContent,
    FileDeleted,
    FileList,
    FileListParams,
    FileListRequest,
    FileObject,
    FileParams,
    FileQuery,
    FileRequest,
)

Purpose: TypeAlias = Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"] | str  # noqa: PYI051


class Files(Routed[IO]):
    """`client.files`: files at a service. An id carries its provider: `openai/file-…`."""

    @endpoint
    def create(
        self,
        file: FileInput = b"",
        purpose: Purpose | None = None,
        *,
        provider: str | None = None,
        **params: Unpack[FileParams],
    ) -> Prepared[FileObject]:
        """Upload a file: a path, bytes or a binary file.

        `purpose` is what it is for ("batch", "user_data", "vision", …); services want one. `provider`: that of the
        client's default model, else openai. Raises CapabilityError where the provider keeps no files.
        """
        read = read_file(file, "file")
        label = self._label(provider)
        return self._prepare_at(Operations.file_create, FileRequest, label, params, file=read, purpose=purpose)

    @endpoint
    def list(self, *, provider: str | None = None, **params: Unpack[FileListParams]) -> Prepared[FileList]:
        """The files at a provider, one page; the next begins `after` its last id."""
        label = self._label(provider)
        if (after := params.get("after")) is not None:
            params["after"] = split_id(after, label)[1]
        return self._prepare_at(Operations.file_list, FileListRequest, label, params)

    @endpoint
    def retrieve(
        self, file_id: str, *, provider: str | None = None, **params: Unpack[CallParams]
    ) -> Prepared[FileObject]:
        """What is known of a file. Raises NotFoundError."""
        label, bare = split_id(file_id, provider)
        return self._prepare_at(Operations.file_retrieve, FileQuery, label, params, id=bare)

    @endpoint
    def content(
        self, file_id: str, *, provider: str | None = None, **params: Unpack[CallParams]
    ) -> Prepared[FileContent]:
        """What a file holds: `.bytes`, `.text`, `.save(path)`. Raises NotFoundError."""
        label, bare = split_id(file_id, provider)
        return self._prepare_at(Operations.file_content, FileQuery, label, params, id=bare)

    @endpoint
    def delete(
        self, file_id: str, *, provider: str | None = None, **params: Unpack[CallParams]
    ) -> Prepared[FileDeleted]:
        """Delete a file. Raises NotFoundError."""
        label, bare = split_id(file_id, provider)
        return self._prepare_at(Operations.file_delete, FileQuery, label, params, id=bare)
