"""The libraries that an optional part needs, loaded when it is used."""

from __future__ import annotations

import shlex
import sys
from types import TracebackType

from onellm.errors import ConfigurationError

LIBRARIES = {
    "azure": ("azure-identity",),
    "bedrock": ("botocore",),
    "e2ee": ("cryptography", "pycryptodome", "dcap-qvl"),
    "vertex": ("google-auth[requests]",),
    "wallet": ("eth-account", "solders"),
}
"""What each extra installs."""


class Extra:
    """`with Extra("e2ee"): import …` names the extra to install where a library is missing, and what does `instead`.

    It also keeps Python's recursion limit. py_ecc, which eth-account loads, raises it to 100,000; deeply nested JSON
    would then overflow the C stack and end the process, instead of raising RecursionError.
    """

    def __init__(self, name: str, instead: str = "") -> None:
        self._name = name
        self._instead = instead

    def __enter__(self) -> None:
        self._depth = sys.getrecursionlimit()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.setrecursionlimit(self._depth)
        if isinstance(error, ImportError) and not (error.name or "").startswith("onellm"):
            instead = f", or {self._instead}" if self._instead else ""
            raise ConfigurationError(
                f"This needs the extra {self._name!r} of OneLLM, which is not installed ({error.name} is missing): "
                f"run `python -m pip install {shlex.join(LIBRARIES[self._name])}`{instead}."
            ) from error
