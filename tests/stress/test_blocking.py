"""The same crowd in threads: whatever ends a request of the blocking engine, its slot, socket and thread come back.

What blocks cannot be cancelled. A request ends by a limit, by its stream being left early, or by another thread that
closes the stream under its reader.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from onellm import OneLLM, OneLLMError, Timeout
from tests.stress.asking import (
    BEGUN,
    CROWD,
    ENDLESS,
    LIMITS,
    REQUESTS,
    SAID,
    SLOTS,
    asked,
    running,
    seeds,
    shares,
)
from tests.stress.books import descriptors, settles, threads


def answered(client: OneLLM, stream: bool) -> str:
    """A request that is let alone."""
    answer: Any = client.chat.completions.create(**asked(stream))
    whole = answer.final() if stream else answer
    assert whole.choices[0].message.content == SAID
    return "answered"


def timed_out(client: OneLLM, rng: random.Random) -> str:
    """Ended by a limit."""
    stream = rng.random() < 0.5
    answer: Any = client.chat.completions.create(**asked(stream, rng.choice(ENDLESS), **rng.choice(LIMITS)))
    if stream:
        with answer:
            for _ in answer:
                pass
    return "answered"


def left(client: OneLLM, rng: random.Random) -> str:
    """A stream of which some events are read, if there are any; then it is left in one way or another."""
    stream: Any = client.chat.completions.create(
        **asked(True, rng.choice(BEGUN), timeout=Timeout(stall=0.05), deadline=0.2)
    )
    for _ in range(rng.randrange(5)):
        if next(stream, None) is None:
            return "answered"
    leave = rng.choice((close_twice, forget, close_under_its_reader, break_out))
    leave(stream, rng)
    return "left"


def close_twice(stream: Any, rng: random.Random) -> None:
    stream.close()
    stream.close()


def forget(stream: Any, rng: random.Random) -> None:
    del stream


def break_out(stream: Any, rng: random.Random) -> None:
    with stream:
        for _ in stream:
            if rng.random() < 0.5:
                break


def close_under_its_reader(stream: Any, rng: random.Random) -> None:
    def close() -> None:
        time.sleep(rng.random() * 0.01)
        stream.close()

    closing = threading.Thread(target=close)
    closing.start()
    with contextlib.suppress(OneLLMError):
        stream.final()
    closing.join()


ENDS: tuple[Callable[[OneLLM, random.Random], str], ...] = (timed_out, left)


def crowd(client: OneLLM, seed: int) -> Counter[str]:
    """Run them all, so many at a time; how they ended. What is no error of ours is raised."""

    def one(share: tuple[int, random.Random]) -> str:
        number, rng = share
        if number % 3 == 0:
            return answered(client, stream=number % 2 == 0)
        end = ENDS[number // 3 % 2]
        try:
            return f"{end.__name__}: {end(client, rng)}"
        except OneLLMError as error:
            return f"{end.__name__}: {type(error).__name__}"

    with ThreadPoolExecutor(CROWD) as executor:
        return Counter(executor.map(one, shares(seed)))


@seeds
def test_nothing_is_lost(seed: int) -> None:
    with running() as sim:
        before = descriptors(), threads()
        with OneLLM(providers=sim.providers, connections=SLOTS) as client:
            ends = crowd(client, seed)
            transport: Any = client._engine._transport
            assert settles(lambda: len(transport._slots) == SLOTS.max_connections), transport._slots
            began = time.monotonic()
            for number in range(10):
                answered(client, stream=number % 2 == 0)
            assert time.monotonic() - began < 10
            assert sum(map(len, transport._idle.values())) <= SLOTS.max_connections
        assert settles(lambda: not sim.connections.open), sim.connections
        assert settles(lambda: (descriptors(), threads()) == before), (descriptors(), threads(), before)
    assert sum(ends.values()) == REQUESTS
    assert ends["answered"] == 667
    assert ends["timed_out: APITimeoutError"] > 600, ends
    assert ends["left: left"] > 250, ends
