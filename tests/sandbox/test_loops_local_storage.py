"""Pods that write more than they may: their kubelet evicts them, and the others stay."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from tui.sandbox.loops.client import PODS
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.disk_pressure import LOW_ON_DISK, EvictionManager
from tui.sandbox.loops.local_storage import WRITTEN, overgrown, storage_limit
from tui.sandbox.loops.objects import Obj, condition, is_ready, key_of, name_of, status_of
from tui.sandbox.loops.pod_status import Eviction
from tui.sandbox.quantity import quantity_text

from .live import Live, Objects, live
from .objects import node, pod

WORDS = "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. "
LIMIT: Obj = {"resources": {"limits": {"ephemeral-storage": "1Gi"}}}


def spec(*limits: str | None, init: str | None = None) -> Obj:
    """A pod's spec with one container for each limit."""

    def container(limit: str | None) -> Obj:
        return {"name": "c", "resources": {"limits": {"ephemeral-storage": limit}} if limit else {}}

    before = {"initContainers": [container(init)]} if init else {}
    return {"containers": [container(one) for one in limits], **before}


async def write(cluster: Live, one: Obj, amount: str) -> None:
    """What `kubectl annotate pod` sends."""
    await cluster.patch(PODS, name_of(one), {"metadata": {"annotations": {WRITTEN: amount}}})


def is_evicted(one: Obj) -> bool:
    return status_of(one).get("reason") == "Evicted"


async def test_a_pod_that_outgrows_its_limit_is_evicted_and_replaced() -> None:
    async with live(speed=50) as cluster:
        await cluster.deploy(replicas=3, pod=LIMIT)
        greedy, modest, _ = await cluster.ready_pods(3)
        await write(cluster, modest, "1Gi")
        await write(cluster, greedy, "2Gi")

        def is_healed(all_: Objects) -> bool:
            return is_evicted(all_[key_of(greedy)]) and sum(map(is_ready, all_.values())) == 3

        pods = await cluster.until(PODS, is_healed)
        status = status_of(pods[key_of(greedy)])
        assert (status["phase"], status["message"]) == ("Failed", WORDS)
        assert condition(pods[key_of(greedy)], "DisruptionTarget") is None, "it is its own fault"
        assert status["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 137
        assert is_ready(pods[key_of(modest)]), "what it may write it may write"
        told = await cluster.event("Evicted")
        assert (told["message"], told["type"]) == (WORDS, "Warning")
        assert told["involvedObject"]["name"] == name_of(greedy)


def test_the_guilty_go_before_those_who_only_sit_in_the_way() -> None:
    guilty = pod("guilty", spec=spec("1Gi"), annotations={WRITTEN: "2Gi"}, age=90)
    youngest = pod("youngest", spec=spec("1Gi"), age=10)
    evictions: list[tuple[str, str, bool]] = []

    def evict(one: Obj, eviction: Eviction) -> None:
        evictions.append((name_of(one), eviction.why, eviction.is_disruption))

    kubelet: Any = SimpleNamespace(pods=[guilty, youngest], evict=evict)
    own: Any = SimpleNamespace(node=node(), disk_is_full=True)
    recorder: Any = SimpleNamespace(event=lambda *_: None)
    manager = EvictionManager(Clock(), recorder, own, kubelet)
    manager.look()
    assert evictions == [("guilty", WORDS, False)]
    kubelet.pods = [youngest]
    manager.look()
    assert evictions[1:] == [("youngest", LOW_ON_DISK, True)]


@pytest.mark.parametrize(
    ("asked", "limit"),
    [
        (spec(None), None),
        (spec("1Gi"), (Fraction(2**30), "1Gi")),
        (spec("1Gi", None), (Fraction(2**30), "1Gi")),
        (spec("1Gi", "512Mi"), (Fraction(3 * 2**29), "1536Mi")),
        (spec("500M", "1G"), (Fraction(15 * 10**8), "1500M")),
        (spec("1Gi", init="2Gi"), (Fraction(2**31), "2Gi")),
        (spec(None, init="2Gi"), (Fraction(2**31), "2Gi")),
    ],
)
def test_what_a_pod_may_write(asked: Obj, limit: tuple[Fraction, str] | None) -> None:
    assert storage_limit({"spec": asked}) == limit


@pytest.mark.parametrize(
    ("amount", "phase", "goes"),
    [
        ("2Gi", "Running", True),
        ("1Gi", "Running", False),
        ("plenty", "Running", False),
        ("2Gi", "Pending", False),
        ("2Gi", "Failed", False),
    ],
)
def test_who_has_written_too_much(amount: str, phase: str, goes: bool) -> None:
    one = pod(phase=phase, spec=spec("1Gi"), annotations={WRITTEN: amount})
    assert [name_of(found) for found, _ in overgrown([one])] == ([name_of(one)] if goes else [])


def test_a_quantity_in_words() -> None:
    assert quantity_text(Fraction(1000), like="1k") == "1k"
    assert quantity_text(Fraction(1001), like="1Ki") == "1001"
