"""The calls to Replicate: what a prediction is created, looked at, read and cancelled with."""

from __future__ import annotations

import functools
import json
from typing import Any
from urllib.parse import quote, urlsplit

from onellm.body import JSON
from onellm.call import Auth, Call, Effect, ExchangeFields, Reply, StreamCall
from onellm.config import Host
from onellm.decode.json import Table
from onellm.errors import APIError, ConfigurationError, ModelNotFoundError, NotFoundError
from onellm.openai_compatible.assemble import ChatAssembler
from onellm.provider import Provider
from onellm.signing import check_headers
from onellm.types.chat import ChatCompletionResponse
from onellm.types.chunk import ChatCompletionChunk
from onellm.types.request import ModelRequest
from onellm_providers.replicate.errors import of_model, with_wait
from onellm_providers.replicate.jobs import POLL, Steps
from onellm_providers.replicate.parameters import add_extras
from onellm_providers.replicate.place import place_of
from onellm_providers.replicate.prediction import Prediction, failure_of, read_prediction
from onellm_providers.replicate.stream import End, OutputDecoder
from onellm_providers.replicate.target import Target

ChatStream = StreamCall[ChatCompletionChunk, ChatCompletionResponse]
KEYED = (".replicate.com", ".replicate.net")
"""Where the service's own streams are (recorded: streaming-api.svc.rno2.c.replicate.net), which take the key."""
ONCE = frozenset({"cancel-after", "prefer", "content-type"})
"""Headers of the call that creates a prediction, and of no later one."""


class Calls(Provider):
    """A provider's calls, and what is checked before the first of them."""

    host = Host(
        name="replicate",
        base_url="https://api.replicate.com/v1",
        key_variables=("REPLICATE_API_TOKEN",),
        settings=("poll_interval", "cancel_after"),
    )

    def prepare(self, request: ModelRequest) -> None:
        """Find what is wrong without asking the service."""
        place_of(request.model)
        self._headers(request)
        self.auth()
        pause = self.settings.extra.get("poll_interval", POLL)
        if isinstance(pause, bool) or not isinstance(pause, (int, float)) or pause < 0:
            raise ConfigurationError(f"{self.name}: poll_interval must be a number of seconds, not {pause!r}.")

    def create(self, request: ModelRequest, target: Target, inputs: Table, *, stream: bool = False) -> Call[Prediction]:
        """The call that creates a prediction: it is paid for, so it is never made twice."""
        place = place_of(request.model)
        body: Table = {"input": inputs}
        if place.version:
            body["version"] = place.version
        if stream:
            body["stream"] = True
        add_extras(request, body)
        target.schema.check(body["input"])
        fields = self._fields(place.create, request.model, self._headers(request), tuple(target.losses.dropped))
        after = self.settings.extra.get("cancel_after")
        headers = {**({"Cancel-After": str(after)} if after else {}), **(fields.get("headers") or {})}
        changed: ExchangeFields = {**fields, "method": "POST", "headers": headers, "body": JSON(body)}
        changed["effect"] = Effect.PURCHASE
        return Call(parse=read_prediction, **changed)

    def steps(self, created: Call[Prediction]) -> Steps:
        """What can be done with the prediction that this call created."""

        def at(method: str, path: str) -> Call[Prediction]:
            changed: ExchangeFields = {**self._later(created, path), "method": method}
            return Call(parse=read_prediction, **changed)

        return Steps(
            look=lambda found: at("GET", f"predictions/{quote(found, safe='')}"),
            cancel=lambda found: at("POST", f"predictions/{quote(found, safe='')}/cancel"),
            pause=self.settings.extra.get("poll_interval", POLL),
        )

    def read(self, created: Call[Prediction], prediction: Prediction, url: str) -> ChatStream:
        """The stream of a prediction, which is cancelled where the stream is left before its end."""
        name, model = created.origin
        end, cancel = End(), self.steps(created).cancel(prediction.id)
        head: Table = {"id": prediction.id, "created": prediction.created, "model": prediction.model or model}
        failure = functools.partial(failure_of, provider=name, model=model, prediction_id=prediction.id)
        fields = self._later(created, "")
        headers = {**(fields.get("headers") or {}), "Cache-Control": "no-store"}
        changed: ExchangeFields = {**fields, "url": url, "headers": headers, "auth": self._auth_at(url)}
        return StreamCall(
            decoder=lambda: OutputDecoder(head, failure, end),
            assembler=ChatAssembler,
            leave=lambda: None if end.seen else cancel,
            **changed,
        )

    def get(self, path: str, model: str) -> Call[Any]:
        """What the service says of a model, of a version or of a deployment."""
        headers = check_headers(dict(self.settings.headers))
        return Call(parse=lambda reply: json.loads(reply.body), **self._fields(path, model, headers, ()))

    def safe(self, url: str | None) -> str | None:
        """The URL of a stream, if it may be read: https, or plain http where the base URL is that."""
        parts = urlsplit(url or "")
        schemes = ("https", urlsplit(self.settings.base_url).scheme)
        return url if parts.hostname and parts.scheme in schemes and parts.username is None else None

    # -- keys and errors -------------------------------------------------------------------------------------------

    def error(self, reply: Reply, model: str = "") -> APIError:
        """The typed error of a refusal; the seconds to wait may stand in its text alone."""
        return with_wait(super().error(reply, model))

    def _of_model(self, reply: Reply, model: str) -> APIError:
        error = self.error(reply, model)
        return of_model(error, self._advice(model)[ModelNotFoundError]) if type(error) is NotFoundError else error

    def _advice(self, model: str) -> dict[type[APIError], str]:
        found = super()._advice(model)
        found[ModelNotFoundError] = (
            "Official models are called by name; any other by a version, as owner/name:version (its page lists them)."
        )
        return found

    def _auth_at(self, url: str) -> Auth | None:
        """The key goes to the base URL's own host, and from the service itself to its other hosts."""
        host, own = urlsplit(url).hostname or "", urlsplit(self.settings.base_url).hostname or ""
        return self.auth() if host == own or (own.endswith(KEYED) and host.endswith(KEYED)) else None

    # -- parts -----------------------------------------------------------------------------------------------------

    def _fields(self, path: str, model: str, headers: dict[str, str], dropped: tuple[str, ...]) -> ExchangeFields:
        return {
            "method": "GET",
            "url": self._url(path),
            "headers": headers,
            "auth": self.auth(),
            "effect": Effect.READ,
            "origin": (self.name, model),
            "dropped": dropped,
            "error": functools.partial(self._of_model, model=model),
        }

    def _later(self, created: Call[Prediction], path: str) -> ExchangeFields:
        """What a later call has of the one that created the prediction: the caller's headers, and what was lost."""
        model = created.origin[1]
        headers = {name: value for name, value in created.headers.items() if name.lower() not in ONCE}
        fields = self._fields(path, model, headers, created.dropped)
        return {**fields, "error": functools.partial(self.error, model=model)}

    def _url(self, path: str) -> str:
        """Behind a base URL with or without its `/v1`: Replicate's own SDK wants it without."""
        base = self.settings.base_url
        return f"{base}/{path}" if base.endswith("/v1") else f"{base}/v1/{path}"

    def _headers(self, request: ModelRequest) -> dict[str, str]:
        return {**check_headers(dict(self.settings.headers)), **check_headers(request.extra_headers)}
