"""The chaos commands end to end, on a sandbox or with `--context NAME` on any cluster, in a namespace of their own."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.desk import Desk
from tests.e2e.desk import desk as desk
from tests.e2e.test_scenarios import until_line
from tests.waiting import PATIENCE_S

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
        "undo      back to 3 replicas (after 1.5 min)",
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
    assert (told.code, "not now   namespace" in told.out) == (0, True)


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
    before = desk.version
    with desk.running("run", "scale", desk.web, "replicas=1", "--for", "1s", "--wait") as process:
        assert "scaled from 3 to 1" in next(until_line(process, "scaled"))
        said = list(until_line(process, "settled after"))
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert said[0] == f"undone: scale {desk.web} from 3 to 1\n"
    assert desk.wishes(before, 2) == [1, 3]
    assert desk.replicas == 3
    assert len(desk.cluster.pods("web")) == 3
    assert [one["state"] for one in desk.journal()] == ["undone"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_c09_a_signal_undoes_at_once(desk: Desk, number: signal.Signals) -> None:
    with desk.running("run", "scale", desk.web, "replicas=1", "--for", "5m") as process:
        list(until_line(process, "scaled"))
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
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
        process.communicate(timeout=PATIENCE_S)
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
