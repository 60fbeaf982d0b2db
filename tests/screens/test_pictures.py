"""What the Deployment screen draws from a detail."""

from __future__ import annotations

from tests.screens.details import a_detail, a_heal, a_row
from tui.screens import pictures
from tui.screens.deployment import headline, why
from tui.screens.names import Names
from tui.widgets.glyphs import UNICODE
from tui.widgets.headline import Headline
from tui.widgets.runs import Cell, plain


def test_counts_come_first_in_the_line_of_a_replicaset() -> None:
    line = pictures.tree(a_detail(), UNICODE)[1]
    assert line.label == Cell("rs 87d54d6bc", "")
    assert isinstance(line.cells, Cell)
    assert line.cells.text == "5/5  rev 1"


def test_a_headline_keeps_its_counts_whatever_the_name() -> None:
    box = Headline()
    box.set_reactive(Headline.line, headline(a_row(5, 4, name="x" * 63), 1.0, UNICODE))
    (line,) = box.lines(80, 1)
    assert "desired 5  ready 4  gap −1" in plain(line)


def test_why_is_told_in_full() -> None:
    text = "1 image: " + "very " * 40 + "long"
    assert why(a_row(5, 4, why=text)) == Cell(text, "bad")
    assert why(a_row()).text == "as it was asked to be"


def test_the_last_heal_in_one_line() -> None:
    names = Names.of(a_detail())
    line = plain(pictures.heal_line(a_heal(50, closed=51.5), names))
    assert line == "you deleted pod x2k4c  1 down  closed after 1.5 s"
    assert plain(pictures.heal_line(None, names)) == "no gap seen yet"
