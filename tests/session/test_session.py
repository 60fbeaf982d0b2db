"""The session on its thread: news that wait until they are taken, requests that return at once, and its end."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.build import a_deployment, a_pod, a_replicaset
from tests.liveshop import KEYS, LiveShop
from tests.waiting import until
from tui.cluster.liveness import Liveness
from tui.reconcile.explain import Cause
from tui.reconcile.gap import measure
from tui.reconcile.heal import HealKind
from tui.session.engine import Batch
from tui.session.news import DeploymentDetail, FleetRow, News
from tui.session.session import Session
from tui.session.source import Options

VIEWER = "gapwatch-sandbox-viewer"


class Reader:
    """Takes a session's news as a screen would, and keeps what they said."""

    def __init__(self, options: Options) -> None:
        self.pings = 0
        self.rows: dict[str, FleetRow] = {}
        self.removed: set[str] = set()
        self.details: list[DeploymentDetail] = []
        self.notices: list[tuple[str, str]] = []
        self.failed = ""
        self.synced = False
        self.session = Session(options, self._ping, random.Random(1))

    def _ping(self) -> None:
        assert threading.current_thread() is not threading.main_thread()
        self.pings += 1

    def take(self) -> News:
        news = self.session.take()
        self.rows |= {row.key: row for row in news.rows.values()}
        self.removed |= news.removed
        if news.detail is not None:
            self.details.append(news.detail)
        self.notices += news.notices
        self.failed = self.failed or news.failed
        self.synced |= news.synced
        return news

    async def until(self, fact: Any) -> None:
        def told() -> object:
            self.take()
            return fact()

        await until(told)

    async def synced_up(self) -> None:
        await self.until(lambda: self.synced)


@asynccontextmanager
async def a_session(shop: LiveShop, **options: Any) -> AsyncIterator[Reader]:
    reader = Reader(Options(**{"kubeconfig": shop.kubeconfig, **options}))
    reader.session.start()
    try:
        yield reader
    finally:
        await asyncio.to_thread(reader.session.close)


async def test_the_first_news_are_the_whole_fleet(shop: LiveShop) -> None:
    async with a_session(shop) as reader:
        await reader.synced_up()
        assert sorted(reader.rows) == KEYS
        source = reader.session.source()
        assert source is not None
        assert (source.context, source.state) == ("gapwatch-sandbox", Liveness.LIVE)


# ---------------------------------------------------------------- news that wait


def a_row(uid: str = "u1", available: int = 1) -> FleetRow:
    gap = measure(a_deployment(3), [a_replicaset()], [a_pod(f"p{n}") for n in range(available)], 0.0)
    return FleetRow(uid, "shop", f"name-{uid}", "1", gap, False, Cause.NONE, "", None, False, None)


def asleep() -> tuple[Session, list[None]]:
    """A session that was never started, and its pings."""
    pings: list[None] = []
    return Session(Options(), lambda: pings.append(None)), pings


def test_many_changes_between_two_looks_are_the_last_row_of_each() -> None:
    session, pings = asleep()
    for available in (1, 2, 3):
        session._put(Batch((a_row("u1", available), a_row("u2")), ()))
    news = session.take()
    assert news.synced
    assert {uid: row.gap.available for uid, row in news.rows.items()} == {"u1": 3, "u2": 1}
    assert len(pings) == 1
    assert session.take() == News(), "and they are told once"


def test_the_next_ping_comes_after_the_next_look() -> None:
    session, pings = asleep()
    for looks in (1, 2, 3):
        session._put(Batch((a_row(),), ()))
        session._put(Batch((a_row(),), ()))
        assert len(pings) == looks
        session.take()


def test_what_came_and_went_between_two_looks_is_only_gone() -> None:
    session, _ = asleep()
    session._put(Batch((a_row("u1"), a_row("u2")), ()))
    session._put(Batch((), ("u1",)))
    news = session.take()
    assert list(news.rows) == ["u2"]
    assert news.removed == {"u1"}


async def test_another_clients_changes_come_as_they_ended(shop: LiveShop) -> None:
    async with a_session(shop) as reader:
        await reader.synced_up()
        for replicas in (5, 1, 4):
            await shop.scale("web", replicas)
        await reader.until(lambda: reader.rows["shop/web"].gap.available == 4)
        await shop.delete("api")
        uid = reader.rows["shop/api"].uid
        await reader.until(lambda: uid in reader.removed)


# ---------------------------------------------------------------- focus


async def test_focus_tells_everything_at_once_and_after_every_change(shop: LiveShop) -> None:
    async with a_session(shop) as reader:
        await reader.synced_up()
        assert reader.details == []
        uid = reader.rows["shop/web"].uid
        reader.session.focus(uid)
        await reader.until(lambda: reader.details)
        assert reader.details[-1].row.key == "shop/web"
        (replicaset,) = reader.details[-1].replicasets
        assert len(replicaset.pods) == 3
        await shop.scale("web", 5)
        await reader.until(lambda: reader.details[-1].row.gap.available == 5)
        await shop.scale("api", 4)
        await reader.until(lambda: reader.rows["shop/api"].gap.available == 4)
        assert {detail.row.key for detail in reader.details} == {"shop/web"}


