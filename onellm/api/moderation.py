"""`Moderation.create` and `acreate`."""

from __future__ import annotations

from typing import Any

from onellm.api.face import asynchronous, blocking
from onellm.resources.moderations import Moderations


class Moderation:
    """Verdicts on content on the process's own clients, with keys from the environment."""

    create = blocking(Moderations[Any].create)
    acreate = asynchronous(Moderations[Any].create)
