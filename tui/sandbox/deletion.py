"""Deleting: options and preconditions, graceful deletion, finalizers, and the mark that a namespace gets.

Follows apiserver `registry/rest/delete.go` (BeforeDelete), `registry/generic/registry/store.go` (Delete) and the pod
strategy's CheckGracefulDelete.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tui.sandbox import kinds
from tui.sandbox.field_errors import Errors
from tui.sandbox.history import Version
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object, deep_copy, items, mapping, metadata, parse_timestamp, timestamp
from tui.sandbox.quoting import go_quote
from tui.sandbox.registry import Registry
from tui.sandbox.requests import check_dry_run
from tui.sandbox.status import ApiError, bad_request, forbidden, invalid_options

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
_IMMORTAL_NAMESPACES = frozenset({"default", "kube-public", "kube-system"})
_FINALIZER_OF = {"Foreground": FOREGROUND, "Orphan": ORPHAN, "Background": ""}


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """What a delete asks for; None and empty mean that it does not say."""

    grace_s: int | None = None
    propagation: str = ""
    uid: str = ""
    resource_version: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """What came of a delete: the object, and whether it is gone."""

    version: Version
    gone: bool


def delete_options(body: Object, query: dict[str, str] | Any) -> DeleteOptions:
    """The options from a body (DeleteOptions) or from the query; 400 and 422 for what cannot be meant."""
    grace = body.get("gracePeriodSeconds", query.get("gracePeriodSeconds"))
    propagation = body.get("propagationPolicy") or query.get("propagationPolicy", "")
    orphan = body.get("orphanDependents", query.get("orphanDependents"))
    if orphan is not None and not propagation:
        propagation = "Orphan" if str(orphan).lower() in ("true", "1") else "Background"
    errors = Errors()
    if propagation and propagation not in _FINALIZER_OF:
        errors.not_supported("propagationPolicy", propagation, sorted(_FINALIZER_OF))
    dry_run = body.get("dryRun") or ([query["dryRun"]] if query.get("dryRun") else [])
    check_dry_run(dry_run, errors)
    if errors.causes:
        raise invalid_options("DeleteOptions", errors.causes)
    try:
        grace_s = None if grace is None else int(grace)
    except (TypeError, ValueError):
        raise bad_request(
            f"gracePeriodSeconds: Invalid value: {grace}: must be a whole number of seconds"
        ) from None
    preconditions = mapping(body, "preconditions")
    return DeleteOptions(
        grace_s=grace_s if grace_s is None or grace_s >= 0 else 1,
        propagation=propagation,
        uid=preconditions.get("uid", ""),
        resource_version=preconditions.get("resourceVersion", ""),
        dry_run=bool(dry_run),
    )


def delete(registry: Registry, kind: Kind, namespace: str, name: str, options: DeleteOptions) -> Deleted:
    """Delete one object, at once or by marking it; 404 where there is none, 409 where it is another one."""
    current = registry.store.get(kind, namespace, name)
    check_preconditions(current, options)
    if kind is kinds.NAMESPACES:
        return _delete_namespace(registry, current, options)
    marked = deep_copy(current.obj)
    _set_finalizers(metadata(marked), options.propagation)
    if kind is kinds.PODS:
        return _delete_pod(registry, current, marked, options)
    if metadata(marked).get("finalizers"):
        _mark(registry, marked, 0)
        return Deleted(_replace(registry, current, marked, options), gone=False)
    return _remove(registry, current, options)


def check_preconditions(current: Version, options: DeleteOptions) -> None:
    """409 where the object is not the one, or not the version, that the options mean."""
    meta = current.obj["metadata"]
    for word, asked, found, story in (
        ("UID", options.uid, meta["uid"], "deleted and then recreated"),
        ("ResourceVersion", options.resource_version, meta["resourceVersion"], "modified"),
    ):
        if asked and asked != found:
            raise ApiError(
                409,
                "Conflict",
                f"Operation cannot be fulfilled on {current.kind.qualified_kind} {go_quote(meta['name'])}: "
                f"the {word} in the precondition ({asked}) does not match the {word} in record ({found}). "
                f"The object might have been {story}",
                {"name": meta["name"], "group": current.kind.group, "kind": current.kind.kind},
            )


def _set_finalizers(meta: Object, propagation: str) -> None:
    """Tell the garbage collector what to do with the dependents (deletionFinalizersForGarbageCollection)."""
    finalizers = items(meta, "finalizers")
    if propagation:
        finalizers = [name for name in finalizers if name not in (FOREGROUND, ORPHAN)]
        if _FINALIZER_OF[propagation]:
            finalizers.append(_FINALIZER_OF[propagation])
    meta.pop("finalizers", None)
    if finalizers:
        meta["finalizers"] = finalizers


def _mark(registry: Registry, obj: Object, grace_s: int) -> None:
    """Write down that the object is to go, and when; an object that is to go already keeps its moment."""
    meta = metadata(obj)
    if "deletionTimestamp" in meta:
        return
    meta["deletionTimestamp"] = timestamp(registry.clock() + timedelta(seconds=grace_s))
    meta["deletionGracePeriodSeconds"] = grace_s
    if meta.get("generation"):
        meta["generation"] += 1


def _delete_pod(registry: Registry, current: Version, marked: Object, options: DeleteOptions) -> Deleted:
    meta = metadata(marked)
    if "deletionTimestamp" in meta:
        if not _shorten(registry, meta, options.grace_s):
            return Deleted(current, gone=False)
    else:
        _mark(registry, marked, _grace_of(marked, options.grace_s))
    version = _replace(registry, current, marked, options)
    if meta.get("finalizers") or meta["deletionGracePeriodSeconds"]:
        return Deleted(version, gone=False)
    return _remove(registry, version, options)


def _grace_of(pod: Object, asked_s: int | None) -> int:
    """How long a pod may take to stop: nothing at all where nothing of it runs."""
    if not mapping(pod, "spec").get("nodeName") or mapping(pod, "status").get("phase") in (
        "Succeeded",
        "Failed",
    ):
        return 0
    grace_s = asked_s if asked_s is not None else mapping(pod, "spec").get("terminationGracePeriodSeconds", 0)
    return int(grace_s) if grace_s >= 0 else 1


def _shorten(registry: Registry, meta: Object, asked_s: int | None) -> bool:
    """Move the end of a grace period forward; False where nothing would change."""
    grace_s = meta.get("deletionGracePeriodSeconds", 0)
    if grace_s == 0:
        return True
    if asked_s is None or asked_s >= grace_s:
        return False
    now = registry.clock()
    ends = parse_timestamp(meta["deletionTimestamp"]) or now
    ends += timedelta(seconds=asked_s - grace_s)
    if ends < now:
        ends, asked_s = now, min(asked_s, 1)
    meta["deletionTimestamp"] = timestamp(ends)
    meta["deletionGracePeriodSeconds"] = asked_s
    return True


def _replace(registry: Registry, current: Version, obj: Object, options: DeleteOptions) -> Version:
    if options.dry_run or obj == current.obj:
        return replace_version(current, obj)
    return registry.store.replace(current, obj)


def replace_version(current: Version, obj: Object) -> Version:
    """A version that is shown and not stored."""
    return Version(current.kind, obj, current.resource_version)


def _remove(registry: Registry, current: Version, options: DeleteOptions) -> Deleted:
    if options.dry_run:
        return Deleted(current, gone=True)
    return Deleted(registry.store.remove(current), gone=True)


def _delete_namespace(registry: Registry, current: Version, options: DeleteOptions) -> Deleted:
    """Mark the namespace; who empties it and lets it go is the namespace controller."""
    if current.key[1] in _IMMORTAL_NAMESPACES:
        raise forbidden(current.kind, current.key[1], "this namespace may not be deleted")
    marked = deep_copy(current.obj)
    if not items(marked, "spec", "finalizers") and not items(marked, "metadata", "finalizers"):
        return _remove(registry, current, options)
    if "deletionTimestamp" not in metadata(marked):
        _mark(registry, marked, 0)
        marked["status"] = {"phase": "Terminating"}
    return Deleted(_replace(registry, current, marked, options), gone=False)
