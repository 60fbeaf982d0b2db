"""One container's life, as a table of states and what ends each. Pure functions of state and time.

    Waiting -> Pulling -> Starting -> Running -> Exited -> (back-off) -> Starting ...
                  `-> NoImage -> PullBackOff -> Pulling ...

Figures and words follow k8s/pkg/kubelet: kuberuntime_manager.go (crash back-off: at once, then
10 s doubling to 300 s, forgotten after 10 minutes), images/image_manager.go, prober.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final
from uuid import NAMESPACE_OID, NAMESPACE_URL, uuid5

from tui.sandbox.loops.behaviour import Behaviour, Timing, image_exists, pull_policy
from tui.sandbox.loops.events import EventType
from tui.sandbox.loops.objects import Obj

RUNTIME: Final = "simulated"
FIRST_BACKOFF_S: Final = 10.0
LONGEST_BACKOFF_S: Final = 300.0
FORGIVEN_AFTER_S: Final = 600.0
NEXT_SYNC_S: Final = 1.0
CREATING: Final[Obj] = {"waiting": {"reason": "ContainerCreating"}}
LOST: Final = "The container could not be located when the pod was terminated"


class State(Enum):
    """Where a container is in its life."""

    WAITING = "waiting for its pod's network"
    PULLING = "pulling its image"
    NO_IMAGE = "its image could not be pulled"
    PULL_BACKOFF = "waiting before the next pull"
    STARTING = "being created and started"
    RUNNING = "running"
    EXITED = "ended"
    CRASH_BACKOFF = "waiting before the next start"


@dataclass(frozen=True)
class Said:
    """What the kubelet has to say about a container: an Event to be."""

    type: EventType
    reason: str
    message: str


@dataclass(frozen=True)
class Run:
    """One container as the simulated runtime has it; times in cluster seconds."""

    state: State = State.WAITING
    due: float = math.inf
    shown: Obj = field(default_factory=lambda: dict(CREATING))
    last: Obj = field(default_factory=dict)
    restarts: int = 0
    runs: int = 0
    started: float = 0.0
    id: str = ""
    ready: bool = False
    failures: int = 0
    probed: float = -math.inf
    backoff: float = 0.0
    backoff_at: float = -math.inf
    pull_backoff: float = 0.0

    @property
    def has_ended(self) -> bool:
        """Terminated, for now or for good."""
        return "terminated" in self.shown


@dataclass(frozen=True)
class Surroundings:
    """What a container's next step depends on beside itself."""

    pod_id: str
    ip: str
    container: Obj
    behaviour: Behaviour
    timing: Timing
    images: frozenset[str]
    restart_policy: str
    now: float
    stamp: str


Stepped = tuple[Run, list[Said]]


def advance(run: Run, around: Surroundings) -> Stepped:
    """Let everything happen that is due by now, in order."""
    said: list[Said] = []
    while run.due <= around.now:
        run, news = _ENDINGS[run.state](run, around)
        said += news
    return run, said


def crash(run: Run, around: Surroundings) -> Stepped:
    """The program ends now with exit code 1, if it runs at all."""
    return (_exit(run, around, 1), []) if run.state is State.RUNNING else (run, [])


def stop(run: Run, around: Surroundings, *, in_time: bool) -> Run:
    """The container as it is after the pod was told to go: ended by itself in time, or killed, or never run."""
    if run.state is State.RUNNING:
        return replace(_exit(run, around, 0 if in_time else 137), due=math.inf)
    if run.has_ended:
        return replace(run, state=State.EXITED, due=math.inf)
    lost = {
        "exitCode": 137,
        "reason": "ContainerStatusUnknown",
        "message": LOST,
        "startedAt": None,
        "finishedAt": None,
    }
    return replace(run, state=State.EXITED, due=math.inf, shown={"terminated": lost}, ready=False)


# ------------------------------------------------------------------ images


