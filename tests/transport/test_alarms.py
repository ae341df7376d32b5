"""What ends a read that takes too long: the watchdog of blocking reads, the alarm of async ones."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from onellm.transport import watchdog
from onellm.transport.alarm import Alarm
from onellm.transport.watchdog import Watch
from tests.support import Caller, Wait, completion, serve, whole


def test_no_limit_at_all(caller: Caller) -> None:
    with serve([Wait(0.2), *whole(completion())]) as server:
        assert caller.chat(server.provider(), timeout=None, deadline=None).choices[0].message.content == "Hello"


def watched() -> tuple[Watch, socket.socket, socket.socket]:
    """A watch over one end of a pair of sockets."""
    one, other = socket.socketpair()
    watch = Watch()
    watch.socket = one
    return watch, one, other


def ended_after(reader: socket.socket, limit: float = 3) -> float:
    """Seconds until the reader saw the end."""
    began = time.monotonic()
    reader.settimeout(limit)
    assert reader.recv(1) == b""
    return time.monotonic() - began


def test_a_watch_fires_once_its_time_is_over() -> None:
    watch, one, other = watched()
    with one, other:
        watch.arm(0.1)
        assert 0.05 < ended_after(one) < 1
        assert watch.fired


def test_a_watch_that_is_disarmed_or_has_no_limit_stays_quiet() -> None:
    for limit in (0.05, None):
        watch, one, other = watched()
        with one, other:
            watch.arm(limit)
            watch.disarm()
            time.sleep(0.15)
            assert not watch.fired
            other.sendall(b"x")
            assert one.recv(1) == b"x"


def test_a_watch_can_be_set_earlier_and_later() -> None:
    later, one, other = watched()
    earlier, two, another = watched()
    with one, other, two, another:
        later.arm(0.1)
        later.arm(0.3)
        earlier.arm(60)
        earlier.arm(0.1)
        assert 0.05 < ended_after(two) < 0.25
        assert not later.fired
        assert ended_after(one) < 1
        earlier.disarm()


def test_many_watches() -> None:
    pairs = [watched() for _ in range(50)]
    for number, (watch, _, _) in enumerate(pairs):
        watch.arm(0.05 + number % 5 * 0.05)
    for watch, one, other in pairs:
        with one, other:
            ended_after(one)
            assert watch.fired


def test_watches_that_have_ended_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only when their time comes: a deadline is ten minutes, in which very many connections may come and go."""
    monkeypatch.setattr(watchdog, "_watchdog", watchdog.Watchdog())
    lasting, one, other = watched()
    with one, other:
        lasting.arm(0.5)
        for _ in range(5000):
            watch = Watch()
            watch.arm(600)
            watch.arm(60)
            watch.end()
        assert len(watchdog._watchdog._heap) < 500
        assert not lasting.fired
        assert 0.1 < ended_after(one) < 1


def test_a_watch_over_a_socket_that_is_gone() -> None:
    watch, one, other = watched()
    one.close()
    other.close()
    watch.fire()
    nothing = Watch()
    nothing.fire()
    assert watch.fired
    assert nothing.fired


def test_a_child_process_has_a_watchdog_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    before = watchdog._watchdog
    monkeypatch.setattr(watchdog, "_watchdog", before)
    watchdog._after_fork()
    assert watchdog._watchdog is not before
    watch, one, other = watched()
    with one, other:
        watch.arm(0.05)
        assert ended_after(one) < 1


async def rings(*limits: float | None, pause: float) -> bool:
    """Whether an alarm that is armed so, and for the last limit left armed, ends a pause."""
    alarm = Alarm()
    for limit in limits[:-1]:
        alarm.arm(limit)
        alarm.disarm()
    alarm.arm(limits[-1])
    try:
        await asyncio.sleep(pause)
    except asyncio.CancelledError:
        assert alarm.rang()
        assert not alarm.rang(), "the cancellation was taken back"
        return True
    finally:
        alarm.stop()
    return False


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ((0.05,), True),
        ((None,), False),
        ((0.05, None), False),
        ((0.02, 5), False),
        ((5, 0.05), True),
        ((0.05, 0.1), True),
    ],
)
async def test_an_alarm(limits: tuple[float | None, ...], expected: bool) -> None:
    assert await rings(*limits, pause=0.2) is expected
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_an_alarm_is_not_taken_for_a_cancellation_from_outside() -> None:
    alarm = Alarm()

    async def read() -> bool:
        alarm.arm(5)
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            return alarm.rang()
        finally:
            alarm.stop()
        return True

    task = asyncio.create_task(read())
    await asyncio.sleep(0.02)
    task.cancel()
    assert await task is False


async def test_an_alarm_at_rest_serves_the_next_answer_with_its_timer() -> None:
    alarm = Alarm()
    alarm.arm(5)
    timer = alarm._handle
    assert alarm.rest()
    assert alarm._task is None, "nothing of the last answer is held"
    alarm.arm(10)
    assert alarm._handle is timer
    alarm.arm(0.05)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(1)
    assert not alarm.rest(), "it rang: whoever it rang for may not have heard it"
    task = asyncio.current_task()
    assert task is not None
    task.uncancel()
    alarm.stop()
