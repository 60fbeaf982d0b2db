"""Drift on a running cluster: found, attributed, applied by hand and in a loop; kubectl is the other hand."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.liveshop import LiveShop
from tests.waiting import PATIENCE_S, until
from tui.chaos.guard import FaultRefused
from tui.cluster.errors import ClusterError, Unreachable
from tui.declared.deployments import Declared, DeclaredDeployment
from tui.reconcile.drift import DriftState
from tui.sandbox.loops.client import DEPLOYMENTS
from tui.sandbox.shop import Workload, deployment
from tui.session import manifests
from tui.session.apply_loop import ApplyLoop
from tui.session.applying import Applied
from tui.session.assessment import Assessment
from tui.session.declaration import AT_ONCE, Declaration, Pace
from tui.session.drift_news import FieldDriftNews
from tui.session.engine import Engine
from tui.session.news import DeploymentDetail
from tui.session.source import Options, open_source
from tui.world import World

KEY = "shop/drifty"
IMAGE = "spec.template.spec.containers[podinfo].image"
with_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")


def manifest(name: str = "drifty", replicas: int = 1) -> dict[str, Any]:
    """As LiveShop deploys it."""
    return deployment(Workload("shop", name, replicas, cpu="100m" if name == "api" else "10m"))


def declare(*documents: dict[str, Any]) -> Declared:
    found = [
        DeclaredDeployment(one["metadata"]["namespace"], one["metadata"]["name"], one, Path("shop.yaml"), 1)
        for one in documents
    ]
    return Declared({one.key: one for one in found})


class Run:
    """An engine with what was declared, and kubectl on the same cluster."""

    def __init__(self, engine: Engine, shop: LiveShop) -> None:
        assert engine.declaration is not None
        self.engine, self.shop, self.declaration = engine, shop, engine.declaration

    async def kubectl(self, *arguments: str, given: Any = None, **env: str) -> str:
        pipe = asyncio.subprocess.PIPE
        command = ("kubectl", "--kubeconfig", self.shop.kubeconfig, "-n", "shop", *arguments)
        folder = str(Path(self.shop.kubeconfig).parent)
        paths = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "KUBECACHEDIR": folder}
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=paths | env
        )
        out, err = await process.communicate(b"" if given is None else json.dumps(given).encode())
        assert process.returncode == 0, err
        return out.decode()

    async def state(self, state: DriftState, key: str = KEY, fields: int | None = None) -> Assessment:
        def is_so() -> bool:
            known = self.declaration.assessment(key)
            return known is not None and known.state is state and fields in (None, len(known.fields))

        await until(is_so)
        known = self.declaration.assessment(key)
        assert known is not None
        return known

    async def put_back(self, replicas: int) -> None:
        """Waits until the server is asked for so many again, however short the drift was."""
        async with asyncio.timeout(PATIENCE_S):
            while (await self.shop.get(DEPLOYMENTS, "drifty", "shop"))["spec"]["replicas"] != replicas:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def uid(self, key: str = KEY) -> str:
        return self.engine.find(*key.split("/")).metadata.uid

    def detail(self) -> DeploymentDetail:
        detail = self.engine.overview.detail(self.uid())
        assert detail is not None
        return detail

    async def told(self, fact: Callable[[str, str, str], bool]) -> None:
        """Waits until the narrative has such a line: (actor, text, evidence)."""
        await until(lambda: any(fact(one.actor, one.text, one.evidence) for one in self.detail().told))

    @property
    def applies(self) -> list[Any]:
        """The requests that have changed something."""
        return [
            one
            for one in self.shop.writes
            if one.user_agent.startswith("gapwatch/") and "dryRun" not in one.query
        ]


@asynccontextmanager
async def declared(shop: LiveShop, *documents: dict[str, Any], read_only: bool = False) -> AsyncIterator[Run]:
    source = await open_source(Options(kubeconfig=shop.kubeconfig))
    try:
        engine = Engine(source, read_only=read_only, manifests=declare(*documents))
        async with engine.running():
            await engine.synced()
            run = Run(engine, shop)
            await until(lambda: run.declaration.is_complete)
            yield run
    finally:
        await source.close()


@pytest.fixture
async def run(shop: LiveShop) -> AsyncIterator[Run]:
    """shop/drifty as it was declared."""
    await shop.deploy("drifty")
    async with declared(shop, manifest()) as running:
        yield running


# ---------------------------------------------------------------- found and attributed

EDITS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "scale": (("scale", "deploy/drifty", "--replicas=2"), "spec.replicas", "kubectl"),
    "set image": (("set", "image", "deploy/drifty", "podinfo=other:1"), IMAGE, "kubectl-set"),
    "patch": (("patch", "deploy/drifty", "-p", '{"spec":{"replicas":2}}'), "spec.replicas", "kubectl-patch"),
    "edit": (("edit", "deploy/drifty"), "spec.replicas", "kubectl-edit"),
    "label": (("label", "--overwrite", "deploy/drifty", "app=x"), "metadata.labels.app", "kubectl-label"),
}


@with_kubectl
@pytest.mark.parametrize("how", EDITS)
async def test_an_edit_by_kubectl_is_found_and_named_right(how: str, run: Run) -> None:
    arguments, path, manager = EDITS[how]
    assert (await run.state(DriftState.NONE)).fields == ()
    await run.kubectl(*arguments, KUBE_EDITOR="sed -i 's/replicas: 1$/replicas: 2/'")
    (found,) = (await run.state(DriftState.DRIFTED)).fields
    assert (found.path, found.by) == (path, manager)
    detail = run.detail()
    assert [one.path for one in detail.drift] == [path]
    (news,) = detail.drift
    assert isinstance(news, FieldDriftNews)
    assert (news.since is None) == (how == "scale"), "only of a write to /scale no time is told"
    assert detail.row.drift is not None
    assert (detail.row.drift.state, detail.row.drift.fields) == (DriftState.DRIFTED, 1)
    assert detail.declared is not None
    assert (detail.declared.place, detail.declared.locally) == ("shop.yaml:1", "")


@with_kubectl
@pytest.mark.parametrize(
    ("how", "manager"),
    [
        (("apply", "-f", "-"), "kubectl-client-side-apply"),
        (("apply", "--server-side", "--force-conflicts", "--field-manager=gitops", "-f", "-"), "gitops"),
    ],
)
async def test_an_apply_of_something_else_is_its_managers(
    how: tuple[str, ...], manager: str, run: Run
) -> None:
    await run.kubectl(*how, given=manifest(replicas=2))
    (found,) = (await run.state(DriftState.DRIFTED)).fields
    assert (found.path, found.declared, found.desired, found.by) == ("spec.replicas", 1, 2, manager)


@with_kubectl
async def test_what_others_add_is_no_drift_and_what_is_put_back_is_none_any_more(run: Run) -> None:
    await run.kubectl("annotate", "deploy/drifty", "example.com/mine=1")
    await run.kubectl("set", "env", "deploy/drifty", "MORE=1")
    await run.kubectl("scale", "deploy/drifty", "--replicas=2")
    (found,) = (await run.state(DriftState.DRIFTED)).fields
    assert found.path == "spec.replicas"
    await run.kubectl("scale", "deploy/drifty", "--replicas=1")
    assert (await run.state(DriftState.NONE)).fields == ()


async def test_one_that_is_not_there_is_drift_and_has_no_row(shop: LiveShop) -> None:
    async with declared(shop, manifest("api", 2), manifest("nowhere")) as run:
        news = run.engine.overview.source_news().declaration
        assert news is not None
        assert (news.deployments, news.assessed, news.drifted) == (2, 2, 1)
        assert [(one.key, one.place) for one in news.missing] == [("shop/nowhere", "shop.yaml:1")]
        await shop.deploy("nowhere")
        await run.state(DriftState.NONE, "shop/nowhere")
        await shop.delete("nowhere")
        await run.state(DriftState.MISSING, "shop/nowhere")
        assert run.applies == [], "looking changes nothing"


# ---------------------------------------------------------------- applied by hand


async def test_an_apply_is_refused_with_the_owners_and_forced_only_when_told(run: Run) -> None:
    await run.shop.scale("drifty", 2)
    await run.state(DriftState.DRIFTED)
    done = await run.declaration.apply_one(KEY)
    assert [(one.field, one.manager) for one in done.conflicts] == [(".spec.replicas", "stranger")]
    assert run.engine.find("shop", "drifty").spec.replicas == 2
    done = await run.declaration.apply_one(run.uid(), force=True)
    assert ([one.path for one in done.fields], done.conflicts) == (["spec.replicas"], ())
    await run.state(DriftState.NONE)
    await run.told(lambda *line: line == ("you", "asked for 1 instead of 2", "our own write"))


async def test_an_apply_creates_what_is_not_there(shop: LiveShop) -> None:
    async with declared(shop, manifest()) as run:
        assert (await run.declaration.apply_one(KEY)).created
        await run.state(DriftState.NONE)


@pytest.mark.parametrize("read_only", [True, False])
async def test_a_guard_that_objects_lets_no_apply_pass(shop: LiveShop, read_only: bool) -> None:
    async with declared(shop, manifest(), read_only=read_only) as run:
        run.engine.guard.disarm()
        with pytest.raises(FaultRefused, match="read-only" if read_only else "disarmed"):
            await run.declaration.apply_one(KEY, force=True)
        with pytest.raises(FaultRefused):
            run.declaration.start_loop(1.0)
        assert run.applies == []


async def test_what_is_not_declared_can_not_be_applied(run: Run) -> None:
    with pytest.raises(ClusterError, match=r"shop/web: is not declared"):
        await run.declaration.apply_one("shop/web")


# ---------------------------------------------------------------- the loop, under a conflicting writer


async def test_the_loop_puts_back_what_another_writes_and_the_tug_of_war_is_named(run: Run) -> None:
    run.declaration.start_loop(1.0, force=True)
    for _ in range(3):
        await run.shop.scale("drifty", 2)
        await run.put_back(1)
    await until(lambda: run.declaration.loop.counts.applied >= 3)
    await run.state(DriftState.NONE)
    assert run.declaration.loop.counts.refused == 0
    await run.told(lambda *line: line == ("gapwatch apply loop", "asked for 1 instead of 2", "our own write"))
    await until(lambda: run.engine.overview.row(run.uid()).tug)
    tug = run.engine.overview.row(run.uid()).tug
    assert tug is not None
    assert (tug.field, set(tug.managers)) == ("spec.replicas", {"stranger", "gapwatch"})
    await run.told(lambda _actor, text, _evidence: text.startswith("pulls at spec.replicas in turn with "))
    run.engine.guard.disarm()
    await until(lambda: not run.declaration.loop.is_running)
    assert run.declaration.loop.note.startswith("stopped: disarmed")


async def test_a_loop_that_is_not_told_to_force_holds_off(run: Run) -> None:
    await run.shop.scale("drifty", 2)
    await run.state(DriftState.DRIFTED)
    run.declaration.start_loop(1.0)
    await until(lambda: run.declaration.loop.counts.refused >= 2)
    news = run.engine.overview.source_news().declaration
    assert news is not None
    (held,) = news.loop.holding_off
    assert (held.key, held.why) == (KEY, "stranger manages spec.replicas")
    assert held.times >= 2
    assert run.engine.find("shop", "drifty").spec.replicas == 2
    run.declaration.stop_loop()
    await until(lambda: not run.declaration.loop.is_running)


async def test_the_loop_waits_twice_as_long_each_time() -> None:
    now, waits = 0.0, list[float]()

    async def refuse(key: str, _force: bool) -> Applied:
        waits.append(now)
        raise Unreachable(key, "no answer")

    loop = ApplyLoop(lambda: ["a/b"], refuse, lambda: "", clock=lambda: now)
    loop.every_s = 5.0
    for at in range(0, 100, 5):
        now = float(at)
        await loop.round()
    assert waits == [0.0, 5.0, 15.0, 35.0, 75.0]
    assert (loop.counts.rounds, loop.counts.refused) == (20, 5)
    loop.drifted = list
    await loop.round()
    assert loop.troubles == {}, "what is as declared again is no trouble"


# ---------------------------------------------------------------- never too much at once


class SlowAssessor:
    """Answers when told to, and counts who waits."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.waiting = 0
        self.most = 0
        self.go_on = asyncio.Event()

    async def assess(self, one: DeclaredDeployment) -> Assessment:
        self.asked.append(one.key)
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        await self.go_on.wait()
        self.waiting -= 1
        return Assessment(DriftState.NONE)


