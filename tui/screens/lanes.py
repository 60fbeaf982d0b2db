"""From what was told of a Deployment to its loop lanes: who acted, how often in this heal, and who waits for what.

Only writes that were seen light `act`. What a controller reads and compares can't be seen from outside: it is
drawn as what came before the write, a moment each.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tui.reconcile.evidence import APPLY_LOOP
from tui.screens.drift_rows import next_round
from tui.screens.help import HelpLine
from tui.screens.names import Names
from tui.screens.pictures import ACTOR_TONES, CLOSED
from tui.screens.rows import duration
from tui.session.drift_news import LoopNews
from tui.session.news import DeploymentDetail, Link
from tui.widgets.chain import span
from tui.widgets.glyphs import Glyphs
from tui.widgets.loop_lanes import ACT, WAIT, Lane
from tui.widgets.tones import EXTRA

USUAL = ("deployment", "replicaset", "scheduler", "kubelet")
"""The loops that every Deployment's pods pass through, in this order."""
STATION_S = 0.2
"""For so long each station before `act` is lit."""
ACT_S = 1.0
"""For so long a write stays lit."""
_OURS = "gapwatch "
"""Left out of the name of our own loop, for which a lane has no room."""
_JUST_BEFORE_S = 0.05
"""A fault's own step may be told a moment before its heal opens."""

_HINTS = (
    ("deployment", ("deployment controller", "progress deadline")),
    ("replicaset", ("replicaset controller", "counts as available")),
    ("scheduler", ("the scheduler",)),
    ("taint eviction", ("eviction (",)),
    ("node controller", ("node controller",)),
    ("kubelet", ("the kubelet", "next try", "restart at once", "readiness probe", "end of its grace")),
)
"""Whose turn it is, by words in what a link waits for; the first line that has one wins."""
_OWNER = re.compile(r"the (?:\w+ controller|scheduler|kubelet)(?:'s |,? of .*|$)", re.IGNORECASE)
"""What the lane says already; without it nothing may be left."""


@dataclass(frozen=True, slots=True)
class Acts:
    """What one actor has done: how often in this heal, and what and when last (None: never as far as we know)."""

    actor: str
    times: int = 0
    did: str = ""
    at: float | None = None


def acts_of(detail: DeploymentDetail) -> tuple[Acts, ...]:
    """The usual actors, and whoever else acted in the heal under way, or else in the last one."""
    since = detail.heal.opened - _JUST_BEFORE_S if detail.heal is not None else -math.inf
    names = Names.of(detail)
    acts = {actor: Acts(actor) for actor in USUAL}
    for told in detail.told:
        in_heal = told.at >= since
        if not in_heal and told.actor not in (*USUAL, APPLY_LOOP):
            continue
        before = acts.get(told.actor, Acts(told.actor))
        text = names.in_text(told.text.partition(CLOSED)[0])
        acts[told.actor] = Acts(told.actor, before.times + in_heal, text, told.at)
    others = [one for one in acts.values() if one.actor not in USUAL]
    return (*(acts[actor] for actor in USUAL), *others)


def lanes(
    acts: Sequence[Acts], chain: Sequence[Link], now: float, loop: LoopNews | None = None
) -> tuple[Lane, ...]:
    """The lanes at this moment; an actor that something waits for has one even if it has not acted.

    So has the apply loop while it runs: it is one more that never stops comparing.
    """
    waits = _waits(chain, now)
    if loop is not None and loop.running:
        waits[APPLY_LOOP] = next_round(loop, now)
    else:
        acts = [one for one in acts if one.actor != APPLY_LOOP or one.times]
    known = {one.actor for one in acts}
    acts = (*acts, *(Acts(actor) for actor in waits if actor not in known))
    return tuple(
        Lane(
            one.actor.removeprefix(_OURS),
            WAIT if one.at is None else station_at(now - one.at),
            one.times,
            one.did,
            "" if one.at is None else f"{duration(now - one.at)} ago",
            waits.get(one.actor, ""),
            ACTOR_TONES.get(one.actor, EXTRA),
        )
        for one in acts
    )


def station_at(age_s: float) -> int:
    """The station that is lit so long after a write was seen."""
    if age_s >= ACT * STATION_S + ACT_S:
        return WAIT
    return min(ACT, int(max(0.0, age_s) / STATION_S))


def waited_for(link: Link) -> str:
    """The actor whose turn it is by that link, or "" where it names none."""
    text = link.waits_for.lower()
    if not text or link.hopeless:
        return ""
    return next((actor for actor, hints in _HINTS if any(hint in text for hint in hints)), "")


def _waits(chain: Sequence[Link], now: float) -> dict[str, str]:
    """By actor what it has to do next and when; where there are several things, what comes first."""
    first: dict[str, Link] = {}
    for link in chain:
        actor = waited_for(link)
        known = first.get(actor)
        if actor and (known is None or _due(link) < _due(known)):
            first[actor] = link
    return {actor: _countdown(link, now) for actor, link in first.items()}


def _due(link: Link) -> float:
    return math.inf if link.due is None else link.due


def _countdown(link: Link, now: float) -> str:
    what = _OWNER.sub("", link.waits_for, count=1) or "its turn now"
    if link.due is None:
        return what
    left_s = link.due - now
    return f"{what} in {span(left_s)}" if left_s > 0 else f"{what} due now"


def lanes_legend(glyphs: Glyphs) -> tuple[HelpLine, ...]:
    """What the stations of a lane say, and what they can't."""
    return (
        HelpLine(glyphs.armed, "act", "in the loop: a write of its that was seen, just now"),
        HelpLine(
            glyphs.grade_full, "read, compare", "in the loop: never seen, drawn as what led to the write"
        ),
        HelpLine(glyphs.syncing, "wait", "in the loop: for a change, or for what counts down"),
        HelpLine("×2", "times", "in the loop: how often it acted in this heal"),
    )
