"""Signatures that name every parameter, for methods whose parameters stand in a TypedDict."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def spelled_out(params: type) -> Callable[[F], F]:
    """`inspect.signature` of the method shows the keys of `params` in place of `**params`."""

    def spell(method: F) -> F:
        own = inspect.signature(method)
        kept = [each for each in own.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        named = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=getattr(hint, "__forward_arg__", hint)
            )
            for name, hint in inspect.get_annotations(params).items()
        ]
        method.__signature__ = own.replace(parameters=[*kept, *named])  # type: ignore[attr-defined]
        return method

    return spell