async def test_focus_learns_the_rights_of_its_namespace(shop: LiveShop) -> None:
    async with a_session(shop) as reader:
        await reader.synced_up()
        reader.session.focus(reader.rows["shop/web"].uid)
        await reader.until(lambda: reader.details and reader.details[-1].objection == "")
        assert shop.writes == []


async def test_focus_on_what_is_gone_tells_nothing(shop: LiveShop) -> None:
    async with a_session(shop) as reader:
        await reader.synced_up()
        reader.session.focus("uid-of-nothing")
        reader.session.focus(None)
        await shop.scale("api", 3)
        await reader.until(lambda: reader.rows["shop/api"].gap.available == 3)
        assert reader.details == []


# ---------------------------------------------------------------- writes


async def test_a_deleted_pod_is_told_as_our_doing(shop: LiveShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.session.gap_clock.SETTLES_AFTER_S", 0.25)
    async with a_session(shop) as reader:
        await reader.synced_up()
        uid = reader.rows["shop/web"].uid
        reader.session.focus(uid)
        reader.session.delete_pod(uid, None)
        await reader.until(
            lambda: reader.details and reader.details[-1].heal and reader.details[-1].heal.settled
        )
        detail = reader.details[-1]
        (mark,) = detail.marks
        assert detail.heal is not None
        assert detail.heal.cause == mark.text
        assert mark.text.startswith("you deleted pod web-")
        actors = [told.actor for told in detail.told]
        assert actors[0] == "you"
        assert {"replicaset", "scheduler", "kubelet"} <= set(actors)
        assert "someone" not in actors
        assert reader.notices == []


async def test_heals_are_told_while_they_are_under_way_and_when_they_are_over(shop: LiveShop) -> None:
    async with a_session(shop) as reader:
        await reader.synced_up()
        assert reader.session.heals() == ()
        uid = reader.rows["shop/web"].uid
        reader.session.delete_pod(uid, None)
        await reader.until(reader.session.heals)
        (under_way,) = reader.session.heals()
        assert (under_way.key, under_way.kind, under_way.settled) == ("shop/web", HealKind.FAULT, None)
        await reader.until(lambda: reader.session.heals()[0].settled)
        (over,) = reader.session.heals()
        assert over.opened == under_way.opened
        assert over.total_s is not None
        assert over.settled == pytest.approx(over.opened + over.total_s + 5.0)
        assert over.phases[-1].ended == pytest.approx(over.opened + over.total_s)
    assert reader.session.heals() == (), "without a source there are none"


async def test_a_fault_that_is_refused_is_a_notice(shop: LiveShop) -> None:
    async with a_session(shop) as reader:
        await reader.synced_up()
        reader.session.delete_pod(reader.rows["shop/web"].uid, "uid-nope")
        reader.session.delete_pod("uid-of-nothing", None)
        await reader.until(lambda: len(reader.notices) == 2)
        assert sorted(reader.notices) == [
            ("error", "not deleted: that Deployment is gone"),
            ("error", "not deleted: the selected pod is gone already"),
        ]
        assert shop.writes == []


async def test_c07_a_viewer_is_told_why_not(shop: LiveShop) -> None:
    async with a_session(shop, context=VIEWER) as reader:
        await reader.synced_up()
        uid = reader.rows["shop/web"].uid
        reader.session.focus(uid)
        await reader.until(
            lambda: reader.details and "you may not delete pods" in reader.details[-1].objection
        )
        reader.session.delete_pod(uid, None)
        await reader.until(lambda: reader.notices)
        severity, text = reader.notices[0]
        assert severity == "error"
        assert text.startswith("not deleted: you may not delete pods in shop")
        assert shop.writes == []


async def test_c07_a_viewer_is_told_of_every_fault_why_not(shop: LiveShop) -> None:
    async with a_session(shop, context=VIEWER) as reader:
        await reader.synced_up()
        uid = reader.rows["shop/web"].uid
        told: dict[str, str] = {}

        def learnt() -> bool:
            survey = reader.take().survey
            if survey is not None:
                told.update({fault.name: fault.objection for fault in survey.faults})
                reader.session.survey(uid, None)
            return bool(told) and all("you may not" in why or "podinfo" in why for why in told.values())

        reader.session.survey(uid, None)
        await until(learnt)
        assert "you may not get pods/proxy in shop" in told["crash"]
        assert shop.writes == []


async def test_c01_disarmed_deletes_nothing(shop: LiveShop) -> None:
    async with a_session(shop) as reader:
        await reader.synced_up()
        uid = reader.rows["shop/web"].uid
        reader.session.focus(uid)
        reader.session.disarm()
        await reader.until(lambda: reader.details and "disarmed" in reader.details[-1].objection)
        reader.session.delete_pod(uid, None)
        await reader.until(lambda: reader.notices)
        assert "disarmed" in reader.notices[0][1]
        assert shop.writes == []
        reader.session.arm()
        await reader.until(lambda: reader.details[-1].objection == "")
        source = reader.session.source()
        assert source is not None
        assert source.armed_for_s is not None


async def test_c01_read_only_cannot_be_armed(shop: LiveShop) -> None:
    async with a_session(shop, read_only=True) as reader:
        await reader.synced_up()
        reader.session.arm("gapwatch-sandbox")
        reader.session.delete_pod(reader.rows["shop/web"].uid, None)
        await reader.until(lambda: len(reader.notices) == 2)
        assert all("--read-only" in text for _, text in reader.notices)
        assert shop.writes == []


# ---------------------------------------------------------------- sources that fail, and the end


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"context": "nope"}, 'context "nope": no such context in the kubeconfig'),
        ({"kubeconfig": "/nowhere/config"}, "kubeconfig /nowhere/config: no such file"),
    ],
)
async def test_a_source_that_cannot_be_chosen_is_one_line(shop: LiveShop, options: Any, said: str) -> None:
    async with a_session(shop, **({"kubeconfig": shop.kubeconfig} | options)) as reader:
        await reader.until(lambda: reader.failed)
        assert said in reader.failed
        assert "\n" not in reader.failed
        assert reader.session.source() is None


