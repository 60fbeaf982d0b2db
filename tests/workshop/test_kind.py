"""`up` and `down` against a kind that does what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tui.cluster.errors import ClusterError, KubeconfigError, Refused
from tui.declared.manifest_files import ManifestError, read_manifests
from tui.machines.process import Finished
from tui.workshop import kind

from .fakes import NODES, FakeCluster, FakeRunner, VirtualTime, node

ALL_READY = [node(name) for name in NODES]
NO_CLUSTER = Finished(0, err="No kind clusters found.\n")
CREATED = Finished(0, err='Creating cluster "gapwatch" ...\n \u2713 Preparing nodes\n')


def a_kind(**answers: Finished | BaseException) -> FakeRunner:
    """A kind without clusters, where every command succeeds unless told otherwise."""
    known: dict[str, Finished | BaseException] = {"kind get clusters": NO_CLUSTER, "kind": Finished(0)}
    return FakeRunner(known | {f"kind {name.replace('_', ' ')}": answer for name, answer in answers.items()})


async def bring_up(cluster: FakeCluster, runner: FakeRunner, kubeconfig: Path | None = None) -> list[str]:
    lines: list[str] = []
    time = VirtualTime()
    await kind.up(
        cluster.connect,
        say=lines.append,
        kubeconfig=kubeconfig,
        run=runner,
        clock=time.clock,
        pause=time.pause,
    )
    return lines


async def test_up_creates_waits_for_all_nodes_and_applies_everything_in_order() -> None:
    registering = [node(NODES[0])]
    one_late = [*ALL_READY[:3], node(NODES[3], "Unknown")]
    cluster = FakeCluster(registering, one_late, one_late, ALL_READY)
    runner = a_kind(create=CREATED)

    lines = await bring_up(cluster, runner)

    assert runner.asked == [
        "kind get clusters",
        f"kind create cluster --name gapwatch --config {kind.config_file()}",
    ]
    assert cluster.applied == [
        f"{m.document['kind']} {m.document['metadata']['name']}" for m in read_manifests(kind.PACKAGED)
    ]
    assert cluster.applied[:3] == ["Namespace shop", "Namespace warehouse", "Deployment web"]
    assert lines[1:6] == [
        'Creating cluster "gapwatch" ...',
        " \u2713 Preparing nodes",
        "1 of 4 nodes Ready, waiting for gapwatch-worker, gapwatch-worker2, gapwatch-worker3",
        "3 of 4 nodes Ready, waiting for gapwatch-worker3",
        "4 of 4 nodes Ready",
    ]
    assert lines[-1] == "Ready. Watch it with: gapwatch --context kind-gapwatch"


async def test_up_again_takes_the_cluster_that_is_there_and_says_so() -> None:
    cluster = FakeCluster(ALL_READY)
    runner = a_kind(get_clusters=Finished(0, "kind\ngapwatch\n"))

    lines = await bring_up(cluster, runner, Path("/tmp/other-config"))

    assert lines[0] == 'The kind cluster "gapwatch" is there already and is used as it is.'
    assert runner.asked[1:] == ["kind export kubeconfig --name gapwatch --kubeconfig /tmp/other-config"]
    assert len(cluster.applied) == len(read_manifests(kind.PACKAGED))


async def test_a_namesake_with_more_to_its_name_is_another_cluster() -> None:
    runner = a_kind(get_clusters=Finished(0, "gapwatch-2\n"))
    await bring_up(FakeCluster(ALL_READY), runner)
    assert any("create cluster" in asked for asked in runner.asked)


async def test_an_api_server_that_is_not_up_yet_is_asked_again() -> None:
    starting = ClusterError('context "kind-gapwatch"', "connection refused")
    cluster = FakeCluster(starting, ALL_READY)
    tries: list[int] = []

    @asynccontextmanager
    async def connect() -> AsyncIterator[FakeCluster]:
        tries.append(1)
        if len(tries) < 3:
            raise starting
        yield cluster

    time = VirtualTime()
    lines: list[str] = []
    await kind.up(connect, say=lines.append, run=a_kind(), clock=time.clock, pause=time.pause)
    assert len(tries) == 3
    assert lines.count(str(starting)) == 1
    assert cluster.applied


async def test_a_kubeconfig_that_can_not_be_used_is_not_waited_for() -> None:
    wrong = KubeconfigError("kubeconfig x", "no such file")
    with pytest.raises(KubeconfigError, match="no such file"):
        await bring_up(FakeCluster(wrong, ALL_READY), a_kind())


async def test_nodes_that_never_get_ready_end_in_one_line_that_names_them() -> None:
    cluster = FakeCluster([*ALL_READY[:3], node(NODES[3], "False")])
    with pytest.raises(kind.WorkshopError) as caught:
        await bring_up(cluster, a_kind())
    assert str(caught.value) == (
        "waited 180 s for all nodes to be Ready: 3 of 4 nodes Ready, waiting for gapwatch-worker3 "
        "(start afresh: gapwatch workshop down, then gapwatch workshop up)"
    )
    assert not cluster.applied


async def test_an_unexpected_node_has_to_be_ready_too() -> None:
    cluster = FakeCluster([*ALL_READY, node("visitor", "False")])
    with pytest.raises(kind.WorkshopError, match="4 of 5 nodes Ready, waiting for visitor"):
        await bring_up(cluster, a_kind())


async def test_what_others_have_changed_is_left_as_it_is() -> None:
    conflict = Refused('context "kind-gapwatch"', 409, "Conflict", 'conflict with "kubectl": .spec.replicas')
    cluster = FakeCluster(ALL_READY, refuse={"Deployment web": conflict})
    lines = await bring_up(cluster, a_kind())
    (left,) = [line for line in lines if line.startswith("left as it is")]
    assert "Deployment shop/web" in left
    assert ".spec.replicas" in left
    assert cluster.applied[-1] == "Service stock"


async def test_any_other_refusal_ends_it() -> None:
    forbidden = Refused('context "kind-gapwatch"', 403, "Forbidden", "not you")
    cluster = FakeCluster(ALL_READY, refuse={"Namespace shop": forbidden})
    with pytest.raises(Refused, match="not you"):
        await bring_up(cluster, a_kind())


KIND_LOG = """Creating cluster "gapwatch" ...
ERROR: failed to create cluster: no image "kindest/node": command "docker pull" failed with error: exit status 1

