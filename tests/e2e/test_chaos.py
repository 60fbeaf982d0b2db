"""The chaos commands end to end, on a sandbox or with `--context NAME` on any cluster, in a namespace of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Cluster, Run, called, is_complete
from tests.e2e.test_scenarios import arm, until_line


@dataclass
class Desk:
    """`gapwatch chaos` on a test's Deployment web, with a state folder of its own."""

    cluster: Cluster
    state: Path
    armed: list[str]

    @property
    def web(self) -> str:
        return f"{self.cluster.namespace}/web"

    @property
    def replicas(self) -> int:
        """What the API server says is desired."""
        found = self.cluster.apps.read_namespaced_deployment("web", self.cluster.namespace)
        return int(found.spec.replicas)

    def look(self, *args: str) -> Run:
        """A command that changes nothing, and is not armed."""
        return called("chaos", *args, *self.cluster.target.options, XDG_STATE_HOME=str(self.state))

    def run(self, *args: str) -> Run:
        """A command that may change something."""
        return self.look(*args, *self.armed)

    def undo(self, *args: str) -> Run:
        return self.look("undo", *args)

    def journal(self) -> list[dict[str, Any]]:
        run = called("chaos", "journal", "-o", "json", XDG_STATE_HOME=str(self.state))
        faults: list[dict[str, Any]] = run.document["faults"]
        return faults

    @contextmanager
    def running(self, *args: str) -> Iterator[subprocess.Popen[str]]:
        """A command that has not ended; it is killed with the block, if it still has not then."""
        env = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
        process = subprocess.Popen(
            [sys.executable, "-m", "tui", "chaos", *args, *self.cluster.target.options, *self.armed],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env | {"XDG_STATE_HOME": str(self.state)},
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate(timeout=20)

    def leave_behind(self) -> str:
        """Scales web from 3 to 1, and is killed before it can undo that; the fault's id."""
        with self.running("run", "scale", self.web, "replicas=1", "--for", "5m") as process:
            list(until_line(process, "scaled"))
            process.kill()
            process.wait(timeout=20)
        (left,) = self.journal()
        assert left["state"] == "outstanding"
        return str(left["id"])


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Desk:
    cluster.deploy("web", 3)
    return Desk(cluster, tmp_path, arm(cluster))


# ---------------------------------------------------------------- plans


def test_c02_a_plan_names_its_victims_and_changes_nothing(desk: Desk) -> None:
    before = desk.cluster.pods("web")
    run = desk.look("plan", "delete-pods", desk.web, "percent=50%", "-o", "json")
    assert run.code == 0, run.err
    told = run.document
    assert len(told["victims"]) == 2, "half of three, rounded up"
    assert all(before[one["name"]] == one["uid"] for one in told["victims"])
    assert [step.partition(" (")[0] for step in told["steps"]] == [
        f"delete pod {desk.cluster.namespace}/{one['name']}" for one in told["victims"]
    ]
    assert told["needs"] == [
        {
            "verb": "delete",
            "resource": "pods",
            "subresource": None,
            "namespace": desk.cluster.namespace,
            "allowed": True,
            "why": None,
        }
    ]
    assert told["undo"] == "not undone: replaced"
    assert desk.cluster.pods("web") == before
    assert desk.journal() == []


def test_a_plan_as_text_tells_steps_rights_and_undo(desk: Desk) -> None:
    run = desk.look("plan", "scale", desk.web, "replicas=1", "--for", "90s")
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith(f"scale {desk.web} from 3 to 1\n")
    for said in (
        f"step 1    set spec.replicas of deployment {desk.web} from 3 to 1",
        f"needs     patch deployments/scale in {desk.cluster.namespace}: allowed",
        "undo      back to 3 replicas (after 1 min 30 s)",
    ):
        assert said in run.out
    assert desk.replicas == 3


def test_a_plan_for_a_node(desk: Desk) -> None:
    listed = desk.cluster.core.list_namespaced_pod(desk.cluster.namespace).items
    node = listed[0].spec.node_name
    run = desk.look("plan", "cordon", node)
    assert run.code == 0, run.err
    assert f"set spec.unschedulable of node {node} from not set to true" in run.out


IMPOSSIBLE = [
    (["scale", "{ns}/nope"], "no Deployment {ns}/nope (there is: web)"),
    (["cordon", "nowhere"], "there is no node nowhere (there is: "),
    (["scale", "{ns}/web", "replicas=3"], "{ns}/web has 3 replicas already"),
    (["delete-pods", "{ns}/web", "count=4"], "{ns}/web has 3 pods, not 4"),
    (["delete-pods", "{ns}/web", "count=1", "percent=50"], "count and percent contradict each other"),
    (["delete-pod", "{ns}/web", "pod=web-x"], "{ns}/web has no pod web-x"),
    (["scale", "{ns}/web", "--protect", "{ns}"], "{ns} is protected"),
]


def test_what_can_not_be_planned_or_run_is_one_line(desk: Desk) -> None:
    namespace, before = desk.cluster.namespace, desk.cluster.pods("web")
    runs = [(desk.look, "plan", args, said) for args, said in IMPOSSIBLE]
    runs += [(desk.run, "run", *IMPOSSIBLE[0]), (desk.run, "run", *IMPOSSIBLE[-1])]
    for command, word, args, said in runs:
        run = command(word, *(arg.format(ns=namespace) for arg in args))
        assert (run.code, run.out) == (2, "")
        assert run.err.count("\n") == 1
        assert said.format(ns=namespace) in run.err
    assert desk.cluster.pods("web") == before
    assert desk.journal() == []


def test_c03_a_namespace_that_has_opted_out_is_left_alone(desk: Desk) -> None:
    labels = {"metadata": {"labels": {"gapwatch/chaos": "off"}}}
    desk.cluster.core.patch_namespace(desk.cluster.namespace, labels)
    run = desk.run("run", "delete-pod", desk.web)
    assert (run.code, run.out) == (2, "")
    assert f"namespace {desk.cluster.namespace} has opted out (gapwatch/chaos=off)" in run.err
    told = desk.look("plan", "delete-pod", desk.web)
    assert (told.code, "in the way  namespace" in told.out) == (0, True)


@pytest.mark.parametrize("option", [["--arm", "another"], ["--read-only"]])
def test_c01_what_is_not_armed_injects_nothing(desk: Desk, option: list[str]) -> None:
    run = desk.look("run", "scale", desk.web, *option)
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)
    assert "not armed" in run.err or "--read-only" in run.err
    assert desk.replicas == 3
    assert desk.journal() == []


