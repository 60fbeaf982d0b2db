"""The chain of reasons over recorded streams of a real control plane: the right block at the right time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest

from tests.histories import HERE, replay, truth
from tui.facts import PodDisruptionBudget, parse_time
from tui.facts.budgets import BudgetSpec, BudgetStatus, LabelSelector
from tui.facts.meta import ObjectMeta
from tui.reconcile.gap import Gap, measure
from tui.session import views
from tui.session.news import Link
from tui.world import World

ALL = sorted(path.name.removesuffix(".truth.json") for path in HERE.glob("*.truth.json"))


@dataclass(frozen=True)
class Told:
    """The chain after one frame. `at` and the links' moments are seconds since the recording began."""

    at: float
    gap: Gap
    links: tuple[Link, ...]

    @property
    def last(self) -> Link:
        return self.links[-1]


@cache
def told(name: str) -> tuple[Told, ...]:
    """The chain of the recording's one Deployment after each of its frames."""
    world, found = World(), []
    for moment in replay(name, world):
        for uid, deployment in world.deployments.by_uid.items():
            gap = measure(deployment, world.replicasets_of(uid), world.pods_of(uid), moment.now)
            links = views.links(uid, world, gap, server_now=moment.now, at=moment.at)
            found.append(Told(moment.at, gap, links))
    return tuple(found)


def between(name: str, begin: float, end: float) -> list[Told]:
    found = [one for one in told(name) if begin <= one.at < end]
    assert found
    return found


@pytest.mark.parametrize("name", ALL)
def test_at_every_prefix_there_is_a_chain_exactly_while_something_is_not_as_asked_for(name: str) -> None:
    for one in told(name):
        assert bool(one.links) == (not one.gap.settled), one
        if one.links:
            assert one.links[0].subject.startswith("Deployment ")
            assert one.last.waits_for, one
            assert not any(link.hopeless for link in one.links[:-1])


def test_a_crash_counts_down_to_the_first_moment_at_which_the_kubelet_may_try_again() -> None:
    """The back-off is 10, 20, 40 s from the crash; the kubelet looks up to half of that after its end."""
    waits: dict[str, list[Told]] = {}
    for one in told("05-crashloop"):
        if one.links and one.last.due is not None:
            waits.setdefault(one.last.waits_for, []).append(one)
    tried = {
        "next try (2nd: 10 to 15 s)": (3.518311, 17.755264),
        "next try (3rd: 20 to 30 s)": (18.294721, 44.945705),
        "next try (4th: 40 to 60 s)": (45.534588, 96.857535),
    }
    assert list(waits) == list(tried)
    for rung, (crashed, started) in tried.items():
        backoff_s = float(rung.split()[3])
        dues = {one.last.due for one in waits[rung]}
        assert len({round(due or 0.0, 6) for due in dues}) == 1, (
            "it does not jump when the kubelet says so itself"
        )
        due = dues.pop()
        assert due is not None
        assert due == pytest.approx(crashed + backoff_s, abs=1.0)  # stamps are whole seconds
        assert due <= started <= due + backoff_s / 2 + 1.0


def test_a_crash_is_the_last_link_under_its_pod() -> None:
    for one in between("05-crashloop", 4.9, 17.7):
        assert [link.subject for link in one.links] == [
            "Deployment web",
            "ReplicaSet web-56ccf4dff9",
            "pod web-56ccf4dff9-c26pl",
            "container web",
        ]
        assert one.last.text == "crashed, exit 1"


def test_an_image_that_is_nowhere_is_hopeless_until_the_rollout_is_undone() -> None:
    for one in between("08-bad-image", 3.6, 27.2):
        assert one.last.subject == "container web"
        assert one.last.text == "registry.local/web:nope is not on the node, and its pull policy is Never"
        assert one.last.hopeless
        top = one.links[0]
        assert top.waits_for == "progress deadline"
        assert top.due is not None
        assert top.due > 600
    assert not any(one.last.hopeless for one in told("08-bad-image") if one.at > 27.8 and one.links)


