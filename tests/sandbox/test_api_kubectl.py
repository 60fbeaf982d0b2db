"""kubectl as a judge: it must not be able to tell the sandbox from a small real cluster."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import dataclass
from typing import Any

import pytest

from tests.waiting import PATIENCE_S
from tui.sandbox.server import ApiServer

from .api import BUDGETS, DEPLOYMENTS, NODES, PODS, Client, Obj, config_map, deployment, pod, ready

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")

WEB = f"{DEPLOYMENTS}/web"


@dataclass(frozen=True)
class Outcome:
    """What kubectl printed, and its exit code."""

    code: int
    out: str
    err: str

    def ok(self) -> str:
        """The output of a command that must have worked without a word of warning."""
        assert (self.code, self.err) == (0, ""), self
        return self.out


class Kubectl:
    """kubectl on the sandbox's kubeconfig."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """kubectl with these arguments, running."""
        pipe = asyncio.subprocess.PIPE
        command = ("kubectl", "--kubeconfig", str(self._server.kubeconfig), *arguments)
        folder = str(self._server.kubeconfig.parent)
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "KUBECACHEDIR": folder}
        path = shutil.which("kubectl") or ""
        environment["PATH"] = f"{path.rpartition('/')[0]}:{environment['PATH']}"
        return await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment
        )

    async def __call__(self, *arguments: str, given: Any = None) -> Outcome:
        process = await self.start(*arguments)
        text = "" if given is None else given if isinstance(given, str) else json.dumps(given)
        out, err = await asyncio.wait_for(process.communicate(text.encode()), PATIENCE_S)
        return Outcome(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
def kubectl(server: ApiServer) -> Kubectl:
    """kubectl with full rights."""
    return Kubectl(server)


def cells(text: str) -> list[list[str]]:
    """The rows of a table without its header."""
    return [line.split() for line in text.strip().splitlines()[1:]]


async def test_get_prints_upstreams_columns(kubectl: Kubectl, client: Client) -> None:
    (await client.create(PODS, pod(node="n1"))).expect(201)
    (await client.patch(f"{PODS}/web/status", {"status": ready({})["status"]})).expect(200)
    table = (await kubectl("get", "pods", "-o", "wide")).ok()
    assert table.split("\n")[0].split() == [
        *("NAME", "READY", "STATUS", "RESTARTS", "AGE"),
        *("IP", "NODE", "NOMINATED", "NODE", "READINESS", "GATES"),
    ]
    (row,) = cells(table)
    assert row[:4] == ["web", "1/1", "Running", "0"]
    assert row[5:] == ["<none>", "n1", "<none>", "<none>"]
    assert (await kubectl("get", "po", "web", "-o", "jsonpath={.spec.nodeName}")).ok() == "n1"
    assert "NAMESPACE" in (await kubectl("get", "pods", "-A")).ok()
    assert (await kubectl("get", "pods", "-l", "app=other")).out == ""
    missing = await kubectl("get", "pod", "nobody")
    assert (missing.code, missing.err) == (1, 'Error from server (NotFound): pods "nobody" not found\n')


async def test_get_watch_follows(kubectl: Kubectl, client: Client) -> None:
    (await client.create(PODS, pod("a"))).expect(201)
    process = await kubectl.start("get", "pods", "-w", "--no-headers")
    assert process.stdout is not None
    try:
        first = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
        assert first.split()[:3] == [b"a", b"0/1", b"Pending"]
        (await client.patch(f"{PODS}/a/status", {"status": ready({})["status"]})).expect(200)
        second = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
        assert second.split()[:3] == [b"a", b"1/1", b"Running"]
        (await client.create(PODS, pod("b"))).expect(201)
        third = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
        assert third.split()[:3] == [b"b", b"0/1", b"Pending"]
    finally:
        process.terminate()
        await process.communicate()


async def test_client_side_apply(kubectl: Kubectl, client: Client) -> None:
    assert (await kubectl("apply", "-f", "-", given=deployment())).ok() == "deployment.apps/web created\n"
    assert (await kubectl("apply", "-f", "-", given=deployment())).ok() == "deployment.apps/web unchanged\n"
    wish = deployment(replicas=3)
    wish["spec"]["template"]["spec"]["containers"] = [{"name": "new", "image": "redis:7"}]
    assert (await kubectl("apply", "-f", "-", given=wish)).ok() == "deployment.apps/web configured\n"
    spec = (await client.get(WEB)).expect(200)["spec"]
    assert spec["replicas"] == 3
    assert [container["name"] for container in spec["template"]["spec"]["containers"]] == ["new"]
    diff = await kubectl("diff", "-f", "-", given=deployment())
    assert (diff.code, "nginx:1.27" in diff.out) == (1, True)


async def test_server_side_apply_and_its_conflicts(kubectl: Kubectl, client: Client) -> None:
    apply = ("apply", "--server-side", "-f", "-")
    assert (await kubectl(*apply, given=deployment())).ok() == "deployment.apps/web serverside-applied\n"
    (await kubectl("scale", "deployment/web", "--replicas=4")).ok()
    conflict = await kubectl(*apply, given=deployment())
    assert conflict.code == 1
    assert 'conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas' in conflict.err
    (await kubectl(*apply, "--force-conflicts", given=deployment())).ok()
    assert (await client.get(WEB)).body["spec"]["replicas"] == 2


async def test_create_and_rehearsals(kubectl: Kubectl, client: Client) -> None:
    rehearsed = await kubectl("create", "--dry-run=server", "-f", "-", given=deployment())
    assert rehearsed.ok() == "deployment.apps/web created (server dry run)\n"
    assert (await client.get(WEB)).code == 404
    assert (await kubectl("create", "-f", "-", given=deployment())).ok() == "deployment.apps/web created\n"
    again = await kubectl("create", "-f", "-", given=deployment())
    assert "Error from server (AlreadyExists)" in again.err
    assert 'deployments.apps "web" already exists' in again.err
    invalid = await kubectl("create", "-f", "-", given=deployment("api", replicas=-1))
    assert invalid.err == (
        'The Deployment "api" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0\n'
    )


@pytest.mark.parametrize(
    ("form", "patch"),
    [
        ("merge", '{"spec":{"replicas":5}}'),
        ("strategic", '{"spec":{"replicas":5}}'),
        ("json", '[{"op":"replace","path":"/spec/replicas","value":5}]'),
    ],
)
async def test_patch(kubectl: Kubectl, client: Client, form: str, patch: str) -> None:
    (await client.create(DEPLOYMENTS, deployment())).expect(201)
    assert (await kubectl("patch", "deployment", "web", "--type", form, "-p", patch)).ok() == (
        "deployment.apps/web patched\n"
    )
    assert (await client.get(WEB)).body["spec"]["replicas"] == 5


async def test_small_changes(kubectl: Kubectl, client: Client) -> None:
    (await client.create(DEPLOYMENTS, deployment())).expect(201)
    (await kubectl("set", "image", "deployment/web", "web=nginx:1.28")).ok()
    (await kubectl("set", "env", "deployment/web", "COLOUR=red")).ok()
    (await kubectl("set", "resources", "deployment/web", "--limits=cpu=1")).ok()
    (await kubectl("label", "deployment/web", "tier=front")).ok()
    (await kubectl("annotate", "deployment/web", "note=x")).ok()
    (await kubectl("rollout", "restart", "deployment/web")).ok()
    (await kubectl("rollout", "pause", "deployment/web")).ok()
    (await kubectl("scale", "deployment/web", "--replicas=0")).ok()
    obj = (await client.get(WEB)).expect(200)
    template = obj["spec"]["template"]
    (container,) = template["spec"]["containers"]
    assert (container["image"], container["env"]) == ("nginx:1.28", [{"name": "COLOUR", "value": "red"}])
    assert container["resources"] == {"limits": {"cpu": "1"}}
    assert (obj["metadata"]["labels"], obj["metadata"]["annotations"]["note"]) == ({"tier": "front"}, "x")
    assert "kubectl.kubernetes.io/restartedAt" in template["metadata"]["annotations"]
    assert (obj["spec"]["paused"], obj["spec"]["replicas"]) == (True, 0)
    (await kubectl("label", "deployment/web", "tier-")).ok()
    assert "labels" not in (await client.get(WEB)).body["metadata"]


async def test_delete(kubectl: Kubectl, client: Client) -> None:
    for name in ("a", "b", "c"):
        (await client.create(PODS, pod(name, node="n1" if name == "c" else ""))).expect(201)
    assert (await kubectl("delete", "pod", "a")).ok() == 'pod "a" deleted\n'
    assert (await kubectl("delete", "pods", "-l", "app=web", "--wait=false")).ok() == (
        'pod "b" deleted\npod "c" deleted\n'
    )
    assert "deletionTimestamp" in (await client.get(f"{PODS}/c")).body["metadata"]
    forced = await kubectl("delete", "pod", "c", "--force", "--grace-period=0")
    assert (forced.code, forced.out) == (0, 'pod "c" force deleted\n')
    assert await client.names(PODS) == []
    missing = await kubectl("delete", "pod", "a")
    assert missing.err == 'Error from server (NotFound): pods "a" not found\n'


async def test_delete_waits_until_the_pod_is_gone(kubectl: Kubectl, client: Client) -> None:
    (await client.create(PODS, pod(node="n1"))).expect(201)
    async with client.watch(PODS) as events:
        deleting = asyncio.create_task(kubectl("delete", "pod", "web"))
        assert [kind for kind, _ in await events.take(2)] == ["ADDED", "MODIFIED"]
        (await client.delete(f"{PODS}/web", {"gracePeriodSeconds": 0})).expect(200)
        assert (await deleting).ok() == 'pod "web" deleted\n'


async def test_describe_brings_the_events_along(kubectl: Kubectl, client: Client) -> None:
    made = (await client.create(PODS, pod(node="n1"))).expect(201)
    about = {key: made["metadata"][key] for key in ("name", "namespace", "uid")} | {
        "kind": "Pod",
        "apiVersion": "v1",
    }
    event = {
        "metadata": {"name": "web.1"},
        "involvedObject": about,
        "reason": "Scheduled",
        "message": "Successfully assigned default/web to n1",
        "type": "Normal",
        "source": {"component": "default-scheduler"},
        "firstTimestamp": made["metadata"]["creationTimestamp"],
        "lastTimestamp": made["metadata"]["creationTimestamp"],
        "count": 1,
    }
    (await client.create("/api/v1/namespaces/default/events", event)).expect(201)
    described = (await kubectl("describe", "pod", "web")).ok()
    assert "Successfully assigned default/web to n1" in described
    assert "node.kubernetes.io/not-ready:NoExecute op=Exists for 300s" in described
    (row,) = cells((await kubectl("get", "events")).ok())
    assert row[1:4] == ["Normal", "Scheduled", "pod/web"]
    (await client.create(DEPLOYMENTS, deployment())).expect(201)
    assert "25% max unavailable, 25% max surge" in (await kubectl("describe", "deployment", "web")).ok()


async def node_with_a_pod(client: Client) -> None:
    """A node, and on it a pod that a ReplicaSet owns."""
    (await client.create(NODES, {"metadata": {"name": "n1"}})).expect(201)
    replica_set: Obj = {**deployment(), "kind": "ReplicaSet"}
    path = "/apis/apps/v1/namespaces/default/replicasets"
    owner = (await client.create(path, replica_set)).expect(201)
    wish = pod("web-1", node="n1")
    reference = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": "web",
        "uid": owner["metadata"]["uid"],
    }
    wish["metadata"]["ownerReferences"] = [{**reference, "controller": True}]
    (await client.create(PODS, wish)).expect(201)
    (await client.patch(f"{PODS}/web-1/status", {"status": ready({})["status"]})).expect(200)


