"""What can be asked of one run: everything that its engine knows, as news for people, as of now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tui.chaos import catalogue
from tui.reconcile.heal import Heal
from tui.session import drift_views, heal_views, source_views, views
from tui.session.applying import needs as needs_of_apply
from tui.session.assessment import Assessment
from tui.session.drift_news import DeclarationNews, PlannedNews
from tui.session.heal_news import HealNews
from tui.session.news import DeploymentDetail, FleetRow, Link
from tui.session.source_news import SourceNews

if TYPE_CHECKING:
    from tui.session.engine import Engine


class Overview:
    """Asks the parts of the engine, on its loop unless it says otherwise; only `rows` has something done."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._counted: tuple[int, DeclarationNews] | None = None
        """What was declared in numbers, with the version of the declaration that was counted."""

    # ---------------------------------------------------------------- Deployments

    def rows(self) -> list[FleetRow]:
        """All rows as they are now, computed anew."""
        engine = self._engine
        for uid in engine.world.deployments.by_uid:
            engine.gauge.measure(uid, engine.now())
        return [self.row(uid) for uid in engine.world.deployments.by_uid]

    def row(self, uid: str) -> FleetRow:
        """One Deployment's row as of its last assessment."""
        engine = self._engine
        tugs = engine.tugs.of(uid, engine.now())
        return views.row(
            uid,
            engine.world,
            engine.gauge.gaps[uid],
            engine.chronicle.record(uid),
            drift=drift_views.drift(self._assessment(uid)),
            tug=drift_views.tug(tugs[0]) if tugs else None,
        )

    def detail(self, uid: str) -> DeploymentDetail | None:
        """The whole picture of one Deployment, or None when it is gone."""
        engine = self._engine
        if uid not in engine.world.deployments.by_uid or uid not in engine.gauge.gaps:
            return None
        target = engine.target(uid)
        seen = views.detail(
            self.row(uid),
            engine.world,
            engine.chronicle,
            engine.permissions.objection(catalogue.find("delete-pod").rights(target)),
            self.chain(uid),
            engine.survey.keyed(target),
        )
        return replace(seen, **self._declared(uid))

    def chain(self, uid: str) -> tuple[Link, ...]:
        """Why one Deployment is not as asked for yet, link by link, as of its last assessment."""
        engine = self._engine
        gap, server_now = engine.gauge.gaps[uid], engine.server_now()
        return views.links(uid, engine.world, gap, server_now=server_now, at=engine.now())

    # ---------------------------------------------------------------- heals

    def heals(self) -> tuple[HealNews, ...]:
        """Every heal that is kept, newest first; may be called from any thread."""
        return heal_views.heals(self._engine.world, self._engine.chronicle, self._engine.now())

    def heal_news(self, heal: Heal) -> HealNews:
        """That heal in numbers, as of now; a Deployment that is gone has no name any more."""
        engine = self._engine
        deployment = engine.world.deployments.by_uid.get(heal.deployment_uid)
        namespace, name = (
            (deployment.metadata.namespace, deployment.metadata.name) if deployment else ("", "")
        )
        return heal_views.heal_news(
            heal, namespace, name, engine.chronicle.moments_of(heal.deployment_uid), engine.now()
        )

    def settled_since(self, count: int) -> tuple[int, list[HealNews]]:
        """The heals that settled after the first `count` of them, in order, and how many there have been in all."""
        clock = self._engine.chronicle.clock
        fresh = min(clock.filed_count - count, len(clock.filed))
        newest = list(clock.filed)[len(clock.filed) - fresh :]
        return clock.filed_count, [heal_views.filed_news(filed) for filed in newest]

    # ---------------------------------------------------------------- the source, and what was declared

    def planned(self) -> tuple[PlannedNews, ...]:
        """Everything that is not as declared, field by field; may be called from any thread."""
        engine = self._engine
        if engine.declaration is None:
            return ()
        server_now = engine.server_now()
        return drift_views.planned(engine.declaration, server_now=server_now, at=engine.now())

    def source_news(self) -> SourceNews:
        """The honest line: which source, and whether it can be believed now."""
        engine = self._engine
        return source_views.source_news(
            engine.source,
            engine.guard,
            engine.streams,
            engine.world,
            engine.coalesced,
            engine.now(),
            self._declaration_news(),
        )

    # ---------------------------------------------------------------- inside

    def _declared(self, uid: str) -> dict[str, Any]:
        """What the detail of a Deployment says of drift."""
        engine = self._engine
        at, meta = engine.now(), engine.world.deployments.by_uid[uid].metadata
        told: dict[str, Any] = {"tugs": tuple(map(drift_views.tug, engine.tugs.of(uid, at)))}
        known = self._assessment(uid)
        if engine.declaration is not None and known is not None:
            objection = engine.permissions.objection(needs_of_apply(meta.namespace))
            told["declared"] = drift_views.declared(engine.declaration, meta.key, objection)
            told["drift"] = drift_views.fields(known.fields, server_now=engine.server_now(), at=at)
        return told

    def _declaration_news(self) -> DeclarationNews | None:
        """All that is declared in numbers, counted only when one of them may have changed: they can be thousands."""
        declaration, counted = self._engine.declaration, self._counted
        if declaration is None:
            return None
        if counted is None or counted[0] != declaration.version:
            counted = self._counted = declaration.version, drift_views.declaration_news(declaration)
        return replace(counted[1], loop=drift_views.loop(declaration.loop))

    def _assessment(self, uid: str) -> Assessment | None:
        engine = self._engine
        if engine.declaration is None:
            return None
        return engine.declaration.assessment(engine.world.deployments.by_uid[uid].metadata.key)
