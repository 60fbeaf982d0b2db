"""A heal cut into phases: each kind has its own.

With several pods the first loss ends `noticed`, and of all that follows the last one's moment ends a phase.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tui.reconcile.heal import Heal, HealKind, Phase, PodMoments

Ends = list[tuple[str, float | None]]
"""The phases in order with the moments that end them; None is not seen (yet)."""


def phases(heal: Heal, pods: Sequence[PodMoments]) -> tuple[Phase, ...]:
    """The phases of `heal` from its opening on, in order and without holes.

    `heal` comes with its pairs, `pods` are those of its Deployment that are remembered, in any order. A phase whose
    end was not seen, but a later one's was, takes no time; of an open heal the last phase is under way.
    """
    return _cut(heal, _ENDS[heal.kind](heal, pods))


def _cut(heal: Heal, ends: Ends) -> tuple[Phase, ...]:
    if heal.closed is not None:
        ends[-1] = (ends[-1][0], heal.closed)
    last_known = max((index for index, (_, at) in enumerate(ends) if at is not None), default=-1)
    found: list[Phase] = []
    began = heal.opened
    for index, (name, at) in enumerate(ends):
        if index > last_known:
            found.append(Phase(name, began))
            break
        ended = began if at is None else max(began, at)
        if heal.closed is not None:
            ended = min(ended, max(began, heal.closed))
        found.append(Phase(name, began, ended))
        began = ended
    return tuple(found)


def _loss(heal: Heal, pods: Sequence[PodMoments]) -> Ends:
    lost = _lost(heal)
    if heal.found_open:  # a pod that was lost later says nothing of what was missing before
        return _found_open(heal, pods)
    if not lost:  # nothing has to be replaced: a pod stopped being ready, or it was one too many
        noticed = heal.fell if heal.depth else _first(pair.lost.deleted for pair in heal.replacements)
        return [("noticed", noticed), ("ready", heal.ready), ("available", None)]
    return [("noticed", _first(one.deleted for one in lost)), *_replaced(heal), ("available", None)]


def _node_loss(heal: Heal, _pods: Sequence[PodMoments]) -> Ends:
    return [
        ("not ready seen", heal.deepened),
        ("evicted", _last(one.deleted for one in _lost(heal))),
        *_replaced(heal),
        ("available", None),
    ]


def _replaced(heal: Heal) -> Ends:
    heirs = [pair.by for pair in heal.replacements if not pair.lost.unwanted]
    return [
        ("replacement created", _last(by.created if by else None for by in heirs)),
        *_came_up([by for by in heirs if by], complete=None not in heirs),
    ]


def _rollout(heal: Heal, pods: Sequence[PodMoments]) -> Ends:
    fresh = [pod for pod in _born(heal, pods) if pod.controller_uid in heal.replicaset_uids]
    ends: Ends = [
        ("new ReplicaSet", heal.replicaset_at),
        ("first new pod", _first(pod.created for pod in fresh)),
        ("first ready", _first(pod.ready for pod in fresh)),
    ]
    if heal.closed is not None and heal.updated is None:  # paused or given up: the rest has not happened
        seen = [(name, at) for name, at in ends if at is not None and at <= heal.closed]
        return [*seen, ("stands still", None)]
    return [*ends, ("all updated", heal.updated), ("old gone", None)]


def _growth(heal: Heal, pods: Sequence[PodMoments]) -> Ends:
    fresh = [pod for pod in _born(heal, pods) if pod.deleted is None]
    created = None if heal.missing else _last(pod.created for pod in fresh)
    return [("created", created), *_came_up(fresh, complete=not heal.missing), ("available", None)]


def _shrinkage(heal: Heal, pods: Sequence[PodMoments]) -> Ends:
    chosen = [pod.deleted for pod in pods if pod.deleted is not None and pod.deleted >= heal.opened]
    return [("chosen", None if heal.surplus else _last(chosen)), ("gone", None)]


def _found_open(heal: Heal, _pods: Sequence[PodMoments]) -> Ends:
    return [("ready", heal.ready), ("available", None)]


_ENDS: dict[HealKind, Callable[[Heal, Sequence[PodMoments]], Ends]] = {
    HealKind.FAULT: _loss,
    HealKind.LOSS: _loss,
    HealKind.NODE_LOSS: _node_loss,
    HealKind.ROLLOUT: _rollout,
    HealKind.SCALE_UP: _growth,
    HealKind.CREATION: _growth,
    HealKind.SCALE_DOWN: _shrinkage,
    HealKind.FOUND_OPEN: _found_open,
}


def _lost(heal: Heal) -> list[PodMoments]:
    """The lost pods that something has to take the place of."""
    return [pair.lost for pair in heal.replacements if not pair.lost.unwanted]


def _born(heal: Heal, pods: Sequence[PodMoments]) -> list[PodMoments]:
    return [pod for pod in pods if pod.created is not None and pod.created >= heal.opened]


def _came_up(pods: Sequence[PodMoments], *, complete: bool) -> Ends:
    """The steps that every new pod takes, but for those that ended too soon; `complete`: no more are to come."""
    pods = [pod for pod in pods if pod.deleted is None or pod.ready is not None]
    return [
        ("scheduled", _last(pod.scheduled for pod in pods) if complete else None),
        ("started", _last(pod.started for pod in pods) if complete else None),
        ("ready", _last(pod.ready for pod in pods) if complete else None),
    ]


def _first(moments: Iterable[float | None]) -> float | None:
    """The first of those that are known, if any is."""
    return min((moment for moment in moments if moment is not None), default=None)


def _last(moments: Iterable[float | None]) -> float | None:
    """The last of them, if there are any and all are known."""
    last: float | None = None
    for moment in moments:
        if moment is None:
            return None
        last = moment if last is None else max(last, moment)
    return last
