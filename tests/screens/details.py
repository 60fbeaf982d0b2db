"""A Deployment's detail for tests of pictures, in few words."""

from __future__ import annotations

from tui.reconcile.explain import Cause
from tui.reconcile.gap import Gap
from tui.reconcile.heal import Heal
from tui.session.news import (
    DeploymentDetail,
    FleetRow,
    Lifeline,
    Link,
    Mark,
    PodState,
    PodView,
    Point,
    ReplicaSetView,
    Told,
)


def a_row(desired: int = 5, available: int = 5, *, name: str = "web", why: str = "") -> FleetRow:
    """shop/web."""
    missing = max(0, desired - available)
    return FleetRow(
        uid="uid-web",
        namespace="shop",
        name=name,
        revision="1",
        gap=Gap(desired, available, available, available, missing, 0, 0, 0, 0),
        paused=False,
        cause=Cause.IMAGE if why else Cause.NONE,
        why=why,
        opened=None,
        opened_before_us=False,
        last_heal_s=None,
    )


def a_pod_view(name: str, state: PodState = PodState.READY, note: str = "") -> PodView:
    """A pod on node-a1."""
    return PodView(f"uid-{name}", name, state, note, "node-a1", 0, None)


def a_detail(
    *,
    row: FleetRow | None = None,
    pods: tuple[PodView, ...] | None = None,
    replicaset: str = "web-87d54d6bc",
    points: tuple[Point, ...] = (),
    lifelines: tuple[Lifeline, ...] | None = None,
    told: tuple[Told, ...] = (),
    marks: tuple[Mark, ...] = (),
    heal: Heal | None = None,
    objection: str = "",
    chain: tuple[Link, ...] = (),
) -> DeploymentDetail:
    """shop/web with one ReplicaSet and one pod that was there before we looked, unless told otherwise."""
    pods = (a_pod_view(f"{replicaset}-x2k4c"),) if pods is None else pods
    if lifelines is None:
        lifelines = tuple(Lifeline(pod.uid, pod.name, ((None, pod.state),)) for pod in pods)
    row = row or a_row()
    owner = ReplicaSetView("uid-rs", replicaset, "1", row.gap.desired, row.gap.ready, True, pods)
    return DeploymentDetail(row, (owner,), points, lifelines, told, marks, heal, objection, chain)


def a_heal(
    opened: float, *, closed: float | None = None, settled: float | None = None, lost_pod_s: float = 0.0
) -> Heal:
    """A gap of one pod."""
    cause = "you deleted pod web-87d54d6bc-x2k4c"
    return Heal("uid-web", opened, cause, 1, closed=closed, settled=settled, lost_pod_s=lost_pod_s)
