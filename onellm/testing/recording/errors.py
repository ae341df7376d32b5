"""What goes wrong with recordings."""

from __future__ import annotations


class RecordingError(AssertionError):
    """A recording is missing, cannot be read, or is used wrongly.

    No OneLLMError: code under test that handles those, by a retry or another model, must not hide it.
    """


class UnmatchedRequest(RecordingError):
    """A request is not in the recording. Nothing was sent; the text shows how it differs from the nearest one."""
