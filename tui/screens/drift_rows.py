"""How drift looks: its cell in the fleet, its words in a headline, the tug of war, and the line of the apply loop."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from tui.reconcile.drift import DriftState
from tui.screens.help import HelpLine
from tui.session.drift_news import DeclarationNews, DriftNews, LoopNews
from tui.session.news import FleetRow
from tui.widgets.chain import span
from tui.widgets.glyphs import Glyphs
from tui.widgets.runs import Line, cut
from tui.widgets.tones import ACCENT, BAD, BUSY, EXTRA, GOOD, MUTED, PLAIN, STRONG
from tui.widgets.top_bar import Drifted

HOLDS = "Controllers hold this; nothing will bring back what was declared."
"""The statement that matters."""
NOTHING_DECLARED = "nothing was declared: start gapwatch with --manifests PATH"
_NAMED = 2
"""So many Deployments that are not there are named; the plan has all of them."""


@dataclass(frozen=True, slots=True)
class Shortest:
    """A word in the longest of its forms that fits."""

    forms: tuple[str, ...]
    tone: str = PLAIN

    def in_width(self, width: int, glyphs: Glyphs) -> Text:
        """The form for at most `width` cells."""
        fitting = next((form for form in self.forms if len(form) <= width), self.forms[-1])
        return Text(cut(fitting, width, glyphs.ellipsis), self.tone)


def drift_cell(drift: DriftNews | None) -> Shortest:
    """0, "3 fields", "3 local" where it was compared locally, "not there", or "?"; blank where it is not declared."""
    if drift is None:
        return Shortest(("",))
    match drift.state:
        case DriftState.UNKNOWN:
            return Shortest(("?",), MUTED)
        case DriftState.FAILED:
            return Shortest(("? error", "? err"), BAD)
        case DriftState.MISSING:
            return Shortest(("not there", "none"), EXTRA)
        case DriftState.DRIFTED:
            words, tone = counted(drift.fields, "field"), EXTRA
        case DriftState.NONE:
            words, tone = "0", MUTED
    count = words.partition(" ")[0]
    if drift.locally:
        return Shortest((f"{count} local", f"{count} loc"), tone)
    return Shortest((words, count), tone)


def drift_words(drift: DriftNews | None) -> Line:
    """The same in a headline; nothing where nothing was declared."""
    if drift is None:
        return []
    words: dict[DriftState, tuple[str, str]] = {
        DriftState.UNKNOWN: ("not known yet", MUTED),
        DriftState.FAILED: ("can't be told", BAD),
        DriftState.MISSING: ("not there", EXTRA),
        DriftState.DRIFTED: (counted(drift.fields, "field"), EXTRA),
        DriftState.NONE: ("0", MUTED),
    }
    line: Line = [("  drift ", PLAIN), words[drift.state]]
    return [*line, (" compared locally", MUTED)] if drift.locally else line


def drift_size(drift: DriftNews | None) -> float | None:
    """By which it is sorted: the number of fields; None where it is not known or not declared."""
    if drift is None or drift.state in (DriftState.UNKNOWN, DriftState.FAILED):
        return None
    if drift.state is DriftState.MISSING:
        return float("inf")
    return drift.fields if drift.state is DriftState.DRIFTED else 0


def is_drift(row: FleetRow) -> bool:
    """Whether it is known to be otherwise than declared."""
    return bool(drift_size(row.drift))


def drift_count(declaration: DeclarationNews | None) -> Drifted | None:
    """How many are not as declared, and of how many that is not known; None where nothing was declared."""
    if declaration is None:
        return None
    unknown = declaration.deployments - declaration.assessed + declaration.failed
    return Drifted(declaration.drifted, unknown)


def why_words(row: FleetRow) -> str:
    """Why there is a gap, after the tug of war that may well be the reason."""
    tug = f"tug of war: {row.tug.sentence}" if row.tug is not None else ""
    return " · ".join(filter(None, (tug, row.why)))


def declared_line(declaration: DeclarationNews | None, glyphs: Glyphs, *, read_only: bool) -> Line:
    """What the table can't show of what was declared: what does not exist, what can't be told, how it was compared."""
    if declaration is None:
        return []
    parts: list[Line] = []
    missing = declaration.missing
    if missing:
        named = ", ".join(f"{one.key} ({one.place.rpartition('/')[2]})" for one in missing[:_NAMED])
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        # What is told first gives way where there is no room: the names, and not the key.
        parts.append([(f"declared, not there: {named}{more}", EXTRA)])
    if declaration.failed:
        failed = counted(declaration.failed, "Deployment")
        parts.append([(f"drift of {failed} can't be told: {declaration.error}", BAD)])
    if declaration.locally:
        parts.append([(f"compared locally: {declaration.locally}", MUTED)])
    if missing and not read_only:
        parts.append(
            [("p", ACCENT), (" plans to create it" if len(missing) == 1 else " plans to create them", MUTED)]
        )
    line: Line = []
    for part in parts:
        line += [(f" {glyphs.separator} ", MUTED), *part] if line else part
    return line


def loop_line(loop: LoopNews | None, now: float, glyphs: Glyphs, *, key: str = "") -> Line:
    """The apply loop while it runs: its pace, what came of it, and when it goes on; `key` is what opens its dialog."""
    if loop is None or not loop.running:
        return []
    forced = " by force" if loop.force else ""
    line: Line = [(f"{glyphs.syncing} apply", STRONG), (f" every {pace(loop.every_s)}{forced}", PLAIN)]
    counts = (
        (f"round {loop.rounds}", PLAIN),
        (f"{loop.applied} applied", GOOD if loop.applied else MUTED),
        (f"{loop.refused} refused", BAD if loop.refused else MUTED),
        (next_round(loop, now), BUSY),
    )
    for count in counts:
        line += [(f" {glyphs.separator} ", MUTED), count]
    if key:
        line += [(f" {glyphs.separator} ", MUTED), (key, ACCENT), (" stops", MUTED)]
    return line


def pace(every_s: float) -> str:
    """An interval: 15 s, 2 m."""
    return f"{every_s:g} s" if every_s < 60 else f"{every_s / 60:g} m"


def counted(count: int, what: str) -> str:
    """1 field, 2 fields."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def next_round(loop: LoopNews, now: float) -> str:
    """When the next round begins."""
    return "applying now" if loop.due is None else f"next in {span(max(0.0, loop.due - now))}"


def holding_off_words(loop: LoopNews, now: float) -> list[str]:
    """Whom it leaves alone for a while, why, and for how long: a line each."""
    return [
        f"{one.key}: {one.why}; tried again in {span(max(0.0, one.due - now))}"
        f" (refused {'once' if one.times == 1 else f'{one.times} times'})"
        for one in loop.holding_off
    ]


def drift_legend() -> tuple[HelpLine, ...]:
    """What the words for drift mean."""
    return (
        HelpLine("2 fields", "drift", "so many are not as declared; 0 is none", always=True),
        HelpLine("2 local", "local", "compared with the manifest itself, for want of a dry run"),
        HelpLine("?", "unknown", "drift is not known yet; with err it can't be told"),
    )
