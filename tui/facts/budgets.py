"""PodDisruptionBudgets: how many of some pods may be evicted now."""

from __future__ import annotations

from collections.abc import Mapping

from tui.facts.meta import Fact, ObjectMeta
from tui.facts.pods import Pod


class Requirement(Fact, frozen=True):
    """metav1.LabelSelectorRequirement: one term about one label."""

    key: str = ""
    operator: str = ""
    values: tuple[str, ...] | None = None

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy it; an operator that nobody knows is never satisfied."""
        value, values = labels.get(self.key), self.values or ()
        match self.operator:
            case "In":
                return value is not None and value in values
            case "NotIn":
                return value is None or value not in values
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
        return False


class LabelSelector(Fact, frozen=True):
    """metav1.LabelSelector: all of its terms have to hold; an empty one selects everything."""

    match_labels: dict[str, str] | None = None
    match_expressions: tuple[Requirement, ...] | None = None

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy every term."""
        return all(labels.get(key) == value for key, value in (self.match_labels or {}).items()) and all(
            term.matches(labels) for term in self.match_expressions or ()
        )


class BudgetSpec(Fact, frozen=True):
    """Which pods it counts (without a selector none), and when those that are not ready may go all the same."""

    selector: LabelSelector | None = None
    unhealthy_pod_eviction_policy: str | None = None


class BudgetStatus(Fact, frozen=True):
    """What the disruption controller has worked out; a claim about `observed_generation`. Counts are pods."""

    observed_generation: int = 0
    disruptions_allowed: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0
    expected_pods: int = 0


class PodDisruptionBudget(Fact, frozen=True):
    """policyv1.PodDisruptionBudget."""

    metadata: ObjectMeta = ObjectMeta()
    spec: BudgetSpec = BudgetSpec()
    status: BudgetStatus = BudgetStatus()

    @property
    def observed(self) -> bool:
        """Whether the status speaks about the spec that is there now."""
        return self.status.observed_generation >= self.metadata.generation

    def selects(self, pod: Pod) -> bool:
        """Whether it counts that pod."""
        selector = self.spec.selector
        return (
            selector is not None
            and self.metadata.namespace == pod.metadata.namespace
            and selector.matches(pod.metadata.labels or {})
        )
