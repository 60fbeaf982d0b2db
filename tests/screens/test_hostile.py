"""A cluster that means harm, on every screen: its words are shown as they are, and nothing of them is obeyed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import OptionList

from tests import hostile
from tests.hostile import DEPLOYMENTS, EVIL, FORBIDDEN, IMAGE, MARKUP, PROBE, SCHEDULE
from tests.screens.stage import Stage, on_stage
from tests.scripted import Reply, ScriptedApi
from tui.clean import one_line
from tui.screens.arm import ArmScreen
from tui.screens.contexts import ContextsScreen
from tui.session.source import Options

SIZE = (200, 40)


@asynccontextmanager
async def hostile_stage(
    api: ScriptedApi, folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> AsyncIterator[tuple[Stage, list[None]]]:
    """The app on a hostile cluster, and the bells that its words have rung."""
    bells: list[None] = []
    async with api:
        chosen = Options(kubeconfig=hostile.kubeconfig_for(api, folder), **options)
        async with on_stage(chosen, size=SIZE) as stage:
            monkeypatch.setattr(stage.app, "bell", lambda: bells.append(None))
            yield stage, bells
    assert bells == []


def harmless(stage: Stage) -> str:
    """Everything on the screen, after every segment of it has been looked at."""
    for strip in stage.strips():
        for segment in strip:
            assert not FORBIDDEN & set(segment.text), segment
            assert segment.style is None or "@click" not in segment.style.meta, segment
    return stage.text()


async def click_everywhere(stage: Stage, word: str) -> None:
    """Clicks wherever a word stands: markup that had been obeyed would answer."""
    for y, strip in enumerate(stage.strips()):
        x = strip.text.find(word)
        if x >= 0:
            await stage.pilot.click(offset=(x + 1, y))


async def test_d02_the_fleet_shows_every_reason_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hostile_stage(hostile.hostile_api(), tmp_path, monkeypatch) as (stage, _):
        await stage.until(lambda: len(stage.shown) == len(DEPLOYMENTS))
        await stage.says("Readiness probe failed")
        await stage.pilot.resize_terminal(240, SIZE[1])  # where there is less room names lose their middle
        await stage.until(lambda: stage.text().count(MARKUP) >= 2 * len(DEPLOYMENTS))
        text = harmless(stage)
        assert one_line(hostile.CONTEXT) in text
        for reason in (
            "pods can't be created",
            "unschedulable",
            "without an image",
            "can't start",
            "on broken",
        ):
            assert reason in text
        await click_everywhere(stage, "[@click")


async def test_d02_a_deployments_screen_shows_its_words_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hostile_stage(hostile.hostile_api(), tmp_path, monkeypatch) as (stage, _):
        await stage.until(lambda: len(stage.shown) == len(DEPLOYMENTS))
        for name in (SCHEDULE, IMAGE, PROBE):  # each has another word for its pod in the tree
            assert stage.fleet.table.move_cursor_to(f"uid-{name}")
            await stage.press("enter")
            await stage.until(lambda: stage.app.screen is not stage.fleet)
            await stage.until(lambda: stage.deployment.owned.tree_lines)
            await stage.says(MARKUP)
            harmless(stage)
            if name == IMAGE:
                await click_everywhere(stage, "[@click")
            await stage.press("escape")
            await stage.until(lambda: stage.app.screen is stage.fleet)


async def test_d02_what_happens_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    going = {**hostile.pod("image")}
    going["metadata"] = going["metadata"] | {
        "deletionTimestamp": "2026-01-01T00:00:00Z",
        "resourceVersion": "19",
    }
    api = hostile.hostile_api()
    now = asyncio.Event()
    api.routes["WATCH pods"] = deque(hostile.one_frame("MODIFIED", going, now))
    async with hostile_stage(api, tmp_path, monkeypatch) as (stage, _):
        await stage.until(lambda: len(stage.shown) == len(DEPLOYMENTS))
        stage.fleet.table.move_cursor_to("uid-image")
        now.set()
        await stage.until(lambda: stage.fleet.story.told)
        assert f"deleted pod image-1-p{one_line(EVIL)}" in stage.fleet.story.told[0].text
        await stage.says("deleted pod")
        harmless(stage)
        await stage.press("enter")
        await stage.until(lambda: stage.app.screen is not stage.fleet)
        await stage.says("deleted pod")
        harmless(stage)


async def test_d02_dialogs_and_toasts_show_words_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hostile_stage(hostile.hostile_api(), tmp_path, monkeypatch) as (stage, _):
        await stage.until(lambda: len(stage.shown) == len(DEPLOYMENTS))
        await stage.press("a")
        await stage.until(lambda: isinstance(stage.app.screen, ArmScreen))
        await stage.says(MARKUP)
        harmless(stage)
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)
        await stage.press("X")
        await stage.until(lambda: isinstance(stage.app.screen, ContextsScreen))
        await stage.until(lambda: stage.text().count(MARKUP) >= 2)
        harmless(stage)
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)
        stage.app._session.arm(hostile.CONTEXT)
        stage.fleet.table.move_cursor_to(f"uid-{PROBE}")
        await stage.until(lambda: stage.button("delete_pod").enabled)
        await stage.press("d")
        await stage.says("its gap is open still")
        stage.app._session.delete_pod(f"uid-{PROBE}", None, anyway=True)
        await stage.says("not deleted")
        assert MARKUP in harmless(stage).replace("\n", "")
        await click_everywhere(stage, "[@click")


async def test_d02_namespaces_in_palette_and_help_are_shown_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hostile_stage(hostile.hostile_api(), tmp_path, monkeypatch) as (stage, _):
        await stage.until(lambda: len(stage.shown) == len(DEPLOYMENTS))
        await stage.press("colon")
        await stage.says("Open the selected")
        listed = stage.app.screen.query_one(OptionList)
        await stage.until(
            lambda: any(
                ": shop" in str(option.prompt) and MARKUP in str(option.prompt) for option in listed.options
            )
        )
        await stage.type("Namespace")
        await stage.until(lambda: MARKUP in stage.text().partition("Namespace")[2])
        harmless(stage)
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)
        await stage.press("question_mark")
        await stage.says("Legend")
        harmless(stage)
        assert any(MARKUP in name for _, name in stage.fleet._numbered())


async def test_d02_a_denied_buttons_reason_is_shown_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = hostile.hostile_api(may_delete=False)
    async with hostile_stage(api, tmp_path, monkeypatch) as (stage, _):
        await stage.until(lambda: len(stage.shown) == len(DEPLOYMENTS))
        stage.app._session.arm(hostile.CONTEXT)
        stage.fleet.table.move_cursor_to(f"uid-{PROBE}")
        await stage.until(lambda: MARKUP in stage.button("delete_pod").why_not)
        await stage.pilot.hover(stage.fleet.action_bar, offset=(2, 0))
        await stage.until(lambda: MARKUP in str(stage.fleet.action_bar.tooltip))
        harmless(stage)


async def test_d02_a_servers_refusal_is_shown_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = hostile.hostile_api()
    async with api:
        path = hostile.kubeconfig_for(api, tmp_path)
        api.version_reply = Reply(f"<html>{EVIL}</html>", 503)
        async with on_stage(Options(kubeconfig=path), size=SIZE) as stage:
            await stage.until(lambda: stage.app.failure)
            assert MARKUP in stage.app.failure
            assert stage.app.failure.isprintable()
