"""The table: what was measured, beside its peers of the same run and its budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

HEAD = ("what", "measured", "peer", "ratio", "budget", "met")


@dataclass(frozen=True)
class Result:
    """One line; `met` None is a line for comparison that has no budget of its own."""

    what: str
    measured: str
    peer: str = ""
    ratio: str = ""
    budget: str = ""
    met: bool | None = None


def render(results: Sequence[Result]) -> str:
    """All lines, aligned."""
    lines = [HEAD, *(tuple(map(_word, astuple(result))) for result in results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    laid_out = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    ]
    return "\n".join(line.rstrip() for line in laid_out)


def _word(cell: object) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "met" if cell else "MISSED"
    return str(cell)
