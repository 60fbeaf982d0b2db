"""ResourceQuota for object counts (`pods`, `count/RESOURCE.GROUP`, the old short names) and for sums of cpu and bytes.

Follows `apiserver/pkg/admission/plugin/resourcequota`: the check is made when an object is created. It counts the
objects themselves, so that no late figure lets one too many in; `status.used` is the resource quota loop's to write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from tui.sandbox import kinds
from tui.sandbox.history import Version
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object, mapping, metadata
from tui.sandbox.pod_sums import LIMITED, limited_sum, silent_containers
from tui.sandbox.quantity import amount_text, parse_quantity
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


def check_quota(store: Store, kind: Kind, namespace: str, obj: Object) -> None:
    """403 with upstream's words where an object more of the kind is more than a quota of the namespace allows.

    So is a pod that does not say how much it wants of what is limited: it could not be counted.
    """
    for quota in store.all(kinds.RESOURCE_QUOTAS, namespace) if kind.namespaced else ():
        name, hard = quota.key[1], mapping(quota.obj, "spec", "hard")
        wanted = _wanted(kind, obj, hard)
        words = _unsaid(name, obj, wanted) or _exceeded(name, wanted, _used(store, namespace, wanted), hard)
        if words:
            raise forbidden(kind, metadata(obj).get("name", ""), words)


def _wanted(kind: Kind, obj: Object, hard: Object) -> dict[str, Fraction]:
    """What the object would use of each limit, by the limit's name."""
    counts = {name: Fraction(1) for name in hard if _counted_kind(name) is kind}
    sums = {name: limited_sum(name, [obj]) for name in hard if name in LIMITED} if kind is kinds.PODS else {}
    return dict(sorted((counts | sums).items()))


def _used(store: Store, namespace: str, names: Iterable[str]) -> dict[str, Fraction]:
    return {name: _use(store, namespace, name) for name in names}


def _use(store: Store, namespace: str, name: str) -> Fraction:
    kind = _counted_kind(name)
    if kind is None:
        return limited_sum(name, (version.obj for version in store.all(kinds.PODS, namespace)))
    return Fraction(sum(_counts(name, version) for version in store.all(kind, namespace)))


def _unsaid(quota: str, obj: Object, wanted: Iterable[str]) -> str:
    silent = {name: silent_containers(name, obj) for name in wanted if name in LIMITED}
    said = [f"{name} for: {','.join(sorted(who))}" for name, who in silent.items() if who]
    return f"failed quota: {quota}: must specify {'; '.join(said)}" if said else ""


def _exceeded(quota: str, wanted: dict[str, Fraction], used: dict[str, Fraction], hard: Object) -> str:
    over = [name for name in wanted if used[name] + wanted[name] > parse_quantity(hard[name])]

    def listed(amounts: Mapping[str, Fraction]) -> str:
        return ",".join(f"{name}={amount_text(amounts[name])}" for name in over)

    limited = ",".join(f"{name}={hard[name]}" for name in over)
    if not over:
        return ""
    return f"exceeded quota: {quota}, requested: {listed(wanted)}, used: {listed(used)}, limited: {limited}"
