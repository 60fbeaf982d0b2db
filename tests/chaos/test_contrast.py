"""The contrast's namespace: created as one fault, and taken away as one, however the process ends."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.chaos.gate import Gate, Hold, Passed, let_pass
from tests.chaos.stage import a_stage, exists
from tests.chaos.test_ends import a_child, ids_of, outstanding
from tests.liveshop import LiveShop
from tests.waiting import PATIENCE_S, until
from tui.chaos.contrast import NAME, NAMESPACE, ONCE, RECONCILED, creation, declared, free_name
from tui.chaos.fault import Need
from tui.chaos.guard import OPT_OUT_LABEL, OPTED_OUT, FaultRefused
from tui.chaos.steps.creations import FAULT_ANNOTATION
from tui.cluster.errors import Refused
from tui.cluster.kinds import DEPLOYMENTS as OUR_DEPLOYMENTS
from tui.cluster.kinds import PODS as OUR_PODS
from tui.cluster.kinds import Resource
from tui.sandbox.loops.client import DEPLOYMENTS, NAMESPACES, PODS


async def gone(shop: LiveShop) -> None:
    """Waits until the namespace is no more, and so nothing that was in it."""
    async with asyncio.timeout(PATIENCE_S):
        while await exists(shop, NAMESPACES, NAMESPACE):  # noqa: ASYNC110 - its going is not ours to signal
            await asyncio.sleep(0.02)


def test_both_copies_run_the_same() -> None:
    pod, deployment = declared(ONCE, "a"), declared(RECONCILED, "a")
    assert pod["spec"] == deployment["spec"]["template"]["spec"]
    assert deployment["spec"]["replicas"] == 1
    assert "annotations" not in pod["metadata"]
    assert declared(ONCE, "a", "f1")["metadata"]["annotations"] == {FAULT_ANNOTATION: "f1"}


def test_it_asks_for_all_rights_and_for_no_consent_of_what_is_not_there() -> None:
    plan = creation("gapwatch-contrast")
    namespaces = Resource("v1", "namespaces", namespaced=False)
    wanted = {
        Need(verb, resource, namespace)
        for verb in ("create", "get", "delete")
        for resource, namespace in (
            (namespaces, ""),
            (OUR_PODS.resource, NAMESPACE),
            (OUR_DEPLOYMENTS.resource, NAMESPACE),
        )
    }
    assert set(plan.rights) == wanted
    assert plan.namespaces == (NAMESPACE,)
    assert plan.asks_consent_of == ()


async def test_c03_a_protected_name_is_not_created(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        stage.desk.guard.also_protected = frozenset({NAMESPACE})
        with pytest.raises(FaultRefused, match="gapwatch-contrast is protected"):
            await stage.desk.fire(creation(NAMESPACE), anyway=True)
        assert not await exists(shop, NAMESPACES, NAMESPACE)


async def test_a_namespace_that_is_there_is_neither_used_nor_deleted(shop: LiveShop, tmp_path: Path) -> None:
    theirs = {"metadata": {"name": NAMESPACE, "labels": {OPT_OUT_LABEL: OPTED_OUT}}}
    await shop.create(NAMESPACES, theirs)
    try:
        async with a_stage(shop, tmp_path) as stage:
            with pytest.raises(Refused):
                await stage.desk.fire(creation(NAMESPACE), anyway=True)
            assert stage.desk.keeper.running == {}
            free = await free_name(stage.desk.sight)
            assert free.startswith(f"{NAMESPACE}-")
        assert not await exists(shop, PODS, ONCE, NAMESPACE)
        assert outstanding(tmp_path) == []
    finally:
        await shop.remove(NAMESPACES, await shop.get(NAMESPACES, NAMESPACE))
        await gone(shop)


async def test_what_was_added_to_it_meanwhile_goes_too(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        fault_id = (await stage.desk.fire(creation(NAMESPACE), anyway=True)).entry.id
        other = declared(RECONCILED, NAMESPACE)
        other["metadata"]["name"] = "of-somebody-else"
        await shop.create(DEPLOYMENTS, other)
        assert await stage.desk.undo(fault_id) == "undone"
        await gone(shop)


@pytest.mark.parametrize("how", ["return", "raise", signal.SIGTERM, signal.SIGHUP])
async def test_c09_whatever_ends_it_it_is_gone(
    shop: LiveShop, tmp_path: Path, how: str | signal.Signals
) -> None:
    async with Gate(shop.sandbox.server) as gate:
        is_signal = isinstance(how, signal.Signals)
        async with a_child(gate, tmp_path, "wait" if is_signal else str(how), NAME) as child:
            assert all(await ids_of(child, 1))
            if isinstance(how, signal.Signals):
                assert await exists(shop, PODS, ONCE, NAMESPACE)
                assert await exists(shop, DEPLOYMENTS, RECONCILED, NAMESPACE)
                child.send_signal(how)
            async with asyncio.timeout(PATIENCE_S):
                await child.wait()
    assert outstanding(tmp_path) == []
    await gone(shop)


@pytest.mark.parametrize("point", ["namespaces", "pods", "deployments", "all is there"])
async def test_c09_after_a_kill_the_next_start_offers_it_and_takes_it_away(
    shop: LiveShop, tmp_path: Path, point: str
) -> None:
    async with Gate(shop.sandbox.server) as gate:
        hold = Hold(lambda passed: is_creation_of(passed, point))
        gate.after = hold
        async with a_child(gate, tmp_path, "wait", NAME) as child:
            if point == "all is there":
                assert all(await ids_of(child, 1))
            else:
                await until(hold.reached.is_set)
            child.kill()
            await child.wait()
        gate.after = let_pass
        hold.go_on.set()
        assert await exists(shop, NAMESPACES, NAMESPACE)
        async with a_stage(shop, tmp_path / "gapwatch", gate=gate) as stage:
            (left,) = stage.desk.left_behind()
            assert left.entry.title == f"contrast in namespace {NAMESPACE}"
            assert await stage.desk.undo(left.entry.id) == "undone"
            assert stage.desk.left_behind() == []
    assert outstanding(tmp_path) == []
    await gone(shop)


def is_creation_of(passed: Passed, plural: str) -> bool:
    """Whether it creates an object of that kind."""
    return passed.method == "POST" and passed.path.partition("?")[0].endswith(f"/{plural}")
