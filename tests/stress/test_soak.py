"""A long run in fast-forward: memory and descriptors stay flat, and every call ends as its fault demands.

The long run has 100,000 calls in all and the mark `soak`; a short one stands with the other tests.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from onellm import AsyncOneLLM, OneLLM, OneLLMError, RetryPolicy
from onellm.meta import Attempt
from onellm.testing.simulator import Simulator, simulator
from tests.stress.books import descriptors, settled, settles, tasks, threads
from tests.stress.plans import Share, shares
from tests.transport.asking import each

LAPS, WARM = 10, 3
"""The books are read after each lap, once the first ones have warmed everything up."""
MOST_BYTES, MOST_BLOCKS = 16_000_000, 4000
"""What the process may grow by from the first reading to the last: resident bytes, and objects of Python."""
AT_ONCE = 16
SETTINGS: dict[str, Any] = {"max_retries": RetryPolicy(1, base=0)}

short = pytest.param(2000, id="short")


def long(calls: int) -> Any:
    return pytest.param(calls, id="long", marks=pytest.mark.soak)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with simulator(record=False) as running:
        yield running


class Ledger:
    """What was to come of the calls and what came of them, in how many attempts, and what the process grew by."""

    def __init__(self) -> None:
        self.due: Counter[tuple[str, bool, str]] = Counter()
        self.got: Counter[tuple[str, bool, str]] = Counter()
        self.attempts: Counter[str] = Counter()
        self.readings: list[tuple[int, int, int]] = []

    def note(self, share: Share, outcome: str, attempts: Sequence[Attempt]) -> None:
        """One call and its end."""
        self.due[share.plan.fault, share.stream, share.expected] += 1
        self.got[share.plan.fault, share.stream, outcome] += 1
        self.attempts.update(attempt.outcome for attempt in attempts)

    def read(self) -> None:
        """The books of the process, with nothing under way."""
        gc.collect()
        self.readings.append((resident(), sys.getallocatedblocks(), descriptors()))

    def check(self, sim: Simulator, calls: int) -> None:
        """Every call is there, the service heard each of its attempts, and nothing grew."""
        assert self.got == self.due
        assert self.got.total() == calls
        silent = self.attempts["APITimeoutError"]  # on a slow machine, some of them before they were sent
        assert self.attempts.total() - silent <= sim._count <= self.attempts.total()
        first, last = self.readings[WARM], self.readings[-1]
        assert last[0] - first[0] < MOST_BYTES, self.readings
        assert last[1] - first[1] < MOST_BLOCKS, self.readings
        assert max(reading[2] for reading in self.readings[WARM:]) <= first[2] + 2 * AT_ONCE


def resident() -> int:
    """Bytes of this process in memory, where the system tells."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0


def laps(seed: str, calls: int) -> Iterator[list[Share]]:
    """The calls, lap by lap."""
    for lap in range(LAPS):
        yield shares(f"{seed} {lap}", calls // LAPS)


def checked(share: Share, answer: Any) -> tuple[str, Sequence[Attempt]]:
    assert answer.choices[0].message.content == share.answer
    assert answer.choices[0].finish_reason == "stop"
    return "ok", answer.meta.attempts


@each
@pytest.mark.parametrize("calls", [short, long(30_000)])
def test_async(sim: Simulator, transport: Any, calls: int) -> None:
    ledger = Ledger()
    complaints: list[Any] = []

    async def end(client: AsyncOneLLM, share: Share) -> tuple[str, Sequence[Attempt]]:
        try:
            answer: Any = await client.chat.completions.create(**share.params)
            if share.stream:
                answer = await answer.final()
            return checked(share, answer)
        except OneLLMError as error:
            return type(error).__name__, error.attempts

    async def worker(client: AsyncOneLLM, waiting: list[Share]) -> None:
        while waiting:
            share = waiting.pop()
            ledger.note(share, *await end(client, share))

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        before = descriptors(), threads()
        async with AsyncOneLLM(providers=sim.providers, transport=transport, **SETTINGS) as client:
            for waiting in laps(f"async {transport}", calls):
                async with asyncio.TaskGroup() as group:
                    for _ in range(AT_ONCE):
                        group.create_task(worker(client, waiting))
                assert await settled(lambda: not tasks()), tasks()
                ledger.read()
        assert await settled(lambda: not sim.connections.open), sim.connections
        assert await settled(lambda: (descriptors(), threads()) == before), (descriptors(), threads(), before)

    asyncio.run(main())
    ledger.check(sim, calls)
    assert complaints == []


@pytest.mark.parametrize("calls", [short, long(40_000)])
def test_blocking(sim: Simulator, calls: int) -> None:
    ledger = Ledger()

    def end(client: OneLLM, share: Share) -> tuple[Share, str, Sequence[Attempt]]:
        try:
            answer: Any = client.chat.completions.create(**share.params)
            return share, *checked(share, answer.final() if share.stream else answer)
        except OneLLMError as error:
            return share, type(error).__name__, error.attempts

    before = descriptors(), threads()
    with OneLLM(providers=sim.providers, **SETTINGS) as client, ThreadPoolExecutor(AT_ONCE) as executor:
        for waiting in laps("blocking", calls):
            for noted in executor.map(lambda share: end(client, share), waiting):
                ledger.note(*noted)
            ledger.read()
    assert settles(lambda: not sim.connections.open), sim.connections
    assert settles(lambda: (descriptors(), threads()) == before), (descriptors(), threads(), before)
    ledger.check(sim, calls)
