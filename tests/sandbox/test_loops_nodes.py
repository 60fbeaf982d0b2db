"""Who is lost, which taints follow, and who has to go: the loops of node life, without a cluster."""

from __future__ import annotations

import math
from collections.abc import Sequence
from unittest.mock import AsyncMock, Mock

import pytest

from tui.sandbox.loops.cache import Caches
from tui.sandbox.loops.client import NODES, PODS
from tui.sandbox.loops.disk_pressure import next_to_go
from tui.sandbox.loops.node_lifecycle import (
    GRACE_S,
    NodeLifecycleLoop,
    Sight,
    Step,
    evicting_taints,
    overdue_conditions,
)
from tui.sandbox.loops.node_pulse import Beat, Pulses, beats_of
from tui.sandbox.loops.node_taints import (
    NOT_READY,
    UNREACHABLE,
    all_are_lost,
    eviction_pause,
    with_no_schedule,
)
from tui.sandbox.loops.objects import Obj, key_of, name_of
from tui.sandbox.loops.own_node import DISK, HEARTBEATS, OwnNode
from tui.sandbox.loops.taint_eviction import Notice, TaintEvictionLoop, Verdict, tolerated_seconds

from .objects import NO_CLIENT, ManualTime, ago, node, pod

NOW = "now"


def node_that_is(ready: str = "True", *, taints: Sequence[Obj] = (), disk: str = "False", **more: str) -> Obj:
    """A node with this Ready condition and these taints."""
    one = node(**more)
    one["spec"]["taints"] = list(taints)
    one["status"]["conditions"] = [
        {"type": "DiskPressure", "status": disk, "lastHeartbeatTime": ago(9)},
        {"type": "Ready", "status": ready, "lastHeartbeatTime": ago(9)},
    ]
    return one


def taint(key: str, effect: str = "NoExecute") -> Obj:
    return {"key": key, "effect": effect}


def sight(silent_s: float = 0.0, **more: bool) -> Sight:
    said = {"all_lost": False, "may_evict": True, "announced": True, "looked": False} | more
    return Sight(silent_s, **said)


# ------------------------------------------------------------------ heartbeats


def test_silence_is_counted_from_the_look_that_heard_the_last_beat() -> None:
    pulses = Pulses()
    beat: dict[str, Beat] = {"a": ("uid", "12:00", "11:58"), "b": ("uid", "12:00", "11:58")}
    for _ in range(4):
        pulses.hear(beat, 5.0)
    assert (pulses.silent_s("a"), pulses.silent_s("b")) == (15.0, 15.0)
    pulses.hear(beat | {"a": ("uid", "12:10", "11:58")}, 5.0)
    assert (pulses.silent_s("a"), pulses.silent_s("b")) == (0.0, 20.0)
    pulses.hear(beat | {"b": ("uid", "12:00", "12:11")}, 5.0)
    assert pulses.silent_s("b") == 0.0, "a posted status is a sign of life too"
    assert pulses.silent_s("never heard of") == 0.0


def test_who_comes_late_itself_does_not_hold_it_against_the_nodes() -> None:
    pulses = Pulses()
    pulses.hear({"a": ("uid", "", "")}, 0.0)
    pulses.hear({"a": ("uid", "", "")}, 3600.0)
    assert pulses.silent_s("a") == 5.0


def test_a_node_that_registers_anew_is_another_one() -> None:
    pulses = Pulses()
    pulses.hear({"a": ("uid", "", "")}, 0.0)
    pulses.hear({"a": ("uid", "", "")}, 5.0)
    pulses.hear({"a": ("another", "", "")}, 5.0)
    assert pulses.silent_s("a") == 0.0


def test_a_beat_is_the_lease_and_the_status() -> None:
    leases = [{"metadata": {"name": "node-a1"}, "spec": {"renewTime": "12:00"}}]
    assert beats_of([node_that_is(), node("node-b1")], leases) == {
        "node-a1": ("node-a1-uid", "12:00", ago(9)),
        "node-b1": ("node-b1-uid", "", ""),
    }


