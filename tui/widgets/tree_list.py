"""Who owns whom, as indented lines: a Deployment, its ReplicaSets, their Pods, updated in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.keyed_lines import KeyedLines
from tui.widgets.runs import Content, Line, cut, fit_line, line_width, runs_of
from tui.widgets.tones import MUTED, PLAIN, STRONG

_POINTER_WIDTH = 2
_BEFORE_CELLS = 2
_LABEL_SHARE = 0.6  # the most of the width that labels may take from the cells beside them


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One object: its key, its depth from 0, its name, what is known of it, whether it may be selected."""

    key: str
    depth: int
    label: Content
    cells: Content = ""
    selectable: bool = True


class OwnershipTree(KeyedLines):
    """A tree that is always open, drawn as a list; the selection stays on its object while lines move."""

    class Highlighted(KeyedLines.Highlighted):
        """The cursor is on another object."""

    class Opened(KeyedLines.Opened):
        """An object was opened."""

    DEFAULT_CSS = "OwnershipTree { min-height: 2; }"

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        empty_message: str = "",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, empty_message=empty_message, name=name, id=id, classes=classes)
        self._tree_lines: list[TreeLine] = []
        self._index: dict[str, int] = {}
        self._guides: list[str] = []
        self._label_width = 0
        self._cells_width = 0

    @property
    def tree_lines(self) -> tuple[TreeLine, ...]:
        """The lines from top to bottom."""
        return tuple(self._tree_lines)

    def set_lines(self, lines: Sequence[TreeLine]) -> None:
        """Replace the whole tree; only lines that look different are painted again."""
        before = {line.key: (line, guide) for line, guide in zip(self._tree_lines, self._guides, strict=True)}
        self._tree_lines = list(lines)
        self._index = {line.key: index for index, line in enumerate(self._tree_lines)}
        self._guides = guides([line.depth for line in self._tree_lines], self.glyphs)
        changed = {
            line.key
            for line, guide in zip(self._tree_lines, self._guides, strict=True)
            if before.get(line.key) != (line, guide)
        }
        self._measure_labels()
        self.lines_changed(changed | (before.keys() - self._index.keys()))

    def update_lines(self, changed: Mapping[str, TreeLine]) -> None:
        """Replace some lines in place; their depth and their order stay, unknown keys are passed over."""
        known = {key: line for key, line in changed.items() if key in self._index}
        for key, line in known.items():
            self._tree_lines[self._index[key]] = line
        self._measure_labels()
        self.lines_changed(known.keys())

    def _measure_labels(self) -> None:
        """Cells stand in one column to the right of the longest label, or as near to it as the longest cells allow."""
        width = self.line_width
        labels = [
            cell_len(guide) + line_width(runs_of(line.label, width, self.glyphs))
            for line, guide in zip(self._tree_lines, self._guides, strict=True)
        ]
        cells = [line_width(runs_of(line.cells, width, self.glyphs)) for line in self._tree_lines]
        measured = max(labels, default=0), max(cells, default=0)
        if measured != (self._label_width, self._cells_width):
            self._label_width, self._cells_width = measured
            self._strips.clear()
            self.refresh()

    def line_total(self) -> int:
        """How many lines the tree has."""
        return len(self._tree_lines)

    def key_at(self, index: int) -> str:
        """The key of the line at an index."""
        return self._tree_lines[index].key

    def index_of(self, key: str) -> int | None:
        """Where an object's line stands."""
        return self._index.get(key)

    def is_selectable(self, key: str) -> bool:
        """Whether the cursor may stand on an object."""
        return self._tree_lines[self._index[key]].selectable

    def line_of(self, key: str, width: int) -> Line:
        """Pointer, guides and name, then what is known of the object."""
        index = self._index[key]
        tree_line, guide = self._tree_lines[index], self._guides[index]
        pointer = self.glyphs.pointer if key == self.cursor_key else " "
        label_width = self._label_room(tree_line, guide, width)
        cells_width = max(0, width - _POINTER_WIDTH - cell_len(guide) - label_width - _BEFORE_CELLS)
        ellipsis = self.glyphs.ellipsis
        return [
            (pointer.ljust(_POINTER_WIDTH), STRONG),
            (guide, MUTED),
            *fit_line(self._label(tree_line.label, label_width), label_width, "left", ellipsis),
            (" " * _BEFORE_CELLS, PLAIN),
            *fit_line(runs_of(tree_line.cells, cells_width, self.glyphs), cells_width, "left", ellipsis),
        ]

    def _label_room(self, tree_line: TreeLine, guide: str, width: int) -> int:
        """Cells line up where they fit, and give that up before anything is cut; then the label is cut first."""
        room = max(0, width - _POINTER_WIDTH - cell_len(guide))
        aligned = self._label_width - cell_len(guide)
        if tree_line.cells == "":
            return min(aligned, room)
        room = max(0, room - _BEFORE_CELLS)
        own = line_width(runs_of(tree_line.label, room, self.glyphs))
        spare = room - line_width(runs_of(tree_line.cells, room, self.glyphs))
        if spare >= own:
            common = width - _POINTER_WIDTH - _BEFORE_CELLS - self._cells_width - cell_len(guide)
            return min(aligned, common if common >= own else spare)
        return max(min(own, int(room * _LABEL_SHARE)), spare)

    def _label(self, label: Content, width: int) -> Line:
        """The runs of a label; one that is too long keeps both ends, since siblings differ at their end."""
        runs = runs_of(label, width, self.glyphs)
        if len(runs) != 1:
            return runs
        return [(cut(runs[0][0], width, self.glyphs.ellipsis, keep="ends"), runs[0][1])]


def guides(depths: Sequence[int], glyphs: Glyphs = UNICODE) -> list[str]:
    """The guide in front of each line of a tree that is given by its depths, from top to bottom."""
    drawn: list[str] = []
    continues: set[int] = set()  # depths at which a later sibling follows
    for depth in reversed(depths):
        guide = "".join(f"{glyphs.trunk} " if level in continues else "  " for level in range(1, depth))
        if depth:
            guide += f"{glyphs.branch if depth in continues else glyphs.last_branch} "
        drawn.append(guide)
        continues = {level for level in continues if level < depth} | {depth}
    return drawn[::-1]
