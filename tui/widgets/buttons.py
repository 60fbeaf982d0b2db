"""A line of actions, each by its key and by the mouse; what can't be done now says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events, on
from textual.message import Message
from textual.reactive import reactive, var

from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, one_line
from tui.widgets.tones import ACCENT, BUSY, MUTED, PLAIN

_BETWEEN = 1
MORE = "More"
"""The title of what leads to the rest, where not everything has room."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action: the key people see, its title, the name it is posted by, and why it can't be done now.

    `busy` is for one that has been pressed, and has not been answered yet.
    """

    key_label: str
    title: str
    action_name: str
    enabled: bool = True
    why_not: str = ""
    busy: bool = False
    weight: int = 0
    """Where there is no room for all, those with the higher weight give way first."""
    at_right: bool = False
    """Whether it stands at the right, where it is always to be seen."""
    leads_to_rest: bool = False
    """Whether all the others are found behind it: where they have no room, it is the first to have some."""

    @property
    def width(self) -> int:
        """How many cells it takes, with one blank cell at either side."""
        return cell_len(one_line(self.key_label)) + cell_len(one_line(self.title)) + 3


@dataclass(frozen=True, slots=True)
class PlacedAction:
    """An action at its first cell."""

    action: Action
    x: int


def place_actions(actions: Sequence[Action], width: int) -> list[PlacedAction]:
    """As many actions as fit, in their order from the left; the last one, and what wants to, stands at the right.

    Where that is not all, and one leads to the rest, they move together and it is called `MORE`.
    """
    if not actions:
        return []
    right = [*(action for action in actions[:-1] if action.at_right), actions[-1]]
    wanted = [action for action in actions[:-1] if not action.at_right]
    between = _BETWEEN
    right_x = max(0, width - _widths(right, between))
    if _widths(wanted, between) + between > right_x and any(action.leads_to_rest for action in wanted):
        between = 0
        right_x = max(0, width - _widths(right, between))
        wanted = [replace(one, title=MORE, weight=-1) if one.leads_to_rest else one for one in wanted]
    chosen = _that_fit(wanted, right_x, between)
    return [*_in_a_row(chosen, 0, between), *_in_a_row(right, right_x, between)]


def _widths(actions: Sequence[Action], between: int) -> int:
    """The cells that these take side by side."""
    return sum(action.width for action in actions) + between * (len(actions) - 1)


def _in_a_row(actions: Sequence[Action], x: int, between: int) -> list[PlacedAction]:
    """Side by side from there on."""
    placed = []
    for action in actions:
        placed.append(PlacedAction(action, x))
        x += action.width + between
    return placed


def _that_fit(actions: Sequence[Action], room: int, between: int) -> list[Action]:
    """Those of the least weight first, in their order."""
    chosen: set[int] = set()
    for index, action in sorted(enumerate(actions), key=lambda one: one[1].weight):
        if action.width + between <= room:
            chosen.add(index)
            room -= action.width + between
    return [action for index, action in enumerate(actions) if index in chosen]


class ActionBar(PaintedBox):
    """The actions of a screen in one line."""

    @dataclass
    class Pressed(Message):
        """An action was clicked; one that is refused too, for whoever refuses has to say why."""

        bar: ActionBar
        action_name: str

        @property
        def control(self) -> ActionBar:
            """The bar it happened in."""
            return self.bar

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tone--hover"}
    DEFAULT_CSS = """
    ActionBar {
        dock: bottom;
        height: 1;
        background: $panel;
        & > .tone--hover { background: $foreground 12%; }
        &:ansi > .tone--hover { background: ansi_default; text-style: reverse; }
    }
    """

    actions: reactive[tuple[Action, ...]] = reactive((), repaint=False)
    """What is on offer, in its order, and Help last."""
    _pointed: var[str | None] = var(None)
    """The name of the action under the mouse."""

    def __init__(
        self,
        actions: Sequence[Action] = (),
        *,
        glyphs: Glyphs = UNICODE,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, name=name, id=id, classes=classes)
        self.set_reactive(ActionBar.actions, tuple(actions))

    def watch_actions(self) -> None:
        """Offer something else; the mouse may rest on one that is refused, or allowed, only now."""
        self._explain()
        self.redraw()

    def watch__pointed(self) -> None:
        """Show which action the mouse is on."""
        self._explain()
        self.redraw()

    def _explain(self) -> None:
        """Say why the action under the mouse can't be done, where it can't."""
        pointed = next((action for action in self.actions if action.action_name == self._pointed), None)
        self.tooltip = Text(one_line(pointed.why_not)) if pointed and not pointed.enabled else None

    def lines(self, width: int, height: int) -> list[Line]:
        """The one line at a width."""
        line: Line = []
        x = 0
        for place in place_actions(self.actions, width):
            line.append((" " * (place.x - x), PLAIN))
            line.extend(self._runs(place.action))
            x = place.x + place.action.width
        return [line]

    def _runs(self, action: Action) -> Line:
        key, title = one_line(action.key_label), one_line(action.title)
        if action.busy:
            return [(f" {key} {title} ", BUSY)]
        if not action.enabled:
            return [(f" {key} {title} ", MUTED)]
        if action.action_name == self._pointed:
            return [(f" {key} {title} ", "hover")]
        return [(f" {key}", ACCENT), (f" {title} ", PLAIN)]

    def _action_at(self, event: events.MouseEvent) -> Action | None:
        offset = event.get_content_offset(self)
        if offset is None:
            return None
        for place in place_actions(self.actions, self.size.width):
            if place.x <= offset.x < place.x + place.action.width:
                return place.action
        return None

    @on(events.MouseMove)
    def _point_at(self, event: events.MouseMove) -> None:
        action = self._action_at(event)
        self._pointed = action.action_name if action else None

    @on(events.Leave)
    def _point_at_nothing(self) -> None:
        self._pointed = None

    @on(events.Click)
    def _press(self, event: events.Click) -> None:
        action = self._action_at(event)
        if action is not None:
            self.post_message(self.Pressed(self, action.action_name))
