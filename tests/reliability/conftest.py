"""A simulator for each test, in an environment without proxies and keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from onellm.testing.simulator import Simulator, simulator
from tests.surroundings import bare_environment


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with simulator() as running:
        yield running
