"""What happened: who did what and when, one line each, the newest at the bottom."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.painted_lines import PaintedLines
from tui.widgets.runs import Line, Tone, fit
from tui.widgets.tones import BAD, BUSY, EXTRA, GOOD, MUTED, PLAIN

_AT_WIDTH = 12
_ACTOR_WIDTH = 11
_GRADE_WIDTH = 3
_SHORT_AT_WIDTH = 8
_SHORT_AT_FROM = 42  # below this the order alone tells when, so that what happened can be read
_FULL_AT_FROM = 56  # and below this moments lose their fractions
_GRADE_TONES = (MUTED, BAD, BUSY, GOOD)


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened: when it was, who did it, what it was, how good the evidence for who is.

    `grade` is 1 to 3, or 0 where there is nothing to doubt, such as our own deeds; `tone` colours the text.
    """

    at: str
    actor: str
    text: str
    grade: int = 0
    tone: Tone = PLAIN


class Narrative(PaintedLines):
    """The story so far, bounded; it follows the newest line unless somebody scrolled up to read."""

    DEFAULT_CSS = "Narrative { min-height: 2; }"

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

    def line_of(self, key: str, width: int) -> Line:
        """When, who, what, and the grade at the right."""
        told = self._told[int(key) - self._first]
        at_width = _at_width(width)
        text_width = max(0, width - at_width - _ACTOR_WIDTH - _GRADE_WIDTH - (3 if at_width else 2))
        ellipsis = self.glyphs.ellipsis
        moment: Line = [(fit(told.at, at_width, "right", ""), MUTED), (" ", PLAIN)] if at_width else []
        return [
            *moment,
            (fit(told.actor, _ACTOR_WIDTH, "left", ellipsis), EXTRA),
            (" ", PLAIN),
            (fit(told.text, text_width, "left", ellipsis), told.tone),
            (" ", PLAIN),
            *self._grade(told.grade),
        ]

    def _grade(self, grade: int) -> Line:
        if not grade:
            return []
        full = min(_GRADE_WIDTH, grade)
        dots = self.glyphs.grade_full * full + self.glyphs.grade_empty * (_GRADE_WIDTH - full)
        return [(dots, _GRADE_TONES[full])]


def _at_width(width: int) -> int:
    """How much room the moment gets in a line."""
    if width >= _FULL_AT_FROM:
        return _AT_WIDTH
    return _SHORT_AT_WIDTH if width >= _SHORT_AT_FROM else 0
