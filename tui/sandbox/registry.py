"""Creating and changing objects: apiserver's generic registry (`registry/generic/registry/store.go`, `registry/rest`).

Handlers and subresources come here with plain objects; what is left at the end is a new version in the store.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from random import Random

from tui.sandbox import kinds
from tui.sandbox.admission import admit_create
from tui.sandbox.decoding import check_fields
from tui.sandbox.field_errors import Errors
from tui.sandbox.history import Version
from tui.sandbox.kinds import Kind
from tui.sandbox.names import Namer
from tui.sandbox.objects import Object, deep_copy, items, mapping, metadata, timestamp
from tui.sandbox.ownership import record_update
from tui.sandbox.requests import Write
from tui.sandbox.status import OBJECT_MODIFIED, bad_request, conflict, invalid
from tui.sandbox.store import Store
from tui.sandbox.strategies import Strategy, strategy_of
from tui.sandbox.tidy import tidy
from tui.sandbox.validation import validate_metadata, validate_metadata_update

Clock = Callable[[], datetime]
Modify = Callable[[Object], Object]

_SYSTEM_FIELDS = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
)
_CARRIED_FIELDS = ("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")


class Registry:
    """The rules between a request and the store; the clock and the randomness of names and uids are parameters."""

    def __init__(self, store: Store, *, clock: Clock, random: Random) -> None:
        self.store = store
        self.clock = clock
        self._random = random
        self._namer = Namer(random)

    def now(self) -> str:
        """The moment, as objects carry it."""
        return timestamp(self.clock())

    def create(
        self, kind: Kind, namespace: str, obj: Object, write: Write, *, applied: bool = False
    ) -> Version:
        """Keep a new object; `applied` ones have their ownership recorded already."""
        strategy = strategy_of(kind)
        meta = metadata(obj)
        _match_namespace(kind, namespace, meta)
        tidy(obj)
        meta = metadata(obj)
        if meta.pop("resourceVersion", ""):
            raise bad_request("resourceVersion should not be set on objects to be created")
        for field in _SYSTEM_FIELDS:
            meta.pop(field, None)
        if meta.get("generateName") and not meta.get("name"):
            meta["name"] = self._namer.name(namespace, meta["generateName"])
        check_fields(kind, obj, write)
        self._fill_in(strategy, obj)
        if not applied:
            meta.pop("managedFields", None)
            record_update(kind, {}, obj, write, self.now())
        admit_create(self.store, kind, namespace, obj)
        errors = Errors()
        validate_metadata(obj, errors, subdomain_name=strategy.subdomain_name)
        strategy.validate(obj, errors)
        _raise_invalid(kind, obj, errors)
        if write.dry_run:
            self.store.check_absent(kind, namespace, meta["name"])
            return Version(kind, _ordered(obj), 0)
        meta["resourceVersion"] = ""
        return self.store.add(kind, _ordered(obj))

    def _fill_in(self, strategy: Strategy, obj: Object) -> None:
        meta = metadata(obj)
        strategy.default(obj)
        if strategy.set_status is not None:
            strategy.set_status(obj)
        meta["uid"] = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        meta["creationTimestamp"] = self.now()
        if strategy.counted is not None:
            meta["generation"] = 1

    def modify(self, current: Version, change: Modify, write: Write, *, applied: bool = False) -> Version:
        """Put what `change` makes of a copy of the object in its place.

        Returns the current version itself where nothing changed, and the last state of the object where the change
        took the last finalizer from one that was waiting to go.
        """
        kind, old = current.kind, current.obj
        strategy = strategy_of(kind)
        new = change(deep_copy(old))
        tidy(new)
        _match_current(current, new, strategy)
        check_fields(kind, new, write)
        strategy.complete(new)
        strategy.keep(new, old)
        _carry_over(new, old)
        _keep_other_half(strategy, write.subresource, new, old)
        if not write.subresource:
            strategy.default(new)
        errors = Errors()
        validate_metadata_update(new, old, errors)
        if not write.subresource:
            strategy.validate(new, errors)
            strategy.validate_update(new, old, errors)
        _raise_invalid(kind, new, errors)
        # A write of status never counts, not even when it brings annotations along as the deployment controller's does.
        counted = strategy.counted if write.subresource != "status" else None
        if counted is not None and counted(new) != counted(old):
            metadata(new)["generation"] = metadata(old).get("generation", 0) + 1
        if not applied:
            record_update(kind, old, new, write, self.now())
        return self._commit(current, new, write)

    def _commit(self, current: Version, new: Object, write: Write) -> Version:
        if new == current.obj:
            return current
        finished = _is_finished(current.kind, new)
        if write.dry_run:
            return Version(current.kind, new, current.resource_version)
        if finished:
            self.store.remove(current)
            return Version(current.kind, new, current.resource_version)
        return self.store.replace(current, _ordered(new))


def _is_finished(kind: Kind, obj: Object) -> bool:
    """Whether an object that is being deleted has nothing left to wait for (store.ShouldDeleteDuringUpdate)."""
    meta = metadata(obj)
    if not meta.get("deletionTimestamp") or meta.get("finalizers"):
        return False
    if kind is kinds.NAMESPACES:
        return not items(obj, "spec", "finalizers")
    return not meta.get("deletionGracePeriodSeconds")


def _match_namespace(kind: Kind, namespace: str, meta: Object) -> None:
    if not kind.namespaced:
        meta.pop("namespace", None)
        return
    if meta.get("namespace") not in (None, "", namespace):
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    meta["namespace"] = namespace


def _match_current(current: Version, new: Object, strategy: Strategy) -> None:
    """409 where the client meant another version or another object of the same name."""
    kind, meta = current.kind, metadata(new)
    name = current.key[1]
    _match_namespace(kind, current.key[0], meta)
    asked = meta.get("resourceVersion")
    if not asked and not strategy.unconditional_update:
        errors = Errors()
        errors.invalid("metadata.resourceVersion", 0, "must be specified for an update")
        raise invalid(kind, name, errors.causes)
    if asked and str(asked) != str(current.resource_version):
        raise conflict(kind, name, OBJECT_MODIFIED)
    uid = current.obj["metadata"]["uid"]
    if meta.get("uid", uid) != uid:
        why = f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {uid}"
        raise conflict(kind, name, why)


def _carry_over(new: Object, old: Object) -> None:
    """What no update can change stays as it is, whatever the client sent."""
    new_meta, old_meta = metadata(new), metadata(old)
    for field in ("uid", "resourceVersion"):
        new_meta[field] = old_meta[field]
    for field in _CARRIED_FIELDS:
        new_meta.pop(field, None)
        if field in old_meta:
            new_meta[field] = old_meta[field]


def _keep_other_half(strategy: Strategy, subresource: str, new: Object, old: Object) -> None:
    """The main endpoint does not write status, and /status writes nothing but status and metadata."""
    if subresource == "status":
        for section in {*new, *old} - {"metadata", "status"}:
            _take_over(new, old, section)
        for field in strategy.metadata_kept_by_status:
            _take_over(metadata(new), metadata(old), field)
    elif not subresource:
        _take_over(new, old, "status")
        if "finalizers" in mapping(old, "spec"):
            _take_over(new.setdefault("spec", {}), old["spec"], "finalizers")


def _take_over(target: Object, source: Object, field: str) -> None:
    target.pop(field, None)
    if field in source:
        target[field] = deep_copy(source[field])


def _raise_invalid(kind: Kind, obj: Object, errors: Errors) -> None:
    if errors.causes:
        raise invalid(kind, metadata(obj).get("name", ""), errors.causes)


_ORDER = ("metadata", "spec", "status")
_METADATA_ORDER = (
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
)


def _ordered(obj: Object) -> Object:
    """The sections in the order that the API prints them."""
    sections = [name for name in obj if name not in _ORDER]
    ordered = {name: obj[name] for name in ("metadata", *sections, "spec", "status") if name in obj}
    meta = obj["metadata"]
    ordered["metadata"] = {name: meta[name] for name in (*_METADATA_ORDER, *meta) if name in meta}
    return ordered
