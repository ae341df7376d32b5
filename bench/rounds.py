"""One client process: raw httpx and OneLLM do the same work in turns; the CPU seconds of each turn are printed as JSON.

    python bench/rounds.py sync --url http://127.0.0.1:4010/v1 --rounds 20 --size 50

Raw httpx is a competent user's: one client, kept, with httpx's own limits (more idle connections make it slower);
`post(json=…)` and `json()`; `stream()`, `iter_lines()` and `json.loads`. It comes twice: `again` against `httpx` shows
what is noise.
`ONELLM_TRANSPORT` chooses OneLLM's transport.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import sys
import time
from array import array
from binascii import a2b_base64
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import httpx

import onellm

IN_FLIGHT = 64
KEY = "sk-0123456789abcdef0123456789abcdef"
MESSAGES = [
    {"role": "system", "content": "You are a helpful assistant. Answer in one sentence."},
    {"role": "user", "content": "What is the capital of the UK? " * 8},
]
BODY = {"model": "gpt-4o-mini", "messages": MESSAGES, "temperature": 0.7, "max_completion_tokens": 256}
STREAMED = {**BODY, "stream": True, "stream_options": {"include_usage": True}}

Side: TypeAlias = Callable[[int], None]
"""Does the work so many times."""


class Bench:
    """The two contestants of one kind of work, and what they opened."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._open = ExitStack()
        self._runner = self._open.enter_context(asyncio.Runner())

    def close(self) -> None:
        self._open.close()

    def _blocking(self) -> tuple[httpx.Client, onellm.OneLLM]:
        raw = httpx.Client(headers={"Authorization": f"Bearer {KEY}"})
        ours = onellm.OneLLM(providers={"openai": {"base_url": self.url, "api_key": KEY}})
        return self._open.enter_context(raw), self._open.enter_context(ours)

    def _awaiting(self) -> tuple[httpx.AsyncClient, onellm.AsyncOneLLM]:
        raw = httpx.AsyncClient(headers={"Authorization": f"Bearer {KEY}"})
        ours = onellm.AsyncOneLLM(providers={"openai": {"base_url": self.url, "api_key": KEY}})
        self._open.callback(lambda: self._runner.run(raw.aclose()))
        self._open.callback(lambda: self._runner.run(ours.close()))
        return raw, ours

    def sync(self) -> tuple[Side, Side]:
        """Whole answers, one after the other."""
        client, ours = self._blocking()
        create = ours.chat.completions.create
        url = f"{self.url}/chat/completions"

        def raw(times: int) -> None:
            for _ in range(times):
                response = client.post(url, json=BODY)
                response.raise_for_status()
                assert response.json()["choices"][0]["message"]["content"]

        def typed(times: int) -> None:
            for _ in range(times):
                answer = create("openai/gpt-4o-mini", MESSAGES, temperature=0.7, max_completion_tokens=256)
                assert answer.choices[0].message.content

        return raw, typed

    def asynchronous(self) -> tuple[Side, Side]:
        """Whole answers, 64 in flight."""
        client, ours = self._awaiting()
        create = ours.chat.completions.create
        url = f"{self.url}/chat/completions"

        async def raw() -> None:
            response = await client.post(url, json=BODY)
            response.raise_for_status()
            assert response.json()["choices"][0]["message"]["content"]

        async def typed() -> None:
            answer = await create("openai/gpt-4o-mini", MESSAGES, temperature=0.7, max_completion_tokens=256)
            assert answer.choices[0].message.content

        async def together(one: Callable[[], Awaitable[None]], times: int) -> None:
            async def worker(share: int) -> None:
                for _ in range(share):
                    await one()

            await asyncio.gather(*(worker(times // IN_FLIGHT) for _ in range(IN_FLIGHT)))

        run = self._runner.run
        return lambda times: run(together(raw, times)), lambda times: run(together(typed, times))

    def stream(self) -> tuple[Side, Side]:
        """Streams, one after the other, every chunk looked at."""
        client, ours = self._blocking()
        create = ours.chat.completions.create
        url = f"{self.url}/chat/completions"

        def raw(times: int) -> None:
            for _ in range(times):
                words = 0
                with client.stream("POST", url, json=STREAMED) as response:
                    response.raise_for_status()
                    for line in response.iter_lines():
                        if line.startswith("data: ") and line != "data: [DONE]":
                            chunk: Any = json.loads(line[6:])
                            words += bool(chunk["choices"] and chunk["choices"][0]["delta"].get("content"))
                assert words

        def typed(times: int) -> None:
            for _ in range(times):
                words = 0
                for chunk in create(
                    "openai/gpt-4o-mini", MESSAGES, stream=True, temperature=0.7, max_completion_tokens=256
                ):
                    words += bool(chunk.choices and chunk.choices[0].delta.content)
                assert words

        return raw, typed

    def embeddings(self) -> tuple[Side, Side]:
        """256 vectors of 1,536 floats, asked for as base64, as lists of floats."""
        client, ours = self._blocking()
        create = ours.embeddings.create
        url = f"{self.url}/embeddings"
        texts = [f"Text number {number}, of a few words." for number in range(256)]
        body = {"model": "text-embedding-3-small", "input": texts, "encoding_format": "base64"}

        def raw(times: int) -> None:
            for _ in range(times):
                response = client.post(url, json=body)
                response.raise_for_status()
                rows: Any = response.json()["data"]
                vectors = [array("f", a2b_base64(row["embedding"])).tolist() for row in rows]
                assert len(vectors) == 256
                assert len(vectors[0]) == 1536

        def typed(times: int) -> None:
            for _ in range(times):
                vectors = create("openai/text-embedding-3-small", texts).vectors
                assert len(vectors) == 256
                assert len(vectors[0]) == 1536

        return raw, typed

    def async_stream(self) -> tuple[Side, Side]:
        """Streams, one after the other, every chunk looked at."""
        client, ours = self._awaiting()
        create = ours.chat.completions.create
        url = f"{self.url}/chat/completions"

        async def raw(times: int) -> None:
            for _ in range(times):
                words = 0
                async with client.stream("POST", url, json=STREAMED) as response:
                    response.raise_for_status()
                    async for line in response.aiter_lines():
                        if line.startswith("data: ") and line != "data: [DONE]":
                            chunk: Any = json.loads(line[6:])
                            words += bool(chunk["choices"] and chunk["choices"][0]["delta"].get("content"))
                assert words

        async def typed(times: int) -> None:
            for _ in range(times):
                words = 0
                async for chunk in await create(
                    "openai/gpt-4o-mini", MESSAGES, stream=True, temperature=0.7, max_completion_tokens=256
                ):
                    words += bool(chunk.choices and chunk.choices[0].delta.content)
                assert words

        run = self._runner.run
        return lambda times: run(raw(times)), lambda times: run(typed(times))


WORKS: dict[str, Callable[[Bench], tuple[Side, Side]]] = {
    "sync": Bench.sync,
    "async": Bench.asynchronous,
    "stream": Bench.stream,
    "async-stream": Bench.async_stream,
    "embeddings": Bench.embeddings,
}


def take_turns(sides: dict[str, Side], rounds: int, size: int) -> dict[str, list[float]]:
    """CPU seconds of each side's rounds. Each round starts with another side, and with no garbage of the last."""
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for side in sides.values():
        side(size)
    for number in range(rounds):
        names = list(sides)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            gc.collect()
            began = time.process_time()
            sides[name](size)
            spent[name].append(time.process_time() - began)
    return spent


def resident() -> int:
    """Bytes of this process in memory; where the system does not tell, the most there ever were."""
    gc.collect()
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def growth(side: Side, times: int) -> int:
    """How many bytes the process grew by over so many calls, after a fifth as many to warm up."""
    side(max(times // 5, 2 * IN_FLIGHT))
    before = resident()
    side(times)
    return resident() - before


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("--url", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--size", type=int, default=50, help="how often the work is done in a round")
    parser.add_argument("--growth", choices=["httpx", "onellm"], help="print this side's growth in bytes over --size")
    options = parser.parse_args()
    bench = Bench(options.url)
    raw, typed = WORKS[options.work](bench)
    if options.growth:
        result: dict[str, Any] = {"growth": growth(typed if options.growth == "onellm" else raw, options.size)}
    else:
        again, _ = WORKS[options.work](bench)
        result = take_turns({"httpx": raw, "onellm": typed, "again": again}, options.rounds, options.size)
    bench.close()
    print(json.dumps({**result, "transports": [name for name in ("httpx", "aiohttp") if name in sys.modules]}))


if __name__ == "__main__":
    main()
