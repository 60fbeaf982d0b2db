"""Everything known now, indexed. Takes facts, replaces them, and tells which Deployments each one concerns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from tui.facts import Deployment, Event, Node, ObjectMeta, Pod, PodDisruptionBudget, ReplicaSet

Known = Deployment | ReplicaSet | Pod | Node | Event | PodDisruptionBudget
K = TypeVar("K", Deployment, ReplicaSet, Pod, Node, Event, PodDisruptionBudget)

EVENTS_KEPT = 5_000
"""The newest ones: they help to explain the present, and a large cluster has several times as many as pods."""


@dataclass(frozen=True, slots=True)
class Update:
    """One fact replaced: `old` None is new, `new` None is gone. `deployments` are the uids it concerns."""

    old: Known | None
    new: Known | None
    deployments: frozenset[str]
    seen: bool = True
    """False for what a list merely no longer held: it went while nobody looked, its final state is unknown."""


class Shelf(Generic[K]):
    """All facts of one kind, by uid, by name and by the uid of what owns or is concerned by them.

    With `most`, no more than so many of the newest are kept, and the others are as if they had never come.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self.by_uid: dict[str, K] = {}
        self.complete = False
        """Whether a complete list has arrived: until then, absence means nothing."""
        self._uid_by_key: dict[str, str] = {}
        self._by_owner: dict[str, dict[str, K]] = {}

    def __len__(self) -> int:
        return len(self.by_uid)

    def named(self, key: str) -> K | None:
        """The fact of that `namespace/name` (or name)."""
        uid = self._uid_by_key.get(key)
        return self.by_uid.get(uid) if uid is not None else None

    def owned_by(self, uid: str) -> list[K]:
        """The facts that this uid owns (or, for Events, is concerned by)."""
        return list(self._by_owner.get(uid, {}).values())

    def put(self, fact: K) -> list[tuple[K | None, K | None]]:
        """Replaces or adds; a namesake with another uid is a removal and an addition, never a change."""
        uid, key = identity(fact.metadata), fact.metadata.key
        replaced: list[tuple[K | None, K | None]] = []
        namesake = self._uid_by_key.get(key)
        if namesake is not None and namesake != uid and namesake in self.by_uid:
            replaced.append((self._drop(namesake), None))
        old = self.by_uid.get(uid)
        if old is not None:
            self._disown(uid, old)
            if old.metadata.key != key:  # one uid for two, which no server should give
                self._uid_by_key.pop(old.metadata.key, None)
        if self._most is not None:
            self._make_room(uid, self._most)
        self.by_uid[uid] = fact
        self._uid_by_key[key] = uid
        self._by_owner.setdefault(owner_uid(fact), {})[uid] = fact
        replaced.append((old, fact))
        return replaced

    def _make_room(self, uid: str, most: int) -> None:
        """Has the dict stand in the order of news, and lets go of the oldest for what comes now."""
        self.by_uid.pop(uid, None)
        while len(self.by_uid) >= most:
            self._drop(next(iter(self.by_uid)))

    def remove(self, fact: K) -> list[tuple[K | None, K | None]]:
        """Takes the fact out and gives what was known of it; the DELETED frame may know more, so it wins."""
        uid = identity(fact.metadata)
        if uid not in self.by_uid:
            return []
        self._drop(uid)
        return [(fact, None)]

    def replace_all(self, facts: Iterable[K]) -> list[tuple[K | None, K | None]]:
        """A complete list: what it doesn't hold is gone."""
        if self._most is not None:
            facts = sorted(facts, key=lambda fact: _as_number(fact.metadata.resource_version))[-self._most :]
        fresh = {identity(fact.metadata): fact for fact in facts}
        gone = [uid for uid in self.by_uid if uid not in fresh]
        changes: list[tuple[K | None, K | None]] = [(self._drop(uid), None) for uid in gone]
        for uid, fact in fresh.items():
            known = self.by_uid.get(uid)
            if known is None or known.metadata.resource_version != fact.metadata.resource_version:
                changes += self.put(fact)
        self.complete = True
        return changes

    def _drop(self, uid: str) -> K:
        fact = self.by_uid.pop(uid)
        if self._uid_by_key.get(fact.metadata.key) == uid:
            del self._uid_by_key[fact.metadata.key]
        self._disown(uid, fact)
        return fact

    def _disown(self, uid: str, fact: K) -> None:
        owner = owner_uid(fact)
        siblings = self._by_owner.get(owner)
        if siblings is not None:
            siblings.pop(uid, None)
            if not siblings:
                del self._by_owner[owner]


