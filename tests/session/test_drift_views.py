"""Drift as news for people: clean, short, and through a whole session."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import yaml

from tests.hostile import EVIL, MARKUP
from tests.liveshop import LiveShop
from tests.session.test_declaration import KEY, manifest
from tests.waiting import until
from tui.clean import one_line
from tui.cluster.errors import Conflict
from tui.reconcile.drift import Change, DriftState, FieldDrift
from tui.reconcile.tug import Tug
from tui.session import drift_views
from tui.session.applying import Applied
from tui.session.drift_news import AppliedNews, DriftNews
from tui.session.news import News
from tui.session.options import Options
from tui.session.session import Session


def test_d01_what_has_drifted_is_clean() -> None:
    raw = FieldDrift(f"a{EVIL}", {"x": EVIL}, EVIL, Change.CHANGED, EVIL, 90.0, EVIL)
    (news,) = drift_views.fields((raw,), server_now=100.0, at=7.0)
    for text in (news.path, news.declared, news.desired, news.by, news.operation):
        assert text is not None
        assert text == one_line(text)
        assert MARKUP in text
    assert (news.at, news.since) == (90.0, -3.0)
    done = drift_views.applied(Applied(EVIL, (raw,), conflicts=(Conflict(f".spec.{EVIL}", EVIL),)))
    assert all(text == one_line(text) for text in (done.key, *done.fields, *done.conflicts[0]))
    tug = drift_views.tug(Tug(f"spec.{EVIL}", (EVIL, "b"), 5.0, 4, 1.0, 2.0))
    not_done = drift_views.not_applied(EVIL, EVIL)
    assert all(text == one_line(text) for text in (tug.field, *tug.managers, not_done.key, not_done.error))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (None, None),
        ("", ""),
        ("a\nb", "a b"),
        (5, "5"),
        (True, "true"),
        ({"name": "ä"}, '{"name": "ä"}'),
        ("x" * 1000, "x" * 299 + "…"),
    ],
)
def test_a_value_is_one_line(raw: object, shown: str | None) -> None:
    assert drift_views.value(raw) == shown


class Taken:
    """What a session has told so far."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.rows: dict[str, DriftNews | None] = {}
        self.applied: list[AppliedNews] = []
        self.notices: list[str] = []
        self.failed = ""

    def look(self) -> News:
        news = self._session.take()
        self.rows |= {row.key: row.drift for row in news.rows.values()}
        self.applied += news.applied
        self.notices += [text for _, text in news.notices]
        self.failed = news.failed or self.failed
        return news

    def state(self, key: str) -> DriftState | None:
        self.look()
        drift = self.rows.get(key)
        return drift.state if drift is not None else None


async def test_a_session_tells_drift_and_applies(shop: LiveShop, tmp_path: Path) -> None:
    path = tmp_path / "drifty.yaml"
    path.write_text(yaml.safe_dump(manifest(replicas=2)))
    await shop.deploy("drifty")
    session = Session(Options(kubeconfig=shop.kubeconfig, manifests=(str(path),)), lambda: None)
    session.start()
    taken = Taken(session)
    await until(lambda: taken.state(KEY) is DriftState.DRIFTED)
    assert taken.rows["shop/web"] is None, "it is not declared"
    session.apply(KEY)
    await until(lambda: taken.look() and taken.applied)
    assert taken.applied == [AppliedNews(KEY, (), False, (("spec.replicas", "stranger"),))]
    session.start_loop(1.0, force=True)
    await until(lambda: taken.state(KEY) is DriftState.NONE)

    def has_applied() -> bool:
        source = session.source()
        assert source is not None
        assert source.declaration is not None
        assert source.declaration.loop.running
        return source.declaration.loop.applied > 0

    await until(has_applied)
    session.stop_loop()
    session.disarm()
    session.apply(KEY)
    await until(lambda: taken.look() and taken.notices)
    assert taken.notices[0].startswith("not applied: disarmed")
    assert (taken.applied[-1].key, taken.applied[-1].error) == (KEY, taken.notices[0])
    await asyncio.to_thread(session.close)


async def test_a_session_tells_what_an_apply_would_change_and_applies_several(
    shop: LiveShop, tmp_path: Path
) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(yaml.safe_dump_all([manifest(replicas=2), manifest("nowhere"), manifest("api", 2)]))
    await shop.deploy("drifty")
    session = Session(Options(kubeconfig=shop.kubeconfig, manifests=(str(path),)), lambda: None)
    assert session.planned() == ()
    session.start()
    await until(lambda: len(session.planned()) == 2)
    drifty, nowhere = session.planned()
    assert (drifty.key, drifty.place, drifty.is_there) == (KEY, f"{path}:1", True)
    ((field,),) = (drifty.fields,)
    assert (field.path, field.declared, field.desired) == ("spec.replicas", "2", "1")
    assert (nowhere.key, nowhere.is_there, nowhere.fields) == ("shop/nowhere", False, ())
    session.apply(KEY, "shop/web", "shop/nowhere")
    taken = Taken(session)
    await until(lambda: taken.look() and len(taken.applied) == 3)
    conflict, undeclared, created = taken.applied
    assert conflict.conflicts == (("spec.replicas", "stranger"),)
    assert undeclared.error == taken.notices[0]
    assert "is not declared" in undeclared.error
    assert (created.key, created.created, created.error) == ("shop/nowhere", True, "")
    await until(lambda: [one.key for one in session.planned()] == [KEY])
    await asyncio.to_thread(session.close)


async def test_a_wrong_manifest_is_why_there_is_no_session(shop: LiveShop, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("kind: [")
    session = Session(Options(kubeconfig=shop.kubeconfig, manifests=(str(path),)), lambda: None)
    session.start()
    taken = Taken(session)
    await until(lambda: taken.look() and taken.failed)
    assert taken.failed.startswith(f"{path}:1: ")
    await asyncio.to_thread(session.close)
