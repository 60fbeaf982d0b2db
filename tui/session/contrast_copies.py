"""The two copies of the contrast as they are now: their pods as the world has them, their objects as they are read."""

from __future__ import annotations

from typing import Any

from tui.chaos import contrast as plans
from tui.chaos.contrast import ONCE, RECONCILED
from tui.cluster.errors import Refused
from tui.facts import Deployment, Pod
from tui.session.contrast_state import ContrastState
from tui.session.engine import Engine


class Copies:
    """Looks in the namespace of the contrast."""

    def __init__(self, engine: Engine, state: ContrastState) -> None:
        self._engine = engine
        self._state = state

    @property
    def bare_pod(self) -> Pod | None:
        """The copy that was made once."""
        return self._engine.world.pods.named(f"{self._state.namespace}/{ONCE}")

    @property
    def deployment(self) -> Deployment | None:
        """The copy that is reconciled."""
        return self._engine.world.deployment(self._state.namespace, RECONCILED)

    def pods(self, copy: str) -> list[Pod]:
        """The pods of that copy."""
        if copy == ONCE:
            pod = self.bare_pod
            return [pod] if pod is not None else []
        deployment = self.deployment
        return self._engine.world.pods_of(deployment.metadata.uid) if deployment is not None else []

    async def read(self, copy: str) -> dict[str, Any] | None:
        """The whole object, for facts hold no templates; None where it does not exist, else a ClusterError."""
        gateway = self._engine.desk.reach.gateway
        try:
            return await gateway.read(plans.resource(copy), copy, namespace=self._state.namespace)
        except Refused as error:
            if error.is_not_found:
                return None
            raise
