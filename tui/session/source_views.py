"""A source and its streams as news for people: the honest line, and what stands behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.chaos.guard import Guard
from tui.clean import one_line
from tui.cluster.liveness import Liveness
from tui.cluster.stream_status import StreamStatus
from tui.session.drift_news import DeclarationNews
from tui.session.source import Source
from tui.session.source_news import SourceNews, StreamNews
from tui.session.streams import liveness
from tui.world import World


def source_news(
    source: Source,
    guard: Guard,
    streams: Sequence[StreamStatus],
    world: World,
    coalesced: Mapping[str, int],
    now: float,
    declaration: DeclarationNews | None = None,
) -> SourceNews:
    """Which source, and whether it can be believed now: as good as the worst stream that is needed."""
    context = source.connection.context
    needed = [stream for stream in streams if stream.needed]
    armed_since = guard.armed_since  # once: the session's own thread may put the catch back on meanwhile
    worst = max(needed, key=lambda stream: _WORST_LAST.index(liveness(stream, now)))
    state, error = liveness(worst, now), worst.error  # once: the streams go on meanwhile
    ages = [now - stream.last_frame for stream in streams if stream.last_frame is not None]
    if state in (Liveness.STALE, Liveness.DENIED):
        age = now - worst.last_frame if worst.last_frame is not None else None
    else:
        age = min(ages, default=None)
    return SourceNews(
        context=one_line(context.name),
        nature=context.nature,
        server=one_line(context.shown_server),
        version=one_line(source.connection.server_version),
        namespace=one_line(source.namespace) if source.namespace else None,
        selector=one_line(source.selector),
        state=state,
        age_s=age,
        error=one_line(str(error)) if error else _silence(worst, state),
        note=one_line(source.note),
        armed_for_s=None if armed_since is None else max(0.0, now - armed_since),
        read_only=guard.read_only,
        must_type=guard.must_type,
        streams=tuple(
            _stream(stream, world.known(stream.kind), coalesced.get(stream.kind, 0), now)
            for stream in streams
        ),
        declaration=declaration,
    )


def _silence(stream: StreamStatus, state: Liveness) -> str:
    return f"no word of its {stream.kind}s" if state is Liveness.STALE else ""


_WORST_LAST = (Liveness.LIVE, Liveness.SYNCING, Liveness.STALE, Liveness.DENIED)


def _stream(stream: StreamStatus, objects: int | None, coalesced: int, now: float) -> StreamNews:
    error = stream.error
    return StreamNews(
        kind=stream.kind,
        state=stream.state,
        needed=stream.needed,
        state_for_s=now - stream.since,
        age_s=None if stream.last_frame is None else now - stream.last_frame,
        objects=objects,
        frames=stream.frames,
        events_per_s=stream.rate.per_second(now),
        coalesced=coalesced,
        reconnects=max(0, stream.watches - 1),
        relists=max(0, stream.lists - 1),
        streamed_list=stream.streamed_list,
        undecodable=stream.undecodable,
        repeated=stream.repeated,
        unseen_deaths=stream.unseen_deaths,
        error=one_line(str(error)) if error else "",
        last_error=one_line(stream.last_error),
        last_error_age_s=None if stream.last_error_at is None else now - stream.last_error_at,
    )
