"""Looking up the addresses of a host's name, within a limit on time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from typing import Any

from onellm.errors import APIConnectionError, APITimeoutError


def look_up(host: str, port: int, timeout: float) -> list[str]:
    """The IP addresses, in the system's order. Raises APIConnectionError.

    Nothing can interrupt the system's resolver, so a thread waits for it; after the time is over nobody does.
    """
    answers: list[list[str] | OSError] = []

    def ask() -> None:
        try:
            answers.append(_addresses(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            answers.append(error if isinstance(error, OSError) else OSError(str(error)))

    thread = threading.Thread(target=ask, name="onellm-look-up", daemon=True)
    thread.start()
    thread.join(max(0.0, timeout))
    if not answers:
        raise _too_late(host, timeout)
    if isinstance(answers[0], OSError):
        raise _unknown(host) from answers[0]
    return answers[0]


async def async_look_up(host: str, port: int, timeout: float) -> list[str]:
    """The same for the running loop, with its resolver."""
    import asyncio  # the blocking transport does without

    try:
        async with asyncio.timeout(timeout):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise _too_late(host, timeout) from None
    except (OSError, UnicodeError) as error:
        raise _unknown(host) from error
    return _addresses(found)


def _addresses(found: Sequence[tuple[Any, ...]]) -> list[str]:
    return list(dict.fromkeys(str(place[4][0]) for place in found))


def _unknown(host: str) -> APIConnectionError:
    return APIConnectionError(f"The host {host} is not known. Is the URL right?", phase="dns")


def _too_late(host: str, timeout: float) -> APITimeoutError:
    return APITimeoutError(f"The address of {host} was not found within {timeout:.3g} s.", phase="dns")
