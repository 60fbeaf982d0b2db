"""Drift told by hand: hostile words in every place, a key that is held down, and answers that come too late."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.widgets import Button

from tests.hostile import EVIL, FORBIDDEN, MARKUP
from tests.screens.details import a_detail
from tests.screens.stage import Clock, Stage, on_stage
from tests.screens.stills import SOURCE, StillSession, some_rows
from tests.screens.test_drift_rows import LOOP, TUG, a_declaration, a_declared, a_field, drift
from tui.clean import one_line
from tui.screens.apply_loop import ApplyLoopScreen
from tui.screens.apply_plan import ApplyScreen
from tui.screens.press import KEY_REPEAT_S
from tui.session.drift_news import AppliedNews, NotThere, PlannedNews
from tui.session.options import Options
from tui.widgets.glyphs import ASCII

BAD = one_line(EVIL)
"""As the session tells it: clean, and markup still."""
KEY = "shop/web"


def a_still(word: str = "gitops", **more: Any) -> StillSession:
    """shop/web with one field that `word` has written."""
    field = a_field(path=f"metadata.labels.{word}", desired=word, by=word, operation=word)
    row = replace(some_rows("web")["uid-web"], drift=drift(fields=1), tug=replace(TUG, managers=(word, "b")))
    declared = a_declared(place=f"{word}.yaml:1", locally=word)
    declaration = a_declaration(
        drifted=2, missing=(NotThere("shop", word, f"{word}.yaml:9"),), locally=word, loop=replace(LOOP)
    )
    plan = PlannedNews(KEY, f"{word}.yaml:1", True, (field,), word, word)
    return StillSession(
        rows={"uid-web": row},
        detail=replace(
            a_detail(row=row), declared=declared, drift=(field,), tugs=(replace(TUG, field=word),)
        ),
        source_told=replace(SOURCE, declaration=declaration),
        plan=(plan,),
        **more,
    )


def harmless(stage: Stage) -> str:
    for strip in stage.strips():
        for segment in strip:
            assert not FORBIDDEN & set(segment.text), segment
            assert segment.style is None or "@click" not in segment.style.meta, segment
    return stage.text()


async def open_plan(stage: Stage) -> ApplyScreen:
    await stage.press("p")
    await stage.until(lambda: isinstance(stage.app.screen, ApplyScreen) and stage.app.screen.query(Button))
    assert isinstance(stage.app.screen, ApplyScreen)
    return stage.app.screen


async def test_d02_hostile_words_are_shown_as_they_are_everywhere() -> None:
    still = a_still(BAD)
    async with on_stage(Options(), size=(200, 50), open_session=still.open, clock=Clock()) as stage:
        await stage.synced(KEY)
        await stage.says("declared, not there", "tug of war", MARKUP)
        harmless(stage)
        await stage.open(KEY)
        await stage.press("v")
        await stage.says("declared in", "compared locally")
        await stage.until(lambda: harmless(stage).count(MARKUP) >= 5)
        dialog = await open_plan(stage)
        await stage.until(lambda: harmless(stage).count(MARKUP) >= 5)
        dialog.expect([KEY])
        still.answer(AppliedNews(KEY, (), False, ((f"a.{BAD}", BAD),)))
        await stage.says("is managed by", "Apply all the same")
        assert MARKUP in harmless(stage)


async def test_in_ascii_all_of_it_is_ascii() -> None:
    still = a_still()
    async with on_stage(
        Options(), size=(120, 36), open_session=still.open, glyphs=ASCII, clock=Clock()
    ) as stage:
        await stage.synced(KEY)
        await stage.says("apply every 15 s", "declared, not there")
        stage.text().encode("ascii")
        await stage.open(KEY)
        await stage.press("v")
        await stage.says("declared in")
        stage.text().encode("ascii")
        await open_plan(stage)
        await stage.says("Plan: ")
        stage.text().encode("ascii")


async def test_a_key_that_is_held_down_applies_once_and_never_forces() -> None:
    clock, still = Clock(), a_still()
    async with on_stage(Options(), size=(120, 36), open_session=still.open, clock=clock) as stage:
        await stage.synced(KEY)
        dialog = await open_plan(stage)
        await stage.hold("enter")
        assert still.applies == [], "nobody can have read it"
        await stage.until(
            lambda: not dialog.button.has_class("-active")
        )  # Textual's button is deaf until then
        clock.now += KEY_REPEAT_S
        await stage.hold("enter")
        await stage.until(lambda: still.applies)
        assert still.applies == [((KEY,), False)]
        still.answer(AppliedNews(KEY, (), False, (("spec.replicas", "gitops"),)))
        await stage.says("Apply all the same")
        await stage.hold("enter")
        await stage.until(lambda: stage.app.screen is not dialog)  # enter is Close there
        assert still.applies == [((KEY,), False)]


async def test_the_force_takes_only_what_was_in_the_way_and_an_error_stays_to_be_read() -> None:
    clock, still = Clock(), a_still()
    still.plan = tuple(replace(still.plan[0], key=key, error="", locally="") for key in ("a/a", "b/b", "c/c"))
    async with on_stage(Options(), size=(120, 36), open_session=still.open, clock=clock) as stage:
        await stage.synced(KEY)
        dialog = await open_plan(stage)
        clock.now += KEY_REPEAT_S
        dialog.button.press()
        await stage.until(lambda: still.applies == [(("a/a", "b/b", "c/c"), False)])
        still.answer(AppliedNews("a/a", ("spec.replicas",), False, ()))
        await stage.says("Applied 1 of 3 Deployments", "Applying")
        still.answer(
            AppliedNews("b/b", (), False, (("spec.replicas", "gitops"),)),
            AppliedNews("c/c", (), False, (), "c/c: no answer"),
        )
        await stage.says(
            "Applied 1 of 3 Deployments", "b/b: nothing applied", "c/c: no answer", "applied a/a"
        )
        clock.now += KEY_REPEAT_S
        dialog.button.press()
        await stage.until(lambda: still.applies[-1] == (("b/b",), True))
        still.answer(AppliedNews("b/b", ("spec.replicas",), False, ()))
        await stage.says("Applied 2 of 3 Deployments", "c/c: no answer")
        assert dialog.button.disabled


async def test_what_comes_after_the_dialog_has_been_closed_is_a_toast() -> None:
    clock, still = Clock(), a_still()
    async with on_stage(Options(), size=(120, 36), open_session=still.open, clock=clock) as stage:
        await stage.synced(KEY)
        dialog = await open_plan(stage)
        clock.now += KEY_REPEAT_S
        dialog.button.press()
        await stage.until(lambda: still.applies)
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)
        still.answer(AppliedNews(KEY, (), False, (("spec.replicas", "gitops"),)))
        await stage.until(lambda: stage.toasts == [f"not applied: {KEY}: gitops manages spec.replicas"])


@pytest.mark.parametrize("button", ["start", "force"])
async def test_the_loop_is_started_at_the_interval_that_was_chosen(button: str) -> None:
    still = a_still()
    async with on_stage(Options(), size=(80, 24), open_session=still.open, clock=Clock()) as stage:
        await stage.synced(KEY)
        await stage.press("P")
        await stage.until(
            lambda: isinstance(stage.app.screen, ApplyLoopScreen) and stage.app.screen.query(Button)
        )
        dialog = stage.app.screen
        assert isinstance(dialog, ApplyLoopScreen)
        dialog.intervals.highlighted = 4
        dialog.query_one(f"#{button}", Button).press()
        await stage.until(lambda: still.loops == [(600.0, button == "force")])
        await stage.until(lambda: stage.app.screen is stage.fleet)
