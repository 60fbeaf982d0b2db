"""What the faults on pods have in common."""

from __future__ import annotations

from collections.abc import Sequence, Sized

from tui.chaos.fault import Hit, Need
from tui.chaos.guard import FaultRefused
from tui.chaos.settings import Setting
from tui.chaos.sight import Sight
from tui.cluster.kinds import PODS
from tui.facts import Deployment, Pod

REPLACED = "not undone: replaced"
POD = Setting("pod", "this pod; otherwise the selected or a random one")
FORCE = Setting("force", "no grace period: the object goes at once", default=False, kind=bool)
COUNT = Setting("count", "how many pods", kind=int, least=1, most=1000)
PERCENT = Setting("percent", "how many of its pods, rounded up", kind=float, least=0.01, most=100, unit="%")


def hit(deployment: Deployment, pods: Sequence[Pod] = ()) -> Hit:
    """That Deployment, and those of its pods."""
    uids = frozenset(pod.metadata.uid for pod in pods)
    return Hit(deployment.metadata.uid, deployment.metadata.key, uids)


def named(pods: Sequence[Pod]) -> tuple[tuple[str, str], ...]:
    """The pods as victims."""
    return tuple((pod.metadata.uid, pod.metadata.name) for pod in pods)


def need(verb: str, namespace: str, subresource: str = "") -> Need:
    """A right on pods."""
    return Need(verb, PODS.resource, namespace, subresource)


def several(
    sight: Sight, deployment: Deployment, count: int | None, percent: float | None
) -> tuple[list[Pod], str]:
    """So many random pods of that Deployment, ready ones first, and how the number came about, or ""."""
    pods = sight.pods(deployment.metadata.uid)
    if not pods:
        raise FaultRefused(f"{deployment.metadata.key} has no pod that could be chosen")
    if count is not None and percent is not None:
        raise FaultRefused("count and percent contradict each other: give one of them")
    wanted, how = count or 1, ""
    if percent is not None:
        wanted = -int(-len(pods) * percent // 100)
        how = f"{percent:g} % of {counted(pods)}, rounded up: {wanted}"
    if wanted > len(pods):
        raise FaultRefused(f"{deployment.metadata.key} has {counted(pods)}, not {wanted}")
    sight.rng.shuffle(pods)
    pods.sort(key=lambda pod: not pod.ready)
    return sorted(pods[:wanted], key=lambda pod: pod.metadata.name), how


def in_words(pods: Sequence[Pod]) -> str:
    """ "pod a", or "3 pods"."""
    return f"pod {pods[0].metadata.name}" if len(pods) == 1 else counted(pods)


def counted(pods: Sized) -> str:
    """ "1 pod", "3 pods"."""
    return f"{len(pods)} pod{'' if len(pods) == 1 else 's'}"
