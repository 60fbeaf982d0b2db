"""How much the memory of 8 hours takes: counted object by object, against the 50 MB that it may take."""

from __future__ import annotations

import dataclasses
import sys
from collections import deque
from enum import Enum
from typing import Any

import msgspec

from tests.build import a_deployment, a_pod, a_replicaset
from tui.facts import Pod
from tui.reconcile.gap import measure
from tui.session import records
from tui.session.chronicle import Chronicle
from tui.world import World

MAY_TAKE = 50_000_000
DEPLOYMENTS = 50
EIGHT_HOURS_S = 8 * 3600


def size_of(value: Any, seen: set[int] | None = None) -> int:
    """Bytes of a value and all that hangs on it; what is shared counts once."""
    seen = set() if seen is None else seen
    if id(value) in seen or value is None or isinstance(value, (bool, Enum)):
        return 0
    seen.add(id(value))
    inside: list[Any] = []
    if isinstance(value, dict):
        inside = [*value, *value.values()]
    elif isinstance(value, (tuple, list, set, frozenset, deque)):
        inside = list(value)
    elif dataclasses.is_dataclass(value):
        inside = [getattr(value, field.name) for field in dataclasses.fields(value)]
    elif isinstance(value, msgspec.Struct):
        inside = [getattr(value, name) for name in value.__struct_fields__]
    return sys.getsizeof(value) + sum(size_of(one, seen) for one in inside)


class Workshop:
    """Deployments of two pods each, one of whose pods is deleted and replaced again and again."""

    def __init__(self, deployments: int) -> None:
        self.world = World()
        self.names = [f"web{number}" for number in range(deployments)]
        self.world.replace("Deployment", [a_deployment(2, name=name) for name in self.names])
        self.world.replace(
            "ReplicaSet", [a_replicaset(f"{name}-1", owner=f"uid-{name}", replicas=2) for name in self.names]
        )
        self.world.replace("Pod", [self.pod(name, which) for name in self.names for which in ("a", "b0")])
        self.chronicle = Chronicle(self.world, lambda _uid: True, lambda: 1.8e9)
        self.turns = dict.fromkeys(self.names, 0)
        for name in self.names:
            self.assess(name, 0.0)

    @staticmethod
    def pod(name: str, which: str, **more: Any) -> Pod:
        """One of that Deployment's pods, with a name as long as real ones."""
        return a_pod(f"{name}-7f5b9c6d8-{which:>5}", owner=f"uid-{name}-1", **more)

    def assess(self, name: str, at: float) -> None:
        uid = f"uid-{name}"
        deployment, pods = self.world.deployments.by_uid[uid], self.world.pods_of(uid)
        gap = measure(deployment, self.world.replicasets_of(uid), pods, 1.8e9)
        self.chronicle.assess(uid, gap, at)

    def put(self, name: str, pod: Pod, at: float) -> None:
        self.chronicle.note(self.world.put("Pod", pod), at)
        self.assess(name, at)

    def hit(self, name: str, at: float) -> None:
        """One pod is deleted by us, replaced, and gone."""
        turn = self.turns[name]
        self.turns[name] += 1
        old, new = f"b{turn}", f"b{turn + 1}"
        victim = self.pod(name, old, terminating=True, version=f"{turn}x")
        self.chronicle.fault(
            f"uid-{name}", frozenset({victim.metadata.uid}), f"you deleted pod {victim.metadata.name}", at
        )
        self.put(name, victim, at + 0.01)
        self.put(name, self.pod(name, new, ready=False, node=None), at + 0.02)
        self.put(name, self.pod(name, new, ready=False, version="2"), at + 0.5)
        self.put(name, self.pod(name, new, version="3"), at + 1.0)
        self.chronicle.note(self.world.remove("Pod", victim), at + 1.5)
        self.assess(name, at + 1.5)

    @property
    def bytes(self) -> int:
        """What the chronicle has in memory, but for the facts of the world."""
        seen: set[int] = set()
        kept = [
            self.chronicle.records,
            self.chronicle._pods,
            self.chronicle._gone,
            self.chronicle.clock.filed,
        ]
        return sum(size_of(one, seen) for one in kept)


def test_eight_hours_of_a_workshop_fit_into_the_bound() -> None:
    workshop, at = Workshop(DEPLOYMENTS), 0.0
    before = 0
    while at < EIGHT_HOURS_S:
        workshop.hit(workshop.names[int(at / 8) % DEPLOYMENTS], at)
        at += 8.0
        if not before and at >= 0.75 * EIGHT_HOURS_S:
            before = workshop.bytes
    clock = workshop.chronicle.clock
    assert clock.filed_count > 3500
    assert len(clock.filed) == records.HEALS_KEPT_IN_ALL
    assert all(len(record.heals) == records.HEALS_KEPT for record in workshop.chronicle.records.values())
    assert workshop.bytes < MAY_TAKE / 2
    assert workshop.bytes < 1.05 * before, "the last two hours took no more room"


def test_everything_full_to_the_brim_is_within_the_bound_too() -> None:
    """One Deployment that is hit without a pause fills what it may have; so many times that, and all else full."""
    workshop, at = Workshop(1), 0.0
    for _ in range(records.HEALS_KEPT):
        for _ in range(records.PAIRS_FILED):
            workshop.hit("web0", at)
            at += 2.0
        at += 10.0
    for _ in range(records.POINTS_KEPT):
        workshop.hit("web0", at)
        at += 0.01
    (record,) = workshop.chronicle.records.values()
    assert len(record.points) == records.POINTS_KEPT
    assert len(record.happened) == records.STEPS_KEPT
    assert len(record.heals) == records.HEALS_KEPT
    record.heal = None
    one_filed = size_of(workshop.chronicle.clock.filed[-1])
    (pods,) = workshop.chronicle._pods.values()
    one_pod = size_of(list(pods.values())[-2])
    gone_in_five_minutes = 5 * records.GONE_KEPT_S
    total = (
        DEPLOYMENTS * size_of(record) + records.HEALS_KEPT_IN_ALL * one_filed + gone_in_five_minutes * one_pod
    )
    assert total < MAY_TAKE