# ------------------------------------------------------------------ conditions


@pytest.mark.parametrize(("silent_s", "lost"), [(45.0, False), (GRACE_S, True), (400.0, True)])
def test_fifty_seconds_of_silence_make_everything_unknown(silent_s: float, lost: bool) -> None:
    written = overdue_conditions(node_that_is(), silent_s, NOW)
    assert [one["type"] for one in written] == (
        ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"] if lost else []
    )
    if lost:
        assert written[-1] == {
            "type": "Ready",
            "status": "Unknown",
            "lastTransitionTime": NOW,
            "reason": "NodeStatusUnknown",
            "message": "Kubelet stopped posting node status.",
        }


def test_a_node_that_never_said_anything_has_a_minute() -> None:
    assert overdue_conditions(node(), 55.0, NOW) == ()
    assert {one["reason"] for one in overdue_conditions(node(), 60.0, NOW)} == {"NodeStatusNeverUpdated"}


def test_what_is_unknown_already_is_not_written_again() -> None:
    lost = node_that_is("Unknown")
    lost["status"]["conditions"] = list(overdue_conditions(node_that_is(), 50.0, NOW))
    assert overdue_conditions(lost, 55.0, "later") == ()


# ------------------------------------------------------------------ taints


def test_taints_follow_the_conditions_and_those_of_others_stay() -> None:
    theirs = taint("example.com/mine", "NoSchedule")
    lost = node_that_is("Unknown", taints=[theirs], disk="True")
    assert with_no_schedule(lost, NOW) == [
        theirs,
        {"key": UNREACHABLE, "effect": "NoSchedule", "timeAdded": NOW},
        {"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule", "timeAdded": NOW},
    ]
    back = node_that_is(taints=with_no_schedule(lost, NOW))
    assert with_no_schedule(back, NOW) == [theirs]


def test_a_cordon_is_a_taint_as_well() -> None:
    cordoned = node_that_is()
    cordoned["spec"]["unschedulable"] = True
    [added] = with_no_schedule(cordoned, NOW)
    assert (added["key"], added["effect"]) == ("node.kubernetes.io/unschedulable", "NoSchedule")


def test_not_ready_evicts_and_unknown_evicts_by_another_name() -> None:
    assert evicting_taints(node_that_is("False"), sight(), NOW)[0]["key"] == NOT_READY
    swapped = evicting_taints(node_that_is("Unknown", taints=[taint(NOT_READY)]), sight(), NOW)
    assert [one["key"] for one in swapped] == [UNREACHABLE]
    assert evicting_taints(node_that_is("Unknown"), sight(may_evict=False), NOW) == []


def test_a_node_that_is_back_is_forgiven_with_the_next_look() -> None:
    back = node_that_is(taints=[taint(UNREACHABLE), taint("example.com/mine")])
    assert evicting_taints(back, sight(), NOW) == back["spec"]["taints"]
    assert evicting_taints(back, sight(looked=True), NOW) == [taint("example.com/mine")]


def test_when_all_are_lost_nobody_is_evicted() -> None:
    assert all_are_lost([node_that_is("Unknown"), node_that_is("False"), node()])
    assert not all_are_lost([node_that_is("Unknown"), node_that_is()])
    lost = node_that_is("Unknown", taints=[taint(UNREACHABLE)])
    assert evicting_taints(lost, sight(all_lost=True, looked=True), NOW) == []
    assert evicting_taints(node_that_is("Unknown"), sight(all_lost=True), NOW) == []


@pytest.mark.parametrize(
    ("lost", "ready", "pause"),
    [(1, 3, 10.0), (2, 1, 10.0), (3, 2, None), (3, 3, 10.0), (4, 0, 10.0), (40, 20, 100.0)],
)
def test_a_zone_that_fares_badly_is_evicted_slowly_or_not_at_all(
    lost: int, ready: int, pause: float | None
) -> None:
    zone = [node_that_is("Unknown")] * lost + [node_that_is()] * ready
    assert eviction_pause(zone) == pause


