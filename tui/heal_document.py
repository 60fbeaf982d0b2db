"""Heals as a document: JSON Lines, or CSV where the path says so."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tui.session.news import HealNews


def export_heals(heals: Sequence[HealNews], path: Path) -> None:
    """Writes them, one a line; OSError where that can't be."""
    records = [asdict(heal) for heal in heals]
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            writer = csv.DictWriter(file, fieldnames=list(records[0]) if records else [])
            writer.writeheader()
            writer.writerows(records)
        else:
            file.writelines(json.dumps(record) + "\n" for record in records)
