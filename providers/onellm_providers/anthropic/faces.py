"""Anthropic's operations beside chat: files and batches."""

from __future__ import annotations

from onellm.call import Call, Flow
from onellm.types.batch import BatchList, BatchListRequest, BatchObject, BatchQuery, BatchRequest, BatchResults
from onellm.types.file import (
    FileContent,
    FileDeleted,
    FileList,
    FileListRequest,
    FileObject,
    FileQuery,
    FileRequest,
)
from onellm_providers.anthropic import batches, files
from onellm_providers.anthropic.wire import Wire


class Faces(Wire):
    """Files and batches."""

    def file_create(self, request: FileRequest) -> Call[FileObject]:
        """Upload a file."""
        return files.file_create(self, request)

    def file_list(self, request: FileListRequest) -> Call[FileList]:
        """One page of the files."""
        return files.file_list(self, request)

    def file_retrieve(self, request: FileQuery) -> Call[FileObject]:
        """What is known of a file."""
        return files.file_retrieve(self, request)

    def file_content(self, request: FileQuery) -> Call[FileContent]:
        """What a file holds."""
        return files.file_content(self, request)

    def file_delete(self, request: FileQuery) -> Call[FileDeleted]:
        """Delete a file."""
        return files.file_delete(self, request)

    def batch_create(self, request: BatchRequest) -> Call[BatchObject]:
        """Start a batch of requests."""
        return batches.batch_create(self, request)

    def batch_list(self, request: BatchListRequest) -> Call[BatchList]:
        """One page of the batches."""
        return batches.batch_list(self, request)

    def batch_retrieve(self, request: BatchQuery) -> Call[BatchObject]:
        """How far a batch is."""
        return batches.batch_retrieve(self, request)

    def batch_cancel(self, request: BatchQuery) -> Call[BatchObject]:
        """Stop a batch."""
        return batches.batch_cancel(self, request)

    def batch_results(self, request: BatchQuery) -> Flow[BatchResults]:
        """The results of a batch that ended."""
        return batches.batch_results(self, request)
