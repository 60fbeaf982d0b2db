"""The kinds that the sandbox serves, one line each: paths, discovery, names and rights all come from this table."""

from __future__ import annotations

from dataclasses import dataclass

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READ_VERBS = frozenset({"get", "list", "watch"})
INSIDE = frozenset({"attach", "exec", "portforward", "proxy"})
"""Subresources that lead into a container, where even a GET may change something: no reader's business."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One resource of the API: `plural` is the word in paths, `kind` the word in objects; compared by identity."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS

    @property
    def api_version(self) -> str:
        """`v1` or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """`pods` or `deployments.apps`, as messages name a resource (schema.GroupResource)."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """`Pod` or `Deployment.apps`, as validation names a kind (schema.GroupKind)."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def singular(self) -> str:
        """`pod`: what kubectl accepts and prints for one of them."""
        return self.kind.lower()

    @property
    def stored(self) -> bool:
        """False for the review kinds, which are answered and never kept."""
        return "get" in self.verbs


_ALL = ("all",)
_STATUS = ("status",)
_REVIEW = ("create",)

NAMESPACES = Kind("", "v1", "namespaces", "Namespace", False, ("ns",), ("finalize", "status"))
NODES = Kind("", "v1", "nodes", "Node", False, ("no",), _STATUS)
PODS = Kind(
    "",
    "v1",
    "pods",
    "Pod",
    True,
    ("po",),
    ("attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "proxy", "status"),
    _ALL,
)
EVENTS = Kind("", "v1", "events", "Event", True, ("ev",))
CONFIG_MAPS = Kind("", "v1", "configmaps", "ConfigMap", True, ("cm",))
SECRETS = Kind("", "v1", "secrets", "Secret")
SERVICES = Kind("", "v1", "services", "Service", True, ("svc",), ("proxy", "status"), _ALL)
SERVICE_ACCOUNTS = Kind("", "v1", "serviceaccounts", "ServiceAccount", True, ("sa",))
RESOURCE_QUOTAS = Kind("", "v1", "resourcequotas", "ResourceQuota", True, ("quota",), _STATUS)
DEPLOYMENTS = Kind("apps", "v1", "deployments", "Deployment", True, ("deploy",), ("scale", "status"), _ALL)
REPLICA_SETS = Kind("apps", "v1", "replicasets", "ReplicaSet", True, ("rs",), ("scale", "status"), _ALL)
DISRUPTION_BUDGETS = Kind(
    "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", True, ("pdb",), _STATUS
)
LEASES = Kind("coordination.k8s.io", "v1", "leases", "Lease")
ACCESS_REVIEWS = Kind(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False, verbs=_REVIEW
)
RULES_REVIEWS = Kind(
    "authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", False, verbs=_REVIEW
)
SUBJECT_REVIEWS = Kind(
    "authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", False, verbs=_REVIEW
)

TOKEN_REVIEWS = Kind("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", False, verbs=_REVIEW)
SCALES = Kind("autoscaling", "v1", "scales", "Scale", verbs=())
"""What a /scale is answered with; a kind without paths of its own."""

KINDS: tuple[Kind, ...] = (
    NAMESPACES,
    NODES,
    PODS,
    EVENTS,
    CONFIG_MAPS,
    SECRETS,
    SERVICES,
    SERVICE_ACCOUNTS,
    RESOURCE_QUOTAS,
    DEPLOYMENTS,
    REPLICA_SETS,
    DISRUPTION_BUDGETS,
    LEASES,
    ACCESS_REVIEWS,
    RULES_REVIEWS,
    SUBJECT_REVIEWS,
    TOKEN_REVIEWS,
)

_BY_PATH = {(kind.group, kind.version, kind.plural): kind for kind in KINDS}


def find(group: str, version: str, plural: str) -> Kind | None:
    """The kind that a path names, or None where the server does not serve it."""
    return _BY_PATH.get((group, version, plural))


def groups() -> dict[str, list[str]]:
    """Every named group with its versions, in the table's order; the core group is not among them."""
    versions: dict[str, list[str]] = {}
    for kind in KINDS:
        if kind.group and kind.version not in versions.setdefault(kind.group, []):
            versions[kind.group].append(kind.version)
    return versions
