"""Where there is no dry run it is compared locally, and that is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tui.cluster.errors import Refused, Unreachable
from tui.declared.deployments import DeclaredDeployment
from tui.reconcile.drift import DriftState
from tui.session.assessment import ASK_AGAIN_S, TRIES, Assessor

LIVE: dict[str, Any] = {"metadata": {"uid": "1"}, "spec": {"replicas": 5, "revisionHistoryLimit": 10}}
DOCUMENT: dict[str, Any] = {"metadata": {"name": "web"}, "spec": {"replicas": 3}}
WEB = DeclaredDeployment("shop", "web", DOCUMENT, Path("shop.yaml"), 1)


class FakeGateway:
    """A cluster that has LIVE, and answers a dry run as the test says."""

    def __init__(self, apply: Any = None, read: Any = None) -> None:
        self._apply, self._read = apply, read
        self.dry_runs = 0

    async def read(self, *_: Any, **__: Any) -> Any:
        if self._read is not None:
            raise self._read
        return LIVE

    async def apply(self, _document: Any, *, dry_run: bool, force: bool) -> Any:
        assert (dry_run, force) == (True, True)
        self.dry_runs += 1
        if isinstance(self._apply, Exception):
            raise self._apply
        return self._apply


NOT_FOUND = Refused("here", 404, "NotFound", "no")


def refused(code: int, message: str = "no") -> Refused:
    return Refused("here", code, "", message)


@pytest.mark.parametrize(
    ("no", "why", "error"),
    [
        (refused(403), "no right to a dry run (patch deployments)", ""),
        (refused(415), "the server has no server-side apply", ""),
        (refused(405), "the server has no server-side apply", ""),
        (refused(400, "webhook x does not support dry run"), "a webhook there takes no dry run", ""),
        (
            refused(422, "spec.selector: immutable"),
            "the server would refuse it",
            "422: spec.selector: immutable",
        ),
    ],
)
async def test_without_a_dry_run_it_is_local_and_says_why(no: Refused, why: str, error: str) -> None:
    found = await Assessor(FakeGateway(no)).assess(WEB)  # type: ignore[arg-type]
    assert (found.state, found.locally, found.error) == (DriftState.DRIFTED, why, error)
    assert [(one.path, one.declared, one.desired) for one in found.fields] == [("spec.replicas", 3, 5)]


async def test_a_dry_run_that_was_not_to_be_had_is_asked_for_again_later() -> None:
    now, gateway = 0.0, FakeGateway(refused(403))
    assessor = Assessor(gateway, clock=lambda: now)  # type: ignore[arg-type]
    for now in (0.0, ASK_AGAIN_S - 1.0):  # noqa: B007 - the clock reads it
        assert (await assessor.assess(WEB)).locally
    assert gateway.dry_runs == 1
    now = ASK_AGAIN_S
    await assessor.assess(WEB)
    assert gateway.dry_runs == 2
    elsewhere = DeclaredDeployment("other", "web", DOCUMENT, Path("shop.yaml"), 1)
    await assessor.assess(elsewhere)
    assert gateway.dry_runs == 3, "rights are a namespace's"


async def test_locally_asks_for_no_dry_run() -> None:
    gateway = FakeGateway()
    found = await Assessor(gateway, locally=True).assess(WEB)  # type: ignore[arg-type]
    assert (found.locally, gateway.dry_runs) == ("asked for", 0)


@pytest.mark.parametrize(
    ("gateway", "state"),
    [
        (FakeGateway(read=NOT_FOUND), DriftState.MISSING),
        (FakeGateway(NOT_FOUND), DriftState.MISSING),
        (FakeGateway(read=refused(404)), DriftState.FAILED),
        (FakeGateway(refused(404)), DriftState.FAILED),
        (FakeGateway(read=refused(403)), DriftState.FAILED),
        (FakeGateway(refused(503)), DriftState.FAILED),
        (FakeGateway(refused(429)), DriftState.FAILED),
        (FakeGateway(Unreachable("here", "gone")), DriftState.FAILED),
        (FakeGateway(LIVE), DriftState.NONE),
        (FakeGateway(LIVE | {"spec": {"replicas": 3, "revisionHistoryLimit": 10}}), DriftState.DRIFTED),
    ],
)
async def test_what_the_server_says_decides(gateway: FakeGateway, state: DriftState) -> None:
    found = await Assessor(gateway).assess(WEB)  # type: ignore[arg-type]
    assert (found.state, found.locally) == (state, "")
    assert bool(found.error) == (state is DriftState.FAILED)


class BusyGateway:
    """A cluster where somebody adds a field of their own before each of the next requests."""

    def __init__(self, writes: int) -> None:
        self._left, self._version = writes, 1

    async def read(self, *_: Any, **__: Any) -> Any:
        if self._left:
            self._left -= 1
            self._version += 1
        spec = {"env": [f"MORE{at}" for at in range(self._version)]}
        return {"metadata": {"uid": "1", "resourceVersion": str(self._version)}, "spec": spec}

    async def apply(self, _document: Any, *, dry_run: bool, force: bool) -> Any:
        assert (dry_run, force) == (True, True)
        return await self.read()


@pytest.mark.parametrize(
    ("writes", "state"),
    [(1, DriftState.NONE), (2, DriftState.NONE), (3, DriftState.NONE), (2 * TRIES + 2, DriftState.FAILED)],
)
async def test_what_others_write_meanwhile_is_no_drift(writes: int, state: DriftState) -> None:
    found = await Assessor(BusyGateway(writes)).assess(WEB)  # type: ignore[arg-type]
    assert (found.state, found.fields) == (state, ())
    assert ("written faster" in found.error) is (state is DriftState.FAILED)
