"""The words of the contrast: what is to be learnt from what has just happened, and the numbers of both copies."""

from __future__ import annotations

import math

from tui.reconcile.contrast import Reading
from tui.screens.rows import duration
from tui.session.contrast_news import ContrastNews, ContrastPhase, DayNews, LaneNews
from tui.widgets.glyphs import Glyphs
from tui.widgets.runs import Line, Run, line_width
from tui.widgets.tones import ACCENT, BAD, BUSY, GOOD, MUTED, PLAIN, STRONG

KUBELETS_LOOP = (
    "the kubelet of its node starts any pod's container again, bare or not, at once and then ever later"
)


def lesson(news: ContrastNews, now: float) -> str:
    """One or two sentences about what was done last and what has come of it."""
    if news.phase is ContrastPhase.STARTING:
        return (
            "Both copies are starting: the same pod, once bare and once behind a Deployment. "
            "Counting begins when both are ready, so that neither has a head start."
        )
    if news.phase is ContrastPhase.ENDED:
        return _summary(news)
    if news.phase is ContrastPhase.OFF:
        return ""
    strokes = {"delete": _deleted, "crash": _crashed, "edit": _edited}
    if news.last in strokes and news.note and _was_missed(news.reconciled):
        return (
            f"Neither was hit: {news.note}." if _was_missed(news.once) else f"Only one was hit: {news.note}."
        )
    said = (strokes | {"re-apply": _reapplied}).get(news.last)
    if said is None:
        return (
            "Both are up and look the same. d deletes the pod of each, c crashes it, e edits its image by hand; "
            "t has it happen thirty times a day."
        )
    return said(news, now)


def _was_missed(lane: LaneNews) -> bool:
    """Whether what was done last could not be done to it."""
    return bool(lane.marks) and not lane.marks[-1].hit


def _deleted(news: ContrastNews, now: float) -> str:
    told = "Deleted. "
    if news.reconciled.state == "ready":
        took = duration(news.reconciled.healed_s)
        told += f"The Deployment's loop found 0 of 1 pods and made another: up again after {took}. "
    else:
        told += "The Deployment's loop finds 0 of 1 pods and makes another. "
    if news.once.missing:
        return told + _gone(news, now)
    if news.apply_every_s is not None:
        return told + _loop_too(news)
    if news.once.state == "ready":
        return told + "The bare pod was there only because somebody had re-applied it."
    return told + "The bare pod is on its way out, or on its way back because somebody re-applied it."


def _gone(news: ContrastNews, now: float) -> str:
    """What there is to say of a bare pod that is no more."""
    if news.apply_every_s is not None:
        left = f" in {duration(news.apply_due - now)}" if news.apply_due is not None else ""
        return f"The bare pod waits for its next re-apply{left}: a loop too, as quick as its interval."
    return (
        "Of the bare pod not even the wish is left: to Kubernetes nothing is missing. "
        "It stays away until a person re-applies it (r)."
    )


def _loop_too(news: ContrastNews) -> str:
    return (
        f"The bare pod is re-applied every {news.apply_every_s:g} s: then it is a loop too, "
        "one that waits for its turn and not for the change, and that ends with gapwatch."
    )


def _crashed(news: ContrastNews, now: float) -> str:
    if news.once.missing:
        return f"Crashed: of the bare pod nothing is left that could. For the other {KUBELETS_LOOP}. {_gone(news, now)}"
    return f"Crashed: no difference, for {KUBELETS_LOOP}. No Deployment has to do anything."


def _edited(news: ContrastNews, now: float) -> str:
    if news.once.missing:
        told = "Edited by hand: the Deployment rolled it out. "
    else:
        told = "Edited by hand: the Deployment rolled it out, and so did the kubelet in the bare pod. "
    is_closed = "ready" == news.reconciled.state == news.once.state
    gap = "Gap 0, drift" if is_closed else "Drift"
    return (
        f"{told}{gap} {_fields(news.reconciled)}: an edit is the new desired state, controllers hold it, "
        "and nothing brings back what was declared but a re-apply (r, R)."
    )


def _reapplied(news: ContrastNews, now: float) -> str:
    people = news.once.by_hand + news.reconciled.by_hand
    return (
        "Re-applied by hand: as declared again, until the next time. "
        f"Somebody had to see it and to act: {_times(people)} so far."
    )


def _summary(news: ContrastNews) -> str:
    counted_s = (news.ended or 0.0) - news.began if news.began is not None else 0.0
    if news.began is None:
        return "Ended before both were ready: nothing was counted. Their namespace is being deleted."
    told = [
        f"{name}: {percent(lane.uptime)} up, {counted(lane.uptime.lapsed_s if lane.uptime else 0.0)} of gap, "
        f"{_needed(lane)}"
        for name, lane in (("Applied once", news.once), ("Reconciled", news.reconciled))
    ]
    loop = f", the interval acted {_times(news.once.by_loop)}" if news.once.by_loop else ""
    return f"After {counted(counted_s)}. {told[0]}{loop}. {told[1]}. Their namespace is being deleted."


def _needed(lane: LaneNews) -> str:
    return f"a person was needed {_times(lane.by_hand)}" if lane.by_hand else "nobody was needed"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _fields(lane: LaneNews) -> str:
    return "1 field" if len(lane.fields) == 1 else f"{len(lane.fields)} fields"


# ---------------------------------------------------------------- numbers


