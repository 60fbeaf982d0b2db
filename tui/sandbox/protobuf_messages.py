"""The protobuf messages that kubectl's own commands send: field numbers from upstream's `generated.proto` files.

One line a field: number, name, type. A type is `string`, `int`, `bool`, `bytes`, `quantity`, `intorstring` or the name
of a message; `[]` before it makes a list, `{}` a map from strings. A `?` marks fields that Go has as pointers, whose
zero is a value; a field without it is left out when it is zero. `-` is read over: status, and stamps of the server's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_WHOLE = """
1 metadata ObjectMeta
2 spec {spec}
3 status -
"""

_TEXTS: Mapping[str, str] = {
    "ObjectMeta": """
        1 name string
        2 generateName string
        3 namespace string
        4 selfLink -
        5 uid string
        6 resourceVersion string
        7 generation -
        8 creationTimestamp -
        9 deletionTimestamp -
        10 deletionGracePeriodSeconds -
        11 labels {}string
        12 annotations {}string
        13 ownerReferences []OwnerReference
        14 finalizers []string
        17 managedFields -
    """,
    "OwnerReference": "1 kind string\n3 name string\n4 uid string\n5 apiVersion string\n6 controller bool?\n"
    "7 blockOwnerDeletion bool?",
    "LabelSelector": "1 matchLabels {}string\n2 matchExpressions []LabelSelectorRequirement",
    "LabelSelectorRequirement": "1 key string\n2 operator string\n3 values []string",
    "DeleteOptions": "1 gracePeriodSeconds int?\n2 preconditions Preconditions\n3 orphanDependents bool?\n"
    "4 propagationPolicy string\n5 dryRun []string\n6 ignoreStoreReadErrorWithClusterBreakingPotential -",
    "Preconditions": "1 uid string\n2 resourceVersion string",
    "Deployment": _WHOLE.format(spec="DeploymentSpec"),
    "DeploymentSpec": """
        1 replicas int?
        2 selector LabelSelector
        3 template PodTemplateSpec
        4 strategy DeploymentStrategy
        5 minReadySeconds int
        6 revisionHistoryLimit int?
        7 paused bool
        9 progressDeadlineSeconds int?
    """,
    "DeploymentStrategy": "1 type string\n2 rollingUpdate RollingUpdate",
    "RollingUpdate": "1 maxUnavailable intorstring?\n2 maxSurge intorstring?",
    "PodTemplateSpec": "1 metadata ObjectMeta\n2 spec PodSpec",
    "Pod": _WHOLE.format(spec="PodSpec"),
    "PodSpec": """
        2 containers []Container
        3 restartPolicy string
        4 terminationGracePeriodSeconds int?
        5 activeDeadlineSeconds int?
        6 dnsPolicy string
        7 nodeSelector {}string
        8 serviceAccountName string
        9 serviceAccount string
        10 nodeName string
        11 hostNetwork bool
        12 hostPID bool
        13 hostIPC bool
        15 imagePullSecrets []LocalObjectReference
        16 hostname string
        17 subdomain string
        19 schedulerName string
        20 initContainers []Container
        21 automountServiceAccountToken bool?
        24 priorityClassName string
        25 priority int?
        30 enableServiceLinks bool?
    """,
    "LocalObjectReference": "1 name string",
    "Container": """
        1 name string
        2 image string
        3 command []string
        4 args []string
        5 workingDir string
        6 ports []ContainerPort
        7 env []EnvVar
        8 resources ResourceRequirements
        13 terminationMessagePath string
        14 imagePullPolicy string
        16 stdin bool
        17 stdinOnce bool
        18 tty bool
        20 terminationMessagePolicy string
    """,
    "ContainerPort": "1 name string\n2 hostPort int\n3 containerPort int\n4 protocol string\n5 hostIP string",
    "EnvVar": "1 name string\n2 value string",
    "ResourceRequirements": "1 limits {}quantity\n2 requests {}quantity",
    "Namespace": _WHOLE.format(spec="NamespaceSpec"),
    "NamespaceSpec": "1 finalizers []string",
    "ConfigMap": "1 metadata ObjectMeta\n2 data {}string\n3 binaryData {}bytes\n4 immutable bool?",
    "Secret": "1 metadata ObjectMeta\n2 data {}bytes\n3 type string\n4 stringData {}string\n5 immutable bool?",
    "ServiceAccount": "1 metadata ObjectMeta\n3 imagePullSecrets []LocalObjectReference\n"
    "4 automountServiceAccountToken bool?",
    "ResourceQuota": _WHOLE.format(spec="ResourceQuotaSpec"),
    "ResourceQuotaSpec": "1 hard {}quantity\n2 scopes []string",
    "Service": _WHOLE.format(spec="ServiceSpec"),
    "ServiceSpec": """
        1 ports []ServicePort
        2 selector {}string
        3 clusterIP string
        4 type string
        5 externalIPs []string
        7 sessionAffinity string
        8 loadBalancerIP string
        10 externalName string
        11 externalTrafficPolicy string
        12 healthCheckNodePort int
        13 publishNotReadyAddresses bool
        18 clusterIPs []string
    """,
    "ServicePort": "1 name string\n2 protocol string\n3 port int\n4 targetPort intorstring\n5 nodePort int",
    "PodDisruptionBudget": _WHOLE.format(spec="PodDisruptionBudgetSpec"),
    "PodDisruptionBudgetSpec": "1 minAvailable intorstring?\n2 selector LabelSelector\n"
    "3 maxUnavailable intorstring?\n4 unhealthyPodEvictionPolicy string",
    "Eviction": "1 metadata ObjectMeta\n2 deleteOptions DeleteOptions",
    "SelfSubjectReview": "1 metadata ObjectMeta\n2 status -",
    "SelfSubjectAccessReview": _WHOLE.format(spec="AccessReviewSpec"),
    "AccessReviewSpec": "1 resourceAttributes ResourceAttributes\n2 nonResourceAttributes NonResourceAttributes",
    "ResourceAttributes": "1 namespace string\n2 verb string\n3 group string\n4 version string\n5 resource string\n"
    "6 subresource string\n7 name string",
    "NonResourceAttributes": "1 path string\n2 verb string",
    "SelfSubjectRulesReview": _WHOLE.format(spec="RulesReviewSpec"),
    "RulesReviewSpec": "1 namespace string",
    "Unknown": "1 typeMeta TypeMeta\n2 raw bytes\n3 contentEncoding string\n4 contentType string",
    "TypeMeta": "1 apiVersion string\n2 kind string",
    "IntOrString": "1 type int?\n2 intVal int?\n3 strVal string",
    "Quantity": "1 string string",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message; `of` is the type of its values, `many` is `[]` or `{}` or nothing."""

    name: str
    of: str
    many: str = ""
    pointer: bool = False


def _field(line: str) -> tuple[int, Field]:
    number, name, type_name = line.split()
    many = type_name[:2] if type_name[:2] in ("[]", "{}") else ""
    return int(number), Field(name, type_name[len(many) :].rstrip("?"), many, type_name.endswith("?"))


MESSAGES: Mapping[str, Mapping[int, Field]] = {
    name: dict(_field(line) for line in text.splitlines() if line.strip()) for name, text in _TEXTS.items()
}
