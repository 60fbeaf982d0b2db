"""The table: the cursor stays on its key, a change repaints its own lines, and text is shown as it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.events import MouseScrollDown
from textual.geometry import Region

from tui.widgets.columns import Column
from tui.widgets.glyphs import ASCII
from tui.widgets.line_table import LineTable, Row
from tui.widgets.replica_bar import ReplicaCells
from tui.widgets.runs import Cell, Line

from .stage import HOSTILE, on_stage, shown

COLUMNS = (
    Column("namespace", "NAMESPACE", 9, drop=2),
    Column("name", "NAME", 10, flex=1),
    Column("gap", "GAP", 4, align="right"),
)


def row(name: str, sort_key: Any = (), gap: int = 0) -> Row:
    return Row(
        {"namespace": "shop", "name": name, "gap": Cell(str(gap), "bad" if gap else "muted")}, sort_key
    )


def rows(count: int) -> dict[str, Row]:
    return {f"u{n:04}": row(f"web-{n:04}", (0, n)) for n in range(count)}


class Watched(LineTable):
    """Remembers which rows were laid out and which regions were asked to be painted again."""

    def __init__(self, columns: Iterable[Column] = COLUMNS) -> None:
        self.laid_out: list[str] = []
        self.refreshed: list[tuple[Region, ...]] = []
        super().__init__(tuple(columns))

    def line_of(self, key: str, width: int) -> Line:
        self.laid_out.append(key)
        return super().line_of(key, width)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Watched:
        self.refreshed.append(regions)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def forget(self) -> None:
        self.laid_out.clear()
        self.refreshed.clear()

    @property
    def refreshed_lines(self) -> list[int]:
        assert all(self.refreshed), "the whole table was painted again"
        return sorted(region.y for regions in self.refreshed for region in regions)


async def test_header_rows_and_columns() -> None:
    table = LineTable(COLUMNS)
    async with on_stage(table, size=(40, 5)) as (pilot, _):
        table.set_rows({"b": row("web", 2), "a": row("payments-service", 1, gap=3)})
        await pilot.pause()
        assert shown(table) == [
            "  NAMESPACE NAME                    GAP",
            "▸ shop      payments-service          3",
            "  shop      web                       0",
            "",
            "",
        ]


async def test_less_important_columns_go_on_a_narrow_screen() -> None:
    table = LineTable(COLUMNS, glyphs=ASCII)
    async with on_stage(table, size=(25, 3)) as (pilot, _):
        table.set_rows({"a": row("payments-service-of-the-shop", 1)})
        await pilot.pause()
        assert shown(table)[:2] == ["  NAME               GAP", "> payments-service~    0"]


async def test_a_bar_is_drawn_for_the_width_of_its_column() -> None:
    table = LineTable([Column("bar", "ACTUAL", 4)])
    async with on_stage(table, size=(20, 3)) as (pilot, _):
        table.set_rows({"a": Row({"bar": ReplicaCells(ready=90, missing=10)})})
        await pilot.pause()
        assert shown(table)[1] == "▸ ■■■□"


async def test_an_empty_table_says_why_in_the_middle() -> None:
    table = LineTable(COLUMNS, empty_message="nothing matches [b")
    async with on_stage(table, size=(40, 6)) as (pilot, _):
        assert shown(table)[3] == " " * 10 + "nothing matches [b"
        table.empty_message = "no Deployments"
        await pilot.pause()
        assert "no Deployments" in shown(table)[3]
        table.set_rows(rows(1))
        await pilot.pause()
        assert "no Deployments" not in "".join(shown(table))


@pytest.mark.parametrize(
    ("height", "said"),
    [
        (6, ["", "  no complete list yet: its server is", "           busy or starting", ""]),
        (2, ["no complete list yet: its server is bu…"]),
    ],
)
async def test_an_empty_table_says_all_of_why_where_there_is_room(height: int, said: list[str]) -> None:
    table = LineTable(COLUMNS, empty_message="no complete list yet: its server is busy or starting")
    async with on_stage(table, size=(40, height)):
        assert [line.rstrip() for line in shown(table)[1:]][: len(said)] == said


@pytest.mark.parametrize("text", HOSTILE)
async def test_d02_text_is_shown_as_it_is(text: str) -> None:
    table = LineTable([Column("name", text, 40)], empty_message=text)
    async with on_stage(table, size=(60, 5)) as (pilot, _):
        assert text in "\n".join(shown(table))
        table.set_rows({"a": Row({"name": text}), "b": Row({"name": Cell(text, "bad")})})
        await pilot.pause()
        assert [line[2:] for line in shown(table)[:3]] == [text, text, text]


# ------------------------------------------------------------------------------------ cursor


async def test_the_cursor_stays_on_its_key_while_rows_move() -> None:
    table = LineTable(COLUMNS)
    async with on_stage(table, LineTable.Highlighted, size=(40, 8)) as (pilot, heard):
        table.set_rows(rows(5))
        await pilot.press("down", "down")
        assert table.cursor_key == "u0002"
        heard.clear()
        table.update_rows({"u0002": row("web-0002", (9, 0)), "new": row("first", (-1, 0))})
        await pilot.pause()
        assert table.cursor_key == "u0002"
        assert table.index_of("u0002") == 5
        assert [line.startswith("▸") for line in shown(table)[1:7]] == [False] * 5 + [True]
        assert heard == []


async def test_the_cursor_takes_the_line_in_its_place_when_its_object_goes() -> None:
    table = LineTable(COLUMNS)
    async with on_stage(table, LineTable.Highlighted, size=(40, 8)) as (pilot, heard):
        table.set_rows(rows(4))
        table.move_cursor_to("u0002")
        await pilot.pause()
        heard.clear()
        for gone in ("u0002", "u0003", "u0000"):
            table.update_rows({}, removed=[gone, "never-was"])
            await pilot.pause()
        table.set_rows({})
        await pilot.pause()
        assert [message.key for message in heard] == ["u0003", "u0001", None]
        assert heard[-1].control is table
        assert table.cursor_key is None


async def test_the_view_follows_the_cursor_s_object_and_leaves_others_alone() -> None:
    table = LineTable(COLUMNS)
    async with on_stage(table, size=(40, 11)) as (pilot, _):
        table.set_rows(rows(100))
        await pilot.pause()
        table.update_rows({"u0000": row("web-0000", (0, 50))})
        assert table.cursor_key == "u0000"
        assert table.scroll_offset.y == 0, "nobody has moved the cursor: the view stays at the top"
        table.update_rows({"u0000": row("web-0000", (0, 0))})
        await pilot.press("down", "up")
        table.update_rows({"u0000": row("web-0000", (9, 0))})
        assert table.scroll_offset.y == 90
        table.scroll_to(y=0, animate=False)
        table.update_rows({"u0000": row("web-0000", (0, 55))})
        assert table.scroll_offset.y == 0


async def test_what_is_read_stands_still_while_rows_come_above_it() -> None:
    table = Watched()
    async with on_stage(table, size=(40, 11)) as (pilot, _):
        table.set_rows(rows(100))
        await pilot.pause()
        table.move_cursor_to("u0050")
        await pilot.pause()
        before = shown(table)
        table.update_rows({"u0090": row("web-0090", (-1, 0))})
        assert shown(table) == before
        table.forget()
        table.update_rows({"u0091": row("web-0091", (-1, 0))})
        assert table.refreshed_lines == []


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("j", 1),
        ("down,down,k", 1),
        ("up", 0),
        ("G", 99),
        ("end,up", 98),
        ("G,g", 0),
        ("end,home", 0),
        ("pagedown", 10),
        ("pagedown,pagedown,pageup", 10),
        ("G,pagedown", 99),
    ],
)
async def test_keys_move_the_cursor_and_keep_it_in_view(keys: str, expected: int) -> None:
    table = LineTable(COLUMNS)
    async with on_stage(table, size=(40, 11)) as (pilot, _):
        table.set_rows(rows(100))
        await pilot.pause()
        await pilot.press(*keys.split(","))
        assert table.cursor_key == f"u{expected:04}"
        assert sum(line.startswith("▸") for line in shown(table)) == 1


async def test_enter_opens_and_only_what_is_there() -> None:
    table = LineTable(COLUMNS)
    async with on_stage(table, LineTable.Opened, size=(40, 8)) as (pilot, heard):
        await pilot.press("enter", "j", "G")
        assert heard == []
        table.set_rows(rows(3))
        await pilot.press("j", "enter")
        await pilot.pause()
        assert [message.key for message in heard] == ["u0001"]


def test_the_newest_highlight_replaces_the_one_before_of_the_same_table() -> None:
    one, other = LineTable(COLUMNS), LineTable(COLUMNS)
    first = LineTable.Highlighted(one, "a")
    assert first.can_replace(LineTable.Highlighted(one, "b"))
    assert not first.can_replace(LineTable.Highlighted(other, "b"))


# ------------------------------------------------------------------------------------- mouse


async def test_a_click_selects_and_a_double_click_opens() -> None:
    table = LineTable(COLUMNS)
    async with on_stage(table, LineTable.Highlighted, LineTable.Opened, size=(40, 8)) as (pilot, heard):
        table.set_rows(rows(3))
        await pilot.pause()
        heard.clear()
        await pilot.click(LineTable, offset=(12, 3))
        assert table.cursor_key == "u0002"
        await pilot.click(LineTable, offset=(12, 6))
        assert table.cursor_key == "u0002"
        assert [type(message) for message in heard] == [LineTable.Highlighted]
        await pilot.click(LineTable, offset=(12, 2), times=2)
        assert [(type(message), message.key) for message in heard[1:]] == [
            (LineTable.Highlighted, "u0001"),
            (LineTable.Opened, "u0001"),
        ]


async def test_a_click_on_a_title_names_its_column_and_moves_nothing() -> None:
    table = LineTable(COLUMNS)
    async with on_stage(table, LineTable.HeaderClicked, LineTable.Highlighted, size=(40, 8)) as (
        pilot,
        heard,
    ):
        table.set_rows(rows(30))
        await pilot.pause()
        table.scroll_to(y=10, animate=False)
        heard.clear()
        await pilot.click(LineTable, offset=(3, 0))
        await pilot.click(LineTable, offset=(36, 0))
        assert [message.column_key for message in heard] == ["namespace", "gap"]
        assert heard[0].control is table


async def test_the_wheel_scrolls_under_a_header_that_stays() -> None:
    table = LineTable(COLUMNS)
    async with on_stage(table, size=(40, 8)) as (pilot, _):
        table.set_rows(rows(100))
        await pilot.pause()
        header = shown(table)[0]
        for _turn in range(4):
            table.post_message(MouseScrollDown(table, 12, 3, 0, 1, 0, False, False, False))
            await pilot.pause()
        top = table.scroll_offset.y
        assert top >= 4
        assert shown(table)[0] == header
        assert f"web-{top:04}" in shown(table)[1]
        await pilot.click(LineTable, offset=(12, 2))
        assert table.cursor_key == f"u{top + 1:04}"


async def test_the_line_under_the_mouse_is_lit_and_only_that_one_is_painted() -> None:
    table = Watched()
    async with on_stage(table, size=(40, 8)) as (pilot, _):
        table.set_rows(rows(5))
        await pilot.pause()
        await pilot.hover(LineTable, offset=(12, 3))
        assert table.state_of("u0002", 3) == "lines--hover"
        table.forget()
        await pilot.hover(LineTable, offset=(12, 5))
        assert table.refreshed_lines == [3, 5]


# ---------------------------------------------------------------------------- what is painted


async def test_one_change_paints_one_line() -> None:
    table = Watched()
    async with on_stage(table, size=(40, 21)) as (pilot, _):
        table.set_rows(rows(5000))
        await pilot.pause()
        table.forget()
        table.update_rows({"u0007": row("web-0007", (0, 7), gap=2)})
        assert table.refreshed_lines == [8]
        await pilot.pause()
        assert table.laid_out == ["u0007"]
        assert shown(table)[8].endswith("2")


async def test_a_change_out_of_view_or_of_nothing_paints_nothing() -> None:
    table = Watched()
    async with on_stage(table, size=(40, 21)) as (pilot, _):
        table.set_rows(rows(5000))
        await pilot.pause()
        table.forget()
        table.update_rows({"u4000": row("web-4000", (0, 4000), gap=2)})
        table.update_rows({"u0007": row("web-0007", (0, 7))})
        table.set_rows({**rows(5000), "u4000": row("web-4000", (0, 4000), gap=2)})
        assert table.refreshed_lines == []


async def test_a_move_paints_the_lines_between_and_lays_out_none_of_them() -> None:
    table = Watched()
    async with on_stage(table, size=(40, 21)) as (pilot, _):
        table.set_rows(rows(5000))
        await pilot.pause()
        table.forget()
        table.update_rows({"u0009": row("web-0009", (0, 4.5))})
        assert table.refreshed_lines == [6, 7, 8, 9, 10]
        await pilot.pause()
        assert table.laid_out == []


async def test_moving_the_cursor_paints_two_lines() -> None:
    table = Watched()
    async with on_stage(table, size=(40, 21)) as (pilot, _):
        table.set_rows(rows(50))
        await pilot.pause()
        table.forget()
        await pilot.press("j")
        assert table.refreshed_lines == [1, 2]


async def test_a_flash_fades_and_touches_only_lines_in_view() -> None:
    table = Watched()
    async with on_stage(table, size=(40, 11)) as (pilot, _):
        table.set_rows(rows(50))
        await pilot.pause()
        table.forget()
        table.flash(["u0003", "u0040", "never-was"])
        assert table.refreshed_lines == [4]
        assert table.state_of("u0003", 4) == "lines--flash"
        table.fade()
        assert table.state_of("u0003", 4) == "lines--flash-late"
        table.fade()
        assert table.state_of("u0003", 4) == ""
        table.forget()
        table.fade()
        assert table.refreshed_lines == []


async def test_a_new_size_lays_the_columns_out_anew() -> None:
    table = LineTable(COLUMNS)
    async with on_stage(table, size=(60, 6)) as (pilot, _):
        table.set_rows(rows(3))
        await pilot.pause()
        await pilot.resize_terminal(30, 6)
        await pilot.pause()
        assert all(len(line) <= 30 for line in shown(table))
        assert shown(table)[1].endswith("0")


async def test_a_new_size_keeps_the_cursor_in_view() -> None:
    table = LineTable(COLUMNS)
    async with on_stage(table, size=(40, 21)) as (pilot, _):
        table.set_rows(rows(50))
        table.move_cursor_to("u0019")
        await pilot.resize_terminal(40, 6)
        await pilot.pause()
        assert sum(line.startswith("▸") for line in shown(table)) == 1


# ---------------------------------------------------------------------------- order and filter


async def test_a_filter_hides_rows_and_is_asked_again_for_changed_ones() -> None:
    table = LineTable(COLUMNS)
    wanted = {"u0001", "u0003"}
    async with on_stage(table, size=(40, 8)) as (pilot, _):
        table.set_rows(rows(5))
        table.move_cursor_to("u0002")
        table.set_filter(wanted.__contains__)
        assert table.shown_keys == ["u0001", "u0003"]
        assert table.row_count == 5
        assert table.cursor_key in wanted
        wanted.add("u0004")
        wanted.remove("u0001")
        table.update_rows({key: row(key, (0, int(key[1:]))) for key in ("u0001", "u0004")})
        assert table.shown_keys == ["u0003", "u0004"]
        assert not table.move_cursor_to("u0000")
        table.set_filter(None)
        assert len(table.shown_keys) == 5
        await pilot.pause()
        assert shown(table)[4].startswith("▸ shop      web-0003")


async def test_the_column_that_is_sorted_by_carries_an_arrow_that_takes_nobodys_room() -> None:
    columns = (*COLUMNS[:2], Column("desired", "DESIRED", 7, align="right"), COLUMNS[2])
    table = LineTable(columns)
    async with on_stage(table, size=(40, 4)) as (pilot, _):
        plain = shown(table)[0]
        for key, descending, title in (
            ("gap", True, "▾GAP"),
            ("desired", False, "▴DESIRED"),
            ("name", False, "NAME▴"),
            ("namespace", True, "NAMESPACE▾NAME"),
        ):
            table.show_sort(key, descending=descending)
            await pilot.pause()
            header = shown(table)[0]
            assert title in header
            assert header.replace("▾", " ").replace("▴", " ") == plain, "the titles stay where they were"
        table.show_sort(None)
        await pilot.pause()
        assert shown(table)[0] == plain


async def test_what_is_cut_is_told_in_full_under_the_mouse() -> None:
    table = LineTable([Column("name", "NAME", 6), Column("why", "WHY", 8)])
    async with on_stage(table, size=(30, 6)) as (pilot, _):
        table.set_rows(
            {
                "a": Row({"name": "web", "why": Cell("quota [b exceeded", "bad")}, 1),
                "b": Row({"name": "api", "why": "short"}, 2),
            }
        )
        await pilot.pause()
        await pilot.hover(LineTable, offset=(4, 1))
        assert str(table.tooltip) == "quota [b exceeded"
        await pilot.hover(LineTable, offset=(4, 2))
        assert table.tooltip is None
        await pilot.hover(LineTable, offset=(4, 5))
        assert table.tooltip is None


STEP = st.tuples(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3), max_size=4),
    st.sets(st.sampled_from("abcdefgh"), max_size=2),
)


@settings(max_examples=60)
@given(st.lists(STEP, max_size=12), st.sets(st.sampled_from("abcdefgh")))
def test_any_sequence_of_changes_keeps_the_rows_sorted_and_filtered(
    steps: list[tuple[dict[str, int], set[str]]], hidden: set[str]
) -> None:
    table = LineTable(COLUMNS)
    table.set_filter(lambda key: key not in hidden)
    expected: dict[str, int] = {}
    for changed, removed in steps:
        table.update_rows({key: row(key, place) for key, place in changed.items()}, removed)
        expected = {key: place for key, place in expected.items() if key not in removed} | changed
        shown_now = sorted(
            (key for key in expected if key not in hidden), key=lambda key: (expected[key], key)
        )
        assert table.shown_keys == shown_now
        assert [table.index_of(key) for key in shown_now] == list(range(len(shown_now)))
        assert (table.cursor_key in shown_now) if shown_now else table.cursor_key is None
