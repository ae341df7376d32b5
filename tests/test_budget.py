"""What calls with one key share: the budget's arithmetic, and whose turn it is, on a clock of the test's own."""

from __future__ import annotations

import heapq
import random
import threading

import pytest

from onellm.budget import (
    CAPACITY,
    MOST_ACCOUNTS,
    MOST_MODELS,
    QUIET,
    REFUSALS,
    REFUSED_COST,
    RETRY_COST,
    Account,
    Accounts,
    Turns,
)
from onellm.config import Secret
from onellm.options import RetryPolicy

POLICY = RetryPolicy()
NOW = 1000.0


# -- the budget --------------------------------------------------------------------------------------------------------


def test_a_budget_pays_until_it_is_spent() -> None:
    account = Account()
    paid = sum(account.pay(RETRY_COST) for _ in range(100))
    assert paid == int(CAPACITY / RETRY_COST) == 35
    assert account.tokens == CAPACITY - 35 * RETRY_COST
    assert account.pay(account.tokens)
    assert not account.pay(0.1)


def test_success_gives_back_what_the_retry_cost_and_no_more_than_there_was() -> None:
    account = Account()
    account.pay(RETRY_COST)
    account.succeeded("m", NOW, NOW, RETRY_COST)
    assert account.tokens == CAPACITY
    account.pay(3)
    for left in (CAPACITY - 2, CAPACITY - 1, CAPACITY, CAPACITY):
        account.succeeded("m", NOW, NOW, 0)
        assert account.tokens == left


def test_accounts_by_provider_and_key() -> None:
    """A key is known by its hash; the map never shows it."""
    accounts = Accounts()
    key, other = Secret("sk-0123456789abcdef"), Secret("sk-fedcba9876543210")
    mine = accounts.of("openai", key)
    assert accounts.of("openai", Secret("sk-0123456789abcdef")) is mine
    others = [accounts.of("openai", other), accounts.of("openai@work", key), accounts.of("groq", key)]
    others.append(accounts.of("openai", None))
    assert len({id(account) for account in [mine, *others]}) == 5
    assert "0123456789abcdef" not in repr(vars(accounts))


def test_accounts_and_models_are_bounded() -> None:
    accounts = Accounts()
    for number in range(2 * MOST_ACCOUNTS):
        accounts.of("openai", f"key {number}")
    assert len(accounts._known) == MOST_ACCOUNTS
    account = Account()
    for number in range(2 * MOST_MODELS):
        account.refused(f"model {number}", NOW, NOW, 1.0, POLICY)
    assert len(account.turns) == MOST_MODELS
    account.refused("last", NOW, NOW + 2 * QUIET, 1.0, POLICY)
    assert list(account.turns) == ["last"], "what is long over is forgotten first"


