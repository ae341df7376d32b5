"""A bare environment for tests: no keys, no base URLs, no proxies, no credentials file of the developer's machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onellm import config

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def bare_environment(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Take away what the machine says, for the time of a test; credentials are kept in `folder`."""
    for name in list(os.environ):
        if name.lower() in PROXIES or name.endswith(("_API_KEY", "_BASE_URL")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ONELLM_CONFIG_DIR", str(folder / "configuration"))
    monkeypatch.setattr(config, "_loaded", {})
