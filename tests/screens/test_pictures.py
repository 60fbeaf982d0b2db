"""What the Deployment screen draws from a detail."""

from __future__ import annotations

from msgspec import structs

from tests.screens.details import a_detail, a_heal, a_row
from tui.reconcile.heal import HealKind, Phase
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
    line = plain(pictures.heal_line(a_heal(50, closed=51.5, lost_pod_s=1.5), names, 60.0, UNICODE))
    assert line == "you deleted pod x2k4c  1 down  closed after 1.5 s  1.5 pod-s lost"
    assert plain(pictures.heal_line(None, names, 60.0, UNICODE)) == "no gap seen yet"


def test_what_an_open_gap_costs_runs_on() -> None:
    heal = structs.replace(a_heal(50, lost_pod_s=1.5), measured=52.0, size=1)
    line = plain(pictures.heal_line(heal, Names.of(a_detail()), 54.0, UNICODE))
    assert line == "you deleted pod x2k4c  1 down  3.5 pod-s lost"


def test_what_has_not_come_yet_is_short_and_not_down() -> None:
    heal = structs.replace(a_heal(50), kind=HealKind.SCALE_UP, cause="asked for 4 instead of 3")
    line = plain(pictures.heal_line(heal, Names.of(a_detail()), 50.0, UNICODE))
    assert line == "asked for 4 instead of 3  1 short  0.0 pod-s lost"


def test_a_rollouts_surge_its_dead_time_and_a_guess_are_told() -> None:
    heal = structs.replace(
        a_heal(50, closed=57, lost_pod_s=6.7), cause="a new template", overshoot=1, fell=50.4, guessed=True
    )
    line = plain(pictures.heal_line(heal, Names.of(a_detail()), 60.0, UNICODE))
    assert line == (
        "a new template  1 down  closed after 7.0 s  6.7 pod-s lost  +1 over  dead 0.4 s · pairing guessed"
    )


def test_a_heals_bar_has_the_phases_of_its_kind_from_its_opening_on() -> None:
    """A lost node's pod is replaced long after the gap has opened: that time is the longest part of the heal."""
    phases = (
        Phase("not ready seen", 50.0, 50.0),
        Phase("evicted", 50.0, 70.1),
        Phase("replacement created", 70.1, 70.2),
        Phase("started", 70.2, 70.8),
        Phase("ready", 70.8, 70.8),
        Phase("available", 70.8, 70.8),
    )
    heal = structs.replace(a_heal(50, closed=70.8, settled=75.8), phases=phases)
    bar = [(part.word, round(part.until_s, 3)) for part in pictures.heal_phases(heal, UNICODE)]
    assert bar == [
        ("evicted", 20.1),
        ("replaced", 20.2),
        ("started", 20.8),
        ("ready", 20.8),
        ("settled", 25.8),
    ]
    under_way = structs.replace(a_heal(50), phases=(phases[1], Phase("replacement created", 70.1)))
    assert [part.word for part in pictures.heal_phases(under_way, UNICODE)] == ["evicted"]
    assert pictures.heal_phases(None, UNICODE) == ()
