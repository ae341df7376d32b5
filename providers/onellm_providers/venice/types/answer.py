"""An answer to a request that no resource knows."""

from __future__ import annotations

import json
from typing import Any

from onellm.types.base import Result


class Answer(Result):
    """What came: status, media type and bytes; headers are in `meta.reply_headers`."""

    status: int
    media_type: str
    body: bytes

    @property
    def text(self) -> str:
        """The body as text; what is no UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:  # type: ignore[override]  # pydantic's own `json` is deprecated
        """The body as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)
