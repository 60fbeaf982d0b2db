"""What every Kubernetes object carries, reduced to the fields that gapwatch reads."""

from __future__ import annotations

from datetime import UTC, datetime
from sys import intern

import msgspec
from msgspec.structs import force_setattr


class Fact(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A frozen piece of knowledge, decoded straight from the wire; absent fields keep their defaults.

    `gc=False` is safe because facts are trees: they hold strings, numbers and other facts only.
    """

    def share(self, *names: str) -> None:
        """Has these strings stand in memory once, however many objects hold them; only for __post_init__."""
        for name in names:
            text = getattr(self, name)
            if text:
                force_setattr(self, name, intern(text))


class OwnerReference(Fact, frozen=True):
    """metav1.OwnerReference: who owns an object; `controller` marks the one owner that manages it."""

    uid: str = ""
    kind: str = ""
    name: str = ""
    controller: bool = False

    def __post_init__(self) -> None:
        """All pods of a ReplicaSet name the same owner."""
        self.share("uid", "kind", "name")


class Annotations(Fact, frozen=True):
    """The few annotations that matter; the rest (last-applied manifests of many KB) is never kept."""

    revision: str = msgspec.field(name="deployment.kubernetes.io/revision", default="")


class ObjectMeta(Fact, frozen=True):
    """metav1.ObjectMeta: identity (`uid`), version and life of an object. Times are RFC 3339 strings."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None
    labels: dict[str, str] | None = None
    annotations: Annotations | None = None
    owner_references: tuple[OwnerReference, ...] = ()

    def __post_init__(self) -> None:
        """A namespace has many objects, and what was made together has one stamp."""
        self.share("namespace", "creation_timestamp")

    @property
    def terminating(self) -> bool:
        """True from the moment the API server accepted a graceful delete."""
        return self.deletion_timestamp is not None

    @property
    def controller_uid(self) -> str | None:
        """The uid of the owner that manages this object, if there is one."""
        for ref in self.owner_references:  # a loop: it is asked several times for every frame
            if ref.controller:
                return ref.uid
        return None

    @property
    def key(self) -> str:
        """`namespace/name`, or the bare name of a cluster-scoped object."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class Condition(Fact, frozen=True):
    """A condition of any kind: `status` is "True", "False" or "Unknown"."""

    type: str = ""
    status: str = "Unknown"
    reason: str = ""
    message: str = ""
    last_transition_time: str | None = None
    last_update_time: str | None = None
    """Only Deployments write it: the last sign of progress, from which their progress deadline counts."""

    def __post_init__(self) -> None:
        """There are few types, states and reasons, and several conditions turn in the same second."""
        self.share("type", "status", "reason", "last_transition_time")


def condition(conditions: tuple[Condition, ...], type_: str) -> Condition | None:
    """The condition of that type, or None when nobody has written it yet."""
    for one in conditions:  # a loop: it is asked many times for every frame
        if one.type == type_:
            return one
    return None


def parse_time(text: str | None) -> float | None:
    """Seconds since the epoch of an RFC 3339 stamp, or None where there is none or it can't be read."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
