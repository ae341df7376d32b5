"""`venice.request`: operations that this version does not know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from onellm.body import JSON, Multipart
from onellm.call import Call, Effect, Reply
from onellm.errors import InvalidRequestError
from onellm.file_input import FileInput, read_file
from onellm.resource import IO, endpoint
from onellm.signing import check_headers
from onellm_providers.venice.resources.base import VeniceResource
from onellm_providers.venice.types.answer import Answer

Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
EFFECTS = {
    "read": Effect.READ,
    "inference": Effect.INFERENCE,
    "purchase": Effect.PURCHASE,
}


class Requests(VeniceResource[IO]):
    """Any path of Venice, with this client's key, limits and errors."""

    @endpoint
    def request(
        self,
        method: Method,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        files: Mapping[str, FileInput] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        effect: Literal["read", "inference", "purchase"] | None = None,
    ) -> Call[Answer]:
        """See `VeniceResources.request`."""
        if method not in METHODS:
            raise InvalidRequestError(f"method must be one of {', '.join(METHODS)}.", param="method")
        where = path.removeprefix("/")
        if not re.fullmatch(r"[A-Za-z0-9._~%:@!$&'()*+,;=-]+(/[A-Za-z0-9._~%:@!$&'()*+,;=-]+)*", where) or re.search(
            r"(^|/)\.{1,2}(/|$)", where
        ):
            raise InvalidRequestError(
                "path must be a path below the base URL, such as 'image/styles'; a query goes into `query`.",
                param="path",
            )
        if json is not None and (files or data):
            raise InvalidRequestError("Give json, or files and data.", param="json")
        return self._call(
            method,
            where,
            _answer,
            query=query,
            body=JSON(json) if json is not None else _form(data, files),
            headers=check_headers(dict(headers or {})),
            effect=EFFECTS[effect] if effect else (Effect.READ if method == "GET" else Effect.PURCHASE),
        )

    @endpoint
    def fetch(self, url: str) -> Call[Answer]:
        """A document from the web, without key or headers of this client."""
        return Call(
            method="GET",
            url=url,
            effect=Effect.READ,
            origin=(self._service.name, ""),
            parse=_answer,
            error=self._service.error,
        )


def _form(data: Mapping[str, str] | None, files: Mapping[str, FileInput] | None) -> Multipart | None:
    if not data and not files:
        return None
    return Multipart(
        [*(data or {}).items(), *((name, read_file(value, name)) for name, value in (files or {}).items())]
    )


def _answer(reply: Reply) -> Answer:
    return Answer(status=reply.status, media_type=reply.headers.get("content-type", ""), body=reply.body)
