"""The names of the `openai` package over every provider: change the import line, and the code around it stays.

from onellm.openai import OpenAI

client = OpenAI()
client.chat.completions.create(model="gpt-4o-mini", messages=[…])      # OpenAI
client.chat.completions.create(model="venice/zai-org-glm-5", messages=[…])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onellm.openai.async_client import AsyncOpenAI as AsyncOpenAI
    from onellm.openai.client import OpenAI as OpenAI
    from onellm.openai.names import NOT_GIVEN as NOT_GIVEN
    from onellm.openai.names import APIConnectionError as APIConnectionError
    from onellm.openai.names import APIError as APIError
    from onellm.openai.names import APIResponseValidationError as APIResponseValidationError
    from onellm.openai.names import APIStatusError as APIStatusError
    from onellm.openai.names import APITimeoutError as APITimeoutError
    from onellm.openai.names import AuthenticationError as AuthenticationError
    from onellm.openai.names import BadRequestError as BadRequestError
    from onellm.openai.names import ConflictError as ConflictError
    from onellm.openai.names import ContentFilterFinishReasonError as ContentFilterFinishReasonError
    from onellm.openai.names import InternalServerError as InternalServerError
    from onellm.openai.names import LengthFinishReasonError as LengthFinishReasonError
    from onellm.openai.names import NotFoundError as NotFoundError
    from onellm.openai.names import NotGiven as NotGiven
    from onellm.openai.names import OpenAIError as OpenAIError
    from onellm.openai.names import PermissionDeniedError as PermissionDeniedError
    from onellm.openai.names import RateLimitError as RateLimitError
    from onellm.openai.names import UnprocessableEntityError as UnprocessableEntityError
    from onellm.openai.names import omit as omit
    from onellm.options import Timeout as Timeout

_HOMES = {
    "onellm.openai.async_client": "AsyncOpenAI",
    "onellm.openai.client": "OpenAI",
    "onellm.openai.names": (
        "APIConnectionError APIError APIResponseValidationError APIStatusError APITimeoutError AuthenticationError "
        "BadRequestError ConflictError ContentFilterFinishReasonError InternalServerError LengthFinishReasonError "
        "NOT_GIVEN NotFoundError NotGiven OpenAIError PermissionDeniedError RateLimitError UnprocessableEntityError "
        "omit"
    ),
    "onellm.options": "Timeout",
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [*_WHERE]  # noqa: PLE0604  # pyright: ignore[reportUnsupportedDunderAll] - names of a table


def __getattr__(name: str) -> Any:
    home = _WHERE.get(name)
    if home is None:
        raise AttributeError(f"module 'onellm.openai' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value
