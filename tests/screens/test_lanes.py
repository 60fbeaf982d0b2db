"""The loop of one Deployment: only writes that were seen light `act`, and who waits for what counts down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.screens.details import a_detail, a_heal, a_row
from tests.screens.stage import Clock, on_stage
from tests.screens.stills import StillSession
from tui.screens.deployment import OBSERVED
from tui.screens.lanes import USUAL, Acts, acts_of, lanes, station_at, waited_for
from tui.session.news import Link, Told
from tui.session.options import Options
from tui.widgets.chain import span
from tui.widgets.loop_lanes import ACT, WAIT

TOLD = (
    Told(40.0, "kubelet", "web-87d54d6bc-x2k4c is ready", 3),
    Told(99.99, "you", "deleted pod web-87d54d6bc-x2k4c", 3),
    Told(100.01, "replicaset", "created pod web-87d54d6bc-9fq2m", 3),
    Told(100.02, "replicaset", "created pod web-87d54d6bc-k8s7d", 3),
    Told(100.9, "kubelet", "started web-87d54d6bc-9fq2m", 3),
    Told(102.2, "kubelet", "web-87d54d6bc-9fq2m is ready · gap closed after 2.2 s", 3),
)
BACKOFF = Link("pod 9fq2m", "its container crashed 4 times", "next try (4th)", due=150.0)


def test_acts_are_counted_in_the_heal_and_the_last_one_is_told_in_short_names() -> None:
    found = acts_of(a_detail(told=TOLD, heal=a_heal(100.0)))
    assert found == (
        Acts("deployment"),
        Acts("replicaset", 2, "created pod k8s7d", 100.02),
        Acts("scheduler"),
        Acts("kubelet", 2, "9fq2m is ready", 102.2),
        Acts("you", 1, "deleted pod x2k4c", 99.99),
    )


def test_what_was_done_before_the_heal_is_the_last_act_but_does_not_count() -> None:
    kubelet = acts_of(a_detail(told=TOLD[:2], heal=a_heal(100.0)))[3]
    assert (kubelet.times, kubelet.at) == (0, 40.0)
    assert "you" not in [one.actor for one in acts_of(a_detail(told=TOLD[:2], heal=a_heal(200.0)))]


def test_without_anything_told_nobody_has_acted_and_all_wait() -> None:
    found = lanes(acts_of(a_detail()), (), 100.0)
    assert [one.actor for one in found] == list(USUAL)
    assert {(one.station, one.times, one.did, one.ago) for one in found} == {(WAIT, 0, "", "")}


def test_a_write_lights_the_stations_in_order_and_then_waits() -> None:
    seen = [station_at(age / 100) for age in range(0, 300, 5)]
    assert sorted(seen) == seen
    assert set(seen) == {0, 1, 2, ACT, WAIT}
    assert seen.count(ACT) > 3 * seen.count(0)
    assert station_at(-0.01) == 0


def test_a_countdown_runs_in_the_lane_of_whom_it_concerns() -> None:
    acts = acts_of(a_detail(told=TOLD))
    by_actor = {one.actor: one for one in lanes(acts, (BACKOFF,), 112.0)}
    assert by_actor["kubelet"].waits == "next try (4th) in 38 s"
    assert not any(one.waits for actor, one in by_actor.items() if actor != "kubelet")
    assert lanes(acts, (BACKOFF,), 150.0)[3].waits == "next try (4th) due now"


def test_of_several_things_the_first_due_is_told() -> None:
    later = replace(BACKOFF, due=300.0)
    never = replace(BACKOFF, due=None)
    assert lanes((), (never, later, BACKOFF), 140.0)[0].waits == "next try (4th) in 10 s"
    assert lanes((), (never,), 140.0)[0].waits == "next try (4th)"


@pytest.mark.parametrize(
    ("waits_for", "actor"),
    [
        ("next try (4th)", "kubelet"),
        ("the kubelet's next pull (10 s to 5 min apart)", "kubelet"),
        ("its readiness probe to succeed", "kubelet"),
        ("end of its grace", "kubelet"),
        ("the scheduler's next try (when nodes or pods change, or after 5 min)", "scheduler"),
        ("the node controller's taint, which evicts its pods", "node controller"),
        ("eviction (then a replacement)", "taint eviction"),
        ("the ReplicaSet controller", "replicaset"),
        ("counts as available", "replicaset"),
        ("the deployment controller's next try", "deployment"),
        ("progress deadline", "deployment"),
        ("somebody has to set another image", ""),
        ("a node's return", ""),
        ("", ""),
    ],
)
def test_whose_turn_it_is_is_read_from_what_is_waited_for(waits_for: str, actor: str) -> None:
    assert waited_for(Link("pod x", "stuck", waits_for)) == actor
    assert waited_for(Link("pod x", "stuck", waits_for, hopeless=True)) == ""


@pytest.mark.parametrize(
    ("waits_for", "said"),
    [
        ("the scheduler", "its turn now"),
        ("the kubelet of node worker2", "its turn now"),
        ("the ReplicaSet controller", "its turn now"),
        ("the deployment controller's next step", "next step"),
        ("the kubelet's next pull (10 s to 5 min apart)", "next pull (10 s to 5 min apart)"),
        ("counts as available", "counts as available"),
    ],
)
def test_a_lane_does_not_repeat_whose_it_is(waits_for: str, said: str) -> None:
    (lane,) = lanes((), (Link("pod x", "stuck", waits_for),), 1.0)
    assert lane.waits == said


def test_whoever_is_waited_for_has_a_lane() -> None:
    link = Link("node worker2", "silent", "eviction (then a replacement)", due=300.0)
    last = lanes(acts_of(a_detail()), (link,), 100.0)[-1]
    assert (last.actor, last.times, last.waits) == (
        "taint eviction",
        0,
        "eviction (then a replacement) in 3 m 20 s",
    )


def test_a_countdown_reads_in_the_lane_as_in_the_chain() -> None:
    link = Link("node worker2", "silent", "eviction (then a replacement)", due=205.5)
    (lane,) = lanes((), (link,), 100.0)
    assert lane.waits.endswith(f" in {span(105.5)}")


async def test_the_deployment_screen_has_lanes_that_move_and_a_legend() -> None:
    row = a_row()
    session = StillSession({row.uid: row}, detail=a_detail(row=row))
    clock = Clock()
    async with on_stage(
        Options(sandbox=True), size=(140, 50), open_session=session.open, clock=clock
    ) as stage:
        await stage.synced("shop/web")
        await stage.open("shop/web")
        await stage.says("the loop", "read desired", "compare", "not seen acting yet", OBSERVED)
        now, acts_s = clock.now, next(age / 100 for age in range(300) if station_at(age / 100) == ACT)
        told = (Told(now, "replicaset", "created pod web-87d54d6bc-9fq2m", 3),)
        link = replace(BACKOFF, due=now + 120.0)
        session.tell(replace(a_detail(row=row, told=told, heal=a_heal(now - 0.1)), chain=(link,)))
        await stage.says("×1 created pod 9fq2m", "next try (4th) in ")
        clock.now = now + acts_s
        await stage.until(lambda: "◆" in stage.text())
        clock.now = now + 60.0
        await stage.until(lambda: stage.deployment.loop.lanes[1].station == WAIT)
        await stage.press("question_mark")
        await stage.says("Legend", "read, compare", "never seen")


@pytest.mark.parametrize(
    ("height", "links", "rows"),
    [(20, 0, 0), (24, 0, 1), (24, 3, 0), (30, 3, 1), (36, 0, 5), (36, 5, 1), (50, 5, 5)],
)
async def test_the_loop_has_the_lines_that_are_left(height: int, links: int, rows: int) -> None:
    row = a_row()
    chain = (Link("Deployment web", "short of pods"),) * links
    session = StillSession({row.uid: row}, detail=replace(a_detail(row=row), chain=chain))
    async with on_stage(Options(sandbox=True), size=(80, height), open_session=session.open) as stage:
        await stage.synced("shop/web")
        await stage.open("shop/web")
        await stage.until(lambda: stage.deployment.story.region.height >= 4)
        await stage.until(lambda: stage.deployment.loop.size.height == rows)
        assert stage.deployment.story.region.height >= 4
