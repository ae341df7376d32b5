"""`Completion.create` and `acreate`."""

from __future__ import annotations

from typing import Any

from onellm.api.face import asynchronous_either, blocking_either
from onellm.resources.completions import Completions


class Completion:
    """Text completions on the process's own clients, with keys from the environment."""

    create = blocking_either(Completions[Any].create)
    acreate = asynchronous_either(Completions[Any].create)
