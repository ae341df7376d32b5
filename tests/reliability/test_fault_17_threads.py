"""Fault 17: one blocking client in 50 threads at once, with failures in between."""

from __future__ import annotations

import threading
from typing import Any

from onellm import OneLLM, OneLLMError
from onellm.budget import CAPACITY
from onellm.testing.simulator import Simulator, faults
from onellm.transport.base import Connections
from tests.reliability.ways import AT_ONCE, MODEL

THREADS, CALLS = 50, 8


def test_fault_17_fifty_threads(sim: Simulator) -> None:
    """Each gets the answers to its own questions, and the books balance at the end."""
    wrongs = (faults.overloaded(), faults.rate_limit(retry_after="0.01"), faults.close(), faults.status(500))
    for number in range(20):
        sim.inject(wrongs[number % 4], skip=15 * number)
    barrier = threading.Barrier(THREADS)
    wrong: list[Any] = []

    def ask(client: OneLLM, number: int) -> None:
        barrier.wait()
        for call in range(CALLS):
            word = f"word{number}x{call}"
            message = [{"role": "user", "content": word}]
            try:
                answer = client.chat.completions.create(MODEL, message, max_retries=AT_ONCE)
            except OneLLMError as error:
                wrong.append(error)
            else:
                if word not in (answer.choices[0].message.content or ""):
                    wrong.append(answer)

    limits = Connections(max_connections=10)
    with OneLLM(providers=sim.providers, connections=limits) as client:
        threads = [threading.Thread(target=ask, args=(client, number)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert wrong == []
        transport: Any = client._engine._transport
        assert len(transport._slots) == 10
        (account,) = client._engine._accounts._known.values()
        assert account.tokens == CAPACITY
        assert not any(turns._queue for turns in account.turns.values())
    assert len(sim.requests) == THREADS * CALLS + 20
