"""Either client behind one way to ask, and what left for a service as values."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from email.parser import BytesParser
from email.policy import HTTP
from functools import reduce
from typing import Any, cast

import pytest

import onellm
from onellm.body import encode_body
from onellm.call import Call, Exchange
from onellm.types.request import ModelRequest
from tests.support import ByteServer, Received, Streamed
from tests.wire import provider

both = pytest.mark.parametrize("kind", ["sync", "async"])
"""Runs a test once with each client."""

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


def ask(kind: str, server: ByteServer, operation: str, *args: Any, **params: Any) -> Any:
    """Call `images.generate` and the like on a client of this kind; raises what the client raises."""
    return tell(kind, lambda client: reduce(getattr, operation.split("."), client)(*args, **params), server)


def tell(kind: str, do: Callable[[Any], Any], server: ByteServer, **options: Any) -> Any:
    """Do one thing with a client of this kind whose providers are the server."""
    options = {"providers": server.provider(), **options}
    if kind == "sync":
        with onellm.OneLLM(**options) as client:
            return do(client)

    async def main() -> Any:
        async with onellm.AsyncOneLLM(**options) as client:
            return await do(client)

    return asyncio.run(main())


def stream(kind: str, server: ByteServer, operation: str, *args: Any, **params: Any) -> Streamed:
    """The same with `stream=True`, read to its end; errors of opening are raised, later ones are in `.error`."""

    def method(client: Any) -> Any:
        return reduce(getattr, operation.split("."), client)

    result = Streamed([])
    if kind == "sync":
        with onellm.OneLLM(providers=server.provider()) as client:
            opened = method(client)(*args, stream=True, **params)
            try:
                result.events += opened
                result.final = opened.final()
            except onellm.OneLLMError as error:
                result.error = error
        return result

    async def main() -> Streamed:
        async with onellm.AsyncOneLLM(providers=server.provider()) as client:
            opened = await method(client)(*args, stream=True, **params)
            try:
                async for event in opened:
                    result.events.append(event)
                result.final = await opened.final()
            except onellm.OneLLMError as error:
                result.error = error
        return result

    return asyncio.run(main())


def call(name: str, method: str, request: ModelRequest) -> Call[Any]:
    """The call that a provider makes of a request."""
    return cast("Call[Any]", getattr(provider(name), method)(request))


def sent(exchange: Exchange) -> dict[str, Any]:
    """The body of a call, JSON or multipart, as a table."""
    body = exchange.body() if callable(exchange.body) else exchange.body
    media_type, content = encode_body(body)
    if media_type == "application/json":
        return cast("dict[str, Any]", json.loads(content))
    return parts(media_type or "", content)


def received(request: Received) -> dict[str, Any]:
    """The body of a request that came, JSON or multipart, as a table."""
    kind = request.headers["content-type"]
    return request.json if kind == "application/json" else parts(kind, request.body)


def parts(content_type: str, body: bytes) -> dict[str, Any]:
    """A multipart body: texts, `name[]` as a list, a file as (name, content, media type)."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    found: dict[str, Any] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = cast("bytes", part.get_payload(decode=True))
        file = part.get_filename()
        value = content.decode() if file is None else (file, content, part.get_content_type())
        if name.endswith("[]"):
            found.setdefault(name, []).append(value)
        else:
            assert name not in found, f"{name} is sent twice"
            found[name] = value
    return found
