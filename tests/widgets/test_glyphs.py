"""Both sets of glyphs are one cell wide everywhere and tell states apart without colour."""

from __future__ import annotations

import dataclasses

import pytest
from rich.cells import cell_len

from tui.widgets.glyphs import ASCII, UNICODE, Glyphs


def pieces(glyphs: Glyphs) -> list[str]:
    values = [getattr(glyphs, field.name) for field in dataclasses.fields(glyphs)]
    return [piece for value in values for piece in ([value] if isinstance(value, str) else value)]


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_every_glyph_is_one_cell_wide(glyphs: Glyphs) -> None:
    assert {cell_len(piece) for piece in pieces(glyphs)} == {1}


def test_the_ascii_set_is_ascii() -> None:
    assert "".join(pieces(ASCII)).isascii()


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize(
    "states",
    [
        ("ready", "starting", "missing", "terminating", "surplus"),
        ("pending", "starting", "running", "not_ready", "terminating"),
        ("live", "syncing", "stale", "denied"),
        ("grade_full", "grade_empty"),
        ("ascending", "descending"),
    ],
)
def test_states_of_one_thing_have_different_glyphs(glyphs: Glyphs, states: tuple[str, ...]) -> None:
    assert len({getattr(glyphs, state) for state in states}) == len(states)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_heights_and_fills_have_eight_steps(glyphs: Glyphs) -> None:
    assert len(glyphs.heights) == 8
    assert len(glyphs.fills) == 9
    assert glyphs.fills[0] == " "
