"""The panels: where the charts end, what the story says, and that both call a pod the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.screens.details import a_detail, a_heal, a_pod_view, a_row
from tests.screens.stills import SOURCE as STILL
from tests.widgets.stage import on_stage, shown
from tui.cluster.liveness import Liveness
from tui.screens.panels import StepPanel, StoryPanel
from tui.session.news import Lifeline, Mark, PodState, Point, Told
from tui.widgets.glyphs import ASCII, UNICODE

SOURCE = replace(STILL, armed_for_s=None)
STEADY = a_detail(points=(Point(0, 5, 5, 5),))
POD = "web-87d54d6bc-x2k4c"


def bars(panel: StepPanel) -> str:
    return shown(panel.bars)[0]


async def test_charts_and_bars_end_at_the_last_moment_that_was_watched() -> None:
    panel = StepPanel(UNICODE)
    async with on_stage(panel, size=(80, 20)) as (pilot, _):
        panel.show(STEADY, 100)
        await pilot.pause()
        assert bars(panel).endswith("▇")
        panel.show_source(replace(SOURCE, state=Liveness.STALE, age_s=20), 100)
        panel.show_source(replace(SOURCE, state=Liveness.STALE, age_s=25), 105)
        panel.tick(110)
        await pilot.pause()
        plot = shown(panel.chart)
        assert len(bars(panel)) < 60
        assert max(len(line) for line in plot if "█" in line and "available" not in line) == len(bars(panel))
        assert any("not watched" in line for line in plot)
        assert "available ?" in plot[0]
        panel.show_source(SOURCE, 112)
        panel.tick(120)
        await pilot.pause()
        assert bars(panel).endswith("▇")
        assert "▇   " in bars(panel)  # nobody knows what was meanwhile
        assert "available 5" in shown(panel.chart)[0]


async def test_charts_and_bars_begin_when_we_began_to_look() -> None:
    panel = StepPanel(UNICODE)
    async with on_stage(panel, size=(80, 20)) as (pilot, _):
        panel.show(a_detail(points=(Point(90, 5, 5, 5),)), 100)
        await pilot.pause()
        top = next(line for line in shown(panel.chart) if line.rstrip().endswith("█"))
        assert top.index("█") == bars(panel).index("▇") > 20
        assert any("before we looked" in line for line in shown(panel.chart))


async def test_an_open_gap_says_how_long_and_a_closed_one_which_heal_it_was() -> None:
    panel = StepPanel(UNICODE)
    async with on_stage(panel, size=(60, 20)) as (pilot, _):
        lost = (Point(0, 5, 5, 5), Point(50, 5, 4, 4))
        panel.show(a_detail(points=lost, heal=a_heal(50)), 53.1)
        await pilot.pause()
        assert "├────── 3.1 s ───────" in shown(panel.chart)[1]
        assert len(shown(panel.chart)[1]) - len(bars(panel)) <= 1  # neither knows the future
        assert "gap 1" in shown(panel.chart)[0]
        panel.show(
            a_detail(points=(*lost, Point(54, 5, 5, 5)), heal=a_heal(50, closed=54, settled=54.1)), 300
        )
        await pilot.pause()
        assert "├─── 4.0 s ───┤" in shown(panel.chart)[1]
        assert str(panel.border_subtitle).startswith("the heal of ")


@pytest.mark.parametrize("width", [40, 60, 100])
async def test_a_pod_has_one_name_at_every_width(width: int) -> None:
    story = StoryPanel(UNICODE)
    told = (
        Told(1, "someone", f"deleted pod {POD}", 1),
        Told(1.1, "replicaset", "created pod web-87d54d6bc-9fq2m", 3),
    )
    async with on_stage(story, size=(width, 6)) as (pilot, _):
        story.show(a_detail(told=told), 2)
        await pilot.resize_terminal(150, 6)
        await pilot.pause()
        assert [line.text for line in story.told] == ["deleted pod x2k4c", "created pod 9fq2m"]


async def test_better_evidence_changes_the_line_and_adds_none() -> None:
    story = StoryPanel(UNICODE)
    bound = Told(1.1, "scheduler", "bound web-87d54d6bc-9fq2m to node-a1", 3, "its binding")
    guessed = Told(1, "someone", f"deleted pod {POD}", 1, "a guess")
    proven = replace(guessed, actor="replicaset", grade=3, evidence="an Event")
    async with on_stage(story, size=(100, 6)) as (pilot, _):
        story.show(a_detail(told=(guessed, bound)), 2)
        story.show(a_detail(told=(proven, bound)), 2)
        await pilot.pause()
        told = [(line.actor, line.grade, line.evidence) for line in story.told]
        assert told == [("replicaset", 3, "an Event"), ("scheduler", 3, "its binding")]
        assert "replicaset" in shown(story)[0]
        assert shown(story)[0].endswith("●●● an Event")


async def test_what_somebodys_tool_did_opens_a_chapter() -> None:
    story = StoryPanel(UNICODE)
    told = (
        Told(1, "kubectl", "asked for 3 instead of 5", 2, "managedFields"),
        Told(1.1, "deployment", "scaled web-87d54d6bc from 5 to 3", 2, "managedFields"),
        Told(2, "helm", "changed the spec", 2, "managedFields"),
    )
    async with on_stage(story, size=(60, 6)):
        story.show(a_detail(told=told), 3)
        assert [line.opens for line in story.told] == [True, False, True]


async def test_the_end_of_a_gap_is_a_line_of_its_own() -> None:
    story = StoryPanel(UNICODE)
    told = (
        Told(1, "you", f"deleted pod {POD}", 3),
        Told(2.5, "kubelet", "web-87d54d6bc-9fq2m is ready · gap closed after 1.5 s", 3),
    )
    async with on_stage(story, size=(40, 6)) as (pilot, _):
        story.show(a_detail(told=told), 3)
        await pilot.pause()
        assert [line.text for line in story.told][1:] == ["9fq2m is ready", "gap closed after 1.5 s"]
        assert story.told[-1].tone == "good"
        assert shown(story)[2].strip() == "+1.50 gap closed after 1.5 s"
        later = (*told, Told(3, "someone", f"deleted pod {POD}", 1))
        story.show(a_detail(told=later), 3)
        assert len(story.told) == 4


async def test_an_empty_story_promises_only_what_can_be_done() -> None:
    story = StoryPanel(UNICODE)
    async with on_stage(story, size=(34, 6)):
        said = [story.empty_message]
        none = a_detail(row=a_row(0, 0), pods=())
        for detail in (STEADY, replace(STEADY, objection="started with --read-only"), none, None):
            story.show(detail, 1)
            said.append(story.empty_message)
        assert said == [
            "no Deployment is selected",
            "nothing yet: d deletes a pod",
            "nothing has happened yet",
            "nothing yet: no pod to delete",
            "no Deployment is selected",
        ]
        assert all(len(one) <= 34 for one in said)


async def test_one_lost_pod_shows_at_the_smallest_size_the_panel_has() -> None:
    panel = StepPanel(UNICODE)
    pods = tuple(a_pod_view(f"web-87d54d6bc-x2k4{n}") for n in range(5))
    lives = (*(Lifeline(pod.uid, pod.name, ((None, PodState.READY),)) for pod in pods),)
    async with on_stage(panel, size=(34, 10)) as (pilot, _):
        points = (Point(0, 5, 5, 5), Point(50, 5, 4, 4))
        panel.show(a_detail(points=points, heal=a_heal(50), pods=pods, lifelines=lives), 53)
        await pilot.pause()
        plot = shown(panel.chart)
        assert "╱" in "".join(plot[2:])
        assert "gap 1" in plot[0]
        assert len(plot) == 6


async def test_in_ascii_nothing_but_ascii_is_drawn() -> None:
    panel = StepPanel(ASCII)
    async with on_stage(panel, size=(60, 20)) as (pilot, _):
        points = (Point(40, 5, 5, 5), Point(50, 5, 4, 4))
        panel.show(a_detail(points=points, heal=a_heal(50), marks=(Mark(50, "you"),)), 53.1)
        await pilot.pause()
        lines = [*shown(panel.chart), *shown(panel.bars), str(panel.border_title)]
        assert all(line.isascii() for line in lines)
        assert "///" in "".join(lines)


async def test_a_long_namespace_does_not_hide_whose_charts_they_are() -> None:
    panel = StepPanel(UNICODE)
    row = replace(a_row(), namespace="n" * 63, name="stuck")
    async with on_stage(panel, size=(40, 20)) as (pilot, _):
        panel.styles.border = ("round", "white")
        panel.show(replace(STEADY, row=row), 100)
        await pilot.pause()
        assert str(panel.border_title).endswith("n/stuck · rev 1")
        edge = pilot.app.screen._compositor.render_strips()[0].text
        assert "nn…nn" in edge
        assert "n/stuck · rev 1 ─" in edge
