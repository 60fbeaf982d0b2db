"""The single writes of a fault and the rights they need, in words: what a preview shows line by line."""

from __future__ import annotations

from typing import assert_never

from tui.chaos.fault import Need
from tui.chaos.steps import (
    AddTaint,
    AnyStep,
    Create,
    Delete,
    Evict,
    FillDisk,
    PauseMachine,
    Poke,
    Run,
    SetField,
    Speak,
)
from tui.chaos.steps.fields import told
from tui.clean import one_line


def step_in_words(step: AnyStep) -> str:
    """What will be sent: "delete pod shop/web-7d-x2k4c (uid 1f…)"."""
    return one_line(_words(step))


def _words(step: AnyStep) -> str:
    match step:
        case Delete(ref=ref, grace_s=grace_s):
            return f"delete {ref} (uid {ref.uid})" + (", without its grace period" if grace_s == 0 else "")
        case Evict(ref=ref, patient=patient):
            waits = ", again and again while a budget says no" if patient else ""
            return f"evict {ref} (uid {ref.uid}){waits}"
        case SetField(before=before, after=after):
            return f"set {step.what} from {told(before)} to {told(after)}"
        case AddTaint(ref=ref, key=key, value=value, effect=effect):
            return f"taint {ref} with {key}" + (f"={value}" if value else "") + f":{effect}"
        case Create(ref=ref):
            return f"create {ref}"
        case Speak(ref=ref, port=port, path=path, method=method):
            return f"{method} /{path.lstrip('/')} at port {port} of {ref}"
        case Run(ref=ref, container=container, command=command):
            return f"run `{' '.join(command)}` in container {container} of {ref}"
        case Poke(ref=ref, annotation=annotation):
            return f"give {ref} a new {annotation}"
        case PauseMachine(node=node):
            return f"pause the machine of node {node}"
        case FillDisk(node=node):
            return f"fill the disk of node {node}"
        case _:
            assert_never(step)


def need_in_words(need: Need) -> str:
    """A right as people ask for it: "patch deployments/scale in shop"."""
    what = need.resource.plural + (f"/{need.subresource}" if need.subresource else "")
    return f"{need.verb} {what}" + (f" in {need.namespace}" if need.namespace else "")
