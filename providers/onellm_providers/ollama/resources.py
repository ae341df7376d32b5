"""What Ollama's own clients offer beside chat: the models of a server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from onellm.call import Call, Effect, PreparedStream, Reply, StreamCall
from onellm.resource import IO, endpoint, stream
from onellm.service import Service, ServiceResource
from onellm_providers.ollama.models import read_local, read_running
from onellm_providers.ollama.provider import NDJSON, OllamaProvider
from onellm_providers.ollama.pull import LastProgress, PullLines
from onellm_providers.ollama.types import LocalModel, ModelDetails, PullProgress, RunningModel, Version

STALL = 600.0
"""Seconds of silence: a server says nothing while it checks a model that it has fetched."""


class Models(ServiceResource[IO, OllamaProvider]):
    """The models of the server."""

    @endpoint
    def list(self) -> Call[Sequence[LocalModel]]:
        """Those that it has: GET /api/tags."""
        return self._service.call("GET", "tags", parse=read_local)

    @endpoint
    def running(self) -> Call[Sequence[RunningModel]]:
        """Those in memory: GET /api/ps."""
        return self._service.call("GET", "ps", parse=read_running)

    @endpoint
    def show(self, model: str) -> Call[ModelDetails]:
        """What it knows of one: POST /api/show."""
        return self._service.show(model)

    @stream
    def pull(
        self,
        model: str,
        *,
        insecure: bool | None = None,
        deadline: float | None = None,
        stall: float | None = STALL,
    ) -> PreparedStream[PullProgress, PullProgress]:
        """Fetch one, and tell how far that is: POST /api/pull. What is there already is not fetched again.

        `insecure` allows a registry without TLS. A pull takes as long as it takes: `deadline` and `stall`, in seconds,
        are its own and not the client's.
        """
        body = {"model": model, "stream": True, **({} if insecure is None else {"insecure": insecure})}
        exchange = self._service.exchange("POST", "pull", body, model=model, effect=Effect.READ)
        pull = StreamCall(
            decoder=lambda: PullLines(exchange["error"]), assembler=LastProgress, media_type=NDJSON, **exchange
        )
        timeout = replace(self._options.timeout, stall=stall)
        return PreparedStream(pull, self._options.override(timeout=timeout, deadline=deadline))

    @endpoint
    def copy(self, source: str, destination: str) -> Call[None]:
        """Give one a second name: POST /api/copy."""
        body = {"source": source, "destination": destination}
        return self._service.call("POST", "copy", body, parse=_nothing, model=source)

    @endpoint
    def delete(self, model: str) -> Call[None]:
        """Remove one from the server: DELETE /api/delete."""
        return self._service.call("DELETE", "delete", {"model": model}, parse=_nothing, model=model)

    @endpoint
    def load(self, model: str, *, keep_alive: float | str | None = None) -> Call[None]:
        """Load one into memory, for `keep_alive` ("10m", seconds, −1 for ever): POST /api/generate without a prompt."""
        more = {} if keep_alive is None else {"keep_alive": keep_alive}
        body = {"model": model, "stream": False, **more}
        return self._service.call("POST", "generate", body, parse=_nothing, model=model)

    @endpoint
    def unload(self, model: str) -> Call[None]:
        """Take one out of memory now."""
        body = {"model": model, "stream": False, "keep_alive": 0}
        return self._service.call("POST", "generate", body, parse=_nothing, model=model)


class OllamaResources(Service[IO]):
    """Ollama by area."""

    @property
    def models(self) -> Models[IO]:
        """The models of the server."""
        return self.resource(Models[IO])

    @property
    def server(self) -> Server[IO]:
        """The server itself."""
        return self.resource(Server[IO])


class Server(ServiceResource[IO, OllamaProvider]):
    """The server itself."""

    @endpoint
    def version(self) -> Call[Version]:
        """Its version: GET /api/version."""
        return self._service.call("GET", "version", parse=_version)


def _nothing(reply: Reply) -> None:
    """The answer says nothing."""


def _version(reply: Reply) -> Version:
    return Version.model_validate(json.loads(reply.body))
