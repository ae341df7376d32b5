"""The hierarchy of errors as design.md draws it, and errors as values: pickled, copied, printed."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
from collections.abc import Mapping
from typing import Any

import pytest

import onellm
from onellm import errors
from onellm.meta import Attempt

PARENTS: Mapping[str, str] = {
    "OneLLMError": "Exception",
    "ConfigurationError": "OneLLMError",
    "MissingAPIKeyError": "ConfigurationError",
    "UnknownProviderError": "ConfigurationError",
    "InvalidModelStringError": "ConfigurationError",
    "CapabilityError": "OneLLMError",
    "UnsupportedParameterError": "OneLLMError",
    "APIConnectionError": "OneLLMError",
    "APITimeoutError": "APIConnectionError",
    "UnexpectedRedirectError": "APIConnectionError",
    "BadResponseError": "APIConnectionError",
    "StreamInterrupted": "OneLLMError",
    "UnknownOutcomeError": "OneLLMError",
    "StructuredOutputError": "OneLLMError",
    "RefusalError": "StructuredOutputError",
    "IncompleteOutputError": "StructuredOutputError",
    "InvalidOutputError": "StructuredOutputError",
    "ToolLoopError": "OneLLMError",
    "APIError": "OneLLMError",
    "InvalidRequestError": "APIError",
    "ContextLengthError": "InvalidRequestError",
    "ContentPolicyError": "InvalidRequestError",
    "AuthenticationError": "APIError",
    "InsufficientBalanceError": "APIError",
    "PermissionDeniedError": "APIError",
    "NotFoundError": "APIError",
    "ModelNotFoundError": "NotFoundError",
    "ConflictError": "APIError",
    "PayloadTooLargeError": "APIError",
    "RateLimitError": "APIError",
    "QuotaExceededError": "RateLimitError",
    "ServerError": "APIError",
    "OverloadedError": "ServerError",
}
"""docs/architecture.md, Errors."""


def test_the_hierarchy_is_the_one_of_the_design() -> None:
    classes = {
        name: value.__bases__[0].__name__
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception) and value.__name__ == name
    }
    assert classes == PARENTS


def test_every_error_is_a_public_name() -> None:
    assert set(PARENTS) <= set(onellm.__all__)
    assert all(getattr(onellm, name) is getattr(errors, name) for name in PARENTS)


def test_the_aliases_are_the_same_classes() -> None:
    assert onellm.BadRequestError is onellm.InvalidRequestError
    assert onellm.UnauthorizedError is onellm.AuthenticationError


def test_the_tree_in_the_module_names_every_class() -> None:
    assert errors.__doc__ is not None
    assert [name for name in PARENTS if name not in errors.__doc__] == []


FACTS: dict[str, Any] = {
    "status": 429,
    "code": "c",
    "type": "t",
    "param": "p",
    "request_id": "r",
    "retry_after": 2.5,
    "provider": "venice",
    "model": "m",
    "body": {"error": {"message": "x", "deep": [1, None]}},
    "headers": {"cf-ray": "r"},
}


def _samples() -> list[errors.OneLLMError]:
    classes: list[Any] = [getattr(errors, name) for name in PARENTS]
    api = [each("m", **FACTS) for each in classes if issubclass(each, errors.APIError)]
    return [
        *api,
        errors.OneLLMError("m"),
        errors.MissingAPIKeyError("m"),
        errors.CapabilityError("m", capability="vision", alternatives=["venice/x"]),
        errors.UnsupportedParameterError("m", param="top_k"),
        errors.APIConnectionError("m", phase="dns"),
        errors.APITimeoutError("m", phase="stall"),
        errors.BadResponseError("m", status=200, body="<html>"),
        errors.StreamInterrupted("m", partial={"a": 1}, cause=errors.ServerError("down", status=500)),
        errors.UnknownOutcomeError("m", request_id="r"),
    ]


@pytest.mark.parametrize("error", _samples(), ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_survives_pickling_and_copying(error: errors.OneLLMError, protocol: int) -> None:
    error.attempts = (Attempt(1, "ServerError", 500, 0.1), Attempt(2, "ok", 200, 0.1, 0.5))
    error.request_id = "r"
    for clone in (pickle.loads(pickle.dumps(error, protocol)), copy.copy(error), copy.deepcopy(error)):
        assert type(clone) is type(error)
        assert (str(clone), clone.message, clone.args) == ("m", "m", ("m",))
        assert clone.attempts == error.attempts
        mine, its = dict(vars(error)), dict(vars(clone))
        cause, its_cause = mine.pop("cause", None), its.pop("cause", None)
        assert (its, type(its_cause), str(its_cause)) == (mine, type(cause), str(cause))


def test_an_error_of_a_user_s_own_class_survives_pickling() -> None:
    clone = pickle.loads(pickle.dumps(Mine("m", "extra")))
    assert (type(clone), clone.args, clone.extra) == (Mine, ("m",), "extra")


class Mine(errors.OneLLMError):
    """With a signature of its own."""

    def __init__(self, message: str, extra: str) -> None:
        super().__init__(message)
        self.extra = extra


def test_what_is_not_known_is_none() -> None:
    error = errors.APIError("m")
    facts = {name: getattr(error, name) for name in FACTS}
    assert facts == {**dict.fromkeys(FACTS), "headers": {}}
    assert (error.partial, error.attempts) == (None, ())


def test_errors_are_no_asyncio_or_os_errors() -> None:
    """`except TimeoutError` and `except CancelledError` of the user's own code do not swallow ours."""
    foreign = (asyncio.CancelledError, OSError, TimeoutError, ValueError, KeyError)
    assert not [name for name in PARENTS if issubclass(getattr(errors, name), foreign)]


@pytest.mark.parametrize("error", _samples(), ids=lambda error: type(error).__name__)
def test_an_error_prints_its_message_only(error: errors.OneLLMError) -> None:
    assert str(error) == "m"
    assert repr(error) == f"{type(error).__name__}('m')"
