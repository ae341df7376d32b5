"""Operations written once, for both worlds: bind a pure method to an engine.

    class Images(Resource[IO]):
        @endpoint
        def edit(self, image: bytes, prompt: str) -> Call[ImageResult]: ...

On a `Resource[Engine]` the method returns an `ImageResult`, on a `Resource[AsyncEngine]` a coroutine of one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from onellm.async_engine import AsyncEngine
from onellm.async_stream import AsyncStream
from onellm.call import Op, StreamOp
from onellm.engine import Engine
from onellm.options import Options
from onellm.stream import Stream

IO = TypeVar("IO", Engine, AsyncEngine)
P = ParamSpec("P")
T = TypeVar("T")
E = TypeVar("E")
R = TypeVar("R")
S = TypeVar("S", bound="Resource[Any]")


class Resource(Generic[IO]):
    """A group of operations that share an engine and its options."""

    def __init__(self, engine: IO, options: Options | None = None) -> None:
        self._engine: IO = engine
        self._options = options or Options()


class endpoint(Generic[S, P, T]):  # noqa: N801 - a decorator
    """Marks a method that returns an `Op`: calling it performs the operation."""

    def __init__(self, method: Callable[Concatenate[S, P], Op[T]]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, instance: None, owner: object) -> Self: ...
    @overload
    def __get__(self, instance: Resource[Engine], owner: object) -> Callable[P, T]: ...
    @overload
    def __get__(self, instance: Resource[AsyncEngine], owner: object) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, instance: Any, owner: object) -> Any:
        if instance is None:
            return self

        @functools.wraps(self._method)
        def bound(*args: P.args, **kwargs: P.kwargs) -> Any:
            return instance._engine.run(self._method(instance, *args, **kwargs), instance._options)

        return bound


class stream(Generic[S, P, E, R]):  # noqa: N801 - a decorator
    """Marks a method that returns a `StreamOp`: calling it opens the stream."""

    def __init__(self, method: Callable[Concatenate[S, P], StreamOp[E, R]]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, instance: None, owner: object) -> Self: ...
    @overload
    def __get__(self, instance: Resource[Engine], owner: object) -> Callable[P, Stream[E, R]]: ...
    @overload
    def __get__(
        self, instance: Resource[AsyncEngine], owner: object
    ) -> Callable[P, Coroutine[Any, Any, AsyncStream[E, R]]]: ...
    def __get__(self, instance: Any, owner: object) -> Any:
        if instance is None:
            return self

        @functools.wraps(self._method)
        def bound(*args: P.args, **kwargs: P.kwargs) -> Any:
            return instance._engine.stream(self._method(instance, *args, **kwargs), instance._options)

        return bound