def _find_image(run: Run, around: Surroundings) -> Stepped:
    image, policy = str(around.container["image"]), pull_policy(around.container)
    if image in around.images and policy != "Always":
        message = f'Container image "{image}" already present on machine and can be accessed by the pod'
        return _create(run, around, [Said("Normal", "Pulled", message)])
    if policy == "Never":
        message = f'Container image "{image}" is not present with pull policy of Never'
        failed = _cannot_pull(run, around, "ErrImageNeverPull", message)
        return failed, [Said("Warning", "ErrImageNeverPull", message), _error("ErrImageNeverPull")]
    pulling = replace(run, state=State.PULLING, due=around.now + around.timing.pull)
    return pulling, [Said("Normal", "Pulling", f'Pulling image "{image}"')]


def _end_pull(run: Run, around: Surroundings) -> Stepped:
    image = str(around.container["image"])
    if image_exists(image):
        took = f"{around.timing.pull:.3f}s"
        message = (
            f'Successfully pulled image "{image}" in {took} ({took} including waiting). Image size: 0 bytes.'
        )
        return _create(replace(run, pull_backoff=0.0), around, [Said("Normal", "Pulled", message)])
    cause = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": {image}: not found'
    message = f"rpc error: code = NotFound desc = {cause}"
    failed = _cannot_pull(run, around, "ErrImagePull", message)
    told = [Said("Warning", "Failed", f'Failed to pull image "{image}": {message}'), _error("ErrImagePull")]
    return replace(failed, pull_backoff=_doubled(run.pull_backoff)), told


def _cannot_pull(run: Run, around: Surroundings, reason: str, message: str) -> Run:
    waiting = {"waiting": {"reason": reason, "message": message}}
    return replace(run, state=State.NO_IMAGE, due=around.now + NEXT_SYNC_S, shown=waiting)


def _back_off_pulling(run: Run, around: Surroundings) -> Stepped:
    if pull_policy(around.container) == "Never":
        return replace(run, state=State.PULL_BACKOFF, due=around.now + FIRST_BACKOFF_S), []
    message = f'Back-off pulling image "{around.container["image"]}"'
    failure = run.shown["waiting"]
    told = f"{message}: {failure['reason']}: {failure['message']}"
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": told}}
    due = around.now - NEXT_SYNC_S + run.pull_backoff
    backing_off = replace(run, state=State.PULL_BACKOFF, due=due, shown=waiting)
    return backing_off, [Said("Normal", "BackOff", message), _error("ImagePullBackOff")]


# ------------------------------------------------------------------ running


def _create(run: Run, around: Surroundings, said: list[Said]) -> Stepped:
    starting = replace(run, state=State.STARTING, due=around.now + around.timing.start)
    return starting, [*said, Said("Normal", "Created", "Container created")]


def _start(run: Run, around: Surroundings) -> Stepped:
    ended = {"terminated": run.shown["terminated"]} if run.has_ended else run.last
    running = replace(
        run,
        state=State.RUNNING,
        shown={"running": {"startedAt": around.stamp}},
        last=ended,
        restarts=run.restarts + (1 if run.runs else 0),
        runs=run.runs + 1,
        started=around.now,
        id=_container_id(around, run.runs),
        ready=not around.container.get("readinessProbe"),
        failures=0,
        probed=-math.inf,
    )
    return replace(running, due=_next_moment(running, around)), [
        Said("Normal", "Started", "Container started")
    ]


def _live(run: Run, around: Surroundings) -> Stepped:
    """Something is due while it runs: its end, or a probe."""
    after = around.behaviour.exits_after
    if after is not None and run.started + after <= around.now:
        return _exit(run, around, around.behaviour.exit_code), []
    run, said = _probe(run, around)
    return replace(run, due=_next_moment(run, around)), said


def look_again(run: Run, around: Surroundings) -> Run:
    """Set the next moment of a running container anew: its behaviour may have changed."""
    return replace(run, due=_next_moment(run, around)) if run.state is State.RUNNING else run


def _next_moment(run: Run, around: Surroundings) -> float:
    after = around.behaviour.exits_after
    ends = math.inf if after is None else run.started + after
    return min(ends, _next_probe(run, around))


