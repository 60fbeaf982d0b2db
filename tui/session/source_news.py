"""What a session tells of its source and of each stream: frozen values whose text has been cleaned."""

from __future__ import annotations

from dataclasses import dataclass

from tui.cluster.contexts import Nature
from tui.cluster.liveness import Liveness
from tui.session.drift_news import DeclarationNews


def nature_word(nature: Nature) -> str:
    """How a source is called where it can't be missed."""
    return "SANDBOX" if nature is Nature.SANDBOX else nature.value


@dataclass(frozen=True, slots=True)
class StreamNews:
    """How one kind's stream is doing. Counters begin with the session."""

    kind: str
    state: Liveness
    needed: bool
    """Whether there is no honest picture without it."""
    state_for_s: float
    age_s: float | None
    """Since the last bytes; None while none have come."""
    objects: int | None
    """How many are known; None, never 0, before there is a complete list."""
    frames: int
    events_per_s: float
    coalesced: int
    """Changes that were replaced by a newer one of the same Deployment before anybody was told."""
    reconnects: int
    relists: int
    streamed_list: bool
    """Whether its list came as a stream."""
    undecodable: int
    """Objects and frames that could not be read."""
    repeated: int
    """Frames that a server sent again."""
    unseen_deaths: int
    """Objects that were gone after a relist: their final state is unknown."""
    error: str
    """What is wrong now, or ""."""
    last_error: str
    """What was wrong last, also when it has been mended, or ""."""
    last_error_age_s: float | None


@dataclass(frozen=True, slots=True)
class SourceNews:
    """Which source this is, and whether it can be believed now."""

    context: str
    nature: Nature
    server: str
    version: str
    namespace: str | None
    """None is all namespaces."""
    selector: str
    state: Liveness
    age_s: float | None
    """Seconds since the last frame: of any stream while live, of the one that stopped while stale."""
    error: str
    note: str
    armed_for_s: float | None
    read_only: bool
    must_type: bool
    streams: tuple[StreamNews, ...] = ()
    declaration: DeclarationNews | None = None
    """None where nothing was declared to us."""
