"""The safety catch: where it is off from the start, what takes it off, and what nothing takes it off for."""

from __future__ import annotations

import pytest

from tui.chaos.guard import PROTECTED_NAMESPACES, FaultRefused, Guard
from tui.cluster.contexts import Context

LOOPBACK, ELSEWHERE = "https://127.0.0.1:6443", "https://api.example.com:6443"


def a_context(name: str = "prod", server: str = ELSEWHERE, *, sandbox: bool = False) -> Context:
    return Context(name, {"server": server}, {}, sandbox=sandbox)


SANDBOX = a_context("gapwatch-sandbox", LOOPBACK, sandbox=True)
KIND = a_context("kind-gapwatch", LOOPBACK)
REAL = a_context()
ALL = pytest.mark.parametrize("context", [SANDBOX, KIND, REAL], ids=lambda context: context.name)

NEEDS_ITS_NAME = [
    REAL,
    a_context("kind-staging", ELSEWHERE),  # a name alone makes nothing local
    a_context("tunnel", LOOPBACK),  # nor does an address: port-forwards lead anywhere
    a_context("gapwatch-sandbox", ELSEWHERE, sandbox=True),
    a_context("nowhere", ""),
]
NEEDS_THE_KEY_ALONE = [
    KIND,
    a_context("k3d-lab", "https://localhost:6550"),
    a_context("minikube", "https://[::1]:8443"),
]


def test_c01_the_sandbox_is_armed_from_the_start() -> None:
    guard = Guard(SANDBOX)
    assert guard.armed
    assert guard.objection("shop") == ""


@pytest.mark.parametrize("context", NEEDS_ITS_NAME + NEEDS_THE_KEY_ALONE, ids=lambda context: context.name)
def test_c01_every_other_cluster_starts_disarmed(context: Context) -> None:
    guard = Guard(context)
    assert not guard.armed
    assert "disarmed" in guard.objection("shop")
    assert context.name in guard.objection("shop")


@pytest.mark.parametrize("context", NEEDS_THE_KEY_ALONE, ids=lambda context: context.name)
def test_c01_a_local_cluster_is_armed_by_the_key_alone(context: Context) -> None:
    guard = Guard(context)
    assert not guard.must_type
    guard.arm(12.0)
    assert guard.armed_since == 12.0
    assert guard.objection("shop") == ""


@pytest.mark.parametrize("context", NEEDS_ITS_NAME, ids=lambda context: context.server or "no server")
@pytest.mark.parametrize("mistake", ["", "y", "yes", " {}", "{} ", "{}\n", "{}x", "upper"])
def test_c01_a_real_cluster_wants_exactly_its_name(context: Context, mistake: str) -> None:
    guard = Guard(context)
    assert guard.must_type
    typed = context.name.upper() if mistake == "upper" else mistake.format(context.name)
    with pytest.raises(FaultRefused, match="not armed") as refusal:
        guard.arm(1.0, typed)
    assert context.name in str(refusal.value)
    assert not guard.armed


@pytest.mark.parametrize("context", NEEDS_ITS_NAME, ids=lambda context: context.server or "no server")
def test_c01_a_real_cluster_is_armed_by_its_name(context: Context) -> None:
    guard = Guard(context)
    guard.arm(1.0, context.name)
    assert guard.armed
    assert guard.objection("shop") == ""


@ALL
def test_c01_read_only_is_never_armed(context: Context) -> None:
    guard = Guard(context, read_only=True)
    assert not guard.armed
    with pytest.raises(FaultRefused, match="--read-only"):
        guard.arm(1.0, context.name)
    assert not guard.armed
    assert guard.objection("shop") == "started with --read-only"


@ALL
def test_c01_disarming_is_for_all(context: Context) -> None:
    guard = Guard(context)
    guard.arm(1.0, context.name)
    guard.disarm()
    assert not guard.armed
    assert "disarmed" in guard.objection("shop")


@pytest.mark.parametrize("context", [KIND, REAL], ids=lambda context: context.name)
def test_c01_another_guard_of_the_same_context_is_disarmed(context: Context) -> None:
    Guard(context).arm(1.0, context.name)
    assert not Guard(context).armed


@ALL
@pytest.mark.parametrize("namespace", ["kube-system", "kube-public", "kube-node-lease"])
def test_c03_protected_namespaces_are_refused_even_when_armed(context: Context, namespace: str) -> None:
    guard = Guard(context)
    guard.arm(1.0, context.name)
    assert namespace in PROTECTED_NAMESPACES
    assert guard.objection(namespace) == f"{namespace} is protected"
    assert guard.objection(f"{namespace}s") == ""