def test_a_quota_is_named_from_the_refusal_until_the_controllers_next_try() -> None:
    for one in between("11-quota", 4.21, 41.0):
        assert [link.subject for link in one.links[1:]] == ["ReplicaSet web-56ccf4dff9", "quota four"]
        assert one.last.text == "pods: 1 requested, 5 used, 4 allowed"
        assert not one.last.hopeless


def test_a_paused_template_waits_for_a_person_and_a_lost_pod_meanwhile_does_not() -> None:
    paused = [one for one in between("14-pause", 3.9, 12.8) if not one.gap.size and one.gap.observed]
    assert paused
    for one in paused:
        assert one.last.text == "paused with 5 pods of an older template"
        assert one.last.hopeless
    lost = [one for one in between("14-pause", 5.88, 6.7) if one.gap.size]
    assert lost
    assert not any(one.last.hopeless for one in lost)


def test_a_silent_nodes_pod_is_evicted_when_it_was_said_to_be() -> None:
    (evicted,) = [pod["t_deletion"] for pod in truth("20-node-lost")["pods"] if pod["t_deletion"] is not None]
    waiting = between("20-node-lost", 16.4244, evicted)
    for one in waiting:
        assert one.last.subject == "node sim-node"
        assert one.last.waits_for == "eviction (then a replacement)"
        assert one.last.due == pytest.approx(evicted, abs=1.5)
    before_its_taint = between("20-node-lost", 16.374, 16.4244)
    assert before_its_taint[-1].last.waits_for == "the node controller's taint, which evicts its pods"


def test_a_drain_is_told_as_pods_that_come_back() -> None:
    steps = {one.last.waits_for for one in told("22-drain") if one.links}
    assert "the scheduler" in steps
    assert any(step.startswith("the kubelet of node sim-node") for step in steps)
    assert not any(one.last.hopeless for one in told("22-drain") if one.links)


def test_a_drain_that_a_budget_might_hold_up_is_told_so_while_its_pods_are_on_the_cordoned_node() -> None:
    """The recorded drain with a budget put beside it: cordoned from 2.77 to 12.0 s, evicted at 3.06 and 3.41 s."""
    world, said = World(), list[tuple[float, str]]()
    for moment in replay("22-drain", world):
        world.put("PodDisruptionBudget", SPENT)
        ((uid, deployment),) = world.deployments.by_uid.items()
        gap = measure(deployment, world.replicasets_of(uid), world.pods_of(uid), moment.now)
        links = views.links(uid, world, gap, server_now=moment.now, at=moment.at)
        asides = [link for link in links if link.aside]
        assert links[len(links) - len(asides) :] == tuple(asides), "they come last"
        assert bool(links) == (not gap.settled or bool(asides))
        text = f"{asides[-2].subject}: {asides[-1].text}" if asides else ""
        if not said or said[-1][1] != text:
            said.append((moment.at, text))
    allows = "allows 0 disruptions: 8 of 8 needed are healthy"
    assert said == [
        (0.0, ""),
        (2.771517, f"2 pods on cordoned node sim-node: {allows}"),
        (3.05755, f"besides, 1 pod on cordoned node sim-node: {allows}"),
        (3.407938, ""),
    ]


SPENT = PodDisruptionBudget(
    metadata=ObjectMeta(name="web", namespace="shop", uid="uid-budget"),
    spec=BudgetSpec(selector=LabelSelector(match_labels={"app": "web"})),
    status=BudgetStatus(current_healthy=8, desired_healthy=8, expected_pods=9),
)


def test_moments_are_told_on_the_clock_of_the_screen() -> None:
    one = between("20-node-lost", 16.4244, 36.0)[0]
    started = parse_time(truth("20-node-lost")["started"])
    assert started is not None
    assert one.last.since == pytest.approx((parse_time("2026-11-22T15:33:58Z") or 0.0) - started, abs=1e-3)
