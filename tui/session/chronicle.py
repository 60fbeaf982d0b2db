"""What has happened, Deployment by Deployment, as it was observed: measured steps, lifelines, heals and words.

The world holds only what is so now; this is its memory. Everything in it is bounded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from msgspec import structs

from tui.facts import Deployment, Event, Node, Pod, ReplicaSet, parse_time
from tui.reconcile import actors
from tui.reconcile.evidence import ended_by_its_replicaset, heard
from tui.reconcile.gap import Gap
from tui.reconcile.heal import Heal, PodMoments, advance, vanish
from tui.session.deeds import Deed
from tui.session.gap_clock import GapClock, as_cause
from tui.session.news import PodState
from tui.session.records import (
    GONE_KEPT,
    GONE_KEPT_S,
    JUST_CREATED_S,
    OWNER_COMES_WITHIN_S,
    REPLICASET_LAGS_S,
    STRAYS_KEPT,
    Happened,
    PodRecord,
    Record,
    pod_state,
)
from tui.session.witnesses import LATE_S, Witnesses
from tui.world import Update, World


class Chronicle:
    """Takes the world's updates with the moment they arrived.

    `is_ours` knows the pods we asked to end, `who_applied` who of us made a Deployment's new version, or "";
    `server_now` is the server's clock, in epoch seconds.
    """

    def __init__(
        self,
        world: World,
        is_ours: Callable[[str], bool] = lambda _uid: False,
        server_now: Callable[[], float] | None = None,
        who_applied: Callable[[Deployment, Deployment], str] = lambda _old, _new: "",
    ) -> None:
        self._world = world
        self._is_ours = is_ours
        self._who_applied = who_applied
        self._server_now = server_now
        self.clock = GapClock(world, is_ours, server_now, self.moments_of)
        self._pods: dict[str, dict[str, PodRecord]] = {}
        self._gone: deque[tuple[float, str, str]] = deque()
        """Which pods went when, as (at, owner, uid): the oldest are the next to be forgotten."""
        self._strays: deque[tuple[str, Happened]] = deque(maxlen=STRAYS_KEPT)
        """What pods did whose owner is not known (yet): (owner, what happened)."""
        self._witnesses = Witnesses()

    @property
    def records(self) -> dict[str, Record]:
        """The memory of each Deployment, by uid."""
        return self.clock.records

    def record(self, deployment_uid: str) -> Record:
        """That Deployment's memory, empty at first."""
        return self.clock.record(deployment_uid)

    def pods_of(self, deployment_uid: str) -> dict[str, PodRecord]:
        """The pods of which something was seen happening, the gone ones of the last minutes included."""
        found: dict[str, PodRecord] = {}
        for replicaset in self._world.replicasets_of(deployment_uid):
            found.update(self._pods.get(replicaset.metadata.uid, {}))
        return found

    def moments_of(self, deployment_uid: str) -> list[PodMoments]:
        """The moments of those pods."""
        return [pod.moments for pod in self.pods_of(deployment_uid).values()]

    def fault(self, deployment_uid: str, pod_uids: frozenset[str], text: str, at: float) -> None:
        """A fault of ours that ends these pods was accepted `at` that moment."""
        self.clock.fault(deployment_uid, pod_uids, text, at)

    def mark(self, deployment_uid: str, text: str, at: float) -> None:
        """Something of ours was done or undone `at` that moment, which ends no pod by itself."""
        self.clock.mark(deployment_uid, text, at)

    def deed(self, deployment_uid: str, deed: Deed) -> None:
        """We did something of which gaps may come; the lines that told it as another's are told as ours."""
        self.clock.deed(deployment_uid, deed)
        record = self.records.get(deployment_uid)
        for index, one in enumerate(record.happened if record is not None else ()):
            if record is not None and deed.is_about(one.at):
                record.happened[index] = Happened(one.at, deed.tells(one.step))

    def undone(self, deployment_uid: str, done: str, at: float) -> None:
        """What we did by that text goes on no more."""
        self.clock.undone(deployment_uid, done, at)

    def assess(self, deployment_uid: str, gap: Gap, at: float) -> None:
        """One more comparison of desired and actual."""
        self.clock.assess(deployment_uid, gap, at)

    def heal_of(self, deployment_uid: str, pod_uid: str | None = None) -> Heal | None:
        """The heal under way, or else the last one; of `pod_uid` the one in which that pod was lost. With its pairs."""
        return self.clock.heal_of(deployment_uid, pod_uid)

    def settles_at(self, deployment_uid: str) -> float | None:
        """When the heal under way settles by the clock alone, if nothing happens."""
        return self.clock.settles_at(deployment_uid)

    # ---------------------------------------------------------------- taking notes

    def note(self, updates: Iterable[Update], at: float) -> None:
        """Remembers what the updates of one read show."""
        for update in updates:
            if isinstance(update.new, Event):
                self._hear(update.new, update.deployments, at)
                continue
            steps = self._witnesses.back(self._steps(update, at), _namespace(update), at)
            self.clock.note(update, at)
            if not steps:
                continue
            happened = [Happened(at, step) for step in steps]
            if update.deployments:
                for uid in update.deployments:
                    record = self.record(uid)
                    record.happened.extend(_ours(record, one) for one in happened)
            elif isinstance(update.new, Pod):
                owner = update.new.metadata.controller_uid
                if owner and owner not in self._world.replicasets.by_uid:
                    self._strays.extend((owner, one) for one in happened)
        self._forget_long_gone(at)

    def _hear(self, event: Event, deployments: Iterable[str], at: float) -> None:
        """Betters what has been told with what an Event says of it; it adds no line."""
        claim = self._witnesses.hear(event, at)
        if claim is None:
            return
        for uid in deployments:
            record = self.records.get(uid)
            if record is not None:
                _better(record, partial(heard, claim=claim), at)

    def _steps(self, update: Update, at: float) -> list[actors.Step]:
        old, new = update.old, update.new
        if isinstance(old, Pod) or isinstance(new, Pod):
            return self._pod_steps(old, new, at, seen=update.seen)  # type: ignore[arg-type]
        if isinstance(old, ReplicaSet) or isinstance(new, ReplicaSet):
            if isinstance(new, ReplicaSet) and old is None:
                strays = self._strays_of(new.metadata.uid)
                for uid in update.deployments:
                    self.record(uid).happened.extend(strays)
            if isinstance(old, ReplicaSet) and isinstance(new, ReplicaSet):
                self._scaled(old, new, update.deployments, at)
            return actors.replicaset_steps(old, new)  # type: ignore[arg-type]
        if isinstance(old, Deployment) or isinstance(new, Deployment):
            if new is None and old is not None:
                self.clock.forget(old.metadata.uid)
                return []
            if new is not None and old is None and self._is_new(new):  # type: ignore[arg-type]
                self.record(new.metadata.uid).created = at
            return self._deployment_steps(old, new)  # type: ignore[arg-type]
        if isinstance(old, Node) or isinstance(new, Node):
            return actors.node_steps(old, new)  # type: ignore[arg-type]
        return []

    def _deployment_steps(self, old: Deployment | None, new: Deployment | None) -> list[actors.Step]:
        if old is None or new is None or old.metadata.generation == new.metadata.generation:
            return actors.deployment_steps(old, new)
        return actors.deployment_steps(old, new, self._who_applied(old, new))

    def tell(self, deployment_uid: str, step: actors.Step, at: float) -> None:
        """One more line of the narrative that no single change of facts has shown."""
        self.record(deployment_uid).happened.append(Happened(at, step))

    def _is_new(self, deployment: Deployment) -> bool:
        """Whether it has just been created, and not only come to be selected."""
        created = parse_time(deployment.metadata.creation_timestamp)
        return self._server_now is None or created is None or self._server_now() - created < JUST_CREATED_S

    def _pod_steps(self, old: Pod | None, new: Pod | None, at: float, *, seen: bool) -> list[actors.Step]:
        pod = new or old
        assert pod is not None
        uid, owner = pod.metadata.uid, pod.metadata.controller_uid or ""
        former = (old.metadata.controller_uid or "") if old else owner
        siblings = self._pods.setdefault(owner or former, {})
        known = self._pods.get(former, {}).get(uid)
        if new is None:
            before = known.moments if known else advance(None, old, pod, at, listed=True)
            moments = vanish(before, at)
        else:
            moments = advance(known.moments if known else None, old, new, at, listed=old is not None)
        replicaset = self._world.replicasets.by_uid.get(owner)
        unwanted = self._unwanted(replicaset)
        if moments.deleted == at and not moments.unwanted:
            moments = structs.replace(moments, unwanted=unwanted and not self._is_ours(uid))
        record = known or PodRecord(moments)
        record.moments = moments
        self._add_span(record, old, new, at)
        siblings[uid] = record
        if new is None:
            self._gone.append((at, owner or former, uid))
        if former and former != owner:
            # Released or adopted: the former owner has lost it, whatever the pod itself does from now on.
            lost = structs.replace(moments, controller_uid=former, deleted=at, gone=at)
            self._pods.setdefault(former, {})[uid] = PodRecord(lost, record.spans)
            self._gone.append((at, former, uid))
        circumstances = actors.Circumstances(
            replicaset=replicaset,
            node=self._world.node(pod.spec.node_name),
            ours=self._is_ours(uid),
            unwanted=unwanted,
            seen=seen,
        )
        return actors.pod_steps(old, new, circumstances)

    def _unwanted(self, replicaset: ReplicaSet | None) -> bool:
        """Whether, even without the pod that just ended, there are as many as asked for."""
        if replicaset is None:
            return True
        active = sum(pod.active for pod in self._world.pods.owned_by(replicaset.metadata.uid))
        wanted = replicaset.spec.replicas
        deployment = self._world.deployments.by_uid.get(replicaset.metadata.controller_uid or "")
        if deployment is not None:
            wanted = min(wanted, deployment.desired)  # the ReplicaSet's own frame may come after its pods'
        return active >= wanted

    def _scaled(self, old: ReplicaSet, new: ReplicaSet, deployments: Iterable[str], at: float) -> None:
        """Its own frame can come after those of the pods that it has ended because it wants fewer."""
        if new.spec.replicas >= old.spec.replicas or not self._unwanted(new):
            return
        pods = list(self._pods.get(new.metadata.uid, {}).values())
        chosen = [pod for pod in pods if self._may_be_unwanted(pod.moments, at)]
        chosen.sort(key=lambda pod: pod.moments.deleted or 0.0)
        for pod in chosen[new.spec.replicas - old.spec.replicas :]:
            pod.moments = structs.replace(pod.moments, unwanted=True)
            for uid in deployments:
                _better(self.record(uid), partial(ended_by_its_replicaset, pod=pod.moments.name), at)

    def _may_be_unwanted(self, pod: PodMoments, at: float) -> bool:
        ended_just_now = pod.deleted is not None and at - pod.deleted <= REPLICASET_LAGS_S
        return ended_just_now and not pod.unwanted and not self._is_ours(pod.uid)

    @staticmethod
    def _add_span(record: PodRecord, old: Pod | None, new: Pod | None, at: float) -> None:
        if not record.spans and old is not None:
            record.spans.append((None, pod_state(old, was_ready=old.ready)))
        was_ready = any(state is PodState.READY for _, state in record.spans)
        state = PodState.GONE if new is None else pod_state(new, was_ready=was_ready)
        if not record.spans or record.spans[-1][1] is not state:
            record.spans.append((at, state))

    def _strays_of(self, owner: str) -> list[Happened]:
        """What that owner's pods did before it was known; it is a stray no more."""
        found = [one for of, one in self._strays if of == owner]
        if found:
            others = [(of, one) for of, one in self._strays if of != owner]
            self._strays = deque(others, maxlen=STRAYS_KEPT)
        return found

    def _forget_long_gone(self, at: float) -> None:
        while self._strays and at - self._strays[0][1].at > OWNER_COMES_WITHIN_S:
            self._strays.popleft()
        while self._gone and (at - self._gone[0][0] > GONE_KEPT_S or len(self._gone) > GONE_KEPT):
            gone, owner, uid = self._gone.popleft()
            pods = self._pods.get(owner, {})
            if uid in pods and pods[uid].moments.gone == gone:  # else it was adopted again
                replicaset = self._world.replicasets.by_uid.get(owner)
                if replicaset is not None:
                    self.clock.keep_pairs(replicaset.metadata.controller_uid or "")
                del pods[uid]
                if not pods:
                    del self._pods[owner]


def _ours(record: Record, happened: Happened) -> Happened:
    """The same, told as our doing if we have just done it."""
    step = happened.step
    for deed in record.deeds:
        if deed.is_about(happened.at):
            step = deed.tells(step)
    return happened if step is happened.step else Happened(happened.at, step)


def _namespace(update: Update) -> str:
    fact = update.new or update.old
    return fact.metadata.namespace if fact is not None else ""


def _better(record: Record, better: Callable[[list[actors.Step]], list[actors.Step]], at: float) -> None:
    """Puts better evidence in the place of worse, line by line; a cause that named the wrong actor follows."""
    first = next((index for index, one in enumerate(record.happened) if at - one.at < LATE_S), None)
    if first is None:
        return
    told = list(record.happened)[first:]
    steps = better([one.step for one in told])
    for index, (before, step) in enumerate(zip(told, steps, strict=True), first):
        if step is before.step:
            continue
        record.happened[index] = Happened(before.at, step)
        if record.heal is not None and as_cause(before.step).startswith(record.heal.cause):
            cause = step.actor + record.heal.cause.removeprefix(before.step.actor)
            record.heal = structs.replace(record.heal, cause=cause)
