"""Media that a service made: the bytes, what they are, and how to keep them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

from onellm.file_output import whole_file
from onellm.types.base import Result

Content: TypeAlias = bytes  # `bytes` is a property of the class below, and pydantic would find that


class Media(Result):
    """One file of a service's making: an image, speech, a video.

    `bytes` are its content, `mime_type` says what they are. Headers of the answer are in `meta`.
    """

    content: Content
    mime_type: str = "application/octet-stream"

    @property
    def bytes(self) -> Content:
        """The content."""
        return self.content

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the content to a file, in place of an old one. It is either whole or not there."""
        with whole_file(path) as file:
            file.write(self.content)
        return Path(path)

    # -- under the names that users of `openai` know ---------------------------------------------------------------

    def read(self) -> Content:
        """The content."""
        return self.content

    def write_to_file(self, file: str | os.PathLike[str]) -> None:
        """`save`."""
        self.save(file)

    stream_to_file = write_to_file

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.mime_type}, {len(self.content)} bytes)"

    __str__ = __repr__
