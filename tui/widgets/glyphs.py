"""The characters every widget draws with, in two sets: one for Unicode terminals and one for ASCII.

State is told by glyph and word first and by colour third, so within one set no two states of the
same thing share a glyph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of glyphs; every field is one cell wide, sequences are ordered from low to high."""

    # replicas
    ready: str
    starting: str
    missing: str
    terminating: str
    surplus: str
    # the life of a pod
    pending: str
    running: str
    not_ready: str
    # levels: eight heights for the fleet, eight partial fills for a chart (index 0 is empty)
    heights: tuple[str, ...]
    fills: tuple[str, ...]
    unknown: str
    # the step chart
    set_point: str
    set_point_middle: str
    gap: str
    band: str
    unproven: str
    break_: str
    bracket_end: str
    mark: str
    mark_line: str
    tick: str
    axis: str
    # guides of a tree
    branch: str
    last_branch: str
    trunk: str
    # small signs
    pointer: str
    leads_to: str
    ascending: str
    descending: str
    grade_full: str
    grade_empty: str
    live: str
    syncing: str
    stale: str
    denied: str
    armed: str
    ellipsis: str
    minus: str
    separator: str


UNICODE = Glyphs(
    ready="■",
    starting="▒",
    missing="□",
    terminating="╳",
    surplus="+",
    pending="░",
    running="▇",
    not_ready="▓",
    heights=tuple("▁▂▃▄▅▆▇█"),
    fills=(" ", *"▁▂▃▄▅▆▇█"),
    unknown="·",
    set_point="▁",
    set_point_middle="─",
    gap="╱",
    band="░",
    unproven="≡",
    break_="≈",
    bracket_end="┤",
    mark="▼",
    mark_line="┊",
    tick="┴",
    axis="─",
    branch="├",
    last_branch="└",
    trunk="│",
    pointer="▸",
    leads_to="→",
    ascending="▴",
    descending="▾",
    grade_full="●",
    grade_empty="○",
    live="●",
    syncing="◐",
    stale="▲",
    denied="✗",
    armed="◆",
    ellipsis="…",
    minus="−",
    separator="·",
)

ASCII = Glyphs(
    ready="#",
    starting="~",
    missing=".",
    terminating="x",
    surplus="+",
    pending=".",
    running="#",
    not_ready="!",
    heights=tuple("_.:-=+*#"),
    fills=(" ", *"_..==++#"),
    unknown="?",
    set_point="_",
    set_point_middle="-",
    gap="/",
    band=":",
    unproven="%",
    break_="=",
    bracket_end="|",
    mark="v",
    mark_line=":",
    tick="+",
    axis="-",
    branch="|",
    last_branch="`",
    trunk="|",
    pointer=">",
    leads_to=">",
    ascending="^",
    descending="v",
    grade_full="*",
    grade_empty="o",
    live="*",
    syncing="~",
    stale="!",
    denied="x",
    armed="#",
    ellipsis="~",
    minus="-",
    separator="-",
)


def glyphs_for(encoding: str, env: Mapping[str, str]) -> Glyphs:
    """The set for a terminal: Unicode where stdout's encoding can carry it, and no locale speaks against it.

    Of a locale that is set, UTF-8 has to be its named encoding; C and POSIX name none, which is ASCII.
    """
    locale = next((env[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if env.get(name)), "UTF-8")
    is_unicode = all("utf8" in one.lower().replace("-", "") for one in (encoding, locale))
    return UNICODE if is_unicode else ASCII
