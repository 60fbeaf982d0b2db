"""Both sets of glyphs are one cell wide everywhere and tell states apart without colour."""

from __future__ import annotations

import dataclasses

import pytest
from rich.cells import cell_len

from tui.widgets.ascii import to_ascii
from tui.widgets.glyphs import ASCII, UNICODE, Glyphs, glyphs_for


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


@pytest.mark.parametrize(
    ("encoding", "env", "glyphs"),
    [
        ("utf-8", {}, UNICODE),
        ("utf-8", {"LANG": "de_DE.UTF-8"}, UNICODE),
        ("UTF8", {"LANG": "C.utf8"}, UNICODE),
        ("ascii", {"LANG": "de_DE.UTF-8"}, ASCII),
        ("utf-8", {"LANG": "C"}, ASCII),
        ("utf-8", {"LANG": "de_DE.UTF-8", "LC_ALL": "POSIX"}, ASCII),
        ("utf-8", {"LANG": "C", "LC_CTYPE": "C.UTF-8"}, UNICODE),
        ("utf-8", {"LANG": "en_US.UTF-8", "LC_CTYPE": "en_US.ISO-8859-1"}, ASCII),
        ("utf-8", {"LANG": "C.UTF-8", "LC_ALL": ""}, UNICODE),
    ],
)
def test_d06_unicode_only_where_encoding_and_locale_carry_it(
    encoding: str, env: dict[str, str], glyphs: Glyphs
) -> None:
    assert glyphs_for(encoding, env) is glyphs


def test_what_is_translated_keeps_its_width_and_its_sense() -> None:
    assert to_ascii("1 starting · ≥2 m … −3 ×2 – ╭──╮") == "1 starting - >2 m.. -3 x2 - +--+"
    assert to_ascii(" Chaos… ") == " Chaos.."
    assert to_ascii("cut sho…") == "cut sho~"
    assert to_ascii("".join(pieces(UNICODE))).isascii()
    assert "?" not in to_ascii("".join(pieces(UNICODE)) + "▔▁▊▎╭╮╰╯│─┃━")
    for text in ("日本 é ⏎", "naïve 🔎"):
        assert to_ascii(text).isascii()
        assert cell_len(to_ascii(text)) == cell_len(text)
