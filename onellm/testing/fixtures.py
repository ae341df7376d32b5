"""A pytest plugin, known to pytest as `onellm`. Every start of pytest imports it, so it imports nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from onellm.testing.simulator import Simulator


@pytest.fixture
def onellm_simulator() -> Iterator[Simulator]:
    """A running simulator of all installed services.

    def test_retry(onellm_simulator):
        client = OneLLM(providers=onellm_simulator.providers)
    """
    from onellm.testing.simulator import simulator

    with simulator() as running:
        yield running
