"""Faults without a terminal on a live server whose request log is the judge: what was sent, and what was not."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.liveshop import LiveShop
from tests.liveshop import open_shop as open_shop
from tests.liveshop import shop as shop
from tests.screens.stills import a_heal_told
from tests.waiting import until
from tui import chaos_lines, chaos_outcome, experiment_lines, plain
from tui.chaos.experiment import read_experiment
from tui.chaos.guard import FaultRefused
from tui.chaos.journal import Journal
from tui.chaos.keeper import Keeper
from tui.chaos.running import Running
from tui.chaos.steps import Ref, SetField
from tui.chaos_engine import PlanRequest, RunRequest
from tui.clean import PlainError
from tui.cluster.contexts import read_contexts
from tui.experiment_lines import ExperimentRequest
from tui.plain import DeletePodRequest
from tui.sandbox.loops.client import DEPLOYMENTS
from tui.session.engine import Engine
from tui.session.options import Options
from tui.session.session import Session

VIEWER = "gapwatch-sandbox-viewer"
LONG_S = 3600.0
last = Keeper.last


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal of this test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def at(shop: LiveShop, **more: Any) -> Options:
    return Options(kubeconfig=shop.kubeconfig, **more)


@pytest.fixture
def real(shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    """The shop as a context `prod`, which is taken for a real cluster."""
    monkeypatch.setattr("tui.cluster.connection.SANDBOX_BUILD", "+no-such-build")
    return Options(kubeconfig=shop.renamed(tmp_path / "config", "prod"))


class Lasting:
    """What lasts of the fault that is run: its end is told to come by the test, and not by the clock."""

    def __init__(self) -> None:
        self._kept: list[tuple[Keeper, Running]] = []

    def keep(self, keeper: Keeper, running: Running, at: float) -> None:
        """Stands in for `Keeper.last`."""
        last(keeper, running, at)
        self._kept.append((keeper, running))

    def is_evicted(self) -> bool:
        """Whether a drain has no pod left."""
        return any(running.work is not None and running.work.done() for _, running in self._kept)

    def end(self) -> None:
        """Its deadline has come."""
        for keeper, running in self._kept:
            keeper._deadline(running)


@pytest.fixture
def lasting(monkeypatch: pytest.MonkeyPatch) -> Lasting:
    """Of the only fault of a test."""
    kept = Lasting()
    monkeypatch.setattr(Keeper, "last", lambda *given: kept.keep(*given))
    return kept


async def node_of(shop: LiveShop, name: str) -> str:
    """The node of one of that Deployment's pods."""
    pods = await shop.pods(name)
    return str(next(iter(pods.values()))["spec"]["nodeName"])


# ---------------------------------------------------------------- plans


async def test_c02_a_plan_sends_nothing_that_changes_even_on_a_real_cluster(
    shop: LiveShop, real: Options
) -> None:
    lines: list[str] = []
    for request in (
        PlanRequest("delete-pods", "shop/web", {"percent": "100%"}, output="json"),
        PlanRequest("drain", await node_of(shop, "web"), output="json"),
        PlanRequest("bad-image", "shop/web", for_s=5.0, output="json"),
    ):
        assert await chaos_lines.plan(real, request, lines.append) == 0
    assert shop.writes == []
    for line in lines:
        assert json.loads(line)["objections"] == ["disarmed on real cluster prod"]
        assert json.loads(line)["source"]["kind"] == "real cluster"
    assert json.loads(lines[2])["for_s"] == 5.0


async def test_c07_a_plan_tells_the_servers_no(shop: LiveShop) -> None:
    lines: list[str] = []
    request = PlanRequest("scale", "shop/web")
    assert await chaos_lines.plan(at(shop, context=VIEWER), request, lines.append) == 0
    patch, get = [line for line in lines if "needs" in line]
    assert "needs     patch deployments/scale in shop: NO: you may not patch deployments/scale" in patch
    assert "needs     get deployments/scale in shop: " in get


async def test_c07_what_may_not_be_done_is_not_sent(shop: LiveShop) -> None:
    request = RunRequest("scale", "shop/web")
    with pytest.raises(FaultRefused, match="you may not patch deployments/scale in shop"):
        await chaos_lines.run(at(shop, context=VIEWER), request)
    assert shop.writes == []


