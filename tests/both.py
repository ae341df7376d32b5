"""Either client behind one async face, so that a story of several calls is written once and runs in both worlds."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import onellm

T = TypeVar("T")
HI = [{"role": "user", "content": "Hi"}]


class Either:
    """A blocking client, each of its calls in a thread of its own, or an async one."""

    def __init__(self, kind: str, **options: Any) -> None:
        self.client: Any = (onellm.OneLLM if kind == "sync" else onellm.AsyncOneLLM)(**options)
        self.blocking = kind == "sync"
        self._threads = ThreadPoolExecutor(64)

    async def do(self, method: Callable[..., Any], *args: Any, **params: Any) -> Any:
        """Call a method of the client or of what it gave."""
        if self.blocking:
            call = functools.partial(method, *args, **params)
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        return await method(*args, **params)

    async def chat(self, messages: Any = HI, model: str = "openai/m", **params: Any) -> Any:
        """A chat completion, or with `stream=True` an open stream."""
        return await self.do(self.client.chat.completions.create, model, messages, **params)

    async def text(self, **params: Any) -> str:
        """What the model said."""
        answer = await self.chat(**params)
        return str(answer.choices[0].message.content)

    async def close(self) -> None:
        await self.do(self.client.close)


def story(kind: str, tell: Callable[[Either], Awaitable[T]], **options: Any) -> T:
    """Tell a story on a client that is closed after it."""

    async def main() -> T:
        either = Either(kind, **options)
        try:
            return await tell(either)
        finally:
            await either.close()

    return asyncio.run(main())


async def settled(state: Callable[[], bool]) -> bool:
    """Whether it becomes so within a second."""
    for _ in range(100):
        if state():
            return True
        await asyncio.sleep(0.01)
    return False
