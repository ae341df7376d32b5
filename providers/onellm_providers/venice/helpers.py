"""Small helpers around Venice's answers and parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Unpack

from onellm.checks import place, record
from onellm.errors import InvalidRequestError
from onellm_providers.venice.provider import venice_parameters
from onellm_providers.venice.resources.signature import spelled_out
from onellm_providers.venice.table import VENICE_PARAMETERS
from onellm_providers.venice.types.chat_params import VeniceParameters


def similarity(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of the angle between two vectors: 1 for the same direction, 0 for nothing in common, −1 at most apart.

    Raises InvalidRequestError where they differ in length, or one has no direction.
    """
    if len(one) != len(other):
        raise InvalidRequestError(f"The vectors have {len(one)} and {len(other)} numbers; take those of one model.")
    lengths = math.hypot(*one) * math.hypot(*other)
    if not lengths:
        raise InvalidRequestError("A vector of zeros, or of nothing, has no direction.")
    return math.fsum(a * b for a, b in zip(one, other, strict=True)) / lengths


@spelled_out(VeniceParameters)
def format_venice_parameters(**parameters: Unpack[VeniceParameters]) -> dict[str, Any]:
    """Venice's own parameters of a chat as another client wants them: `extra_body=format_venice_parameters(…)`.

    What is None is left out. Raises InvalidRequestError for what Venice does not take.
    """
    found = venice_parameters("", dict(parameters))
    for issue in record(VENICE_PARAMETERS, closed=True)(found, ()):
        raise InvalidRequestError(f"{place(issue.path)}: {issue.message}.", param=place(issue.path))
    return {"venice_parameters": found}
