"""What each kind does with its own fields when it is written: upstream's `strategy.go` files, one entry a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tui.sandbox import defaults, kinds
from tui.sandbox.field_errors import Errors
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object, mapping
from tui.sandbox.validation import (
    validate_budget,
    validate_deployment,
    validate_deployment_update,
    validate_event,
    validate_nothing,
    validate_pod,
    validate_pod_update,
    validate_quota,
    validate_replica_set,
    validate_replica_set_update,
)

Change = Callable[[Object], None]
UpdateCheck = Callable[[Object, Object, Errors], None]


def _leave(obj: Object) -> None:
    del obj


def _keep_nothing(new: Object, old: Object) -> None:
    del new, old


def _keep_addresses(new: Object, old: Object) -> None:
    """A service that is replaced without its address keeps it (patchAllocatedValues)."""
    for field in ("clusterIP", "clusterIPs"):
        if not mapping(new, "spec").get(field) and mapping(old, "spec").get(field):
            new.setdefault("spec", {})[field] = old["spec"][field]


def _accept_update(new: Object, old: Object, errors: Errors) -> None:
    del new, old, errors


def _spec(obj: Object) -> Any:
    return obj.get("spec")


def _spec_and_annotations(obj: Object) -> Any:
    return obj.get("spec"), mapping(obj, "metadata", "annotations")


@dataclass(frozen=True, slots=True)
class Strategy:
    """How one kind is created and updated.

    `counted` is what a generation counts the changes of (None: the kind has no generation). `set_status` writes the
    status that a new object starts with (None: what the client sends is kept, as a kubelet's Node is). `complete`
    writes the fields that Go writes even when they are empty, and `keep` gives an update what the server had allocated.
    """

    default: Change = _leave
    complete: Change = _leave
    keep: Callable[[Object, Object], None] = _keep_nothing
    set_status: Change | None = _leave
    validate: Callable[[Object, Errors], None] = validate_nothing
    validate_update: UpdateCheck = _accept_update
    counted: Callable[[Object], Any] | None = None
    metadata_kept_by_status: tuple[str, ...] = ()
    subdomain_name: bool = True
    unconditional_update: bool = True


def _without_status(obj: Object) -> None:
    obj.pop("status", None)


def _empty_status(obj: Object) -> None:
    obj["status"] = {}


_DEFAULT = Strategy(set_status=None)

_STRATEGIES: Mapping[Kind, Strategy] = {
    kinds.NAMESPACES: Strategy(
        default=defaults.default_namespace,
        set_status=defaults.start_namespace,
        subdomain_name=False,
    ),
    kinds.NODES: Strategy(default=defaults.default_node, set_status=None),
    kinds.PODS: Strategy(
        default=defaults.default_pod,
        complete=defaults.complete_pod,
        set_status=defaults.start_pod,
        validate=validate_pod,
        validate_update=validate_pod_update,
        counted=_spec,
        metadata_kept_by_status=("ownerReferences",),
    ),
    kinds.SERVICES: Strategy(
        default=defaults.default_service, keep=_keep_addresses, set_status=defaults.start_service
    ),
    kinds.SECRETS: Strategy(default=defaults.default_secret, set_status=None),
    kinds.RESOURCE_QUOTAS: Strategy(set_status=_empty_status, validate=validate_quota),
    kinds.DEPLOYMENTS: Strategy(
        default=defaults.default_deployment,
        set_status=_empty_status,
        validate=validate_deployment,
        validate_update=validate_deployment_update,
        counted=_spec_and_annotations,
        metadata_kept_by_status=("labels",),
    ),
    kinds.REPLICA_SETS: Strategy(
        default=defaults.default_replica_set,
        set_status=defaults.start_replica_set,
        validate=validate_replica_set,
        validate_update=validate_replica_set_update,
        counted=_spec,
    ),
    kinds.DISRUPTION_BUDGETS: Strategy(set_status=_without_status, validate=validate_budget, counted=_spec),
    kinds.EVENTS: Strategy(set_status=None, validate=validate_event),
    kinds.LEASES: Strategy(set_status=None, unconditional_update=False),
}


def strategy_of(kind: Kind) -> Strategy:
    """The strategy of a kind; kinds without an entry keep what they are given."""
    return _STRATEGIES.get(kind, _DEFAULT)
