"""What the resources of a client share: its engine, and the hops before sending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from onellm.call import Op, Prepared
from onellm.core import Core
from onellm.errors import InvalidRequestError
from onellm.operations import OPERATIONS
from onellm.registry import check_name
from onellm.resource import IO, Resource
from onellm.resources.raw import RawResource, StreamingResource
from onellm.routing import parse_model_name, split_profile
from onellm.types.request import ModelRequest

Q = TypeVar("Q", bound=ModelRequest)
T = TypeVar("T")

DEFAULT_PROVIDER = "openai"
"""Where files and batches go if neither the call nor the client's default model names a provider."""


class Routed(Resource[IO]):
    """A resource whose operations go where the model string says."""

    def __init__(self, engine: IO, core: Core) -> None:
        self._engine = engine
        self._options = core.options
        self._core = core

    @property
    def with_raw_response(self) -> RawResource:
        """The same methods, each giving a `RawResponse`: headers, status, and `parse()` for the answer."""
        return RawResource(self)

    @property
    def with_streaming_response(self) -> StreamingResource:
        """The same methods as context managers: bytes that are read, or written to a file, as they come."""
        return StreamingResource(self)

    def _prepare_at(
        self,
        operation: Callable[[Any, Q], Op[T]],
        request: type[Q],
        label: str,
        params: Mapping[str, Any],
        /,
        **fields: Any,
    ) -> Prepared[T]:
        """`Core.prepare` for an operation without a model, at a provider."""
        core = self._core
        route = core.route_to(label, "", params)
        asked = request(**fields, **route.given)
        name = operation.__name__
        core.check(route, (OPERATIONS[name],))
        return Prepared(getattr(route.provider, name)(asked), route.options)

    def _label(self, provider: str | None) -> str:
        """The provider that was named, else that of the client's default model, else openai."""
        if provider is None and self._core.model is not None:
            return parse_model_name(self._core.model)[0]
        return provider or DEFAULT_PROVIDER


def split_id(id: str, provider: str | None = None) -> tuple[str, str]:
    """`openai/file-abc` into the provider and the service's own id; with `provider` the id may be bare.

    Raises InvalidRequestError where no provider is named, UnknownProviderError where there is none of that name.
    """
    if provider is not None:
        return provider, id.removeprefix(f"{provider}/")
    label, slash, bare = id.partition("/")
    if not slash or not label or not bare:
        raise InvalidRequestError(
            f"The id {id!r} names no provider. Ids are written as they were given, like 'openai/file-abc'; for a bare "
            "one say provider='openai'.",
            param="id",
        )
    check_name(split_profile(label)[0])
    return label, bare