@pytest.mark.parametrize(
    ("arm", "said"), [("", r"exactly \(with --arm\)$"), ("stage", "exactly$"), ("PROD", "exactly$")]
)
async def test_c01_a_real_cluster_wants_its_name(
    shop: LiveShop, real: Options, tmp_path: Path, arm: str, said: str
) -> None:
    with pytest.raises(FaultRefused, match=f'not armed: type the context\'s name, "prod", {said}'):
        await chaos_lines.run(real, RunRequest("scale", "shop/web", arm=arm))
    path = tmp_path / "e.yaml"
    path.write_text("steps: [{fault: scale, target: shop/web}]")
    with pytest.raises(FaultRefused, match="not armed"):
        await experiment_lines.experiment(real, ExperimentRequest(path, arm=arm))
    assert shop.writes == []


async def test_a_real_cluster_that_is_named_is_armed(shop: LiveShop, real: Options) -> None:
    request = RunRequest("scale", "shop/web", {"replicas": "2"}, for_s=0.2, arm="prod")
    lines: list[str] = []
    assert await chaos_lines.run(real, request, lines.append) == 0
    accepted = [
        one for one in shop.writes if one.status == 200
    ]  # a conflict with the controller is tried again
    assert len(accepted) == 2, "the patch, and its undo"
    assert lines[1] == "undone: scale shop/web from 3 to 2"


# ---------------------------------------------------------------- what lasts


@pytest.mark.parametrize("way", ["plan", "run", "experiment", "delete-pod", "session"])
async def test_c03_protect_holds_on_every_way(shop: LiveShop, tmp_path: Path, way: str) -> None:
    options, sent = at(shop, protect=("shop",)), len(shop.writes)
    if way == "session":
        session = Session(replace(options, all_namespaces=True), lambda: None)
        session.start()
        await until(lambda: session.take().rows)
        session.delete_pod(await uid_of_web(shop), None)
        notices: list[tuple[str, str]] = []

        def told() -> bool:
            notices.extend(session.take().notices)
            return bool(notices)

        await until(told)
        session.close()
        assert notices == [("error", "not deleted: shop is protected")]
    else:
        one = DeletePodRequest("shop", "web", None, False, 60.0, "", "text")
        path = tmp_path / "e.yaml"
        path.write_text("name: e\nsteps: [{fault: scale, target: shop/web}]\n")
        work = {
            "plan": partial(chaos_lines.plan, options, PlanRequest("scale", "shop/web")),
            "run": partial(chaos_lines.run, options, RunRequest("scale", "shop/web")),
            "experiment": partial(experiment_lines.experiment, options, ExperimentRequest(path)),
            "delete-pod": partial(plain.delete_pod, options, one),
        }[way]
        with pytest.raises(PlainError, match="shop is protected"):
            await work()
    assert len(shop.writes) == sent


async def test_a_pod_without_a_name_is_refused_and_no_random_one_deleted(shop: LiveShop) -> None:
    sent = len(shop.writes)
    unset = DeletePodRequest("shop", "web", "", False, 60.0, "", "text")
    with pytest.raises(PlainError, match="pod: it is empty"):
        await plain.delete_pod(at(shop), unset)
    assert len(shop.writes) == sent


async def uid_of_web(shop: LiveShop) -> str:
    return str((await shop.get(DEPLOYMENTS, "web", "shop"))["metadata"]["uid"])


