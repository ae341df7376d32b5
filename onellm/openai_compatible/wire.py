"""What every operation in OpenAI's format shares on its way out: URL, headers, who signs, whose it is."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode

from onellm.body import JSON, Body
from onellm.call import Call, Effect, ExchangeFields, Reply
from onellm.capabilities import Capability, Catalogue, Prices
from onellm.config import Host, Settings
from onellm.errors import UnsupportedParameterError
from onellm.openai_compatible.losses import Losses
from onellm.openai_compatible.operations import Operation, encode_operation
from onellm.openai_compatible.spec import Spec
from onellm.provider import Provider
from onellm.signing import check_headers
from onellm.types.request import ModelRequest

T = TypeVar("T")


class Wire(Provider):
    """A host as its `Spec` describes it."""

    spec: ClassVar[Spec | None] = None

    def __init__(self, settings: Settings, catalogue: Catalogue | None = None, spec: Spec | None = None) -> None:
        super().__init__(settings, catalogue)
        row = spec or type(self).spec
        if row is None:
            raise TypeError(f"{type(self).__name__} needs a spec")
        self.row: Spec = row
        self.features = row.known
        self.error_codes = row.error_codes
        self.source, self.as_of = row.source or f"the Spec of {row.name}", row.as_of

    def operations(self) -> frozenset[Capability]:
        return self.row.operations & super().operations()

    def url(self, path: str, query: Mapping[str, Any] | None = None) -> str:
        """The URL of an operation, behind the base URL or, with `../`, beside it."""
        base = self.settings.base_url
        while path.startswith("../"):
            base, path = base.rpartition("/")[0], path.removeprefix("../")
        return f"{base}/{path}?{urlencode(query)}" if query else f"{base}/{path}"

    def headers(self, request: ModelRequest | None = None) -> dict[str, str]:
        """The headers of a call, without credentials."""
        extra = check_headers(request.extra_headers) if request is not None and request.extra_headers else None
        if not (self.row.headers or self.settings.headers or extra):
            return {}
        return {**self.row.headers, **check_headers(dict(self.settings.headers)), **(extra or {})}

    def exchange(
        self,
        path: str,
        request: ModelRequest,
        *,
        body: Body = None,
        method: str = "POST",
        query: Mapping[str, Any] | None = None,
        dropped: tuple[str, ...] = (),
        effect: Effect = Effect.INFERENCE,
        accept: str = "",
    ) -> ExchangeFields:
        """What goes out. `accept`: the media type that is wanted, where it is no JSON."""
        headers = self.headers(request)
        return {
            "method": method,
            "url": self.url(path, query),
            "headers": {"Accept": accept, **headers} if accept else headers,
            "body": body,
            "auth": self.auth(),
            "origin": (self.name, request.model),
            "dropped": dropped,
            "effect": effect,
            "error": functools.partial(self.error, model=request.model),
        }

    def encode(
        self, capability: Capability, request: ModelRequest, *, stream: bool = False
    ) -> tuple[Operation, dict[str, Any], tuple[str, ...]]:
        """How the host does it, the parameters of the body as the host takes them, and those that were dropped."""
        operation = self.row.operation(capability)
        losses = Losses(drop=request.unsupported == "drop")
        fields = encode_operation(operation, self.name, request, losses)
        if stream:
            if operation.refuses("stream", request.model):
                raise UnsupportedParameterError(f"{self.name}/{request.model} does not stream here.", param="stream")
            fields["stream"] = True
        return operation, fields, tuple(losses.dropped)

    def post(
        self,
        operation: Operation,
        body: dict[str, Any],
        request: ModelRequest,
        parse: Callable[[Reply], T],
        dropped: tuple[str, ...] = (),
        effect: Effect = Effect.INFERENCE,
    ) -> Call[T]:
        """A JSON body to an operation."""
        exchange = self.exchange(operation.path, request, body=JSON(body), dropped=dropped, effect=effect)
        return Call(parse=parse, **exchange)

    def prices(self, model: str) -> Prices | None:
        """What the model costs, as far as it is known."""
        return self.info(model).prices

    def _host(self) -> Host:
        return self.row.host
