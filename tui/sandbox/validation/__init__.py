"""What an object has to satisfy, with upstream's field paths and words: metadata, pods, workloads and the rest."""

from tui.sandbox.validation.metadata import validate_metadata, validate_metadata_update
from tui.sandbox.validation.others import validate_budget, validate_event, validate_nothing, validate_quota
from tui.sandbox.validation.pods import validate_pod, validate_pod_update
from tui.sandbox.validation.workloads import (
    validate_deployment,
    validate_deployment_update,
    validate_replica_set,
    validate_replica_set_update,
    validate_scale,
)

__all__ = [
    "validate_budget",
    "validate_deployment",
    "validate_deployment_update",
    "validate_event",
    "validate_metadata",
    "validate_metadata_update",
    "validate_nothing",
    "validate_pod",
    "validate_pod_update",
    "validate_quota",
    "validate_replica_set",
    "validate_replica_set_update",
    "validate_scale",
]
