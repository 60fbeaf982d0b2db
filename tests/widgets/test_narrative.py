"""What happened: one line each, bounded, following the newest unless somebody reads."""

from __future__ import annotations

import pytest

from tui.widgets.glyphs import ASCII
from tui.widgets.narrative import Narrative, Told
from tui.widgets.runs import Line

from .stage import HOSTILE, on_stage, shown


def news(first: int, last: int) -> list[Told]:
    return [Told(f"+{n} s", "kubelet", f"news {n}", 3) for n in range(first, last + 1)]


def texts(narrative: Narrative) -> list[str]:
    return [line[22:].split("  ")[0].strip() for line in shown(narrative)]


CHAPTER = [
    Told("14:02:03", "you", "deleted pod x2k4c", opens=True, about="x2k4c"),
    Told("+0.01 s", "replicaset", "created pod 9fq2m", 2, about="9fq2m"),
    Told("+0.03 s", "node-lifecycle", "tainted the node, which is a long story to tell", 1),
    Told("+0.90 s", "kubelet", "9fq2m is ready", 3, about="9fq2m"),
    Told("+0.90 s", "", "gap closed after 0.9 s"),
]


async def test_a_chapter_has_a_head_indented_steps_and_an_end() -> None:
    narrative = Narrative()
    async with on_stage(narrative, size=(64, 6)) as (pilot, _):
        narrative.tell(CHAPTER)
        await pilot.pause()
        assert shown(narrative) == [
            "14:02:03 you deleted pod x2k4c",
            "  +0.01 s replicaset  created pod 9fq2m                     ●●○",
            "  +0.03 s node-lifec… tainted the node, which is a long st… ●○○",
            "  +0.90 s kubelet     9fq2m is ready                        ●●●",
            "  +0.90 s gap closed after 0.9 s",
            "",
        ]


async def test_a_narrow_one_keeps_its_moments_and_tells_only_of_doubts() -> None:
    narrative = Narrative(glyphs=ASCII)
    async with on_stage(narrative, size=(40, 6)) as (pilot, _):
        narrative.tell(CHAPTER)
        await pilot.pause()
        assert shown(narrative) == [
            "14:02:03 you deleted pod x2k4c",
            " +0.01 replicaset created pod 9fq2m **o",
            " +0.03 node-life~ tainted the node~ *oo",
            " +0.90 kubelet    9fq2m is ready",
            " +0.90 gap closed after 0.9 s",
            "",
        ]


async def test_a_wide_one_says_what_a_grade_rests_on() -> None:
    told = Told("+0.01 s", "replicaset", "created pod 9fq2m", 3, evidence="its owner")
    narrative = Narrative()
    async with on_stage(narrative, size=(90, 2)) as (pilot, _):
        narrative.tell([told])
        await pilot.pause()
        start = "  +0.01 s replicaset      created pod 9fq2m"
        assert shown(narrative)[0] == f"{start:<68} ●●● its owner"
        await pilot.resize_terminal(80, 2)
        await pilot.pause()
        assert "its owner" not in shown(narrative)[0]


async def test_a_line_is_bettered_in_its_place_and_nobody_who_reads_is_disturbed() -> None:
    narrative = Narrative()
    async with on_stage(narrative, size=(60, 4)) as (pilot, _):
        narrative.tell(news(1, 20))
        await pilot.press("up", "up")
        reading = texts(narrative)
        better = [
            Told("+16 s", "scheduler", "news 16", 3) if n.text == "news 16" else n for n in narrative.told
        ]
        narrative.amend([*better, *news(21, 21)])
        await pilot.pause()
        assert texts(narrative) == reading
        assert "scheduler" in shown(narrative)[1]
        assert [told.text for told in narrative.told] == [f"news {n}" for n in range(1, 22)]
        narrative.amend(news(1, 2))
        await pilot.pause()
        assert texts(narrative) == ["news 1", "news 2", "", ""]


