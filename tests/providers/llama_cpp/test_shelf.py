"""Models in memory: loaded once, put away where room is needed, never while in use."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from onellm_providers.llama_cpp import shelf as module
from onellm_providers.llama_cpp.shelf import Shelf, Slot, Stop

from onellm import APITimeoutError, InvalidRequestError, OverloadedError


class Model:
    """Takes ten bytes."""

    size = 10

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.closed = False

    def close(self) -> None:
        self.closed = True


def use(shelf: Shelf, slot: Slot, limit: int | None = None, stop: Stop | None = None) -> Any:
    """Borrow a model and give it back."""
    with slot.lane.lock:
        return shelf.borrow(slot, 10, limit, stop or Stop())


def slots(shelf: Shelf, *names: str) -> list[Slot]:
    return [shelf.slot(name, {}, embedding=False) for name in names]


def test_a_model_is_loaded_once() -> None:
    shelf = Shelf(Model)
    (a,) = slots(shelf, "a")
    assert use(shelf, a) is use(shelf, slots(shelf, "a")[0])
    assert shelf.slot("a", {"n_ctx": 1}, embedding=False) is not a
    assert shelf.slot("a", {}, embedding=True) is not a


def test_the_least_recently_used_makes_room() -> None:
    shelf = Shelf(Model)
    a, b, c = slots(shelf, "a", "b", "c")
    first, _ = use(shelf, a, 20), use(shelf, b, 20)
    assert use(shelf, a, 20) is first
    use(shelf, c, 20)
    assert shelf.loaded() == ["a", "c"]
    assert not first.closed
    assert use(shelf, b, 10).slot is b
    assert shelf.loaded() == ["b"]
    assert first.closed


def test_one_in_use_is_waited_for_and_the_wait_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(Model)
    a, b = slots(shelf, "a", "b")
    held = use(shelf, a, 10)
    with a.lane.lock:
        stop = Stop()
        stop()
        with pytest.raises(APITimeoutError):
            use(shelf, b, 10, stop)
        monkeypatch.setattr(module, "PATIENCE", 0.0)
        with pytest.raises(OverloadedError, match="in use"):
            use(shelf, b, 10)
        assert not held.closed
        monkeypatch.setattr(module, "PATIENCE", 60.0)
        found: list[Any] = []
        waiting = threading.Thread(target=lambda: found.append(use(shelf, b, 10)))
        waiting.start()
    waiting.join(10)
    assert found
    assert held.closed


def test_a_model_larger_than_the_limit_is_refused() -> None:
    shelf = Shelf(Model)
    (a,) = slots(shelf, "a")
    with pytest.raises(InvalidRequestError, match="memory_limit"):
        use(shelf, a, 9)
    assert shelf.loaded() == []


def test_one_that_turns_out_larger_than_its_file_is_freed_again() -> None:
    class Larger(Model):
        size = 30

    made: list[Larger] = []

    def load(slot: Slot) -> Larger:
        made.append(Larger(slot))
        return made[-1]

    shelf = Shelf(load)
    (a,) = slots(shelf, "a")
    with pytest.raises(InvalidRequestError, match="30 bytes"):
        use(shelf, a, 20)
    assert made[0].closed
    assert shelf.loaded() == []


def test_unload_spares_what_is_in_use() -> None:
    shelf = Shelf(Model)
    a, b = slots(shelf, "a", "b")
    use(shelf, a)
    use(shelf, b)
    with a.lane.lock:
        assert shelf.clear() == 1
    assert shelf.loaded() == ["a"]
    assert shelf.clear() == 1
