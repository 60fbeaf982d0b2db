"""Streams: how each kind's watch is doing, and what it has lived through."""

from __future__ import annotations

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.events import Resize
from textual.widgets import Static

from tui.cluster.liveness import Liveness
from tui.screens.dialog import Dialog
from tui.screens.rows import duration
from tui.session.source_news import SourceNews, StreamNews
from tui.widgets.columns import Column
from tui.widgets.glyphs import Glyphs
from tui.widgets.headline import Paragraph
from tui.widgets.line_table import LineTable, Row
from tui.widgets.runs import Cell
from tui.widgets.tones import BAD, BUSY, GOOD, MUTED, PLAIN, STRONG

COLUMNS = (
    Column("kind", "KIND", 10),
    Column("state", "STATE", 9),
    Column("age", "LAST WORD", 9, align="right"),
    Column("objects", "OBJECTS", 8, align="right"),
    Column("rate", "EVENTS/S", 8, align="right"),
    Column("frames", "EVENTS", 8, align="right", drop=5),
    Column("coalesced", "COALESCED", 9, align="right", drop=4),
    Column("watches", "REWATCHED", 9, align="right", drop=3),
    Column("lists", "RELISTED", 8, align="right"),
    Column("odd", "LEFT OUT", 8, align="right", drop=2),
    Column("error", "LAST ERROR", 12, flex=1, drop=1),
)
_STATE_TONES = {
    Liveness.LIVE: GOOD,
    Liveness.SYNCING: BUSY,
    Liveness.STALE: BAD,
    Liveness.DENIED: BAD,
}
_SHORT = {"PodDisruptionBudget": "PDB"}
"""Kubernetes' own short names, for kinds whose names are too long for their column."""
_LEGEND = (
    "Each kind is listed once and then watched. Rewatched: its stream ended and went on where it was. Relisted: "
    "its place was lost. Coalesced: changes that a newer one replaced before the screen was told. Left out: what "
    "could not be read, or was sent twice. The error is the last one, mended or not. * helps to explain, but the "
    "picture is complete without it."
)


LEAST_ROWS_FOR_BOTH = 28
"""A screen with fewer rows has no room for an error and for what the words mean."""


class StreamsScreen(Dialog[None]):
    """A row a kind; the counters begin with the source."""

    CSS_PATH = "../styles/dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [(key, "dismiss", "Close") for key in ("escape", "w", "q")]

    table = getters.query_one(LineTable)
    trouble = getters.query_one("#trouble", Paragraph)
    legend = getters.query_one("#legend", Static)

    def __init__(self, source: SourceNews | None, glyphs: Glyphs) -> None:
        super().__init__()
        self._source = source
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """The table over what its words mean."""
        with Vertical(classes="dialog widest"):
            yield Static("Streams", classes="title", markup=False)
            yield LineTable(COLUMNS, glyphs=self._glyphs, empty_message="no source yet")
            yield Paragraph(id="trouble", glyphs=self._glyphs)
            yield Static(_LEGEND, id="legend", classes="hint", markup=False)
            yield Static("esc closes", classes="hint", markup=False)

    def on_mount(self) -> None:
        """What is known so far."""
        self.show_streams(self._source)

    def show_streams(self, source: SourceNews | None) -> None:
        """Shows how they are doing now."""
        self._source = source
        streams = source.streams if source is not None else ()
        self.table.set_rows({one.kind: stream_row(one, place) for place, one in enumerate(streams)})
        self._show_trouble()

    @on(LineTable.Highlighted)
    @on(Resize)
    def _show_trouble(self) -> None:
        """The selected kind's error in full, for its column is too narrow; where room is short it is worth more."""
        streams = self._source.streams if self._source is not None else ()
        cells = next((stream_row(one, 0).cells for one in streams if one.kind == self.table.cursor_key), {})
        error, kind = cells.get("error"), cells.get("kind")
        said = isinstance(error, Cell) and isinstance(kind, Cell) and bool(error.text)
        self.trouble.display = said
        self.legend.display = not said or self.size.height >= LEAST_ROWS_FOR_BOTH
        if isinstance(error, Cell) and isinstance(kind, Cell) and said:
            self.trouble.text = Cell(f"{kind.text}: {error.text}", error.tone)


def stream_row(stream: StreamNews, place: int) -> Row:
    """One kind's row; what is not known is no zero."""
    error = stream.error or stream.last_error
    ago = f"{duration(stream.last_error_age_s)} ago: " if stream.last_error_age_s is not None else ""
    name = _SHORT.get(stream.kind, stream.kind)
    is_missed = stream.needed or stream.state is not Liveness.DENIED
    left_out = stream.undecodable + stream.repeated
    return Row(
        {
            "kind": Cell(name + ("" if stream.needed else " *"), STRONG if stream.needed else PLAIN),
            "state": Cell(stream.state.value.upper(), _STATE_TONES[stream.state] if is_missed else MUTED),
            "age": Cell(duration(stream.age_s), PLAIN),
            "objects": Cell("?" if stream.objects is None else f"{stream.objects:,}", PLAIN),
            "rate": Cell(f"{stream.events_per_s:,.1f}", PLAIN if stream.events_per_s else MUTED),
            "frames": _count(stream.frames),
            "coalesced": _count(stream.coalesced),
            "watches": _count(stream.reconnects),
            "lists": _count(stream.relists),
            "odd": Cell(f"{left_out:,}", BAD if left_out else MUTED),
            "error": Cell(f"{ago}{error}" if error else "", BAD if stream.error and is_missed else MUTED),
        },
        place,
    )


def _count(count: int) -> Cell:
    return Cell(f"{count:,}", PLAIN if count else MUTED)