def test_a_budget_that_threads_share() -> None:
    account = Account()
    paid: list[bool] = []
    threads = [threading.Thread(target=lambda: paid.extend(account.pay(1.0) for _ in range(100))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(paid), sum(paid), account.tokens) == (2000, CAPACITY, 0.0)


def test_what_was_on_its_way_is_one_event() -> None:
    """Calls that were sent before the first 429 came could not know of it: repeating them is free."""
    account = Account()
    costs = [account.refused("m", NOW - 0.1, NOW + at / 100, 1.0, POLICY) for at in range(5)]
    assert costs == [REFUSED_COST, 0.0, 0.0, 0.0, 0.0]
    assert account.refused("m", NOW + 2, NOW + 2.1, 1.0, POLICY) == REFUSED_COST


# -- turns -------------------------------------------------------------------------------------------------------------


def refused(rate: float = 0.0, asked: float | None = 5.0) -> Turns:
    """Turns after one 429 at NOW."""
    turns = Turns(rate)
    turns.refused(NOW - 0.1, NOW, asked, POLICY)
    return turns


def release(turns: Turns, until: float, calls: int) -> list[float]:
    """When so many calls that queue at NOW get their turns."""
    waiting = [turns.queue() for _ in range(calls)]
    found: list[float] = []
    now = NOW
    while waiting and now < until:
        for place in list(waiting):
            if turns.wait(place, now) == 0:
                turns.leave(place)
                waiting.remove(place)
                found.append(now - NOW)
        now += 0.01
    return found


def test_nobody_before_the_time_then_one_by_one() -> None:
    found = release(refused(), NOW + 20, 5)
    assert found == pytest.approx([5.0, 5.25, 5.5, 5.75, 6.0], abs=0.02)


def test_first_come_first_served_and_who_leaves_holds_up_nobody() -> None:
    turns = refused(asked=0.0)
    first, second, third = (turns.queue() for _ in range(3))
    assert turns.wait(third, NOW) > 0 < turns.wait(second, NOW)
    assert turns.wait(first, NOW) == 0
    turns.leave(first)
    turns.leave(second)
    assert turns.wait(third, NOW + 0.26) == 0


def test_who_was_refused_in_turn_comes_first() -> None:
    turns = refused(asked=0.0)
    places = [turns.queue() for _ in range(3)]
    again = turns.queue(first=True)
    assert turns.wait(again, NOW) == 0
    assert all(turns.wait(place, NOW) > 0 for place in places)


def test_a_wait_is_looked_at_often() -> None:
    """A turn may come sooner than it seemed, so nobody sleeps for long; a long queue looks less often."""
    turns = refused(asked=50.0)
    assert turns.wait(turns.queue(), NOW) == pytest.approx(0.1)
    places = [turns.queue() for _ in range(10_000)]
    assert turns.wait(places[-1], NOW) == pytest.approx(5.0, abs=0.1)


def test_the_time_that_was_named_counts_up_to_the_cap() -> None:
    """What no call would wait for concerns nobody else."""
    turns = refused(asked=3600.0)
    assert turns.not_before < NOW + 1
    turns.refused(NOW, NOW, 60.0, POLICY)
    assert turns.not_before == NOW + 60
    turns.refused(NOW, NOW, 1.0, POLICY)
    assert turns.not_before == NOW + 60, "the latest counts"


def test_without_a_time_the_wait_is_random_and_grows() -> None:
    waits: list[list[float]] = []
    for _ in range(200):
        turns = Turns(0.0)
        found: list[float] = []
        for number in range(4):
            now = NOW + 100 * number
            turns.refused(now, now, None, POLICY)
            found.append(turns.not_before - now)
        waits.append(found)
    for number, most in enumerate((0.5, 1.0, 2.0, 4.0)):
        column = [found[number] for found in waits]
        assert 0 <= min(column) < 0.1 * most < 0.9 * most < max(column) <= most


def test_success_quickens_and_refusal_slows() -> None:
    turns = refused()
    before = turns._pause
    for number in range(1, 4):
        turns.succeeded(NOW + number / 10, NOW + number / 10)
    quick = turns._pause
    assert quick < 0.7 * before
    turns.refused(NOW + 5, NOW + 5, 1.0, POLICY)
    assert turns._pause > quick
    assert not turns._seeking
    slow = turns._pause
    turns.succeeded(NOW + 6, NOW + 6)
    assert turns._pause == slow, "who calls seldom learns nothing of the limit"
    for number in range(15):
        turns.succeeded(NOW + 6 + number / 100, NOW + 6 + number / 100)
    assert slow * 0.7 < turns._pause < slow


def test_success_from_before_says_nothing() -> None:
    turns = refused()
    before = turns._pause
    turns.succeeded(NOW - 1, NOW + 1)
    assert turns._pause == before


def test_turns_end_when_nobody_has_waited_for_a_while() -> None:
    account = Account()
    account.refused("m", NOW, NOW, 1.0, POLICY)
    turns = account.turns_of("m", NOW + 1 + QUIET / 2)
    assert turns is not None
    turns.wait(turns.queue(), NOW + 20)
    turns.wait(turns.queue(), NOW + 20)
    assert account.turns_of("m", NOW + 21 + QUIET) is turns, "somebody waits"
    turns._queue.clear()
    assert account.turns_of("m", NOW + 21 + QUIET) is None
    assert not account.turns


def test_a_service_that_only_refuses_is_let_alone() -> None:
    """Calls go out at once, until one succeeds: then the next 429 counts again."""
    turns = Turns(0.0)
    for number in range(REFUSALS):
        assert turns.wait(turns.queue(), NOW + 100 * number) == 0
        turns.refused(NOW + 100 * number, NOW + 100 * number, 50.0, POLICY)
    now = NOW + 100 * REFUSALS - 99
    assert turns.not_before > now
    assert turns.wait(turns.queue(), now) == 0
    assert not turns.refused_since(0)
    turns.succeeded(now + 1, now + 1)
    turns.refused(now + 2, now + 2, 50.0, POLICY)
    assert turns.refused_since(0)
    assert turns.wait(turns.queue(), now + 3) > 0


@pytest.mark.parametrize(
    ("rate", "latency", "connections"), [(10, 0.005, 20), (50, 0.005, 20), (100, 0.3, 20), (10, 1.5, 20)]
)
def test_a_limit_is_found_at_little_cost(rate: float, latency: float, connections: int) -> None:
    """400 callers of a token bucket, in simulated time: 1.2 times the calls at most, within twice the time."""
    hits, seconds = simulate(rate, 10, 400, connections, latency)
    assert hits <= 1.2 * 400
    assert seconds <= 2 * (400 - 10) / rate + 5 * latency + 3


def simulate(rate: float, burst: float, callers: int, connections: int, latency: float) -> tuple[int, float]:
    """So many callers of a service that takes `burst` calls and then `rate` a second: its hits, and their time."""
    turns: Turns | None = None
    tokens, seen, free, hits, order = burst, NOW, connections, 0, 0
    agenda: list[tuple[float, int, str, int | None, float]] = []
    waiting = 0

    def at(when: float, what: str, place: int | None = None, sent: float = 0.0) -> None:
        nonlocal order
        order += 1
        heapq.heappush(agenda, (when, order, what, place, sent))

    for _ in range(callers):
        at(NOW, "begin")
    now = NOW
    while agenda:
        now, _, what, place, sent = heapq.heappop(agenda)
        if what in ("done", "refused"):
            free += 1
            if what == "done" and turns is not None:
                turns.succeeded(sent, now)
            if waiting:
                waiting -= 1
                at(now, "begin")
            continue
        if turns is not None:
            place = place if place in turns._queue else turns.queue()
            if (wait := turns.wait(place, now)) > 0:
                at(now + wait + random.random() / 1000, "begin", place)
                continue
            turns.leave(place)
        if not free:
            waiting += 1
            continue
        free -= 1
        hits += 1
        tokens, seen = min(burst, tokens + (now - seen) * rate), now
        if tokens >= 1:
            tokens -= 1
            at(now + latency, "done", None, now)
        else:
            asked = (1 - tokens) / rate
            turns = turns or Turns(0.0)
            turns.refused(now, now + 0.002, asked, POLICY)
            at(now + 0.002, "refused", None, now)
            at(now + 0.002 + asked, "begin")
    return hits, now - NOW
