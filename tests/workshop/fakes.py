"""A kind and a cluster that do what a test tells them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tui.facts.meta import Condition, ObjectMeta
from tui.facts.nodes import Node, NodeStatus
from tui.machines.process import Finished, Say

NODES = ("gapwatch-control-plane", "gapwatch-worker", "gapwatch-worker2", "gapwatch-worker3")


@dataclass
class FakeRunner:
    """A Runner that looks its answers up by the start of the command line; the longest start wins."""

    answers: Mapping[str, Finished | BaseException]
    asked: list[str] = field(default_factory=list)

    async def __call__(
        self, argv: Sequence[str], *, say: Say | None = None, timeout_s: float | None = None
    ) -> Finished:
        command = " ".join(argv)
        self.asked.append(command)
        start = max((known for known in self.answers if command.startswith(known)), key=len, default=None)
        if start is None:
            raise FileNotFoundError(argv[0])
        answer = self.answers[start]
        if isinstance(answer, BaseException):
            raise answer
        for line in answer.err.splitlines() if say else ():
            say(line)  # type: ignore[misc]
        return answer


class VirtualTime:
    """A clock that moves only when somebody pauses."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.now += seconds


def node(name: str, ready: str = "True") -> Node:
    return Node(
        metadata=ObjectMeta(name=name), status=NodeStatus(conditions=(Condition(type="Ready", status=ready),))
    )


class FakeCluster:
    """A Target whose `nodes` answers go by one a time, the last for ever; errors among them are raised."""

    def __init__(
        self, *answers: Sequence[Node] | Exception, refuse: Mapping[str, Exception] | None = None
    ) -> None:
        self._answers = list(answers)
        self._refuse = refuse or {}
        self.applied: list[str] = []
        self.connections = 0

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[FakeCluster]:
        self.connections += 1
        yield self

    async def nodes(self) -> Sequence[Node]:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def apply(self, document: Mapping[str, Any]) -> None:
        title = f"{document['kind']} {document['metadata']['name']}"
        if title in self._refuse:
            raise self._refuse[title]
        self.applied.append(title)
