"""Whose is it? Adoption and release by labels, as controllers settle it among themselves.

Follows k8s/pkg/controller/controller_ref_manager.go: what matches the selector and has no
controller is adopted; what is ours and no longer matches is let go; what another controls is
never touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tui.sandbox.loops.client import ApiClient, ApiError, Resource
from tui.sandbox.loops.objects import (
    Obj,
    controller_of,
    controller_ref,
    is_deleting,
    labels_of,
    name_of,
    namespace_of,
    owners_of,
    selects,
    uid_of,
)


@dataclass(frozen=True)
class Claim:
    """What is ours, what should become ours, and what should stop being ours."""

    ours: tuple[Obj, ...] = ()
    adopt: tuple[Obj, ...] = ()
    release: tuple[Obj, ...] = ()

    @property
    def settled(self) -> bool:
        """Nothing to adopt or to release."""
        return not self.adopt and not self.release


def claim(owner: Obj, candidates: Iterable[Obj]) -> Claim:
    """Sort candidates for an owner with a spec.selector; an owner that is being deleted adopts nothing."""
    ours: list[Obj] = []
    adopt: list[Obj] = []
    release: list[Obj] = []
    for obj in candidates:
        matches = selects(owner["spec"].get("selector"), labels_of(obj))
        ref = controller_of(obj)
        if ref is not None and ref["uid"] == uid_of(owner):
            if matches:
                ours.append(obj)
            elif not is_deleting(owner):
                release.append(obj)
        elif ref is None and matches and not is_deleting(owner) and not is_deleting(obj):
            adopt.append(obj)
    return Claim(tuple(ours), tuple(adopt), tuple(release))


async def settle(client: ApiClient, resource: Resource, owner: Obj, found: Claim) -> None:
    """Write adoptions and releases; what vanished meanwhile needs neither."""
    for obj in found.adopt:
        await _patch_owners(client, resource, obj, [*owners_of(obj), controller_ref(owner)])
    for obj in found.release:
        others = [ref for ref in owners_of(obj) if ref["uid"] != uid_of(owner)]
        await _patch_owners(client, resource, obj, others)


async def _patch_owners(client: ApiClient, resource: Resource, obj: Obj, owners: list[Obj]) -> None:
    meta = {"uid": uid_of(obj), "resourceVersion": obj["metadata"]["resourceVersion"]}
    patch = {"metadata": meta | {"ownerReferences": owners or None}}
    try:
        await client.patch(resource, namespace_of(obj), name_of(obj), patch)
    except ApiError as error:
        if error.status != 404:
            raise
