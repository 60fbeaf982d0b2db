"""What the API server fills in where a client said nothing: upstream's `defaults.go`, and the admission of pods."""

from __future__ import annotations

import base64
from typing import Any

from tui.sandbox.objects import Object, items, mapping, metadata

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_QOS_RESOURCES = ("cpu", "memory")
_DEFAULT_TOLERATION_SECONDS = 300
_SERVICE_ACCOUNT = "default"


def default_namespace(obj: Object) -> None:
    """Label the namespace with its own name."""
    metadata(obj).setdefault("labels", {})["kubernetes.io/metadata.name"] = metadata(obj).get("name", "")


def start_namespace(obj: Object) -> None:
    """A new namespace is Active and holds the finalizer that keeps it until it is empty."""
    obj["status"] = {"phase": "Active"}
    finalizers = obj.setdefault("spec", {}).setdefault("finalizers", [])
    if "kubernetes" not in finalizers:
        finalizers.append("kubernetes")


def default_node(obj: Object) -> None:
    """A node that names its capacity and nothing else can use all of it."""
    status = mapping(obj, "status")
    if "capacity" in status:
        status.setdefault("allocatable", dict(status["capacity"]))
    obj.setdefault("spec", {})


def default_deployment(obj: Object) -> None:
    """SetDefaults_Deployment and the defaults of its pod template."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    default_pod_spec(spec.setdefault("template", {}).setdefault("spec", {}))


def default_replica_set(obj: Object) -> None:
    """SetDefaults_ReplicaSet and the defaults of its pod template."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    default_pod_spec(spec.setdefault("template", {}).setdefault("spec", {}))


def start_replica_set(obj: Object) -> None:
    """A new ReplicaSet has no pods yet."""
    obj["status"] = {"replicas": 0}


def default_pod(obj: Object) -> None:
    """SetDefaults_Pod: requests from limits, service links, and the defaults of every pod spec."""
    spec = obj.setdefault("spec", {})
    for container in (*items(spec, "containers"), *items(spec, "initContainers")):
        resources = container.setdefault("resources", {})
        for name, quantity in mapping(resources, "limits").items():
            resources.setdefault("requests", {}).setdefault(name, quantity)
    spec.setdefault("enableServiceLinks", True)
    default_pod_spec(spec)


def default_pod_spec(spec: Object) -> None:
    """SetDefaults_PodSpec, for pods and for templates."""
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("securityContext", {})
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("schedulerName", "default-scheduler")
    if spec.get("serviceAccountName"):
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    for container in (*items(spec, "containers"), *items(spec, "initContainers")):
        _default_container(container)
    for volume in items(spec, "volumes"):
        _default_volume(volume)


def _default_container(container: Object) -> None:
    container.setdefault("imagePullPolicy", _pull_policy(container.get("image", "")))
    container.setdefault("resources", {})
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    for port in items(container, "ports"):
        port.setdefault("protocol", "TCP")
    for variable in items(container, "env"):
        reference = mapping(variable, "valueFrom", "fieldRef")
        if reference:
            reference.setdefault("apiVersion", "v1")
    for name in _PROBES:
        if name in container:
            _default_probe(container[name])


def _pull_policy(image: str) -> str:
    """Always for `latest` and for no tag at all; a digest alone is no tag, as in parsers.ParseImageName."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return "Always" if tag == "latest" or (not tag and not digest) else "IfNotPresent"


def _default_probe(probe: Object) -> None:
    for field, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        if not probe.get(field):
            probe[field] = value
    if isinstance(probe.get("httpGet"), dict):
        probe["httpGet"].setdefault("path", "/")
        probe["httpGet"].setdefault("scheme", "HTTP")


def _default_volume(volume: Object) -> None:
    if len(volume) == 1:
        volume["emptyDir"] = {}
    for source in ("configMap", "secret", "projected", "downwardAPI"):
        if isinstance(volume.get(source), dict):
            volume[source].setdefault("defaultMode", 0o644)


def start_pod(obj: Object) -> None:
    """A new pod is Pending; its quality of service is decided once, from what its containers ask for."""
    obj["status"] = {"phase": "Pending", "qosClass": _qos_class(obj["spec"])}


def complete_pod(obj: Object) -> None:
    """Container statuses with the fields that are never left out, on which typed clients insist."""
    for section in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for status in items(obj, "status", section):
            for field, empty in (("image", ""), ("imageID", ""), ("ready", False), ("restartCount", 0)):
                status.setdefault(field, empty)
            status.setdefault("state", {})
            status.setdefault("lastState", {})


def _qos_class(spec: Object) -> str:
    """component-helpers `qos.ComputePodQOS`: all limits = requests, or nothing asked for, or something between."""
    containers = (*items(spec, "containers"), *items(spec, "initContainers"))
    asked = False
    guaranteed = bool(containers)
    for container in containers:
        requests, limits = (
            mapping(container, "resources", "requests"),
            mapping(container, "resources", "limits"),
        )
        for resource in _QOS_RESOURCES:
            asked = asked or resource in requests or resource in limits
            guaranteed = guaranteed and resource in limits and requests.get(resource) == limits[resource]
    if not asked:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"


def admit_pod(obj: Object) -> None:
    """The mutating admission of pods: the service account, the default tolerations, the priority."""
    spec = obj["spec"]
    account = spec.setdefault("serviceAccountName", _SERVICE_ACCOUNT)
    spec.setdefault("serviceAccount", account)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    spec.setdefault("priority", 0)
    tolerations = spec.setdefault("tolerations", [])
    for taint in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(_tolerates_no_execute(toleration, taint) for toleration in tolerations):
            tolerations.append(
                {
                    "key": taint,
                    "operator": "Exists",
                    "effect": "NoExecute",
                    "tolerationSeconds": _DEFAULT_TOLERATION_SECONDS,
                }
            )


def _tolerates_no_execute(toleration: Any, taint: str) -> bool:
    """DefaultTolerationSeconds adds its own only where no toleration of the key, or of every key, is there."""
    key, effect = toleration.get("key", taint), toleration.get("effect", "NoExecute")
    return bool(key == taint and effect == "NoExecute")


def default_service(obj: Object) -> None:
    """SetDefaults_Service; its address comes from admission, which knows those that are taken."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("sessionAffinity", "None")
    if spec.setdefault("type", "ClusterIP") != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        spec.setdefault("ipFamilies", ["IPv4"])
    for port in items(spec, "ports"):
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))


def start_service(obj: Object) -> None:
    """Nothing balances load here."""
    obj["status"] = {"loadBalancer": {}}


def default_secret(obj: Object) -> None:
    """Opaque unless it says what it is; stringData is written into data, encoded."""
    obj.setdefault("type", "Opaque")
    for name, text in (obj.pop("stringData", None) or {}).items():
        obj.setdefault("data", {})[name] = base64.b64encode(str(text).encode()).decode()
