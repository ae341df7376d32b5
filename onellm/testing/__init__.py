"""What users test with: a simulator of the services that OneLLM talks to, and the faults that real ones show.

    from onellm.testing.simulator import faults, simulator

With pytest there is the fixture `onellm_simulator`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onellm.testing.simulator import Simulator, faults, serve

__all__ = ["Simulator", "faults", "serve"]


def __getattr__(name: str) -> Any:
    """Load a public name on first use: pytest imports this package at every start."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from onellm.testing import simulator

    return getattr(simulator, name)
