"""Operations written once, for both worlds: bind a pure method to an engine.

    class Images(Resource[IO]):
        @endpoint
        def edit(self, image: bytes, prompt: str) -> Call[ImageResult]: ...

On a `Resource[Engine]` the method returns an `ImageResult`, on a `Resource[AsyncEngine]` a coroutine of one.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar, overload

from onellm.call import Op, Prepared, PreparedStream, StreamOp
from onellm.config import hide_key
from onellm.options import Options

if TYPE_CHECKING:
    from onellm.async_engine import AsyncEngine
    from onellm.async_stream import AsyncStream
    from onellm.engine import Engine
    from onellm.stream import Stream

    IO = TypeVar("IO", Engine, AsyncEngine)
else:
    IO = TypeVar("IO")  # at run time neither engine is loaded before a client needs it

P = ParamSpec("P")
T = TypeVar("T")
E = TypeVar("E")
R = TypeVar("R")
Q = ParamSpec("Q")
T_co = TypeVar("T_co", covariant=True)
W_co = TypeVar("W_co", covariant=True)
S = TypeVar("S", bound="Resource[Any]")


class Resource(Generic[IO]):
    """A group of operations that share an engine and its options."""

    _engine: IO

    def __init__(self, engine: IO, options: Options | None = None) -> None:
        self._engine = engine
        self._options = options or Options()


class endpoint(Generic[S, P, T]):  # noqa: N801 - a decorator
    """Marks a method that returns an `Op`: calling it performs the operation.

    A method that returns `Prepared` brings options of its own, in the place of the resource's.
    """

    def __init__(self, method: Callable[Concatenate[S, P], Op[T] | Prepared[T]]) -> None:
        self.method = method
        self.__doc__ = method.__doc__

    def __set_name__(self, owner: type[Resource[Any]], name: str) -> None:
        self.owner, self.name = owner, name

    def of(self, find: Callable[[Any], object]) -> Any:
        """The bound method on the resource that `find` gives for this one's class."""
        return getattr(find(self.owner), self.name)

    @overload
    def __get__(self, instance: None, owner: object) -> Self: ...
    @overload
    def __get__(self, instance: Resource[Engine], owner: object) -> Callable[P, T]: ...
    @overload
    def __get__(self, instance: Resource[AsyncEngine], owner: object) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, instance: Any, owner: object) -> Any:
        if instance is None:
            return self
        return _bound(instance, self.method, instance._engine.run)


class stream(Generic[S, P, E, R]):  # noqa: N801 - a decorator
    """Marks a method that returns a `StreamOp`: calling it opens the stream."""

    def __init__(self, method: Callable[Concatenate[S, P], StreamOp[E, R] | PreparedStream[E, R]]) -> None:
        self.method = method
        self.__doc__ = method.__doc__

    def __set_name__(self, owner: type[Resource[Any]], name: str) -> None:
        self.owner, self.name = owner, name

    def of(self, find: Callable[[Any], object]) -> Any:
        """The bound method on the resource that `find` gives for this one's class."""
        return getattr(find(self.owner), self.name)

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
        return _bound(instance, self.method, instance._engine.stream)


class Both(Protocol[P, T_co, Q, W_co]):
    """An operation that gives a whole answer, or with `stream=True` a stream."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T_co: ...
    @overload
    def __call__(self, *args: Q.args, **kwargs: Q.kwargs) -> W_co: ...


class Either(Generic[S, P, T, Q, E, R]):
    """An operation out of two; see `either`."""

    def __init__(self, whole: endpoint[S, P, T], streamed: stream[S, Q, E, R]) -> None:
        self.whole = whole
        self.streamed = streamed
        self.__doc__ = whole.__doc__

    def __set_name__(self, owner: type[Resource[Any]], name: str) -> None:
        self.owner, self.name = owner, name

    def of(self, find: Callable[[Any], object]) -> Any:
        """The bound method on the resource that `find` gives for this one's class."""
        return getattr(find(self.owner), self.name)

    @overload
    def __get__(self, instance: None, owner: object) -> Self: ...
    @overload
    def __get__(self, instance: Resource[Engine], owner: object) -> Both[P, T, Q, Stream[E, R]]: ...
    @overload
    def __get__(
        self, instance: Resource[AsyncEngine], owner: object
    ) -> Both[P, Coroutine[Any, Any, T], Q, Coroutine[Any, Any, AsyncStream[E, R]]]: ...
    def __get__(self, instance: Any, owner: object) -> Any:
        if instance is None:
            return self

        def call(*args: Any, **kwargs: Any) -> Any:
            half: Any = self.streamed if kwargs.get("stream") else self.whole
            return half.__get__(instance, owner)(*args, **kwargs)

        return functools.wraps(types.MethodType(self.whole.method, instance))(call)


def either(streamed: stream[S, Q, E, R]) -> Callable[[endpoint[S, P, T]], Either[S, P, T, Q, E, R]]:
    """Marks an endpoint that gives a whole answer, or with `stream=True` what `streamed` gives.

    The endpoint declares `stream: Literal[False] | None = None`, the other `stream: Literal[True]`; neither uses it.
    """
    return lambda whole: Either(whole, streamed)


def _bound(resource: Any, method: Callable[..., Any], perform: Callable[..., Any]) -> Callable[..., Any]:
    """The method on this resource's engine. On the async one even its own errors are raised where it is awaited."""

    def start(*args: Any, **kwargs: Any) -> Any:
        hide_key(kwargs)
        op: Any = method(resource, *args, **kwargs)
        if type(op) in (Prepared, PreparedStream):
            return perform(op.op, op.options)
        return perform(op, resource._options)

    async def start_async(*args: Any, **kwargs: Any) -> Any:
        hide_key(kwargs)
        return await start(*args, **kwargs)

    bound = functools.wraps(types.MethodType(method, resource))(start_async if resource._engine.asynchronous else start)
    vars(bound).pop("__signature__", None)  # one of the method's own has `self`; the bound method's is without
    return bound
