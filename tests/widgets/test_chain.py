"""The chain of reasons as it is painted: one path, the block at its end, countdowns that run, in at most four lines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.widgets.stage import HOSTILE, on_stage, shown
from tui.widgets.chain import Chain, ChainStep, chain_lines, span, wrap
from tui.widgets.glyphs import ASCII, UNICODE
from tui.widgets.runs import line_width, plain

PATH = (ChainStep("Deployment web"), ChainStep("ReplicaSet 7d"), ChainStep("pod x2k4c"))
CRASHED = ChainStep("container app", "crashed, exit 1", "next try (4th: 40 to 60 s)", due=138.0)
FINAL = ChainStep("container app", "no such image", "somebody has to change the template", is_final=True)


def told(*steps: ChainStep, now: float = 100.0) -> list[str]:
    return [plain(line) for line in chain_lines(steps, now, UNICODE)]


def test_what_only_leads_further_is_one_path_to_the_block_with_its_countdown() -> None:
    assert told(*PATH, CRASHED) == [
        "Deployment web → ReplicaSet 7d → pod x2k4c → container app: crashed, exit 1"
        " · next try in 38 s (4th: 40 to 60 s)"
    ]
    assert told(*PATH, CRASHED, now=138.0)[0].endswith("· next try due (4th: 40 to 60 s)")


def test_a_step_that_says_something_ends_its_line() -> None:
    late = ChainStep("Deployment web", "2 of 5 updated", "progress deadline", due=652.0)
    assert told(late, *PATH[1:], FINAL) == [
        "Deployment web: 2 of 5 updated · progress deadline in 9 m 12 s",
        "→ ReplicaSet 7d → pod x2k4c → container app: no such image"
        " · ✗ no controller will: somebody has to change the template",
    ]


def test_since_when_and_what_has_no_time() -> None:
    probe = ChainStep("container app", "HTTP 503", "its readiness probe to succeed", since=67.0)
    assert told(probe) == ["container app: HTTP 503 for 33 s · waits for its readiness probe to succeed"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (0.2, "1 s"), (38, "38 s"), (100, "1 m 40 s"), (5999, "99 m 59 s"), (7500, "2 h 5 m")],
)
def test_a_span_rounds_up_so_that_a_countdown_ends_at_zero(seconds: float, text: str) -> None:
    assert span(seconds) == text


async def test_it_takes_as_many_rows_as_it_needs_up_to_four() -> None:
    chain = Chain()
    async with on_stage(chain, size=(60, 12)) as (pilot, _):
        chain.show((*PATH, CRASHED), 100.0)
        await pilot.pause()
        assert shown(chain) == [
            "Deployment web → ReplicaSet 7d → pod x2k4c → container app:",
            "  crashed, exit 1 · next try in 38 s (4th: 40 to 60 s)",
        ]
        chain.show((*PATH, replace(CRASHED, text="word " * 80)), 100.0)
        await pilot.pause()
        assert chain.size.height == 4
        assert shown(chain)[-1].endswith("…")


async def test_its_countdown_runs_and_a_line_that_grows_gets_its_room() -> None:
    chain = Chain()
    async with on_stage(chain, size=(60, 12)) as (pilot, _):
        chain.show((*PATH, CRASHED), 100.0)
        for now, when in ((100.1, "in 38 s"), (101.2, "in 37 s"), (137.9, "in 1 s"), (140.0, "due")):
            chain.tick(now)
            await pilot.pause()
            assert f"next try {when} (4th" in shown(chain)[1]


async def test_ascii_has_glyphs_of_its_own() -> None:
    chain = Chain(glyphs=ASCII)
    async with on_stage(chain, size=(100, 12)) as (pilot, _):
        chain.show((*PATH, FINAL), 100.0)
        await pilot.pause()
        told = " ".join(shown(chain))
        assert told.isascii()
        assert (
            "Deployment web > ReplicaSet 7d > pod x2k4c > container app: no such image - x no controller"
            in told
        )


@pytest.mark.parametrize("text", HOSTILE)
async def test_markup_in_any_of_its_texts_is_text(text: str) -> None:
    chain = Chain()
    async with on_stage(chain, size=(100, 12)) as (pilot, _):
        chain.show((ChainStep(text), ChainStep(text, text, f"{text} ({text})", due=1.0)), 0.0)
        await pilot.pause()
        assert "".join(shown(chain)).count(text) == 5


@given(st.lists(st.text(max_size=30), max_size=6), st.integers(4, 30))
def test_no_row_is_wider_than_there_is_room(texts: list[str], width: int) -> None:
    rows = wrap([(text, "") for text in texts], width)
    assert all(line_width(row) <= width for row in rows)


@given(st.lists(st.text("abc xyz", max_size=12), max_size=6), st.integers(16, 40))
def test_nothing_that_fits_is_lost_by_wrapping(texts: list[str], width: int) -> None:
    rows = wrap([(text, "") for text in texts], width)
    if max((cell_len(word) for word in "".join(texts).split()), default=0) <= width - 2:
        assert "".join("".join(map(plain, rows)).split()) == "".join("".join(texts).split())
