"""Experiments end to end, on a sandbox or with `--context NAME` on any cluster, in a namespace of their own."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.conftest import is_complete
from tests.e2e.desk import Desk
from tests.e2e.desk import desk as desk
from tests.e2e.test_scenarios import until_line
from tests.waiting import PATIENCE_S


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
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert f"undone: scale {desk.web} from 3 to 1" in out
    assert desk.replicas == 3
    desk.cluster.until("web", is_complete)


def test_c09_what_lasts_at_the_end_is_undone_the_last_one_first(desk: Desk) -> None:
    text = """
steps:
- {fault: scale, target: WEB, with: {replicas: 2}, for: 5m}
- {fault: pause-rollout, target: WEB, for: 5m}
"""
    run = desk.run("experiment", write(desk, text))
    assert run.code == 0, run.err
    undone = [line for line in run.out.splitlines() if line.startswith("undone: ")]
    assert undone == [f"undone: pause the rollouts of {desk.web}", f"undone: scale {desk.web} from 3 to 2"]
