"""Tones: the few meanings that colour may carry, and how a widget resolves them from the theme.

A widget's data names tones, never colours, so that the same row is right in every theme and is not
rebuilt when the theme changes. Each tone is a component class of the widget that draws it.
"""

from __future__ import annotations

from typing import Final

from rich.style import Style
from textual.widget import Widget

PLAIN: Final = ""
GOOD: Final = "good"  # as it was asked to be
CALM: Final = "calm"  # the same in large areas, so that they do not outshine the rest
BUSY: Final = "busy"  # on its way
BAD: Final = "bad"  # missing, failed, denied
GAP: Final = "gap"  # what is missing, in areas: the loudest thing in a picture
CALM_OVER_GAP: Final = "calm-over-gap"  # a cell that is partly calm, and missing above that
LEAVING: Final = "leaving"  # terminating
EXTRA: Final = "extra"  # more than was asked for
ACCENT: Final = "accent"  # the set point, names of things to press
MUTED: Final = "muted"
STRONG: Final = "strong"
ALARM: Final = "alarm"  # must not be overlooked: drawn as a block
CAUTION: Final = "caution"  # the same, one step quieter

_UNKNOWN: Final = Style()

TONES: Final = (
    GOOD,
    CALM,
    BUSY,
    BAD,
    GAP,
    CALM_OVER_GAP,
    LEAVING,
    EXTRA,
    ACCENT,
    MUTED,
    STRONG,
    ALARM,
    CAUTION,
)
TONE_CLASSES: Final = frozenset(f"tone--{tone}" for tone in TONES)

_RULES: Final = """
    & > .tone--good { color: $text-success; }
    & > .tone--calm { color: $success 55%; }
    & > .tone--busy { color: $text-warning; }
    & > .tone--bad { color: $text-error; text-style: bold; }
    & > .tone--gap { color: auto 90%; background: $error 75%; text-style: bold; }
    & > .tone--calm-over-gap { color: $success 55%; background: $error 75%; }
    & > .tone--leaving { color: $text-secondary; }
    & > .tone--extra { color: $text-primary; }
    & > .tone--accent { color: $text-accent; }
    & > .tone--muted { color: $text-muted; }
    & > .tone--strong { text-style: bold; }
    & > .tone--alarm { background: $error; color: auto 95%; text-style: bold; }
    & > .tone--caution { background: $warning; color: auto 95%; text-style: bold; }
    &:ansi > .tone--calm { text-style: dim; }
    &:ansi > .tone--gap { color: ansi_bright_white; background: ansi_red; }
    &:ansi > .tone--calm-over-gap { background: ansi_red; }
    &:ansi > .tone--accent { color: ansi_magenta; }
    &:ansi > .tone--muted { text-style: dim; }
    &:ansi > .tone--alarm { background: ansi_red; color: ansi_bright_white; }
    &:ansi > .tone--caution { background: ansi_yellow; color: ansi_black; }
"""


def tone_css(widget_type: str) -> str:
    """The rules that give a widget type its tones, to be part of that type's DEFAULT_CSS."""
    return f"{widget_type} {{{_RULES}}}"


class Palette:
    """The styles of one widget's component classes, resolved once per theme and focus state.

    Textual drops its own cache of these on every refresh, which a line painted ten times a second
    would feel. The widget calls `clear` when its styles change.
    """

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._tones: dict[str | Style, Style] = {}
        self._components: dict[str, Style] = {}
        self._base: Style | None = None

    @property
    def base(self) -> Style:
        """The widget's own colours, background included."""
        if self._base is None:
            self._base = self._widget.rich_style
        return self._base

    def tone(self, tone: str | Style) -> Style:
        """The style of a tone; a ready-made style is itself, an unknown name is plain."""
        style = self._tones.get(tone)
        if style is None:
            style = tone if isinstance(tone, Style) else self.component(f"tone--{tone}")
            self._tones[tone] = style
        return style

    def component(self, name: str) -> Style:
        """The style of a component class, with a background only where its rules set one; plain if unknown."""
        style = self._components.get(name)
        if style is None:
            style = self._components[name] = self._resolve(name)
        return style

    def _resolve(self, name: str) -> Style:
        full = self._widget.get_component_rich_style(name, default=_UNKNOWN)
        if full is _UNKNOWN or self._widget.get_component_styles(name).has_rule("background"):
            return full
        return full.without_color + Style(color=full.color)

    def insists(self, name: str) -> Style:
        """What a component class insists on over any tone: its text colour, where its rules set one."""
        if not self._widget.get_component_styles(name).has_rule("color"):
            return _UNKNOWN
        return Style(color=self._widget.get_component_rich_style(name).color)

    def clear(self) -> None:
        """Forget everything: the theme or the widget's state has changed."""
        self._tones.clear()
        self._components.clear()
        self._base = None
