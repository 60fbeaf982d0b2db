"""One link of the chain that says why not yet. Texts may quote a cluster: they are cleaned where they are shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChainLink:
    """What it is about, what is the matter, and what has to happen next. Moments are epoch seconds of the server."""

    subject: str
    text: str = ""
    """"" where it only leads to the next link."""
    waits_for: str = ""
    """What has to happen next, and by whom; what is in brackets at its end explains it."""
    due: float | None = None
    """When that is due by the clock alone."""
    since: float | None = None
    """Since when it is so."""
    hopeless: bool = False
    """Whether no controller will close it: somebody has to act."""
    aside: bool = False
    """Whether it is no reason for the gap, but stands in the way of something else."""


def counted(number: int, word: str) -> str:
    """1 pod, 2 pods."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
