"""The streams of one run: a reflector for each kind that is watched, and what their state means for all of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tui.cluster.errors import ClusterError, Refused, Unreachable
from tui.cluster.kinds import DEPLOYMENTS, WATCHED
from tui.cluster.liveness import Liveness
from tui.cluster.reflector import SILENCE_S, Reflector
from tui.cluster.stream_status import StreamStatus
from tui.session.source import Source


class Streams:
    """Namespace and selector are those of the source."""

    def __init__(self, source: Source, clock: Callable[[], float], rng: random.Random) -> None:
        self._clock = clock
        self.reflectors: tuple[Reflector[Any], ...] = tuple(
            Reflector(
                source.connection,
                kind,
                namespace=source.namespace if kind.resource.namespaced else None,
                selector=source.selector if kind is DEPLOYMENTS else "",
                clock=clock,
                rng=rng,
            )
            for kind in WATCHED
        )

    @property
    def statuses(self) -> list[StreamStatus]:
        """How each kind's stream is doing."""
        return [reflector.status for reflector in self.reflectors]

    @property
    def not_live(self) -> list[StreamStatus]:
        """Those that have to be live for an honest picture, and are not."""
        return [one for one in self.statuses if one.needed and one.state is not Liveness.LIVE]

    def doubt(self) -> str:
        """Why what is known must not be acted upon, or ""."""
        now = self._clock()
        states = ((one.kind, liveness(one, now)) for one in self.statuses if one.needed)
        doubtful = ((kind, state) for kind, state in states if state is not Liveness.LIVE)
        return next((f"what is shown of {kind}s is {state.value}" for kind, state in doubtful), "")

    def hopeless(self) -> ClusterError | None:
        """What will not be otherwise in a moment: a denial, or a first list that is none."""
        denied = (one.error for one in self.not_live if one.state is Liveness.DENIED)
        nonsense = (
            one.error
            for one in self.statuses
            if one.needed and not one.lists and one.error and not isinstance(one.error, Refused | Unreachable)
        )
        return next(denied, None) or next(nonsense, None)


def liveness(stream: StreamStatus, now: float) -> Liveness:
    """As the stream says, but for silence: that is seen from here even where its reader has not woken up."""
    is_silent = stream.last_frame is not None and now - stream.last_frame > SILENCE_S
    return Liveness.STALE if is_silent and stream.state is Liveness.LIVE else stream.state
