"""What runs in a Deployment's pods, as far as faults can speak to it: podinfo can be told to misbehave, over HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tui.chaos.fault import Target
from tui.chaos.faults.templates import CONTAINERS, container_of
from tui.chaos.guard import FaultRefused
from tui.chaos.pointers import fetch
from tui.chaos.sight import Sight, pod_ref
from tui.chaos.steps import Speak
from tui.facts import Pod

PODINFO_PORT = 9898
"""Where podinfo listens unless told otherwise (cmd/podinfo/main.go, --port)."""
NO_PODINFO = "no pod here runs podinfo, the one program that can be told to"
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


@dataclass(frozen=True)
class Podinfo:
    """The container of a pod template that runs podinfo. `version` is () where its tag is none."""

    container: str
    port: int
    version: tuple[int, ...] = ()


async def containers_of(sight: Sight, target: Target) -> list[dict[str, Any]]:
    """The containers of the Deployment's template, whole; one read."""
    whole, _ = await container_of(sight, target.uid, None)
    return list(fetch(whole, CONTAINERS)[0])


def podinfo_in(containers: list[dict[str, Any]]) -> Podinfo | None:
    """The podinfo among these containers, or None."""
    return next((_podinfo(one) for one in containers if is_podinfo(str(one.get("image", "")))), None)


def need_podinfo(containers: list[dict[str, Any]], target: Target) -> Podinfo:
    """The same; FaultRefused where another program runs there."""
    found = podinfo_in(containers)
    if found is None:
        raise FaultRefused(f"{target.key} does not run podinfo: no other program can be told to")
    return found


def is_podinfo(image: str) -> bool:
    """Whether that is an image of podinfo, whatever registry it comes from."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0] == "podinfo"


def any_podinfo(sight: Sight) -> bool:
    """Whether there is a podinfo among all the pods that we see."""
    pods = sight.world.pods.by_uid.values()
    return any(is_podinfo(one.image) for pod in pods for one in pod.status.container_statuses)


def speak(pod: Pod, podinfo: Podinfo, path: str, undo_path: str = "") -> Speak:
    """The step that tells the podinfo in that pod something, and takes it back."""
    return Speak(pod_ref(pod), podinfo.port, path, "POST", undo_path)


def _podinfo(container: dict[str, Any]) -> Podinfo:
    tag = str(container.get("image", "")).partition("@")[0].rpartition("/")[2].partition(":")[2]
    version = _VERSION.match(tag)
    ports = [port for port in container.get("ports") or () if isinstance(port, dict)]
    # Its first port is the one for users; the others, of metrics and gRPC, come after it in podinfo's own charts.
    port = next((one for one in ports if one.get("name") == "http"), ports[0] if ports else {})
    numbers = tuple(int(one) for one in version.groups()) if version else ()
    return Podinfo(str(container.get("name")), int(port.get("containerPort") or PODINFO_PORT), numbers)
