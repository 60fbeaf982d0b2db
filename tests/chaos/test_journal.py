"""The journal: on the disk before anything is done, whole whatever happens to it, and shared by several."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.gate import Passed
from tests.chaos.stage import NODE, a_stage
from tests.liveshop import LiveShop
from tests.waiting import PATIENCE_S
from tui.chaos.guard import FaultRefused
from tui.chaos.journal import Entry, Journal, JournalError
from tui.chaos.steps import Create, PauseMachine, Ref, SetField

ROOT = Path(__file__).parents[2]
STEP = SetField(Ref("v1", "nodes", "", NODE, "uid-n"), ("spec", "unschedulable"), (), (True,))


def a_journal(folder: Path) -> Journal:
    return Journal(folder, lambda: 1000.0)


def begin(journal: Journal, fault: str = "cordon", *, ephemeral: bool = False, context: str = "c") -> Entry:
    return journal.begin(
        context=context,
        server="https://s",
        fault=fault,
        target=NODE,
        title=f"{fault} node {NODE}",
        undo="taken away",
        steps=(STEP,),
        deadline=1060.0,
        ephemeral=ephemeral,
    )


@contextmanager
def no_room_after(path: Path, more: int) -> Iterator[None]:
    """Lets no file of this process grow larger than that one is now and `more` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# -------------------------------------------------------------------- C8


