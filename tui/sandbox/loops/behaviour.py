"""What a simulated container does: read from its spec, and from annotations that play its program.

A sandbox container runs nothing. Whether its image exists, when it answers its probe and when it
exits is decided here, by rules a reader can use on purpose:

- an image named or tagged `missing` or `does-not-exist`, or from a registry under `.invalid`,
  can't be pulled;
- a command such as `sh -c "sleep 5; exit 1"` sleeps and exits as it says; `--crash` among the
  arguments exits 1 after a second;
- on the pod, `sandbox.gapwatch.dev/exit-after: "2s"` (and `…/exit-code: "1"`) ends every run so;
- `sandbox.gapwatch.dev/ready: "false"` makes the readiness probe fail, until it is taken away;
- `sandbox.gapwatch.dev/live: "false"` makes the liveness probe fail, likewise;
- a new value of `sandbox.gapwatch.dev/crash` makes the running containers exit 1, once;
- `sandbox.gapwatch.dev/ephemeral-storage: "2Gi"` is what the pod has written to disk by now (`local_storage.py`).

A container of podinfo is more than that: it can be spoken to through the API server's pod proxy, and its
HTTP probes ask it (`tui/sandbox/podinfo.py`, which also knows `…/random-error: "true"`).

Startup probes always succeed, and init containers end at once, well. What annotations of a Node play, its silence
and its full disk, is in `own_node.py`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from tui.sandbox.loops.objects import Obj, annotations_of

PREFIX = "sandbox.gapwatch.dev/"
EXIT_AFTER, EXIT_CODE = PREFIX + "exit-after", PREFIX + "exit-code"
READY, LIVE, CRASH = PREFIX + "ready", PREFIX + "live", PREFIX + "crash"

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
CRASH_FLAG_AFTER_S = 1.0

Range = tuple[float, float]


@dataclass(frozen=True)
class KubeletDelays:
    """How long things take on a node, as (least, most) cluster seconds; drawn anew for each pod.

    network: volumes and network before the first container; pull: an image that is not on the
    node yet; start: creating and starting a container; probe: until the readiness probe first
    looks, beyond its initialDelaySeconds; stop: from SIGTERM to the end; cleanup: from there
    until the pod is gone.
    """

    network: Range = (0.35, 0.65)
    pull: Range = (1.0, 3.0)
    start: Range = (0.1, 0.25)
    probe: Range = (0.2, 1.4)
    stop: Range = (0.2, 0.6)
    cleanup: Range = (0.2, 0.5)

    def draw(self, rng: random.Random) -> Timing:
        """One pod's figures; the same generator state gives the same figures."""
        ranges = (self.network, self.pull, self.start, self.probe, self.stop, self.cleanup)
        return Timing(*(rng.uniform(*bounds) for bounds in ranges))


def parse_delays(texts: Iterable[str]) -> KubeletDelays:
    """`pull=1s..3s`, `start=100ms`, ... as delays, the others as they are; ValueError tells a fault in one line."""
    return replace(KubeletDelays(), **dict(map(_parse_delay, texts)))


def _parse_delay(text: str) -> tuple[str, Range]:
    name, _, bounds = text.partition("=")
    names = [one.name for one in fields(KubeletDelays)]
    if name not in names:
        raise ValueError(f"{text!r} names no delay: there are {', '.join(names)}")
    least, _, most = bounds.partition("..")
    low, high = parse_duration(least), parse_duration(most or least)
    if low is None or high is None or low > high:
        raise ValueError(f"{text!r} is no delay: say {name}=2s or {name}=1s..3s, the shorter one first")
    return name, (low, high)


@dataclass(frozen=True)
class Timing:
    """One pod's delays, in cluster seconds."""

    network: float = 0.0
    pull: float = 0.0
    start: float = 0.0
    probe: float = 0.0
    stop: float = 0.0
    cleanup: float = 0.0


@dataclass(frozen=True)
class Behaviour:
    """What one container's program does once it runs."""

    exits_after: float | None = None
    exit_code: int = 0
    answers: bool = True
    lives: bool = True


def behaviour_of(pod: Obj, container: Obj) -> Behaviour:
    """How this container behaves; annotations outrank its command."""
    annotations = annotations_of(pod)
    after, code = _end(container, annotations)
    return Behaviour(
        after, code, answers=annotations.get(READY) != "false", lives=annotations.get(LIVE) != "false"
    )


def _end(container: Obj, annotations: dict[str, str]) -> tuple[float | None, int]:
    """After how many cluster seconds it exits, if it does, and with which code."""
    after = parse_duration(annotations.get(EXIT_AFTER, ""))
    if after is not None:
        code = annotations.get(EXIT_CODE, "1")
        return after, int(code) if code.isdigit() else 1
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    return (CRASH_FLAG_AFTER_S, 1) if "--crash" in words else _script(" ".join(words))


def _script(text: str) -> tuple[float | None, int]:
    """When a command line ends and with which code, if it is one of those understood here."""
    said = re.search(r"\bexit (\d+)", text)
    slept = [float(seconds) for seconds in re.findall(r"\bsleep (\d+(?:\.\d+)?)\b", text)]
    if "sleep infinity" in text or not (said or slept or re.fullmatch(r"(/bin/)?(true|false)", text)):
        return None, 0
    code = int(said.group(1)) if said else int(text.endswith("false"))
    return sum(slept), code


def parse_duration(text: str) -> float | None:
    """`250ms`, `2s`, `1m30s` as seconds; None if it is no duration."""
    if not re.fullmatch(r"(\d+(\.\d+)?(ms|s|m|h))+", text):
        return None
    return sum(
        float(amount) * UNITS[unit] for amount, _, unit in re.findall(r"(\d+(\.\d+)?)(ms|s|m|h)", text)
    )


def image_exists(image: str) -> bool:
    """Whether the simulated registries have this image."""
    path, _, tag = image.partition("@")[0].rpartition(":")
    if not path or "/" in tag:
        path, tag = image, "latest"
    registry = path.split("/")[0] if "/" in path else ""
    name = path.rsplit("/", 1)[-1]
    absent = ("missing", "does-not-exist")
    return not (
        registry.split(":")[0].endswith(".invalid") or any(word in name or word in tag for word in absent)
    )


def pull_policy(container: Obj) -> str:
    """imagePullPolicy, defaulted as the API server does."""
    image = str(container.get("image", ""))
    latest = ":" not in image.rsplit("/", 1)[-1] or image.endswith(":latest")
    return str(container.get("imagePullPolicy") or ("Always" if latest else "IfNotPresent"))
