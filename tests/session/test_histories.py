"""Recorded streams of a real control plane, played through world, gap and chronicle, against their truth files."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import pytest

from tests.histories import HERE, Moment, replay, truth
from tui.reconcile.explain import explain
from tui.reconcile.gap import Gap, measure
from tui.reconcile.heal import HealKind, PodMoments
from tui.session import heal_views
from tui.session.chronicle import Chronicle
from tui.session.heal_news import HealNews
from tui.session.news import Point
from tui.session.records import Happened, Record
from tui.world import World

ALL = sorted(path.name.removesuffix(".truth.json") for path in HERE.glob("*.truth.json"))


@dataclass
class Played:
    """What a whole recording left behind, by Deployment."""

    chronicle: Chronicle
    sizes: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    gaps: dict[str, list[tuple[float, Gap]]] = field(default_factory=lambda: defaultdict(list))
    points: dict[str, list[Point]] = field(default_factory=lambda: defaultdict(list))
    """All of them: the chronicle forgets what no chart shows any more."""
    told: dict[str, list[Happened]] = field(default_factory=lambda: defaultdict(list))
    moments: dict[str, PodMoments] = field(default_factory=dict)
    """By pod: the last that was known."""
    lost_pod_s: dict[tuple[str, float], float] = field(default_factory=lambda: defaultdict(float))
    causes: list[str] = field(default_factory=list)
    heals: list[HealNews] = field(default_factory=list)
    """All of them, when all was quiet for long enough, oldest first."""

    @property
    def record(self) -> Record:
        (record,) = self.chronicle.records.values()
        return record

    @property
    def story(self) -> list[str]:
        return [f"{one.step.actor}: {one.step.text}" for one in self.record.happened]


@cache
def play(name: str) -> Played:
    world = World()
    played = Played(Chronicle(world))
    for moment in replay(name, world):
        played.chronicle.note(moment.updates, moment.at)
        touched = {uid for update in moment.updates for uid in update.deployments}
        for uid in (touched or world.deployments.by_uid.keys()) & world.deployments.by_uid.keys():
            assess(played, world, uid, moment)
        follow_heals(played, world, moment.at)
    for uid in world.deployments.by_uid:
        assess(played, world, uid, Moment(moment.at + QUIET_S, moment.now + QUIET_S, []))
    played.heals = list(reversed(heal_views.heals(world, played.chronicle, moment.at + QUIET_S)))
    return played


QUIET_S = 6.0
"""More than a heal needs to settle."""


def follow_heals(played: Played, world: World, at: float) -> None:
    """What has to hold at every prefix of a recording."""
    for news in heal_views.heals(world, played.chronicle, at):
        assert_phases_have_no_holes(news)
        key = (news.deployment_uid, news.opened)
        assert news.lost_pod_s >= played.lost_pod_s[key]
        played.lost_pod_s[key] = news.lost_pod_s


def assert_phases_have_no_holes(news: HealNews) -> None:
    """They follow each other without a hole from the opening on; only the last may be under way."""
    assert news.phases
    assert news.phases[0].began == news.opened
    for before, after in pairwise(news.phases):
        assert before.ended == after.began
    assert all(phase.ended is None or phase.ended >= phase.began for phase in news.phases)
    assert all(phase.ended is not None for phase in news.phases[:-1])
    if news.total_s is not None:
        assert news.phases[-1].ended == pytest.approx(news.opened + news.total_s)


def assess(played: Played, world: World, uid: str, moment: Moment) -> None:
    deployment, pods = world.deployments.by_uid[uid], world.pods_of(uid)
    gap = measure(deployment, world.replicasets_of(uid), pods, moment.now)
    played.chronicle.assess(uid, gap, moment.at)
    played.gaps[uid].append((moment.at, gap))
    why = explain(deployment, world.replicasets_of(uid), pods, gap)
    if why.text not in played.causes:
        played.causes.append(why.text)
    if gap.size != (played.sizes[uid][-1][1] if played.sizes[uid] else 0):
        played.sizes[uid].append((moment.at, gap.size))
    record = played.chronicle.record(uid)
    if not played.points[uid] or played.points[uid][-1] is not record.points[-1]:
        played.points[uid].append(record.points[-1])
    played.told[uid] += [
        one for one in record.happened if one.at == moment.at and one not in played.told[uid]
    ]
    played.moments |= {uid: pod.moments for uid, pod in played.chronicle.pods_of(uid).items()}


@pytest.mark.parametrize("name", ALL)
def test_every_gap_opens_and_closes_when_the_pods_say_so(name: str) -> None:
    for deployment in truth(name)["deployments"]:
        expected = [(gap["from"], gap["to"], gap["depth"]) for gap in deployment["by_pods"]["gaps"]]
        found: list[tuple[float, float, int]] = []
        opened, depth = None, 0
        for at, size in play(name).sizes[deployment["uid"]]:
            if size and opened is None:
                opened, depth = at, size
            depth = max(depth, size)
            if not size and opened is not None:
                found.append((opened, at, depth))
                opened = None
        assert found == expected


@pytest.mark.parametrize("name", ALL)
def test_pod_seconds_lost_are_the_area_under_the_desired_line(name: str) -> None:
    for deployment in truth(name)["deployments"]:
        points = play(name).points[deployment["uid"]]
        area = sum(
            (after.at - before.at) * max(0, before.desired - before.available)
            for before, after in pairwise(points)
        )
        assert area == pytest.approx(deployment["by_pods"]["missing_seconds"], abs=1e-4)


MOMENTS = {
    "created": "t_created",
    "scheduled": "t_node",
    "started": "t_running",
    "ready": "t_ready",
    "deleted": "t_deletion",
    "gone": "t_deleted",
}


@pytest.mark.parametrize("name", ALL)
def test_every_pods_moments_are_those_of_the_record(name: str) -> None:
    recorded = {pod["uid"]: pod for pod in truth(name)["pods"]}
    played = play(name)
    assert played.moments
    for uid, moments in played.moments.items():
        for ours, theirs in MOMENTS.items():
            expected = recorded[uid][theirs] or None  # 0: it was so when the list came
            found = getattr(moments, ours)
            if ours == "ready" and moments.deleted is not None and expected and expected >= moments.deleted:
                expected = None  # what becomes ready after its end was asked for replaces nothing
            if ours in ("deleted", "gone") and len(recorded[uid]["owners"]) > 1:
                continue  # released: for its former owner that was its end
            assert found == expected, (recorded[uid]["name"], ours)


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


def test_a_crash_loop_is_one_heal_of_four_gaps_without_any_replacement() -> None:
    (heal,) = play("05-crashloop").record.heals
    assert not heal.replacements
    assert play("05-crashloop").record.healed >= 3, "each time that the status said so too"
    assert [phase.name for phase in heal.phases] == ["noticed", "ready", "available"]


KINDS = {
    "02-delete-one": [HealKind.LOSS],
    "03-delete-two": [HealKind.LOSS],
    "05-crashloop": [HealKind.LOSS],
    "07-rollout": [HealKind.ROLLOUT],
    "08-bad-image": [HealKind.ROLLOUT],
    "09-scale": [HealKind.SCALE_UP, HealKind.SCALE_DOWN],
    "11-quota": [HealKind.LOSS],
    "12-orphan-adopt": [HealKind.LOSS],
    "14-pause": [HealKind.LOSS, HealKind.ROLLOUT],
    "17-tug-of-war": [HealKind.SCALE_DOWN],
    "20-node-lost": [HealKind.NODE_LOSS],
    "22-drain": [HealKind.LOSS],
    "24-overlapping-kills": 9 * [HealKind.LOSS],
}


@pytest.mark.parametrize("name", ALL)
def test_every_heal_is_of_its_kind_and_settles(name: str) -> None:
    heals = play(name).heals
    assert [heal.kind for heal in heals] == KINDS[name]
    assert all(heal.settled is not None for heal in heals)


@pytest.mark.parametrize("name", ALL)
def test_the_heals_hold_every_gap_and_all_its_pod_seconds(name: str) -> None:
    for deployment in truth(name)["deployments"]:
        heals = [heal for heal in play(name).heals if heal.deployment_uid == deployment["uid"]]
        gaps = deployment["by_pods"]["gaps"]
        lost = sum(heal.lost_pod_s for heal in heals)
        assert lost == pytest.approx(deployment["by_pods"]["missing_seconds"], abs=1e-4)
        merged = [
            gap for index, gap in enumerate(gaps) if not index or gap["from"] - gaps[index - 1]["to"] >= 5
        ]
        with_gap = [heal for heal in heals if heal.depth]
        for gap in gaps:
            (heal,) = [
                heal for heal in with_gap if heal.opened <= gap["from"] <= heal.opened + (heal.total_s or 0)
            ]
            assert gap["to"] <= heal.opened + (heal.total_s or 0) + 1e-6
            assert heal.depth >= gap["depth"]
        assert len(with_gap) <= len(merged), "what reopens within 5 s is the same heal"


def test_a_loss_ends_when_its_gap_does_to_the_microsecond() -> None:
    for name in ("02-delete-one", "03-delete-two", "11-quota", "20-node-lost", "22-drain"):
        (heal,) = play(name).heals
        (gap,) = [gap for one in truth(name)["deployments"] for gap in one["by_pods"]["gaps"]]
        assert (heal.opened, heal.opened + (heal.total_s or 0)) == pytest.approx((gap["from"], gap["to"]))
        assert (heal.depth, heal.dead_s) == (gap["depth"], 0.0)


def test_pairs_are_called_a_guess_where_they_are_one() -> None:
    guessed = {name for name in ALL if any(heal.guessed for heal in play(name).heals)}
    assert "03-delete-two" in guessed
    assert not guessed & {
        "02-delete-one",
        "05-crashloop",
        "07-rollout",
        "09-scale",
        "11-quota",
        "20-node-lost",
    }


def test_a_rollouts_phases_are_those_of_the_record() -> None:
    (heal,) = play("07-rollout").heals
    pods = [pod for pod in truth("07-rollout")["pods"] if not pod.get("listed")]
    ends = {phase.name: phase.ended for phase in heal.phases}
    assert ends["first new pod"] == min(pod["t_created"] for pod in pods)
    assert ends["first ready"] == min(pod["t_ready"] for pod in pods)
    old = [pod for pod in truth("07-rollout")["pods"] if pod.get("listed")]
    assert ends["old gone"] == max(pod["t_deleted"] for pod in old)
    assert heal.overshoot == 2


def test_a_scale_down_ends_when_the_last_chosen_pod_is_gone() -> None:
    grown, shrunk = play("09-scale").heals
    assert grown.dead_s is None, "nothing got less"
    pods = [pod for pod in truth("09-scale")["pods"] if pod["t_deletion"]]
    ends = {phase.name: phase.ended for phase in shrunk.phases}
    assert ends["chosen"] == max(pod["t_deletion"] for pod in pods)
    assert ends["gone"] == max(pod["t_deleted"] for pod in pods)
    assert shrunk.lost_pod_s == 0.0


def test_a_lost_nodes_pod_is_seen_evicted_and_replaced() -> None:
    (heal,) = play("20-node-lost").heals
    ends = {phase.name: phase.ended for phase in heal.phases}
    (lost,) = [pod for pod in truth("20-node-lost")["pods"] if pod["t_deletion"]]
    assert ends["evicted"] == lost["t_deletion"]
    (heir,) = [pod for pod in truth("20-node-lost")["pods"] if not pod.get("listed")]
    assert [ends[name] for name in ("replacement created", "scheduled", "started")] == [
        heir["t_created"],
        heir["t_node"],
        heir["t_running"],
    ]


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


def test_what_a_replicaset_ends_itself_is_replaced_by_nothing() -> None:
    for name in ("08-bad-image", "17-tug-of-war"):
        heals = play(name).record.heals
        assert heals
        assert [pair.by.name for heal in heals for pair in heal.replacements if pair.by] == []


def test_the_cause_of_a_rollouts_gap_is_the_pod_that_went_and_not_one_that_was_bound() -> None:
    for name in ("08-bad-image", "17-tug-of-war"):
        causes = [heal.cause for heal in play(name).record.heals]
        assert not any("bound" in cause for cause in causes), causes


def test_a_paused_deployment_of_another_template_is_outdated() -> None:
    (deployment,) = truth("14-pause")["deployments"]
    paused = [gap for _, gap in play("14-pause").gaps[deployment["uid"]] if not gap.updated]
    assert paused
    assert all(gap.outdated and not gap.settled for gap in paused)


def test_a_silent_nodes_pods_are_unready_by_the_node_controllers_word() -> None:
    (heal,) = play("20-node-lost").record.heals
    assert heal.cause.startswith("node controller: ")
    assert "is silent" in heal.cause
    story = play("20-node-lost").story
    assert any(line.startswith("taint eviction: deleted pod") for line in story)


def test_a_drain_is_told_as_evictions() -> None:
    story = play("22-drain").story
    assert sum(line.startswith("eviction: deleted pod") for line in story) == 2
    assert not any(line.startswith("someone: deleted") for line in story)


def test_thirty_kills_by_somebody_are_thirty_and_each_has_its_heir() -> None:
    played = play("24-overlapping-kills")
    told = [one for story in played.told.values() for one in story]
    assert sum(one.step.text.startswith("deleted pod") for one in told) == 30
    heals = [heal for record in played.chronicle.records.values() for heal in record.heals]
    assert len(heals) == 9, "22 gaps, of which many open within 5 s of another"
    assert sum(pair.by is not None for heal in heals for pair in heal.replacements) == 30
