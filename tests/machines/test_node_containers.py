"""Nodes of kind found, paused and let go again, with a stand-in for each engine."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tui.machines.inspected import Life, State, says_missing
from tui.machines.node_containers import NodeContainers
from tui.machines.node_errors import EngineFailed, NodeAbsent, NodeContainerError, NotANode, NotRunning
from tui.machines.process import Finished, Say

from .fake_engine import FakeEngine

SEE = r" \(see how the engine is: gapwatch workshop doctor\)"
WORKER = "gapwatch-worker"


def containers(engine: FakeEngine) -> NodeContainers:
    return NodeContainers(engine.engine, engine.run)


class Stubborn:
    """A Runner that lets the time run out for one verb, after the program has done it if `done`."""

    def __init__(self, engine: FakeEngine, verb: str, *, done: bool) -> None:
        self._run, self._verb, self._done = engine.run, verb, done

    async def __call__(
        self, argv: Sequence[str], *, say: Say | None = None, timeout_s: float | None = None
    ) -> Finished:
        assert timeout_s == 20
        if argv[1] != self._verb:
            return await self._run(argv, timeout_s=timeout_s)
        if self._done:
            await self._run(argv, timeout_s=timeout_s)
        raise TimeoutError


@pytest.mark.parametrize(
    ("status", "life"),
    [
        ("running", Life.RUNNING),
        ("paused", Life.PAUSED),
        ("pausing", Life.PAUSED),
        ("exited", Life.STOPPED),
        ("created", Life.STOPPED),
        ("configured", Life.STOPPED),
        ("dead", Life.STOPPED),
    ],
)
async def test_every_word_of_the_engines_has_its_state(docker: FakeEngine, status: str, life: Life) -> None:
    container = docker.add(WORKER, status)
    assert await containers(docker).find([WORKER]) == {WORKER: State(life, "gapwatch", "worker", container)}


async def test_several_are_found_in_one_call_and_in_their_order(engine: FakeEngine) -> None:
    engine.add(WORKER, "paused")
    engine.add("gapwatch-control-plane", role="control-plane")
    found = await containers(engine).find(["gapwatch-control-plane", WORKER])
    assert [(name, state.life, state.role) for name, state in found.items()] == [
        ("gapwatch-control-plane", Life.RUNNING, "control-plane"),
        (WORKER, Life.PAUSED, "worker"),
    ]
    assert engine.asked() == [f"container inspect gapwatch-control-plane {WORKER}"]


async def test_absent_ones_do_not_hide_the_others(engine: FakeEngine) -> None:
    engine.add(WORKER)
    found = await containers(engine).find(["lost", WORKER, "gone-2", "gone"])
    assert {name: state.life for name, state in found.items()} == {
        "lost": Life.ABSENT,
        WORKER: Life.RUNNING,
        "gone-2": Life.ABSENT,
        "gone": Life.ABSENT,
    }
    assert found["lost"] == State(Life.ABSENT)


async def test_the_name_of_one_is_not_found_in_the_name_of_another(engine: FakeEngine) -> None:
    engine.add(WORKER)
    found = await containers(engine).find([WORKER, f"{WORKER}2"])
    assert [state.life for state in found.values()] == [Life.RUNNING, Life.ABSENT]
    assert not says_missing(WORKER, f"no such container: {WORKER}2")
    assert not says_missing(
        "docker.sock", "dial unix /var/run/docker.sock: connect: no such file or directory"
    )


async def test_a_container_that_only_bears_the_name_as_its_id_is_another(docker: FakeEngine) -> None:
    container = docker.add(WORKER)
    assert (await containers(docker).find([container]))[container].life is Life.ABSENT


async def test_nobody_is_asked_about_nothing_or_about_what_no_container_can_be_called(
    docker: FakeEngine,
) -> None:
    assert await containers(docker).find([]) == {}
    assert await containers(docker).find(["--help", ""]) == {
        "--help": State(Life.ABSENT),
        "": State(Life.ABSENT),
    }
    assert docker.asked() == []


async def test_a_container_of_somebody_else_has_no_cluster(docker: FakeEngine) -> None:
    container = docker.add("postgres", role="")
    assert (await containers(docker).find(["postgres"]))["postgres"] == State(
        Life.RUNNING, container=container
    )


async def test_an_engine_that_does_not_answer_is_no_absence(engine: FakeEngine) -> None:
    engine.add(WORKER)
    engine.spoil("failing", container="dial unix /run/engine.sock: no such file or directory")
    with pytest.raises(
        EngineFailed, match=rf"^{engine.engine} container inspect {WORKER}: .*no such file.*{SEE}$"
    ):
        await containers(engine).find([WORKER])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (FileNotFoundError("docker"), "there is no docker on the PATH"),
        (PermissionError(13, "Permission denied"), "docker: Permission denied"),
        (TimeoutError(), "no answer from docker in 20 s"),
        (Finished(0, "Usage: docker"), "no JSON: Usage: docker"),
        (Finished(0, "{}"), "no JSON: {}"),
        (Finished(1, "[]", "Cannot connect to the Docker daemon\n"), "Cannot connect to the Docker daemon"),
        (Finished(137), "exit code 137"),
    ],
)
async def test_an_engine_that_can_not_be_asked_is_told_in_one_line(
    answer: Finished | Exception, said: str
) -> None:
    async def only(
        argv: Sequence[str], *, say: Say | None = None, timeout_s: float | None = None
    ) -> Finished:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(EngineFailed, match=rf"^docker container inspect a b: {said}{SEE}$"):
        await NodeContainers("docker", only).find(["a", "b"])


async def test_a_node_is_paused_and_let_go_and_neither_twice(engine: FakeEngine) -> None:
    container = engine.add(WORKER)
    nodes = containers(engine)
    for _ in range(2):
        await nodes.pause(WORKER)
        assert engine.status(WORKER) == "paused"
    for _ in range(2):
        await nodes.unpause(WORKER)
        assert engine.status(WORKER) == "running"
    assert engine.asked("pause") == [f"pause {container}"]
    assert engine.asked("unpause") == [f"unpause {container}"]


@pytest.mark.parametrize("verb", ["pause", "unpause", "fill_disk", "free_disk", "ballast"])
async def test_what_is_no_node_is_left_alone(docker: FakeEngine, verb: str) -> None:
    docker.add("postgres", role="")
    docker.add("stopped", "exited")
    nodes = containers(docker)
    for name, refusal, said in [
        ("postgres", NotANode, "that container is no node of a kind cluster"),
        ("nowhere", NodeAbsent, "docker has no container of that name"),
        ("stopped", NotRunning, r"its container is stopped \(first: docker start stopped\)"),
    ]:
        options = {"limit_bytes": 1, "until_free_fraction": 0.0} if verb == "fill_disk" else {}
        with pytest.raises(refusal, match=rf"{name}: {said}") as caught:
            await getattr(nodes, verb)(name, **options)
        assert isinstance(caught.value, NodeContainerError)
        assert "\n" not in str(caught.value)
    assert all(line.startswith("container inspect") for line in docker.asked())


@pytest.mark.parametrize(("verb", "before"), [("pause", "running"), ("unpause", "paused")])
async def test_what_the_engine_refuses_is_told(engine: FakeEngine, verb: str, before: str) -> None:
    engine.add(WORKER, before)
    engine.spoil("failing", **{verb: "no freezer cgroup"})
    with pytest.raises(EngineFailed, match=rf"^{verb} {WORKER}: .*no freezer cgroup.*{SEE}$"):
        await getattr(containers(engine), verb)(WORKER)
    assert engine.status(WORKER) == before


@pytest.mark.parametrize(("verb", "before"), [("pause", "running"), ("unpause", "paused")])
async def test_what_the_engine_only_says_it_has_done_is_not_believed(
    docker: FakeEngine, verb: str, before: str
) -> None:
    docker.add(WORKER, before)
    docker.claim_only(verb)
    with pytest.raises(EngineFailed, match=rf"^{verb} {WORKER}: done, said docker, but it is {before}{SEE}$"):
        await getattr(containers(docker), verb)(WORKER)


@pytest.mark.parametrize(
    ("verb", "before", "after"), [("pause", "running", "paused"), ("unpause", "paused", "running")]
)
async def test_an_answer_that_does_not_come_is_judged_by_a_look(
    docker: FakeEngine, verb: str, before: str, after: str
) -> None:
    docker.add(WORKER, before)
    with pytest.raises(EngineFailed, match=rf"^{verb} {WORKER}: no answer from docker in 20 s{SEE}$"):
        await getattr(NodeContainers("docker", Stubborn(docker, verb, done=False)), verb)(WORKER)
    await getattr(NodeContainers("docker", Stubborn(docker, verb, done=True)), verb)(WORKER)
    assert docker.status(WORKER) == after


async def test_a_namesake_that_has_come_in_between_is_not_the_node_that_was_meant(docker: FakeEngine) -> None:
    first = docker.add(WORKER)

    async def swapping(
        argv: Sequence[str], *, say: Say | None = None, timeout_s: float | None = None
    ) -> Finished:
        if argv[1] == "pause":
            docker.add("another")
            docker.add(WORKER, "paused")
        return await docker.run(argv, timeout_s=timeout_s)

    with pytest.raises(EngineFailed, match=rf"No such container: {first}"):
        await NodeContainers("docker", swapping).pause(WORKER)


async def test_letters_that_steer_a_terminal_do_not_get_into_the_line(docker: FakeEngine) -> None:
    docker.add(WORKER)
    docker.spoil("failing", pause="\x1b[31mred\x1b[0m\nand more")
    with pytest.raises(EngineFailed) as caught:
        await containers(docker).pause(WORKER)
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_real_program_is_started_and_heard(installed: FakeEngine) -> None:
    container = installed.add(WORKER)
    nodes = NodeContainers("docker")
    await nodes.pause(WORKER)
    assert installed.status(WORKER) == "paused"
    with pytest.raises(NotRunning, match=rf"{WORKER}: its container is paused"):
        await nodes.ballast(WORKER)
    await nodes.unpause(WORKER)
    assert await nodes.find([WORKER]) == {WORKER: State(Life.RUNNING, "gapwatch", "worker", container)}
    with pytest.raises(NodeAbsent, match="docker has no container of that name"):
        await nodes.pause("nowhere")
    installed.spoil("failing", container="no daemon")
    with pytest.raises(EngineFailed, match="Error response from daemon: no daemon"):
        await nodes.find([WORKER])
