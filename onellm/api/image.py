"""`Image.generate`, `edit` and `variation`, and their async twins."""

from __future__ import annotations

from typing import Any

from onellm.api.face import asynchronous, asynchronous_either, blocking, blocking_either
from onellm.resources.images import Images


class Image:
    """Images on the process's own clients, with keys from the environment. `create` is another name of `generate`."""

    generate = create = blocking_either(Images[Any].generate)
    agenerate = acreate = asynchronous_either(Images[Any].generate)
    edit = blocking_either(Images[Any].edit)
    aedit = asynchronous_either(Images[Any].edit)
    variation = blocking(Images[Any].create_variation)
    avariation = asynchronous(Images[Any].create_variation)
