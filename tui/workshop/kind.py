"""Pairing with kind: a cluster named gapwatch, made from kind-config.yaml, with the workshop's manifests on it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import yaml

from tui.clean import PlainError, one_line
from tui.cluster.errors import ClusterError, KubeconfigError, Refused
from tui.declared.manifest_files import Manifest, read_manifests
from tui.facts.nodes import Node
from tui.machines.process import Finished, Runner, Say, run
from tui.steady import steady

CLUSTER = "gapwatch"
CONTEXT = f"kind-{CLUSTER}"
"""The kubeconfig context that kind makes for the cluster."""

PACKAGED = Path(__file__).parent / "manifests"
"""The workshop's own manifests; they travel in the wheel."""
NODES_READY_S = 180.0
_ASK_AGAIN_S = 1.0
_CONFLICT = 409


class WorkshopError(PlainError):
    """One line: what was tried, what came back, what to do."""


class Target(Protocol):
    """The new cluster, as far as the workshop needs it. Both may raise ClusterError."""

    async def nodes(self) -> Sequence[Node]:
        """All nodes that have registered by now."""

    async def apply(self, document: Mapping[str, Any]) -> None:
        """Server-side apply of one object; Refused with code 409 when others manage its fields."""


Connect = Callable[[], AbstractAsyncContextManager[Target]]
"""Opens the context CONTEXT; called once there is a cluster, and again while ClusterError comes back."""


def config_file() -> Path:
    """kind-config.yaml: beside this module in a wheel, at the top of the repository in a checkout."""
    here = Path(__file__).parent
    packaged = here / "kind-config.yaml"
    return packaged if packaged.exists() else here.parents[1] / "kind-config.yaml"


def node_names(config: Mapping[str, Any]) -> list[str]:
    """The nodes a kind config will make, named as kind names them: gapwatch-worker, gapwatch-worker2, …"""
    seen: Counter[str] = Counter()
    names = []
    for node in config["nodes"]:
        role = node["role"]
        seen[role] += 1
        names.append(f"{config['name']}-{role}{seen[role] if seen[role] > 1 else ''}")
    return names


async def up(
    connect: Connect,
    *,
    say: Say = print,
    kubeconfig: Path | None = None,
    manifests: Sequence[Manifest] | None = None,
    run: Runner = run,
    clock: Callable[[], float] = steady,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Creates the cluster, or takes the one that is there; waits for all its nodes; applies the manifests.

    Can be run again at any time. `kubeconfig` is where kind writes the context instead of kubectl's default.
    `say` gets progress, a line at a time. Raises WorkshopError, ManifestError or ClusterError.
    """
    documents = read_manifests(PACKAGED) if manifests is None else manifests
    if CLUSTER in await _clusters(run):
        say(f'The kind cluster "{CLUSTER}" is there already and is used as it is.')
        await _kind(run, "export", "kubeconfig", "--name", CLUSTER, *_kubeconfig(kubeconfig))
    else:
        await _create(run, say, kubeconfig)
    async with AsyncExitStack() as stack:
        target = await _all_ready(connect, stack, say, clock, pause)
        await _apply(target, documents, say)
    say(f"Ready. Watch it with: gapwatch --context {CONTEXT}")


async def down(*, say: Say = print, kubeconfig: Path | None = None, run: Runner = run) -> bool:
    """Deletes the cluster named gapwatch and no other; False when there was none. Raises WorkshopError."""
    if CLUSTER not in await _clusters(run):
        say(f'There is no kind cluster "{CLUSTER}": nothing to delete.')
        return False
    await _kind(run, "delete", "cluster", "--name", CLUSTER, *_kubeconfig(kubeconfig))
    say(f'Deleted the kind cluster "{CLUSTER}".')
    return True


async def _clusters(run: Runner) -> list[str]:
    return (await _kind(run, "get", "clusters")).out.split()


async def _create(run: Runner, say: Say, kubeconfig: Path | None) -> None:
    config = config_file()
    say(f'Creating the kind cluster "{CLUSTER}" from {config}; the first time this takes some minutes.')
    try:
        await _kind(
            run,
            "create",
            "cluster",
            "--name",
            CLUSTER,
            "--config",
            str(config),
            *_kubeconfig(kubeconfig),
            say=say,
        )
    except asyncio.CancelledError:
        say("Interrupted: what there is of the cluster by now goes with: gapwatch workshop down")
        raise


def _kubeconfig(path: Path | None) -> list[str]:
    return ["--kubeconfig", str(path)] if path else []


async def _kind(run: Runner, *args: str, say: Say | None = None) -> Finished:
    """`kind ARGS`; its environment is ours, and with it KIND_EXPERIMENTAL_PROVIDER."""
    asked = " ".join(("kind", *args[:2]))
    hint = "see what this machine lacks: gapwatch workshop doctor"
    try:
        finished = await run(["kind", *args], say=say)
    except FileNotFoundError as error:
        raise WorkshopError(f"{asked}: there is no kind on the PATH ({hint})") from error
    except OSError as error:
        raise WorkshopError(f"{asked}: {error.strerror or error} ({hint})") from error
    if finished.code:
        raise WorkshopError(f"{asked}: {finished.reason} ({hint})")
    return finished


async def _all_ready(
    connect: Connect,
    stack: AsyncExitStack,
    say: Say,
    clock: Callable[[], float],
    pause: Callable[[float], Awaitable[None]],
) -> Target:
    """Connects, and waits until every node of the config has registered and every registered one is Ready."""
    expected = node_names(yaml.safe_load(config_file().read_text(encoding="utf-8")))
    deadline = clock() + NODES_READY_S
    target: Target | None = None
    said = ""
    while True:
        try:
            if target is None:
                target = await stack.enter_async_context(connect())
            found, done = _progress(expected, await target.nodes())
        except KubeconfigError:
            raise  # no file changes by waiting
        except ClusterError as error:
            found, done = str(error), False
        if found != said:
            say(found)
            said = found
        if done and target:
            return target
        if clock() >= deadline:
            again = "start afresh: gapwatch workshop down, then gapwatch workshop up"
            raise WorkshopError(f"waited {NODES_READY_S:.0f} s for all nodes to be Ready: {found} ({again})")
        await pause(_ASK_AGAIN_S)


def _progress(expected: Sequence[str], nodes: Sequence[Node]) -> tuple[str, bool]:
    """How far the nodes are, as a line, and whether all are Ready."""
    ready = {node.metadata.name for node in nodes if node.ready}
    names = sorted({*expected, *(node.metadata.name for node in nodes)})
    late = [one_line(name) for name in names if name not in ready]
    waiting = f", waiting for {', '.join(late)}" if late else ""
    return f"{len(ready)} of {len(names)} nodes Ready{waiting}", not late


async def _apply(target: Target, manifests: Sequence[Manifest], say: Say) -> None:
    for manifest in manifests:
        try:
            await target.apply(manifest.document)
            say(f"applied {manifest.title}")
        except Refused as error:
            if error.code != _CONFLICT:
                raise
            say(f"left as it is: {manifest.title}, which others have changed since ({error.said})")
