"""From a Deployment's detail to what the charts, the tree and the narrative draw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from tui.reconcile.heal import Heal
from tui.session.news import DeploymentDetail, Lifeline, PodState, PodView, ReplicaSetView, Told
from tui.widgets import lifecycle, narrative
from tui.widgets.glyphs import Glyphs
from tui.widgets.lifecycle import Span
from tui.widgets.runs import Cell
from tui.widgets.series import Mark, Series, StepData
from tui.widgets.tones import ACCENT, BAD, BUSY, GOOD, LEAVING, MUTED, STRONG
from tui.widgets.tree_list import TreeLine

_LONG_AGO = -1e9

STATE_TONES = {
    PodState.PENDING: MUTED,
    PodState.STARTING: BUSY,
    PodState.READY: GOOD,
    PodState.UNREADY: BAD,
    PodState.TERMINATING: LEAVING,
    PodState.GONE: MUTED,
}


def step_data(detail: DeploymentDetail, glyphs: Glyphs) -> StepData:
    """The step response with the marks of our faults."""
    points = detail.points
    return StepData(
        desired=Series("desired", [(point.at, point.desired) for point in points]),
        ready=Series("ready", [(point.at, point.ready) for point in points]),
        available=Series("available", [(point.at, point.available) for point in points]),
        marks=tuple(Mark(mark.at, glyphs.mark, "you") for mark in detail.marks),
    )


def lifelines(detail: DeploymentDetail) -> tuple[lifecycle.Lifeline, ...]:
    """A bar for each pod; what had begun before we looked began long ago."""
    return tuple(
        lifecycle.Lifeline(line.uid, short_name(line.name, detail), tuple(_spans(line)))
        for line in detail.lifelines
    )


def _spans(line: Lifeline) -> list[Span]:
    spans = []
    for index, (since, state) in enumerate(line.spans):
        if state is PodState.GONE:
            break
        until = line.spans[index + 1][0] if index + 1 < len(line.spans) else None
        spans.append(Span(_LONG_AGO if since is None else since, until, cast(lifecycle.State, state.value)))
    return spans


def short_name(pod: str, detail: DeploymentDetail) -> str:
    """A pod's name without what it shares with its siblings: its ReplicaSet's name."""
    for replicaset in detail.replicasets:
        if pod.startswith(replicaset.name + "-"):
            return pod[len(replicaset.name) + 1 :]
    return pod.rpartition("-")[2] or pod


def narration(
    told: tuple[Told, ...], now: float, wall: datetime, shorten: Callable[[str], str]
) -> list[narrative.Told]:
    """The story with clock times; what follows within a minute is told relative to its first line."""
    lines = []
    zero = None
    for one in told:
        if zero is None or one.at - zero > 60.0 or one.actor in ("you", "someone"):
            zero = one.at
            at = f"{wall - timedelta(seconds=now - one.at):%H:%M:%S}"
        else:
            at = f"+{one.at - zero:.2f} s" if one.at - zero < 10 else f"+{one.at - zero:.1f} s"
        lines.append(narrative.Told(at, one.actor, shorten(one.text), one.grade, _actor_tone(one)))
    return lines


def _actor_tone(told: Told) -> str:
    if told.actor == "you":
        return ACCENT
    return BAD if told.actor == "someone" else ""


def shortener(detail: DeploymentDetail) -> Callable[[str], str]:
    """Takes out of a line what all pods' names have in common, for where there is little room."""
    prefixes = [f"{replicaset.name}-" for replicaset in detail.replicasets]

    def shorten(text: str) -> str:
        for prefix in prefixes:
            text = text.replace(f"pod {prefix}", "").replace(prefix, "")
        return text

    return shorten


def tree(detail: DeploymentDetail, glyphs: Glyphs) -> list[TreeLine]:
    """Deployment → ReplicaSets → pods, each with what was asked for and what there is."""
    row = detail.row
    counts = Cell(f"{row.gap.available}/{row.gap.desired}", GOOD if row.gap.settled else BUSY)
    lines = [TreeLine(row.uid, 0, Cell(row.name, STRONG), counts)]
    for replicaset in detail.replicasets:
        lines.append(_replicaset_line(replicaset))
        lines += [_pod_line(pod, detail, glyphs) for pod in replicaset.pods]
    return lines


def _replicaset_line(replicaset: ReplicaSetView) -> TreeLine:
    label = Cell(f"rs {replicaset.name.rpartition('-')[2]}", "" if replicaset.newest else MUTED)
    done = replicaset.ready == replicaset.desired
    revision = f"rev {replicaset.revision}  " if replicaset.revision else ""
    counts = f"{revision}{replicaset.ready}/{replicaset.desired}"
    return TreeLine(replicaset.uid, 1, label, Cell(counts, MUTED if done else BUSY))


def _pod_line(pod: PodView, detail: DeploymentDetail, glyphs: Glyphs) -> TreeLine:
    glyph = {
        PodState.PENDING: glyphs.pending,
        PodState.STARTING: glyphs.starting,
        PodState.READY: glyphs.ready,
        PodState.UNREADY: glyphs.not_ready,
        PodState.TERMINATING: glyphs.terminating,
        PodState.GONE: glyphs.missing,
    }[pod.state]
    # A ready pod's glyph says so, and leaves the room to its node.
    words = [pod.note or pod.state.value] if pod.note or pod.state is not PodState.READY else []
    if pod.restarts:
        words.append(f"×{pod.restarts}")
    if pod.node:
        words.append(pod.node)
    label = Cell(f"{glyph} {short_name(pod.name, detail)}", STATE_TONES[pod.state])
    return TreeLine(pod.uid, 2, label, Cell("  ".join(words), MUTED if pod.state is PodState.READY else ""))


def heal_words(heal: Heal | None, shorten: Callable[[str], str]) -> str:
    """The last heal's moments in one line, in seconds since the loss."""
    if heal is None:
        return "no gap seen yet"
    parts = [shorten(heal.cause)]
    pair = next((pair for pair in heal.replacements if pair.by is not None), None)
    if pair is not None and pair.by is not None and pair.lost.deleted is not None:
        zero = pair.lost.deleted
        for word, at in (
            ("replaced", pair.by.created),
            ("scheduled", pair.by.scheduled),
            ("started", pair.by.started),
            ("ready", pair.by.ready),
        ):
            if at is not None:
                parts.append(f"{word} +{max(0.0, at - zero):.2f}")
    if heal.settled is not None:
        parts.append(f"settled +{heal.settled - heal.opened:.2f} s")
    return "  ".join(parts)
