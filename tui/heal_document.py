"""A heal as numbers for machines and as one line for people: the same everywhere that gapwatch tells of it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tui.session.heal_news import HealNews

COLUMNS = (
    "namespace",
    "deployment",
    "uid",
    "kind",
    "cause",
    "opened_at",
    "dead_s",
    "depth",
    "total_s",
    "overshoot",
    "lost_pod_s",
    "settled_s",
    "guessed",
    "phases",
)
"""The columns of the CSV, in order; a phase is told as `name=seconds`, with `;` between them."""


def heal_numbers(news: HealNews) -> dict[str, Any]:
    """What was measured: seconds since the opening with 3 decimals, counts in pods, null for what is not known (yet).

    `total_s`: until the gap was closed. `settled_s`: until it had been closed for max(minReadySeconds, 5 s).
    `lost_pod_s`: pod-seconds. `phases`: in order, each begins where the one before it ended.
    """
    return {
        "kind": news.kind.value,
        "opened_at": news.opened_at or None,
        "phases": [
            {
                "name": phase.name,
                "from_s": _since(news, phase.began),
                "to_s": None if phase.ended is None else _since(news, phase.ended),
            }
            for phase in news.phases
        ],
        "dead_s": _rounded(news.dead_s),
        "depth": news.depth,
        "total_s": _rounded(news.total_s),
        "overshoot": news.overshoot,
        "lost_pod_s": _rounded(news.lost_pod_s),
        "settled_s": None if news.settled is None else _since(news, news.settled),
        "guessed": news.guessed,
    }


def heal_record(news: HealNews) -> dict[str, Any]:
    """The same with the names of what healed, as one line of an export."""
    named = {
        "namespace": news.namespace,
        "deployment": news.deployment,
        "uid": news.deployment_uid,
        "cause": news.cause,
    }
    return {**named, **heal_numbers(news)}


def json_line(news: HealNews) -> str:
    """One heal as one line of JSON."""
    return json.dumps(heal_record(news))


def csv_header() -> str:
    """The names of the columns."""
    return _csv_line(COLUMNS)


def csv_line(news: HealNews) -> str:
    """One heal as one row of CSV; what is not known is empty."""
    told = heal_record(news)
    told["guessed"] = "true" if news.guessed else "false"
    told["phases"] = ";".join(
        f"{phase.name}=" + ("" if phase.ended is None else f"{phase.ended - phase.began:.3f}")
        for phase in news.phases
    )
    return _csv_line([told[column] for column in COLUMNS])


def export_heals(heals: Sequence[HealNews], path: Path) -> None:
    """Writes the heals to `path` in the order given: CSV if its name ends so, else JSON Lines. OSError as of open()."""
    is_csv = path.suffix.lower() == ".csv"
    lines = [csv_header(), *map(csv_line, heals)] if is_csv else list(map(json_line, heals))
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def sentence(news: HealNews) -> str:
    """The numbers for people: "rollout · total 4.20 s · dead 0.10 s · depth 1 · 3.70 pod-seconds lost"."""
    parts = [news.kind.value]
    parts += [f"total {news.total_s:.2f} s"] if news.total_s is not None else []
    parts += [f"dead {news.dead_s:.2f} s"] if news.dead_s is not None else []
    parts += [f"depth {news.depth}"]
    parts += [f"overshoot {news.overshoot}"] if news.overshoot else []
    parts += [f"{news.lost_pod_s:.2f} pod-seconds lost"]
    parts += ["which pod replaced which is a guess"] if news.guessed else []
    return " · ".join(parts)


def _csv_line(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _since(news: HealNews, moment: float) -> float:
    return round(max(0.0, moment - news.opened), 3)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
