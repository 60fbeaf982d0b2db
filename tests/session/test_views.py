"""What a session tells is clean: whatever a cluster writes into its objects, nothing of it reaches a screen raw."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import hostile
from tests.hostile import DEPLOYMENTS, EVIL, FORBIDDEN, IMAGE, MARKUP, PROBE
from tests.waiting import until
from tui.clean import one_line
from tui.cluster.liveness import Liveness
from tui.session.engine import Engine
from tui.session.news import DeploymentDetail
from tui.session.session import Session
from tui.session.source import Options, Source

IDENTITIES = {"uid", "deployment_uid", "controller_uid"}
"""Keys, which are compared and never shown."""


def texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a value and where it stands, identities apart."""
    if isinstance(value, str):
        yield name, value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name not in IDENTITIES:
                yield from texts(getattr(value, field.name), f"{name}.{field.name}")
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from texts(item, name)


def unclean(value: Any) -> list[tuple[str, str]]:
    return [(name, text) for name, text in texts(value) if FORBIDDEN & set(text) or text != one_line(text)]


@asynccontextmanager
async def hostile_engine() -> AsyncIterator[Engine]:
    async with hostile.hostile_api() as api:
        source = Source(api.connection, None, f"app{EVIL}", f"note{EVIL}")
        source.connection.context = replace(source.connection.context, name=hostile.CONTEXT)
        async with Engine(source).running() as engine:
            await engine.synced()
            await until(lambda: engine.world.nodes.complete and engine.world.events.complete)
            await until(lambda: engine.world.budgets.complete)
            yield engine


def detail_of(engine: Engine, name: str) -> DeploymentDetail:
    engine.overview.rows()
    found = engine.overview.detail(f"uid-{name}")
    assert found is not None
    return found


async def test_d01_rows_are_clean_and_markup_in_them_is_text() -> None:
    async with hostile_engine() as engine:
        rows = {row.uid: row for row in engine.overview.rows()}
        assert [unclean(row) for row in rows.values()] == [[]] * len(DEPLOYMENTS)
        for name in DEPLOYMENTS:
            row = rows[f"uid-{name}"]
            if name != PROBE:
                assert row.key == f"{one_line(f'shop{EVIL}')}/{one_line(name + EVIL)}"
            assert row.revision == one_line(f"7{EVIL}")
            assert MARKUP in row.why, name


async def test_d01_details_are_clean() -> None:
    async with hostile_engine() as engine:
        for name in DEPLOYMENTS:
            assert unclean(detail_of(engine, name)) == []


async def test_d01_the_chain_is_clean_and_markup_in_it_is_text() -> None:
    async with hostile_engine() as engine:
        for name in DEPLOYMENTS:
            links = detail_of(engine, name).chain
            assert unclean(links) == []
            assert MARKUP in " ".join(f"{link.text} {link.subject}" for link in links[1:]), name
        asides = [link.subject for link in detail_of(engine, IMAGE).chain if link.aside]
        assert asides == [
            f"besides, 1 pod on cordoned node {one_line(f'worker{EVIL}')}",
            f"PodDisruptionBudget {one_line(f'budget{EVIL}')}",
        ]


async def test_d01_the_story_and_the_heals_are_clean() -> None:
    async with hostile_engine() as engine:
        engine.overview.rows()
        pod = engine.world.pods.by_uid["uid-image-p"]
        engine._learn("Pod", engine.world.remove("Pod", pod), first=False)
        engine.chronicle.fault(
            "uid-image", frozenset({pod.metadata.uid}), f"you deleted pod {pod.metadata.name}", engine.now()
        )
        detail = detail_of(engine, "image")
        name = one_line(pod.metadata.name)
        assert [told.text for told in detail.told] == [f"deleted pod {name}"]
        assert [mark.text for mark in detail.marks] == [f"you deleted pod {name}"]
        assert detail.heal is not None
        assert [pair.lost.name for pair in detail.heal.replacements] == [name]
        assert detail.heal.replacements
        assert unclean(detail) == []
        assert engine.overview.heals()
        assert unclean(engine.overview.heals()) == []


async def test_d01_the_source_is_clean() -> None:
    async with hostile_engine() as engine:
        news = engine.overview.source_news()
        assert unclean(news) == []
        assert news.context == one_line(hostile.CONTEXT)
        assert MARKUP in news.note
        assert MARKUP in news.version


@pytest.mark.parametrize("may_delete", [True, False], ids=["refused by the server", "refused by the review"])
async def test_d01_notices_are_clean(tmp_path: Path, may_delete: bool) -> None:
    async with hostile.hostile_api(may_delete=may_delete) as api:
        options = Options(kubeconfig=hostile.kubeconfig_for(api, tmp_path))
        session = Session(options, lambda: None)
        session.start()
        notices: list[tuple[str, str]] = []

        def told(count: int) -> bool:
            notices.extend(session.take().notices)
            return len(notices) == count

        await until(lambda: session.take().synced)
        session.arm("not its name")
        await until(lambda: told(1))
        session.arm(hostile.CONTEXT)
        session.delete_pod("uid-probe", None, anyway=True)
        await until(lambda: told(2))
        session.delete_pod(f"uid{EVIL}", None)
        await until(lambda: told(3))
        session.delete_pod("uid-image", None, anyway=True)
        await until(lambda: told(4))
        await asyncio.to_thread(session.close)
        assert [unclean(text) for _, text in notices] == [[]] * 4
        assert all(MARKUP in text for _, text in notices[:2])
        assert all(severity == "error" for severity, _ in notices)


async def test_a12_a_needed_stream_that_is_silent_for_too_long_is_stale_whoever_has_noticed() -> None:
    async with hostile_engine() as engine:
        pods = next(stream for stream in engine.streams if stream.kind == "Pod")
        assert engine.overview.source_news().state is Liveness.LIVE
        pods.last_frame = engine.now() - 75.0
        news = engine.overview.source_news()
        assert pods.state is Liveness.LIVE, "its reader has not woken up"
        assert news.state is Liveness.STALE
        assert news.age_s == pytest.approx(75.0, abs=1.0)
        assert news.error == "no word of its Pods"