async def test_only_a_few_are_assessed_at_once() -> None:
    slow, documents = SlowAssessor(), [manifest(f"d{at}") for at in range(30)]
    declaration = Declaration(declare(*documents), World(), slow, None)  # type: ignore[arg-type]
    working = asyncio.ensure_future(declaration.run())
    declaration.begin()
    await until(lambda: slow.waiting == AT_ONCE)
    slow.go_on.set()
    await until(lambda: declaration.is_complete)
    assert slow.most == AT_ONCE
    assert len(slow.asked) == 30
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await declaration.close()


class FailingAssessor:
    """Never gets an answer."""

    def __init__(self) -> None:
        self.asked = 0

    async def assess(self, _one: DeclaredDeployment) -> Assessment:
        self.asked += 1
        return Assessment(DriftState.FAILED, error="no answer")


async def test_what_has_failed_for_a_day_is_tried_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.session.declaration.LONGEST_RETRY_S", 0.0)
    monkeypatch.setattr("tui.session.declaration.PER_SECOND", 1e9)
    failing = FailingAssessor()
    declaration = Declaration(declare(manifest()), World(), failing, None)  # type: ignore[arg-type]
    working = asyncio.create_task(declaration.run())
    declaration.begin()
    await until(lambda: failing.asked > 1100 or working.done())
    assert not working.done()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await declaration.close()


