"""A warning for a model that Venice withdraws, once for each model and process."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

from onellm.call import Reply

T = TypeVar("T")

_told: set[tuple[str, str]] = set()


class ModelDeprecationWarning(FutureWarning):
    """The model will be withdrawn; FutureWarning, so that Python shows it to those who run the program."""


def warned(provider: str, model: str, parse: Callable[[Reply], T], reply: Reply) -> T:
    """Parse a reply; its headers may say that the model will be withdrawn."""
    headers = reply.headers
    if "x-venice-model-deprecation-warning" in headers or headers.get("x-venice-deprecated") == "true":
        said = headers.get("x-venice-model-deprecation-warning", "")
        replacement = headers.get("x-venice-deprecated-replacement")
        date = headers.get("x-venice-model-deprecation-date")
        tell(provider, headers.get("x-venice-model-id") or model, date, said or (replacement and f"use {replacement}"))
    return parse(reply)


def tell(provider: str, model: str, date: str | None, more: str | None = None) -> None:
    """Warn that the model is deprecated, unless that was said before."""
    if (provider, model) in _told:
        return
    _told.add((provider, model))
    until = f" and will be withdrawn on {date[:10]}" if date else ""
    tail = f": {more}" if more else ""
    warnings.warn(f"{provider}/{model} is deprecated{until}{tail}.", ModelDeprecationWarning, stacklevel=2)
