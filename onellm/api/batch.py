"""`Batch.create`, `list`, `status`, `wait`, `results` and `cancel`, and their async twins."""

from __future__ import annotations

from typing import Any

from onellm.api.face import asynchronous, blocking
from onellm.resources.batches import Batches


class Batch:
    """Many requests at once, on the process's own clients. `retrieve` is another name of `status`."""

    create = blocking(Batches[Any].create)
    acreate = asynchronous(Batches[Any].create)
    list = blocking(Batches[Any].list)
    alist = asynchronous(Batches[Any].list)
    status = retrieve = blocking(Batches[Any].retrieve)
    astatus = aretrieve = asynchronous(Batches[Any].retrieve)
    wait = blocking(Batches[Any].wait)
    await_ = asynchronous(Batches[Any].wait)
    results = blocking(Batches[Any].results)
    aresults = asynchronous(Batches[Any].results)
    cancel = blocking(Batches[Any].cancel)
    acancel = asynchronous(Batches[Any].cancel)
