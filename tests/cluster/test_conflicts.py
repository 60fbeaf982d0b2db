"""An apply that is refused names the fields and their owners, in the words of real API servers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scripted import Reply, ScriptedApi
from tui.cluster.connection import Connection
from tui.cluster.errors import Conflict, Refused
from tui.cluster.gateway import Gateway

WEB: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
}
# As kube-apiserver 1.36 writes them (managedfields/internal/conflict.go).
CAUSES = [
    {
        "reason": "FieldManagerConflict",
        "message": 'conflict with "kubectl" with subresource "scale" using apps/v1',
        "field": ".spec.replicas",
    },
    {"reason": "FieldManagerConflict", "message": 'conflict with "git\\"ops"', "field": ".spec.paused"},
    {"reason": "FieldManagerConflict", "message": "conflict with nobody", "field": ".spec.strategy"},
    {"reason": "Other", "message": 'about "x"', "field": "y"},
]


def conflict(details: Any) -> Reply:
    body = {
        "kind": "Status",
        "code": 409,
        "reason": "Conflict",
        "message": "Apply failed",
        "details": details,
    }
    return Reply(body, 409)


async def refusal(details: Any) -> Refused:
    async with ScriptedApi(routes={"PATCH deployments": [conflict(details)]}) as api:
        connection = await Connection.open(api.context)
        try:
            with pytest.raises(Refused) as caught:
                await Gateway(connection).apply(WEB, force=False)
        finally:
            await connection.close()
    return caught.value


async def test_the_conflicts_of_an_apply_are_fields_and_managers() -> None:
    no = await refusal({"causes": CAUSES})
    assert no.code == 409
    assert no.conflicts == (
        Conflict(".spec.replicas", "kubectl"),
        Conflict(".spec.paused", 'git\\"ops'),
        Conflict(".spec.strategy", "conflict with nobody"),
    )


@pytest.mark.parametrize("details", [None, {}, {"causes": None}, {"causes": []}])
async def test_a_refusal_without_causes_has_no_conflicts(details: Any) -> None:
    assert (await refusal(details)).conflicts == ()
