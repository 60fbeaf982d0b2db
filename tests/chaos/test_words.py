"""What a preview says of each write and each right, and how targets are written."""

from __future__ import annotations

import pytest

from tui.chaos import catalogue
from tui.chaos.fault import Need
from tui.chaos.faults.pods import counted
from tui.chaos.guard import FaultRefused
from tui.chaos.steps import (
    AddTaint,
    AnyStep,
    Create,
    Delete,
    Evict,
    FillDisk,
    PauseMachine,
    Ref,
    SetField,
    Speak,
)
from tui.chaos.targets import read_target
from tui.chaos.words import need_in_words, step_in_words
from tui.cluster.kinds import DEPLOYMENTS, NODES

POD = Ref("v1", "pods", "shop", "web-1", "uid-1")
NODE = Ref("v1", "nodes", "", "node-b1", "uid-n")


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Delete(POD), "delete pod shop/web-1 (uid uid-1)"),
        (Delete(POD, 0), "delete pod shop/web-1 (uid uid-1), without its grace period"),
        (Evict(POD), "evict pod shop/web-1 (uid uid-1)"),
        (
            Evict(POD, patient=True),
            "evict pod shop/web-1 (uid uid-1), again and again while a budget says no",
        ),
        (SetField(NODE, ("spec", "unschedulable"), (), (True,)), "from not set to true"),
        (AddTaint(NODE, "gapwatch", "", "NoExecute"), "taint node node-b1 with gapwatch:NoExecute"),
        (AddTaint(NODE, "gapwatch", "x", "NoExecute"), "taint node node-b1 with gapwatch=x:NoExecute"),
        (Create(Ref("v1", "resourcequotas", "shop", "tight", ""), {}), "create resourcequota shop/tight"),
        (Speak(POD, 9898, "readyz/disable"), "POST /readyz/disable at port 9898 of pod shop/web-1"),
        (PauseMachine("kind-worker"), "pause the machine of node kind-worker"),
        (FillDisk("kind-worker"), "fill the disk of node kind-worker"),
        (Delete(Ref("v1", "pods", "shop", "web\x1b[31m\n1", "u")), "delete pod shop/web 1 (uid u)"),
    ],
)
def test_each_step_in_words(step: AnyStep, said: str) -> None:
    assert said in step_in_words(step)


def test_rights_in_words() -> None:
    assert need_in_words(Need("patch", DEPLOYMENTS.resource, "shop", "scale")) == (
        "patch deployments/scale in shop"
    )
    assert need_in_words(Need("patch", NODES.resource)) == "patch nodes"


def test_targets() -> None:
    assert read_target(catalogue.find("scale"), "shop/web") == ("shop", "web")
    assert read_target(catalogue.find("cordon"), "node-b1") == ("", "node-b1")


@pytest.mark.parametrize(
    ("fault", "text", "said"),
    [
        *(("scale", text, "say NAMESPACE/DEPLOYMENT") for text in ("", "web", "/web", "shop/", "a/b/c")),
        *(("cordon", text, "done to a node: say its name alone") for text in ("", "shop/web", "a/")),
    ],
)
def test_what_is_no_target(fault: str, text: str, said: str) -> None:
    with pytest.raises(FaultRefused, match=said):
        read_target(catalogue.find(fault), text)


def test_one_pod_is_no_pods() -> None:
    assert [counted(range(many)) for many in (0, 1, 3)] == ["0 pods", "1 pod", "3 pods"]


def test_what_a_setting_means_can_be_read_beside_its_box_at_120_columns() -> None:
    helps = {(fault.name, one.name): one.help for fault in catalogue.FAULTS for one in fault.settings}
    assert {key: text for key, text in helps.items() if len(text) > 48} == {}