async def test_a_source_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    reader = Reader(Options(kubeconfig=nobody_listens(tmp_path)))
    reader.session.start()
    await reader.until(lambda: reader.failed)
    assert "connection refused" in reader.failed
    assert "--sandbox" in reader.failed
    assert "\n" not in reader.failed
    assert reader.pings == 1
    await asyncio.to_thread(reader.session.close)


async def test_a_cluster_that_goes_away_leaves_its_rows_and_a_stale_source() -> None:
    with LiveShop() as shop:
        async with a_session(shop) as reader:
            await reader.synced_up()
            shop.stop()

            def stale() -> bool:
                source = reader.session.source()
                return source is not None and source.state is Liveness.STALE and "refused" in source.error

            await reader.until(stale)
            source = reader.session.source()
            assert source is not None
            assert "\n" not in source.error
            assert source.age_s is not None
            assert sorted(reader.rows) == KEYS
            assert reader.removed == set()
            assert reader.failed == ""


async def test_close_is_quick_and_can_be_called_again(shop: LiveShop) -> None:
    async with a_session(shop) as reader:
        await reader.synced_up()
        await closes(reader.session)
        await closes(reader.session)
        pings = reader.pings
        reader.session.focus("x")
        reader.session.delete_pod("x", None)
        reader.session.arm()
        assert reader.pings == pings


async def test_close_before_start_and_start_after_close() -> None:
    reader = Reader(Options(context="nope"))
    await closes(reader.session)
    reader.session.start()
    await closes(reader.session)
    assert reader.take() == News()


async def test_close_while_opening_does_not_wait_for_an_answer(tmp_path: Path) -> None:
    silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        reader = Reader(Options(kubeconfig=kubeconfig_for(tmp_path, f"http://127.0.0.1:{port}")))
        reader.session.start()
        await until(lambda: reader.session._stop is not None)
        await closes(reader.session)
        assert reader.take().failed == ""


async def test_a_request_to_a_session_whose_loop_has_ended_is_let_go(shop: LiveShop) -> None:
    async with a_session(shop, context="nope") as reader:
        await reader.until(lambda: reader.failed)
        await until(lambda: not reader.session._thread.is_alive())
        reader.session.focus("uid-web")
        reader.session.arm()
        reader.session.delete_pod("uid-web", None)
        assert reader.take() == News()


async def closes(session: Session) -> None:
    """Closes, and holds the thread to having ended: `close` gives up waiting rather than hang."""
    await asyncio.to_thread(session.close)
    assert not session._thread.is_alive()


def kubeconfig_for(folder: Path, server: str) -> str:
    """A kubeconfig that leads to this address."""
    path = folder / "kubeconfig"
    document = {
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": {"server": server}}],
        "users": [{"name": "test", "user": {"token": "canary"}}],
    }
    path.write_text(yaml.safe_dump(document))
    return str(path)


def nobody_listens(folder: Path) -> str:
    """A kubeconfig that leads to a port that nobody listens on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    return kubeconfig_for(folder, f"http://127.0.0.1:{port}")


async def test_a_journal_line_that_can_not_be_read_is_told_at_the_start(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    journal = tmp_path / "gapwatch" / "faults.jsonl"
    journal.parent.mkdir()
    journal.write_bytes(b'{"line":"begun","id":"4f\x00\n')
    async with a_session(shop) as reader:
        await reader.until(lambda: reader.notices)
        said = f"1 line of the journal {journal} can't be read: look what it was about"
        assert reader.notices == [("warning", said)]
