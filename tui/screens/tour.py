"""The tour: five steps on the live app, each beside the thing that it is about. Nothing in it is staged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile

from rich.cells import cell_len
from textual.app import App
from textual.geometry import Region
from textual.widgets import Input

from tui.screens.base import NewsScreen
from tui.screens.commands import DELETE_POD
from tui.screens.deployment import DeploymentScreen
from tui.screens.fleet import FleetScreen
from tui.session.news import FleetRow
from tui.widgets.buttons import Action, place_actions
from tui.widgets.glyphs import Glyphs
from tui.widgets.runs import line_width
from tui.widgets.tour_box import TourBox, TourPage

NEXT = Action("space", "Next", "next")
DONE = Action("space", "Done", "next")
END = Action("esc", "End the tour", "end")
KEYS = {"space": NEXT.action_name, "escape": END.action_name}
TICK_S = 0.2
"""How soon the box follows what it speaks of, and a deed is noticed."""
NO_PRACTICE = "Here nothing is broken for practice: gapwatch --sandbox is for that."
READ_ONLY = "Not here: with --read-only no such key is bound."
ALL_FAULTS = "x has all faults"
WITHIN = TourPage("inside a Deployment", "The tour goes on inside a Deployment.", "Press enter.", (END,))


class Deed(Enum):
    """What a step waits for; whoever does not want to do it goes on all the same."""

    NONE = "none"
    GAP = "a gap has opened"
    OPENED = "a Deployment has been opened"


@dataclass(frozen=True, slots=True)
class Step:
    """`where` is the place on the screen that it speaks of; `wanted` asks for its deed, or names what else there is."""

    title: str
    words: str
    where: Callable[[NewsScreen], Region]
    wanted: str = ""
    deed: Deed = Deed.NONE


def _cells(first: str, last: str) -> Callable[[NewsScreen], Region]:
    """Those columns of the row that the cursor is on."""

    def where(screen: NewsScreen) -> Region:
        assert isinstance(screen, FleetScreen)
        table = screen.table
        box = table.content_region
        index = table.index_of(table.cursor_key) if table.cursor_key is not None else None
        y = table.header_height + (0 if index is None else index - table.scroll_offset.y)
        y = max(0, min(y, box.height - 1))
        placed = {place.column.key: place for place in table.placed(table.line_width)}
        begin, end = placed[first], placed[last]
        return Region(box.x + begin.x, box.y + y, end.x + end.width - begin.x, 1)

    return where


def _delete_button(screen: NewsScreen) -> Region:
    """The button that deletes a pod; the row where there is none."""
    bar = screen.action_bar
    for place in place_actions(bar.actions, bar.size.width):
        if place.action.action_name == DELETE_POD.action:
            return Region(bar.region.x + place.x, bar.region.y, place.action.width, 1)
    return _cells("desired", "actual")(screen)


def _loops(screen: NewsScreen) -> Region:
    """The lanes; the headline where they have no room."""
    assert isinstance(screen, DeploymentScreen)
    lanes = screen.loop.region
    return lanes if lanes.height and lanes.bottom < screen.size.height else screen.headline.region


def _desired(screen: NewsScreen) -> Region:
    """What is desired, in the headline."""
    assert isinstance(screen, DeploymentScreen)
    box = screen.headline.region
    (line,) = screen.headline.lines(box.width, 1)
    before = list(takewhile(lambda run: "desired" not in run[0], line))
    words = cell_len(line[len(before)][0]) if len(before) < len(line) else 0
    return Region(box.x + line_width(before), box.y, words, 1)


STEPS = (
    Step(
        "a wish that is kept",
        "A row is one Deployment: DESIRED is what was asked for, ACTUAL what there is, a sign for each pod. A tool "
        "that declares once is right on the day it ran. Here nothing is ever done: loops compare both, for ever, "
        "and act where they differ.",
        _cells("desired", "actual"),
    ),
    Step(
        "one button",
        "So break it. d deletes a pod of the row under the cursor. Nobody reports it and nobody is called: "
        "the loops have to find out.",
        _delete_button,
        "Press d now, or click it.",
        Deed.GAP,
    ),
    Step(
        "the gap",
        "A pod fewer than desired is a gap: −1, and WHY. The ReplicaSet's loop counts, and creates one pod; the "
        "scheduler gives it a node, a kubelet starts it. In seconds this is 0 again, and no human was in it.",
        _cells("gap", "gap"),
        "Press enter: inside is who did what.",
        Deed.OPENED,
    ),
    Step(
        "the loops",
        "Each loop has a lane: read desired, read actual, compare, act, wait. The deployment loop keeps ReplicaSets, "
        "the replicaset loop keeps pods, the scheduler gives them nodes, kubelets run them. None commands another: "
        "each reads what is there. ◆ is a write just seen, ×1 how many in this heal.",
        _loops,
        "Press d again to see them act.",
    ),
    Step(
        "what no controller will do",
        "Know what you once wrote down. Scale this by hand (s), and the loops hold your new number: that is drift, not "
        "a gap. --manifests PATH shows it, and only an apply closes it: yours, or one that is repeated for ever. Nor "
        "do loops mend a bad image or raise a quota: then WHY says that somebody has to act.",
        _desired,
        f"{ALL_FAULTS}, ? explains each screen, t starts this tour again.",
    ),
)
FIRST_INSIDE = 3
"""The first step that is inside a Deployment."""


class Tour:
    """Where the tour is. It sends nothing and asks for nothing: what is pressed goes to the screens as ever."""

    def __init__(self, app: App[None], glyphs: Glyphs) -> None:
        self._app = app
        self._glyphs = glyphs
        self._at: int | None = None
        self._practises = True
        self._read_only = False
        self._opened: Mapping[str, tuple[float | None, int]] = {}
        self.rows: Mapping[str, FleetRow] = {}
        """Everything that is known of the fleet, by uid."""

    @property
    def step(self) -> Step | None:
        """The step that is on show, or None while there is no tour."""
        return None if self._at is None else STEPS[self._at]

    def begin(self, rows: Mapping[str, FleetRow], *, practises: bool, read_only: bool = False) -> None:
        """The first step; where it does not practise, no deed is asked for that would change anything.

        With --read-only it never practises, and says that no chaos key is bound.
        """
        self.rows, self._practises, self._read_only = rows, practises and not read_only, read_only
        self._go(0)

    def end(self) -> None:
        """Takes every box away."""
        self._at = None
        for screen in self._app.screen_stack:
            screen.query(TourBox).remove()
            screen.remove_class("tells-loops")

    def takes(self, key: str) -> bool:
        """Whether that key is the tour's just now; what is typed into a box never is."""
        action = KEYS.get(key)
        if action is None or self._box() is None or isinstance(self._app.focused, Input):
            return False
        self.press(action)
        return True

    def press(self, action_name: str) -> None:
        """Next, or the end."""
        if self._at is None:
            return
        if action_name == END.action_name or self._at + 1 == len(STEPS):
            self.end()
        else:
            self._go(self._at + 1)

    def tick(self) -> None:
        """Goes on where the deed has been done, and stays beside what it speaks of."""
        screen = self._app.screen
        if self._at is None or not isinstance(screen, FleetScreen | DeploymentScreen):
            return
        if not screen.is_on_show or not screen.is_mounted:
            return
        if isinstance(screen, DeploymentScreen) and self._at < FIRST_INSIDE:
            self._at = FIRST_INSIDE
        elif STEPS[self._at].deed is Deed.GAP and self._a_gap_has_opened():
            self._at += 1
        self._show(screen)

    def _go(self, at: int) -> None:
        self._at = at
        self._opened = {uid: (row.opened, row.healed) for uid, row in self.rows.items()}
        self.tick()

    def _a_gap_has_opened(self) -> bool:
        """One that was not there when the step began, though it may have closed again."""
        return any(
            self._opened.get(uid, (None, 0)) != (row.opened, row.healed)
            and (row.opened is not None or row.healed)
            for uid, row in self.rows.items()
        )

    def _box(self) -> TourBox | None:
        """The box on the screen on top, if there is one."""
        if self._at is None or not isinstance(self._app.screen, NewsScreen):
            return None
        return next(iter(self._app.screen.query(TourBox)), None)

    def _show(self, screen: FleetScreen | DeploymentScreen) -> None:
        assert self._at is not None
        box = self._box()
        if box is None:
            box = TourBox(glyphs=self._glyphs)
            screen.mount(box)
        is_outside = isinstance(screen, FleetScreen) and self._at >= FIRST_INSIDE
        where = _cells("desired", "actual") if is_outside else STEPS[self._at].where
        box.page = WITHIN if is_outside else self._page()
        screen.set_class(where is _loops, "tells-loops")
        size = screen.size
        box.stand(where(screen), Region(0, 1, size.width, size.height - 2))

    def _page(self) -> TourPage:
        assert self._at is not None
        step, is_last = STEPS[self._at], self._at + 1 == len(STEPS)
        wanted = step.wanted
        if self._read_only and is_last:
            wanted = step.wanted.removeprefix(f"{ALL_FAULTS}, ")
        elif not (self._practises or step.deed is Deed.OPENED or is_last):
            wanted = READ_ONLY if self._read_only else NO_PRACTICE
        title = f"{self._at + 1} of {len(STEPS)} · {step.title}"
        asks = f"{self._glyphs.pointer} {wanted}" if step.wanted else ""
        return TourPage(title, step.words, asks, (DONE if is_last else NEXT, END))
