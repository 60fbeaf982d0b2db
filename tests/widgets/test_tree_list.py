"""The tree of owners: guides, cells in one column, and a selection that stays on its object."""

from __future__ import annotations

import pytest
from rich.text import Text

from tui.widgets.glyphs import ASCII
from tui.widgets.replica_bar import ReplicaCells
from tui.widgets.runs import Cell, Line
from tui.widgets.tree_list import OwnershipTree, TreeLine, guides

from .stage import HOSTILE, on_stage, shown


@pytest.mark.parametrize(
    ("depths", "expected"),
    [
        ([], []),
        ([0], [""]),
        ([0, 1, 1], ["", "├ ", "└ "]),
        ([0, 1, 2, 2, 1, 2], ["", "├ ", "│ ├ ", "│ └ ", "└ ", "  └ "]),
        ([0, 1, 0, 1], ["", "└ ", "", "└ "]),
        ([0, 2, 1], ["", "│ └ ", "└ "]),
    ],
)
def test_guides_follow_the_depths(depths: list[int], expected: list[str]) -> None:
    assert guides(depths) == expected


def test_guides_in_ascii() -> None:
    assert all(guide.isascii() for guide in guides([0, 1, 2, 1], ASCII))


def tree(*pods: str, note: bool = False) -> list[TreeLine]:
    lines = [
        TreeLine("deployment", 0, Cell("web", "strong"), ReplicaCells(ready=1, missing=1)),
        TreeLine("replicaset", 1, "web-7d", Text("2 desired")),
        *(TreeLine(pod, 2, f"web-7d-{pod}", Text.assemble(("ready", "good"), " worker2")) for pod in pods),
    ]
    return [*lines, TreeLine("note", 1, "no older ReplicaSets", selectable=False)] if note else lines


async def test_lines_with_their_cells_in_one_column() -> None:
    widget = OwnershipTree()
    async with on_stage(widget, size=(50, 5)) as (pilot, _):
        widget.set_lines(tree("a", "b"))
        await pilot.pause()
        assert shown(widget) == [
            "▸ web           ■□",
            "  └ web-7d      2 desired",
            "    ├ web-7d-a  ready worker2",
            "    └ web-7d-b  ready worker2",
            "",
        ]


async def test_the_selection_stays_on_its_object_while_lines_appear_and_move() -> None:
    widget = OwnershipTree()
    async with on_stage(widget, OwnershipTree.Highlighted, size=(50, 8)) as (pilot, heard):
        widget.set_lines(tree("a", "b"))
        await pilot.press("G")
        await pilot.pause()
        heard.clear()
        widget.set_lines(tree("new", "b", "newer", "a"))
        await pilot.pause()
        assert widget.cursor_key == "b"
        assert shown(widget)[3].startswith("▸   ├ web-7d-b")
        assert heard == []
        widget.set_lines(tree("new", "newer"))
        await pilot.pause()
        assert [message.key for message in heard] == ["newer"]


async def test_only_lines_that_look_different_are_laid_out_again() -> None:
    laid_out: list[str] = []

    class Watched(OwnershipTree):
        def line_of(self, key: str, width: int) -> Line:
            laid_out.append(key)
            return super().line_of(key, width)

    widget = Watched()
    async with on_stage(widget, size=(50, 8)) as (pilot, _):
        widget.set_lines(tree("a", "b"))
        await pilot.pause()
        laid_out.clear()
        widget.update_lines(
            {"a": TreeLine("a", 2, "web-7d-a", "terminating"), "gone": TreeLine("gone", 0, "x")}
        )
        await pilot.pause()
        assert laid_out == ["a"]
        assert shown(widget)[2] == "    ├ web-7d-a  terminating"
        laid_out.clear()
        widget.set_lines([*widget.tree_lines, TreeLine("c", 2, "web-7d-c", "pending")])
        await pilot.pause()
        assert laid_out == ["b", "c"]  # the guide of b goes on now


async def test_what_cannot_be_selected_is_passed_over() -> None:
    widget = OwnershipTree()
    async with on_stage(widget, OwnershipTree.Opened, size=(50, 8)) as (pilot, heard):
        lines = [TreeLine("title", 0, "objects", selectable=False), *tree("a", note=True)]
        widget.set_lines(lines)
        keys = []
        for press in ("down", "down", "down", "up", "end", "home", "up"):
            await pilot.press(press)
            keys.append(widget.cursor_key)
        assert keys == ["replicaset", "a", "a", "replicaset", "a", "deployment", "deployment"]
        await pilot.click(OwnershipTree, offset=(5, 0), times=2)
        await pilot.click(OwnershipTree, offset=(5, 4), times=2)
        assert widget.cursor_key == "deployment"
        assert heard == []
        await pilot.click(OwnershipTree, offset=(5, 3), times=2)
        assert [message.key for message in heard] == ["a"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_labels_and_cells_are_never_markup(text: str) -> None:
    widget = OwnershipTree()
    async with on_stage(widget, size=(80, 4)) as (pilot, _):
        widget.set_lines([TreeLine("a", 0, text, text), TreeLine("b", 0, Cell(text), Text(text))])
        await pilot.pause()
        assert [line[2:] for line in shown(widget)[:2]] == [f"{text}  {text}"] * 2


async def test_long_names_leave_room_for_the_cells() -> None:
    widget = OwnershipTree()
    async with on_stage(widget, size=(40, 4)) as (pilot, _):
        widget.set_lines([TreeLine("a", 0, "x" * 60, "ready"), TreeLine("b", 1, "y" * 60)])
        await pilot.pause()
        first, second = shown(widget)[:2]
        assert first.endswith("x  ready")
        assert second == "  └ " + "y" * 17 + "…" + "y" * 17


async def test_long_names_keep_the_end_that_tells_siblings_apart() -> None:
    widget = OwnershipTree()
    async with on_stage(widget, size=(30, 4)) as (pilot, _):
        names = ("recommendations-7d9f8b6c4-x2k4c", "recommendations-7d9f8b6c4-9fq2m")
        widget.set_lines([TreeLine(name, 0, name, "ready") for name in names])
        await pilot.pause()
        assert [line[2:].split()[0][-5:] for line in shown(widget)[:2]] == ["x2k4c", "9fq2m"]


async def test_cells_give_up_their_column_before_anything_is_cut() -> None:
    widget = OwnershipTree()
    async with on_stage(widget, size=(31, 4)) as (pilot, _):
        lines = [
            TreeLine("rs", 0, "rs 87d54d6bc", "5/5  rev 1"),
            TreeLine("a", 1, "x2k4c", "ImagePullBackOff"),
            TreeLine("b", 1, "9fq2m", "node-a1"),
        ]
        widget.set_lines(lines)
        await pilot.pause()
        assert shown(widget)[:3] == [
            "▸ rs 87d54d6bc  5/5  rev 1",
            "  ├ x2k4c     ImagePullBackOff",
            "  └ 9fq2m     node-a1",
        ]
