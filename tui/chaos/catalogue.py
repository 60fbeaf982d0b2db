"""All faults there are, in the order in which people are shown them."""

from __future__ import annotations

from difflib import get_close_matches

from tui.chaos.fault import Fault
from tui.chaos.faults.bad_image import BadImage
from tui.chaos.faults.cordon import Cordon
from tui.chaos.faults.crash import Crash
from tui.chaos.faults.crash_loop import CrashLoop
from tui.chaos.faults.delete_pod import DeletePod
from tui.chaos.faults.delete_pods import DeletePods
from tui.chaos.faults.delete_replicaset import DeleteReplicaSet
from tui.chaos.faults.disk_full import DiskFull
from tui.chaos.faults.drain import Drain
from tui.chaos.faults.evict import EvictPods
from tui.chaos.faults.hand_edit import HandEdit
from tui.chaos.faults.node_lost import NodeLost
from tui.chaos.faults.not_ready import NotReady
from tui.chaos.faults.orphan_pod import OrphanPod
from tui.chaos.faults.pause_rollout import PauseRollout
from tui.chaos.faults.quota_squeeze import QuotaSqueeze
from tui.chaos.faults.scale import Scale
from tui.chaos.faults.service_broken import ServiceBroken
from tui.chaos.faults.taint import Taint
from tui.chaos.faults.thirty_a_day import ThirtyADay
from tui.chaos.faults.zone_lost import ZoneLost
from tui.chaos.guard import FaultRefused

FAULTS: tuple[Fault, ...] = (
    DeletePod(),
    DeletePods(),
    EvictPods(),
    Crash(),
    ThirtyADay(),
    OrphanPod(),
    BadImage(),
    CrashLoop(),
    Scale(),
    HandEdit(),
    PauseRollout(),
    DeleteReplicaSet(),
    QuotaSqueeze(),
    NotReady(),
    ServiceBroken(),
    Cordon(),
    Drain(),
    Taint(),
    NodeLost(),
    ZoneLost(),
    DiskFull(),
)
_BY_NAME = {fault.name: fault for fault in FAULTS}


def find(name: str) -> Fault:
    """The fault of that name; FaultRefused names what there is."""
    fault = _BY_NAME.get(name)
    if fault is None:
        near = get_close_matches(name, _BY_NAME, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there is: {', '.join(_BY_NAME)}"
        raise FaultRefused(f"there is no fault {name} ({hint})")
    return fault
