"""A node's disk filled up to its kubelet's threshold, and freed again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tui.machines.node_containers import BALLAST, MARGIN_BYTES, Disk, NodeContainers
from tui.machines.node_errors import DiskNotFilled, EngineFailed, NoDiskPressure, NotRunning
from tui.machines.process import Finished, Say

from .fake_engine import CONFIG, FLAGS, GIB, KIND_DEFAULT, FakeEngine

WORKER, OTHER = "gapwatch-worker", "gapwatch-worker2"
TEN_PERCENT = KIND_DEFAULT.replace("nodefs.available: 0%", 'nodefs.available: "10%"')
ONE_GIB = KIND_DEFAULT.replace("nodefs.available: 0%", "nodefs.available: 1Gi")
ENOUGH = 20 * GIB + MARGIN_BYTES
"""From 30 GiB free of 100 to just less than 10."""


async def fill(engine: FakeEngine, *, limit: int = 50 * GIB, until: float = 0.05, name: str = WORKER) -> Disk:
    nodes = NodeContainers(engine.engine, engine.run)
    return await nodes.fill_disk(name, limit_bytes=limit, until_free_fraction=until)


async def test_a_disk_is_filled_just_below_the_threshold_and_freed(engine: FakeEngine) -> None:
    engine.add(WORKER, config=TEN_PERCENT)
    nodes = NodeContainers(engine.engine, engine.run)
    assert await nodes.ballast(WORKER) == 0

    assert await fill(engine) == Disk(100 * GIB, 10 * GIB - MARGIN_BYTES, 10 * GIB, ENOUGH)
    assert await nodes.ballast(WORKER) == engine.ballast(WORKER) == ENOUGH

    for _ in range(2):
        await nodes.free_disk(WORKER)
        assert await nodes.ballast(WORKER) == engine.ballast(WORKER) == 0


async def test_one_file_at_one_place_is_all_that_is_written(docker: FakeEngine) -> None:
    container = docker.add(WORKER, config=TEN_PERCENT)
    await fill(docker)
    changing = [
        line for line in docker.asked() if not any(f" {w} " in line for w in ("inspect", "cat", "df", "find"))
    ]
    assert changing == [f"exec {container} fallocate -l {ENOUGH} {BALLAST}"]


async def test_again_it_writes_only_what_has_been_freed_meanwhile(docker: FakeEngine) -> None:
    docker.add(WORKER, config=TEN_PERCENT)
    await fill(docker)
    before = docker.asked("exec")
    assert (await fill(docker)).ballast == ENOUGH
    assert not any("fallocate" in line for line in docker.asked("exec")[len(before) :])
    docker.spoil("disk", free=35 * GIB)
    assert await fill(docker) == Disk(100 * GIB, 10 * GIB - MARGIN_BYTES, 10 * GIB, ENOUGH + 5 * GIB)


async def test_a_disk_that_is_full_without_us_gets_nothing(docker: FakeEngine) -> None:
    docker.add(WORKER, config=TEN_PERCENT)
    docker.spoil("disk", free=9 * GIB)
    assert await fill(docker, limit=0, until=0.5) == Disk(100 * GIB, 9 * GIB, 10 * GIB, 0)
    assert docker.ballast(WORKER) == 0


async def test_what_another_node_has_filled_is_full_for_all(docker: FakeEngine) -> None:
    docker.add(WORKER, config=TEN_PERCENT)
    docker.add(OTHER, config=TEN_PERCENT)
    await fill(docker)
    assert (await fill(docker, name=OTHER)).ballast == 0


async def test_a_flag_of_the_kubelet_counts_more_than_its_configuration(docker: FakeEngine) -> None:
    docker.add(WORKER)
    docker.file(WORKER, FLAGS, 'KUBELET_KUBEADM_ARGS="--eviction-hard=nodefs.available<20Gi"\n')
    assert (await fill(docker)).threshold == 20 * GIB
    docker.file(WORKER, FLAGS, None)
    with pytest.raises(NoDiskPressure):
        await fill(docker)


async def test_a_small_threshold_has_a_small_margin(docker: FakeEngine) -> None:
    docker.add(WORKER, config=ONE_GIB.replace("1Gi", "16Mi"))
    assert (await fill(docker, until=0)).free == 8 * 2**20


async def test_a_kubelet_as_kind_sets_it_up_can_have_no_pressure(engine: FakeEngine) -> None:
    engine.add(WORKER)
    with pytest.raises(NoDiskPressure) as caught:
        await fill(engine)
    assert str(caught.value) == (
        "fill the disk of gapwatch-worker: DiskPressure can't happen on it: its kubelet has nodefs.available 0% in "
        "evictionHard, which switches the signal off (kind does so because all its nodes share one disk with this "
        "machine; let a pod outgrow its limit of ephemeral-storage instead)"
    )
    assert not any("fallocate" in line for line in engine.asked())


@pytest.mark.parametrize(
    ("config", "limit", "until", "line"),
    [
        (
            TEN_PERCENT,
            ENOUGH - 1,
            0.05,
            "it takes 21.5 GB until only 10% are free, and 21.5 GB is the limit "
            r"\(the disk is shared by all nodes and this machine\)",
        ),
        (
            ONE_GIB,
            50 * GIB,
            0.05,
            "only 1.0 GB of 107.4 GB would stay free, and 5.4 GB have to "
            r"\(its kubelet has nodefs.available 1Gi in evictionHard, and the disk is this machine's too\)",
        ),
        (
            "kind: [",
            50 * GIB,
            0.05,
            r"its /var/lib/kubelet/config.yaml can't be read: it is not YAML \(was it edited by hand\?\)",
        ),
        (
            TEN_PERCENT.replace("10%", "some"),
            50 * GIB,
            0.05,
            r"its /var/lib/kubelet/config.yaml can't be read: its nodefs.available is \"some\" .*",
        ),
    ],
    ids=["limit", "too little left", "no YAML", "no quantity"],
)
async def test_what_would_go_too_far_is_refused_before_anything_is_written(
    docker: FakeEngine, config: str, limit: int, until: float, line: str
) -> None:
    docker.add(WORKER, config=config)
    with pytest.raises(DiskNotFilled, match=rf"^fill the disk of {WORKER}: {line}$"):
        await fill(docker, limit=limit, until=until)
    assert not any("fallocate" in asked for asked in docker.asked())


async def test_the_very_limit_is_within_it(docker: FakeEngine) -> None:
    docker.add(WORKER, config=TEN_PERCENT)
    assert (await fill(docker, limit=ENOUGH)).ballast == ENOUGH


async def test_nothing_runs_in_a_paused_node(engine: FakeEngine) -> None:
    engine.add(WORKER, "paused", config=TEN_PERCENT)
    nodes = NodeContainers(engine.engine, engine.run)
    paused = (
        rf"its container is paused, and nothing can run in it \(first: {engine.engine} unpause {WORKER}\)$"
    )
    for call in (fill(engine), nodes.free_disk(WORKER), nodes.ballast(WORKER)):
        with pytest.raises(NotRunning, match=paused):
            await call
    assert engine.asked("exec") == []


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("cat", "permission denied"),
        ("df", "no file system"),
        ("find", "broken"),
        ("fallocate", "not supported"),
    ],
)
async def test_a_program_that_fails_in_the_node_is_quoted(
    engine: FakeEngine, program: str, said: str
) -> None:
    engine.add(WORKER, config=TEN_PERCENT)
    engine.spoil("inside", **{program: [1, f"{program}: {said}\n"]})
    with pytest.raises(
        (EngineFailed, DiskNotFilled), match=rf": {program} in its container: {program}: {said} \("
    ):
        await fill(engine)
    assert engine.ballast(WORKER) == 0


@pytest.mark.parametrize(("program", "refusal"), [("df", DiskNotFilled), ("find", EngineFailed)])
async def test_a_program_that_talks_nonsense_is_not_believed(
    docker: FakeEngine, program: str, refusal: type[Exception]
) -> None:
    docker.add(WORKER, config=TEN_PERCENT)
    docker.spoil("inside", **{program: [0, "Usage: it\nhas none\n"]})
    with pytest.raises(
        refusal, match=rf"{program} wrote: Usage: it has none \(is it a node image of kind's\?\)$"
    ):
        await fill(docker)


class Meanwhile:
    """A Runner beside which something happens: before a program in the node, or instead of its answer."""

    def __init__(self, engine: FakeEngine, **events: object) -> None:
        self._engine, self._events = engine, events

    async def __call__(
        self, argv: Sequence[str], *, say: Say | None = None, timeout_s: float | None = None
    ) -> Finished:
        event = self._events.get(argv[3]) if argv[1] == "exec" else None
        if isinstance(event, dict):
            self._engine.spoil("disk", **event)
        finished = await self._engine.run(argv, timeout_s=timeout_s)
        if isinstance(event, Exception):
            raise event
        return finished


async def fill_while(docker: FakeEngine, **events: object) -> str:
    docker.add(WORKER, config=TEN_PERCENT)
    with pytest.raises(DiskNotFilled) as caught:
        await NodeContainers("docker", Meanwhile(docker, **events)).fill_disk(
            WORKER, limit_bytes=50 * GIB, until_free_fraction=0.05
        )
    return str(caught.value).removeprefix(f"fill the disk of {WORKER}: ")


async def test_a_disk_that_runs_full_under_our_hands_is_freed_at_once(docker: FakeEngine) -> None:
    said = await fill_while(docker, fallocate={"free": 15 * GIB})
    assert said == (
        "fallocate in its container: fallocate: fallocate failed: No space left on device "
        "(what was written is removed again)"
    )
    assert docker.ballast(WORKER) == 0


async def test_a_disk_that_is_freed_under_our_hands_is_no_success(docker: FakeEngine) -> None:
    said = await fill_while(docker, fallocate={"free": 60 * GIB})
    assert said == (
        "after 21.5 GB 42.9 GB are free, not less than 10.7 GB (what was written is removed again)"
    )
    assert docker.ballast(WORKER) == 0


async def test_an_answer_that_does_not_come_leaves_nothing_behind(docker: FakeEngine) -> None:
    said = await fill_while(docker, fallocate=TimeoutError())
    assert said == "no answer from docker in 20 s (what was written is removed again)"
    assert docker.ballast(WORKER) == 0


async def test_what_can_not_be_removed_is_named(docker: FakeEngine) -> None:
    docker.spoil("inside", rm=[1, "rm: read-only\n"])
    said = await fill_while(docker, fallocate=TimeoutError())
    container = docker.read()["containers"][WORKER]["id"][:12]
    assert said == (
        f"no answer from docker in 20 s (and {BALLAST} may be left: by hand: docker exec {container} rm -f {BALLAST})"
    )


async def test_ballast_that_stays_is_no_success(docker: FakeEngine) -> None:
    docker.add(WORKER, config=TEN_PERCENT)
    await fill(docker)
    docker.claim_only("rm")
    with pytest.raises(
        EngineFailed, match=r"^free the disk of gapwatch-worker: 21\.5 GB are still there \(by hand: "
    ):
        await NodeContainers("docker", docker.run).free_disk(WORKER)


async def test_an_allocation_that_takes_nothing_is_no_success(docker: FakeEngine) -> None:
    docker.add(WORKER, config=TEN_PERCENT)
    docker.claim_only("fallocate")
    with pytest.raises(DiskNotFilled, match=r"after 21\.5 GB 32\.2 GB are free"):
        await fill(docker)


async def test_a_node_without_a_configuration_is_told(docker: FakeEngine) -> None:
    docker.add(WORKER)
    docker.file(WORKER, CONFIG, None)
    with pytest.raises(EngineFailed, match=rf"cat in its container: cat: {CONFIG}: No such file"):
        await fill(docker)


async def test_a_disk_is_filled_and_freed_by_a_real_program(installed: FakeEngine) -> None:
    installed.add(WORKER, config=TEN_PERCENT)
    nodes = NodeContainers("docker")
    filled = await nodes.fill_disk(WORKER, limit_bytes=50 * GIB, until_free_fraction=0.05)
    assert filled.ballast == installed.ballast(WORKER) == ENOUGH
    await nodes.free_disk(WORKER)
    assert installed.ballast(WORKER) == 0
