"""Where services are found: at `/NAME` + prefix, and at the prefix alone where no other service has that path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from typing import TypeAlias

from onellm.testing.simulator.values import Answer, Service, ServiceError, SimReply, SimRequest

GROUP = "onellm.simulators"
ServiceSource: TypeAlias = Service | Callable[[], Service]
"""A service, or a function that makes it: what an entry point of the group `onellm.simulators` names."""


class Mounts:
    """The services of one simulator by name."""

    def __init__(self, services: Mapping[str, ServiceSource] | None) -> None:
        sources = installed() if services is None else services
        made = {name: source if isinstance(source, Service) else source() for name, source in sources.items()}
        self.services = {name: replace(service, name=name) for name, service in made.items()}
        self.nobody = Service("", "", ())

    def base_path(self, name: str) -> str:
        """The path of a service's base URL. Raises KeyError with the names that there are."""
        if name not in self.services:
            raise KeyError(f"No service {name!r} is simulated; there are: {', '.join(self.services) or 'none'}")
        return f"/{name}{self.services[name].prefix}"

    def find(self, request: SimRequest) -> tuple[Service, Callable[[SimRequest], Answer]]:
        """Who answers the request, and how. Fills in its `service` and `params`."""
        service, path = self._locate(request.path)
        request.service = service.name
        matching = [(route, params) for route in service.routes if (params := route.match(path)) is not None]
        for route, params in matching:
            if route.method == request.method:
                request.params = params
                return service, route.answer
        if service is self.nobody:
            return service, self._directory
        return service, _not_allowed if matching else _not_found

    def _locate(self, path: str) -> tuple[Service, str]:
        for name, service in self.services.items():
            if path.startswith(f"/{name}{service.prefix}/"):
                return service, path.removeprefix(f"/{name}{service.prefix}")
        below = [
            (service, path.removeprefix(service.prefix))
            for service in self.services.values()
            if path.startswith(service.prefix + "/")
        ]
        longest = max((len(service.prefix) for service, _ in below), default=0)
        nearest = [(service, rest) for service, rest in below if longest and len(service.prefix) == longest]
        known = [(service, rest) for service, rest in below if any(r.match(rest) is not None for r in service.routes)]
        for candidates in (known, nearest):
            if len(candidates) == 1:
                return candidates[0]
        return self.nobody, path

    def _directory(self, request: SimRequest) -> Answer:
        paths = {name: self.base_path(name) for name in self.services}
        status = 200 if request.path == "/" else 404
        error = {} if status == 200 else {"error": f"Nothing is served at {request.path}, or by more than one service"}
        return SimReply.json({**error, "services": paths}, status)


def installed() -> dict[str, ServiceSource]:
    """The services that installed packages bring, through the entry points."""
    return {point.name: point.load() for point in entry_points(group=GROUP)}


def _not_found(request: SimRequest) -> Answer:
    raise ServiceError(404, f"Invalid URL ({request.method} {request.path})")


def _not_allowed(request: SimRequest) -> Answer:
    raise ServiceError(405, f"Not allowed to {request.method} on {request.path}")
