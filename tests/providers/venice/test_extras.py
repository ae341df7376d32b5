"""Libraries of extras: the error of a missing one names the extra; a mistake of ours stays one."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from onellm import ConfigurationError
from onellm.extras import LIBRARIES, Extra


def test_a_missing_library() -> None:
    with (
        pytest.raises(
            ConfigurationError,
            match=r"extra 'e2ee'.*\(lib is missing\).*pip install cryptography pycryptodome dcap-qvl",
        ) as caught,
        Extra("e2ee"),
    ):
        raise ImportError(name="lib")
    assert isinstance(caught.value.__cause__, ImportError)


def test_anything_else_stays_what_it_is() -> None:
    with pytest.raises(ImportError), Extra("e2ee"):
        raise ImportError(name="onellm_providers.venice.nothing")
    with pytest.raises(ValueError, match="own"), Extra("e2ee"):
        raise ValueError("own")
    with Extra("e2ee"):
        pass


def test_the_extras_are_those_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name, libraries in LIBRARIES.items():
        listed = project["optional-dependencies"][name]
        assert tuple(re.split("[<>=]", each)[0] for each in listed) == libraries
        assert set(listed) <= set(project["optional-dependencies"]["dev"])


def test_using_a_wallet_leaves_the_recursion_limit_as_it_is() -> None:
    """py_ecc raises it to 100,000, and deeply nested JSON would end the process."""
    code = (
        "import sys; before = sys.getrecursionlimit()\n"
        "from onellm_providers.venice.wallet import EthereumWallet\n"
        "EthereumWallet('11' * 32).sign('x')\n"
        "assert 'eth_account' in sys.modules\n"
        "assert sys.getrecursionlimit() == before, sys.getrecursionlimit()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
