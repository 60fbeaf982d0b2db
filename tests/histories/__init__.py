"""Watch streams recorded from a real Kubernetes 1.36 control plane, with truth files made from the server's own data.

`replay` plays one into a world at its own times, as the engine would.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tui.cluster.kinds import WATCHED
from tui.facts import parse_time
from tui.world import Known, Update, World

HERE = Path(__file__).parent
DECODERS = {kind.name: kind.item for kind in WATCHED}


@dataclass(frozen=True)
class Moment:
    """What one frame did to the world: `at` seconds since the recording began, `now` the server's clock."""

    at: float
    now: float
    updates: list[Update]


def truth(name: str) -> dict[str, Any]:
    """The truth file of a recording."""
    loaded: dict[str, Any] = json.loads((HERE / f"{name}.truth.json").read_text())
    return loaded


def lines(name: str) -> Iterator[dict[str, Any]]:
    """The recording's lines as plain data."""
    with gzip.open(HERE / f"{name}.jsonl.gz", "rb") as file:
        for line in file:
            yield msgspec.json.decode(line)


@dataclass(frozen=True)
class Change:
    """One frame as it came: the list comes at second 0."""

    at: float
    now: float
    fact: Known
    is_gone: bool = False

    def into(self, world: World) -> list[Update]:
        """Has the world take it."""
        take = world.remove if self.is_gone else world.put
        return take(type(self.fact).__name__, self.fact)


def changes(name: str) -> Iterator[Change]:
    """The list, object by object, and then frame by frame what was watched."""
    recorded = lines(name)
    started = parse_time(next(recorded)["started"]) or 0.0
    for line in recorded:
        if "object" in line and line["type"] != "BOOKMARK":
            yield Change(line["t"], started + line["t"], _fact(line["object"]), line["type"] == "DELETED")


def replay(name: str, world: World) -> Iterator[Moment]:
    """Puts the list into the world, then frame by frame what was watched."""
    listed: dict[str, list[Known]] = {kind.name: [] for kind in WATCHED}
    began = False
    for change in changes(name):
        if not change.at:
            listed[type(change.fact).__name__].append(change.fact)
            continue
        if not began:
            began = True
            for kind, facts in listed.items():
                world.replace(kind, facts)
            yield Moment(0.0, change.now - change.at, [])
        yield Moment(change.at, change.now, change.into(world))


def _fact(raw: dict[str, Any]) -> Known:
    fact: Known = DECODERS[raw["kind"]].decode(msgspec.json.encode(raw))
    return fact
