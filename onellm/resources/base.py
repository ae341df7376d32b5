"""What the resources of a client share: its engine, and the hops before sending."""

from __future__ import annotations

from onellm.core import Core
from onellm.resource import IO, Resource


class Routed(Resource[IO]):
    """A resource whose operations go where the model string says."""

    def __init__(self, engine: IO, core: Core) -> None:
        self._engine = engine
        self._options = core.options
        self._core = core
