"""The bar of actions: what fits, what is pressed, and why something can't be."""

from __future__ import annotations

import pytest
from rich.text import Text

from tui.widgets.buttons import MORE, Action, ActionBar, place_actions

from .stage import HOSTILE, on_stage, shown

ACTIONS = (
    Action("d", "Delete pod", "delete"),
    Action("c", "Crash", "crash", enabled=False, why_not="disarmed: press ! [b to arm"),
    Action("s", "Scale", "scale"),
    Action("?", "Help", "help"),
)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (60, [("delete", 0), ("crash", 15), ("scale", 25), ("help", 52)]),
        (43, [("delete", 0), ("crash", 15), ("scale", 25), ("help", 35)]),
        (42, [("delete", 0), ("crash", 15), ("help", 34)]),
        (20, [("crash", 0), ("help", 12)]),
        (4, [("help", 0)]),
    ],
)
def test_actions_go_from_the_right_and_help_stays(width: int, expected: list[tuple[str, int]]) -> None:
    placed = place_actions(ACTIONS, width)
    assert [(place.action.action_name, place.x) for place in placed] == expected


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (72, [("delete", 0), ("crash", 15), ("scale", 25), ("all", 35), ("help", 64)]),
        (56, [("delete", 0), ("crash", 15), ("scale", 25), ("all", 35), ("help", 48)]),
        (55, [("delete", 0), ("crash", 14), ("scale", 23), ("all", 32), ("help", 47)]),
        (48, [("delete", 0), ("crash", 14), ("scale", 23), ("all", 32), ("help", 40)]),
        (47, [("delete", 0), ("crash", 14), ("all", 23), ("help", 39)]),
        (16, [("all", 0), ("help", 8)]),
        (15, [("help", 7)]),
    ],
)
def test_what_leads_to_the_rest_has_room_before_all_others(
    width: int, expected: list[tuple[str, int]]
) -> None:
    leading = Action(":", "Commands", "all", weight=2, leads_to_rest=True)
    placed = place_actions((*ACTIONS[:-1], leading, ACTIONS[-1]), width)
    assert [(place.action.action_name, place.x) for place in placed] == expected
    titles = [place.action.title for place in placed if place.action.action_name == "all"]
    assert titles in ([], ["Commands" if width >= 56 else MORE])


def test_no_actions_take_no_place() -> None:
    assert place_actions((), 80) == []


async def test_the_line_names_keys_and_titles() -> None:
    bar = ActionBar(ACTIONS)
    async with on_stage(bar, size=(60, 3)):
        assert shown(bar) == [" d Delete pod   c Crash   s Scale                    ? Help"]


async def test_a_click_presses_also_what_is_refused_for_that_has_to_say_why() -> None:
    bar = ActionBar(ACTIONS)
    async with on_stage(bar, ActionBar.Pressed, size=(60, 3)) as (pilot, heard):
        for x in (0, 13, 17, 27, 40, 58):
            await pilot.click(ActionBar, offset=(x, 0))
        assert [message.action_name for message in heard] == ["delete", "delete", "crash", "scale", "help"]
        assert heard[0].control is bar


async def test_what_cannot_be_pressed_says_why() -> None:
    bar = ActionBar(ACTIONS)
    async with on_stage(bar, size=(60, 3)) as (pilot, _):
        await pilot.hover(ActionBar, offset=(17, 0))
        reason = bar.tooltip
        assert isinstance(reason, Text)
        assert reason.plain == "disarmed: press ! [b to arm"
        assert (" c Crash ", "muted") in bar.lines(60, 1)[0]
        await pilot.hover(ActionBar, offset=(27, 0))
        assert bar.tooltip is None
        assert (" s Scale ", "hover") in bar.lines(60, 1)[0]


async def test_what_has_been_pressed_is_seen_to_be_under_way() -> None:
    bar = ActionBar([Action("d", "Deleting", "delete", busy=True), ACTIONS[-1]])
    async with on_stage(bar, size=(60, 3)):
        assert (" d Deleting ", "busy") in bar.lines(60, 1)[0]


async def test_other_actions_take_the_place_of_those_before() -> None:
    bar = ActionBar(ACTIONS)
    async with on_stage(bar, size=(60, 3)) as (pilot, _):
        bar.actions = (Action("a", "Arm", "arm"), ACTIONS[-1])
        await pilot.pause()
        assert shown(bar)[0].split() == ["a", "Arm", "?", "Help"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_titles_are_never_markup(text: str) -> None:
    bar = ActionBar([Action("x", text, "x"), Action("?", "Help", "help")])
    async with on_stage(bar, size=(60, 3)):
        assert f" x {text} " in shown(bar)[0]
