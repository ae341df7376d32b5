"""Media that a service made: the bytes, what they are, and how to keep them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

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
        target = Path(path)
        part = target.with_name(f".{target.name}.part")
        try:
            part.write_bytes(self.content)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return target

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.mime_type}, {len(self.content)} bytes)"

    __str__ = __repr__
