"""One container's life, as a table of states and what ends each. Pure functions of state and time.

    Waiting -> Pulling -> Starting -> Running -> Exited -> (back-off) -> Starting ...
                  `-> NoImage -> PullBackOff -> Pulling ...

Figures and words follow k8s/pkg/kubelet: kuberuntime_manager.go (crash back-off: at once, then
10 s doubling to 300 s, forgotten after 10 minutes), images/image_manager.go, prober.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from uuid import NAMESPACE_OID, NAMESPACE_URL, uuid5

from tui.sandbox.commands import heeds_sigterm
from tui.sandbox.loops.behaviour import image_exists, pull_policy
from tui.sandbox.loops.container_run import Run, Said, State, Stepped, Surroundings
from tui.sandbox.loops.probes import NEVER_ASKED, refusal

RUNTIME: Final = "simulated"
FIRST_BACKOFF_S: Final = 10.0
LONGEST_BACKOFF_S: Final = 300.0
FORGIVEN_AFTER_S: Final = 600.0
NEXT_SYNC_S: Final = 1.0
LOST: Final = "The container could not be located when the pod was terminated"


def advance(run: Run, around: Surroundings) -> Stepped:
    """Let everything happen that is due by now, in order."""
    said: list[Said] = []
    while run.due <= around.now:
        run, news = _ENDINGS[run.state](run, around)
        said += news
    return run, said


def crash(run: Run, around: Surroundings, code: int = 1) -> Run:
    """The program ends now with this exit code, if it runs at all."""
    return _exit(run, around, code) if run.state is State.RUNNING else run


def terminate(run: Run, around: Surroundings) -> Run:
    """Its program gets a SIGTERM from inside: one that heeds it takes the time it needs to end, with 0."""
    if run.state is not State.RUNNING or not heeds_sigterm(around.container.get("command") or ()):
        return run
    return replace(run, killed_at=min(run.killed_at, around.now + around.timing.stop))


def renew(run: Run, around: Surroundings) -> Stepped:
    """Another image was asked for: it is killed and started again, with a back-off of its own.

    Follows kuberuntime_manager.go, computePodActions (a container whose hash has changed) and doBackOff (a back-off's
    key holds that hash).
    """
    image, name = str(around.container["image"]), around.container["name"]
    if run.state is not State.RUNNING or run.image == image:
        return run, []
    killed_at = min(run.killed_at, around.now + around.timing.stop)
    run = replace(run, image=image, killed_at=killed_at, backoff=0.0, backoff_at=-math.inf)
    return run, [Said("Normal", "Killing", f"Container {name} definition changed, will be restarted")]


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
        image=str(around.container["image"]),
        ready=not around.container.get("readinessProbe"),
        readiness=NEVER_ASKED,
        liveness=NEVER_ASKED,
        killed_at=math.inf,
    )
    return _scheduled(running, around), [Said("Normal", "Started", "Container started")]


def _live(run: Run, around: Surroundings) -> Stepped:
    """Something is due while it runs: its end, or a probe."""
    after = around.behaviour.exits_after
    if after is not None and run.started + after <= around.now:
        return _exit(run, around, around.behaviour.exit_code), []
    if run.killed_at <= around.now:
        return _exit(run, around, 0), []
    said: list[Said] = []
    if run.readiness.due <= around.now:
        run, news = _probe_readiness(run, around)
        said += news
    if run.liveness.due <= around.now:
        run, news = _probe_liveness(run, around)
        said += news
    return _scheduled(run, around), said


def look_again(run: Run, around: Surroundings) -> Run:
    """Set the next moment of a running container anew: its behaviour may have changed."""
    return _scheduled(run, around) if run.state is State.RUNNING else run


def _scheduled(run: Run, around: Surroundings) -> Run:
    behaviour, container = around.behaviour, around.container
    ends = math.inf if behaviour.exits_after is None else run.started + behaviour.exits_after
    first_at = run.started + around.timing.probe
    readiness = run.readiness.scheduled(
        container.get("readinessProbe"), first_at, around.now, steady=run.ready and behaviour.answers
    )
    liveness = run.liveness.scheduled(
        None if run.killed_at < math.inf else container.get("livenessProbe"),
        first_at,
        around.now,
        steady=behaviour.lives,
    )
    due = min(ends, run.killed_at, readiness.due, liveness.due)
    return replace(run, readiness=readiness, liveness=liveness, due=due)


def _probe_readiness(run: Run, around: Surroundings) -> Stepped:
    probe, passed = around.container["readinessProbe"], around.behaviour.answers
    asked = run.readiness.asked(around.now, passed=passed)
    ready = passed or (run.ready and not asked.gives_up(probe))
    message = f"Readiness probe failed: {refusal(probe, around.ip)}"
    told = [] if passed else [Said("Warning", "Unhealthy", message)]
    return replace(run, readiness=asked, ready=ready), told


def _probe_liveness(run: Run, around: Surroundings) -> Stepped:
    """The third failure in a row ends the container; it is started again as after a crash."""
    probe, passed = around.container["livenessProbe"], around.behaviour.lives
    asked = run.liveness.asked(around.now, passed=passed)
    run = replace(run, liveness=asked)
    if passed:
        return run, []
    told = [Said("Warning", "Unhealthy", f"Liveness probe failed: {refusal(probe, around.ip)}")]
    if not asked.gives_up(probe):
        return run, told
    killing = f"Container {around.container['name']} failed liveness probe, will be restarted"
    return replace(run, killed_at=around.now + around.timing.stop), [
        *told,
        Said("Normal", "Killing", killing),
    ]


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