async def test_the_pace_has_a_burst_and_then_is_even() -> None:
    now = 100.0

    async def pause(seconds: float) -> None:
        nonlocal now
        now += seconds

    pace, turns = Pace(10.0, 5, lambda: now, pause), []
    for _ in range(8):
        await pace.turn()
        turns.append(round(now - 100.0, 3))
    assert turns == [0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.2, 0.3]


# ---------------------------------------------------------------- the manifests are others


async def test_what_is_written_anew_is_declared_and_what_can_not_be_read_is_not(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifests, "LOOK_EVERY_S", 0.01)
    file, told = tmp_path / "shop.json", list[tuple[str, str]]()
    file.write_text(json.dumps(manifest()))
    options = Options(kubeconfig=shop.kubeconfig, manifests=(str(tmp_path),))
    known = await manifests.stamps(options)
    await shop.deploy("drifty")
    async with declared(shop, manifest()) as run:

        def tell(severity: str, words: str) -> None:
            told.append((severity, words))

        run.engine.in_background(
            manifests.follow(options, run.engine.source, run.declaration, known, tell), "manifests"
        )
        await run.state(DriftState.NONE)
        file.write_text(json.dumps(manifest(replicas=2)) + "\n" + json.dumps(manifest("other")))
        await run.state(DriftState.DRIFTED, fields=1)
        await run.state(DriftState.MISSING, "shop/other")
        assert told == [("information", "manifests read anew: 2 Deployments declared")]
        file.write_text("{")
        await until(lambda: len(told) > 1)
        assert told[1][0] == "error"
        assert "shop.json:1: " in told[1][1]
        assert told[1][1].endswith("; what was declared before holds")
        assert list(run.declaration.declared.deployments) == [KEY, "shop/other"]
        file.unlink()
        await until(lambda: len(told) > 2)
        assert "no manifests here" in told[2][1]
        (tmp_path / "again.json").write_text(json.dumps(manifest()))
        await run.state(DriftState.NONE)
        assert run.declaration.assessment("shop/other") is None
        assert not run.declaration.drifted()
        assert run.declaration.is_complete


async def test_standard_input_is_read_once(shop: LiveShop) -> None:
    options = Options(kubeconfig=shop.kubeconfig, manifests=("-",))
    async with declared(shop, manifest()) as run:
        await manifests.follow(options, run.engine.source, run.declaration, {}, lambda *_: None)
        assert list(run.declaration.declared.deployments) == [KEY]
