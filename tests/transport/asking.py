"""Clients on a transport that is named, for tests of what the async transports have in common."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from onellm import AsyncOneLLM
from tests.support import KEY

HI: list[Any] = [{"role": "user", "content": "Hi"}]
each = pytest.mark.parametrize("transport", ["httpx", "aiohttp"])


def client(transport: Any, url: str, **options: Any) -> AsyncOneLLM:
    """A client whose provider `openai` is at the URL."""
    return AsyncOneLLM(providers={"openai": {"base_url": url, "api_key": KEY}}, transport=transport, **options)


def chat(transport: str, url: str, messages: Any = HI, **params: Any) -> Any:
    """A chat completion on a client of its own."""

    async def main() -> Any:
        async with client(transport, url, **params.pop("client", {})) as asking:
            return await asking.chat.completions.create("openai/m", messages, **params)

    return asyncio.run(main())


def pool_of(asking: AsyncOneLLM) -> Any:
    """The pool of the running loop."""
    return asking._engine._transport._pool()  # type: ignore[attr-defined]
