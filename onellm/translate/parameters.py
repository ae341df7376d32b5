"""Parameters in OpenAI's form, as translators read them: taken out of what was given until nothing is left."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.losses import Losses
from onellm.openai_compatible.spec import COMMON_EXTRAS, OPENAI_PARAMETERS
from onellm.types.request import ModelRequest

NOTHING: Table = {"n": 1, "modalities": ["text"], "store": False, "logprobs": False}
"""Values that ask for what every answer is anyway."""


def take_max_tokens(given: dict[str, Any]) -> int | None:
    """The most tokens of an answer, by either of OpenAI's names. Raises InvalidRequestError for both or a negative."""
    asked = {name: given.pop(name) for name in ("max_completion_tokens", "max_tokens") if name in given}
    if len(asked) == 2:
        raise InvalidRequestError(
            "max_tokens and max_completion_tokens mean the same here; give one.", param="max_tokens"
        )
    for name, value in asked.items():
        if value < 0:
            raise InvalidRequestError(f"{name} must be 0 or more.", param=name)
    return next(iter(asked.values()), None)


def take_stop(given: dict[str, Any]) -> list[Any]:
    """The texts that end an answer."""
    stop = given.pop("stop", None)
    return [stop] if isinstance(stop, str) else array(stop)


def take_stream_options(given: dict[str, Any], losses: Losses, target: object, *, stream: bool) -> None:
    """`include_usage` alone is known here; without a stream the options have no meaning."""
    options = given.pop("stream_options", None)
    if options is not None and not stream:
        losses.note("stream_options")
    for name in table(options).keys() - {"include_usage"} if stream else ():
        losses.refuse(f"stream_options.{name}", f"{target} does not take stream_options.{name}.")


def drop_nothings(given: dict[str, Any]) -> None:
    """Take out what asks for nothing."""
    for name, value in NOTHING.items():
        if given.get(name) == value:
            del given[name]


def refuse_rest(given: dict[str, Any], losses: Losses, target: object, known: Collection[str]) -> None:
    """Refuse what is left; a name that is nobody's, with the nearest of the `known` ones."""
    for name in given:
        near = difflib.get_close_matches(name, sorted(known), 1)
        if name not in OPENAI_PARAMETERS | COMMON_EXTRAS and near:
            losses.refuse(name, f"{target} does not know the parameter {name!r}. Did you mean {near[0]!r}?")
        else:
            losses.refuse(
                name,
                f"{target} does not take {name}. Leave it out, send it anyway as extra_body={{{name!r}: …}}, "
                "or pass unsupported='drop'.",
            )


def add_extra_body(
    body: Table, request: ModelRequest, fixed: Collection[str] = ("stream", "messages", "model")
) -> None:
    """The caller's own fields go in last, word for word; `fixed` are those that have parameters of their own."""
    for name, value in (request.extra_body or {}).items():
        if name in fixed:
            raise InvalidRequestError(f"extra_body cannot set {name}; pass it as a parameter.", param=name)
        body[name] = value
