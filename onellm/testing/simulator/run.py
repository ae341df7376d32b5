"""The simulator: services behind a server in a thread of its own, with the faults that a test asks for."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import NamedTuple, Self

from onellm.testing.simulator.background import Background
from onellm.testing.simulator.fault import Fault
from onellm.testing.simulator.faults import named
from onellm.testing.simulator.mounts import Mounts, ServiceSource
from onellm.testing.simulator.plan import Plan
from onellm.testing.simulator.server import Server
from onellm.testing.simulator.values import Answer, Service, ServiceError, SimRequest

_log = logging.getLogger("onellm.testing")
_MOST_NAMED = 256


class Connections(NamedTuple):
    """How many connections are open now, and how many there were."""

    open: int
    total: int


@dataclass
class _Injection:
    faults: Sequence[Fault]
    path: str
    service: str
    skip: int
    left: float

    def takes(self, request: SimRequest) -> bool:
        """Whether this request is one of those to spoil; counts it if so."""
        if not self.left or self.path not in request.path or self.service not in ("", request.service):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.left -= 1
        return True


class Simulator:
    """A simulator, running between `start` and `stop` or as a context manager (`with` or `async with`).

    Leaving the context raises what went wrong inside a route, unless the block is already raising.
    """

    def __init__(
        self,
        *,
        services: Mapping[str, ServiceSource] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        pace: float = 0.0,
        record: bool = True,
    ) -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"The simulator answers whoever asks, so it listens on loopback only, not on {host}")
        self.requests: list[SimRequest] = []
        """Every request since the start or the last `reset()`, oldest first."""
        self.errors: list[Exception] = []
        """What routes raised beside ServiceError; the client got a 500."""
        self._host, self._port, self._record = host, port, record
        self._mounts = Mounts(services)
        self._server = Server(self._plan, self._failed, pace)
        self._background = Background(self._server)
        self._injections: list[_Injection] = []
        self._named: dict[str, Sequence[Fault]] = {}
        self._count = 0

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://{f'[{self._host}]' if ':' in self._host else self._host}:{self._port}"

    def base_url(self, service: str) -> str:
        """What a client of this service takes as its base URL."""
        return self.url + self._mounts.base_path(service)

    @property
    def providers(self) -> dict[str, dict[str, str]]:
        """Settings for `OneLLM(providers=sim.providers)`."""
        services = self._mounts.services.items()
        return {name: {"base_url": self.base_url(name), "api_key": service.key} for name, service in services}

    @property
    def environ(self) -> dict[str, str]:
        """The same as environment variables: `VENICE_API_KEY`, `VENICE_BASE_URL`, …"""
        return {
            f"{name.upper()}_{key.upper()}": value
            for name, settings in self.providers.items()
            for key, value in settings.items()
        }

    @property
    def connections(self) -> Connections:
        """Connections that are open, and all there ever were."""
        return Connections(self._server.open, self._server.total)

    def inject(self, *faults: Fault, times: int | None = 1, path: str = "", service: str = "", skip: int = 0) -> None:
        """Spoil the next `times` answers (None: all from now on) with these faults together.

        Only requests count whose path contains `path` and that go to `service`; the first `skip` of them go through.
        Of several injections the oldest that is not used up takes a request.
        """
        self._injections.append(_Injection(faults, path, service, skip, float("inf") if times is None else times))

    def reset(self) -> None:
        """Forget requests, errors and the faults that are still waiting."""
        self.requests.clear()
        self.errors.clear()
        self._injections.clear()
        self._named.clear()

    def wait_until(self, condition: Callable[[], object], timeout: float = 5.0) -> bool:
        """Wait for what the server learns a moment later, such as `lambda: sim.requests[0].disconnected`."""
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.002)
        return True

    def start(self) -> None:
        """Listen. Raises OSError if the port is taken."""
        self._port = self._background.start(self._host, self._port)

    def stop(self) -> None:
        """Stop listening, cut every connection and end the thread."""
        self._background.stop()

    def wait(self) -> None:
        """Return when another thread has stopped the simulator; Ctrl-C interrupts it."""
        self._background.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if kind is None and self.errors:
            raise ExceptionGroup("Routes of the simulator failed", self.errors)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def _plan(self, request: SimRequest) -> Plan:
        self._count += 1
        request.number, request.arrived = self._count, time.monotonic()
        service, answer = self._mounts.find(request)
        service = service.answering(request)
        if self._record:
            self.requests.append(request)
        make: Callable[[], Plan] = partial(_answered, service, answer, request)
        try:
            for fault in self._faults(request):
                request.faults += (fault.name,)
                make = partial(fault.apply, service, make)
            plan = make()
        except ServiceError as error:
            plan = Plan.of(service.error(error))
        except Exception as error:  # noqa: BLE001 - a route is somebody's code: its bug belongs to the test, not to the server
            self._failed(error)
            plan = Plan.of(service.error(ServiceError(500, f"{type(error).__name__}: {error}")))
        request.status = plan.status if plan.speaks else None
        return plan

    def _faults(self, request: SimRequest) -> Sequence[Fault]:
        if asked := request.headers.get("x-simulate"):
            try:  # a fault may count its requests, so the same text means the same fault
                if asked not in self._named and len(self._named) >= _MOST_NAMED:
                    self._named.clear()
                return self._named.setdefault(asked, named(asked))
            except ValueError as error:
                raise ServiceError(400, f"x-simulate: {error}") from error
        return next((injection.faults for injection in self._injections if injection.takes(request)), ())

    def _failed(self, error: Exception) -> None:
        _log.error("A route of the simulator failed", exc_info=error)
        self.errors.append(error)


def _answered(service: Service, answer: Callable[[SimRequest], Answer], request: SimRequest) -> Plan:
    try:
        plan = Plan.of(answer(request))
    except ServiceError as error:
        return Plan.of(service.error(error))
    return replace(plan, headers={**service.headers(request), **plan.headers})


def simulator(
    *,
    services: Mapping[str, ServiceSource] | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    pace: float = 0.0,
    record: bool = True,
) -> Simulator:
    """A simulator of the services that are installed, or of these.

        with simulator() as sim:
            client = OneLLM(providers=sim.providers)

    `port` 0 takes a free one. `pace` is the pause in seconds between two events of a stream. `record=False` keeps no
    requests, for runs so long that they would fill the memory.
    """
    return Simulator(services=services, host=host, port=port, pace=pace, record=record)


def serve(
    host: str = "127.0.0.1",
    port: int = 4010,
    pace: float = 0.0,
    *,
    services: Mapping[str, ServiceSource] | None = None,
    ready: Callable[[Simulator], object] | None = None,
) -> None:
    """Run a simulator until Ctrl-C. `ready` is called once it listens."""
    sim = simulator(services=services, host=host, port=port, pace=pace, record=False)
    sim.start()
    try:
        if ready is not None:
            ready(sim)
        sim.wait()
    except KeyboardInterrupt:
        pass
    finally:
        sim.stop()
