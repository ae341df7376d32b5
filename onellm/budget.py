"""What the calls of one client share, for each provider and key: a budget of retries, and turns after a 429.

**The budget.** A retry costs 14 tokens of 500, one after a 429 costs 5; a success after a retry gives back what the
retry cost, any other success 1. Where it is spent, failures are raised without another attempt: a service that is down
gets hardly more calls than were asked for. (The figures are those of AWS SDKs: botocore's standard retry mode.)

**Turns.** After a 429 nobody calls that model before the time that the service named. Then calls go one after the
other, in the order in which they came, faster with each success and slower with each further 429. Most services limit
each model by itself, so turns are kept by model and the budget by key.

The clock is `time.monotonic()`. Nothing here waits. A thread that holds a lock may need it again: garbage may be
collected meanwhile, and a stream that is closed by that makes a last call.
"""

from __future__ import annotations

import itertools
import os
import random
import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onellm.options import RetryPolicy

CAPACITY = 500.0
RETRY_COST = 14.0
REFUSED_COST = 5.0
MOST_ACCOUNTS = 1000
MOST_MODELS = 100

QUIET = 30.0
"""Seconds without a 429 and without anybody waiting, after which a model is called as if nothing had been."""
START, SLOWEST = 0.25, 10.0
"""Seconds between two calls: at first, where nothing is known of the service's limit, and at most."""
QUICKEN, HASTEN = 0.98, 0.8
"""What a success makes of that pause: near the service's limit, and while that is not known or has risen."""
STEADY = 40
"""So many successes after a 429, calls are as fast as before it: from there on the limit is looked for anew."""
SPAN = 2.0
"""Seconds over which successes are counted."""
REFUSALS = 5
"""After so many 429s in a row, each in its turn, waiting does not help: calls go out, and fail by themselves."""
LOOK = 0.1
"""Seconds after which a call that waits looks again, since its turn may come sooner than it seemed."""


class Turns:
    """Whose turn it is to call a model that has refused calls (429)."""

    def __init__(self, rate: float) -> None:
        self.not_before = 0.0
        self._lock = threading.RLock()
        self._numbers = itertools.count()
        self._queue: dict[int, None] = {}
        self._pause = min(START, 1 / (0.7 * rate)) if rate > 0 else START
        self._next = 0.0
        self._slowed = 0.0
        self._seeking = True
        self._since = 0.0
        self._successes: deque[float] = deque(maxlen=1000)
        self._refusals = 0
        self._asked = 0.0
        self._run = 0
        self._busy = 0.0

    def queue(self, *, first: bool = False) -> int:
        """A place at the end of the queue; or the first one, for a call that was refused when it was its turn.

        The time that the service names after a 429 is right for one call, so who was refused once hardly is again.
        """
        with self._lock:
            if first and self._queue:
                number = next(iter(self._queue)) - 1
                self._queue = {number: None, **self._queue}
            else:
                number = next(self._numbers)
                self._queue[number] = None
            return number

    def leave(self, number: int) -> None:
        """Give up the place: its turn came, or nobody waits on it any more."""
        with self._lock:
            self._queue.pop(number, None)

    def wait(self, number: int, now: float) -> float:
        """Seconds until this place should ask again; 0 where it is its turn, which is taken by that."""
        with self._lock:
            if self._refusals >= REFUSALS:
                return 0.0
            ahead = number - next(iter(self._queue))
            due = max(self.not_before, self._next) + ahead * self._pause
            if now < due:
                self._busy = now
                return min(due - now, max(LOOK, len(self._queue) / 2000))
            self._next = max(self._next, self.not_before, now - self._pause) + self._pause
            return 0.0

    def refused_since(self, began: float) -> bool:
        """Whether the service has refused a call after that time, so that others should queue."""
        return self._slowed > began and self._refusals < REFUSALS

    def refused(self, sent: float, now: float, asked: float | None, policy: RetryPolicy) -> bool:
        """A call that was sent at `sent` got a 429. Whether that was news, since the last one."""
        with self._lock:
            news = sent >= self._slowed
            self._asked = max(self._asked, asked or 0.0)
            if news:
                self._refusals += 1
                self._slow_down(now)
            if asked is None:
                most = min(policy.cap, policy.base * 2 ** (self._refusals - 1))
                asked = random.uniform(0, most) if news else 0.0  # noqa: S311 - jitter
            if asked <= policy.max_retry_after:
                self.not_before = max(self.not_before, now + asked)
            if news:  # what is still under way may take the call that the service would accept then
                self._next = self.not_before + (0.0 if self._seeking else self._pause / 2)
            return news

    def _slow_down(self, now: float) -> None:
        """A 429 in turn: calls went too fast."""
        # What takes a call every second asks for a second at most: beyond twice that, only successes tell more.
        known = 2 * self._asked or SLOWEST
        if not self._slowed:
            self._since = now
            self._pause = min(self._pause, known)
        else:
            self._seeking = False
            rate = self._rate(now)
            twice = 2 * self._pause if self._run else min(2 * self._pause, max(self._pause, known))
            self._pause = min(SLOWEST, max(twice, min(known, 1.15 / rate) if rate > 0 else 0.0))
        self._run = 0
        self._slowed = self._busy = now

    def succeeded(self, sent: float, now: float) -> None:
        """A call that was sent at `sent` succeeded."""
        with self._lock:
            self._refusals = 0
            if sent >= self._slowed:
                self._successes.append(now)
                self._run += 1
                fast = self._seeking or self._run > STEADY
                shorter = max(self._pause * (HASTEN if fast else QUICKEN), 0.5 / self._rate(now))
                self._pause = min(self._pause, shorter)

    def _rate(self, now: float) -> float:
        """Successes a second, in turn."""
        while self._successes and self._successes[0] < now - SPAN:
            self._successes.popleft()
        return len(self._successes) / min(SPAN, max(SPAN / 4, now - self._since))

    def is_over(self, now: float) -> bool:
        """Whether all this was so long ago that it says nothing any more."""
        return not self._queue and now > max(self._busy, self.not_before) + QUIET


