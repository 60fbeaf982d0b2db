"""What stands in the table while it has no rows: never just nothing, and what to do about it."""

from __future__ import annotations

from tui.cluster.liveness import Liveness
from tui.screens.base import Tally
from tui.session.source_news import SourceNews

WAITING = "waiting for the first complete list …"


def why_empty(source: SourceNews | None, tally: Tally, failed: str, *, only_gaps: bool) -> str:
    """One line for a table without rows; `only_gaps` says that nothing but gaps was asked for."""
    if failed:
        return failed
    if tally.deployments is None:
        return f"no complete list yet: {source.error}" if source is not None and source.error else WAITING
    if not tally.deployments:
        return _no_deployments(source)
    if only_gaps and not tally.gaps:
        if source is not None and source.state in (Liveness.STALE, Liveness.DENIED):
            return "no gaps when last heard of: what has happened since is not known"
        if tally.unsettled:
            return f"no gaps: nothing is short of pods, {tally.unsettled} not settled yet (^z shows all)"
        return "no gaps: everything is as asked for"
    return "nothing matches: esc shows all again"


def _no_deployments(source: SourceNews | None) -> str:
    where = "in this cluster" if source is None or source.namespace is None else f"in {source.namespace}"
    labelled = f" with {source.selector}" if source is not None and source.selector else ""
    widen = "" if source is None or source.namespace is None else "0 looks at all namespaces, "
    return f"there are no Deployments {where}{labelled}: {widen}X looks at another cluster"