async def test_the_lines_about_one_thing_are_pointed_at() -> None:
    narrative = Narrative(glyphs=ASCII)
    async with on_stage(narrative, size=(64, 6)) as (pilot, _):
        narrative.tell(CHAPTER)
        narrative.about = "9fq2m"
        await pilot.pause()
        assert [">" in line for line in shown(narrative)] == [False, True, False, True, False, False]
        narrative.about = "x2k4c"
        await pilot.pause()
        assert [">" in line for line in shown(narrative)] == [True, False, False, False, False, False]


async def test_the_newest_line_is_at_the_bottom_and_is_followed() -> None:
    narrative = Narrative()
    async with on_stage(narrative, size=(60, 4)) as (pilot, _):
        narrative.tell(news(1, 20))
        await pilot.pause()
        assert texts(narrative) == ["news 17", "news 18", "news 19", "news 20"]
        narrative.tell(news(21, 21))
        await pilot.pause()
        assert texts(narrative)[-1] == "news 21"


async def test_who_scrolls_up_is_left_to_read_until_the_end_is_reached_again() -> None:
    narrative = Narrative()
    async with on_stage(narrative, size=(60, 4)) as (pilot, _):
        narrative.tell(news(1, 20))
        await pilot.pause()
        await pilot.press("up", "up")
        reading = texts(narrative)
        narrative.tell(news(21, 25))
        await pilot.pause()
        followed = [narrative.is_following]
        assert texts(narrative) == reading == ["news 15", "news 16", "news 17", "news 18"]
        await pilot.press("end")
        narrative.tell(news(26, 26))
        await pilot.pause()
        followed.append(narrative.is_following)
        assert followed == [False, True]
        assert texts(narrative)[-1] == "news 26"


async def test_it_is_bounded_and_what_is_read_stays_in_place_while_old_lines_go() -> None:
    narrative = Narrative(most=20)
    async with on_stage(narrative, size=(60, 4)) as (pilot, _):
        narrative.tell(news(1, 20))
        await pilot.pause()
        await pilot.press("up", "up")
        reading = texts(narrative)
        narrative.tell(news(21, 25))
        await pilot.pause()
        assert [told.text for told in narrative.told] == [f"news {n}" for n in range(6, 26)]
        assert texts(narrative) == reading
        narrative.tell(news(26, 60))
        await pilot.pause()
        assert texts(narrative)[0] == "news 41"


async def test_a_new_size_keeps_the_newest_line_in_view() -> None:
    narrative = Narrative()
    async with on_stage(narrative, size=(60, 8)) as (pilot, _):
        narrative.tell(news(1, 20))
        await pilot.resize_terminal(60, 3)
        await pilot.pause()
        assert texts(narrative) == ["news 18", "news 19", "news 20"]


async def test_another_story_replaces_the_one_before() -> None:
    narrative = Narrative(empty_message="nothing yet")
    async with on_stage(narrative, size=(60, 4)) as (pilot, _):
        narrative.tell(news(1, 20))
        await pilot.press("home")
        narrative.set_told(news(100, 101))
        await pilot.pause()
        assert texts(narrative) == ["news 100", "news 101", "", ""]
        assert narrative.is_following
        narrative.set_told([])
        await pilot.pause()
        assert any("nothing yet" in line for line in shown(narrative))


async def test_only_new_lines_are_laid_out() -> None:
    laid_out: list[str] = []

    class Watched(Narrative):
        def line_of(self, key: str, width: int) -> Line:
            laid_out.append(key)
            return super().line_of(key, width)

    narrative = Watched()
    async with on_stage(narrative, size=(60, 10)) as (pilot, _):
        narrative.tell(news(1, 3))
        await pilot.pause()
        laid_out.clear()
        narrative.tell(news(4, 4))
        await pilot.pause()
        assert laid_out == ["3"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_nothing_told_is_markup(text: str) -> None:
    narrative = Narrative()
    async with on_stage(narrative, size=(80, 4)) as (pilot, _):
        narrative.tell([Told("1", "you", text)])
        await pilot.pause()
        assert shown(narrative)[0].endswith(text)
