"""`client.models`"""

from __future__ import annotations

from typing import TypeAlias

from onellm.call import Flow, Prepared, ask
from onellm.capabilities import ModelInfo
from onellm.core import Core
from onellm.errors import ModelNotFoundError
from onellm.resource import IO, endpoint
from onellm.resources.base import Routed
from onellm.routing import parse_model_name

Listed: TypeAlias = list[ModelInfo]


class Models(Routed[IO]):
    """`client.models`: what the providers list, and what is known of it."""

    @endpoint
    def list(self, provider: str | None = None) -> Prepared[Listed]:
        """Ask the provider (all configured ones, if none is named) for its models, and keep what it says."""
        labels = [provider] if provider else self._core.configured()
        return Prepared(_list(self._core, labels), self._core.options)

    @endpoint
    def retrieve(self, model: str) -> Prepared[ModelInfo]:
        """Ask the provider whether it lists `provider/model` now, and keep what it says. Raises ModelNotFoundError."""
        label, name = parse_model_name(model)
        return Prepared(_find(self._core, label, name), self._core.options)


def _list(core: Core, labels: list[str]) -> Flow[list[ModelInfo]]:
    found: list[ModelInfo] = []
    for label in labels:
        found += core.learn(label, (yield from ask(core.provider(label).models())))
    return found


def _find(core: Core, label: str, name: str) -> Flow[ModelInfo]:
    provider = core.provider(label)
    listed = yield from _list(core, [label])
    wanted = {name, provider.model_id(name)}
    for info in listed:
        if info.id in wanted:
            return info
    raise ModelNotFoundError(
        f"{label} lists no model {name!r}. `onellm models {label}` lists its models.", provider=label, model=name
    )
