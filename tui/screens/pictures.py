"""From a Deployment's detail to what the charts, the tree and the narrative draw."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from tui.reconcile.evidence import APPLY_LOOP, LOOPS
from tui.reconcile.heal import Heal, HealKind
from tui.screens.heal_rows import phase_look
from tui.screens.names import Names
from tui.screens.rows import duration
from tui.session.news import DeploymentDetail, Lifeline, PodState, PodView, ReplicaSetView, Told
from tui.widgets import lifecycle, narrative
from tui.widgets.glyphs import Glyphs
from tui.widgets.heal_bar import Phase
from tui.widgets.lifecycle import Span
from tui.widgets.runs import Cell, Line
from tui.widgets.series import Bracket, Mark, Series, StepData
from tui.widgets.tones import ACCENT, BAD, BUSY, EXTRA, GOOD, LEAVING, MUTED, PLAIN, STRONG
from tui.widgets.tree_list import TreeLine

_LONG_AGO = -1e9
CLOSED = " · gap closed after "
"""What the chronicle adds to the step that closed a gap."""
_CHAPTER_S = 60.0
_GROWTHS = (HealKind.SCALE_UP, HealKind.CREATION, HealKind.FOUND_OPEN)
"""In these nothing has gone down that is known of: it had not come yet."""
_SHORTEST_DEAD_S = 0.05
"""What is shorter has no length in tenths of a second: the gap opened at once."""
_SHORTEST_S = 0.005
"""A phase that took less has no length in hundredths of a second."""
_SHORT_NAMES = {
    "replacement created": "replaced",
    "new ReplicaSet": "ReplicaSet",
    "first new pod": "new pod",
    "all updated": "updated",
}
"""What the bar calls the phases with long names."""

ACTOR_TONES = {"you": ACCENT, APPLY_LOOP: ACCENT, "someone": BAD, "scheduler": LEAVING, "kubelet": GOOD}

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


def bracket(heal: Heal, now: float) -> Bracket | None:
    """How long the gap was open, or has been open up to now; None where a fault opened none."""
    if not heal.depth:
        return None
    end_s = now if heal.closed is None else heal.closed
    return Bracket(
        heal.opened, heal.closed, duration(end_s - heal.opened), BAD if heal.closed is None else GOOD
    )


def lifelines(detail: DeploymentDetail) -> tuple[lifecycle.Lifeline, ...]:
    """A bar for each pod; what had begun before we looked began long ago."""
    names = Names.of(detail)
    return tuple(
        lifecycle.Lifeline(line.uid, names.pod(line.name), tuple(_spans(line))) for line in detail.lifelines
    )


def _spans(line: Lifeline) -> list[Span]:
    spans = []
    for index, (since, state) in enumerate(line.spans):
        if state is PodState.GONE:
            break
        until = line.spans[index + 1][0] if index + 1 < len(line.spans) else None
        spans.append(Span(_LONG_AGO if since is None else since, until, cast(lifecycle.State, state.value)))
    return spans


def narration(told: tuple[Told, ...], now: float, wall: datetime, names: Names) -> list[narrative.Told]:
    """The story in chapters: what somebody did, with its clock time, then its steps in seconds since, then its end."""
    lines = []
    zero = None
    for one in told:
        opens = zero is None or one.at - zero > _CHAPTER_S or one.actor not in LOOPS
        if opens or zero is None:
            zero = one.at
        at = f"{wall - timedelta(seconds=now - one.at):%H:%M:%S}" if opens else _since(one.at - zero)
        text, _, took = one.text.partition(CLOSED)
        lines.append(_line(one, at, text, names, opens=opens))
        if took:
            lines.append(narrative.Told("" if opens else at, "", f"gap closed after {took}", tone=GOOD))
    return lines


def _line(told: Told, at: str, text: str, names: Names, *, opens: bool) -> narrative.Told:
    tone = ACTOR_TONES.get(told.actor, EXTRA)
    about = next((names.pod(word) for word in text.split() if names.pod(word) != word), "")
    return narrative.Told(
        at,
        told.actor,
        names.in_text(text),
        0 if told.actor == "you" else told.grade,
        tone if told.actor in ("you", "someone") else PLAIN,
        actor_tone=tone,
        opens=opens,
        about=about,
        evidence="" if told.actor == "you" else told.evidence,
    )


def _since(seconds: float) -> str:
    return f"+{seconds:.2f} s" if seconds < 10 else f"+{seconds:.1f} s"


def tree(detail: DeploymentDetail, glyphs: Glyphs) -> list[TreeLine]:
    """Deployment → ReplicaSets → pods, each with what was asked for and what there is."""
    row = detail.row
    names = Names.of(detail)
    counts = Cell(f"{row.gap.available}/{row.gap.desired}", GOOD if row.gap.settled else BUSY)
    lines = [TreeLine(row.uid, 0, Cell(row.name, STRONG), counts)]
    for replicaset in detail.replicasets:
        lines.append(_replicaset_line(replicaset, names))
        lines += [_pod_line(pod, names, glyphs) for pod in replicaset.pods]
    return lines


def _replicaset_line(replicaset: ReplicaSetView, names: Names) -> TreeLine:
    label = Cell(f"rs {names.replicaset(replicaset.name)}", "" if replicaset.newest else MUTED)
    done = replicaset.ready == replicaset.desired
    revision = f"  rev {replicaset.revision}" if replicaset.revision else ""
    counts = f"{replicaset.ready}/{replicaset.desired}{revision}"
    return TreeLine(replicaset.uid, 1, label, Cell(counts, MUTED if done else BUSY))


def _pod_line(pod: PodView, names: Names, glyphs: Glyphs) -> TreeLine:
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
        words.append(f"x{pod.restarts}")
    if pod.node:
        words.append(pod.node)
    label = Cell(f"{glyph} {names.pod(pod.name)}", STATE_TONES[pod.state])
    return TreeLine(pod.uid, 2, label, Cell("  ".join(words), MUTED if pod.state is PodState.READY else ""))


def heal_line(heal: Heal | None, names: Names, now: float, glyphs: Glyphs) -> Line:
    """What opened the last gap, how deep it was, how long it took to close, and what it has cost until `now`."""
    if heal is None:
        return [("no gap seen yet", MUTED)]
    line: Line = [(names.in_text(heal.cause), PLAIN)]
    if heal.depth:
        line.append((f"  {heal.depth} {'short' if heal.kind in _GROWTHS else 'down'}", BAD))
    if heal.total_s is not None:
        line.append((f"  closed after {duration(heal.total_s)}", GOOD))
    if heal.depth:
        lost_pod_s = heal.lost_pod_s if heal.closed is not None else heal.lost_pod_s_at(now)
        line.append((f"  {lost_pod_s:,.1f} pod-s lost", PLAIN))
    if heal.overshoot:
        line.append((f"  +{heal.overshoot} over", EXTRA))
    if heal.depth and (heal.dead_s or 0.0) >= _SHORTEST_DEAD_S:
        line.append((f"  dead {duration(heal.dead_s)}", MUTED))
    if heal.guessed:
        line.append((f" {glyphs.separator} pairing guessed", MUTED))
    return line


def heal_phases(heal: Heal | None, glyphs: Glyphs) -> tuple[Phase, ...]:
    """The phases that are over, each with its end in seconds since the opening.

    The first and the last are left out where they took no time: a loss is mostly noticed as it opens the gap, and
    what is ready is mostly available at once.
    """
    if heal is None:
        return ()
    parts = [
        _part(phase.name, phase.ended - heal.opened, glyphs)
        for phase in heal.phases
        if phase.ended is not None
        and (phase not in (heal.phases[0], heal.phases[-1]) or phase.ended - phase.began >= _SHORTEST_S)
    ]
    if heal.settled is not None:
        parts.append(Phase("settled", heal.settled - heal.opened, glyphs.running, GOOD))
    return tuple(parts)


def _part(name: str, until_s: float, glyphs: Glyphs) -> Phase:
    glyph, tone = phase_look(name, glyphs)
    return Phase(_SHORT_NAMES.get(name, name), until_s, glyph, tone)
