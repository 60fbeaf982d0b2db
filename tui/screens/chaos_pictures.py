"""What the chaos screen shows: the catalogue as a tree, a plan word for word, nodes and zones, what goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from tui.chaos.target import Aim, Group
from tui.screens.rows import duration
from tui.screens.running_line import state_words
from tui.session.chaos_news import FaultNews, NodeNews, PlanNews, RunningNews
from tui.widgets.columns import Column
from tui.widgets.glyphs import Glyphs
from tui.widgets.line_table import Row
from tui.widgets.runs import BothEnds, Cell
from tui.widgets.tones import ACCENT, BAD, BUSY, GOOD, MUTED, PLAIN, STRONG
from tui.widgets.tree_list import TreeLine

PLACES = (
    Column("name", "NODE", 8, flex=2, most=48),
    Column("zone", "ZONE", 6, flex=1, most=20),
    Column("ready", "READY", 9),
    Column("cordon", "CORDON", 8, drop=1),
    Column("pods", "PODS", 4, align="right"),
)
RUNNING = (
    Column("title", "GOES ON", 20, flex=4),
    Column("state", "UNTIL", 18, flex=2, most=44),
    Column("undo", "UNDO", 12, flex=2, drop=2),
    Column("note", "NOTE", 12, flex=4, drop=1),
)


def catalogue(faults: Sequence[FaultNews], glyphs: Glyphs) -> list[TreeLine]:
    """The faults under their groups, each with its key, or with why it can't be injected."""
    lines = []
    for group in Group:
        here = [fault for fault in faults if fault.group is group]
        if here:
            lines.append(TreeLine(f"group {group}", 0, Cell(group.value, STRONG), selectable=False))
            lines += [_fault_line(fault, glyphs) for fault in here]
    return lines


def _fault_line(fault: FaultNews, glyphs: Glyphs) -> TreeLine:
    if fault.objection:
        why = Cell(f"{glyphs.denied} {fault.objection}", MUTED)
        return TreeLine(fault.name, 1, Cell(fault.title, MUTED), why)
    return TreeLine(fault.name, 1, Cell(fault.title, PLAIN), Cell(fault.key, ACCENT))


def what_will_be_done(plan: PlanNews, fault: FaultNews) -> Table:
    """The plan word for word; what is new to somebody who knows the fault comes first."""
    return _facts(
        (
            ("aimed at", ", ".join(plan.victims) or "nothing"),
            ("felt by", ", ".join(plan.hits) if list(plan.hits) != list(plan.victims) else ""),
            ("undo", plan.undo),
            ("ends", f"by itself after {duration(plan.for_s)}" if plan.for_s is not None else "at once"),
            *(("mind", remark) for remark in plan.remarks),
            *_about(fault),
        )
    )


def what_it_is(fault: FaultNews) -> Table:
    """What is known of a fault before there is a plan."""
    return _facts(_about(fault))


def _about(fault: FaultNews) -> list[tuple[str, str]]:
    return [
        ("does", fault.does),
        ("teaches", fault.teaches),
        ("answers", ", ".join(fault.actors)),
        ("success", fault.success),
    ]


def _facts(facts: Iterable[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(no_wrap=True, min_width=8)
    grid.add_column(ratio=1)
    for name, text in facts:
        if text:
            grid.add_row(Text(name, "dim"), Text(text))
    return grid


def place_rows(aim: Aim, nodes: Sequence[NodeNews]) -> dict[str, Row]:
    """The nodes, or the zones, by name; what is never a target says so."""
    if aim is Aim.NODE:
        return {node.name: _node_row(node) for node in nodes}
    zones = sorted({node.zone for node in nodes if node.zone})
    return {zone: _zone_row(zone, [node for node in nodes if node.zone == zone]) for zone in zones}


def _node_row(node: NodeNews) -> Row:
    tone = MUTED if node.objection else PLAIN
    return Row(
        {
            "name": Cell(node.name, tone),
            "zone": Cell(node.zone or "–", tone),
            "ready": Cell("ready", GOOD) if node.ready else Cell("NOT READY", BAD),
            "cordon": Cell("cordoned", BUSY) if node.cordoned else Cell("–", MUTED),
            "pods": Cell(str(node.pods), tone),
        },
        (bool(node.objection), node.zone, node.name),
    )


def _zone_row(zone: str, nodes: Sequence[NodeNews]) -> Row:
    ready, cordoned = sum(node.ready for node in nodes), sum(node.cordoned for node in nodes)
    all_ready = ready == len(nodes)
    return Row(
        {
            "name": Cell(", ".join(node.name for node in nodes), MUTED),
            "zone": Cell(zone, STRONG),
            "ready": Cell("ready", GOOD) if all_ready else Cell(f"{ready} of {len(nodes)}", BAD),
            "cordon": Cell(f"{cordoned} of {len(nodes)}", BUSY) if cordoned else Cell("–", MUTED),
            "pods": str(sum(node.pods for node in nodes)),
        },
        zone,
    )


def running_rows(running: Sequence[RunningNews], now: float) -> dict[str, Row]:
    """What goes on, in its order."""
    return {one.id: _running_row(one, place, now) for place, one in enumerate(running)}


def _running_row(running: RunningNews, place: int, now: float) -> Row:
    state, tone = state_words(running, now)
    note = running.note or (f"begun by {running.began}" if running.began else "")
    return Row(
        {
            "title": BothEnds(running.title, STRONG),
            "state": Cell(state, tone),
            "undo": Cell(running.undo, PLAIN),
            "note": Cell(note, BAD if running.insists else MUTED),
        },
        place,
    )
