"""What closing a broken connection may raise is no matter; a mistake of ours is."""

from __future__ import annotations

import httpcore
import httpcore2
import httpx
import pytest

from onellm.transport.wire_errors import ReadError, is_wire_error, quietly

WIRE = [httpx.ReadError("x"), httpcore.ReadError("x"), httpcore2.ProxyError("x"), ReadError()]


class Own(httpx.ConnectError):
    """An error of a transport that the user wrote."""


@pytest.mark.parametrize("error", [*WIRE, Own("x")], ids=repr)
def test_each_librarys_errors_are_known(error: Exception) -> None:
    assert is_wire_error(error)
    assert not is_wire_error(OSError())


@pytest.mark.parametrize("error", [*WIRE, OSError(), RuntimeError()], ids=repr)
def test_closing_is_quiet(error: Exception) -> None:
    with quietly():
        raise error


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()], ids=repr)
def test_what_is_a_mistake_is_told(error: BaseException) -> None:
    with pytest.raises(type(error)), quietly():
        raise error
