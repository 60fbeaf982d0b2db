"""Rules of pods and of the pod templates inside workloads: `pkg/apis/core/validation/validation.go`."""

from __future__ import annotations

from tui.sandbox.field_errors import Errors
from tui.sandbox.names import label_errors
from tui.sandbox.objects import Object, deep_copy, items, mapping
from tui.sandbox.validation.metadata import validate_labels

_PROTOCOLS = ("SCTP", "TCP", "UDP")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROBE_NUMBERS = (
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
)
_HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")
_CHANGEABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def validate_pod(obj: Object, errors: Errors) -> None:
    """The rules of a new pod."""
    validate_pod_spec(mapping(obj, "spec"), "spec", errors)


def validate_template(template: Object, field: str, errors: Errors) -> None:
    """The rules of a pod template."""
    validate_labels(mapping(template, "metadata", "labels"), f"{field}.metadata.labels", errors)
    validate_pod_spec(mapping(template, "spec"), f"{field}.spec", errors)


def validate_pod_spec(spec: Object, field: str, errors: Errors) -> None:
    """The rules of a pod spec, wherever it stands."""
    containers = items(spec, "containers")
    if not containers:
        errors.required(f"{field}.containers")
    names: set[str] = set()
    for section in ("containers", "initContainers"):
        for index, container in enumerate(items(spec, section)):
            _validate_container(container, f"{field}.{section}[{index}]", names, errors)
    if spec.get("restartPolicy") not in _RESTART_POLICIES:
        errors.not_supported(f"{field}.restartPolicy", spec.get("restartPolicy"), _RESTART_POLICIES)
    validate_labels(mapping(spec, "nodeSelector"), f"{field}.nodeSelector", errors)
    _validate_tolerations(items(spec, "tolerations"), f"{field}.tolerations", errors)
    _validate_volumes(spec, field, errors)


def _validate_container(container: Object, field: str, names: set[str], errors: Errors) -> None:
    name = container.get("name", "")
    if not name:
        errors.required(f"{field}.name")
    elif name in names:
        errors.duplicate(f"{field}.name", name)
    else:
        for problem in label_errors(name):
            errors.invalid(f"{field}.name", name, problem)
    names.add(name)
    if not container.get("image"):
        errors.required(f"{field}.image")
    if container.get("imagePullPolicy") not in _PULL_POLICIES:
        errors.not_supported(f"{field}.imagePullPolicy", container.get("imagePullPolicy"), _PULL_POLICIES)
    for index, port in enumerate(items(container, "ports")):
        _validate_port(port, f"{field}.ports[{index}]", errors)
    for index, variable in enumerate(items(container, "env")):
        if not variable.get("name"):
            errors.required(f"{field}.env[{index}].name")
    for probe in _PROBES:
        if probe in container:
            _validate_probe(container[probe], f"{field}.{probe}", errors)


def _validate_port(port: Object, field: str, errors: Errors) -> None:
    number = port.get("containerPort", 0)
    if not number:
        errors.required(f"{field}.containerPort")
    elif not 1 <= number <= 65535:
        errors.invalid(f"{field}.containerPort", number, "must be between 1 and 65535, inclusive")
    if port.get("protocol") not in _PROTOCOLS:
        errors.not_supported(f"{field}.protocol", port.get("protocol"), _PROTOCOLS)


def _validate_probe(probe: Object, field: str, errors: Errors) -> None:
    handlers = [name for name in _HANDLERS if name in probe]
    if not handlers:
        errors.required(field, "must specify a handler type")
    for extra in handlers[1:]:
        errors.forbidden(f"{field}.{extra}", "may not specify more than 1 handler type")
    for name in _PROBE_NUMBERS:
        errors.not_negative(f"{field}.{name}", probe.get(name))
    if field.endswith(("livenessProbe", "startupProbe")) and probe.get("successThreshold") != 1:
        errors.invalid(f"{field}.successThreshold", probe.get("successThreshold"), "must be 1")


def _validate_tolerations(tolerations: list[Object], field: str, errors: Errors) -> None:
    for index, toleration in enumerate(tolerations):
        here = f"{field}[{index}]"
        operator, effect = toleration.get("operator", ""), toleration.get("effect", "")
        if not toleration.get("key") and operator != "Exists":
            errors.invalid(
                f"{here}.operator",
                operator,
                'operator must be Exists when `key` is empty, which means "match all values and all keys"',
            )
        if operator not in ("", "Equal", "Exists"):
            errors.not_supported(f"{here}.operator", operator, ("Equal", "Exists"))
        if operator == "Exists" and toleration.get("value"):
            errors.invalid(here, toleration, "value must be empty when `operator` is 'Exists'")
        if effect and effect not in _EFFECTS:
            errors.not_supported(f"{here}.effect", effect, _EFFECTS)
        if "tolerationSeconds" in toleration and effect != "NoExecute":
            errors.invalid(
                f"{here}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"
            )


def _validate_volumes(spec: Object, field: str, errors: Errors) -> None:
    names: set[str] = set()
    for index, volume in enumerate(items(spec, "volumes")):
        name = volume.get("name", "")
        if not name:
            errors.required(f"{field}.volumes[{index}].name")
        elif name in names:
            errors.duplicate(f"{field}.volumes[{index}].name", name)
        names.add(name)
    for section in ("containers", "initContainers"):
        for at, container in enumerate(items(spec, section)):
            for index, mount in enumerate(items(container, "volumeMounts")):
                here = f"{field}.{section}[{at}].volumeMounts[{index}]"
                if mount.get("name") not in names:
                    errors.not_found(f"{here}.name", mount.get("name", ""))
                if not mount.get("mountPath"):
                    errors.required(f"{here}.mountPath")


def validate_pod_update(new: Object, old: Object, errors: Errors) -> None:
    """ValidatePodUpdate: images, tolerations (added only), the active deadline; everything else stays."""
    new_spec, old_spec = mapping(new, "spec"), mapping(old, "spec")
    for section in ("containers", "initContainers"):
        if len(items(new_spec, section)) != len(items(old_spec, section)):
            errors.forbidden(f"spec.{section}", "pod updates may not add or remove containers")
            return
    _validate_added_tolerations(items(new_spec, "tolerations"), items(old_spec, "tolerations"), errors)
    compared = deep_copy(new_spec)
    for section in ("containers", "initContainers"):
        for container, before in zip(items(compared, section), items(old_spec, section), strict=True):
            container["image"] = before.get("image")
    for field in ("activeDeadlineSeconds", "tolerations", "schedulingGates"):
        _take_over(compared, old_spec, field)
    if (
        old_spec.get("terminationGracePeriodSeconds", 0) < 0
        and compared["terminationGracePeriodSeconds"] == 1
    ):
        _take_over(compared, old_spec, "terminationGracePeriodSeconds")
    if compared != old_spec:
        changed = sorted(key for key in {*compared, *old_spec} if compared.get(key) != old_spec.get(key))
        errors.forbidden("spec", f"{_CHANGEABLE}\nchanged: {', '.join(changed)}\n")


def _take_over(target: Object, source: Object, field: str) -> None:
    target.pop(field, None)
    if field in source:
        target[field] = source[field]


def _validate_added_tolerations(new: list[Object], old: list[Object], errors: Errors) -> None:
    def without_seconds(toleration: Object) -> Object:
        return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}

    kept = [without_seconds(toleration) for toleration in new]
    if any(without_seconds(toleration) not in kept for toleration in old):
        errors.forbidden(
            "spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"
        )
