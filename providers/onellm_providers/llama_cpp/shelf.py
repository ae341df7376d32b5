"""The models of this process that are in memory: one instance of each, the least used put away where room is needed."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

from onellm.call import Lane
from onellm.errors import APITimeoutError, ConfigurationError, InvalidRequestError, OverloadedError
from onellm_providers.llama_cpp.row import NAME

SHARE = 0.8
"""The share of the machine's memory that models may fill, unless told otherwise."""
PATIENCE = 120.0
"""Seconds to wait for a model in use to become free, so that it can make room."""
LOOK = 0.02


class Stop:
    """Whether a generation shall stop; asked for by another thread, and looked at between tokens."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> None:
        self.asked = True

    def check(self) -> None:
        """Raise where it was asked for."""
        if self.asked:
            raise APITimeoutError(
                "The generation was stopped: its time was over, or nobody waits any more.", phase="deadline"
            )


class Slot:
    """The place of a model: its file, its options, its lane, and the model itself while it is in memory."""

    def __init__(self, path: str, options: dict[str, Any], *, embedding: bool) -> None:
        self.path = path
        self.options = options
        self.embedding = embedding
        self.lane = Lane(os.path.basename(path))
        self.model: Any = None
        self.used = 0.0

    @property
    def size(self) -> int:
        """The bytes that it takes now."""
        return self.model.size if self.model is not None else 0

    def put_away(self) -> None:
        """Free the memory; the caller holds the lane."""
        model, self.model = self.model, None
        if model is not None:
            model.close()


class Shelf:
    """All slots. `load` makes a model of a slot."""

    def __init__(self, load: Callable[[Slot], Any]) -> None:
        self._load = load
        self._slots: dict[object, Slot] = {}
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._process: int | None = None

    def slot(self, path: str, options: dict[str, Any], *, embedding: bool) -> Slot:
        """The place of a model; the same for all clients of this process."""
        key = path, embedding, repr(sorted(options.items()))
        with self._lock:
            if key not in self._slots:
                self._slots[key] = Slot(path, options, embedding=embedding)
            return self._slots[key]

    def borrow(self, slot: Slot, file_size: int, limit: int | None, stop: Stop) -> Any:
        """The slot's model, loaded first if need be. The caller holds the slot's lane."""
        self._check_process()
        slot.used = time.monotonic()
        if slot.model is None:
            while not self._loading.acquire(timeout=LOOK):
                stop.check()
            try:
                self._make_room(slot, file_size, limit, stop)
                self._process = os.getpid()
                slot.model = self._load(slot)
                try:
                    self._make_room(slot, slot.size, limit, stop)
                except BaseException:
                    slot.put_away()
                    raise
            finally:
                self._loading.release()
        return slot.model

    def _check_process(self) -> None:
        """Raise in a process that was forked after models were loaded: its threads stay behind and it hangs."""
        if self._process not in (None, os.getpid()):
            raise ConfigurationError(
                f"{NAME}: models were loaded before this process was forked, and llama.cpp does not survive that. Load "
                "them after the fork only, or start processes with multiprocessing's 'spawn'."
            )

    def _make_room(self, slot: Slot, need: int, limit: int | None, stop: Stop) -> None:
        """Put others away, the least recently used first, until `need` bytes are free. One in use is waited for."""
        if limit is None:
            return
        if need > limit:
            raise InvalidRequestError(
                f"{slot.path} takes {need:,} bytes of memory and memory_limit is {limit:,}: take a smaller model or "
                "n_ctx, or raise memory_limit.",
                param="model",
                provider=NAME,
            )
        until = time.monotonic() + PATIENCE
        while self._taken(slot) + need > limit and not self._put_one_away(slot):
            stop.check()
            if time.monotonic() > until:
                raise OverloadedError(
                    f"There is no room for {slot.path}: the models in memory are in use and memory_limit is {limit:,} "
                    "bytes.",
                    provider=NAME,
                )
            time.sleep(LOOK)
        if self._taken(slot) + need > limit:
            self._make_room(slot, need, limit, stop)

    def _others(self, slot: Slot | None) -> list[Slot]:
        with self._lock:
            found = [each for each in self._slots.values() if each is not slot and each.model is not None]
        return sorted(found, key=lambda each: each.used)

    def _taken(self, slot: Slot) -> int:
        return sum(each.size for each in self._others(slot))

    def _put_one_away(self, slot: Slot | None) -> bool:
        """Put away the first that nobody uses."""
        for each in self._others(slot):
            if each.lane.lock.acquire(blocking=False):
                try:
                    each.put_away()
                finally:
                    each.lane.lock.release()
                return True
        return False

    def clear(self) -> int:
        """Put away all models that nobody uses, and say how many."""
        count = 0
        while self._put_one_away(None):
            count += 1
        return count

    def loaded(self) -> list[str]:
        """The files of the models in memory, the least recently used first."""
        return [each.path for each in self._others(None)]


def _load(slot: Slot) -> Any:
    from onellm_providers.llama_cpp.loading import Loaded

    return Loaded(slot.path, slot.options, embedding=slot.embedding)


SHELF = Shelf(_load)


def unload() -> int:
    """Free the memory of all models that are not in use; the next call loads them again. Returns how many."""
    return SHELF.clear()


def default_limit() -> int | None:
    """The bytes that models may take, None where the system does not say how much it has."""
    try:
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * SHARE)
    except (AttributeError, ValueError, OSError):
        return None
