"""A Deployment's status and conditions, worked out from its ReplicaSets. Pure functions of state and clock.

Follows k8s/pkg/controller/deployment: sync.go (calculateStatus), progress.go (syncRolloutStatus).
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.objects import Obj, condition, find_condition, name_of, status_of
from tui.sandbox.loops.rollout import available, min_available, size, total

NO_DEADLINE = 2**31 - 1


def deadline_of(deployment: Obj) -> int | None:
    """progressDeadlineSeconds; None if progress is not to be judged."""
    seconds = deployment["spec"].get("progressDeadlineSeconds", 600)
    return None if seconds is None or seconds == NO_DEADLINE else int(seconds)


def is_complete(deployment: Obj, status: Obj) -> bool:
    """Every desired replica is updated and available, nothing else is left, and the spec has been seen."""
    desired = size(deployment)
    counts = (status.get(name, 0) for name in ("updatedReplicas", "replicas", "availableReplicas"))
    observed = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    return all(count == desired for count in counts) and observed


def counted(deployment: Obj, new: Obj | None, old: Sequence[Obj], clock: Clock) -> Obj:
    """The status with its counts and its Available condition; the other conditions stay as they are."""
    every = [*old, new] if new is not None else list(old)

    def add(field: str) -> int:
        return sum(int(status_of(one).get(field, 0)) for one in every)

    ready, can_serve = add("readyReplicas"), sum(map(available, every))
    counts = {
        "replicas": add("replicas"),
        "updatedReplicas": int(status_of(new).get("replicas", 0)) if new is not None else 0,
        "readyReplicas": ready,
        "availableReplicas": can_serve,
        "unavailableReplicas": max(0, total(every) - can_serve),
    }
    before = status_of(deployment)
    status: Obj = {"observedGeneration": deployment["metadata"].get("generation", 0)}
    status |= {name: count for name, count in counts.items() if count}
    status["terminatingReplicas"] = add("terminatingReplicas")
    if before.get("collisionCount") is not None:
        status["collisionCount"] = before["collisionCount"]
    status["conditions"] = list(before.get("conditions") or ())
    _set(status, _availability(can_serve >= min_available(deployment)), clock)
    _promote_failure(status, new, every)
    return status


def judged(deployment: Obj, status: Obj, new: Obj | None, clock: Clock) -> Obj:
    """The status with the Progressing condition of a rollout: done, under way, or out of time."""
    deadline = deadline_of(deployment)
    if deadline is None:
        return _without(status, "Progressing")
    standing = condition(deployment, "Progressing")
    settled = standing is not None and standing["reason"] == "NewReplicaSetAvailable"
    if settled and status.get("replicas", 0) == status.get("updatedReplicas", 0):
        return status
    if is_complete(deployment, status):
        what = "has successfully progressed"
        _set(status, _progressing("True", "NewReplicaSetAvailable", _sentence(deployment, new, what)), clock)
    elif has_progressed(status_of(deployment), status):
        told = _progressing("True", "ReplicaSetUpdated", _sentence(deployment, new, "is progressing"))
        _set(status, told, clock, renew=True)
    elif is_late(standing, deadline, clock):
        what = "has timed out progressing"
        _set(
            status, _progressing("False", "ProgressDeadlineExceeded", _sentence(deployment, new, what)), clock
        )
    return status


def has_progressed(before: Obj, after: Obj) -> bool:
    """More updated, ready or available replicas than before, or fewer old ones."""

    def old(status: Obj) -> int:
        return int(status.get("replicas", 0)) - int(status.get("updatedReplicas", 0))

    rising = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return old(after) < old(before) or any(after.get(name, 0) > before.get(name, 0) for name in rising)


def is_late(standing: Obj | None, deadline: int, clock: Clock) -> bool:
    """No progress was noted within the deadline (or that has been said already)."""
    if standing is None or standing["reason"] == "NewReplicaSetAvailable":
        return False
    if standing["reason"] == "ProgressDeadlineExceeded":
        return True
    return clock.since(standing.get("lastUpdateTime")) > deadline


def judged_again_in(deployment: Obj, clock: Clock) -> float | None:
    """Cluster seconds until progress has to be judged although nothing may change; None if never."""
    deadline, standing = deadline_of(deployment), condition(deployment, "Progressing")
    if deadline is None or standing is None or deployment["spec"].get("paused"):
        return None
    if is_complete(deployment, status_of(deployment)) or standing["reason"] == "ProgressDeadlineExceeded":
        return None
    left = deadline - clock.since(standing.get("lastUpdateTime"))
    return max(0.0, left) + 1.0  # a second more, for stamps have whole ones


# ------------------------------------------------------------------ single conditions


def pause_note(deployment: Obj) -> Obj | None:
    """The Progressing condition that tells of a pause or a resume just made; None if it is told."""
    standing = condition(deployment, "Progressing")
    if deadline_of(deployment) is None or (standing and standing["reason"] == "ProgressDeadlineExceeded"):
        return None
    told, paused = (
        bool(standing and standing["reason"] == "DeploymentPaused"),
        bool(deployment["spec"].get("paused")),
    )
    if paused and not told:
        return _progressing("Unknown", "DeploymentPaused", "Deployment is paused")
    if told and not paused:
        return _progressing("Unknown", "DeploymentResumed", "Deployment is resumed")
    return None


def found_note(deployment: Obj, new: Obj) -> Obj | None:
    """The first Progressing condition of a Deployment whose ReplicaSet was already there."""
    if deadline_of(deployment) is None or condition(deployment, "Progressing"):
        return None
    return _progressing("True", "FoundNewReplicaSet", f'Found new replica set "{name_of(new)}"')


def created_note(deployment: Obj, new: Obj) -> Obj | None:
    """The Progressing condition right after a new ReplicaSet was made."""
    if deadline_of(deployment) is None:
        return None
    return _progressing("True", "NewReplicaSetCreated", f'Created new replica set "{name_of(new)}"')


def failed_note(deployment: Obj, name: str, error: Exception) -> Obj | None:
    """The Progressing condition when a new ReplicaSet could not be made."""
    if deadline_of(deployment) is None:
        return None
    return _progressing(
        "False", "ReplicaSetCreateError", f'Failed to create new replica set "{name}": {error}'
    )


def noted(deployment: Obj, note: Obj | None, clock: Clock) -> Obj:
    """The Deployment's status as it stands, with one condition set."""
    status = dict(status_of(deployment))
    status["conditions"] = list(status.get("conditions") or ())
    if note is not None:
        _set(status, note, clock)
    return status