def _next_probe(run: Run, around: Surroundings) -> float:
    """When the readiness probe next has news: a steady answer is none."""
    probe = around.container.get("readinessProbe")
    if not probe or (run.ready and around.behaviour.answers):
        return math.inf
    first = run.started + (probe.get("initialDelaySeconds") or 0) + around.timing.probe
    period = probe.get("periodSeconds") or 10
    last = max(run.probed, around.now) if run.ready else run.probed
    ticks = 0 if last < first else math.floor((last - first) / period) + 1
    return float(first + ticks * period)


def _probe(run: Run, around: Surroundings) -> Stepped:
    run = replace(run, probed=around.now)
    if around.behaviour.answers:
        return replace(run, ready=True, failures=0), []
    probe, failures = around.container["readinessProbe"], run.failures + 1
    still_ready = run.ready and failures < (probe.get("failureThreshold") or 3)
    message = f"Readiness probe failed: {_refusal(probe, around)}"
    return replace(run, ready=still_ready, failures=failures), [Said("Warning", "Unhealthy", message)]


def _refusal(probe: Obj, around: Surroundings) -> str:
    if probe.get("httpGet"):
        return "HTTP probe failed with statuscode: 503"
    if probe.get("tcpSocket"):
        return f"dial tcp {around.ip}:{probe['tcpSocket'].get('port')}: connect: connection refused"
    return "command exited with 1"


# ------------------------------------------------------------------ ending


def _exit(run: Run, around: Surroundings, code: int) -> Run:
    ended = {
        "exitCode": code,
        "reason": "Completed" if code == 0 else "Error",
        "startedAt": run.shown["running"]["startedAt"],
        "finishedAt": around.stamp,
        "containerID": run.id,
    }
    again = around.restart_policy == "Always" or (around.restart_policy == "OnFailure" and code != 0)
    due = around.now + around.timing.start if again else math.inf
    return replace(run, state=State.EXITED, due=due, shown={"terminated": ended}, ready=False)


def _after_exit(run: Run, around: Surroundings) -> Stepped:
    """The first restart comes at once; after that the back-off has to pass, counted from the exit."""
    ended = around.now - around.timing.start
    if ended - run.backoff_at > FORGIVEN_AFTER_S:
        return _find_image(replace(run, backoff=FIRST_BACKOFF_S, backoff_at=ended), around)
    pause = f"{run.backoff:.0f}s" if run.backoff < 60 else f"{run.backoff // 60:.0f}m{run.backoff % 60:.0f}s"
    name = around.container["name"]
    message = f"back-off {pause} restarting failed container={name} pod={around.pod_id}"
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
    last = {"terminated": run.shown["terminated"]}
    due = ended + run.backoff
    told = Said("Warning", "BackOff", f"Back-off restarting failed container {name} in pod {around.pod_id}")
    return replace(run, state=State.CRASH_BACKOFF, due=due, shown=waiting, last=last), [told]


def _after_backoff(run: Run, around: Surroundings) -> Stepped:
    return _find_image(replace(run, backoff=_doubled(run.backoff), backoff_at=around.now), around)


def _doubled(backoff: float) -> float:
    return min(max(FIRST_BACKOFF_S, backoff * 2), LONGEST_BACKOFF_S)


def _error(reason: str) -> Said:
    return Said("Warning", "Failed", f"Error: {reason}")


def _container_id(around: Surroundings, number: int) -> str:
    """An id as the node's runtime gives it; each run of a container has its own."""
    name = f"{around.pod_id}/{around.container['name']}/{number}"
    return f"{RUNTIME}://{uuid5(NAMESPACE_OID, name).hex}{uuid5(NAMESPACE_URL, name).hex}"


def next_due(runs: Iterable[Run]) -> float:
    """The earliest moment any of these changes by itself."""
    return min((run.due for run in runs), default=math.inf)


_ENDINGS = {
    State.WAITING: _find_image,
    State.PULLING: _end_pull,
    State.NO_IMAGE: _back_off_pulling,
    State.PULL_BACKOFF: _find_image,
    State.STARTING: _start,
    State.RUNNING: _live,
    State.EXITED: _after_exit,
    State.CRASH_BACKOFF: _after_backoff,
}
