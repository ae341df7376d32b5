"""Records are dataclasses in all that can be seen: the same text declared as both behaves the same."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

import pytest

from onellm.capabilities import Prices
from onellm.record import record


def declare(decorate: Callable[[type[Any]], Any]) -> Any:
    class Place:
        """Somewhere."""

        name: str
        size: float | None = None
        tags: list[str] = field(default_factory=list[str])
        secret: str = field(default="s", repr=False, compare=False)

        def __post_init__(self) -> None:
            if self.size is not None and self.size < 0:
                raise ValueError("negative")

    return decorate(Place)


OPEN = declare(record()), declare(dataclass())
FROZEN = declare(record(frozen=True)), declare(dataclass(frozen=True))
BOTH = pytest.mark.parametrize("kinds", [OPEN, FROZEN], ids=["open", "frozen"])


@BOTH
def test_fields_defaults_and_text(kinds: tuple[Any, Any]) -> None:
    for values, named in (
        (("a",), {}), (("a", 2), {"tags": ["t"]}), ((), {"name": "a", "secret": "x"}), (("a", 1, ["t"], "y"), {}),
    ):  # fmt: skip
        ours, theirs = (kind(*values, **named) for kind in kinds)
        assert vars(ours) == vars(theirs)
        assert repr(ours) == repr(theirs)
        assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
        assert vars(dataclasses.replace(ours, size=7)) == vars(dataclasses.replace(theirs, size=7))
    assert kinds[0]("a").tags is not kinds[0]("b").tags
    assert [each.name for each in dataclasses.fields(kinds[0])] == [each.name for each in dataclasses.fields(kinds[1])]
    assert str(inspect.signature(kinds[0])) == str(inspect.signature(kinds[1])).partition(" -> ")[0]


@BOTH
def test_equality_and_hashes(kinds: tuple[Any, Any]) -> None:
    for kind in kinds:
        assert kind("a", secret="x") == kind("a", secret="y")
        assert kind("a") != kind("b")
        assert kind("a") != ("a", None, [], "s")
    frozen = kinds is FROZEN
    assert (kinds[0].__hash__ is None) is (kinds[1].__hash__ is None) is not frozen
    if frozen:
        assert hash(kinds[0]("a", tags=())) == hash(kinds[0]("a", tags=(), secret="y"))


@BOTH
@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), (("a", 1, [], "s", "more"), {}), (("a",), {"name": "b"}), (("a",), {"nowhere": 1})],
)
def test_wrong_arguments(kinds: tuple[Any, Any], values: tuple[Any, ...], named: dict[str, Any]) -> None:
    for kind in kinds:
        with pytest.raises(TypeError):
            kind(*values, **named)
    for kind in kinds:
        with pytest.raises(ValueError, match="negative"):
            kind("a", -1)


def test_what_is_frozen_stays() -> None:
    for kind in FROZEN:
        place = kind("a")
        with pytest.raises(FrozenInstanceError):
            place.name = "b"
        with pytest.raises(FrozenInstanceError):
            del place.name
        assert place.name == "a"
    for kind in OPEN:
        place = kind("a")
        place.name = "b"
        assert place == kind("b")


def test_an_init_of_its_own_is_kept() -> None:
    @record()
    class Pair:
        left: int
        right: int

        def __init__(self, both: int) -> None:
            self.left = self.right = both

    assert Pair(3) == Pair(3) != Pair(4)
    assert repr(Pair(3)).endswith("Pair(left=3, right=3)")


def test_copies_and_pickles() -> None:
    prices = Prices(1.0, 2.0, tiers=((10, Prices(3.0)),))
    for twin in (copy.copy(prices), copy.deepcopy(prices), pickle.loads(pickle.dumps(prices))):
        assert twin == prices
        assert hash(twin) == hash(prices)
