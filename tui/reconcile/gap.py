"""Desired against actual: how far one Deployment is from what was asked for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tui.facts import Deployment, Pod, ReplicaSet


class Gap(msgspec.Struct, frozen=True, gc=False):
    """One comparison. Counts are pods; `terminating` pods are counted apart from all others.

    `desired`: spec.replicas. `ready`/`available`: of the pods that are not being ended. `starting`: there, but
    not available. `missing`: not created yet. `surplus`: more than asked for (a rollout's surge among them).
    `outdated`: from an older template. `observed`: the deployment controller has seen this spec.
    """

    desired: int
    updated: int
    ready: int
    available: int
    starting: int
    missing: int
    surplus: int
    outdated: int
    terminating: int
    observed: bool = True
    confirmed: bool = True
    """Whether the controllers' own status says the same number of available pods."""
    next_change_at: float | None = None
    """Server time (epoch seconds) when the clock alone makes a ready pod available (minReadySeconds)."""

    @property
    def size(self) -> int:
        """Pods that people were promised and don't have: max(0, desired − available)."""
        return max(0, self.desired - self.available)

    @property
    def settled(self) -> bool:
        """Nothing left to do: as many as asked for, all available, all from the newest template."""
        return self.observed and not (self.size or self.surplus or self.outdated)


def measure(
    deployment: Deployment, replicasets: Sequence[ReplicaSet], pods: Sequence[Pod], now: float
) -> Gap:
    """The gap of one Deployment at server time `now`, from its ReplicaSets and pods in any order."""
    desired = deployment.desired
    min_ready_s = deployment.spec.min_ready_seconds
    active = [pod for pod in pods if pod.active]
    ready = [pod for pod in active if pod.ready]
    # Stamps are read only where they matter: a fleet without minReadySeconds never pays for it.
    available_at = [pod.available_at(min_ready_s) for pod in ready] if min_ready_s else []
    later = [at for at in available_at if at > now]
    available = len(ready) - len(later)
    newest = newest_replicaset(deployment, replicasets)
    updated = sum(pod.metadata.controller_uid == newest.metadata.uid for pod in active) if newest else 0
    if deployment.observed and not deployment.status.updated_replicas:
        updated = 0  # no ReplicaSet has this template: paused, or it could not be created
    return Gap(
        desired=desired,
        updated=updated,
        ready=len(ready),
        available=available,
        starting=len(active) - available,
        missing=max(0, desired - len(active)),
        surplus=max(0, len(active) - desired),
        outdated=len(active) - updated,
        terminating=sum(pod.metadata.terminating for pod in pods),
        observed=deployment.observed,
        confirmed=deployment.observed and deployment.status.available_replicas == available,
        next_change_at=min(later, default=None),
    )


def newest_replicaset(deployment: Deployment, replicasets: Sequence[ReplicaSet]) -> ReplicaSet | None:
    """The ReplicaSet of the current template: the one with the Deployment's revision.

    Templates are not kept in facts; upstream's controller writes the same revision on both objects
    (deployment/util SetNewReplicaSetAnnotations). Where the Deployment has none yet it is the highest; where it
    has one that no ReplicaSet has, the streams have raced and the newest has not arrived: None.
    """
    revision = deployment.revision
    candidates = [rs for rs in replicasets if rs.revision == revision] if revision else replicasets
    return max(candidates, key=_age_rank, default=None)


def _age_rank(replicaset: ReplicaSet) -> tuple[int, str, str]:
    text = replicaset.revision
    # Anybody can write an annotation: only what upstream would write counts as a number.
    revision = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    return revision, replicaset.metadata.creation_timestamp, replicaset.metadata.name
