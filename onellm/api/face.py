"""A face's `create` and `acreate`: the operation of a resource on the process's own clients."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from onellm.api.default import async_client, client
from onellm.config import hide_key
from onellm.resource import Both, Either, endpoint

if TYPE_CHECKING:
    from onellm.async_stream import AsyncStream
    from onellm.stream import Stream

P = ParamSpec("P")
Q = ParamSpec("Q")
T = TypeVar("T")
E = TypeVar("E")
R = TypeVar("R")


def blocking(operation: endpoint[Any, P, T]) -> staticmethod[P, T]:
    """The operation on the process's blocking client."""

    @functools.wraps(operation.method, assigned=("__doc__", "__name__"))
    def create(*args: P.args, **kwargs: P.kwargs) -> T:
        hide_key(kwargs)
        bound: Callable[P, T] = operation.of(client().resource)
        return bound(*args, **kwargs)

    return staticmethod(create)


def asynchronous(operation: endpoint[Any, P, T]) -> staticmethod[P, Coroutine[Any, Any, T]]:
    """The operation on the process's async client."""

    @functools.wraps(operation.method, assigned=("__doc__", "__name__"))
    async def create(*args: P.args, **kwargs: P.kwargs) -> T:
        hide_key(kwargs)
        bound: Callable[P, Coroutine[Any, Any, T]] = operation.of(async_client().resource)
        return await bound(*args, **kwargs)

    return staticmethod(create)


def blocking_either(operation: Either[Any, P, T, Q, E, R]) -> Both[P, T, Q, Stream[E, R]]:
    """The operation, whole or streamed, on the process's blocking client."""

    @functools.wraps(operation.whole.method, assigned=("__doc__",))
    def create(*args: Any, **kwargs: Any) -> Any:
        hide_key(kwargs)
        return operation.of(client().resource)(*args, **kwargs)

    return cast("Both[P, T, Q, Stream[E, R]]", staticmethod(create))


def asynchronous_either(
    operation: Either[Any, P, T, Q, E, R],
) -> Both[P, Coroutine[Any, Any, T], Q, Coroutine[Any, Any, AsyncStream[E, R]]]:
    """The operation, whole or streamed, on the process's async client."""

    @functools.wraps(operation.whole.method, assigned=("__doc__",))
    async def create(*args: Any, **kwargs: Any) -> Any:
        hide_key(kwargs)
        return await operation.of(async_client().resource)(*args, **kwargs)

    return cast("Both[P, Coroutine[Any, Any, T], Q, Coroutine[Any, Any, AsyncStream[E, R]]]", staticmethod(create))