def _progressing(status: str, reason: str, message: str) -> Obj:
    return {"type": "Progressing", "status": status, "reason": reason, "message": message}


def _sentence(deployment: Obj, new: Obj | None, what: str) -> str:
    subject = f'ReplicaSet "{name_of(new)}"' if new is not None else f'Deployment "{name_of(deployment)}"'
    return f"{subject} {what}."


def _availability(enough: bool) -> Obj:
    if enough:
        status, reason, message = "True", "MinimumReplicasAvailable", "Deployment has minimum availability."
    else:
        status, reason = "False", "MinimumReplicasUnavailable"
        message = "Deployment does not have minimum availability."
    return {"type": "Available", "status": status, "reason": reason, "message": message}


def _set(status: Obj, note: Obj, clock: Clock, *, renew: bool = False) -> None:
    """Put a condition in its place; unless renewed, one with the same status and reason stays as it is."""
    standing = find_condition(status["conditions"], note["type"])
    same_status = standing is not None and standing["status"] == note["status"]
    if standing is not None and same_status and standing["reason"] == note["reason"] and not renew:
        return
    now = clock.stamp()
    since = standing["lastTransitionTime"] if standing is not None and same_status else now
    _without(status, note["type"])
    status["conditions"].append(note | {"lastUpdateTime": now, "lastTransitionTime": since})


def _without(status: Obj, kind: str) -> Obj:
    status["conditions"] = [c for c in status["conditions"] if c["type"] != kind]
    return status


def _promote_failure(status: Obj, new: Obj | None, every: Sequence[Obj]) -> None:
    """Show a ReplicaSet's failure on its Deployment; the new one's comes first."""
    places = [*([new] if new is not None else []), *every]
    failure = next((found for one in places if (found := condition(one, "ReplicaFailure"))), None)
    standing = find_condition(status["conditions"], "ReplicaFailure")
    if failure is not None and standing is not None and failure["reason"] == standing["reason"]:
        return
    _without(status, "ReplicaFailure")
    if failure is not None:
        status["conditions"].append(failure | {"lastUpdateTime": failure["lastTransitionTime"]})
