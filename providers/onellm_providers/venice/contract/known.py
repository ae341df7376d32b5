"""The facts that the plugin was built for."""

from __future__ import annotations

import functools
import json
from importlib.resources import files

from onellm_providers.venice.contract.facts import Facts

VERSION = "20260821.193530"


@functools.cache
def known() -> Facts:
    """The facts of the OpenAPI file of 2026-08-21."""
    found: Facts = json.loads((files(__package__ or "") / "known.json").read_text(encoding="utf-8"))
    return found
