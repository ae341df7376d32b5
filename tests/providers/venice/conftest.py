"""A simulated Venice for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.providers.venice.media import Watched, watched_venice


@pytest.fixture
def venice(shared: Path) -> Iterator[Watched]:
    """A simulated Venice whose whole traffic is judged by Venice's OpenAPI file."""
    with watched_venice(shared) as watched:
        yield watched