Command Output: v1.35.8: Pulling from kindest/node
write /var/lib/docker/tmp: no space left on device
"""
NO_DAEMON = """ERROR: failed to list clusters: command "docker ps '{{.Label "io"}}'" failed with error: exit status 1

Command Output: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?
"""
SEE = r" \(see what this machine lacks: gapwatch workshop doctor\)"


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        ({"get_clusters": FileNotFoundError("kind")}, "kind get clusters: there is no kind on the PATH"),
        ({"get_clusters": PermissionError(13, "Permission denied")}, "kind get clusters: Permission denied"),
        (
            {"get_clusters": Finished(1, err=NO_DAEMON)},
            "kind get clusters: failed to list clusters: Cannot connect to the Docker daemon at "
            r"unix:///var/run/docker.sock. Is the docker daemon running\?",
        ),
        (
            {"create": Finished(1, err=KIND_LOG)},
            'kind create cluster: failed to create cluster: no image "kindest/node": '
            "write /var/lib/docker/tmp: no space left on device",
        ),
        ({"create": Finished(137)}, "kind create cluster: exit code 137"),
        ({"create": Finished(1, err="ERROR: \x1b[31mno\x1b[0m\n")}, "kind create cluster: no"),
    ],
    ids=["no kind", "not executable", "no daemon", "create fails", "killed silently", "escapes"],
)
async def test_a_failing_kind_is_one_line_that_says_why(
    answers: Mapping[str, Finished | BaseException], line: str
) -> None:
    cluster = FakeCluster(ALL_READY)
    with pytest.raises(kind.WorkshopError, match=f"^{line}{SEE}$"):
        await bring_up(cluster, a_kind(**answers))
    assert cluster.connections == 0


async def test_a_broken_manifest_is_found_before_anything_is_created(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text("kind: Deployment\n")
    runner = a_kind()
    with pytest.raises(ManifestError):
        await kind.up(FakeCluster(ALL_READY).connect, manifests=read_manifests(tmp_path), run=runner)
    assert runner.asked == []


async def test_an_interrupted_create_says_what_to_do_with_the_rest() -> None:
    lines: list[str] = []
    with pytest.raises(asyncio.CancelledError):
        await kind.up(
            FakeCluster(ALL_READY).connect, say=lines.append, run=a_kind(create=asyncio.CancelledError())
        )
    assert lines[-1].endswith("gapwatch workshop down")


async def test_down_deletes_by_name_only() -> None:
    runner = a_kind(get_clusters=Finished(0, "gapwatch\nprecious\n"))
    lines: list[str] = []
    assert await kind.down(say=lines.append, run=runner)
    assert runner.asked == ["kind get clusters", "kind delete cluster --name gapwatch"]
    assert lines == ['Deleted the kind cluster "gapwatch".']


async def test_down_with_no_such_cluster_says_so_and_deletes_nothing() -> None:
    runner = a_kind(get_clusters=Finished(0, "precious\n"))
    lines: list[str] = []
    assert not await kind.down(say=lines.append, run=runner)
    assert runner.asked == ["kind get clusters"]
    assert lines == ['There is no kind cluster "gapwatch": nothing to delete.']


async def test_down_that_fails_says_why() -> None:
    runner = a_kind(get_clusters=Finished(0, "gapwatch\n"), delete=Finished(1, err="ERROR: busy\n"))
    with pytest.raises(kind.WorkshopError, match="kind delete cluster: busy"):
        await kind.down(run=runner)
