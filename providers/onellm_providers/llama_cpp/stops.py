"""The texts that end an answer, found in what comes piece by piece."""

from __future__ import annotations

from collections.abc import Sequence


class StopTexts:
    """Holds back what may be the beginning of a stop text. `hit` says that one came; it is not part of the answer."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops: list[str] = [stop for stop in stops if stop]
        self._held: str = ""
        self.hit = False

    def feed(self, text: str) -> str:
        """What is certain to be part of the answer."""
        if not self._stops:
            return text
        text = self._held + text
        places = [place for stop in self._stops if (place := text.find(stop)) >= 0]
        if places:
            self.hit, self._held = True, ""
            return text[: min(places)]
        keep = max(self._beginning(text, stop) for stop in self._stops)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def close(self) -> str:
        """What was held back."""
        held, self._held = self._held, ""
        return held

    @staticmethod
    def _beginning(text: str, stop: str) -> int:
        """How many characters at the end of the text may begin the stop text."""
        return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0)