async def test_cordon_and_taint(kubectl: Kubectl, client: Client) -> None:
    await node_with_a_pod(client)
    assert (await kubectl("cordon", "n1")).ok() == "node/n1 cordoned\n"
    assert "SchedulingDisabled" in (await kubectl("get", "nodes")).ok()
    assert (await kubectl("uncordon", "n1")).ok() == "node/n1 uncordoned\n"
    assert (await kubectl("taint", "node", "n1", "a=b:NoSchedule")).ok() == "node/n1 tainted\n"
    assert (await client.get(f"{NODES}/n1")).body["spec"]["taints"] == [
        {"key": "a", "value": "b", "effect": "NoSchedule"}
    ]
    assert (await kubectl("taint", "node", "n1", "a-")).ok() == "node/n1 untainted\n"


async def test_drain_evicts_and_waits(kubectl: Kubectl, client: Client) -> None:
    await node_with_a_pod(client)
    async with client.watch(PODS) as events:
        draining = asyncio.create_task(kubectl("drain", "n1"))
        kinds = [kind for kind, _ in await events.take(3)]
        assert kinds == ["ADDED", "MODIFIED", "MODIFIED"]
        (await client.delete(f"{PODS}/web-1", {"gracePeriodSeconds": 0})).expect(200)
        outcome = await draining
    assert outcome.out == "node/n1 cordoned\nevicting pod default/web-1\npod/web-1 evicted\nnode/n1 drained\n"


