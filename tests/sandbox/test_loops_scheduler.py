"""Where a pod fits and where it would sit best, without a cluster."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any
from unittest.mock import AsyncMock, Mock

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.sandbox.loops.cache import Caches
from tui.sandbox.loops.client import NODES, PODS
from tui.sandbox.loops.fitting import (
    Seat,
    no_fit_message,
    obstacles,
    score,
    siblings_of,
    tolerates,
)
from tui.sandbox.loops.objects import Obj, key_of, name_of
from tui.sandbox.loops.scheduler import Placement, SchedulerLoop
from tui.sandbox.loops.seating import Seating
from tui.sandbox.pod_sums import sums
from tui.sandbox.quantity import parse_quantity

from .objects import ManualTime, node, pod


def asking(cpu: str = "0", memory: str = "0", name: str = "p", **more: Any) -> Obj:
    container = {
        "name": "web",
        "image": "shop/web:1",
        "resources": {"requests": {"cpu": cpu, "memory": memory}},
    }
    return pod(name, spec={"containers": [container], **more})


TAINT = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("candidate", "place", "expected"),
    [
        (asking(), node(), []),
        (asking(), node(unschedulable=True), ["node(s) were unschedulable"]),
        (asking(), node(taints=[TAINT]), ["node(s) had untolerated taint(s)"]),
        (asking(), node(taints=[TAINT | {"effect": "NoExecute"}]), ["node(s) had untolerated taint(s)"]),
        (asking(), node(taints=[TAINT | {"effect": "PreferNoSchedule"}]), []),
        (asking(tolerations=[{"key": "dedicated", "operator": "Exists"}]), node(taints=[TAINT]), []),
        (asking(nodeSelector={"disk": "ssd"}), node(), ["node(s) didn't match Pod's node affinity/selector"]),
        (asking(nodeSelector={"topology.kubernetes.io/zone": "zone-a"}), node(), []),
        (asking(cpu="3"), node(), ["Insufficient cpu"]),
        (asking(cpu="2500m", memory="6Gi"), node(), ["Insufficient cpu", "Insufficient memory"]),
        (asking(cpu="2"), node(), []),
        (asking(), node(pods="1"), ["Too many pods"]),
        (
            asking(tolerations=[{"operator": "Exists"}]),
            node(unschedulable=True),
            [],
        ),
    ],
)
def test_what_stands_in_the_way(candidate: Obj, place: Obj, expected: list[str]) -> None:
    assert (
        obstacles(candidate, Seat(place, (asking(cpu="2", memory="4Gi", name="there already"),))) == expected
    )


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ({"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["zone-a", "zone-b"]}, True),
        ({"key": "topology.kubernetes.io/zone", "operator": "NotIn", "values": ["zone-a"]}, False),
        ({"key": "disk", "operator": "DoesNotExist"}, True),
        ({"key": "disk", "operator": "Exists"}, False),
        ({"key": "disk", "operator": "Gt", "values": ["1"]}, False),
    ],
)
def test_required_node_affinity(expression: Obj, fits: bool) -> None:
    required = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    assert (obstacles(asking(affinity=affinity), Seat(node(), ())) == []) is fits


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "dedicated", "operator": "Exists"}, True),
        ({"key": "dedicated", "value": "gpu"}, True),
        ({"key": "dedicated", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}, True),
        ({"key": "dedicated", "value": "cpu"}, False),
        ({"key": "other", "operator": "Exists"}, False),
        ({"key": "dedicated", "operator": "Exists", "effect": "NoExecute"}, False),
    ],
)
def test_tolerations(toleration: Obj, tolerated: bool) -> None:
    assert tolerates(asking(tolerations=[toleration]), TAINT) is tolerated


def test_the_largest_init_container_counts_if_it_is_more() -> None:
    init = [{"name": "i", "resources": {"requests": {"cpu": "2", "memory": "1Mi"}}}]
    assert sums(asking(cpu="1", memory="2Mi", initContainers=init)) == {"cpu": 2, "memory": 2 * 2**20}


def test_the_message_when_nothing_fits() -> None:
    short, full = ["Insufficient cpu"], ["node(s) were unschedulable"]
    assert no_fit_message({"a": full, "b": short, "c": short, "d": short}) == (
        "0/4 nodes are available: 1 node(s) were unschedulable, 3 Insufficient cpu."
    )
    assert no_fit_message({}) == "no nodes available to schedule pods"


def test_siblings_spread_over_zones_and_nodes() -> None:
    crowded = Seat(node("a1", zone="zone-a"), (pod("s1"), pod("s2")))
    same_zone = Seat(node("a2", zone="zone-a"), ())
    far = Seat(node("b1", zone="zone-b"), ())
    seats = [crowded, same_zone, far]
    siblings = siblings_of(pod("new"), seats)
    points = [score(pod("new"), seat, siblings) for seat in seats]
    assert points[2] > points[1] > points[0]


def test_the_emptier_node_wins_otherwise() -> None:
    busy = Seat(node("a1"), (asking(cpu="3", memory="6Gi", name="other", ownerReferences=[]),))
    idle = Seat(node("a2"), ())
    assert score(asking(), idle, Counter()) > score(asking(), busy, Counter())


@given(st.permutations(range(4)), st.integers(1, 3))
def test_scores_do_not_depend_on_the_order_of_nodes(order: list[int], pods: int) -> None:
    seats = [
        Seat(node(f"n{n}", zone=f"z{n % 2}"), tuple(pod(f"p{n}{k}") for k in range(n % pods)))
        for n in range(4)
    ]
    straight = {seat.name: score(pod("new"), seat, siblings_of(pod("new"), seats)) for seat in seats}
    mixed = [seats[place] for place in order]
    assert straight == {seat.name: score(pod("new"), seat, siblings_of(pod("new"), mixed)) for seat in mixed}


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["n0", "n1", ""]), st.sampled_from(["1", "2"]))))
def test_a_seat_is_the_sum_of_who_sits_there(moves: list[tuple[int, str, str]]) -> None:
    seating, places = Seating(), {name: node(name) for name in ("n0", "n1")}
    there: dict[str, tuple[str, Obj]] = {}
    for number, place, cpu in moves:
        guest = asking(cpu, name=f"p{number}")
        if place:
            seating.put(guest, place)
            there[name_of(guest)] = (place, guest)
        else:
            seating.take(key_of(guest))
            there.pop(name_of(guest), None)
        for name, obj in places.items():
            seat = seating.seat(obj)
            expected = Seat(obj, tuple(one for where, one in there.values() if where == name))
            assert (len(seat.pods), seat.used, seat.owned) == (
                len(expected.pods),
                expected.used,
                expected.owned,
            )


def test_a_seat_is_not_added_up_anew_because_a_pod_reports() -> None:
    seating, place = Seating(), node()
    seating.put(pod("p", ready_for=None), "node-a1")
    seat = seating.seat(place)
    seating.put(pod("p", ready_for=10), "node-a1")
    assert seating.seat(place) is seat


async def test_pods_tried_in_vain_wait_for_their_back_off_although_the_cluster_moved() -> None:
    time, client = ManualTime(), AsyncMock()
    caches = Caches(client)
    nodes = caches.of(NODES)
    loop = SchedulerLoop(client, caches, time.clock(), Mock(), 0)
    waiting = pod("p", node="", phase="Pending")
    await loop.act(waiting, Placement(message="0/1 nodes are available: 1 Insufficient cpu."))
    nodes._store("node-a1", node())
    assert len(loop.queue) == 0
    time.pass_by(1)
    nodes._store("node-a2", node("node-a2"))
    assert len(loop.queue) == 1
    loop.queue.close()


async def test_a_pod_whose_binding_got_lost_on_the_way_is_tried_again() -> None:
    client = AsyncMock()
    client.create.side_effect = aiohttp.ServerDisconnectedError
    caches = Caches(client)
    loop = SchedulerLoop(client, caches, ManualTime().clock(), Mock(), 0)
    waiting = pod("p", node="", phase="Pending")
    caches.of(PODS)._store(key_of(waiting), waiting)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await loop.act(waiting, Placement(node="node-a1"))
    assert loop.read_desired(key_of(waiting)) == waiting
    assert loop._seating.seat(node()).pods == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("250m", Fraction(1, 4)),
        ("1", Fraction(1)),
        ("1.5", Fraction(3, 2)),
        ("64Mi", Fraction(64 * 2**20)),
        ("2k", Fraction(2000)),
        ("1024Ki", Fraction(2**20)),
        (3, Fraction(3)),
        ("1e3", Fraction(1000)),
    ],
)
def test_quantities(text: Any, value: Fraction) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize("text", ["", "Mi", "1mm", "one", "1 Gi"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match=r"quantity|Invalid literal"):
        parse_quantity(text)
