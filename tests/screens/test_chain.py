"""Why not yet on the Deployment's screen: the whole chain, and its countdown by the screen's own clock."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from textual.app import App

from tests.screens.details import a_detail, a_row
from tests.waiting import until
from tests.widgets.stage import shown
from tui.screens.deployment import DeploymentScreen, chain_steps
from tui.session.news import DeploymentDetail, Link, News
from tui.widgets.glyphs import UNICODE

CRASHED = (
    Link("Deployment web", ""),
    Link("ReplicaSet web-87d54d6bc", ""),
    Link("pod web-87d54d6bc-x2k4c", ""),
    Link("container app", "crashed, exit 1", "next try (4th: 40 to 60 s)", due=138.0),
)


class Clock:
    """A clock that goes when it is told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def says(screen: DeploymentScreen, words: str) -> bool:
    return words in " ".join(shown(screen.chain))


def news(detail: DeploymentDetail) -> News:
    return News(rows={detail.row.uid: detail.row}, detail=detail)


async def test_the_countdown_runs_by_the_screens_clock_and_goes_when_the_gap_has_closed() -> None:
    clock = Clock()
    screen = DeploymentScreen("uid-web", UNICODE, read_only=True, clock=clock)
    async with App[None]().run_test(size=(80, 24)) as pilot:
        await pilot.app.push_screen(screen)
        screen.show_news(news(a_detail(row=a_row(5, 4, why="1 crash-looping"), chain=CRASHED)), {})
        await until(lambda: screen.chain.size.height == 2)
        assert shown(screen.chain) == [
            "Deployment web → ReplicaSet 87d54d6bc → pod x2k4c → container app: crashed,",
            "  exit 1 · next try in 38 s (4th: 40 to 60 s)",
        ]
        assert not screen.why.display
        for clock.now, when in ((110.5, "in 28 s"), (140.0, "due")):
            await until(partial(says, screen, f"next try {when} ("))
        screen.show_news(news(a_detail(row=a_row())), {})
        await until(lambda: screen.why.size.height == 1 and not screen.chain.display)
        assert shown(screen.why) == ["as it was asked to be"]


HELD = (
    Link("Deployment web", "", aside=True),
    Link("1 pod on cordoned node worker2", "", aside=True),
    Link(
        "PodDisruptionBudget web",
        "allows 0 disruptions: 3 of 3 needed are healthy",
        "somebody has to loosen it (evictions are refused: 429)",
        hopeless=True,
        aside=True,
    ),
)


async def test_a_budget_in_the_way_is_told_in_full_on_80_columns_though_there_is_no_gap() -> None:
    screen = DeploymentScreen("uid-web", UNICODE, read_only=True)
    async with App[None]().run_test(size=(80, 24)) as pilot:
        await pilot.app.push_screen(screen)
        screen.show_news(news(a_detail(row=a_row(3, 3), chain=HELD)), {})
        await until(lambda: screen.chain.size.height == 3)
        assert shown(screen.chain) == [
            "Deployment web → 1 pod on cordoned node worker2 → PodDisruptionBudget web:",
            "  allows 0 disruptions: 3 of 3 needed are healthy · ✗ no controller will:",
            "  somebody has to loosen it (evictions are refused: 429)",
        ]
        assert not screen.why.display
        assert screen.owned.size.height >= 6
        screen.show_news(news(a_detail(row=a_row(3, 3))), {})
        await until(lambda: not screen.chain.display and screen.why.display)


def test_an_aside_does_not_take_the_tone_of_what_blocks() -> None:
    waiting = replace(HELD[-1], hopeless=False, waits_for="another ready pod")
    row = a_row(5, 4, why="1 without its image")
    detail = a_detail(row=row, chain=(*CRASHED, *HELD[1:2], waiting))
    assert [step.tone for step in chain_steps(detail)] == ["", "", "", "bad", "", ""]
    assert [step.tone for step in chain_steps(a_detail(row=a_row(), chain=HELD))] == ["", "", "bad"]


def test_what_blocks_has_the_tone_of_its_cause_and_what_is_hopeless_is_red() -> None:
    detail = a_detail(row=a_row(5, 4, why="1 crash-looping"), chain=CRASHED)
    assert [step.tone for step in chain_steps(detail)] == ["", "", "", "bad"]
    paused = (replace(CRASHED[-1], hopeless=True),)
    assert [step.tone for step in chain_steps(a_detail(chain=paused))] == ["bad"]
    assert chain_steps(detail)[2].subject == "pod x2k4c"
