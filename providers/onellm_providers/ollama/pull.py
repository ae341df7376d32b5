"""The progress of a pull: lines of JSON, the last of which is `success`."""

from __future__ import annotations

import json
from collections.abc import Callable

from onellm.call import Reply
from onellm.decode.events import EventStream
from onellm.decode.limits import Limits
from onellm.decode.ndjson import NDJSONFrames
from onellm.errors import OneLLMError
from onellm_providers.ollama.types import PullProgress

DONE = "success"


class PullLines(EventStream[PullProgress]):
    """Progress from the bytes of a stream; `{"error": …}` may come as a line."""

    cut = "The stream ended before the model was there."

    failure: OneLLMError | None

    def __init__(self, error: Callable[[Reply], OneLLMError]) -> None:
        super().__init__()
        self._error = error

    def framing(self, limits: Limits) -> NDJSONFrames:
        return NDJSONFrames(limits)

    def _take(self, name: str, payload: bytes, events: list[PullProgress]) -> None:
        try:
            line = json.loads(payload)
            if line.get("error"):
                status = 404 if "file does not exist" in str(line["error"]) else 500
                self.failure = self._error(Reply(status, None, payload))
                return
            events.append(PullProgress.model_validate(line))
            self.done = self.complete = line.get("status") == DONE
        except (ValueError, TypeError, AttributeError, RecursionError):
            self._hole(payload)


class LastProgress:
    """How far the pull is."""

    def __init__(self) -> None:
        self._last = PullProgress()

    def add(self, event: PullProgress, /) -> None:
        self._last = event

    def result(self) -> PullProgress:
        return self._last
