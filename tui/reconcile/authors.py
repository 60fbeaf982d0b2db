"""Who wrote to a Deployment or a ReplicaSet, by the account that its managedFields keep.

Field managers name themselves, many people are called "kubectl", and whoever removes a field leaves no entry:
what is found here is a hint.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.facts import ManagedFields

SPEC, REPLICAS, TEMPLATE, PAUSED = "spec", "spec.replicas", "spec.template", "spec.paused"
_LEAVES = frozenset({REPLICAS, PAUSED})
"""Whoever changes one of these owns it alone; of a tree many can own parts."""


def author(
    before: Sequence[ManagedFields], after: Sequence[ManagedFields], path: str
) -> ManagedFields | None:
    """The entry under which `path` was written between two versions; None where none or several can have been.

    Follows structured-merge-diff's Updater: a write takes the fields that it changes from all others and stamps its
    own entry. Only a write to /scale has no stamp, so that of `replicas` the owner afterwards counts, stamped or not.
    """
    owners = [one for one in after if one.subresource != "status" and one.owns(path)]
    if len(owners) == 1 and path in _LEAVES:
        return owners[0]
    return _newest([one for one in owners if _has_written(one, before)])


def former_owner(before: Sequence[ManagedFields], path: str) -> ManagedFields | None:
    """Who alone owned `path`: likely whoever took it away again, for that leaves no other trace."""
    owners = [one for one in before if one.subresource != "status" and one.owns(path)]
    return owners[0] if len(owners) == 1 else None


def _has_written(entry: ManagedFields, before: Sequence[ManagedFields]) -> bool:
    """Whether it is new, has another time or owns more; to own less is another's doing."""
    former = next((one for one in before if _who(one) == _who(entry)), None)
    return (
        former is None or former.time != entry.time or not set(entry.paths or ()) <= set(former.paths or ())
    )


def _newest(entries: Sequence[ManagedFields]) -> ManagedFields | None:
    if len(entries) <= 1:
        return entries[0] if entries else None
    *_, last_but_one, last = sorted(entries, key=lambda one: one.time or "")
    # One without a time may have been written at any.
    return last if all(one.time for one in entries) and last_but_one.time != last.time else None


def _who(entry: ManagedFields) -> tuple[str, str, str]:
    return entry.manager, entry.operation, entry.subresource