async def test_drain_stops_at_a_spent_budget(kubectl: Kubectl, client: Client) -> None:
    await node_with_a_pod(client)
    budget = {
        "metadata": {"name": "web"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    }
    (await client.create(BUDGETS, budget)).expect(201)
    figures = {"disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "observedGeneration": 1}
    (await client.patch(f"{BUDGETS}/web/status", {"status": figures})).expect(200)
    (row,) = cells((await kubectl("get", "pdb")).ok())
    assert row[:4] == ["web", "1", "N/A", "0"]
    process = await kubectl.start("drain", "n1")
    assert process.stderr is not None
    try:
        refusal = await asyncio.wait_for(process.stderr.readline(), PATIENCE_S)
        assert b"Cannot evict pod as it would violate the pod's disruption budget." in refusal
    finally:
        process.terminate()
        await process.communicate()
    assert "deletionTimestamp" not in (await client.get(f"{PODS}/web-1")).body["metadata"]


async def test_wait_sees_a_condition(kubectl: Kubectl, client: Client) -> None:
    (await client.create(PODS, pod(node="n1"))).expect(201)
    waiting = asyncio.create_task(kubectl("wait", "pod/web", "--for=condition=Ready", "--timeout=100s"))
    (await client.patch(f"{PODS}/web/status", {"status": ready({})["status"]})).expect(200)
    assert (await waiting).ok() == "pod/web condition met\n"
    gone = asyncio.create_task(kubectl("wait", "pod/web", "--for=delete", "--timeout=100s"))
    (await client.delete(f"{PODS}/web", {"gracePeriodSeconds": 0})).expect(200)
    await gone


async def test_rights(kubectl: Kubectl) -> None:
    assert (await kubectl("auth", "can-i", "delete", "pods")).ok() == "yes\n"
    viewer = ("--context", "gapwatch-sandbox-viewer")
    denied = await kubectl(*viewer, "auth", "can-i", "delete", "pods")
    assert (denied.code, denied.out) == (1, "no\n")
    assert (await kubectl(*viewer, "auth", "can-i", "list", "pods")).ok() == "yes\n"
    who = (await kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")).ok()
    assert who == "gapwatch-sandbox-admin"
    forbidden = await kubectl(*viewer, "delete", "pod", "x")
    assert forbidden.err == (
        'Error from server (Forbidden): pods "x" is forbidden: User "viewer" cannot delete resource "pods" '
        'in API group "" in the namespace "default"\n'
    )


async def test_making_things_by_hand(kubectl: Kubectl, client: Client) -> None:
    assert (
        await kubectl("create", "deployment", "web", "--image=nginx:1.27", "--replicas=3", "--port=80")
    ).ok() == ("deployment.apps/web created\n")
    obj = (await client.get(WEB)).expect(200)
    assert (obj["spec"]["replicas"], obj["spec"]["selector"]) == (3, {"matchLabels": {"app": "web"}})
    assert obj["spec"]["template"]["spec"]["containers"][0]["ports"] == [
        {"containerPort": 80, "protocol": "TCP"}
    ]
    assert (await kubectl("create", "namespace", "shop")).ok() == "namespace/shop created\n"
    assert (await kubectl("run", "one", "--image=nginx")).ok() == "pod/one created\n"
    assert (await kubectl("expose", "deployment/web", "--port=80")).ok() == "service/web exposed\n"
    assert (await kubectl("create", "configmap", "c", "--from-literal=a=b")).ok() == "configmap/c created\n"
    assert (await client.get("/api/v1/namespaces/default/configmaps/c")).expect(200)["data"] == {"a": "b"}
    assert (
        await kubectl("create", "quota", "tight", "--hard=pods=2")
    ).ok() == "resourcequota/tight created\n"
    budget = ("create", "pdb", "web", "--selector=app=web", "--min-available=50%")
    assert (await kubectl(*budget)).ok() == "poddisruptionbudget.policy/web created\n"
    assert (await client.get(f"{BUDGETS}/web")).expect(200)["spec"] == {
        "minAvailable": "50%",
        "selector": {"matchLabels": {"app": "web"}},
    }


async def test_api_resources_and_replace(kubectl: Kubectl, client: Client) -> None:
    listed = (await kubectl("api-resources", "-o", "name")).ok().split()
    assert {"pods", "deployments.apps", "poddisruptionbudgets.policy", "leases.coordination.k8s.io"} <= set(
        listed
    )
    made = (await client.create("/api/v1/namespaces/default/configmaps", config_map("a"))).expect(201)
    assert (
        await kubectl("replace", "-f", "-", given={**made, "data": {"n": "1"}})
    ).ok() == "configmap/a replaced\n"
    stale = await kubectl("replace", "-f", "-", given={**made, "data": {"n": "2"}})
    assert "the object has been modified; please apply your changes to the latest version" in stale.err


async def test_whoever_is_impersonated_has_the_rights_of_that_user(kubectl: Kubectl, client: Client) -> None:
    (await client.create(PODS, pod())).expect(201)
    nobody = await kubectl("get", "pods", "--as=nobody")
    assert nobody.err == (
        'Error from server (Forbidden): pods is forbidden: User "nobody" cannot list resource "pods" in API group "" '
        'in the namespace "default"\n'
    )
    assert (await kubectl("auth", "can-i", "list", "pods", "--as=nobody")).out == "no\n"
    assert "nobody" in (await kubectl("auth", "whoami", "--as=nobody")).ok()
    assert (await kubectl("get", "pods", "--as=viewer", "-o", "name")).ok() == "pod/web\n"
    assert (await kubectl("auth", "can-i", "delete", "pods", "--as=viewer")).out == "no\n"
    assert (
        await kubectl("get", "pods", "--as=nobody", "--as-group=system:masters", "-o", "name")
    ).ok() == "pod/web\n"


async def test_only_the_administrator_may_impersonate(kubectl: Kubectl) -> None:
    viewer = await kubectl(
        "get", "--raw", PODS, "--context=gapwatch-sandbox-viewer", "--as=gapwatch-sandbox-admin"
    )
    assert viewer.err == (
        'Error from server (Forbidden): users "gapwatch-sandbox-admin" is forbidden: User "viewer" cannot impersonate '
        'resource "users" in API group "" at the cluster scope\n'
    )


async def test_a_kind_that_is_not_served_is_told_as_such(kubectl: Kubectl) -> None:
    wish = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db"},
        "spec": {"replicas": 1},
    }
    refused = await kubectl("apply", "-f", "-", given=wish)
    assert refused.code == 1
    assert 'no matches for kind "StatefulSet" in version "apps/v1"' in refused.err


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (("attach", "web"), "attach to"),
        (("port-forward", "web", "18080:80"), "forward to"),
        (("debug", "web", "--image=busybox"), "debug"),
    ],
)
async def test_nobody_gets_into_a_container(
    kubectl: Kubectl, client: Client, command: tuple[str, ...], what: str
) -> None:
    (
        await client.replace(
            f"{PODS}/web/status", ready((await client.create(PODS, pod(node="n1"))).expect(201))
        )
    ).expect(200)
    refused = await kubectl(*command)
    assert refused.code == 1
    assert f"containers are simulated here: there is nothing to {what}\n" in refused.err


async def test_a_scale_has_columns_of_its_own(kubectl: Kubectl, client: Client) -> None:
    (await client.create(DEPLOYMENTS, deployment(replicas=3))).expect(201)
    table = (await kubectl("get", "deploy", "web", "--subresource=scale")).ok()
    assert table.split()[:4] == ["NAME", "DESIRED", "AVAILABLE", "AGE"]
    assert cells(table)[0][:3] == ["web", "3", "0"]