async def test_c08_it_is_on_the_disk_before_the_first_mutation(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    fsync = os.fsync

    def flushed(handle: int) -> None:
        fsync(handle)
        happened.append(f"flushed {os.readlink(f'/proc/self/fd/{handle}')}")

    monkeypatch.setattr(os, "fsync", flushed)
    read: list[dict[str, Any]] = []
    async with a_stage(shop, tmp_path / "state") as stage:
        path = stage.journal.path

        async def look(passed: Passed) -> None:
            if passed.mutates and not read:
                happened.append("mutated")
                assert path.stat().st_mode & 0o777 == 0o600
                assert path.parent.stat().st_mode & 0o777 == 0o700
                read.extend(map(json.loads, path.read_text().splitlines()))

        stage.gate.before = look
        node = await stage.node()
        fault_id = await stage.fire("cordon", for_s=60.0)
        (line,) = read
        assert happened.index(f"flushed {path}") < happened.index("mutated")
        assert happened.index(f"flushed {path.parent}") < happened.index("mutated"), "and so is its name"
        context = stage.engine.source.connection.context
        assert (line["line"], line["id"], line["fault"]) == ("begun", fault_id, "cordon")
        assert (line["context"], line["server"]) == (context.name, context.server)
        assert "@" in line["who"]
        assert line["run"] == stage.journal.run
        assert line["deadline"] == pytest.approx(line["at"] + 60.0, abs=1.0)
        (step,) = line["steps"]
        assert step["ref"]["uid"] == node["metadata"]["uid"]
        assert (step["step"], step["pointer"]) == ("set", ["spec", "unschedulable"])
        assert (step["before"], step["after"]) == ([], [True])


async def test_c08_no_secret_of_the_connection_is_in_it(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        await stage.fire("bad-image")
        raw = stage.journal.path.read_text()
        assert shop.sandbox.server.token not in raw
        assert "Bearer" not in raw


@pytest.mark.parametrize("room", [0, 1, 200])
async def test_c08_without_room_for_it_nothing_is_done(shop: LiveShop, tmp_path: Path, room: int) -> None:
    async with a_stage(shop, tmp_path) as stage:
        await stage.desk.undo(await stage.fire("cordon"))
        plan = await stage.plan("taint")
        before, raw = await stage.wishes(), stage.journal.path.read_bytes()
        stage.gate.forget()
        with (
            no_room_after(stage.journal.path, room),
            pytest.raises(JournalError, match="nothing is done without it"),
        ):
            await stage.desk.fire(plan, anyway=True)
        assert stage.gate.writes == []
        assert not stage.desk.keeper.running
        assert stage.journal.path.read_bytes() == raw, "half a line is taken back"
        assert await stage.wishes() == before
        await stage.desk.fire(plan, anyway=True)


async def test_c08_an_end_that_cannot_be_written_is_written_later(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.node()
        fault_id = await stage.fire("cordon")
        with no_room_after(stage.journal.path, 0):
            assert await stage.desk.undo(fault_id) == "undone"
        assert await stage.node() == before
        assert any("over, but the journal" in notice for notice in stage.notices)
        assert stage.told(fault_id).outstanding
    assert not stage.told(fault_id).outstanding


async def test_c08_a_folder_that_cannot_be_used_means_no_faults(shop: LiveShop, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    async with a_stage(shop, tmp_path / "state") as stage:
        with pytest.raises(JournalError, match="can't be opened"):
            await stage.fire("delete-pod")
        assert stage.gate.writes == []


def test_a_journal_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    journal.path.mkdir()
    with pytest.raises(JournalError, match="can't be read: Is a directory"):
        journal.told()
    with pytest.raises(JournalError, match="can't be written: Is a directory"):
        begin(journal)


# -------------------------------------------------------------------- what stands in it


def test_what_came_of_each_is_told(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    undone, lasting, held = (begin(journal, fault) for fault in ("a", "b", "c"))
    journal.injected(undone)
    journal.ended(undone, "undone", "all well")
    journal.injected(lasting)
    journal.held(held, "somebody changed it")
    told = {one.entry.fault: one for one in journal.told()}
    assert (told["a"].how, told["a"].note, told["a"].outstanding) == ("undone", "all well", False)
    assert (told["b"].injected_at, told["b"].outstanding) == (1000.0, True)
    assert (told["c"].held, told["c"].outstanding) == ("somebody changed it", True)
    assert [one.entry.fault for one in journal.outstanding()] == ["b", "c"]
    journal.close()


def test_every_kind_of_step_comes_back_as_it_was(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    quota = Create(Ref("v1", "resourcequotas", "shop", "q", ""), {"spec": {"hard": {"pods": "0"}}})
    steps = (STEP, quota, PauseMachine(NODE))
    about: dict[str, Any] = dict.fromkeys(("context", "server", "fault", "target", "title", "undo"), "x")
    entry = journal.begin(steps=steps, **about)
    (told,) = a_journal(tmp_path).told()
    assert told.entry == entry
    journal.close()


NONSENSE = (
    b"not json at all",
    b"\xff\xfe\x00",
    b'{"line":"begun","id":"x"}',
    b'{"line":"unknown","id":"x","at":1}',
    b'{"line":"begun","steps":[{"step":"from-the-future"}]}',
    b"[" * 100_000,
    b"[1,2]",
)


def test_lines_that_cannot_be_read_are_counted_and_left_alone(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    first = begin(journal, "first")
    with journal.path.open("ab") as file:
        file.write(b"\n".join(NONSENSE) + b"\n")
    begin(journal, "second")
    assert [one.entry.fault for one in journal.told()] == ["first", "second"]
    assert journal.corrupt == len(NONSENSE)
    journal.ended(first, "undone")
    assert [one.entry.fault for one in journal.outstanding()] == ["second"]
    assert all(line + b"\n" in journal.path.read_bytes() for line in NONSENSE)
    journal.close()


@pytest.mark.parametrize("torn_after", [1, 20, -1])
def test_a_torn_last_line_costs_itself_only(tmp_path: Path, torn_after: int) -> None:
    journal = a_journal(tmp_path)
    begin(journal, "first")
    whole = journal.path.stat().st_size
    begin(journal, "torn")
    at = whole + torn_after if torn_after > 0 else journal.path.stat().st_size - 2
    os.truncate(journal.path, at)
    another = a_journal(tmp_path)
    assert [one.entry.fault for one in another.told()] == ["first"]
    assert another.corrupt == 1
    begin(another, "next")
    assert [one.entry.fault for one in another.told()] == ["first", "next"]
    assert another.corrupt == 1
    journal.close()
    another.close()


# -------------------------------------------------------------------- several at once


WRITER = """
import sys
from pathlib import Path
import tui.chaos.journal as module
module.COMPACT_ABOVE_BYTES, module.ENDED_KEPT = int(sys.argv[3]), 10_000
about = dict.fromkeys(("context", "server", "target", "title", "undo"), "x")
for number in range(20):
    journal = module.Journal(Path(sys.argv[1]), lambda: 1.0)
    journal.ended(journal.begin(fault=f"{sys.argv[2]}-{number}", steps=(), **about), "undone")
    journal.close()
"""


def write_at_once(folder: Path, *, compact_above: int) -> None:
    """Three processes write twenty faults each, each as a run of its own."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(folder), name, str(compact_above)], cwd=ROOT)
        for name in "abc"
    ]
    assert [writer.wait(PATIENCE_S) for writer in writers] == [0, 0, 0]


@pytest.mark.parametrize("compact_above", [1_000_000, 500], ids=["appending", "compacting"])
def test_several_that_write_at_once_lose_nothing(tmp_path: Path, compact_above: int) -> None:
    write_at_once(tmp_path, compact_above=compact_above)
    journal = a_journal(tmp_path)
    told = journal.told()
    assert journal.corrupt == 0
    assert {one.entry.fault for one in told} == {f"{name}-{number}" for name in "abc" for number in range(20)}
    assert all(one.how == "undone" for one in told)


def test_a_run_lives_while_it_holds_its_lock_and_those_who_ask_do_not(tmp_path: Path) -> None:
    ours, theirs = a_journal(tmp_path), a_journal(tmp_path)
    entry = begin(theirs)
    assert ours.lives(entry.run)
    assert theirs.lives(entry.run)
    lock = tmp_path / "runs" / f"{entry.run}.lock"
    assert lock.stat().st_mode & 0o777 == 0o600
    theirs.close()
    assert not ours.lives(entry.run)
    lock.touch()  # as a kill leaves it
    with lock.open() as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        assert not ours.lives(entry.run)
    with lock.open() as holding:
        fcntl.flock(holding, fcntl.LOCK_EX)
        assert ours.lives(entry.run)
    assert not ours.lives("../../etc/passwd")


# -------------------------------------------------------------------- compaction


def test_locks_of_killed_runs_are_swept_away_and_those_of_living_ones_are_not(tmp_path: Path) -> None:
    living, fresh = a_journal(tmp_path), a_journal(tmp_path)
    begin(living)
    dead = tmp_path / "runs" / "host-1-dead.lock"
    dead.touch()
    begin(fresh)
    assert not dead.exists()
    assert fresh.lives(living.run)
    assert living.lives(fresh.run)
    assert not fresh.lives("host-1-dead")
    living.close()
    fresh.close()
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_lock_that_was_swept_away_before_it_was_held_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, swept = a_journal(tmp_path), list[Path]()
    lock = fcntl.flock

    def sweep_first(handle: int, how: int) -> None:
        if not swept:
            swept.extend((tmp_path / "runs").iterdir())
            swept[0].unlink()
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", sweep_first)
    begin(journal)
    assert swept
    assert a_journal(tmp_path).lives(journal.run)


def test_a_long_journal_is_made_short_and_nothing_that_matters_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = a_journal(tmp_path)
    left = begin(old, "left")
    with old.path.open("ab") as file:
        file.write(b"nonsense\n")
    for number in range(10):
        old.ended(begin(old, f"over-{number}"), "undone")
    monkeypatch.setattr("tui.chaos.journal.COMPACT_ABOVE_BYTES", 100)
    monkeypatch.setattr("tui.chaos.journal.ENDED_KEPT", 2)
    fresh = a_journal(tmp_path)
    begin(fresh, "new")
    told = fresh.told()
    assert [one.entry.fault for one in told] == ["left", "over-8", "over-9", "new"]
    assert [one.outstanding for one in told] == [True, False, False, True]
    assert fresh.corrupt == 1
    assert fresh.path.stat().st_mode & 0o777 == 0o600
    old.ended(left, "undone")
    assert [one.entry.fault for one in fresh.outstanding()] == ["new"], "the old run writes into the new file"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["faults.jsonl", "runs"]
    old.close()
    fresh.close()


def test_a_compaction_without_room_leaves_the_journal_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = a_journal(tmp_path)
    begin(old)
    raw = old.path.read_bytes()
    monkeypatch.setattr("tui.chaos.journal.COMPACT_ABOVE_BYTES", 100)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    fresh = a_journal(tmp_path)
    with pytest.raises(JournalError, match="No space left on device"):
        begin(fresh)
    assert old.path.read_bytes() == raw
    assert sorted(one.name for one in tmp_path.iterdir()) == ["faults.jsonl", "runs"]
    assert [one.name for one in (tmp_path / "runs").iterdir()] == [f"{old.run}.lock"]
    old.close()


# -------------------------------------------------------------------- what was left behind


async def test_what_was_left_behind_is_offered_where_it_was_done_and_nowhere_else(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        context = stage.engine.source.connection.context
        dead = a_journal(tmp_path)
        here = dead.begin(
            context=context.name,
            server=context.shown_server,
            fault="cordon",
            target=NODE,
            title="cordon",
            undo="",
            steps=(STEP,),
        )
        elsewhere = begin(dead, "elsewhere", context="another")
        sandbox = begin(dead, "sandbox", ephemeral=True)
        assert stage.desk.left_behind() == [], "its run lives"
        dead.close()
        with dead.path.open("ab") as file:
            file.write(b"nonsense\n")
        assert [one.entry.id for one in stage.desk.left_behind()] == [here.id]
        assert stage.journal.corrupt == 1
        assert (stage.told(sandbox.id).outstanding, stage.told(sandbox.id).how) == (False, "gone")
        with pytest.raises(FaultRefused, match='context "another" at https://s: choose that context'):
            await stage.desk.undo(elsewhere.id)
        # Another node has that name by now: what was changed is gone.
        assert await stage.desk.undo(here.id) == "nothing to undo: what was changed is gone"
        assert stage.desk.left_behind() == []


async def test_a_disk_that_is_full_at_the_start_hides_nothing_that_was_left(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        dead = a_journal(tmp_path)
        begin(dead, "sandbox", ephemeral=True)
        dead.close()
        with no_room_after(dead.path, 0):
            assert stage.desk.left_behind() == []
        assert stage.desk.left_behind() == []
        assert not stage.journal.outstanding()
