"""The contrast on a sandbox: two copies, the same strokes, counted from one moment on, and nothing left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.liveshop import LiveShop
from tests.session.test_session import Reader, a_session
from tests.waiting import PATIENCE_S, until
from tui.chaos.contrast import EDITED_IMAGES, IMAGE, NAMESPACE, ONCE, RECONCILED, Stroke
from tui.cluster.errors import ClusterError
from tui.sandbox.loops.client import DEPLOYMENTS, NAMESPACES, PODS
from tui.session.contrast_news import ContrastNews, ContrastPhase, LaneNews

EDITED_POD = "spec.containers[podinfo].image"
EDITED_TEMPLATE = "spec.template.spec.containers[podinfo].image"


class Watcher:
    """A session's reader that keeps what was told last of the contrast."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.session = reader.session
        self.told: ContrastNews | None = None

    @property
    def now(self) -> ContrastNews:
        assert self.told is not None
        return self.told

    @property
    def once(self) -> LaneNews:
        return self.now.once

    @property
    def reconciled(self) -> LaneNews:
        return self.now.reconciled

    async def until(self, fact: Any) -> None:
        def told() -> object:
            news = self.reader.take()
            self.told = news.contrast or self.told
            return self.told is not None and fact()

        await until(told)

    async def started(self) -> None:
        said = len(self.reader.notices)
        self.session.contrast.start()
        await self.until(lambda: self.now.phase is ContrastPhase.RUNNING or len(self.reader.notices) > said)
        assert self.now.phase is ContrastPhase.RUNNING, self.reader.notices[said:]
        await self.until(
            lambda: all(lane.drift and lane.drift.holds for lane in (self.once, self.reconciled))
        )


@asynccontextmanager
async def watching(shop: LiveShop, **options: Any) -> AsyncIterator[Watcher]:
    async with a_session(shop, **options) as reader:
        await reader.synced_up()
        yield Watcher(reader)


async def spaces(shop: LiveShop) -> set[str]:
    """The contrast's namespaces that are not on their way out."""
    return {
        one["metadata"]["name"]
        for one in await shop.every(NAMESPACES)
        if one["metadata"]["name"].startswith(NAMESPACE) and "deletionTimestamp" not in one["metadata"]
    }


async def all_gone(shop: LiveShop) -> None:
    """Waits until nothing of it exists any more."""
    async with asyncio.timeout(PATIENCE_S):
        while any(  # noqa: ASYNC110 - its going is not ours to signal
            one["metadata"]["name"].startswith(NAMESPACE) for one in await shop.every(NAMESPACES)
        ):
            await asyncio.sleep(0.02)
    left = [*await shop.every(PODS), *await shop.every(DEPLOYMENTS)]
    assert not [one for one in left if one["metadata"]["namespace"].startswith(NAMESPACE)]


async def test_both_begin_at_one_moment_from_the_same_template(shop: LiveShop) -> None:
    async with watching(shop) as watcher:
        await watcher.started()
        space = watcher.now.namespace
        pod = await shop.get(PODS, ONCE, space)
        deployment = await shop.get(DEPLOYMENTS, RECONCILED, space)
        template = deployment["spec"]["template"]["spec"]
        assert pod["spec"]["containers"][0]["image"] == template["containers"][0]["image"] == IMAGE
        assert pod["spec"]["containers"][0]["resources"] == template["containers"][0]["resources"]
        assert deployment["spec"]["replicas"] == 1
        assert "ownerReferences" not in pod["metadata"]
        assert watcher.now.began is not None
        later = watcher.now.began + 60.0
        for lane in (watcher.once, watcher.reconciled):
            assert lane.uptime is not None
            told = lane.uptime.until(later)
            assert told.known_s + told.unknown_s == pytest.approx(60.0)


async def test_a_crash_heals_in_both_and_a_delete_in_one(shop: LiveShop) -> None:
    async with watching(shop) as watcher:
        await watcher.started()
        watcher.session.contrast.strike(Stroke.CRASH)
        await watcher.until(
            lambda: watcher.once.healed_s is not None and watcher.reconciled.healed_s is not None
        )
        await watcher.until(lambda: (watcher.once.struck, watcher.reconciled.struck) == (1, 1))
        watcher.session.contrast.strike(Stroke.DELETE)
        await watcher.until(lambda: watcher.once.missing and watcher.once.state == "not there")
        await watcher.until(lambda: _lapses(watcher.reconciled) == 2 and watcher.reconciled.state == "ready")
        await watcher.until(lambda: [mark.text for mark in watcher.once.marks] == ["crashed", "deleted"])
        assert [mark.at for mark in watcher.once.marks] == [mark.at for mark in watcher.reconciled.marks]
        assert watcher.once.uptime is not None
        assert watcher.once.uptime.holds is False
        assert (watcher.once.by_hand, watcher.reconciled.by_hand) == (0, 0)