# ------------------------------------------------------------------ one thing a turn


def lifecycle(time: ManualTime, *nodes: Obj) -> NodeLifecycleLoop:
    caches = Caches(NO_CLIENT)
    loop = NodeLifecycleLoop(AsyncMock(), caches, time.clock(), Mock())
    for one in nodes:
        caches.of(NODES)._store(name_of(one), one)
    return loop


def test_first_the_conditions_then_the_news_then_the_taints() -> None:
    one = node_that_is()
    loop = lifecycle(ManualTime(), one)
    assert loop.compare(one, sight(50.0, announced=False)) is None, "only a look at the heartbeats decides"
    step = loop.compare(one, sight(50.0, announced=False, looked=True))
    assert step is not None
    assert [told["status"] for told in step.conditions] == ["Unknown"] * 4
    one["status"]["conditions"] = list(step.conditions)
    assert loop.compare(one, sight(50.0, announced=False)) == Step(announce=True)
    for effects in (["NoSchedule"], ["NoSchedule", "NoExecute"]):
        step = loop.compare(one, sight(50.0))
        assert step is not None
        assert step.taints is not None
        assert [told["effect"] for told in step.taints] == effects
        one["spec"]["taints"] = list(step.taints)
    assert loop.compare(one, sight(50.0)) is None


async def test_a_zone_loses_a_node_to_eviction_every_ten_seconds() -> None:
    time = ManualTime()
    first, second, other = (
        node_that_is("Unknown", name=name, zone=zone)
        for name, zone in (("a1", "zone-a"), ("a2", "zone-a"), ("b1", "zone-b"))
    )
    ready = node_that_is(name="c1", zone="zone-c")
    loop = lifecycle(time, first, second, other, ready)
    assert loop.read_actual(second).may_evict
    await loop.act(first, Step(taints=tuple(evicting_taints(first, sight(), NOW))))
    assert not loop.read_actual(second).may_evict
    assert loop.read_actual(other).may_evict
    time.pass_by(10)
    assert loop.read_actual(second).may_evict


# ------------------------------------------------------------------ evictions by taint


def toleration(key: str = "", seconds: int | None = None, **more: str) -> Obj:
    limit = {} if seconds is None else {"tolerationSeconds": seconds}
    return {"key": key, "operator": "Exists", "effect": "NoExecute"} | limit | more


@pytest.mark.parametrize(
    ("tolerations", "taints", "seconds"),
    [
        ([], [], math.inf),
        ([], ["a"], 0.0),
        ([toleration("a")], ["a"], math.inf),
        ([toleration("a", 300)], ["a"], 300.0),
        ([toleration("a", 300), toleration("b", 20)], ["a", "b"], 20.0),
        ([toleration("a", 300)], ["a", "b"], 0.0),
        ([toleration("a", -5)], ["a"], 0.0),
        ([toleration("", 60)], ["a"], 60.0),
        ([toleration("a", 60, effect="NoSchedule")], ["a"], 0.0),
    ],
)
def test_how_long_a_pod_may_stay(tolerations: list[Obj], taints: list[str], seconds: float) -> None:
    one = pod(spec={"tolerations": tolerations})
    assert tolerated_seconds(one, [taint(key) for key in taints]) == seconds


class Evictions:
    """The loop on one node and one pod, and a clock that is moved by hand."""

    def __init__(self, tolerated: int | None = 300) -> None:
        self.time = ManualTime()
        self.caches = Caches(NO_CLIENT)
        self.api = AsyncMock()
        self.recorder = Mock()
        self.loop = TaintEvictionLoop(self.api, self.caches, self.time.clock(), self.recorder)
        limit = [] if tolerated is None else [toleration(UNREACHABLE, tolerated)]
        self.pod = pod(spec={"tolerations": limit})
        self.taint()
        self.caches.of(PODS)._store(key_of(self.pod), self.pod)

    def taint(self, *keys: str) -> None:
        one = node_that_is("Unknown", taints=[taint(key) for key in keys])
        before = self.caches.of(NODES).get("node-a1")
        one["metadata"]["resourceVersion"] = str(
            int(before["metadata"]["resourceVersion"]) + 1 if before else 1
        )
        self.caches.of(NODES)._store("node-a1", one)

    def look(self) -> Verdict | None:
        return self.loop.compare(self.pod, self.loop.read_actual(self.pod))


