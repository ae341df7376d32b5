"""What the resources of Venice share: calls to its paths, with its headers, key and errors."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast
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
M = TypeVar("M", bound=Result)


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
    ) -> Call[T]:
        """One exchange. `query` and `body` leave out what is None; a GET is a READ, anything else an INFERENCE."""
        service = self._service
        return Call(
            method=method,
            url=service.url(path) + encode_query(query or {}),
            headers={**service.headers(), **(headers or {})},
            body=JSON(given(body)) if isinstance(body, Mapping) else body,
            auth=service.auth(),
            effect=effect or (Effect.READ if method == "GET" else Effect.INFERENCE),
            origin=(service.name, model),
            parse=functools.partial(warned, service.name, model, parse),
            error=functools.partial(service.error, model=model, path=path),
        )


def reads(model: type[M]) -> Callable[[Reply], M]:
    """Reads a JSON answer as a result of this type."""
    return lambda reply: model.model_validate_json(reply.body)


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


def segment(text: str) -> str:
    """One segment of a path."""
    return quote(text, safe="")


def _many(value: object) -> Sequence[object]:
    return cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else [value]


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
