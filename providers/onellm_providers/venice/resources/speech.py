"""Speech as it comes: pieces of a file, unchanged."""

from __future__ import annotations

from collections.abc import Sequence

from onellm.errors import BadResponseError, OneLLMError
from onellm.file_input import sniff
from onellm_providers.venice.types.audio import Speech


class SpeechDecoder:
    """Hands on the bytes as they come. The end of the body is the end of the speech; no bytes at all are a failure."""

    done = False
    complete = False

    def __init__(self) -> None:
        self.failure: OneLLMError | None = None
        self._came = False

    def feed(self, data: bytes) -> Sequence[bytes]:
        self._came = True
        return (data,)

    def close(self) -> Sequence[bytes]:
        if not self._came:
            self.failure = BadResponseError("venice answered with no audio.")
        return ()


class SpeechAssembler:
    """The whole file. Its kind is what was asked for, else what the bytes tell."""

    def __init__(self, mime_type: str) -> None:
        self._mime_type = mime_type
        self._pieces: list[bytes] = []

    def add(self, event: bytes) -> None:
        self._pieces.append(event)

    def result(self) -> Speech:
        content = b"".join(self._pieces)
        return Speech(content=content, mime_type=self._mime_type or sniff(content) or "application/octet-stream")
