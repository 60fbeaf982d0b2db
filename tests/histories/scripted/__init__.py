"""Short histories as text that people can read, played into world and chronicle; see README.md for the words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from msgspec import structs

from tests.build import a_deployment, a_node, a_pod, a_replicaset
from tui.facts import Condition, Pod
from tui.facts.nodes import NodeStatus
from tui.reconcile.gap import measure
from tui.session import heal_views
from tui.session.chronicle import Chronicle
from tui.session.heal_news import HealNews
from tui.world import Update, World

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.txt"))
EPOCH = 1.8e9
"""The server's clock at second 0."""


@dataclass
class Script:
    """One file: the beginning, what happens, and what is expected of each heal."""

    replicas: int = 0
    min_ready_s: int = 0
    steps: list[tuple[float, list[str]]] = field(default_factory=list)
    expected: list[tuple[str, dict[str, str], list[tuple[str, float]]]] = field(default_factory=list)
    """(kind, numbers by name, (phase, when it ends))"""


def read(name: str) -> Script:
    """That file, understood."""
    script = Script()
    for line in (HERE / f"{name}.txt").read_text().splitlines():
        first, _, rest = line.partition(" ")
        if not line or first == "#":
            continue
        if first == "web":
            script.replicas = int(rest)
        elif first == "minReadySeconds":
            script.min_ready_s = int(rest)
        elif first == "expect":
            kind, _, numbers = rest.partition(": ")
            words = numbers.split()
            script.expected.append((kind, dict(zip(words[::2], words[1::2], strict=True)), []))
        elif first == "phases":
            ends = (phase.rpartition(" ") for phase in rest.split(", "))
            script.expected[-1][2].extend((phase, float(at)) for phase, _, at in ends)
        else:
            script.steps.append((float(first), rest.split()))
    return script


class Play:
    """Plays a script step by step; `order` says in which order steps of one moment come."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.world = World()
        self.at = 0.0
        self._version = 1
        deployment = a_deployment(script.replicas, min_ready_seconds=script.min_ready_s)
        self.world.replace("Deployment", [deployment])
        self.world.replace("ReplicaSet", [a_replicaset(replicas=script.replicas)])
        self.world.replace("Pod", [a_pod(letter, node="worker-a") for letter in "abcdefg"[: script.replicas]])
        self.world.replace("Node", [a_node("worker-a"), a_node("worker-b")])
        ours = {f"uid-{words[1]}" for _, words in script.steps if words[0] == "fault"}
        self.chronicle = Chronicle(self.world, ours.__contains__, lambda: EPOCH + self.at)
        self._assess()

    def run(self) -> tuple[HealNews, ...]:
        """Everything, and then the heals, oldest first."""
        for _ in self.prefixes():
            pass
        return self.heals()

    def prefixes(self) -> Iterator[float]:
        """Step by step."""
        for at, (what, *names) in self.script.steps:
            self.at = at
            for update in getattr(self, f"_{what}")(*names) or []:
                self.chronicle.note([update], at)
            self._assess()
            yield at

    def heals(self) -> tuple[HealNews, ...]:
        """The heals as of now, oldest first."""
        return tuple(reversed(heal_views.heals(self.world, self.chronicle, self.at)))

    def _assess(self) -> None:
        """Measures, and has the Deployment's controller say the same."""
        deployment, uid = self.world.deployments.by_uid["uid-web"], "uid-web"
        replicasets, pods = self.world.replicasets_of(uid), self.world.pods_of(uid)
        gap = measure(deployment, replicasets, pods, EPOCH + self.at)
        status = structs.replace(deployment.status, available_replicas=gap.available)
        told = structs.replace(deployment, status=status)
        self.world.put("Deployment", told)
        self.chronicle.assess(uid, measure(told, replicasets, pods, EPOCH + self.at), self.at)

    def _put(self, pod: Pod) -> list[Update]:
        self._version += 1
        meta = structs.replace(pod.metadata, resource_version=str(self._version))
        return self.world.put("Pod", structs.replace(pod, metadata=meta))

    def _pod(self, name: str) -> Pod:
        return self.world.pods.by_uid[f"uid-{name}"]

    # ---------------------------------------------------------------- the words

    def _look(self) -> None:
        """Only time has passed."""

    def _fault(self, pod: str) -> None:
        self.chronicle.fault("uid-web", frozenset({f"uid-{pod}"}), f"you deleted pod {pod}", self.at)

    def _delete(self, pod: str) -> list[Update]:
        known = self._pod(pod)
        return self._put(
            structs.replace(known, metadata=structs.replace(known.metadata, deletion_timestamp="x"))
        )

    def _gone(self, pod: str) -> list[Update]:
        return self.world.remove("Pod", self._pod(pod))

    def _create(self, pod: str, _of: str = "of", replicaset: str = "1") -> list[Update]:
        return self._put(a_pod(pod, owner=f"uid-web-{replicaset}", ready=False, node=None))

    def _bind(self, pod: str) -> list[Update]:
        owner = self._pod(pod).metadata.controller_uid or ""
        return self._put(a_pod(pod, owner=owner, ready=False, node="worker-b"))

    def _ready(self, pod: str) -> list[Update]:
        owner = self._pod(pod).metadata.controller_uid or ""
        since = datetime.fromtimestamp(EPOCH + self.at, UTC).isoformat()
        return self._put(a_pod(pod, owner=owner, since=since, node="worker-b"))

    def _unready(self, pod: str) -> list[Update]:
        return self._put(a_pod(pod, ready=False, node="worker-a"))

    def _silence(self, node: str) -> list[Update]:
        silent = structs.replace(
            a_node(node, ready="Unknown"),
            status=NodeStatus(conditions=a_node(ready="Unknown").status.conditions),
        )
        return self.world.put("Node", silent)

    def _scale(self, replicas: str) -> list[Update]:
        known = self.world.deployments.by_uid["uid-web"]
        spec = structs.replace(known.spec, replicas=int(replicas))
        updates = self.world.put("ReplicaSet", a_replicaset(replicas=int(replicas)))
        return updates + self.world.put("Deployment", structs.replace(known, spec=spec))

    def _stuck(self) -> list[Update]:
        known = self.world.deployments.by_uid["uid-web"]
        given_up = Condition(type="Progressing", status="False", reason="ProgressDeadlineExceeded")
        status = structs.replace(known.status, conditions=(given_up,))
        return self.world.put("Deployment", structs.replace(known, status=status))

    def _template(self) -> list[Update]:
        known = self.world.deployments.by_uid["uid-web"]
        changed = structs.replace(known, metadata=structs.replace(known.metadata, generation=2))
        return self.world.put("Deployment", changed)

    def _replicaset(self, number: str) -> list[Update]:
        known = self.world.deployments.by_uid["uid-web"]
        replicas = known.spec.replicas
        updates = self.world.put(
            "ReplicaSet", a_replicaset(f"web-{number}", replicas=replicas, revision=number)
        )
        # What is ended from now on is ended by its ReplicaSet, which is asked for none any more.
        updates += self.world.put("ReplicaSet", a_replicaset("web-1", replicas=0))
        told = a_deployment(replicas, revision=number, generation=2, observed=2)
        return updates + self.world.put("Deployment", told)
