"""D1: whatever passes the cleaner can't command a terminal."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.clean import clean, one_line


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("web-7d9f", "web-7d9f"),
        ("größe ✓ 日本 🐳", "größe ✓ 日本 🐳"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x1bPq#0\x1b\\six", "six"),
        ("\x1b(0lines", "lines"),
        ("bell\x07 null\x00", "bell· null·"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("dos\r\nline", "dos\nline"),
        ("over\rwrite", "over·write"),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
        ("\x1b", ""),
    ],
)
def test_d01_hostile_text_is_made_harmless(hostile: str, harmless: str) -> None:
    assert clean(hostile) == harmless


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\x1b[]\x9b\x07m;0\u202e\x00"))))
def test_d01_no_text_whatever_keeps_a_control_character(text: str) -> None:
    cleaned = clean(text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", cleaned)
    assert not any(unicodedata.bidirectional(c) in {"RLO", "LRO", "RLE", "LRE", "PDF"} for c in cleaned)


@given(st.text())
def test_d01_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert "\n" not in one_line(text)
    assert "\t" not in one_line(text)


def test_clean_text_is_not_copied() -> None:
    text = "web-" + "a" * 100
    assert clean(text) is text
