"""A face's `create` and `acreate`: the operation of a resource on the process's own clients."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from onellm.api.default import async_client, client
from onellm.config import hide_key
from onellm.resource import endpoint

P = ParamSpec("P")
T = TypeVar("T")


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
