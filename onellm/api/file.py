"""`File.upload`, `list`, `retrieve`, `content` and `delete`, and their async twins."""

from __future__ import annotations

from typing import Any

from onellm.api.face import asynchronous, blocking
from onellm.resources.files import Files


class File:
    """Files at a service, on the process's own clients. `create` is another name of `upload`, `download` of `content`.

    An id carries its provider: `openai/file-…`.
    """

    upload = create = blocking(Files[Any].create)
    aupload = acreate = asynchronous(Files[Any].create)
    list = blocking(Files[Any].list)
    alist = asynchronous(Files[Any].list)
    retrieve = blocking(Files[Any].retrieve)
    aretrieve = asynchronous(Files[Any].retrieve)
    content = download = blocking(Files[Any].content)
    acontent = adownload = asynchronous(Files[Any].content)
    delete = blocking(Files[Any].delete)
    adelete = asynchronous(Files[Any].delete)
