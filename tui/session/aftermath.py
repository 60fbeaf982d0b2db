"""What comes of faults: on the Deployments that they hit, from just before the injection on."""

from __future__ import annotations

from functools import partial

from tui.chaos.fault import Hit, Plan
from tui.chaos.steps import AnyStep, Delete, Evict, Speak
from tui.clean import PlainError
from tui.cluster.errors import Refused
from tui.session.engine import Engine
from tui.session.heal_news import HealNews


class Aftermath:
    """Begins when it is made: before the first of its faults is injected. All of it is about their hits only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._began = engine.now()
        self._filed = engine.chronicle.clock.filed_count
        self._hits: dict[str, Hit] = {}
        self._lost_before: dict[tuple[str, float], float] = {}
        """Of the heals that were under way already: the pod-seconds lost until then."""
        self._plans: list[Plan] = []
        self._ended: set[str] = set()
        """The pods that faults end, of faults that are not over."""
        self._restarts: dict[str, int] = {}
        """The pods that are made to restart, and how often they had before."""
        self._actors: set[str] = set()

    def expect(self, plan: Plan) -> None:
        """A fault is about to be injected, or has just been."""
        self._plans.append(plan)
        for hit in plan.hits:
            self._begin(hit)
        self._ended |= plan.ends_pods & self._engine.world.pods.by_uid.keys()
        for step in plan.steps:
            pod = self._engine.world.pods.by_uid.get(_ref_uid(step)) if isinstance(step, Speak) else None
            if pod is not None and isinstance(step, Speak) and step.hangs_up:
                self._restarts[pod.metadata.uid] = pod.restarts

    def over(self, plan: Plan) -> None:
        """It has been undone: what it had not ended by then it will not end any more."""
        self._ended -= plan.ends_pods

    def _begin(self, hit: Hit) -> None:
        if hit.deployment_uid in self._hits:
            return
        self._hits[hit.deployment_uid] = hit
        for news in self._under_way(hit.deployment_uid):
            self._lost_before[news.deployment_uid, news.opened] = news.lost_pod_s

    # ---------------------------------------------------------------- so far

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The Deployments that feel it."""
        return tuple(self._hits.values())

    def heals(self, deployment_uid: str = "") -> list[HealNews]:
        """The heals since, oldest first: of that Deployment, or of all."""
        uids = [deployment_uid] if deployment_uid else list(self._hits)
        _, filed = self._engine.overview.settled_since(self._filed)
        found = [news for news in filed if news.deployment_uid in uids]
        found += [news for uid in uids for news in self._under_way(uid)]
        return sorted(found, key=lambda news: news.opened)

    @property
    def lost_pod_s(self) -> float:
        """Pod-seconds lost since the beginning, of all hits together."""
        before = self._lost_before
        return sum(
            news.lost_pod_s - before.get((news.deployment_uid, news.opened), 0.0) for news in self.heals()
        )

    @property
    def gap(self) -> int:
        """How many pods are wanting now, of all hits together."""
        return sum(self._engine.gauge.gaps[uid].size for uid in self._hits if uid in self._engine.gauge.gaps)

    @property
    def depth(self) -> int:
        """The largest gap of one Deployment since, in pods."""
        return max((news.depth for news in self.heals()), default=0)

    @property
    def actors(self) -> frozenset[str]:
        """Who was seen acting since, as the narrative names them; of a long story as far as `look` was called."""
        self.look()
        return frozenset(self._actors)

    def look(self) -> None:
        """Remembers who has acted: a Deployment's story keeps its newest steps only."""
        for uid in self._hits:
            happened = self._engine.chronicle.record(uid).happened
            self._actors.update(one.step.actor for one in happened if one.at >= self._began)

    def _under_way(self, uid: str) -> list[HealNews]:
        heal = self._engine.chronicle.heal_of(uid)
        if heal is None or heal.settled is not None:
            return []
        return [self._engine.overview.heal_news(heal)]

    # ---------------------------------------------------------------- settled

    async def seen(self) -> None:
        """Returns when the watch has shown what the faults have written, and what their undo has."""
        for step in [step for plan in self._plans for step in plan.steps]:
            uid = _ref_uid(step)
            if uid in self._ended:
                if isinstance(step, Delete):  # an eviction may still be waiting for a budget
                    await self._engine.until(partial(self._has_ended, uid))
            elif uid and not isinstance(step, Evict) and self._version(uid) is not None:
                await self._engine.until(partial(self._shows, uid, await self._written(step)))

    def settled(self, hits: tuple[Hit, ...] | None = None) -> bool:
        """Whether nothing is left to do, by the pods and by the controllers' status. False for one that is gone."""
        return all(self._is_settled(hit.deployment_uid) for hit in (self.hits if hits is None else hits))

    def _is_settled(self, uid: str) -> bool:
        gap = self._engine.gauge.gaps.get(uid)
        if gap is None or not gap.settled or not gap.confirmed:
            return False
        for pod in self._engine.world.pods_of(uid):
            if pod.active and pod.metadata.uid in self._ended:
                return False
            if pod.active and pod.restarts <= self._restarts.get(pod.metadata.uid, -1):
                return False
        return True

    def gone(self) -> list[Hit]:
        """The Deployments that are not there any more: they will never settle."""
        return [hit for hit in self.hits if hit.deployment_uid not in self._engine.world.deployments.by_uid]

    def why_unsettled(self) -> str:
        """What is in the way, in words."""
        gone = self.gone()
        if gone:
            return f"{gone[0].key} itself is gone"
        open_ = [self._engine.overview.row(hit.deployment_uid) for hit in self.hits]
        reasons = [f"{row.key}: {row.why}" for row in open_ if not row.gap.settled and row.why]
        if len(self.hits) == 1:
            return open_[0].why
        return "; ".join(reasons[:3])

    async def _written(self, step: AnyStep) -> int | None:
        """The version of what the step was about, now; None where it is gone. 0 where it can't be read."""
        ref = getattr(step, "ref", None)
        assert ref is not None
        try:
            found = await self._engine.desk.reach.gateway.read(
                ref.resource, ref.name, namespace=ref.namespace or None
            )
        except Refused as error:
            return None if error.is_not_found else 0
        except PlainError:
            return 0
        meta = found.get("metadata") or {}
        if meta.get("uid") != ref.uid:
            return None
        version = str(meta.get("resourceVersion"))
        return int(version) if version.isdecimal() else 0

    def _version(self, uid: str) -> int | None:
        """The version that the watch has shown of it; None where it does not know of it."""
        world = self._engine.world
        for shelf in (world.deployments, world.replicasets, world.pods, world.nodes):
            fact = shelf.by_uid.get(uid)
            if fact is not None:
                version = fact.metadata.resource_version
                return int(version) if version.isdecimal() else 0
        return None

    def _has_ended(self, pod_uid: str) -> bool:
        pod = self._engine.world.pods.by_uid.get(pod_uid)
        return pod is None or not pod.active

    def _shows(self, uid: str, version: int | None) -> bool:
        shown = self._version(uid)
        return shown is None or (version is not None and shown >= version)


def _ref_uid(step: AnyStep) -> str:
    ref = getattr(step, "ref", None)
    return ref.uid if ref is not None else ""