# ---------------------------------------------------------------- one fault


def test_a_fault_without_undo_is_told_with_its_heals(desk: Desk) -> None:
    before = desk.cluster.pods("web")
    run = desk.run("run", "delete-pods", desk.web, "count=2", "--wait", "-o", "json")
    assert run.code == 0, run.err
    told = run.document
    assert (told["settled"], told["end"], told["limit_crossed"]) == (True, None, None)
    assert {"replicaset", "scheduler"} <= set(told["acted"])
    (deployment,) = told["deployments"]
    assert deployment["deployment"] == desk.web
    lost = {one["pod"]: one["uid"] for one in deployment["pods"]}
    assert len(lost) == 2
    assert lost.items() <= before.items()
    after = desk.cluster.pods("web")
    for one in deployment["pods"]:
        assert after[one["heal"]["replacement"]["pod"]] == one["heal"]["replacement"]["uid"]
    (heal,) = deployment["heals"]
    assert (heal["kind"], heal["depth"]) == ("fault", told["depth"])
    assert heal["lost_pod_s"] == told["lost_pod_s"] > 0
    (entry,) = desk.journal()
    assert (entry["id"], entry["state"]) == (told["id"], "done")


def test_c10_what_lasts_is_held_and_undone_when_its_time_is_over(desk: Desk) -> None:
    with desk.running("run", "scale", desk.web, "replicas=1", "--for", "3s", "--wait") as process:
        assert "scaled from 3 to 1" in next(until_line(process, "scaled"))
        assert desk.replicas == 1
        said = list(until_line(process, "settled after"))
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert said[0] == f"undone: scale {desk.web} from 3 to 1\n"
    assert desk.replicas == 3
    assert len(desk.cluster.pods("web")) == 3
    assert [one["state"] for one in desk.journal()] == ["undone"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_c09_a_signal_undoes_at_once(desk: Desk, number: signal.Signals) -> None:
    with desk.running("run", "scale", desk.web, "replicas=1", "--for", "5m") as process:
        list(until_line(process, "scaled"))
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (128 + number, "")
    assert out == f"undone: scale {desk.web} from 3 to 1\n"
    assert desk.replicas == 3
    assert [one["state"] for one in desk.journal()] == ["undone"]


def test_c11_nothing_is_injected_where_a_gap_is_open(desk: Desk) -> None:
    quota = {"metadata": {"name": "tight"}, "spec": {"hard": {"pods": "1"}}}
    desk.cluster.core.create_namespaced_resource_quota(desk.cluster.namespace, quota)
    first = desk.run("run", "delete-pod", desk.web, "--wait", "--timeout", "2s")
    assert first.code == 1
    assert "not settled in time" in first.out
    second = desk.run("run", "delete-pod", desk.web)
    assert (second.code, second.out) == (2, "")
    assert f"the gap of {desk.web} is open still (--no-steady insists)" in second.err
    third = desk.run("run", "delete-pod", desk.web, "--no-steady")
    assert third.code == 0, third.err


def test_a_limit_that_is_crossed_undoes_and_fails(desk: Desk) -> None:
    quota = ["run", "quota-squeeze", desk.web, "delete=2", "--for", "5m"]
    run = desk.run(*quota, "--max-gap", "1", "--wait", "-o", "json")
    assert run.code == 1, run.err
    told = run.document
    assert told["limit_crossed"] == "the gap came to 2, the limit is 1"
    assert told["end"] == "undone"
    assert desk.cluster.core.list_namespaced_resource_quota(desk.cluster.namespace).items == []


def test_a_limit_of_pod_seconds(desk: Desk) -> None:
    run = desk.run("run", "quota-squeeze", desk.web, "--for", "5m", "--max-lost", "0.5")
    assert run.code == 1, run.err
    assert "undone: " in run.out
    assert run.out.splitlines()[-1].startswith("stopped: ")
    assert run.out.splitlines()[-1].endswith(" pod-seconds were lost, the limit is 0.5")


# ---------------------------------------------------------------- what is left behind


def test_c09_what_a_killed_run_left_behind_is_undone_by_the_next(desk: Desk) -> None:
    left = desk.leave_behind()
    assert desk.replicas == 1
    listed = desk.undo()
    assert listed.code == 1
    assert f"{left}  outstanding" in listed.out
    assert "1 outstanding: undo them with chaos undo --all" in listed.err
    undone = desk.undo("--all")
    assert (undone.code, undone.err) == (0, "")
    assert undone.out == f"undone: {left} scale {desk.web} from 3 to 1\n"
    assert desk.replicas == 3
    assert desk.undo().out.endswith("nothing is outstanding\n")
    again = desk.undo(left)
    assert (again.code, again.out) == (2, "")
    assert f"fault {left} leaves nothing to undo (undone)" in again.err


def test_c09_what_others_have_changed_since_is_asked_about(desk: Desk) -> None:
    left = desk.leave_behind()
    desk.cluster.patch("web", {"replicas": 2})
    asked = desk.undo(left)
    assert (asked.code, asked.out, asked.err.count("\n")) == (1, "", 1)
    assert "was 3, we made it 1, and now it is 2" in asked.err
    assert "--force restores all the same, --forget leaves it" in asked.err
    assert desk.replicas == 2
    assert desk.undo(left, "--force").code == 0
    assert desk.replicas == 3


def test_what_is_forgotten_stays_as_it_is(desk: Desk) -> None:
    left = desk.leave_behind()
    forgotten = desk.undo(left, "--forget")
    assert (forgotten.code, forgotten.out) == (0, f"left as it is: {left} scale {desk.web} from 3 to 1\n")
    assert desk.replicas == 1
    assert desk.undo().code == 0
    assert [one["state"] for one in desk.journal()] == ["forgotten"]


def test_what_a_running_gapwatch_will_undo_is_left_to_it(desk: Desk) -> None:
    with desk.running("run", "scale", desk.web, "replicas=1", "--for", "5m") as process:
        list(until_line(process, "scaled"))
        (entry,) = desk.journal()
        assert entry["state"] == "running"
        assert desk.undo().code == 0, "nothing is left behind yet"
        refused = desk.undo(entry["id"])
        assert refused.code == 2
        assert "belongs to a gapwatch that is running" in refused.err
        assert desk.replicas == 1
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert desk.replicas == 3


def test_a_corrupt_journal_line_costs_itself_only(desk: Desk) -> None:
    left = desk.leave_behind()
    with (desk.state / "gapwatch" / "faults.jsonl").open("a") as file:
        file.write('{"line":"ended","id":"' + left)
    undone = desk.undo("--all")
    assert undone.code == 0
    assert "1 line of the journal" in undone.err
    assert desk.replicas == 3
    assert [one["state"] for one in desk.journal()] == ["undone"]


def test_c08_no_journal_no_fault(desk: Desk) -> None:
    (desk.state / "gapwatch").mkdir()
    (desk.state / "gapwatch" / "runs").write_text("in the way")
    run = desk.run("run", "scale", desk.web)
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)
    assert "the journal" in run.err
    assert "nothing is done without it" in run.err
    assert desk.replicas == 3


