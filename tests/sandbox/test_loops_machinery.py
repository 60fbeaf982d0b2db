"""What every loop stands on: the queue, the clock, the cycle, the recorder."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.waiting import PATIENCE_S
from tui.sandbox.loops.client import ApiClient, ApiError
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.events import BURST, REFILL_S, Correlator, Note
from tui.sandbox.loops.loop import Loop
from tui.sandbox.loops.objects import Obj, selects
from tui.sandbox.loops.queue import WorkQueue

from .objects import NO_CLIENT, ManualTime, ago, replica_set

# ------------------------------------------------------------------ the queue


async def test_a_key_is_handed_out_once_however_often_it_was_added() -> None:
    queue = WorkQueue(Clock())
    for _ in range(3):
        queue.add("a")
    queue.add("b")
    assert [await queue.get(), await queue.get()] == ["a", "b"]
    assert len(queue) == 0


async def test_a_key_that_changes_during_the_look_comes_round_again() -> None:
    queue = WorkQueue(Clock())
    queue.add("a")
    assert await queue.get() == "a"
    queue.add("a")
    queue.add("b")
    assert await queue.get() == "b", "nobody else gets a while it is looked at"
    queue.done("a")
    assert await queue.get() == "a"


async def test_the_earliest_wish_counts() -> None:
    queue = WorkQueue(Clock(1000))
    queue.add_after("a", 3600)
    queue.add_after("a", 1)
    queue.add_after("a", 7200)
    assert await queue.get() == "a"
    queue.close()


async def test_back_off_doubles_for_each_key_and_is_forgotten() -> None:
    queue = WorkQueue(Clock(1e6))
    pauses = [queue.add_rate_limited("a") for _ in range(20)]
    assert pauses[:4] == [0.005, 0.01, 0.02, 0.04]
    assert pauses[-1] == 1000.0
    assert queue.backoff("b") == 0.005
    queue.forget("a")
    assert queue.backoff("a") == 0.005
    queue.close()


# ------------------------------------------------------------------ the clock


def test_speed_changes_do_not_make_time_jump() -> None:
    time = ManualTime()
    clock = time.clock(speed=50)
    time.pass_by(2)
    assert clock.monotonic() == 100
    clock.speed = 1
    assert clock.monotonic() == 100
    time.pass_by(3)
    assert clock.monotonic() == 103
    assert clock.real(10) == 10


def test_stamps_are_whole_seconds_unless_time_runs_fast() -> None:
    assert ManualTime().clock(1).stamp() == "2026-03-01T12:00:00Z"
    assert ManualTime().clock(2).stamp() == "2026-03-01T12:00:00.000000Z"
    assert ManualTime().clock(5).since(ago(2)) == 10
    assert ManualTime().clock(5).since(None) == 0


@pytest.mark.parametrize("speed", [0, -1])
def test_time_does_not_stand_still_or_run_back(speed: float) -> None:
    with pytest.raises(ValueError, match="speed must be above 0"):
        Clock(speed)


# ------------------------------------------------------------------ the cycle


class Thermostat(Loop[int, int, int]):
    """A loop over a number instead of a cluster: desired and actual by key, one degree a cycle."""

    name: ClassVar[str] = "thermostat"
    workers = 2

    def __init__(self, client: ApiClient) -> None:
        super().__init__(client, Clock(1000))
        self.desired: dict[str, int] = {}
        self.actual: dict[str, int] = {}
        self.failures: list[Exception] = []
        self.forgotten: list[str] = []
        self.there = asyncio.Event()

    def read_desired(self, key: str) -> int | None:
        return self.desired.get(key)

    def read_actual(self, desired: int) -> int:
        return self.actual["room"]

    def compare(self, desired: int, actual: int) -> int | None:
        return (desired > actual) - (desired < actual) or None

    async def act(self, desired: int, action: int) -> None:
        if self.failures:
            raise self.failures.pop()
        self.actual["room"] += action
        if self.actual["room"] == desired:
            self.there.set()

    def wait(self, desired: int, actual: int) -> float | None:
        return None if desired == self.actual["room"] else 1.0

    def forget(self, key: str) -> None:
        self.forgotten.append(key)
        self.there.set()


@pytest.fixture
async def thermostat() -> Thermostat:
    return Thermostat(NO_CLIENT)


async def turned(loop: Thermostat, key: str = "room") -> None:
    turning = asyncio.create_task(loop.run())
    loop.queue.add(key)
    async with asyncio.timeout(PATIENCE_S):
        await loop.there.wait()
    turning.cancel()
    await asyncio.wait([turning])


async def test_it_takes_small_steps_until_actual_is_desired(thermostat: Thermostat) -> None:
    thermostat.desired["room"], thermostat.actual["room"] = 21, 16
    await turned(thermostat)
    assert thermostat.actual["room"] == 21


@pytest.mark.parametrize(
    "failure", [ApiError(409, "Conflict", "somebody was faster"), TimeoutError(), RuntimeError("a bug")]
)
async def test_a_failed_step_is_tried_again(thermostat: Thermostat, failure: Exception) -> None:
    thermostat.desired["room"], thermostat.actual["room"] = 21, 20
    thermostat.failures = [failure, failure, failure]
    await turned(thermostat)
    assert thermostat.actual["room"] == 21
    assert thermostat.failures == []


async def test_what_nobody_wants_any_more_is_forgotten(thermostat: Thermostat) -> None:
    await turned(thermostat, "garage")
    assert thermostat.forgotten == ["garage"]


async def test_a_long_queue_lets_others_in_between(thermostat: Thermostat) -> None:
    thermostat.actual["room"] = 20
    rooms = [f"room {number}" for number in range(100)]
    thermostat.desired = dict.fromkeys(rooms, 20)
    turning = asyncio.create_task(thermostat.run())
    for room in rooms:
        thermostat.queue.add(room)
    waiting: list[int] = []
    while not waiting or waiting[-1]:
        await asyncio.sleep(0)
        waiting.append(len(thermostat.queue))
    turning.cancel()
    await asyncio.wait([turning])
    assert len(waiting) >= len(rooms) / thermostat.workers


# ------------------------------------------------------------------ the recorder


def said(message: str, reason: str = "FailedCreate", about: Obj | None = None) -> Note:
    return Note(about or replica_set(), "Warning", reason, message)


def test_the_same_words_are_counted_and_not_written_again() -> None:
    correlator = Correlator()
    assert correlator.place(said("no room"), 0) == correlator.place(said("no room"), 1)
    assert correlator.place(said("no room"), 1) != correlator.place(said("no room", reason="Other"), 1)


def test_the_tenth_that_differs_only_in_words_is_combined() -> None:
    correlator = Correlator()
    words = [placed[1] for n in range(12) if (placed := correlator.place(said(f"pod {n}"), n))]
    assert words[:9] == [f"pod {n}" for n in range(9)]
    assert words[9:] == [f"(combined from similar events): pod {n}" for n in (9, 10, 11)]


def test_ten_minutes_later_nothing_is_combined() -> None:
    correlator = Correlator()
    for n in range(12):
        correlator.place(said(f"pod {n}"), n)
    placed = correlator.place(said("pod 99"), 700)
    assert placed is not None
    assert placed[1] == "pod 99"


def test_more_than_a_burst_on_one_object_is_dropped_until_it_has_cooled() -> None:
    correlator = Correlator()
    placed = [correlator.place(said("x"), 0) for _ in range(BURST + 5)]
    assert [one is not None for one in placed] == [True] * BURST + [False] * 5
    assert correlator.place(said("x", about=replica_set("other")), 0) is not None
    assert correlator.place(said("x"), REFILL_S - 1) is None
    assert correlator.place(said("x"), 2 * REFILL_S) is not None


# ------------------------------------------------------------------ selectors


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "web", "tier": "front"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["x"]}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, True),
        ({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]}, False),
    ],
)
def test_selectors(selector: Obj | None, matches: bool) -> None:
    assert selects(selector, {"app": "web"}) is matches


@given(
    st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy")),
    st.sampled_from("abc"),
    st.sampled_from("xy"),
)
def test_in_and_not_in_are_opposites(labels: dict[str, str], key: str, value: str) -> None:
    def expression(operator: str) -> Obj:
        return {"matchExpressions": [{"key": key, "operator": operator, "values": [value]}]}

    assert selects(expression("In"), labels) is not selects(expression("NotIn"), labels)
