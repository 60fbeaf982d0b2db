"""A table for thousands of rows: virtual, sorted by bisection, repainted only where it changed."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events, on
from textual.message import Message

from tui.widgets.columns import Column, Placed, column_at, lay_out
from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.keyed_lines import KeyedLines
from tui.widgets.runs import BothEnds, Cell, Content, Line, fit, fit_line, one_line, runs_of
from tui.widgets.tones import PLAIN, STRONG

_GUTTER = 2  # the pointer and a space
_ROOMY = 100  # from this width on columns stand two cells apart


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a content for each column key (none is blank), and what it is sorted by.

    Sort keys of one table have to be comparable with each other; equal ones are ordered by row key.
    """

    cells: Mapping[str, Content]
    sort_key: Any = ()


class LineTable(KeyedLines):
    """Rows by an opaque key, in the order of their sort keys, seen through a filter.

    The work for one changed row does not grow with the number of rows, but for finding its place
    among them by bisection.
    """

    class Highlighted(KeyedLines.Highlighted):
        """The cursor is on another row."""

    class Opened(KeyedLines.Opened):
        """A row was opened."""

    @dataclass
    class HeaderClicked(Message):
        """A column's title was clicked; sorting is the owner's business."""

        table: LineTable
        column_key: str

        @property
        def control(self) -> LineTable:
            """The table it happened in."""
            return self.table

    DEFAULT_CSS = "LineTable { min-height: 2; }"
    header_height: ClassVar[int] = 1

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        glyphs: Glyphs = UNICODE,
        empty_message: str = "",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, empty_message=empty_message, name=name, id=id, classes=classes)
        self.columns = tuple(columns)
        self._rows: dict[str, Row] = {}
        self._shown: list[tuple[Any, str]] = []  # (sort key, row key), sorted, only what passes the filter
        self._passes: Callable[[str], bool] | None = None
        self._placed: tuple[int, list[Placed]] = (-1, [])
        self._sorted_by: tuple[str, bool] | None = None
        self._told_in_full = ""

    # ----------------------------------------------------------------------------- rows

    @property
    def row_count(self) -> int:
        """How many rows there are, shown or not."""
        return len(self._rows)

    @property
    def shown_keys(self) -> list[str]:
        """The keys of the rows that pass the filter, from top to bottom."""
        return [key for _, key in self._shown]

    def row(self, key: str) -> Row | None:
        """The row of a key, shown or not."""
        return self._rows.get(key)

    def set_rows(self, rows: Mapping[str, Row]) -> None:
        """Replace all rows; lines whose cells are the same as before are not painted again."""
        before = self._rows
        self._rows = dict(rows)
        changed = {
            key
            for key, row in self._rows.items()
            if (old := before.get(key)) is not None and old.cells != row.cells
        }
        self._sort_and_filter()
        self.lines_changed(changed | (before.keys() - self._rows.keys()))

    def update_rows(self, changed: Mapping[str, Row], removed: Iterable[str] = ()) -> None:
        """Replace or add some rows and take others away."""
        touched = set()
        for key in removed:
            if (old := self._rows.pop(key, None)) is not None:
                self._hide(key, old)
                touched.add(key)
        for key, row in changed.items():
            old = self._rows.get(key)
            self._rows[key] = row
            self._place(key, old, row)
            if old is None or old.cells != row.cells:
                touched.add(key)
        self.lines_changed(touched)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Other columns; the rows stay, and have contents for these too."""
        if self.columns != tuple(columns):
            self.columns = tuple(columns)
            self._placed = (-1, [])
            self.repaint_all()

    def set_filter(self, passes: Callable[[str], bool] | None) -> None:
        """Show only the rows whose key passes; None shows all. Asked again for every changed row."""
        self._passes = passes
        self._sort_and_filter()
        self.lines_changed()

    def show_sort(self, column_key: str | None, *, descending: bool = False) -> None:
        """Mark the column whose order the owner's sort keys follow."""
        self._sorted_by = None if column_key is None else (column_key, descending)
        self.repaint_header()

    def _sort_and_filter(self) -> None:
        passes = self._passes
        self._shown = sorted(
            (row.sort_key, key) for key, row in self._rows.items() if passes is None or passes(key)
        )

    def _place(self, key: str, old: Row | None, row: Row) -> None:
        keeps_its_place = old is not None and old.sort_key == row.sort_key
        if keeps_its_place and self._passes is None:
            return
        is_wanted = self._passes is None or self._passes(key)
        index = None if old is None else self._index(key, old)
        if index is not None:
            if is_wanted and keeps_its_place:
                return
            del self._shown[index]
        if is_wanted:
            insort(self._shown, (row.sort_key, key))

    def _hide(self, key: str, row: Row) -> None:
        index = self._index(key, row)
        if index is not None:
            del self._shown[index]

    def _index(self, key: str, row: Row) -> int | None:
        wanted = (row.sort_key, key)
        index = bisect_left(self._shown, wanted)
        return index if index < len(self._shown) and self._shown[index][1] == key else None

    # ---------------------------------------------------------- what the base asks for

    def line_total(self) -> int:
        """How many rows pass the filter."""
        return len(self._shown)

    def key_at(self, index: int) -> str:
        """The key of the row that stands at an index."""
        return self._shown[index][1]

    def index_of(self, key: str) -> int | None:
        """Where a row stands, or None if it is filtered out or unknown."""
        row = self._rows.get(key)
        return None if row is None else self._index(key, row)

    def line_of(self, key: str, width: int) -> Line:
        """The cells of a row, each fitted into its column."""
        cells = self._rows[key].cells
        pointer = self.glyphs.pointer if key == self.cursor_key else " "
        line: Line = [(pointer, STRONG)]
        x = 1
        for place in self.placed(width):
            runs = runs_of(cells.get(place.column.key, ""), place.width, self.glyphs)
            line.append((" " * (place.x - x), PLAIN))
            line.extend(fit_line(runs, place.width, place.column.align, self.glyphs.ellipsis))
            x = place.x + place.width
        return line

    def header(self, width: int) -> Line:
        """The titles, the one that is sorted by with an arrow."""
        line: Line = []
        x = 0
        for place in self.placed(width):
            start, room = place.x, place.width
            arrow = self._arrow(place.column)
            if arrow and cell_len(place.column.title) >= room:
                # The blank cell beside the column is the arrow's: titles and figures stay in line.
                start, room = (start - 1, room + 1) if place.column.align == "right" else (start, room + 1)
            title = (
                arrow + place.column.title if place.column.align == "right" else place.column.title + arrow
            )
            line.append((" " * (start - x), PLAIN))
            line.append((fit(title, room, place.column.align, self.glyphs.ellipsis), PLAIN))
            x = start + room
        return line

    def _arrow(self, column: Column) -> str:
        if self._sorted_by is None or self._sorted_by[0] != column.key:
            return ""
        return self.glyphs.descending if self._sorted_by[1] else self.glyphs.ascending

    def placed(self, width: int) -> list[Placed]:
        """Where the columns stand at a width."""
        if self._placed[0] != width:
            gap = 2 if width >= _ROOMY else 1
            self._placed = (width, lay_out(self.columns, width, gutter=_GUTTER, gap=gap))
        return self._placed[1]

    @on(events.MouseMove)
    def _tell_what_is_cut(self, event: events.MouseMove) -> None:
        """Have the row under the mouse say in full what its columns are too narrow for."""
        offset = event.get_content_offset(self)
        index = None if offset is None else self.index_at(offset.y)
        cut_texts = [] if index is None else self._cut_texts(self.key_at(index))
        text = "\n".join(cut_texts)
        if text != self._told_in_full:
            self._told_in_full = text
            self.tooltip = Text(text) if text else None

    def _cut_texts(self, key: str) -> list[str]:
        cells = self._rows[key].cells
        texts = []
        for place in self.placed(self.line_width):
            content = cells.get(place.column.key, "")
            if isinstance(content, str | Cell | BothEnds):
                text = one_line(content if isinstance(content, str) else content.text)
                if cell_len(text) > place.width:
                    texts.append(text)
        return texts

    @on(events.Click)
    def _click_header(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= self.header_height:
            return
        column = column_at(self.placed(self.line_width), offset.x)
        if column is not None:
            self.post_message(self.HeaderClicked(self, column.key))
