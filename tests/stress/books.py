"""What a process holds open: descriptors, threads, tasks. Books that must balance after whatever happened."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable

LASTING = {"onellm-watchdog"}
"""Threads that stay for good, one for each process."""


def descriptors() -> int:
    """How many descriptors this process has open, where the system tells."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except FileNotFoundError:
        return 0


def threads() -> set[str]:
    """The names of the threads that are alive, those left out that stay for good."""
    return {thread.name for thread in threading.enumerate()} - LASTING


def tasks() -> set[str]:
    """The names of the running loop's tasks, the caller's left out."""
    return {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}


def settles(state: Callable[[], object], seconds: float = 5.0) -> bool:
    """Whether it becomes so in time; garbage is collected meanwhile."""
    limit = time.monotonic() + seconds
    while not state():
        if time.monotonic() > limit:
            return False
        gc.collect()
        time.sleep(0.01)
    return True


async def settled(state: Callable[[], object], seconds: float = 5.0) -> bool:
    """The same while the loop runs."""
    limit = time.monotonic() + seconds
    while not state():
        if time.monotonic() > limit:
            return False
        gc.collect()
        await asyncio.sleep(0.01)
    return True