class Account:
    """What the calls to one provider with one key share."""

    __slots__ = ("_count", "_lock", "_rate", "_since", "tokens", "turns")

    def __init__(self) -> None:
        self.tokens = CAPACITY
        self.turns: dict[str, Turns] = {}
        """By model; empty unless the service has refused calls lately."""
        self._lock = threading.RLock()
        self._count = 0
        self._since = 0.0
        self._rate = 0.0

    def pay(self, cost: float) -> bool:
        """Take what a retry costs; False where there is not enough left."""
        with self._lock:
            if self.tokens < cost:
                return False
            self.tokens -= cost
            return True

    def succeeded(self, model: str, sent: float, now: float, paid: float) -> None:
        """A call succeeded, perhaps after a retry that had cost something."""
        self._count += 1
        if now > self._since + 1:
            self._rate, self._count, self._since = self._count / max(1.0, now - self._since), 0, now
        if self.tokens < CAPACITY:
            with self._lock:
                self.tokens = min(CAPACITY, self.tokens + (paid or 1))
        if self.turns and (turns := self.turns.get(model)) is not None:
            turns.succeeded(sent, now)

    def refused(self, model: str, sent: float, now: float, asked: float | None, policy: RetryPolicy) -> float:
        """A call got a 429. Returns what repeating it costs: nothing where it was on its way before the first one."""
        with self._lock:
            turns = self.turns.get(model)
            if turns is None:
                self._forget(now)
                turns = self.turns[model] = Turns(max(self._rate, float(self._count)))
        return REFUSED_COST if turns.refused(sent, now, asked, policy) else 0.0

    def turns_of(self, model: str, now: float) -> Turns | None:
        """The turns of a model whose service has refused calls lately."""
        turns = self.turns.get(model)
        if turns is not None and turns.is_over(now):
            self.turns.pop(model, None)
            return None
        return turns

    def holds(self, model: str, began: float) -> bool:
        """Whether a call that has waited for a connection since `began` should rather queue for its turn."""
        turns = self.turns.get(model)
        return turns is not None and turns.refused_since(began)

    def _forget(self, now: float) -> None:
        for model in [model for model, turns in self.turns.items() if turns.is_over(now)]:
            del self.turns[model]
        while len(self.turns) >= MOST_MODELS:
            del self.turns[next(iter(self.turns))]


class Accounts:
    """The accounts that a client uses: one for each provider and key. Safe to share between threads.

    A key is known here by its hash alone.
    """

    def __init__(self) -> None:
        self.reset()
        _live.add(self)

    def of(self, provider: str, secret: object) -> Account:
        """The account of a provider (with its profile) and a key; None is a key, too."""
        name = (provider, hash(secret))
        return self._known.get(name) or self._add(name)

    def _add(self, name: tuple[str, int]) -> Account:
        with self._lock:
            if len(self._known) >= MOST_ACCOUNTS:
                del self._known[next(iter(self._known))]
            return self._known.setdefault(name, Account())

    def reset(self) -> None:
        """Begin anew: after a fork, another thread of the parent may have held a lock."""
        self._known: dict[tuple[str, int], Account] = {}
        self._lock = threading.RLock()


_live: weakref.WeakSet[Accounts] = weakref.WeakSet()


def _after_fork() -> None:
    for accounts in list(_live):
        accounts.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
