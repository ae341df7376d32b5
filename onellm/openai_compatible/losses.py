"""What a target cannot take: refused, or dropped where the caller allows it, and then told."""

from __future__ import annotations

from onellm.errors import UnsupportedParameterError


class Losses:
    """Refuses what the target cannot take, or, on request, notes that it was dropped."""

    def __init__(self, drop: bool) -> None:
        self._drop = drop
        self.dropped: list[str] = []

    def refuse(self, param: str, message: str) -> None:
        """Raise UnsupportedParameterError, unless the caller asked to drop."""
        if not self._drop:
            raise UnsupportedParameterError(message, param=param)
        self.dropped.append(param)

    def note(self, param: str) -> None:
        """Note a parameter that has no meaning in this request, such as stream_options without a stream."""
        self.dropped.append(param)
