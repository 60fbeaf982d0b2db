"""The garbage collector: nothing outlives the last of its owners, unless it was told to.

desired   every object with owners has at least one that exists
actual    its ownerReferences, and who of them is still there
compare   all gone: it goes too; some gone: only the references to those go
act       delete it, drop a reference, or let a waiting owner go
wait      for something to be deleted

How an owner's deletion goes on to its dependents is the deleter's choice (propagationPolicy):
*background* (the owner goes, then they do), *foreground* (they go first; a finalizer holds the
owner) or *orphan* (they stay, without an owner; a finalizer holds it until they are let go).
Follows k8s/pkg/controller/garbagecollector.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from tui.sandbox.loops.cache import Cache, Caches
from tui.sandbox.loops.client import ApiClient, ApiError, Resource
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.loop import Loop
from tui.sandbox.loops.objects import Obj, is_deleting, name_of, namespace_of, owners_of, uid_of

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


@dataclass(frozen=True)
class Node:
    """One object in the graph of owners and dependents."""

    resource: Resource
    obj: Obj

    @property
    def waits_for_dependents(self) -> bool:
        """Deleted in the foreground: it goes when its dependents have gone."""
        return is_deleting(self.obj) and FOREGROUND in finalizers_of(self.obj)


@dataclass(frozen=True)
class Family:
    """Who depends on an object, and which of its owners may no longer be there."""

    dependents: tuple[Node, ...]
    waiting_owners: frozenset[str]
    unseen_owners: tuple[Obj, ...]


@dataclass(frozen=True)
class Step:
    """What to do with one object; one of these."""

    let_go: str = ""
    orphan: tuple[Node, ...] = ()
    check: bool = False


class GarbageCollectorLoop(Loop[Node, Family, Step]):
    """Deletes what has lost its owners; its keys are uids."""

    name: ClassVar[str] = "generic-garbage-collector"

    def __init__(
        self, client: ApiClient, caches: Caches, clock: Clock, resources: Sequence[Resource]
    ) -> None:
        super().__init__(client, clock)
        self._caches: dict[Resource, Cache] = {resource: caches.of(resource) for resource in resources}
        self._uids: dict[str, Node] = {}
        self._dependents: dict[str, set[str]] = defaultdict(set)
        for resource, cache in self._caches.items():
            self.look_at(cache)
            cache.subscribe(partial(self._on_change, resource))

    # -------------------------------------------------------------- the cycle

    def read_desired(self, key: str) -> Node | None:
        """The object, if it still exists."""
        return self._uids.get(key)

    def read_actual(self, node: Node) -> Family:
        """Its dependents and its owners, as far as they can be seen from here."""
        dependents = (self._uids.get(uid) for uid in self._dependents.get(uid_of(node.obj), ()))
        owners = owners_of(node.obj)
        waiting = {
            ref["uid"]
            for ref in owners
            if (owner := self._uids.get(ref["uid"])) and owner.waits_for_dependents
        }
        unseen = tuple(ref for ref in owners if ref["uid"] not in self._uids)
        return Family(tuple(one for one in dependents if one), frozenset(waiting), unseen)

    def compare(self, node: Node, family: Family) -> Step | None:
        """Whether it has to go, to let others go, or to stay."""
        finalizers = finalizers_of(node.obj)
        if is_deleting(node.obj):
            if ORPHAN in finalizers:
                return Step(let_go=ORPHAN, orphan=family.dependents)
            blocked = any(_blocks(one.obj, node.obj) for one in family.dependents)
            return Step(let_go=FOREGROUND) if FOREGROUND in finalizers and not blocked else None
        return Step(check=True) if family.unseen_owners or family.waiting_owners else None

    async def act(self, node: Node, step: Step) -> None:
        """Do it; what vanished meanwhile is done."""
        try:
            for dependent in step.orphan:
                await self._drop_owners(dependent, {uid_of(node.obj)})
            if step.let_go:
                await self._drop_finalizer(node, step.let_go)
            if step.check:
                await self._collect(node)
        except ApiError as error:
            if error.status != 404:
                raise

    # -------------------------------------------------------------- acting

    async def _collect(self, node: Node) -> None:
        """Ask the server itself who is still there: a cache may only be late, and deleting has no undo."""
        gone: set[str] = set()
        waiting: set[str] = set()
        for ref in owners_of(node.obj):
            owner = await self._find_owner(node, ref)
            if owner is None:
                gone.add(ref["uid"])
            elif is_deleting(owner) and FOREGROUND in finalizers_of(owner):
                waiting.add(ref["uid"])
        solid = {ref["uid"] for ref in owners_of(node.obj)} - gone - waiting
        if solid:
            if gone or waiting:
                await self._drop_owners(node, gone | waiting)
            return
        if waiting and self._dependents.get(uid_of(node.obj)):
            policy = "Foreground"
        else:
            kept = finalizers_of(node.obj)
            policy = "Orphan" if ORPHAN in kept else "Foreground" if FOREGROUND in kept else "Background"
        await self.client.delete(node.resource, node.obj, propagation=policy)

    async def _find_owner(self, node: Node, ref: Obj) -> Obj | None:
        """The owner a reference names, if it is the same object and not a namesake."""
        kinds = (
            one for one in self._caches if (one.api_version, one.kind) == (ref["apiVersion"], ref["kind"])
        )
        resource = next(kinds, None)
        if resource is None:
            return {"metadata": {"name": ref["name"]}}  # a kind unknown here: take its word
        try:
            owner = await self.client.get(
                resource, namespace_of(node.obj) if resource.namespaced else "", ref["name"]
            )
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return owner if uid_of(owner) == ref["uid"] else None

    async def _drop_owners(self, node: Node, uids: set[str]) -> None:
        left = [ref for ref in owners_of(node.obj) if ref["uid"] not in uids]
        if len(left) == len(owners_of(node.obj)):
            return
        await self._patch(node, {"ownerReferences": left or None})

    async def _drop_finalizer(self, node: Node, finalizer: str) -> None:
        left = [one for one in finalizers_of(node.obj) if one != finalizer]
        await self._patch(node, {"finalizers": left or None})

    async def _patch(self, node: Node, meta: Obj) -> None:
        version = node.obj["metadata"]["resourceVersion"]
        patch = {"metadata": meta | {"uid": uid_of(node.obj), "resourceVersion": version}}
        await self.client.patch(node.resource, namespace_of(node.obj), name_of(node.obj), patch)

    # -------------------------------------------------------------- whose turn it is

    def _on_change(self, resource: Resource, old: Obj | None, new: Obj | None) -> None:
        """Keep the graph; an object's change is its own turn, its end its owners' and its dependents'."""
        if old is not None:
            self._uids.pop(uid_of(old), None)
            for ref in owners_of(old):
                self._dependents[ref["uid"]].discard(uid_of(old))
                if not self._dependents[ref["uid"]]:
                    del self._dependents[ref["uid"]]
        if new is not None:
            self._uids[uid_of(new)] = Node(resource, new)
            for ref in owners_of(new):
                self._dependents[ref["uid"]].add(uid_of(new))
        for uid in self._concerned(old, new):
            self.queue.add(uid)

    def _concerned(self, old: Obj | None, new: Obj | None) -> Iterable[str]:
        obj = new or old
        if obj is None:
            return
        if new is not None and (owners_of(new) or is_deleting(new)):
            yield uid_of(new)
        if new is None or is_deleting(new):
            yield from self._dependents.get(uid_of(obj), ())
        if new is None:
            yield from (ref["uid"] for ref in owners_of(obj))


def finalizers_of(obj: Obj) -> list[str]:
    """metadata.finalizers."""
    return obj["metadata"].get("finalizers") or []


def _blocks(dependent: Obj, owner: Obj) -> bool:
    """The dependent holds up its owner's deletion in the foreground."""
    return any(ref["uid"] == uid_of(owner) and ref.get("blockOwnerDeletion") for ref in owners_of(dependent))