class World:
    """The facts of one source. Nothing here is ever mutated: a new fact takes the old one's place."""

    def __init__(self) -> None:
        self.deployments: Shelf[Deployment] = Shelf()
        self.replicasets: Shelf[ReplicaSet] = Shelf()
        self.pods: Shelf[Pod] = Shelf()
        self.nodes: Shelf[Node] = Shelf()
        self.events: Shelf[Event] = Shelf(EVENTS_KEPT)
        self.budgets: Shelf[PodDisruptionBudget] = Shelf()
        self._pods_on: dict[str, dict[str, Pod]] = {}
        """By node, then uid: a node's news must not cost a walk over all pods."""

    def replace(self, kind: str, facts: Iterable[Known]) -> list[Update]:
        """Takes a complete list of `kind` ("Pod", "Deployment", ...)."""
        updates = self._updates(self._shelf(kind).replace_all(facts))
        return [replace(one, seen=False) if one.new is None else one for one in updates]

    def put(self, kind: str, fact: Known) -> list[Update]:
        """Takes one new or changed object."""
        return self._updates(self._shelf(kind).put(fact))

    def remove(self, kind: str, fact: Known) -> list[Update]:
        """Takes note that one object is gone; `fact` is its last state, of which no more than the name may be known."""
        if isinstance(fact, Pod):
            self._move(self.pods.by_uid.get(identity(fact.metadata)), None)
        return self._updates(self._shelf(kind).remove(fact))

    def known(self, kind: str) -> int | None:
        """How many objects of `kind` there are; None, which is not 0, before they have been listed."""
        shelf = self._shelf(kind)
        return len(shelf) if shelf.complete else None

    @property
    def synced(self) -> bool:
        """Whether Deployments, ReplicaSets and pods have each been listed completely."""
        return self.deployments.complete and self.replicasets.complete and self.pods.complete

    def replicasets_of(self, deployment_uid: str) -> list[ReplicaSet]:
        """The ReplicaSets that this Deployment controls."""
        return self.replicasets.owned_by(deployment_uid)

    def pods_of(self, deployment_uid: str) -> list[Pod]:
        """The pods that this Deployment controls through its ReplicaSets."""
        return [
            pod
            for replicaset in self.replicasets.owned_by(deployment_uid)
            for pod in self.pods.owned_by(replicaset.metadata.uid)
        ]

    def node(self, name: str | None) -> Node | None:
        """The node of that name."""
        return self.nodes.named(name) if name else None

    def pods_on(self, node_name: str) -> list[Pod]:
        """The pods that were bound to that node."""
        return list(self._pods_on.get(node_name, {}).values())

    def budgets_in(self, namespace: str) -> list[PodDisruptionBudget]:
        """The PodDisruptionBudgets of that namespace."""
        return self.budgets.owned_by(namespace)

    def deployment(self, namespace: str, name: str) -> Deployment | None:
        """The Deployment of that name."""
        return self.deployments.named(f"{namespace}/{name}")

    def concerned(self, fact: Known | None) -> Iterator[str]:
        """The uids of the Deployments that a fact can change the picture of."""
        match fact:
            case Deployment():
                yield identity(fact.metadata)
            case ReplicaSet():
                yield from self._deployment_of(fact.metadata.controller_uid)
            case Pod():
                yield from self._deployment_through(fact.metadata.controller_uid)
            case Event():
                yield from self._deployments_of_event(fact)
            case Node():
                yield from self._deployments_on(fact.metadata.name)
            case PodDisruptionBudget():
                yield from self._deployments_held_by(fact)

    def _deployment_of(self, uid: str | None) -> Iterator[str]:
        if uid is not None and uid in self.deployments.by_uid:
            yield uid

    def _deployment_through(self, replicaset_uid: str | None) -> Iterator[str]:
        replicaset = self.replicasets.by_uid.get(replicaset_uid or "")
        if replicaset is not None:
            yield from self._deployment_of(replicaset.metadata.controller_uid)

    def _deployments_of_event(self, event: Event) -> Iterator[str]:
        uid = event.involved_object.uid
        if uid in self.deployments.by_uid:
            yield uid
        elif uid in self.replicasets.by_uid:
            yield from self._deployment_through(uid)
        elif uid in self.pods.by_uid:
            yield from self._deployment_through(self.pods.by_uid[uid].metadata.controller_uid)

    def _deployments_on(self, node_name: str) -> Iterator[str]:
        for pod in self._pods_on.get(node_name, {}).values():
            yield from self._deployment_through(pod.metadata.controller_uid)

    def _deployments_held_by(self, budget: PodDisruptionBudget) -> Iterator[str]:
        """Those with pods on cordoned nodes: only there it matters what a budget allows, and its figures move often."""
        for node in self.nodes.by_uid.values():
            if node.spec.unschedulable:
                for pod in self._pods_on.get(node.metadata.name, {}).values():
                    if budget.selects(pod):
                        yield from self._deployment_through(pod.metadata.controller_uid)

    def _shelf(self, kind: str) -> Shelf[Known]:  # type: ignore[type-var]
        shelves = {
            "Deployment": self.deployments,
            "ReplicaSet": self.replicasets,
            "Pod": self.pods,
            "Node": self.nodes,
            "Event": self.events,
            "PodDisruptionBudget": self.budgets,
        }
        return shelves[kind]  # type: ignore[return-value]

    def _updates(self, changes: list[tuple[Known | None, Known | None]]) -> list[Update]:
        for old, new in changes:
            if isinstance(old, Pod) or isinstance(new, Pod):
                self._move(old, new)  # type: ignore[arg-type]
        return [
            Update(old, new, frozenset([*self.concerned(old), *self.concerned(new)]))
            for old, new in changes
            if not _only_heartbeat(old, new)
        ]

    def _move(self, old: Pod | None, new: Pod | None) -> None:
        before, after = old.spec.node_name if old else None, new.spec.node_name if new else None
        if old is not None and before and before != after:
            there = self._pods_on.get(before, {})
            there.pop(identity(old.metadata), None)
            if not there:
                self._pods_on.pop(before, None)
        if new is not None and after:
            self._pods_on.setdefault(after, {})[identity(new.metadata)] = new


def identity(meta: ObjectMeta) -> str:
    """An object's identity: its uid; the name only where a broken object has none."""
    return meta.uid or meta.key


def owner_uid(fact: Known) -> str:
    """What a fact is filed under: its controller's uid, the uid that an Event is about, or a budget's namespace."""
    if isinstance(fact, Event):
        return fact.involved_object.uid
    if isinstance(fact, PodDisruptionBudget):
        return fact.metadata.namespace
    return fact.metadata.controller_uid or ""


def _as_number(version: str) -> int:
    """How late in the server's history a version stands; what is no number comes first."""
    return int(version) if version.isdecimal() and len(version) < 30 else 0


def _only_heartbeat(old: Known | None, new: Known | None) -> bool:
    """A node that only said it is still there changes nobody's picture."""
    if not isinstance(old, Node) or not isinstance(new, Node):
        return False
    return old.spec == new.spec and old.ready == new.ready and old.metadata.labels == new.metadata.labels
