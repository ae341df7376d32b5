"""`Model.list` and `retrieve`, and their async twins."""

from __future__ import annotations

from typing import Any

from onellm.api.face import asynchronous, blocking
from onellm.resources.models import Models


class Model:
    """What the providers list, on the process's own clients, with keys from the environment."""

    list = blocking(Models[Any].list)
    alist = asynchronous(Models[Any].list)
    retrieve = blocking(Models[Any].retrieve)
    aretrieve = asynchronous(Models[Any].retrieve)
