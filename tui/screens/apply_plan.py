"""The plan: what an apply by hand would change, then whose fields stand in its way, and only then the force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widgets import Button, Static

from tui.screens.dialog import Dialog
from tui.screens.drift_plan import fields_sum, outcome_passages, plan_passages, plan_sum
from tui.screens.drift_rows import HOLDS, counted
from tui.screens.press import KEY_REPEAT_S, LEAST_LOOK_S
from tui.session.drift_news import AppliedNews, PlannedNews
from tui.steady import steady
from tui.widgets.glyphs import Glyphs
from tui.widgets.passages import Passages

_APPLIES = (
    f"{HOLDS} Apply sends each manifest as it was declared, by server-side apply. What others have written stays "
    "theirs: where that stands in the way, nothing is applied, and you are asked again."
)
_FORCES = (
    "These fields are others' by server-side apply, so nothing was applied there. Apply all the same takes them: what "
    "their managers wrote is replaced by what was declared, and they may well write it again."
)
_DONE = "What came of it, Deployment by Deployment."
_APPLYING = "Applying …"
LOW_HEIGHT = 20
"""Below this the plan alone is worth its room."""
_AROUND, _LEAST_ROWS = 13, 3
"""What else the dialog has, in rows of 80 columns; and what the plan keeps all the same."""


class ApplyScreen(Dialog[None]):
    """A plan that follows what changes until Apply is pressed, and then what came of it; it closes when all is done.

    Enter is Apply only for the plan: the force has to be gone to.
    """

    @dataclass
    class ApplyAsked(Message):
        """Apply exactly these Deployments; `force` takes the fields that others manage."""

        keys: tuple[str, ...]
        force: bool

    CSS_PATH = "../styles/dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Close")]

    headline = getters.query_one("#headline", Static)
    about = getters.query_one("#why", Static)
    scroll = getters.query_one("#planned", VerticalScroll)
    passages = getters.query_one(Passages)
    button = getters.query_one("#apply", Button)
    closing = getters.query_one("#close", Button)

    def __init__(
        self,
        plan: Sequence[PlannedNews],
        of: str | None,
        glyphs: Glyphs,
        *,
        clock: Callable[[], float] = steady,
    ) -> None:
        """`of`: the one Deployment that was asked about, or None for all."""
        super().__init__()
        self.of = of
        self._plan = tuple(plan)
        self._glyphs = glyphs
        self._clock = clock
        self._is_armed = False
        self._waiting: set[str] = set()
        """Those that were sent and have not been answered."""
        self._answers: dict[str, AppliedNews] | None = None
        """What came of it, by key; None while the plan is shown."""
        self._seen_at = float("-inf")
        """Since when this can be read."""
        self._pressed_at = float("-inf")

    def compose(self) -> ComposeResult:
        """The sum, what it means, the plan, two buttons."""
        with Vertical(classes="dialog widest"):
            yield Static("", id="headline", classes="title", markup=False)
            yield Static(_APPLIES, id="why", markup=False)
            with VerticalScroll(id="planned"):
                yield Passages(glyphs=self._glyphs)
            with Horizontal(classes="buttons low"):
                yield Button("Apply", id="apply", variant="warning", compact=True)
                yield Button("Close", id="close", compact=True)

    @on(Resize)
    def _leave_room(self, event: Resize) -> None:
        """The plan has the rows that the words and the buttons leave."""
        self.about.display = event.size.height >= LOW_HEIGHT
        self.scroll.styles.max_height = max(_LEAST_ROWS, int(event.size.height * 0.95) - _AROUND)

    def on_mount(self) -> None:
        """The plan, and the cursor on its button."""
        self.button.focus()
        self._seen_at = self._clock()
        self._show()

    # ---------------------------------------------------------------- news

    @property
    def is_planning(self) -> bool:
        """Whether nothing has been asked for yet."""
        return self._answers is None

    def show_plan(self, plan: Sequence[PlannedNews], *, is_armed: bool) -> None:
        """Shows the plan as of now, until it is applied."""
        self._is_armed = is_armed
        if self.is_planning:
            self._plan = tuple(plan)
        self._show()

    def expect(self, keys: Sequence[str]) -> None:
        """These have been sent: from now on answers are shown, and no plan any more."""
        self._waiting = set(keys)
        self._answers = {} if self._answers is None else self._answers
        self._show()

    def take(self, applied: Sequence[AppliedNews]) -> list[AppliedNews]:
        """Shows what came of those that were sent, and gives back what is nobody's here; closes when all is done."""
        others = [one for one in applied if one.key not in self._waiting]
        ours = [one for one in applied if one.key in self._waiting]
        if not ours or self._answers is None:
            return others
        self._answers |= {one.key: one for one in ours}
        self._waiting -= {one.key for one in ours}
        if self._waiting:
            self._show()
        elif any(one.conflicts or one.error for one in self._answers.values()):
            self._seen_at = self._clock()
            self._show()
            self.closing.focus()
        else:
            self.app.notify(_sum(list(self._answers.values())), markup=False)
            self.dismiss()
        return others

    # ---------------------------------------------------------------- the look

    def _show(self) -> None:
        if not self.is_mounted:
            return
        now = self._clock()
        if self._answers is None:
            self.headline.update(self._plan_headline())
            self.about.update(_APPLIES)
            self.passages.passages = plan_passages(self._plan, now, self._glyphs)
            self._label("Apply" if self._is_armed else "Arm, then apply", enabled=bool(self._plan))
            return
        answers = list(self._answers.values())
        in_the_way = self._in_the_way()
        done = sum(not one.conflicts and not one.error for one in answers)
        self.passages.passages = outcome_passages(answers, self._glyphs)
        sent = counted(len(answers) + len(self._waiting), "Deployment")
        self.headline.update(f"Applied {done} of {sent}" if done or self._waiting else "Nothing applied")
        if self._waiting:
            self.about.update(_DONE)
            self._label(_APPLYING, enabled=False)
            return
        self.about.update(_FORCES if in_the_way else _DONE)
        self._label("Apply all the same" if in_the_way else "Apply", enabled=bool(in_the_way))

    def _plan_headline(self) -> str:
        """The sum: of one Deployment its fields, of all the Deployments."""
        if self.of is None or not self._plan:
            return plan_sum(self._plan)
        only = self._plan[0]
        return f"{fields_sum(only.fields) or plan_sum(self._plan)} {self._glyphs.separator} {only.key}"

    def _label(self, label: str, *, enabled: bool) -> None:
        self.button.label = Content(label)
        self.button.disabled = not enabled

    def _in_the_way(self) -> tuple[str, ...]:
        return tuple(key for key, one in (self._answers or {}).items() if one.conflicts)

    # ---------------------------------------------------------------- what people do

    @on(Button.Pressed, "#apply")
    def _apply(self) -> None:
        """Nobody says yes to what nobody has seen, and a key that is held down is one press."""
        now, last = self._clock(), self._pressed_at
        self._pressed_at = now
        if self._waiting or now - last < KEY_REPEAT_S or now - self._seen_at < LEAST_LOOK_S:
            return
        if self._answers is None:
            self.post_message(self.ApplyAsked(tuple(one.key for one in self._plan), force=False))
        else:
            self.post_message(self.ApplyAsked(self._in_the_way(), force=True))

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss()


def _sum(answers: Sequence[AppliedNews]) -> str:
    """What was done, in a line."""
    created, fields = sum(one.created for one in answers), sum(len(one.fields) for one in answers)
    words = [f"{counted(created, 'Deployment')} created"] if created else []
    changed = len(answers) - created
    if changed:
        whose = answers[0].key if len(answers) == 1 else counted(changed, "Deployment")
        words.append(f"{whose} applied: {counted(fields, 'field')}")
    return ", ".join(words)
