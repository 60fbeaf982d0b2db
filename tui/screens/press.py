"""One press of a chaos key: answered at once, until something has come of it."""

from __future__ import annotations

from dataclasses import dataclass

from tui.session.news import Mark, News

KEY_REPEAT_S = 1.0
"""Presses of a chaos key closer together than this are one press: a held key fires once.

It has to be longer than the pause before a held key first repeats, which is 0.66 s on a plain X server.
"""

INSIST_S = 5.0
"""For so long a second press insists on what was refused for an open gap alone."""
LEAST_LOOK_S = 0.5
"""A preview has to have been shown for so long before it can be injected: nobody says yes to what nobody has seen."""

ANSWER_S = 10.0
"""For so long a press is shown to be under way, where no answer comes."""
HELD = "still the same press: let go of the key, then press again"


@dataclass(frozen=True)
class Pressed:
    """A press that has been answered: of whom, with which marks before, when, and whether anything was sent."""

    deployment_uid: str
    marks: tuple[Mark, ...]
    at: float
    is_sent: bool

    def is_over(self, news: News, now: float) -> bool:
        """Whether the fault has been told, or refused, or both are too long in coming."""
        detail = news.detail
        is_told = (
            detail is not None
            and detail.row.uid == self.deployment_uid
            and detail.marks[-1:] != self.marks[-1:]
        )
        patience_s = ANSWER_S if self.is_sent else KEY_REPEAT_S
        return is_told or bool(news.notices or news.answers) or now - self.at > patience_s
