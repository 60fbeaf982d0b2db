"""The whole fleet at one glance: a cell for each Deployment, as high as its gap is wide.

Where they all fit into one line with their names, each is told with its name.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from rich.cells import cell_len
from rich.text import Text
from textual import events, on
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var

from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, Run, fit, fit_line, grouped, one_line
from tui.widgets.tones import BAD, BUSY, GOOD, MUTED, PLAIN

_RANKS = {BAD: 3, BUSY: 2, MUTED: 1}  # which of several cells is the worst: a higher rank, then a wider gap
_CAPTION_FROM = 60  # a caption stands beside the cells from this width on
_CAPTION_WIDTH = 20
_WIDE_CAPTION_WIDTH = 34  # and this much from this width on
_WIDE_CAPTION_FROM = 100
_NAMED_CELL = 2  # how wide the cell beside a name is
_BETWEEN_NAMES = 2


@dataclass(frozen=True, slots=True)
class FleetCell:
    """One Deployment: its label, how many replicas are missing of how many, the tone of its state.

    `gap` is None while it is not known, which is never drawn as zero.
    """

    label: str
    gap: int | None
    desired: int
    tone: str = GOOD

    @property
    def openness(self) -> float:
        """The gap as a part of what is desired, from 0 to 1; surplus counts as gap too."""
        return 0.0 if not self.gap else min(1.0, abs(self.gap) / max(1, self.desired))

    @property
    def severity(self) -> tuple[int, float]:
        """What makes one cell worse than another."""
        rank = 1 if self.gap is None else _RANKS.get(self.tone, 0)
        return rank, self.openness


def fleet_glyph(cell: FleetCell, glyphs: Glyphs = UNICODE) -> Run:
    """The height and the tone of one cell; the smallest gap is higher than none."""
    if cell.gap is None:
        return glyphs.unknown, MUTED
    if not cell.gap:
        return glyphs.heights[0], cell.tone
    steps = len(glyphs.heights) - 1
    return glyphs.heights[max(1, round(cell.openness * steps))], cell.tone


@dataclass(frozen=True, slots=True)
class FleetLayout:
    """How many cells go into the width and height there is: `share` Deployments to a cell."""

    columns: int
    rows: int
    share: int
    caption: int

    @classmethod
    def of(cls, count: int, width: int, most_rows: int) -> FleetLayout:
        """One cell each while they fit, in as few lines as possible; then as few to a cell as possible."""
        caption = _caption_width(width)
        columns = max(1, width - caption)
        share = max(1, ceil(count / (columns * most_rows)))
        rows = max(1, ceil(ceil(count / share) / columns))
        return cls(columns, rows, share, caption)

    def place(self, index: int) -> tuple[int, int]:
        """The column and the row of the cell that holds a Deployment."""
        row, column = divmod(index // self.share, self.columns)
        return column, row

    def indexes(self, column: int, row: int) -> range:
        """The Deployments that the cell at a place stands for."""
        first = (row * self.columns + column) * self.share
        return range(first, first + self.share)


def _caption_width(width: int) -> int:
    if width < _CAPTION_FROM:
        return 0
    return _CAPTION_WIDTH if width < _WIDE_CAPTION_FROM else _WIDE_CAPTION_WIDTH


class FleetStrip(PaintedBox):
    """A cell for each Deployment, in the order of their labels, so that each keeps its place."""

    @dataclass
    class Picked(Message):
        """The cell of a Deployment was clicked; of several in one cell, the worst."""

        strip: FleetStrip
        key: str

        @property
        def control(self) -> FleetStrip:
            """The strip it happened in."""
            return self.strip

    most_rows: var[int] = var(3)
    """The most lines the strip may take; beyond that a cell stands for several Deployments."""

    def __init__(
        self,
        *,
        most_rows: int = 3,
        glyphs: Glyphs = UNICODE,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, name=name, id=id, classes=classes)
        self.set_reactive(FleetStrip.most_rows, most_rows)
        self._cells: dict[str, FleetCell] = {}
        self._order: list[tuple[str, str]] = []
        self._fleet_layout = FleetLayout.of(0, 1, most_rows)
        self._runs: list[list[Run]] = []  # what is in each cell of the picture, by row and column
        self._names: list[str] = []  # of the cells in the one line, in order, where there is room for them

    def watch_most_rows(self) -> None:
        """Take more or fewer lines."""
        self._redraw_for_count()

    def set_cells(self, cells: Mapping[str, FleetCell]) -> None:
        """Replace the whole fleet, by key."""
        self._cells = dict(cells)
        self._order = sorted((cell.label, key) for key, cell in cells.items())
        self._redraw_for_count()

    def update_cells(self, changed: Mapping[str, FleetCell], removed: Iterable[str] = ()) -> None:
        """Replace or add some cells and take others away; only lines that hold them are painted again."""
        has_moved = False
        for key in removed:
            cell = self._cells.pop(key, None)
            if cell is not None:
                self._order.remove((cell.label, key))
                has_moved = True
        dirty = set()
        for key, cell in changed.items():
            old = self._cells.get(key)
            if old is None or old.label != cell.label:
                if old is not None:
                    self._order.remove((old.label, key))
                insort(self._order, (cell.label, key))
                has_moved = True
            elif old != cell:
                dirty.add(self._fleet_layout.place(bisect_left(self._order, (cell.label, key))))
            self._cells[key] = cell
        if has_moved:
            self._redraw_for_count()
        else:
            self._repaint_places(dirty)

    def _repaint_places(self, places: Collection[tuple[int, int]]) -> None:
        if self._names and places:
            self.replace_line(0, self._named_line())
            return
        changed_rows = set()
        for column, row in places:
            if row < len(self._runs):
                run = self._run_at(column, row)
                if run != self._runs[row][column]:
                    self._runs[row][column] = run
                    changed_rows.add(row)
        for row in changed_rows:
            self.replace_line(row, self._line(row))

    def _redraw_for_count(self) -> None:
        rows = self._fleet_layout.rows
        self._fleet_layout = FleetLayout.of(len(self._order), self.size.width, self.most_rows)
        self._runs, self._names = [], []  # they belong to the picture before
        self.redraw()
        if self._fleet_layout.rows != rows:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the fleet takes at this width."""
        return FleetLayout.of(len(self._order), width, self.most_rows).rows

    def lines(self, width: int, height: int) -> list[Line]:
        """The strip at a width."""
        self._fleet_layout = FleetLayout.of(len(self._order), width, self.most_rows)
        layout = self._fleet_layout
        self._names = self._names_for(layout)
        if self._names:
            self._runs = []
            return [self._named_line()]
        self._runs = [
            [self._run_at(column, row) for column in range(layout.columns)] for row in range(layout.rows)
        ]
        return [self._line(row) for row in range(layout.rows)]

    def _names_for(self, layout: FleetLayout) -> list[str]:
        """What each is called where all fit into one line: by its name alone if that is nobody else's."""
        if not layout.caption or not self._order or layout.rows > 1 or layout.share > 1:
            return []
        labels = [one_line(label) for label, _ in self._order]
        short = [label.rpartition("/")[2] for label in labels]
        names = short if len(set(short)) == len(short) else labels
        if sum(self._named_width(name) for name in names) <= layout.columns:
            return names
        return []

    @staticmethod
    def _named_width(name: str) -> int:
        return _NAMED_CELL + 1 + cell_len(name) + _BETWEEN_NAMES

    def _named_line(self) -> Line:
        line: Line = []
        for name, (_, key) in zip(self._names, self._order, strict=True):
            cell = self._cells[key]
            glyph, tone = fleet_glyph(cell, self.glyphs)
            line += [
                (glyph * _NAMED_CELL, tone),
                (f" {name}", tone if cell.gap else MUTED),
                (" " * _BETWEEN_NAMES, PLAIN),
            ]
        layout = self._fleet_layout
        caption = fit(self._counted(), layout.caption, "right", self.glyphs.ellipsis)
        return [*fit_line(line, layout.columns), (caption, MUTED)]

    def _counted(self) -> str:
        return f"{len(self._order):,} Deployment{'' if len(self._order) == 1 else 's'}"

    def _named_key_at(self, x: int) -> str | None:
        end = 0
        for name, (_, key) in zip(self._names, self._order, strict=True):
            end += self._named_width(name)
            if x < end:
                return key
        return None

    def _run_at(self, column: int, row: int) -> Run:
        key = self._worst(self._fleet_layout.indexes(column, row))
        return (" ", PLAIN) if key is None else fleet_glyph(self._cells[key], self.glyphs)

    def _line(self, row: int) -> Line:
        layout = self._fleet_layout
        line = grouped(self._runs[row])
        captions = self._captions() if layout.caption else []
        if row < len(captions):
            line.append((fit(captions[row], layout.caption, "right", self.glyphs.ellipsis), MUTED))
        return line

    def _captions(self) -> Sequence[str]:
        """How many there are; nothing where there are none, for that may be because they are not known yet."""
        if not self._order:
            return []
        layout = self._fleet_layout
        counted = self._counted()
        each = "a cell each" if layout.share == 1 else f"{layout.share} to a cell, worst shown"
        if layout.caption == _WIDE_CAPTION_WIDTH and layout.share == 1:
            return [f"{counted}, {each}"]
        if layout.caption < _WIDE_CAPTION_WIDTH and layout.share > 1:
            return [counted, f"worst of {layout.share} shown"]
        return [counted, each]

    def _worst(self, indexes: range) -> str | None:
        keys = [key for _, key in self._order[indexes.start : indexes.stop]]
        return max(keys, key=lambda key: self._cells[key].severity, default=None)

    def _key_at(self, event: events.MouseEvent) -> str | None:
        offset = event.get_content_offset(self)
        if offset is None or offset.x >= self._fleet_layout.columns:
            return None
        if self._names:
            return self._named_key_at(offset.x)
        return self._worst(self._fleet_layout.indexes(offset.x, offset.y))

    @on(events.MouseMove)
    def _name_cell(self, event: events.MouseMove) -> None:
        key = self._key_at(event)
        if key is None:
            self.tooltip = None
            return
        cell = self._cells[key]
        known = "unknown" if cell.gap is None else "no gap" if not cell.gap else f"gap {cell.gap}"
        self.tooltip = Text(f"{one_line(cell.label)}  {known} of {cell.desired}")

    @on(events.Click)
    def _pick(self, event: events.Click) -> None:
        key = self._key_at(event)
        if key is not None:
            self.post_message(self.Picked(self, key))