def percent(reading: Reading | None) -> str:
    """The share of the known time, rounded down: 100 % is said only of what never lapsed."""
    share = reading.share if reading is not None else None
    if share is None:
        return "–"
    return "100 %" if share == 1.0 else f"{math.floor(share * 1000) / 10:.1f} %"


def counted(seconds: float) -> str:
    """Seconds as a counter shows them: never in larger units, so that two can be compared."""
    return f"{seconds:.1f} s" if seconds < 1000 else f"{seconds:,.0f} s"


def numbers(lane: LaneNews, now: float) -> list[Line]:
    """Four lines: up, gap, drift and who had to do something."""
    uptime = lane.uptime.until(now) if lane.uptime is not None else None
    drift = lane.drift.until(now) if lane.drift is not None else None
    if uptime is None or drift is None:
        return [[("nothing is counted yet", MUTED)]]
    up: Line = [("up    ", MUTED), (counted(uptime.held_s), PLAIN), (f" of {counted(uptime.known_s)}", MUTED)]
    gap: Line = [("gap   ", MUTED), (counted(uptime.lapsed_s), BAD if uptime.holds is False else PLAIN)]
    if uptime.lapses:
        gap.append((f" in {uptime.lapses}{_worst(uptime)}", MUTED))
    off: Line = [("drift ", MUTED), _drift(lane)]
    if drift.lapsed_s:
        off.append((f" {counted(drift.lapsed_s)} in all", MUTED))
    hand: Line = [("hand  ", MUTED), (str(lane.by_hand), STRONG if lane.by_hand else PLAIN)]
    hand.append((" re-apply" if lane.by_hand == 1 else " re-applies", MUTED))
    if lane.by_loop:
        hand += [(", loop ", MUTED), (str(lane.by_loop), PLAIN)]
    lines = [up, gap, off, hand]
    if uptime.unknown_s >= 0.1:
        lines.append([(f"not watched for {counted(uptime.unknown_s)}", BUSY)])
    lines.append([("hit   ", MUTED), (str(lane.struck), PLAIN), (f", missed {lane.missed}", MUTED)])
    return [*lines, *drifted(lane)]


def _worst(uptime: Reading) -> str:
    """Of several gaps the longest; in whole seconds where the sum has no room beside it."""
    if uptime.lapses == 1:
        return ""
    is_long = uptime.lapsed_s >= 100
    return f", worst {uptime.longest_s:,.0f} s" if is_long else f", worst {counted(uptime.longest_s)}"


def drifted(lane: LaneNews) -> list[Line]:
    """The fields, in Terraform's rhythm: what is desired now, and what was declared."""
    if lane.missing:
        return [[("+ the whole object", BUSY)]]
    lines: list[Line] = []
    for one in lane.fields:
        sign = "+" if one.desired is None else "-" if one.declared is None else "~"
        lines.append([(f"{sign} {one.path.rpartition('.')[2]}", BUSY)])
        lines.append([(f"  {_change(one.desired, one.declared)}", MUTED)])
    return lines


def _change(desired: str | None, declared: str | None) -> str:
    """From what it is to what it was declared to be; of two images of one name their tags."""
    before, after = desired or "none", declared or "none"
    name, _, tag = before.rpartition(":")
    if name and after.startswith(f"{name}:"):
        before, after = tag, after.removeprefix(f"{name}:")
    return f"{before} → {after}"


def _drift(lane: LaneNews) -> Run:
    if lane.missing:
        return ("not there", BUSY)
    return (_fields(lane), BUSY) if lane.fields else ("none", GOOD)


def settings(news: ContrastNews, now: float, glyphs: Glyphs, *, width: int) -> Line:
    """How it does, and the two things that can be set, with their keys; where it has no room in fewer words."""
    full = _settings(news, now, glyphs, in_full=True)
    return full if line_width(full) <= width else _settings(news, now, glyphs, in_full=False)


def _settings(news: ContrastNews, now: float, glyphs: Glyphs, *, in_full: bool) -> Line:
    between = (f" {glyphs.separator} ", MUTED)
    name = news.namespace if in_full and news.namespace else "contrast"
    line: Line = [(f" {name}", STRONG), (f" {news.phase.value}", _phase_tone(news))]
    if news.phase is not ContrastPhase.RUNNING:
        return line
    line += [between, ("t", ACCENT), (f" thirty a day{',' if news.day else ''} " if in_full else " ", MUTED)]
    line += _day(news.day, now, in_full=in_full)
    line += [between, ("l", ACCENT), (" loop " if in_full else " ", MUTED)]
    if news.apply_every_s is None:
        line.append(("off", PLAIN))
    else:
        due = f", in {duration(news.apply_due - now)}" if news.apply_due is not None else ""
        line.append((f"every {news.apply_every_s:g} s{due}", BUSY))
    return line


def _phase_tone(news: ContrastNews) -> str:
    return {ContrastPhase.RUNNING: GOOD, ContrastPhase.STARTING: BUSY}.get(news.phase, MUTED)


def _day(day: DayNews | None, now: float, *, in_full: bool) -> Line:
    if day is None:
        return [("off", PLAIN)]
    number, hour, minute = day.clock(now)
    line: Line = [(f"day {number} {hour:02}:{minute:02}", STRONG)]
    if in_full:
        line.append((f", a day is {in_words(day.day_s)}", MUTED))
    if day.due is not None:
        line.append((f", {day.next_stroke} in {duration(day.due - now)}", BUSY))
    return line


def in_words(seconds: float) -> str:
    """ "2 min", "24 h": a day as short as it is."""
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds / 60:g} min"
