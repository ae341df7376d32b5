"""What a plain installation brings along; `tests/test_wheel.py` looks into the wheel itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


@pytest.mark.security("S23")
def test_three_dependencies_and_one_command() -> None:
    assert {re.split(r"[<>=!~ ]", needed)[0] for needed in PROJECT["dependencies"]} == {"httpx", "pydantic", "tenacity"}
    assert set(PROJECT["scripts"]) == {"onellm"}
