"""Speaking to a program in a pod, and running a command beside it, through the API server."""

from __future__ import annotations

from tui.chaos.guard import FaultRefused
from tui.chaos.need import Need
from tui.chaos.reach import Reach
from tui.chaos.steps.base import Final, Restored, Step
from tui.chaos.steps.objects import Gone, Ref, against_others, merge, read
from tui.clean import PlainError, one_line
from tui.cluster.errors import Refused
from tui.cluster.execution import NO_COMMAND

_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
"""As the API server has them (apiserver pkg/endpoints/request/requestinfo.go)."""

"""Of a pod that is gone, or of the program in it: one that does not know the way back is not the one that was told."""
_HUNG_UP = (500, 502, 503)
"""What API servers answer where the program does not."""
_ENDED = ("connection refused", ": EOF")
"""Their words where its pod is there and it is not: what it had been told has ended with it."""


class Speak(Step, frozen=True, tag="speak"):
    """One HTTP request to a program in a pod, through the API server's proxy, and the one that takes it back."""

    ref: Ref
    port: int
    path: str
    method: str = "POST"
    undo_path: str = ""
    """"" where there is nothing to take back: the program has ended, and its successor knows nothing of it."""
    hangs_up: bool = False
    """Whether the program ends instead of answering, so that an answer of 502 or 503 is a success."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """To look at the pod, and to speak to what runs in it (the verbs are those of the HTTP methods)."""
        return self.ref.may("get") + self.ref.may(_VERBS[self.method], subresource="proxy")

    @property
    def holds(self) -> str:
        """What its undo would put back."""
        return f"{self.undo_path} of {self.ref}" if self.undo_path else ""

    @property
    def undoable(self) -> bool:
        """Whether there is a request that takes it back."""
        return bool(self.undo_path)

    async def send(self, reach: Reach, fault: str) -> None:
        """The request, after a read that the pod is the one that was meant: the proxy knows names only."""
        await read(reach.gateway, self.ref)
        try:
            await reach.gateway.speak_to_pod(
                self.ref.namespace, self.ref.name, self.port, self.path, method=self.method
            )
        except Refused as error:
            if error.code in _HUNG_UP and "dial " in error.said:
                raise FaultRefused(
                    f"nobody was reached at port {self.port} of {self.ref}: {error.said}"
                ) from None
            if not self.hangs_up or error.code not in _HUNG_UP:
                raise

    async def undo(self, reach: Reach, fault: str, *, force: bool = False) -> Restored:
        """The request that takes it back; a pod that is gone, or is on its way and answers no more, takes it along."""
        if not self.undo_path:
            return Restored.ALREADY
        try:
            await read(reach.gateway, self.ref)
            await reach.gateway.speak_to_pod(
                self.ref.namespace, self.ref.name, self.port, self.undo_path, method=self.method
            )
        except Gone:
            return Restored.GONE
        except Refused as error:
            has_ended = error.code in _HUNG_UP and any(word in error.said for word in _ENDED)
            if error.is_not_found or has_ended or ("dial " in error.said and await self._is_ending(reach)):
                return Restored.GONE
            raise
        return Restored.UNDONE

    async def _is_ending(self, reach: Reach) -> bool:
        try:
            found = await read(reach.gateway, self.ref)
        except Gone:
            return True
        return "deletionTimestamp" in found["metadata"]


class Failed(PlainError):
    """A command that was run and went wrong: what it had done by then is not known."""


class Run(Final, frozen=True, tag="run"):
    """One command in a container of a pod. What it leaves behind goes with the container."""

    ref: Ref
    container: str
    command: tuple[str, ...]
    hangs_up: bool = False
    """Whether it ends the container it runs in, so that no exit code, or any, is a success."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """To look at the pod and to run something in it: API servers differ in which verb a WebSocket has."""
        return self.ref.may("get") + self.ref.may("get", "create", subresource="exec")

    async def send(self, reach: Reach, fault: str) -> None:
        """The command, after a read that the pod is the one that was meant: exec knows names only."""
        await read(reach.gateway, self.ref)
        ended = await reach.gateway.run_in_pod(
            self.ref.namespace, self.ref.name, self.container, self.command
        )
        where = f"container {self.container} of {self.ref}"
        said = one_line(ended.err.decode("utf-8", "replace")) or one_line(ended.message)
        if ended.code in NO_COMMAND or (ended.code and "executable file not found" in ended.message):
            why = f" ({said})" if said else ""
            raise FaultRefused(
                f"there is no {self.command[0]} in {where} that could be run: nothing was done{why}"
            )
        if ended.code and not self.hangs_up:
            raise Failed(f"{self.command[0]} in {where} ended with code {ended.code}: {said}")


class Poke(Final, frozen=True, tag="poke"):
    """Gives one annotation of an object a value that it never had: what plays programs heeds each new one, once."""

    ref: Ref
    annotation: str

    @property
    def needs(self) -> tuple[Need, ...]:
        """To look at it and to patch it."""
        return self.ref.may("get", "patch")

    async def send(self, reach: Reach, fault: str) -> None:
        """The value is the fault's id. It stays there, and means nothing from then on."""

        async def once() -> bool:
            found = await read(reach.gateway, self.ref)
            patch = {"metadata": {"annotations": {self.annotation: fault}}}
            await merge(reach.gateway, self.ref, found, patch)
            return True

        await against_others(once)