async def test_c08_what_an_earlier_run_has_left_behind_is_told_at_the_next_start(
    shop: LiveShop, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = read_contexts((Path(shop.kubeconfig),)).choose(None)
    killed = Journal(state / "gapwatch", time.time)
    web = Ref("apps/v1", "deployments", "shop", "web", await uid_of_web(shop))
    left = killed.begin(
        context=context.name,
        server=context.shown_server,
        fault="scale",
        target="shop/web",
        title="scale shop/web from 3 to 1",
        undo="back to 3 replicas",
        steps=(SetField(web, ("spec", "replicas"), (3,), (1,), "scale"),),
    )
    killed.close()
    for request in (PlanRequest("cordon", "node-b1"), RunRequest("delete-pod", "shop/web")):
        work = chaos_lines.run if isinstance(request, RunRequest) else chaos_lines.plan
        assert await work(at(shop), cast(Any, request), lambda _: None) == 0
        said = f"left behind by an earlier run: {left.title}: gapwatch chaos undo {left.id}"
        assert said in capsys.readouterr().err


async def test_limits_that_can_not_be_watched_are_crossed(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    monkeypatch.setattr("tui.chaos_outcome.BLIND_FOR_S", 0.0)
    seeing = Engine.doubt

    def doubt(engine: Engine) -> str:
        return seeing(engine) or ("what is shown of pods is stale" if lines else "")

    monkeypatch.setattr(Engine, "doubt", doubt)
    request = RunRequest("scale", "shop/web", {"replicas": "2"}, for_s=3600.0, max_gap=100)
    assert await chaos_lines.run(at(shop), request, lines.append) == 1
    assert lines[-1] == "stopped: the limits can't be watched: what is shown of pods is stale"
    assert (await shop.get(DEPLOYMENTS, "web", "shop"))["spec"]["replicas"] == 3


async def test_c05_who_is_hit_is_named_before_it_is(
    shop: LiveShop, capsys: pytest.CaptureFixture[str]
) -> None:
    pods = await shop.pods("web")
    named_before: list[str] = []

    def note(_line: str) -> None:
        named_before.append(capsys.readouterr().err)

    request = RunRequest("delete-pods", "shop/web", {"percent": "100%"})
    assert await chaos_lines.run(at(shop), request, note) == 0
    assert f"victims: {', '.join(sorted(pods))}" in named_before[0]


async def test_c07_a_plan_asks_for_the_rights_of_its_undo_too(shop: LiveShop) -> None:
    lines: list[str] = []
    request = PlanRequest("bad-image", "shop/web", output="json")
    assert await chaos_lines.plan(at(shop), request, lines.append) == 0
    needs = {(one["verb"], one["resource"]) for one in json.loads(lines[0])["needs"]}
    assert needs == {("get", "deployments"), ("patch", "deployments")}


async def test_a_drain_is_held_and_all_its_deployments_are_told(shop: LiveShop, lasting: Lasting) -> None:
    lines: list[str] = []
    request = RunRequest("drain", await node_of(shop, "web"), for_s=LONG_S, wait=True, output="json")
    running = asyncio.ensure_future(chaos_lines.run(at(shop), request, lines.append))
    await until(lasting.is_evicted)
    lasting.end()
    assert await running == 0
    told = json.loads(lines[0])
    assert (told["end"], told["settled"]) == ("undone", True)
    assert told["source"]["namespace"] is None, "what is on a node may be anywhere"
    pods = [pod for one in told["deployments"] for pod in one["pods"]]
    assert {pod["uid"] for pod in pods} == {one["uid"] for one in told["victims"]}
    assert all(one["heals"] for one in told["deployments"])


async def test_what_others_have_changed_meanwhile_is_left_and_told(
    shop: LiveShop, lasting: Lasting, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []
    request = RunRequest("scale", "shop/web", {"replicas": "1"}, for_s=LONG_S, wait=True)
    running = asyncio.ensure_future(chaos_lines.run(at(shop), request, lines.append))
    await until(lambda: lines)
    await shop.scale("web", 2)
    lasting.end()
    assert await running == 1
    assert not any("undone: scale" in line or "settled" in line for line in lines), "it is left as it is"
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert "not undone: scale shop/web from 3 to 1: " in said[0]
    assert said[0].endswith("was 3, we made it 1, and now it is 2")
    assert "left behind: scale shop/web from 3 to 1: gapwatch chaos undo " in said[1]


async def test_a_deployment_that_vanishes_will_not_settle(shop: LiveShop, lasting: Lasting) -> None:
    await shop.deploy("passing")
    await shop.settled()
    lines: list[str] = []
    request = RunRequest("scale", "shop/passing", {"replicas": "2"}, for_s=LONG_S, wait=True)
    running = asyncio.ensure_future(chaos_lines.run(at(shop), request, lines.append))
    await until(lambda: lines)
    await shop.delete("passing")
    lasting.end()
    assert await running == 1
    assert lines[-1] == "not settled in time: shop/passing itself is gone"


async def test_what_was_lost_before_is_not_counted(shop: LiveShop) -> None:
    await shop.deploy("greedy", 2, cpu="1000")
    lines: list[str] = []
    request = RunRequest("scale", "shop/greedy", {"replicas": "1"}, for_s=0.3, steady=False, output="json")
    assert await chaos_lines.run(at(shop), request, lines.append) == 0
    told = json.loads(lines[0])
    (greedy,) = told["deployments"]
    assert told["lost_pod_s"] < sum(heal["lost_pod_s"] for heal in greedy["heals"])


@pytest.mark.parametrize(("total_s", "told"), [(None, 0), (0.0, 1)], ids=["nothing seen yet", "over"])
def test_of_a_fault_that_nobody_waits_for_no_depth_is_made_up(total_s: float | None, told: int) -> None:
    heal = replace(a_heal_told(total_s=total_s), depth=0)
    hit = SimpleNamespace(deployment_uid="uid-web", pod_uids=frozenset(), key="shop/web")
    aftermath: Any = SimpleNamespace(hits=[hit], heals=lambda uid: [heal])
    plan = SimpleNamespace(ends_pods=frozenset(), victims=())
    outcome: Any = SimpleNamespace(injected=SimpleNamespace(plan=plan), settled=None, crossed="")
    assert len(chaos_outcome.outcome_lines(cast(Engine, None), aftermath, outcome)) == told


# ---------------------------------------------------------------- experiments


async def run_experiment(shop: LiveShop, folder: Path, text: str, **more: Any) -> tuple[int, dict[str, Any]]:
    path = folder / "e.yaml"
    path.write_text(text)
    lines: list[str] = []
    request = ExperimentRequest(path, output="json", **more)
    code = await experiment_lines.experiment(at(shop), request, lines.append)
    told: dict[str, Any] = json.loads(lines[0])
    return code, told


async def test_an_experiment_with_a_node_that_is_absorbed(
    shop: LiveShop, tmp_path: Path, lasting: Lasting, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def settle(*given: Any, **named: Any) -> bool:
        """The fault lasts until it is known whether it was absorbed, and no longer."""
        has_settled = await chaos_outcome.settle(*given, **named)
        lasting.end()
        return has_settled

    monkeypatch.setattr(experiment_lines, "settle", settle)
    text = f"""
name: a drain is absorbed
steps:
- fault: drain
  target: {await node_of(shop, "web")}
  for: 1h
  expect: {{absorbed-within: 100s, settled-within: 100s, acted: [replicaset, scheduler]}}
"""
    code, told = await run_experiment(shop, tmp_path, text)
    assert (code, told["held"]) == (0, True), told
    (step,) = told["steps"]
    assert [one["expected"] for one in step["expectations"]] == [
        "absorbed within 100 s",
        "settled within 100 s",
        "acted: replicaset, scheduler",
    ]
    assert step["end"] == "undone"


async def test_what_is_not_absorbed_does_not_hold(shop: LiveShop, tmp_path: Path) -> None:
    text = """
steps:
- fault: quota-squeeze
  target: shop/web
  for: 3s
  expect: {absorbed-within: 0.5s}
"""
    code, told = await run_experiment(shop, tmp_path, text)
    assert code == 1
    held = [one["held"] for one in told["steps"][0]["expectations"]]
    assert held == [False, True], "but it settles once the quota is gone"


async def test_an_experiment_without_steadiness_does_not_wait(shop: LiveShop, tmp_path: Path) -> None:
    text = """
steps:
- {fault: quota-squeeze, target: shop/web, for: 5m}
- {fault: delete-pod, target: shop/web, steady: false}
"""
    code, told = await run_experiment(shop, tmp_path, text)
    assert (code, [one["fault"] for one in told["steps"]]) == (0, ["quota-squeeze", "delete-pod"])


async def test_c07_an_experiment_asks_for_all_its_rights_first(shop: LiveShop, tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text("steps: [{fault: delete-pod, target: shop/web}, {fault: cordon, target: nowhere}]")
    for options, said in (
        (at(shop), r"e\.yaml:1:48: there is no node nowhere"),
        (at(shop, context=VIEWER), r"e\.yaml:1:9: you may not delete pods in shop"),
    ):
        with pytest.raises(PlainError, match=said):
            await experiment_lines.experiment(options, ExperimentRequest(path))
    assert shop.writes == []


@pytest.mark.parametrize(
    ("text", "options", "wanted"),
    [
        ("[{fault: scale, target: a/x}, {fault: scale, target: a/y}]", {}, ("a", False)),
        ("[{fault: scale, target: a/x}, {fault: scale, target: b/y}]", {}, (None, True)),
        ("[{fault: scale, target: a/x}, {fault: cordon, target: n}]", {}, (None, True)),
        ("[{fault: scale, target: a/x}, {fault: cordon, target: n}]", {"namespace": "a"}, ("a", False)),
        ("[{wait: 1s}]", {}, (None, True)),
    ],
)
def test_as_much_is_looked_at_as_there_are_targets(
    text: str, options: dict[str, str], wanted: tuple[str | None, bool], tmp_path: Path
) -> None:
    path = tmp_path / "e.yaml"
    path.write_text(f"steps: {text}")
    read = read_experiment(path)
    found = experiment_lines.scoped(replace(Options(), **options), read)  # type: ignore[arg-type]
    assert (found.namespace, found.all_namespaces) == wanted


def test_a_target_outside_the_chosen_namespace_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text("steps: [{fault: scale, target: a/x}]")
    read = read_experiment(path)
    with pytest.raises(FaultRefused, match="-n b and the target's a contradict each other"):
        experiment_lines.scoped(Options(namespace="b"), read)
