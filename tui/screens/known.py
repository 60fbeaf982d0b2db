"""What one session has told so far, put together for all screens; another source begins with nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.screens.base import Tally
from tui.session.chaos_news import RunningNews
from tui.session.contrast_news import ContrastNews
from tui.session.news import DeploymentDetail, FleetRow, News


@dataclass
class Known:
    """`take` has to be given all news, in order."""

    rows: dict[str, FleetRow] = field(default_factory=dict)
    """Everything that is known of the fleet, by uid."""
    tally: Tally = field(default_factory=Tally)
    detail: DeploymentDetail | None = None
    going_on: tuple[RunningNews, ...] = ()
    contrast: ContrastNews | None = None
    failed: str = ""
    """Why there is no source (any more), or ""."""

    @property
    def left_behind(self) -> tuple[RunningNews, ...]:
        """The faults that earlier runs have left behind."""
        return tuple(one for one in self.going_on if one.left_behind)

    def take(self, news: News) -> None:
        """Adds what is new."""
        changes: list[tuple[FleetRow | None, FleetRow | None]] = [
            (self.rows.pop(uid, None), None) for uid in news.removed
        ]
        changes += [(self.rows.get(uid), row) for uid, row in news.rows.items()]
        self.rows.update(news.rows)
        if news.synced or news.removed:
            self.tally = self.tally.after(changes)
        if news.detail is not None:
            self.detail = news.detail
        if news.running is not None:
            self.going_on = news.running
        if news.contrast is not None:
            self.contrast = news.contrast
        if news.failed:
            self.failed = news.failed
