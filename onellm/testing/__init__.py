"""What users test with: a simulator of services and their faults, recordings of real exchanges, a network guard.

    from onellm.testing.simulator import faults, simulator
    from onellm.testing.recording import record, replay
    from onellm.testing.network import block_network

With pytest there are the fixtures `onellm_simulator`, `onellm_recording` and `onellm_block_network`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onellm.testing.network import NetworkBlocked, block_network
    from onellm.testing.recording import RecordingError, Tape, UnmatchedRequest, record, replay
    from onellm.testing.simulator import Simulator, faults, serve

__all__ = [
    "NetworkBlocked",
    "RecordingError",
    "Simulator",
    "Tape",
    "UnmatchedRequest",
    "block_network",
    "faults",
    "record",
    "replay",
    "serve",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use: pytest imports this package at every start."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    rooms = {"NetworkBlocked": "network", "block_network": "network"}
    rooms |= dict.fromkeys(("Simulator", "faults", "serve"), "simulator")
    return getattr(importlib.import_module(f"onellm.testing.{rooms.get(name, 'recording')}"), name)
