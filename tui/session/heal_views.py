"""Heals as news for people: their numbers, and their text cleaned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import structs

from tui.clean import one_line
from tui.reconcile.heal import Heal, PodMoments, Replacement, is_guess
from tui.reconcile.phases import phases
from tui.session.chronicle import Chronicle
from tui.session.heal_news import HealNews
from tui.session.records import Filed
from tui.world import World


def heals(world: World, chronicle: Chronicle, now: float) -> tuple[HealNews, ...]:
    """Every heal that is kept (records.HEALS_KEPT_IN_ALL that are over, and those under way), newest first.

    May be called from another thread than the one that keeps the chronicle: it only reads, each collection at once,
    and a heal that settles meanwhile is told once.
    """
    found: dict[tuple[str, float], HealNews] = {}
    for uid, record in list(chronicle.records.items()):
        deployment = world.deployments.by_uid.get(uid)
        heal = chronicle.clock.under_way(uid, record)
        if heal is not None and deployment is not None:
            news = heal_news(
                heal, deployment.metadata.namespace, deployment.metadata.name, chronicle.moments_of(uid), now
            )
            found[uid, heal.opened] = news
    for filed in tuple(chronicle.clock.filed):
        found[filed.heal.deployment_uid, filed.heal.opened] = filed_news(filed)
    return tuple(sorted(found.values(), key=lambda news: news.opened, reverse=True))


def filed_news(filed: Filed) -> HealNews:
    """A heal that is over, in numbers."""
    return heal_news(filed.heal, filed.namespace, filed.name, (), filed.heal.settled or 0.0)


def heal_news(heal: Heal, namespace: str, name: str, pods: Sequence[PodMoments], now: float) -> HealNews:
    """One heal of that Deployment in numbers, as of `now`; `pods` are the remembered ones, for what is not over yet."""
    return HealNews(
        deployment_uid=heal.deployment_uid,
        namespace=one_line(namespace),
        deployment=one_line(name),
        kind=heal.kind,
        cause=one_line(heal.cause),
        opened=heal.opened,
        opened_at=_stamp(heal.opened_at),
        phases=heal.phases or phases(heal, pods),
        dead_s=heal.dead_s,
        depth=heal.depth,
        total_s=heal.total_s,
        overshoot=heal.overshoot,
        lost_pod_s=heal.lost_pod_s_at(now),
        settled=heal.settled,
        guessed=heal.guessed or is_guess(heal.replacements),
    )


def _stamp(epoch_s: float | None) -> str:
    """RFC 3339 with milliseconds, UTC, or ""."""
    if epoch_s is None:
        return ""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown(heal: Heal | None, pods: Sequence[PodMoments]) -> Heal | None:
    """A heal as a screen draws it: its text cleaned, its phases so far, also while it is under way."""
    if heal is None:
        return None
    heal = structs.replace(
        heal, phases=heal.phases or phases(heal, pods), guessed=heal.guessed or is_guess(heal.replacements)
    )
    pairs = tuple(
        Replacement(_moments(pair.lost), _moments(pair.by) if pair.by is not None else None)
        for pair in heal.replacements
    )
    return structs.replace(heal, cause=one_line(heal.cause), replacements=pairs)


def _moments(pod: PodMoments) -> PodMoments:
    return structs.replace(pod, name=one_line(pod.name), node=one_line(pod.node))
