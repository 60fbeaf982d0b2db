"""What happened: who did what and when, one line each, the newest at the bottom."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len
from textual.reactive import var

from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.painted_lines import PaintedLines
from tui.widgets.runs import Line, Run, Tone, fit, line_width, one_line
from tui.widgets.tones import ACCENT, BAD, BUSY, EXTRA, MUTED, PLAIN, STRONG

_AT_WIDTH = 9
_ACTOR_WIDTH = 11
_WHOLE_ACTOR_WIDTH = 15  # as long as the longest loop's name, where there is room for everything
_GRADE_WIDTH = 3
_SHORT_AT_WIDTH = 6
_SHORT_ACTOR_WIDTH = 10
_MOST_WIDTH = 110  # so that the grade stays near what it is about
_EVIDENT_FROM = 88  # from here on there is room for what the grade rests on
_EVIDENCE_WIDTH = 16
_ROOMY_FROM = 48  # below this moments lose their unit, and good evidence goes without saying
_GRADE_TONES = (MUTED, BAD, BUSY, MUTED)  # what is proven needs no attention


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened: when it was, who did it, what it was, how good the evidence for who is.

    `grade` is 1 to 3, or 0 where there is nothing to doubt; `evidence` says in a word or two what it rests on.
    `tone` colours the text. What opens a chapter stands out to the left, what belongs to it is indented. `about` is
    what the line is about, to be pointed at.
    """

    at: str
    actor: str
    text: str
    grade: int = 0
    tone: Tone = PLAIN
    actor_tone: Tone = EXTRA
    opens: bool = False
    about: str = ""
    evidence: str = ""


class Narrative(PaintedLines):
    """The story so far, bounded; it follows the newest line unless somebody scrolled up to read."""

    DEFAULT_CSS = "Narrative { min-height: 2; }"

    about: var[str] = var("")
    """What is pointed at: the lines about it have a pointer."""

    def __init__(
        self,
        *,
        most: int = 500,
        glyphs: Glyphs = UNICODE,
        empty_message: str = "",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, empty_message=empty_message, name=name, id=id, classes=classes)
        self._told: deque[Told] = deque(maxlen=most)
        self._first = 0  # the serial number of the oldest line that is kept
        self._dropped = 0  # how many of the oldest lines have gone since the view was settled
        self._is_following = True

    @property
    def is_following(self) -> bool:
        """Whether the newest line is kept in view."""
        return self._is_following

    @property
    def told(self) -> tuple[Told, ...]:
        """Everything that is kept, oldest first."""
        return tuple(self._told)

    def tell(self, news: Iterable[Told]) -> None:
        """Add to the story; the oldest lines go when it is full."""
        first = self._first
        for told in news:
            self._first += len(self._told) == self._told.maxlen
            self._told.append(told)
        self._dropped = self._first - first
        self.lines_changed()

    def settle(self) -> None:
        """Show the newest line, or keep in place what is being read while older lines go."""
        if self._is_following:
            self.action_last_line()
        elif self._dropped:
            self.scroll_to_line(self.scroll_offset.y - self._dropped)
        self._dropped = 0

    def set_told(self, story: Iterable[Told]) -> None:
        """Replace the whole story, as for another object, and follow its end."""
        self._first += len(self._told)
        self._told.clear()
        self._strips.clear()
        self._is_following = True
        self.tell(story)

    def amend(self, story: Iterable[Told]) -> None:
        """Replace lines where they stand, and add what is new; nobody who reads is disturbed."""
        lines = list(story)
        known = len(self._told)
        if len(lines) < known:
            self.set_told(lines)
            return
        changed = [index for index in range(known) if self._told[index] != lines[index]]
        for index in changed:
            self._told[index] = lines[index]
        self.lines_changed([str(self._first + index) for index in changed])
        if len(lines) > known:
            self.tell(lines[known:])

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up stops following, scrolling to the end starts it again."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value:
            self._is_following = False
        if new_value >= self.max_scroll_y:
            self._is_following = True

    def line_total(self) -> int:
        """How many lines are kept."""
        return len(self._told)

    def key_at(self, index: int) -> str:
        """A line's key is its serial number."""
        return str(self._first + index)

    def watch_about(self, before: str, about: str) -> None:
        """Point at other lines."""
        serials = range(self._first, self._first + len(self._told))
        pairs = zip(serials, self._told, strict=True)
        self.lines_changed(
            [str(serial) for serial, told in pairs if told.about and told.about in (before, about)]
        )

    def line_of(self, key: str, width: int) -> Line:
        """When, who, what, and the grade at the right."""
        told = self._told[int(key) - self._first]
        is_roomy = width >= _ROOMY_FROM
        is_pointed_at = told.about and told.about == self.about
        pointer = (self.glyphs.pointer, ACCENT) if is_pointed_at else (" ", PLAIN)
        ellipsis = self.glyphs.ellipsis
        if told.opens:
            start: Line = [(told.at, STRONG), pointer, (told.actor, told.actor_tone), (" ", PLAIN)]
        else:
            start = self._indented(told, width, pointer)
        if told.evidence and width >= _EVIDENT_FROM:
            return [*start, *self._evident(told, min(_MOST_WIDTH, width) - line_width(start))]
        room = max(0, min(_MOST_WIDTH, width) - line_width(start))
        text_width = max(0, room - _GRADE_WIDTH - 1)
        if told.grade >= _GRADE_WIDTH and not (is_roomy and cell_len(one_line(told.text)) <= text_width):
            # What is proven goes without saying before anything is cut.
            return [*start, (fit(told.text, room, "left", ellipsis), told.tone)]
        return [
            *start,
            (fit(told.text, text_width, "left", ellipsis), told.tone),
            (" ", PLAIN),
            *self._grade(told.grade),
        ]

    def _evident(self, told: Told, room: int) -> Line:
        """The text, the grade, and what it rests on."""
        ellipsis = self.glyphs.ellipsis
        text_width = max(0, room - _GRADE_WIDTH - _EVIDENCE_WIDTH - 2)
        return [
            (fit(told.text, text_width, "left", ellipsis), told.tone),
            (" ", PLAIN),
            *self._grade(told.grade),
            (" ", PLAIN),
            (fit(told.evidence, _EVIDENCE_WIDTH, "left", ellipsis), MUTED),
        ]

    def _indented(self, told: Told, width: int, pointer: Run) -> Line:
        is_roomy = width >= _ROOMY_FROM
        at = told.at if is_roomy else told.at.removesuffix(" s")
        at_width = _AT_WIDTH if is_roomy else _SHORT_AT_WIDTH
        actor_width = _ACTOR_WIDTH if is_roomy else _SHORT_ACTOR_WIDTH
        actor_width = _WHOLE_ACTOR_WIDTH if width >= _EVIDENT_FROM else actor_width
        start: Line = [(fit(at, at_width, "right", ""), MUTED), pointer]
        if told.actor:
            actor = fit(told.actor, actor_width, "left", self.glyphs.ellipsis)
            start += [(actor, told.actor_tone), (" ", PLAIN)]
        return start

    def _grade(self, grade: int) -> Line:
        if not grade:
            return []
        full = min(_GRADE_WIDTH, grade)
        dots = self.glyphs.grade_full * full + self.glyphs.grade_empty * (_GRADE_WIDTH - full)
        return [(dots, _GRADE_TONES[full])]
