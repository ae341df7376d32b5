"""A guard for tests that must not talk to real services.

    with block_network():
        ...

or the pytest fixture `onellm_block_network`.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, cast

_METHODS = tuple(name for name in ("connect", "connect_ex", "sendto", "sendmsg") if hasattr(socket.socket, name))


class NetworkBlocked(RuntimeError):
    """Something was about to connect inside `block_network`. No OSError, nor ours: nothing retries or translates it."""


_lock = threading.Lock()
_guards: list[bool] = []  # for each guard that is on, whether it lets loopback through
_originals: list[tuple[Any, str, Any]] = []


@contextmanager
def block_network(*, loopback: bool = True) -> Generator[None, None, None]:
    """Let no socket of this process connect beyond this machine: NetworkBlocked is raised, in threads and tasks too.

    `loopback=False` forbids connections to this machine as well, Unix sockets included. Names other than localhost are
    not looked up. Connections that are open stay so. Not seen are subprocesses, and libraries that open sockets in C
    (uvloop).
    """
    with _lock:
        if not _guards:
            _install()
        _guards.append(loopback)
    try:
        yield
    finally:
        with _lock:
            _guards.remove(loopback)
            if not _guards:
                _restore()


def _install() -> None:
    for name in _METHODS:
        _replace(socket.socket, name, _guarded(getattr(socket.socket, name), name))
    _replace(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
    with suppress(ImportError):  # it connects in a task group, which would wrap our error into an ExceptionGroup
        import anyio

        _replace(anyio, "connect_tcp", _guarded_connection(anyio.connect_tcp))


def _replace(owner: Any, name: str, guarded: Callable[..., Any]) -> None:
    own = cast("dict[str, Any]", vars(owner))
    _originals.append((owner, name, own.get(name)))
    setattr(owner, name, guarded)


def _restore() -> None:
    while _originals:
        owner, name, original = _originals.pop()
        if original is None:  # it was inherited
            delattr(owner, name)
        else:
            setattr(owner, name, original)


def _guarded(original: Callable[..., Any], name: str) -> Callable[..., Any]:
    def method(self: socket.socket, *args: Any) -> Any:
        place = {"sendto": len(args) - 1, "sendmsg": 3}.get(name, 0)
        try:
            if 0 <= place < len(args):
                _check(self.family, args[place])
        except NetworkBlocked:
            if name in ("connect", "connect_ex"):
                self.close()  # who connects closes it after an OSError only
            raise
        return original(self, *args)

    method.__name__ = name
    return method


def _guarded_lookup(original: Callable[..., Any]) -> Callable[..., Any]:
    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if _guards and not _is_address(host) and not _is_here(host):
            raise NetworkBlocked(_refusal(host, port))
        return original(host, port, *args, **options)

    return getaddrinfo


def _guarded_connection(original: Callable[..., Any]) -> Callable[..., Any]:
    def connect_tcp(remote_host: Any, remote_port: Any, **options: Any) -> Any:
        if _is_address(remote_host):  # a name is looked up first
            _check(socket.AF_INET, (remote_host, remote_port))
        return original(remote_host, remote_port, **options)

    return connect_tcp


def _check(family: int, address: Any) -> None:
    """Raise NetworkBlocked unless every guard lets this address through. None is where a socket is connected to."""
    if address is None or not _guards:
        return
    if family in (socket.AF_INET, socket.AF_INET6):
        host, port = address[:2]
        if not (all(_guards) and _is_here(host)):
            raise NetworkBlocked(_refusal(host, port))
    elif not all(_guards):
        raise NetworkBlocked(_refusal(address))


def _refusal(host: Any, port: Any = None) -> str:
    where = host.decode("utf-8", "replace") if isinstance(host, bytes) else host
    return (
        f"The network is blocked by block_network, and something wants to connect to {where}"
        f"{'' if port is None else f':{port}'}. Answer it from a recording or from the simulator (docs/testing.md)."
    )


def _is_address(host: Any) -> bool:
    try:
        ipaddress.ip_address(_plain(host))
    except ValueError:
        return False
    return True


def _is_here(host: Any) -> bool:
    """Whether a name or an address means this machine, as an empty one does."""
    plain = _plain(host)
    if plain in ("", "localhost") or plain.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def _plain(host: Any) -> str:
    text = host.decode("utf-8", "replace") if isinstance(host, (bytes, bytearray)) else str(host or "")
    return text.partition("%")[0].rstrip(".").lower()
