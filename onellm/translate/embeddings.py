"""What is given to be embedded, as services take it that embed texts alone."""

from __future__ import annotations

from collections.abc import Sequence

from onellm.errors import InvalidRequestError


def texts_of(inputs: Sequence[object], name: str) -> list[str]:
    """The texts. Raises InvalidRequestError where there is none, an empty one, or one of token numbers."""
    texts: list[str] = []
    for place, each in enumerate(inputs):
        if not isinstance(each, str):
            raise InvalidRequestError(f"{name} takes texts to embed, no token numbers.", param="input")
        if not each:
            raise InvalidRequestError(f"input[{place}] is empty.", param="input")
        texts.append(each)
    if not texts:
        raise InvalidRequestError("input is empty; give at least one text.", param="input")
    return texts
