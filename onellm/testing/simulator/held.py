"""Ids that hold what they stand for, since a simulated service keeps no state."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

from onellm.testing.simulator.values import ServiceError


def pack(prefix: str, value: Any) -> str:
    """An id, such as `file-…`, that holds a JSON value."""
    packed = base64.urlsafe_b64encode(zlib.compress(json.dumps(value).encode(), 9)).decode()
    return prefix + packed.rstrip("=")


def unpack(prefix: str, id: str) -> Any:
    """What an id holds. Raises ServiceError (404) where it holds nothing."""
    packed = id.removeprefix(prefix)
    try:
        return json.loads(zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))))
    except (binascii.Error, zlib.error, ValueError):
        kind = prefix.rstrip("-_").capitalize()
        raise ServiceError(404, f"No such {kind} object: {id}", param="id") from None