async def test_what_is_gone_is_missed_and_the_other_is_hit_all_the_same(shop: LiveShop) -> None:
    async with watching(shop) as watcher:
        await watcher.started()
        watcher.session.contrast.strike(Stroke.DELETE)
        await watcher.until(lambda: watcher.once.missing and watcher.reconciled.healed_s is not None)
        watcher.session.contrast.strike(Stroke.CRASH)
        await watcher.until(lambda: watcher.reconciled.struck == 2 and watcher.now.note)
        assert (watcher.once.struck, watcher.once.missed) == (1, 1)
        assert [mark.hit for mark in watcher.once.marks] == [True, False]
        assert "no bare pod" in watcher.now.note
        assert watcher.reader.notices == []


async def test_a_hand_edit_stays_in_both_until_each_is_reapplied(shop: LiveShop) -> None:
    async with watching(shop) as watcher:
        await watcher.started()
        watcher.session.contrast.strike(Stroke.EDIT)
        await watcher.until(lambda: watcher.once.fields and watcher.reconciled.fields)
        await watcher.until(lambda: watcher.reconciled.state == "ready")
        (bare,), (template,) = watcher.once.fields, watcher.reconciled.fields
        assert (bare.path, bare.declared, bare.desired) == (EDITED_POD, IMAGE, EDITED_IMAGES[0])
        assert (template.path, template.desired) == (EDITED_TEMPLATE, EDITED_IMAGES[0])
        watcher.session.contrast.reapply(ONCE)
        await watcher.until(lambda: watcher.once.by_hand == 1 and not watcher.once.fields)
        assert watcher.reconciled.fields, "and the Deployment's drift is nobody's to close"
        assert watcher.reconciled.uptime is not None
        watcher.session.contrast.reapply(RECONCILED)
        await watcher.until(lambda: watcher.reconciled.by_hand == 1 and not watcher.reconciled.fields)
        for lane in (watcher.once, watcher.reconciled):
            assert lane.drift is not None
            assert lane.drift.lapses == 1
            assert lane.drift.lapsed_s > 0


async def test_a_reapply_brings_the_bare_pod_back_and_one_without_need_counts_nothing(shop: LiveShop) -> None:
    async with watching(shop) as watcher:
        await watcher.started()
        watcher.session.contrast.reapply(ONCE)
        await watcher.until(lambda: "all is as declared" in watcher.now.note)
        assert watcher.once.by_hand == 0
        watcher.session.contrast.strike(Stroke.DELETE)
        await watcher.until(lambda: watcher.once.missing)
        watcher.session.contrast.reapply(ONCE)
        await watcher.until(lambda: watcher.once.by_hand == 1 and watcher.once.state == "ready")
        assert watcher.once.healed_s is not None
        assert not watcher.once.missing or watcher.once.uptime


async def test_an_interval_is_a_loop_and_counts_apart_from_people(shop: LiveShop) -> None:
    async with watching(shop) as watcher:
        await watcher.started()
        watcher.session.contrast.keep_applying(1.0)
        await watcher.until(lambda: watcher.now.apply_every_s == 1.0)
        watcher.session.contrast.strike(Stroke.DELETE)
        await watcher.until(lambda: watcher.once.by_loop == 1 and watcher.once.state == "ready")
        assert watcher.once.by_hand == 0
        watcher.session.contrast.keep_applying(None)
        await watcher.until(lambda: watcher.now.apply_every_s is None)
        assert watcher.now.apply_due is None


async def test_the_schedule_strikes_by_itself_in_turn_until_it_is_taken_back(shop: LiveShop) -> None:
    async with watching(shop) as watcher:
        await watcher.started()
        watcher.session.contrast.keep_day(1.0)
        await watcher.until(lambda: watcher.now.day is not None and watcher.now.day.struck >= 3)
        await watcher.until(lambda: len(watcher.reconciled.marks) >= 3)
        day = watcher.now.day
        assert day is not None
        assert (day.day_s, day.every_s) == (30.0, 1.0), "no day is shorter"
        assert [mark.text for mark in watcher.reconciled.marks][:3] == ["deleted", "crashed", "edited"]
        assert watcher.reconciled.struck + watcher.reconciled.missed >= 3
        watcher.session.contrast.keep_day(None)
        await watcher.until(lambda: watcher.now.day is None)


async def test_all_goes_with_its_end_and_the_counts_stay(shop: LiveShop) -> None:
    async with watching(shop) as watcher:
        await watcher.started()
        watcher.session.contrast.stop()
        await watcher.until(lambda: watcher.now.phase is ContrastPhase.ENDED)
        assert watcher.now.ended is not None
        assert watcher.once.uptime is not None
        assert watcher.once.uptime.at == watcher.now.ended
        await all_gone(shop)
        watcher.session.contrast.strike(Stroke.DELETE)
        await watcher.until(lambda: watcher.reader.notices)
        assert watcher.reader.notices[-1] == ("error", "not deleted: the contrast is ended")


