"""The panel that holds one Deployment against what was declared, field by field."""

from __future__ import annotations

from textual import getters
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from tui.screens.drift_plan import declared_passages, fields_sum
from tui.session.news import DeploymentDetail
from tui.widgets.glyphs import Glyphs
from tui.widgets.passages import Passages


class DeclaredPanel(VerticalScroll):
    """A plan that scrolls: where it was declared in its frame, and what an apply would do."""

    passages = getters.query_one(Passages)

    def __init__(self, glyphs: Glyphs, *, read_only: bool) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._read_only = read_only
        self._entitled = ("", "")

    def compose(self) -> ComposeResult:
        """The plan alone: the rest is in the frame."""
        yield Passages(glyphs=self._glyphs)

    def show(self, detail: DeploymentDetail, now: float) -> None:
        """Shows that Deployment as of `now`."""
        declared = detail.declared
        title = f"declared in {declared.place}" if declared is not None else "declared"
        plan = fields_sum(detail.drift)
        opens = f" {self._glyphs.separator} p opens it" if plan and not self._read_only else ""
        self._entitle(title, plan + opens)
        self.passages.passages = declared_passages(detail, now, self._glyphs)

    def _entitle(self, title: str, subtitle: str) -> None:
        """Other words in the frame; only then, for a title has the whole panel painted anew."""
        if (title, subtitle) != self._entitled:
            self._entitled = title, subtitle
            self.border_title, self.border_subtitle = Content(title), Content(subtitle)
