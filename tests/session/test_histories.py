"""Recorded streams of a real control plane, played through world, gap and chronicle, against their truth files."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.histories import replay, truth
from tui.reconcile.explain import explain
from tui.reconcile.gap import measure
from tui.session.chronicle import Chronicle, Record
from tui.world import World

ALL = ["02-delete-one", "03-delete-two", "05-crashloop", "07-rollout", "11-quota", "12-orphan-adopt"]


@dataclass
class Played:
    chronicle: Chronicle
    gaps: list[tuple[float, int]] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)

    @property
    def record(self) -> Record:
        (record,) = self.chronicle.records.values()
        return record

    @property
    def story(self) -> list[str]:
        return [f"{one.step.actor}: {one.step.text}" for one in self.record.happened]


def play(name: str) -> Played:
    world = World()
    played = Played(Chronicle(world))
    size = 0
    for moment in replay(name, world):
        played.chronicle.note(moment.updates, moment.at)
        touched = {uid for update in moment.updates for uid in update.deployments}
        for uid in (touched or world.deployments.by_uid.keys()) & world.deployments.by_uid.keys():
            deployment, pods = world.deployments.by_uid[uid], world.pods_of(uid)
            gap = measure(deployment, world.replicasets_of(uid), pods, moment.now)
            played.chronicle.assess(uid, gap, moment.at)
            why = explain(deployment, world.replicasets_of(uid), pods, gap)
            if why.text not in played.causes:
                played.causes.append(why.text)
            if gap.size != size:
                size = gap.size
                played.gaps.append((moment.at, size))
    return played


@pytest.mark.parametrize("name", ALL)
def test_every_gap_opens_and_closes_when_the_pods_say_so(name: str) -> None:
    (deployment,) = truth(name)["deployments"]
    expected = [(gap["from"], gap["to"], gap["depth"]) for gap in deployment["by_pods"]["gaps"]]
    found: list[tuple[float, float, int]] = []
    opened, depth = None, 0
    for at, size in play(name).gaps:
        if size and opened is None:
            opened, depth = at, size
        depth = max(depth, size)
        if not size and opened is not None:
            found.append((opened, at, depth))
            opened = None
    assert found == expected


@pytest.mark.parametrize("name", ALL)
def test_pod_seconds_lost_are_the_area_under_the_desired_line(name: str) -> None:
    (deployment,) = truth(name)["deployments"]
    points = play(name).record.points
    area = sum(
        (after.at - before.at) * max(0, before.desired - before.available)
        for before, after in zip(points, list(points)[1:], strict=False)
    )
    assert area == pytest.approx(deployment["by_pods"]["missing_seconds"], abs=1e-4)


def test_one_deleted_pod_has_a_heal_with_its_moments_in_order() -> None:
    (heal,) = play("02-delete-one").record.heals
    (pair,) = heal.replacements
    assert pair.by is not None
    moments = [
        pair.lost.deleted,
        pair.by.created,
        pair.by.scheduled,
        pair.by.started,
        pair.by.ready,
        heal.settled,
    ]
    assert moments == sorted(moments)  # type: ignore[type-var]
    recorded = {pod["uid"]: pod for pod in truth("02-delete-one")["pods"]}
    assert pair.lost.deleted == recorded[pair.lost.uid]["t_deletion"]
    heir = recorded[pair.by.uid]
    assert (pair.by.created, pair.by.scheduled) == (heir["t_created"], heir["t_node"])
    assert (pair.by.started, pair.by.ready) == (heir["t_running"], heir["t_ready"])


def test_two_pods_deleted_at_once_are_one_heal_of_depth_two() -> None:
    (heal,) = play("03-delete-two").record.heals
    assert heal.depth == 2
    assert len({pair.by.uid for pair in heal.replacements if pair.by}) == 2


def test_a_crash_loop_is_four_heals_without_any_replacement() -> None:
    heals = play("05-crashloop").record.heals
    assert len(heals) == 4
    assert all(not heal.replacements for heal in heals)
    assert len({heal.opened for heal in heals}) == 4


def test_the_quota_is_named_while_it_holds() -> None:
    played = play("11-quota")
    assert 'quota "four": pods exceeded' in played.causes
    (heal,) = played.record.heals
    assert heal.total_s == pytest.approx(37.635, abs=0.001)


def test_a_pod_released_by_its_label_is_replaced_and_adopted_again() -> None:
    played = play("12-orphan-adopt")
    (heal,) = played.record.heals
    assert "released" in heal.cause
    assert heal.replacements[0].by is not None
    told = " / ".join(played.story)
    assert told.index("released") < told.index("created") < told.index("adopted") < told.index("deleted")


def test_a_rollout_tells_the_deployments_hand_and_no_stranger() -> None:
    story = play("07-rollout").story
    assert any(line.startswith("deployment: created") for line in story)
    assert not any(line.startswith("someone: deleted") for line in story)
