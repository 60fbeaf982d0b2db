"""What a fault is done to, as people write it: NAMESPACE/DEPLOYMENT, or the bare name of a node or a zone."""

from __future__ import annotations

from tui.chaos.fault import Aim, Fault
from tui.chaos.guard import FaultRefused


def read_target(fault: Fault, text: str) -> tuple[str, str]:
    """(namespace, name); the namespace is "" for nodes and zones. FaultRefused says how it has to be written."""
    namespace, slash, name = text.partition("/")
    if fault.aim is Aim.DEPLOYMENT:
        if not slash or not namespace or not name or "/" in name:
            what = "is done to a Deployment: say NAMESPACE/DEPLOYMENT, such as shop/web"
            raise FaultRefused(f"{text!r}: {fault.name} {what}")
        return namespace, name
    if slash or not namespace:
        raise FaultRefused(f"{text!r}: {fault.name} is done to a {fault.aim.value}: say its name alone")
    return "", namespace
