"""Libraries of extras: the error of a missing one names the extra; a mistake of ours stays one."""

from __future__ import annotations

import pytest
from onellm_providers.venice.extras import Extra

from onellm import ConfigurationError


def test_a_missing_library() -> None:
    with (
        pytest.raises(ConfigurationError, match=r"extra 'e2ee'.*\(lib is missing\).*onellm\[e2ee\]") as caught,
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
