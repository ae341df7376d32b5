"""Both engines, in an environment without proxies and keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Caller
from tests.surroundings import bare_environment


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest) -> Caller:
    """One engine after the other."""
    return Caller(request.param)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)
