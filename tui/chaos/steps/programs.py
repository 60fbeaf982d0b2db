"""Speaking to a program in a pod through the API server's proxy."""

from __future__ import annotations

from tui.chaos.need import Need
from tui.chaos.reach import Reach
from tui.chaos.steps.base import Restored, Step
from tui.chaos.steps.objects import NOT_FOUND, Gone, Ref, read
from tui.cluster.errors import Refused

_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
"""As the API server has them (apiserver pkg/endpoints/request/requestinfo.go)."""


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
            if not self.hangs_up or error.code not in (500, 502, 503):
                raise

    async def undo(self, reach: Reach, fault: str, *, force: bool = False) -> Restored:
        """The request that takes it back; a pod that is gone has taken it with it."""
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
            if error.code == NOT_FOUND:
                return Restored.GONE
            raise
        return Restored.UNDONE
