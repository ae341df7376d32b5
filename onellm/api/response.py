"""`Response.create`, `acreate`, and what is done with stored responses."""

from __future__ import annotations

from typing import Any

from onellm.api.face import asynchronous, asynchronous_either, blocking, blocking_either
from onellm.resources.responses import Responses


class Response:
    """Responses (OpenAI's Responses API) on the process's own clients, with keys from the environment."""

    create = blocking_either(Responses[Any].create)
    acreate = asynchronous_either(Responses[Any].create)
    retrieve = blocking_either(Responses[Any].retrieve)
    aretrieve = asynchronous_either(Responses[Any].retrieve)
    cancel = blocking(Responses[Any].cancel)
    acancel = asynchronous(Responses[Any].cancel)
    delete = blocking(Responses[Any].delete)
    adelete = asynchronous(Responses[Any].delete)
    input_items = blocking(Responses[Any].input_items)
    ainput_items = asynchronous(Responses[Any].input_items)
