"""Experiments as files: what a good one says, and that a bad one is told in one line with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.chaos.experiment import (
    LARGEST_BYTES,
    Expect,
    Experiment,
    ExperimentError,
    FaultStep,
    WaitStep,
    parse_experiment,
    read_experiment,
)

GOOD = """\
name: a lost pod heals
keep-going: yes
steps:
  - fault: delete-pods
    target: shop/web
    with: {percent: 50%, force: true}
    steady: false
    timeout: 90s
    expect:
      settled-within: 30s
      lost-below: 20
      depth-at-most: 2
      depth-at-least: 1
      acted: [replicaset-controller, ReplicaSet, default scheduler controller]
  - wait: 1m30s
  - fault: cordon
    target: node-b1
    for: 1h
    expect: {absorbed-within: 5}
  - wait: settled
    timeout: 2m
"""


def parse(text: str) -> Experiment:
    return parse_experiment(text.encode(), "e.yaml")


def test_a_file_says_all_of_it() -> None:
    read = parse(GOOD.replace("default scheduler controller", "scheduler"))
    assert (read.name, read.keep_going) == ("a lost pod heals", True)
    assert read.steps == (
        FaultStep(
            place="e.yaml:4:5",
            fault="delete-pods",
            target="shop/web",
            settings={"percent": "50%", "force": "true"},
            steady=False,
            timeout_s=90.0,
            expect=Expect(
                settled_within_s=30.0,
                lost_below=20.0,
                depth_at_most=2,
                depth_at_least=1,
                acted=("replicaset", "scheduler"),
            ),
        ),
        WaitStep("e.yaml:15:5", 90.0),
        FaultStep("e.yaml:16:5", "cordon", "node-b1", for_s=3600.0, expect=Expect(absorbed_within_s=5.0)),
        WaitStep("e.yaml:20:5", None, 120.0),
    )


def test_what_is_left_out_has_a_default() -> None:
    read = parse("steps:\n- fault: delete-pod\n  target: shop/web\n")
    assert (read.name, read.keep_going) == ("e", False)
    assert read.steps == (FaultStep("e.yaml:2:3", "delete-pod", "shop/web"),)
    step = read.steps[0]
    assert isinstance(step, FaultStep)
    assert (step.steady, step.timeout_s, step.expect, step.for_s) == (True, 60.0, None, None)


STEP = "steps:\n- fault: scale\n  target: shop/web\n"
BAD = [
    ("", "1:1: is empty"),
    ("[]", "1:1: an experiment is made of keys and values"),
    ("name: x\n", "1:1: steps are missing"),
    ("steps: []\n", "1:8: steps: say a list"),
    ("steps: soon\n", "1:8: steps: say a list"),
    ("nmae: x\nsteps: []\n", "1:1: an experiment has no key nmae (did you mean name?)"),
    ("name: [x]\nsteps: [{wait: 1s}]\n", "1:7: name: say one value"),
    ("name:\nsteps: [{wait: 1s}]\n", "1:6: name: say one value"),
    ("name: x\nname: y\nsteps: []\n", "2:1: name is there twice"),
    ("keep-going: perhaps\nsteps: [{wait: 1s}]\n", "1:13: keep-going=perhaps: say true or false"),
    ("steps: [x]\n", "1:9: a step is made of keys and values"),
    ("steps: [{}]\n", "1:9: a step needs a fault or a wait"),
    ("steps: [{target: shop/web}]\n", "1:9: a step needs a fault or a wait"),
    ("steps: [{? [a] : b}]\n", "1:12: a key: say one value"),
    (f"{STEP}  wait: 3s\n", "4:9: a step is a fault or a wait, not both"),
    (f"{STEP}  wiht: {{replicas: 1}}\n", "4:3: a step has no key wiht (did you mean with?)"),
    (f"{STEP}  with: {{replica: 1}}\n", "4:10: with of scale has no key replica (did you mean replicas?)"),
    (f"{STEP}  with: {{replicas: many}}\n", "4:20: replicas=many: say a whole number from 0 to 500"),
    (f"{STEP}  with: {{replicas: }}\n", "replicas: say one value"),
    (f"{STEP}  with: 3\n", "4:9: with of scale is made of keys and values (replicas)"),
    (f"{STEP}  for: soon\n", "4:8: for=soon: say 90s, 2m or 1h"),
    (f"{STEP}  for: 0s\n", "4:8: for=0s: say a time from 0.1s to 24h"),
    (f"{STEP}  for: 25h\n", "4:8: for=25h: say a time from 0.1s to 24h"),
    (f"{STEP}  timeout: -1\n", "4:12: timeout=-1: say 90s, 2m or 1h"),
    (f"{STEP}  steady: 3\n", "4:11: steady=3: say true or false"),
    (f"{STEP}  expect: true\n", "4:11: expect is made of keys and values"),
    (f"{STEP}  expect: {{settled: 3s}}\n", "4:12: expect has no key settled (did you mean settled-within?)"),
    (f"{STEP}  expect: {{lost-below: nan}}\n", "4:24: lost-below=nan: say a number"),
    (f"{STEP}  expect: {{lost-below: 0}}\n", "4:24: lost-below=0: say a number"),
    (f"{STEP}  expect: {{depth-at-most: 1.5}}\n", "4:27: depth-at-most=1.5: say a whole number"),
    (f"{STEP}  expect: {{acted: [replicset]}}\n", "4:20: acted: nobody is called replicset (did you mean"),
    (f"{STEP}  expect: {{acted: {{a: b}}}}\n", "4:19: acted: say one value"),
    ("steps:\n- fault: scael\n  target: a/b\n", "2:10: there is no fault scael (did you mean scale?)"),
    ("steps:\n- fault: scale\n", "2:3: target is missing: say which Deployment"),
    ("steps:\n- fault: scale\n  target: web\n", "3:11: 'web': scale is done to a Deployment: say NAMESPACE/"),
    ("steps:\n- fault: cordon\n  target: a/b\n", "3:11: 'a/b': cordon is done to a node: say its name alone"),
    ("steps:\n- {fault: delete-pod, target: a/b, for: 3s}\n", "delete-pod does not last: leave out for"),
    (
        "steps:\n- {fault: delete-pod, target: a/b, expect: {absorbed-within: 3s}}\n",
        "delete-pod does not last: settled-within is what is meant",
    ),
    ("steps:\n- wait: soon\n", "2:9: wait=soon: say settled, 90s or 2m"),
    ("steps:\n- wait: 3s\n  timeout: 5s\n", "3:12: timeout goes with `wait: settled`"),
    ("steps:\n- wait: settled\n  expect: {}\n", "3:3: a wait has no key expect"),
    ("steps: [\n", "is no YAML: "),
    ("a: *nobody\n", "1:4: is no YAML: found undefined alias"),
    ("a: 1\n---\nb: 2\n", "is no YAML: "),
    ("a: \x07\n", "is no YAML: "),
    ("[" * 50_000, "e.yaml: is nested too deeply"),
]


@pytest.mark.parametrize(("text", "said"), BAD, ids=[said[:50] for _, said in BAD])
def test_what_is_wrong_is_one_line_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ExperimentError) as refused:
        parse(text)
    line = str(refused.value)
    assert line.startswith("e.yaml:")
    assert said in line
    assert "\n" not in line
    assert "\x07" not in line


def test_what_is_no_text_is_said_to_be_none() -> None:
    with pytest.raises(ExperimentError, match=r"e\.yaml: is not text in UTF-8"):
        parse_experiment(b"name: \xff\n", "e.yaml")


def test_a_file_that_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="can't be read: No such file or directory"):
        read_experiment(tmp_path / "nowhere.yaml")
    with pytest.raises(ExperimentError, match="can't be read: Is a directory"):
        read_experiment(tmp_path)
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (LARGEST_BYTES + 1))
    with pytest.raises(ExperimentError, match="is larger than an experiment can be"):
        read_experiment(large)