def test_a_pod_goes_when_what_it_tolerates_is_over() -> None:
    one = Evictions()
    assert one.look() is None
    one.taint(UNREACHABLE)
    assert one.look() is None
    one.time.pass_by(299)
    assert one.look() is None
    assert one.loop.wait(one.pod, one.loop.read_actual(one.pod)) == 1
    one.time.pass_by(1)
    assert one.look() is Verdict.EVICT
    assert Evictions(tolerated=0).look() is None, "nothing asks it to go"


def test_without_a_toleration_it_goes_at_once() -> None:
    one = Evictions(tolerated=None)
    one.taint(UNREACHABLE)
    assert one.look() is Verdict.EVICT


async def test_a_taint_that_goes_spares_the_pod_and_another_one_counts_anew() -> None:
    one = Evictions()
    one.taint(UNREACHABLE)
    assert one.look() is None
    one.time.pass_by(200)
    one.taint()
    assert one.look() is Verdict.SPARE
    await one.loop.act(one.pod, Verdict.SPARE)
    assert one.recorder.event.call_args.args[2:] == (
        "TaintManagerEviction",
        "Cancelling deletion of Pod shop/web-1-abcde",
    )
    one.taint(UNREACHABLE)
    assert one.look() is None
    one.time.pass_by(200)
    assert one.loop.read_actual(one.pod) == Notice(300.0, 200.0)
    assert not one.api.delete.called


async def test_the_reason_is_written_before_the_pod_is_deleted() -> None:
    one = Evictions(tolerated=None)
    await one.loop.act(one.pod, Verdict.EVICT)
    [marked, deleted] = one.api.mock_calls
    [told] = marked.args[3]["status"]["conditions"]
    assert (told["type"], told["reason"]) == ("DisruptionTarget", "DeletionByTaintManager")
    assert deleted.args[1] is one.pod
    assert one.recorder.event.call_args.args[3] == "Marking for deletion Pod shop/web-1-abcde"


async def test_only_pods_on_such_a_node_get_a_turn() -> None:
    one = Evictions()
    assert len(one.loop.queue) == 0
    one.taint(UNREACHABLE)
    assert len(one.loop.queue) == 1
    assert await one.loop.queue.get() == "shop/web-1-abcde"


# ------------------------------------------------------------------ the node's own


def test_annotations_play_faults_and_a_deleted_node_is_still_the_same_machine() -> None:
    own = OwnNode(NO_CLIENT, "node-a1")
    heard: list[tuple[bool, bool]] = []
    own.on_fault(lambda: heard.append((own.is_silent, own.disk_is_full)))

    def see(version: str, annotations: dict[str, str]) -> None:
        one = node()
        one["metadata"] |= {"annotations": annotations, "resourceVersion": version}
        own.cache._store("node-a1", one)

    see("1", {})
    see("2", {HEARTBEATS: "stopped"})
    see("3", {HEARTBEATS: "stopped", "other": "news"})
    own.cache._store("node-a1", None)
    assert own.is_silent
    see("5", {DISK: "full", HEARTBEATS: "started"})
    assert heard == [(True, False), (False, True)]


def test_the_least_important_pod_goes_first_and_a_critical_one_never() -> None:
    old, young = pod("old", age=90), pod("young", age=10)
    important = pod("important", age=1, spec={"priority": 1000})
    critical = pod("critical", spec={"priority": 2_000_000_000})
    assert next_to_go([old, important, young, critical]) is young
    assert next_to_go([critical, important]) is important
    assert next_to_go([critical, pod(phase="Failed")]) is None
