"""However a process ends, what lasts is undone: by itself where it can, by the next one where it was killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.chaos.gate import Gate, Hold, Passed, let_pass
from tests.chaos.stage import a_stage
from tests.liveshop import LiveShop
from tests.waiting import PATIENCE_S, until
from tui.chaos.guard import FaultRefused
from tui.chaos.journal import Journal

FAULTS = ("cordon", "bad-image", "pause-rollout", "orphan-pod")
ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def a_child(
    gate: Gate, folder: Path, how: str, *faults: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another gapwatch, with its state in that folder; killed when the block ends."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.chaos.child",
        gate.write_kubeconfig(folder / "kubeconfig"),
        how,
        *faults,
        cwd=ROOT,
        env={**os.environ, "XDG_STATE_HOME": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def ids_of(child: asyncio.subprocess.Process, count: int) -> list[str]:
    """The ids of its faults, once all are injected."""
    assert child.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        return [(await child.stdout.readline()).decode().strip() for _ in range(count)]


def outstanding(folder: Path) -> list[str]:
    """The faults that may have left something behind, as the journal on the disk tells."""
    return [one.entry.fault for one in Journal(folder / "gapwatch", lambda: 0.0).outstanding()]


@pytest.mark.parametrize("how", ["return", "raise", signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_c09_whatever_ends_it_what_lasts_is_undone(
    shop: LiveShop, tmp_path: Path, how: str | signal.Signals
) -> None:
    async with a_stage(shop, tmp_path / "ours") as stage:
        before = await stage.wishes()
        is_signal = isinstance(how, signal.Signals)
        async with a_child(stage.gate, tmp_path, "wait" if is_signal else str(how), *FAULTS) as child:
            ids = await ids_of(child, len(FAULTS))
            assert all(ids)
            if isinstance(how, signal.Signals):
                assert outstanding(tmp_path) == list(FAULTS)
                assert await stage.wishes() != before
                child.send_signal(how)
            async with asyncio.timeout(PATIENCE_S):
                code = await child.wait()
        assert code == (128 + int(how) if isinstance(how, signal.Signals) else {"return": 0, "raise": 1}[how])
        assert outstanding(tmp_path) == []
        assert await stage.wishes() == before


async def test_c09_a_signal_while_it_is_sent_leaves_nothing_behind(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path / "ours") as stage:
        before = await stage.wishes()
        stage.gate.before = hold = Hold()
        async with a_child(stage.gate, tmp_path, "wait", "bad-image") as child:
            await until(hold.reached.is_set)
            child.send_signal(signal.SIGTERM)
            # What comes next is its undo, once this has arrived.
            hold.go_on.set()
            async with asyncio.timeout(PATIENCE_S):
                assert await child.wait() == 128 + signal.SIGTERM
        assert outstanding(tmp_path) == []
        assert await stage.wishes() == before


@pytest.mark.parametrize(
    ("point", "fault"),
    [
        ("before it was sent", "bad-image"),
        ("before it was sent", "quota-squeeze"),
        ("before it was answered", "bad-image"),
        ("before it was answered", "quota-squeeze"),
        ("before it was answered", "taint"),
        ("in its undo", "bad-image"),
        ("in its undo", "quota-squeeze"),
    ],
)
async def test_c09_after_a_kill_the_next_start_knows_and_undoes(
    shop: LiveShop, tmp_path: Path, point: str, fault: str
) -> None:
    async with Gate(shop.sandbox.server) as gate:
        async with a_stage(shop, tmp_path / "ours", gate=gate) as stage:
            before = await stage.wishes()
            hold = Hold(is_undo if point == "in its undo" else is_fault)
            if point == "before it was answered":
                gate.after = hold
            else:
                gate.before = hold
            async with a_child(gate, tmp_path, "undo", fault) as child:
                await until(hold.reached.is_set)
                child.kill()
                await child.wait()
        gate.before = gate.after = let_pass
        async with a_stage(shop, tmp_path / "gapwatch", gate=gate) as stage:
            changed = await stage.wishes() != before
            assert changed == (point != "before it was sent")
            (left,) = stage.desk.left_behind()
            assert left.entry.fault == fault
            said = await stage.desk.undo(left.entry.id)
            assert said == ("undone" if changed else "nothing to undo: all was as before already")
            assert stage.desk.left_behind() == []
            assert await stage.wishes() == before
    assert outstanding(tmp_path) == []


def is_fault(passed: Passed) -> bool:
    """Whether it is a first step: nothing is taken back by it."""
    return not is_undo(passed)


def is_undo(passed: Passed) -> bool:
    """Whether it takes back what one of the faults above does."""
    spec = (passed.body or {}).get("spec") or {}
    if passed.method == "DELETE":
        return "resourcequotas" in passed.path
    if "template" in spec:
        return "does-not-exist" not in str(spec)
    return spec in ({"unschedulable": None}, {"taints": None}, {"replicas": 3})


async def test_two_on_one_journal_leave_each_others_living_faults_alone(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with Gate(shop.sandbox.server) as gate, a_child(gate, tmp_path, "wait", "cordon") as child:
        (theirs,) = await ids_of(child, 1)
        async with a_stage(shop, tmp_path / "gapwatch", gate=gate) as stage:
            assert stage.desk.left_behind() == []
            ours = await stage.fire("scale", replicas="1")
            assert await stage.desk.stop_everything() == []
            assert stage.told(ours).how == "undone"
            assert stage.told(theirs).outstanding
        async with a_stage(shop, tmp_path / "gapwatch", gate=gate) as stage:
            assert (await stage.node())["spec"]["unschedulable"] is True
            child.kill()
            await child.wait()
            (left,) = stage.desk.left_behind()
            assert left.entry.id == theirs
            await stage.desk.undo(theirs)
            assert "unschedulable" not in (await stage.node())["spec"]


async def test_c09_a_field_that_another_run_has_changed_is_left_to_it(shop: LiveShop, tmp_path: Path) -> None:
    async with Gate(shop.sandbox.server) as gate, a_stage(shop, tmp_path, gate=gate) as theirs:
        before = await theirs.wishes()
        theirs_id = await theirs.fire("scale", replicas="1")
        async with a_stage(shop, tmp_path, gate=gate) as ours:
            with pytest.raises(FaultRefused, match=f"by another gapwatch: .*fault {theirs_id}"):
                await ours.fire("scale", replicas="2")
            theirs.journal.close()  # as a kill would
            with pytest.raises(FaultRefused, match=f"was left behind: .*fault {theirs_id}"):
                await ours.fire("scale", replicas="2")
            assert gate.writes == []
            assert await ours.desk.undo(theirs_id) == "undone"
            await ours.engine.until(lambda: ours.engine.find("shop", "web").spec.replicas == 3)
            await ours.fire("scale", replicas="2")
        assert await theirs.wishes() == before
