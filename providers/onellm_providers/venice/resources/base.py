"""What the resources of Venice share: calls to its paths, with its headers, key and errors."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, cast
from urllib.parse import quote, urlencode

from onellm.body import JSON, Body
from onellm.call import Call, Effect, Reply
from onellm.checks import Check, place
from onellm.errors import InvalidRequestError
from onellm.resource import IO
from onellm.service import ServiceResource
from onellm.types.base import Result
from onellm_providers.venice.deprecation import warned
from onellm_providers.venice.provider import VeniceProvider

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
M = TypeVar("M", bound=Result)
Key: TypeAlias = Literal["needed", "if known", "never"]


class VeniceResource(ServiceResource[IO, VeniceProvider]):
    """A resource of Venice."""

    def _call(
        self,
        method: str,
        path: str,
        parse: Callable[[Reply], T],
        *,
        query: Mapping[str, Any] | None = None,
        body: Body | Mapping[str, Any] = None,
        effect: Effect | None = None,
        model: str = "",
        headers: Mapping[str, str] | None = None,
        key: Key = "needed",
        idempotent: bool = False,
    ) -> Call[T]:
        """One exchange. `query` and `body` leave out what is None; a GET is a READ, anything else an INFERENCE.

        `key`: whether a credential is needed, sent where there is one, or never sent. `idempotent` as in `Call`.
        """
        service = self._service
        settings = service.settings
        known = settings.api_key is not None or settings.extra.get("wallet") is not None
        signs = key == "needed" or (key == "if known" and known)
        return Call(
            method=method,
            url=service.url(path) + encode_query(query or {}),
            headers={**service.headers(), **(headers or {})},
            body=JSON(given(body)) if isinstance(body, Mapping) else body,
            auth=service.auth() if signs else None,
            idempotent=idempotent,
            effect=effect or (Effect.READ if method == "GET" else Effect.INFERENCE),
            origin=(service.name, model),
            parse=functools.partial(warned, service.name, model, parse),
            error=functools.partial(service.error, model=model, path=path),
        )


def reads(model: type[M]) -> Callable[[Reply], M]:
    """Reads a JSON answer as a result of this type."""
    return lambda reply: model.model_validate_json(reply.body)


class Wrapped(Protocol[T_co]):
    """An answer that holds what was asked for as `data`."""

    @property
    def data(self) -> T_co: ...


def unwraps(model: type[Wrapped[T]]) -> Callable[[Reply], T]:
    """Reads a JSON answer of this type as what its `data` holds."""
    whole = cast("type[Any]", model)
    return lambda reply: cast("T", whole.model_validate_json(reply.body).data)


def refuse(table: Check, body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are not None, which `table` finds nothing wrong with. Raises InvalidRequestError."""
    fields = given(body)
    for issue in table(fields, ()):
        where = place(issue.path)
        raise InvalidRequestError(f"venice does not take {where or 'this'} as it is: {issue.message}.", param=where)
    return fields


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def encode_query(fields: Mapping[str, Any]) -> str:
    """`?a=1&b=true`, without what is None; a list is repeated."""
    pairs = [(name, _word(item)) for name, value in given(fields).items() for item in _many(value)]
    return f"?{urlencode(pairs)}" if pairs else ""


def listed(value: object) -> Any:
    """A sequence as the list that JSON has; anything else as it is, for the table to judge."""
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        return [*cast("Sequence[Any]", value)]
    return value


def segment(text: str) -> str:
    """One segment of a path. Raises InvalidRequestError for what would lead elsewhere."""
    if text in ("", ".", ".."):
        raise InvalidRequestError(f"{text!r} is no name that Venice could know.")
    return quote(text, safe="")


def _many(value: object) -> Sequence[object]:
    return cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else [value]


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
