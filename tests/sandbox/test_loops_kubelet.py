"""A container's life on the simulated kubelet, without a cluster: every state, and the figures in between."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from typing import Any

import pytest

from tui.sandbox.loops.behaviour import (
    CRASH,
    EXIT_AFTER,
    EXIT_CODE,
    LIVE,
    READY,
    Behaviour,
    KubeletDelays,
    Timing,
    behaviour_of,
    image_exists,
    parse_duration,
    pull_policy,
)
from tui.sandbox.loops.container_run import Run, Said, State, Surroundings
from tui.sandbox.loops.containers import advance, crash, look_again, renew, stop
from tui.sandbox.loops.objects import Obj, condition
from tui.sandbox.loops.pod_status import Report, pod_status

from .objects import pod

IMAGE = "shop/web:1"
TIMING = Timing(network=0.5, pull=2.0, start=0.2, probe=0.5, stop=1.0, cleanup=0.3)


class Container:
    """One container and a clock: lets time pass and remembers what was said."""

    def __init__(self, *, behaviour: Behaviour | None = None, policy: str = "Always", **spec: Any) -> None:
        self.now = 0.0
        self.said: list[Said] = []
        self.run = Run(due=TIMING.network)
        self.around = Surroundings(
            pod_id="web-1-abcde_shop(uid)",
            ip="10.244.1.2",
            container={"name": "web", "image": IMAGE, **spec},
            behaviour=behaviour or Behaviour(),
            timing=TIMING,
            images=frozenset({IMAGE}),
            restart_policy=policy,
            now=0.0,
            stamp="t0",
        )

    def behave(self, **how: Any) -> None:
        self.around = replace(self.around, behaviour=Behaviour(**how))
        self.run = look_again(self.run, replace(self.around, now=self.now))

    def until(self, state: State, limit: float = 4000.0) -> float:
        """Let time pass to the moment this state begins; that moment."""
        while self.run.state is not state:
            assert self.run.due <= limit, f"{self.run.state} for ever"
            self.step()
        return self.now

    def step(self) -> None:
        self.now = self.run.due
        self.run, said = advance(self.run, replace(self.around, now=self.now, stamp=f"t{self.now:g}"))
        self.said += said

    def ready(self) -> bool:
        return self.run.ready

    def reasons(self) -> list[str]:
        return [one.reason for one in self.said]

    def message(self, reason: str) -> str:
        return next(one.message for one in reversed(self.said) if one.reason == reason)


def test_a_container_whose_image_is_there_starts() -> None:
    one = Container()
    assert one.until(State.RUNNING) == pytest.approx(0.7)
    assert one.reasons() == ["Pulled", "Created", "Started"]
    assert one.message("Pulled") == (
        'Container image "shop/web:1" already present on machine and can be accessed by the pod'
    )
    assert one.ready(), "without a probe, running is ready"
    assert one.run.due == math.inf, "and nothing more happens by itself"


def test_an_image_that_is_not_there_is_pulled() -> None:
    one = Container(image="shop/api:7")
    assert one.until(State.RUNNING) == pytest.approx(2.7)
    assert one.reasons() == ["Pulling", "Pulled", "Created", "Started"]
    assert one.message("Pulling") == 'Pulling image "shop/api:7"'
    assert one.message("Pulled").startswith(
        'Successfully pulled image "shop/api:7" in 2.000s (2.000s including'
    )


def test_an_image_that_does_not_exist_is_tried_ever_more_seldom() -> None:
    one = Container(image="shop/web:does-not-exist")
    pulls: list[float] = []
    while len(pulls) < 8:
        pulls.append(one.until(State.PULLING))
        one.until(State.NO_IMAGE)
        failed = one.run.shown["waiting"]
        one.until(State.PULL_BACKOFF)
    assert failed["reason"] == "ErrImagePull"
    assert one.run.shown["waiting"]["reason"] == "ImagePullBackOff"
    assert one.run.shown["waiting"]["message"].startswith(
        'Back-off pulling image "shop/web:does-not-exist": ErrImagePull: rpc error: code = NotFound'
    )
    assert one.reasons()[:6] == ["Pulling", "Failed", "Failed", "BackOff", "Failed", "Pulling"]
    gaps = [round(later - earlier - TIMING.pull) for earlier, later in itertools.pairwise(pulls)]
    assert gaps == [10, 20, 40, 80, 160, 300, 300]


def test_never_pull_never_pulls() -> None:
    one = Container(image="shop/api:7", imagePullPolicy="Never")
    one.until(State.NO_IMAGE)
    assert one.run.shown["waiting"]["reason"] == "ErrImageNeverPull"
    assert one.message("Failed") == "Error: ErrImageNeverPull"


def test_a_crash_loop_backs_off_as_upstream() -> None:
    one = Container(behaviour=Behaviour(exits_after=2.0, exit_code=1))
    starts = [one.until(State.RUNNING)]
    exits: list[float] = []
    while len(exits) < 8:
        exits.append(one.until(State.EXITED))
        starts.append(one.until(State.RUNNING))
    pauses = [round(start - end) for end, start in zip(exits, starts[1:], strict=True)]
    assert pauses == [0, 10, 20, 40, 80, 160, 300, 300]
    assert one.run.restarts == 8
    assert one.run.last["terminated"]["exitCode"] == 1


def test_a_crash_loop_says_what_upstream_says() -> None:
    one = Container(behaviour=Behaviour(exits_after=2.0, exit_code=1))
    one.until(State.CRASH_BACKOFF)
    assert one.run.shown["waiting"] == {
        "reason": "CrashLoopBackOff",
        "message": "back-off 10s restarting failed container=web pod=web-1-abcde_shop(uid)",
    }
    assert one.message("BackOff") == "Back-off restarting failed container web in pod web-1-abcde_shop(uid)"
    one.step()
    one.until(State.CRASH_BACKOFF)
    assert "back-off 20s" in one.run.shown["waiting"]["message"]


def test_ten_minutes_of_running_are_forgiven() -> None:
    one = Container(behaviour=Behaviour(exits_after=2.0, exit_code=1))
    one.until(State.CRASH_BACKOFF)
    one.step()
    one.behave(exits_after=650.0, exit_code=1)
    ended = one.until(State.EXITED)
    assert one.until(State.RUNNING) - ended < 1.0


@pytest.mark.parametrize(
    ("policy", "code", "again"),
    [
        ("Always", 0, True),
        ("Always", 1, True),
        ("OnFailure", 0, False),
        ("OnFailure", 1, True),
        ("Never", 1, False),
    ],
)
def test_the_restart_policy_decides(policy: str, code: int, again: bool) -> None:
    one = Container(behaviour=Behaviour(exits_after=1.0, exit_code=code), policy=policy)
    one.until(State.EXITED)
    assert one.run.shown["terminated"]["reason"] == ("Error" if code else "Completed")
    assert (one.run.due < math.inf) is again


def test_a_crash_on_demand_ends_only_what_runs() -> None:
    one = Container()
    assert crash(one.run, one.around) is one.run
    one.until(State.RUNNING)
    assert crash(one.run, one.around).shown["terminated"]["exitCode"] == 1
    assert crash(one.run, one.around, 255).shown["terminated"]["exitCode"] == 255


# ------------------------------------------------------------------ probes

PROBE: Obj = {"httpGet": {"path": "/ready", "port": 8080}, "initialDelaySeconds": 4, "periodSeconds": 2}


def test_another_image_restarts_a_running_container_without_its_back_off() -> None:
    container = Container()
    container.until(State.RUNNING)
    container.run = crash(container.run, replace(container.around, now=container.now))
    container.until(State.RUNNING)
    before = container.run
    container.around = replace(container.around, container={"name": "web", "image": "shop/web:2"})
    asked = container.now
    container.run, said = renew(container.run, replace(container.around, now=asked))
    container.run = look_again(container.run, replace(container.around, now=asked))
    assert [one.message for one in said] == ["Container web definition changed, will be restarted"]
    assert renew(container.run, replace(container.around, now=asked)) == (container.run, [])
    assert container.until(State.EXITED) == asked + TIMING.stop
    assert container.until(State.PULLING) == asked + TIMING.stop + TIMING.start, "at once: it never crashed"
    container.until(State.RUNNING)
    assert (container.run.image, container.run.restarts) == ("shop/web:2", before.restarts + 1)


def test_ready_after_the_first_probe() -> None:
    one = Container(readinessProbe=PROBE)
    started = one.until(State.RUNNING)
    assert not one.ready()
    one.step()
    assert one.ready()
    assert one.now - started == pytest.approx(4.5)
    assert one.run.due == math.inf


def test_unready_after_three_failures_and_ready_after_one_success() -> None:
    one = Container(readinessProbe=PROBE)
    one.until(State.RUNNING)
    one.step()
    one.now += 31.0
    one.behave(answers=False)
    seen = []
    for _ in range(4):
        one.step()
        seen.append(one.ready())
    assert seen == [True, True, False, False]
    assert one.reasons()[-4:] == ["Unhealthy"] * 4
    assert one.message("Unhealthy") == "Readiness probe failed: HTTP probe failed with statuscode: 503"
    one.behave(answers=True)
    before = one.now
    one.step()
    assert one.ready()
    assert one.now - before == pytest.approx(2.0)


def test_a_readiness_failure_that_passes_is_forgotten() -> None:
    one = Container(readinessProbe=PROBE)
    one.until(State.RUNNING)
    one.step()
    for _ in range(2):
        one.behave(answers=False)
        one.step()
        one.step()
        one.behave(answers=True)
        one.step()
    assert one.ready(), "four failures, but never three in a row"
    assert one.run.due == math.inf


LIVENESS: Obj = {"httpGet": {"path": "/healthz", "port": 8080}}


def test_three_liveness_failures_restart_a_container() -> None:
    one = Container(livenessProbe=LIVENESS)
    one.until(State.RUNNING)
    assert one.run.due == math.inf, "a probe that passes has no news"
    one.behave(lives=False)
    started = one.now
    ended = one.until(State.EXITED)
    assert ended - started == pytest.approx(TIMING.probe + 20 + TIMING.stop)
    assert one.reasons()[-4:] == ["Unhealthy"] * 3 + ["Killing"]
    assert one.message("Unhealthy") == "Liveness probe failed: HTTP probe failed with statuscode: 503"
    assert one.message("Killing") == "Container web failed liveness probe, will be restarted"
    assert one.until(State.RUNNING) - ended < 1.0
    one.until(State.CRASH_BACKOFF)
    assert "back-off 10s" in one.run.shown["waiting"]["message"]
    one.behave(lives=True)
    one.until(State.RUNNING)
    assert (one.run.restarts, one.run.due) == (2, math.inf)


def test_a_liveness_failure_that_passes_is_forgotten() -> None:
    one = Container(livenessProbe=LIVENESS | {"failureThreshold": 2, "periodSeconds": 5})
    one.until(State.RUNNING)
    for _ in range(3):
        one.behave(lives=False)
        one.step()
        one.behave(lives=True)
        one.step()
    assert one.run.state is State.RUNNING
    assert one.reasons().count("Unhealthy") == 3


# ------------------------------------------------------------------ ending


def test_a_container_that_stops_in_time_has_completed() -> None:
    one = Container()
    one.until(State.RUNNING)
    ended = stop(one.run, one.around, in_time=True)
    assert (ended.shown["terminated"]["exitCode"], ended.shown["terminated"]["reason"]) == (0, "Completed")
    killed = stop(one.run, one.around, in_time=False)
    assert killed.shown["terminated"]["exitCode"] == 137
    assert ended.due == killed.due == math.inf


def test_a_container_that_never_ran_could_not_be_located() -> None:
    ended = stop(Container().run, Container().around, in_time=True).shown["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "ContainerStatusUnknown")
    assert ended["message"] == "The container could not be located when the pod was terminated"


# ------------------------------------------------------------------ the pod's status


def report(run: Run, *, network: bool = True, stopped: bool = False) -> Obj:
    ip, host = "10.244.1.2", "192.0.2.1"
    return pod_status(pod(ready_for=None), Report({"web": run}, network, stopped, ip, host, "now"))


def readiness(status: Obj) -> tuple[str, str]:
    found = condition({"status": status}, "Ready")
    assert found is not None
    return found["status"], found.get("reason", "")


def test_the_phases_of_a_pod() -> None:
    one = Container()
    status = report(one.run, network=False)
    assert (status["phase"], readiness(status)) == ("Pending", ("False", "ContainersNotReady"))
    assert status["containerStatuses"][0]["state"] == {"waiting": {"reason": "ContainerCreating"}}
    assert "podIP" not in status
    one.until(State.RUNNING)
    status = report(one.run)
    assert (status["phase"], readiness(status)) == ("Running", ("True", ""))
    assert status["podIP"] == "10.244.1.2"
    ended = stop(one.run, one.around, in_time=True)
    status = report(ended, stopped=True)
    assert (status["phase"], readiness(status)) == ("Succeeded", ("False", "PodCompleted"))
    lost = stop(Run(), one.around, in_time=True)
    assert report(lost, stopped=True)["phase"] == "Failed"


def test_a_crash_loop_is_a_running_pod() -> None:
    one = Container(behaviour=Behaviour(exits_after=1.0, exit_code=1))
    one.until(State.CRASH_BACKOFF)
    status = report(one.run)
    assert (status["phase"], readiness(status)) == ("Running", ("False", "ContainersNotReady"))
    assert condition({"status": status}, "Ready")["message"] == "containers with unready status: [web]"  # type: ignore[index]


def test_a_condition_that_stays_keeps_its_stamp() -> None:
    one = Container()
    one.until(State.RUNNING)
    first = report(one.run)
    again = pod_status(
        pod(ready_for=None) | {"status": first},
        Report({"web": one.run}, True, False, "10.244.1.2", "192.0.2.1", "later"),
    )
    assert again == first


# ------------------------------------------------------------------ what programs do


@pytest.mark.parametrize(
    ("image", "exists"),
    [
        ("nginx", True),
        ("nginx:1.29", True),
        ("ghcr.io/shop/web:1@sha256:0123", True),
        ("localhost:5000/shop/web", True),
        ("shop/missing:1", False),
        ("shop/web:missing", False),
        ("shop/web:does-not-exist", False),
        ("registry.invalid/shop/web:1", False),
        ("registry.invalid:5000/web", False),
        ("missing.example/shop/web:1", True),
    ],
)
def test_which_images_there_are(image: str, exists: bool) -> None:
    assert image_exists(image) is exists


@pytest.mark.parametrize(
    ("image", "policy", "expected"),
    [
        ("nginx", None, "Always"),
        ("nginx:latest", None, "Always"),
        ("nginx:1", None, "IfNotPresent"),
        ("localhost:5000/nginx", None, "Always"),
        ("nginx", "Never", "Never"),
    ],
)
def test_the_pull_policy(image: str, policy: str | None, expected: str) -> None:
    assert pull_policy({"image": image, "imagePullPolicy": policy}) == expected


@pytest.mark.parametrize(
    ("spec", "annotations", "expected"),
    [
        ({}, {}, Behaviour()),
        ({"command": ["sh", "-c", "exit 1"]}, {}, Behaviour(0.0, 1)),
        ({"command": ["sh", "-c", "sleep 5; exit 3"]}, {}, Behaviour(5.0, 3)),
        ({"command": ["sleep", "30"]}, {}, Behaviour(30.0, 0)),
        ({"command": ["sleep", "infinity"]}, {}, Behaviour()),
        ({"command": ["false"]}, {}, Behaviour(0.0, 1)),
        ({"command": ["/bin/true"]}, {}, Behaviour(0.0, 0)),
        ({"args": ["serve", "--crash"]}, {}, Behaviour(1.0, 1)),
        ({"args": ["serve", "--port=80"]}, {}, Behaviour()),
        ({}, {EXIT_AFTER: "2s"}, Behaviour(2.0, 1)),
        ({}, {EXIT_AFTER: "1m30s", EXIT_CODE: "0"}, Behaviour(90.0, 0)),
        ({}, {EXIT_AFTER: "soon"}, Behaviour()),
        ({}, {READY: "false"}, Behaviour(answers=False)),
        ({}, {LIVE: "false"}, Behaviour(lives=False)),
        ({}, {CRASH: "now"}, Behaviour()),
    ],
)
def test_how_programs_behave(spec: Obj, annotations: dict[str, str], expected: Behaviour) -> None:
    assert behaviour_of(pod(annotations=annotations), {"name": "web", "image": IMAGE, **spec}) == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2s", 2.0), ("250ms", 0.25), ("1m30s", 90.0), ("1h", 3600.0), ("", None), ("2", None)],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


def test_the_same_seed_draws_the_same_delays() -> None:
    def draw(seed: int) -> Timing:
        return KubeletDelays().draw(random.Random(seed))

    assert draw(7) == draw(7)
    assert draw(7) != draw(8)
    assert 0.35 <= draw(7).network <= 0.65