async def test_whoever_stops_everything_ends_it_and_it_can_start_again(shop: LiveShop) -> None:
    async with watching(shop) as watcher:
        await watcher.started()
        watcher.session.contrast.keep_day(30.0)
        watcher.session.contrast.keep_applying(5.0)
        watcher.session.stop_everything()
        await watcher.until(lambda: watcher.now.phase is ContrastPhase.ENDED)
        assert (watcher.now.day, watcher.now.apply_every_s) == (None, None)
        assert watcher.once.uptime is not None
        watcher.session.arm()
        await watcher.started()
        assert watcher.once.marks == ()
        assert await spaces(shop) == {watcher.now.namespace}


async def test_the_end_of_the_session_takes_it_away(shop: LiveShop) -> None:
    async with watching(shop) as watcher:
        await watcher.started()
        assert await spaces(shop) == {NAMESPACE}
    await all_gone(shop)


async def test_a_name_that_is_taken_is_left_alone(shop: LiveShop) -> None:
    theirs = {"metadata": {"name": NAMESPACE}}
    await shop.create(NAMESPACES, theirs)
    try:
        async with watching(shop) as watcher:
            await watcher.started()
            assert watcher.now.namespace.startswith(f"{NAMESPACE}-")
        assert await spaces(shop) == {NAMESPACE}
    finally:
        await shop.remove(NAMESPACES, await shop.get(NAMESPACES, NAMESPACE))
        await all_gone(shop)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"namespace": "shop"}, "it needs to see all namespaces: start with -A (now: shop alone)"),
        ({"selector": "app=web"}, "it needs to see every Deployment: start without -l app=web"),
    ],
)
async def test_where_it_could_not_be_seen_it_is_not_started(
    shop: LiveShop, options: dict[str, str], why: str
) -> None:
    async with watching(shop, **options) as watcher:
        watcher.session.contrast.look()
        await watcher.until(lambda: watcher.now.objection == why)
        watcher.session.contrast.start()
        await watcher.until(lambda: watcher.reader.notices)
        assert watcher.reader.notices == [("error", f"not started: {why}")]
        assert watcher.now.phase is ContrastPhase.OFF
        assert shop.writes == []


async def test_c01_disarmed_nothing_is_created_struck_or_applied(shop: LiveShop) -> None:
    async with watching(shop) as watcher:
        watcher.session.disarm()
        watcher.session.contrast.start()
        await watcher.until(lambda: watcher.reader.notices)
        assert watcher.reader.notices == [("error", "not started: disarmed on sandbox gapwatch-sandbox")]
        assert shop.writes == []
        watcher.session.arm()
        await watcher.started()
        watcher.session.disarm()
        shop.sandbox.server.requests.clear()
        watcher.session.contrast.strike(Stroke.DELETE)
        await watcher.until(lambda: watcher.once.missed == 1 and watcher.reconciled.missed == 1)
        watcher.session.contrast.reapply(ONCE)
        await watcher.until(lambda: len(watcher.reader.notices) == 3)
        assert [text.partition(":")[0] for _, text in watcher.reader.notices[1:]] == [
            "not deleted",
            "not re-applied",
        ]
        assert shop.writes == []


async def test_c01_read_only_creates_nothing(shop: LiveShop) -> None:
    async with watching(shop, read_only=True) as watcher:
        watcher.session.contrast.start()
        await watcher.until(lambda: watcher.reader.notices)
        assert watcher.reader.notices == [("error", "not started: started with --read-only")]
        assert shop.writes == []


async def test_drift_counts_neither_way_while_nobody_watches(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watching(shop) as watcher:
        await watcher.started()
        engine = watcher.session._engine
        assert engine is not None
        monkeypatch.setattr(engine, "doubt", lambda: "what is shown of Pods is stale")
        await watcher.until(lambda: watcher.once.drift and watcher.once.drift.holds is None)
        assert watcher.reconciled.drift is not None
        assert watcher.reconciled.drift.holds is None
        assert watcher.once.uptime is not None
        assert watcher.once.uptime.holds is None
        monkeypatch.undo()
        await watcher.until(
            lambda: all(lane.drift and lane.drift.holds for lane in (watcher.once, watcher.reconciled))
        )
        assert watcher.once.drift is not None
        assert watcher.once.drift.unknown_s > 0.0


async def test_a_look_that_failed_is_taken_again(shop: LiveShop, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watching(shop) as watcher:
        await watcher.started()
        engine = watcher.session._engine
        assert engine is not None
        gateway, failed = engine.desk.reach.gateway, asyncio.Event()

        async def fails(*_: Any, **__: Any) -> Any:
            failed.set()
            raise ClusterError("context", "did not answer")

        with monkeypatch.context() as patched:
            patched.setattr(gateway, "read", fails)
            await shop.patch(PODS, ONCE, {"metadata": {"labels": {"seen": "now"}}}, watcher.now.namespace)
            await watcher.until(
                lambda: all(
                    lane.drift and lane.drift.holds is None for lane in (watcher.once, watcher.reconciled)
                )
            )
            assert failed.is_set()
        await watcher.until(
            lambda: all(lane.drift and lane.drift.holds for lane in (watcher.once, watcher.reconciled))
        )


def _lapses(lane: LaneNews) -> int:
    return lane.uptime.lapses if lane.uptime is not None else 0