def test_undoing_what_there_is_not(desk: Desk) -> None:
    run = desk.undo("abcd1234")
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)
    assert "there is no fault abcd1234" in run.err


# ---------------------------------------------------------------- experiments


def write(desk: Desk, text: str) -> str:
    """The experiment's file; WEB stands for the Deployment."""
    path = desk.state / "e.yaml"
    path.write_text(text.replace("WEB", desk.web))
    return str(path)


HEALS = """\
name: a lost pod heals
steps:
- fault: delete-pod
  target: WEB
  expect: {settled-within: 60s, lost-below: 1000, depth-at-most: 1, acted: [replicaset-controller]}
- wait: 0.1s
- fault: scale
  target: WEB
  with: {replicas: 5}
  for: 5m
- wait: settled
- fault: delete-pods
  target: WEB
  with: {count: 2}
- wait: settled
"""


def test_an_experiment_that_holds(desk: Desk) -> None:
    run = desk.run("experiment", write(desk, HEALS), "-o", "json")
    assert run.code == 0, run.err
    told = run.document
    assert (told["experiment"], told["held"], told["error"]) == ("a lost pod heals", True, None)
    assert [one["step"] for one in told["steps"]] == [1, 2, 3, 4, 5, 6]
    first, pause, scaled, _, several, last = told["steps"]
    assert [one["expected"] for one in first["expectations"]] == [
        "settled within 1 min",
        "pod-seconds lost below 1000",
        "depth at most 1",
        "acted: replicaset",
    ]
    assert first["deployments"][0]["heals"][0]["kind"] == "fault"
    assert pause["wait_s"] == 0.1
    assert (scaled["fault"], scaled["end"]) == ("scale", "undone"), "what lasts still is undone at the end"
    assert (several["end"], several["expectations"]) == (None, [])
    assert (last["wait"], last["expectations"][0]["held"]) == ("settled", True)
    assert desk.replicas == 3
    assert [one["state"] for one in desk.journal()] == ["done", "undone", "done"]


