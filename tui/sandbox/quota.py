"""ResourceQuota for object counts: `pods`, `count/RESOURCE.GROUP`, and the old short names of counts.

Follows `apiserver/pkg/admission/plugin/resourcequota`: the check is made when an object is created. It counts the
objects themselves, so that no late figure lets one too many in; `status.used` is the resource quota loop's to write.
Sums of cpu and memory are not counted here.
"""

from __future__ import annotations

from collections.abc import Iterable

from tui.sandbox import kinds
from tui.sandbox.history import Version
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object, mapping, metadata
from tui.sandbox.status import forbidden
from tui.sandbox.store import Store

_SHORT_NAMES = {
    "pods": kinds.PODS,
    "services": kinds.SERVICES,
    "secrets": kinds.SECRETS,
    "configmaps": kinds.CONFIG_MAPS,
    "resourcequotas": kinds.RESOURCE_QUOTAS,
}
_FINISHED = ("Succeeded", "Failed")


def _counted_kind(name: str) -> Kind | None:
    if name in _SHORT_NAMES:
        return _SHORT_NAMES[name]
    counted = name.removeprefix("count/")
    if counted == name:
        return None
    return next((kind for kind in kinds.KINDS if kind.stored and kind.resource == counted), None)


def _counts(name: str, version: Version) -> bool:
    """Whether one object counts against a limit: finished pods do not count as `pods`."""
    return name != "pods" or mapping(version.obj, "status").get("phase") not in _FINISHED


def _used(store: Store, namespace: str, name: str, kind: Kind) -> int:
    return sum(_counts(name, version) for version in store.all(kind, namespace))


def check_quota(store: Store, kind: Kind, namespace: str, obj: Object) -> None:
    """403 with upstream's words where one more object of the kind is more than a quota of the namespace allows."""
    for quota in store.all(kinds.RESOURCE_QUOTAS, namespace) if kind.namespaced else ():
        hard = mapping(quota.obj, "spec", "hard")
        exceeded = {}
        for name, limit in sorted(hard.items()):
            if _counted_kind(name) is kind:
                used = _used(store, namespace, name, kind)
                if used + 1 > _number(limit):
                    exceeded[name] = used
        if exceeded:
            raise forbidden(kind, metadata(obj).get("name", ""), _words(quota.key[1], exceeded, hard))


def _words(quota: str, exceeded: dict[str, int], hard: Object) -> str:
    def listed(values: Iterable[tuple[str, object]]) -> str:
        return ",".join(f"{name}={value}" for name, value in values)

    return (
        f"exceeded quota: {quota}, requested: {listed((name, 1) for name in exceeded)}, "
        f"used: {listed(exceeded.items())}, limited: {listed((name, hard[name]) for name in exceeded)}"
    )


def _number(limit: object) -> int:
    """A count is a whole quantity; `1k` is upstream's word for a thousand of them."""
    text = str(limit)
    if text.endswith("k"):
        return int(text[:-1]) * 1000
    return int(float(text)) if text.replace(".", "", 1).isdigit() else 0
