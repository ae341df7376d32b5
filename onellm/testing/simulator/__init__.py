"""A server on loopback that answers as the real services do, and fails as they do.

    from onellm.testing.simulator import faults, simulator

    with simulator() as sim:
        sim.inject(faults.rate_limit(retry_after="0.1"))
        client = OneLLM(providers=sim.providers)

It has no model: an answer depends on the request alone. The services come from installed packages, through the entry
points of the group `onellm.simulators`; each is as strict as the real one.
"""

from onellm.testing.simulator import faults
from onellm.testing.simulator.fault import Fault
from onellm.testing.simulator.mounts import ServiceSource
from onellm.testing.simulator.run import Connections, Simulator, serve, simulator
from onellm.testing.simulator.values import Route, Service, ServiceError, SimReply, SimRequest, SimStream, dump, sse

__all__ = [
    "Connections",
    "Fault",
    "Route",
    "Service",
    "ServiceError",
    "ServiceSource",
    "SimReply",
    "SimRequest",
    "SimStream",
    "Simulator",
    "dump",
    "faults",
    "serve",
    "simulator",
    "sse",
]
