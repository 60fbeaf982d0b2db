"""The words of the help: what each screen shows and teaches, and of drift only where something is declared."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from tests.screens.details import a_detail
from tests.screens.stage import on_stage
from tests.screens.stills import SOURCE, StillSession, some_rows
from tui.screens import about
from tui.screens.about import About
from tui.screens.base import NewsScreen
from tui.screens.help import HelpScreen
from tui.session.drift_news import DeclarationNews, LoopNews
from tui.session.options import Options

EVERY = [value for value in vars(about).values() if isinstance(value, About)]
OFF = LoopNews(False, 0.0, False, 0, 0, 0, None, (), "")
DECLARED = DeclarationNews(1, 1, 0, 0, 0, (), "", "", (), OFF)


@pytest.mark.parametrize(
    ("keys", "of"),
    [((), about.FLEET), (("enter",), about.DEPLOYMENT), (("h",), about.HEALS), (("x",), about.CHAOS)],
    ids=["fleet", "deployment", "heals", "chaos"],
)
async def test_the_help_of_each_screen_says_what_it_shows_and_teaches(
    keys: tuple[str, ...], of: About
) -> None:
    still = StillSession(rows=some_rows("web"), detail=a_detail())
    async with on_stage(Options(), size=(132, 40), open_session=still.open) as stage:
        await stage.synced("shop/web")
        for key in keys:
            await stage.press(key)
            await stage.until(
                lambda: isinstance(stage.app.screen, NewsScreen) and stage.app.screen.ABOUT is of
            )
        await stage.press("question_mark")
        await stage.says(of.question)
        assert isinstance(stage.app.screen, HelpScreen)
        text = " ".join(line.strip(" │─╭╮╰╯") for line in stage.text().splitlines())
        assert f"{of.shows} {of.learn}" in text
        assert about.DRIFT.question not in text


async def test_drift_is_explained_where_something_is_declared() -> None:
    still = StillSession(rows=some_rows("web"), source_told=replace(SOURCE, declaration=DECLARED))
    async with on_stage(Options(), size=(132, 40), open_session=still.open) as stage:
        await stage.synced("shop/web")
        await stage.press("question_mark")
        await stage.says(about.FLEET.question, about.DRIFT.question)


@pytest.mark.parametrize("of", EVERY, ids=lambda of: of.question)
def test_the_words_are_few(of: About) -> None:
    """At 80 columns there have to be lines left for the keys."""
    assert len(EVERY) == 6
    assert all(getattr(of, field.name) for field in fields(of))
    assert len(of.question) <= 70
    assert len(f"{of.shows} {of.learn}") <= 420
