"""What speaks for it that somebody did something: the grades, the words, and what Events have to say.

In order: our own write; what only one actor does to an object; the Event's reporting component; managedFields;
inference. Events are hints that come late, early or never: they only better what the objects themselves have told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, IntEnum

from tui.facts import Event


class Grade(IntEnum):
    """How good the evidence is, drawn as ●●● to ●○○."""

    GUESS = 1
    HINT = 2
    PROOF = 3


DEPLOYMENT, REPLICASET, SCHEDULER, KUBELET = "deployment", "replicaset", "scheduler", "kubelet"
NODE_CONTROLLER, TAINT_EVICTION, POD_GC, EVICTION = "node controller", "taint eviction", "pod gc", "eviction"
YOU, SOMEONE = "you", "someone"
APPLY_LOOP = "gapwatch apply loop"
"""Our own loop, which applies what was declared."""
LOOPS = frozenset(
    {DEPLOYMENT, REPLICASET, SCHEDULER, KUBELET, NODE_CONTROLLER, TAINT_EVICTION, POD_GC, EVICTION}
)
"""The actors that are part of Kubernetes; every other name is somebody's, or somebody's tool's."""

OWN_WRITE = "our own write"
BINDING = "its binding"
OWNER = "its owner"
CONTAINERS = "container state"
DISRUPTION = "DisruptionTarget"
SILENCE = "silent node"
CONDITION = "its condition"
TAINT = "its taint"
EVENT = "an Event"
NO_EVENT = "no delete Event"
MANAGED_FIELDS = "managedFields"
UNSEEN = "nobody looked"
INFERENCE = "a guess"


class Act(Enum):
    """What was done, where an Event may speak of it too."""

    CREATE = "create"
    BIND = "bind"
    DELETE = "delete"
    UNREADY = "unready"
    SCALE = "scale"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that an actor did; `act` and `about` are for Events to be matched with it."""

    actor: str
    text: str
    grade: Grade
    evidence: str
    """What says that it was that actor, in a few words."""
    act: Act | None = None
    about: str = ""
    """The object's name; of a scaling also to what, as "web-1:5"."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What an Event says: that `actor` did this `act` to `about`."""

    actor: str
    act: Act
    about: str


@dataclass(frozen=True, slots=True)
class _Witness:
    """Whose Events with one reason say what; `message` finds the object's name, unless it is the involved one."""

    actor: str
    act: Act
    components: tuple[str, ...]
    message: re.Pattern[str] = re.compile("")


_WITNESSES = {
    "SuccessfulCreate": _Witness(
        REPLICASET, Act.CREATE, ("replicaset-controller",), re.compile(r"Created pod: (\S+)$")
    ),
    "SuccessfulDelete": _Witness(
        REPLICASET, Act.DELETE, ("replicaset-controller",), re.compile(r"Deleted pod: (\S+)$")
    ),
    "ScalingReplicaSet": _Witness(
        DEPLOYMENT,
        Act.SCALE,
        ("deployment-controller",),
        # Since 1.31 "from 3 to 5", before "to 5 from 3" or "to 5".
        re.compile(r"Scaled (?:up|down) replica set (\S+) (?:from \d+ )?to (\d+)"),
    ),
    "Scheduled": _Witness(SCHEDULER, Act.BIND, ("default-scheduler",)),
    "Preempted": _Witness(SCHEDULER, Act.DELETE, ("default-scheduler",)),
    "Evicted": _Witness(KUBELET, Act.DELETE, ("kubelet",)),
    "TaintManagerEviction": _Witness(
        TAINT_EVICTION,
        Act.DELETE,
        ("taint-eviction-controller", "taint-controller"),
        re.compile("^Marking for deletion"),  # the same reason has "Cancelling deletion of"
    ),
    "NodeNotReady": _Witness(NODE_CONTROLLER, Act.UNREADY, ("node-controller",)),
    "Unhealthy": _Witness(KUBELET, Act.UNREADY, ("kubelet",), re.compile("^Readiness probe")),
}
"""By the Event's reason; who emits which is in PROMISES B."""


def claim(event: Event) -> Claim | None:
    """What the Event says of who did what, or None where it says nothing of that kind."""
    witness = _WITNESSES.get(event.reason)
    if witness is None or event.component not in witness.components:
        return None
    found = witness.message.search(event.message)
    if found is None:
        return None
    return Claim(witness.actor, witness.act, ":".join(found.groups()) or event.involved_object.name)


def backed(step: Step, claim: Claim) -> Step:
    """`step` with what an Event about it adds: proof, and the actor where that was only inferred."""
    if step.act is not claim.act or step.about != claim.about or step.grade is Grade.PROOF:
        return step
    if step.actor != claim.actor and step.evidence not in (INFERENCE, UNSEEN, NO_EVENT):
        return step
    return replace(step, actor=claim.actor, grade=Grade.PROOF, evidence=EVENT)


def heard(steps: Sequence[Step], claim: Claim) -> list[Step]:
    """`steps`, oldest first, after an Event: the same ones, some of them with better evidence.

    A ReplicaSet's controller sends its Events in order. One about a pod that it made after another had been deleted
    says that they get through, and that none has said that the deletion was its own.
    """
    better = [backed(step, claim) for step in steps]
    if claim.act is not Act.CREATE:
        return better
    made = next(
        (at for at, step in enumerate(steps) if (step.act, step.about) == (claim.act, claim.about)), 0
    )
    return [_not_its_own(step, claim) for step in better[:made]] + better[made:]


def ended_by_its_replicaset(steps: Sequence[Step], pod: str) -> list[Step]:
    """`steps` after it came out that the pod's ReplicaSet wanted fewer: likely it was that and not somebody."""
    return [
        replace(step, actor=REPLICASET)
        if (step.actor, step.act, step.about, step.evidence) == (SOMEONE, Act.DELETE, pod, INFERENCE)
        else step
        for step in steps
    ]


def _not_its_own(step: Step, claim: Claim) -> Step:
    is_guessed = step.act is Act.DELETE and step.actor == SOMEONE and step.evidence == INFERENCE
    if not is_guessed or _family(step.about) != _family(claim.about):
        return step
    return replace(step, grade=Grade.HINT, evidence=NO_EVENT)


def _family(pod: str) -> str:
    """What the names of one ReplicaSet's pods have in common."""
    return pod.rpartition("-")[0]