FAILS = """\
keep-going: KEEP
steps:
- fault: delete-pod
  target: WEB
  expect: {depth-at-least: 3}
- fault: delete-pod
  target: WEB
"""


@pytest.mark.parametrize(("keep_going", "steps"), [("false", 1), ("true", 2)])
def test_an_expectation_that_does_not_hold_fails(desk: Desk, keep_going: str, steps: int) -> None:
    run = desk.run("experiment", write(desk, FAILS.replace("KEEP", keep_going)))
    assert run.code == 1, run.err
    assert "   FAILED depth at least 3: 1\n" in run.out
    assert run.out.endswith("1 of 2 expectations did not hold\n")
    assert len(desk.journal()) == steps


def test_c11_an_experiment_waits_between_its_faults(desk: Desk) -> None:
    text = """
steps:
- {fault: quota-squeeze, target: WEB, for: 5m}
- {fault: delete-pod, target: WEB, timeout: 1s}
"""
    run = desk.run("experiment", write(desk, text))
    assert run.code == 1, run.err
    assert "FAILED a closed gap within 1 s: the gap was open still" in run.out
    assert [(one["fault"], one["state"]) for one in desk.journal()] == [("quota-squeeze", "undone")]


def test_a_bad_experiment_injects_nothing(desk: Desk) -> None:
    before = desk.cluster.pods("web")
    good = "steps:\n- {fault: delete-pod, target: WEB}\n"
    for bad, said in (
        ("- {fualt: x}\n", ":3:4: a step has no key fualt (did you mean fault?)"),
        ("- {fault: scale, target: WEB2}\n", ":3:3: context "),
        ("- {fault: cordon, target: nowhere}\n", ":3:3: there is no node nowhere (there is: "),
    ):
        run = desk.run("experiment", write(desk, good + bad))
        assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)
        assert said in run.err
    assert desk.cluster.pods("web") == before
    assert desk.journal() == []


def test_an_experiment_that_can_not_go_on_undoes_and_says_why(desk: Desk) -> None:
    text = """
steps:
- {fault: scale, target: WEB, with: {replicas: 2}, for: 5m}
- {fault: delete-pods, target: WEB, with: {count: 3}}
"""
    run = desk.run("experiment", write(desk, text), "-o", "json")
    assert run.code == 2
    assert run.err.splitlines()[-1].endswith("has 2 pods, not 3")
    told = run.document
    assert (told["held"], told["steps"][0]["end"]) == (False, "undone")
    assert ":4:3: " in told["error"]
    assert desk.replicas == 3


def test_c09_an_interrupted_experiment_undoes(desk: Desk) -> None:
    text = "steps:\n- {fault: scale, target: WEB, with: {replicas: 1}, for: 5m}\n- wait: 5m\n"
    with desk.running("experiment", write(desk, text)) as process:
        list(until_line(process, "2  wait 5 min"))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"undone: scale {desk.web} from 3 to 1" in out
    assert desk.replicas == 3
    desk.cluster.until("web", is_complete)
