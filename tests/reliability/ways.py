"""The three ways to call: blocking, and async on either transport."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from onellm import OneLLMError
from onellm.options import RetryPolicy
from onellm.testing.simulator import Simulator
from tests.both import HI, Either

T = TypeVar("T")
MODEL = "openai/gpt-5.4-mini"
WAYS = ("sync", "httpx", "aiohttp")
ways = pytest.mark.parametrize("way", WAYS)
"""Runs a test with the blocking client and with the async one on both of its transports."""

AT_ONCE = RetryPolicy(base=0)
"""Two retries, without a wait but those that the service asks for."""


class Client(Either):
    """Either client, for a model that the simulator has."""

    async def chat(self, messages: Any = HI, model: str = MODEL, **params: Any) -> Any:
        return await super().chat(messages, model, **params)


def tell(way: str, what: Callable[[Client], Awaitable[T]], providers: Mapping[str, Any], **options: Any) -> T:
    """Tell a story of one client; `threads` is how many calls a blocking one has under way."""
    threads = options.pop("threads", 64)

    async def main() -> T:
        transport = {} if way == "sync" else {"transport": way}
        client = Client("sync" if way == "sync" else "async", providers=providers, **transport, **options)
        client._threads = ThreadPoolExecutor(threads)
        try:
            return await what(client)
        finally:
            await client.close()

    return asyncio.run(main())


async def failure(client: Client, **params: Any) -> Any:
    """The error of a call, which must be one of ours; None where it has none."""
    try:
        await client.chat(**params)
    except OneLLMError as error:
        return error
    return None


async def read(client: Client, **params: Any) -> tuple[str, Any, Any]:
    """The text of a streamed answer as it came, the whole answer, and the error that ended it."""
    stream = await client.chat(stream=True, **params)
    said: list[str] = []
    try:
        while (chunk := await client.do(_next if client.blocking else _anext, stream)) is not None:
            said += [choice.delta.content or "" for choice in chunk.choices]
        whole = await client.do(stream.final)
    except OneLLMError as error:
        return "".join(said), None, error
    return "".join(said), whole, None


def _next(stream: Any) -> Any:
    return next(stream, None)


async def _anext(stream: Any) -> Any:
    return await anext(stream, None)


def hits(sim: Simulator) -> int:
    """How many requests came."""
    return len(sim.requests)
