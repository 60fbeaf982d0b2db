"""Quotas and disruption budgets: what the API server refuses for the good of others. Their figures are the loops'."""

from __future__ import annotations

from collections.abc import Mapping

from .api import (
    BUDGETS,
    CONFIG_MAPS,
    DEPLOYMENTS,
    PODS,
    Client,
    Obj,
    config_map,
    deployment,
    pod,
    ready,
)

QUOTAS = "/api/v1/namespaces/default/resourcequotas"


def quota(hard: Mapping[str, str | int]) -> Obj:
    """The ResourceQuota `tight`, of counts."""
    return {"metadata": {"name": "tight"}, "spec": {"hard": dict(hard)}}


async def test_a_quota_refuses_one_pod_too_many(client: Client) -> None:
    (await client.create(QUOTAS, quota({"pods": "2"}))).expect(201)
    for name in ("a", "b"):
        (await client.create(PODS, pod(name))).expect(201)
    reply = await client.create(PODS, pod("c"))
    assert (reply.code, reply.reason) == (403, "Forbidden")
    assert reply.message == (
        'pods "c" is forbidden: exceeded quota: tight, requested: pods=1, used: pods=2, limited: pods=2'
    )
    (await client.delete(f"{PODS}/a")).expect(200)
    (await client.create(PODS, pod("c"))).expect(201)


async def test_a_finished_pod_frees_its_place_among_pods(client: Client) -> None:
    (await client.create(QUOTAS, quota({"pods": "1", "count/pods": 2}))).expect(201)
    (await client.create(PODS, pod("a"))).expect(201)
    (await client.patch(f"{PODS}/a/status", {"status": {"phase": "Succeeded"}})).expect(200)
    (await client.create(PODS, pod("b"))).expect(201)
    (await client.patch(f"{PODS}/b/status", {"status": {"phase": "Failed"}})).expect(200)
    assert "used: count/pods=2" in (await client.create(PODS, pod("c"))).message


async def test_counts_of_other_kinds(client: Client) -> None:
    (await client.create(QUOTAS, quota({"configmaps": "1", "count/deployments.apps": 1}))).expect(201)
    (await client.create(DEPLOYMENTS, deployment("a"))).expect(201)
    assert (
        "exceeded quota: tight, requested: count/deployments.apps=1"
        in (await client.create(DEPLOYMENTS, deployment("b"))).message
    )
    (await client.create(CONFIG_MAPS, config_map("a"))).expect(201)
    assert (await client.create(CONFIG_MAPS, config_map("b"))).code == 403
    elsewhere = "/api/v1/namespaces/kube-public/configmaps"
    (await client.create(elsewhere, config_map("b"))).expect(201)


async def test_a_changed_quota_counts_at_once(client: Client) -> None:
    (await client.create(PODS, pod("a"))).expect(201)
    (await client.create(QUOTAS, quota({"pods": 0}))).expect(201)
    assert (await client.create(PODS, pod("b"))).code == 403
    (await client.patch(f"{QUOTAS}/tight", {"spec": {"hard": {"pods": 3}}})).expect(200)
    (await client.create(PODS, pod("b"))).expect(201)
    (await client.delete(f"{QUOTAS}/tight")).expect(200)


def asking(name: str, requests: Obj, limits: Obj) -> Obj:
    """A pod whose container says so much."""
    resources = {"requests": requests, "limits": limits}
    return pod(name, containers=[{"name": name, "image": "nginx:1.27", "resources": resources}])


async def test_a_quota_of_sums_refuses_what_is_too_much_and_what_does_not_say(client: Client) -> None:
    hard: dict[str, str | int] = {
        "cpu": "100m",
        "memory": "1Gi",
        "limits.cpu": 1,
        "limits.memory": "2Gi",
        "pods": "5",
    }
    (await client.create(QUOTAS, quota(hard))).expect(201)
    fits = asking("c", {"cpu": "60m", "memory": "300Mi"}, {"cpu": "500m", "memory": "1Gi"})
    (await client.create(PODS, fits)).expect(201)
    silent = (await client.create(PODS, asking("b", {"cpu": "60m"}, {}))).message
    assert silent == (
        'pods "b" is forbidden: failed quota: tight: '
        "must specify limits.cpu for: b; limits.memory for: b; memory for: b"
    )
    large = asking("d", {"cpu": "60m", "memory": "300Mi"}, {"cpu": "600m", "memory": "1Gi"})
    assert (await client.create(PODS, large)).message == (
        'pods "d" is forbidden: exceeded quota: tight, requested: cpu=60m,limits.cpu=600m, '
        "used: cpu=60m,limits.cpu=500m, limited: cpu=100m,limits.cpu=1"
    )
    (await client.create(PODS, asking("e", {}, {"cpu": "20m", "memory": "100Mi"}))).expect(201)
    largest = asking("f", {"cpu": 1, "memory": "2Gi"}, {"cpu": 2, "memory": "2Gi"})
    assert (await client.create(PODS, largest)).message == (
        'pods "f" is forbidden: exceeded quota: tight, '
        "requested: cpu=1,limits.cpu=2,limits.memory=2Gi,memory=2Gi, "
        "used: cpu=80m,limits.cpu=520m,limits.memory=1124Mi,memory=400Mi, "
        "limited: cpu=100m,limits.cpu=1,limits.memory=2Gi,memory=1Gi"
    )
    (await client.patch(f"{PODS}/c/status", {"status": {"phase": "Succeeded"}})).expect(200)
    (await client.create(PODS, fits | {"metadata": {"name": "d"}})).expect(201)


async def test_a_quota_limits_what_is_known_by_amounts_that_can_be(client: Client) -> None:
    reply = await client.create(
        QUOTAS, quota({"nonsense": 3, "pods": "-1", "secrets": "1500m", "cpu": "1500m"})
    )
    assert reply.code == 422
    assert [
        (cause["field"], cause["message"].rpartition(": ")[2]) for cause in reply.body["details"]["causes"]
    ] == [
        ("spec.hard[nonsense]", "must be a standard resource type or fully qualified"),
        ("spec.hard[nonsense]", "must be a standard resource for quota"),
        ("spec.hard[pods]", "must be greater than or equal to 0"),
        ("spec.hard[secrets]", "must be an integer"),
    ]
    known: dict[str, str | int] = {
        "requests.example.com/gpu": 1,
        "requests.storage": "1Gi",
        "count/jobs.batch": 2,
    }
    (await client.create(QUOTAS, quota(known))).expect(201)


async def ready_pod(client: Client, name: str, *, is_ready: bool = True) -> None:
    """A pod of the app `web` that runs."""
    wish = pod(name, node="n1")
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "u", "controller": True}
    wish["metadata"]["ownerReferences"] = [owner]
    (await client.create(PODS, wish)).expect(201)
    status = ready({})["status"]
    status["conditions"][0]["status"] = "True" if is_ready else "False"
    (await client.patch(f"{PODS}/{name}/status", {"status": status})).expect(200)


def budget(name: str = "web", **figure: object) -> Obj:
    """A PodDisruptionBudget of the app `web`."""
    return {"metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"app": "web"}}, **figure}}


async def allow(client: Client, name: str = "web", *, allowed: int, healthy: int, desired: int) -> None:
    """What the disruption loop would say of a budget, for as long as it does not change."""
    generation = (await client.get(f"{BUDGETS}/{name}")).body["metadata"]["generation"]
    figures = {"disruptionsAllowed": allowed, "currentHealthy": healthy, "desiredHealthy": desired}
    status = {**figures, "expectedPods": healthy, "observedGeneration": generation}
    (await client.patch(f"{BUDGETS}/{name}/status", {"status": status})).expect(200)


def eviction(name: str, **options: object) -> Obj:
    """What drain posts."""
    made: Obj = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    if options:
        made["deleteOptions"] = options
    return made


async def test_an_eviction_names_itself_and_deletes_with_grace(client: Client) -> None:
    await ready_pod(client, "a")
    assert (await client.create(f"{PODS}/a/eviction", eviction("a"), dryRun="All")).expect(201)
    assert "deletionTimestamp" not in (await client.get(f"{PODS}/a")).body["metadata"]
    status = (await client.create(f"{PODS}/a/eviction", eviction("a", gracePeriodSeconds=7))).expect(201)
    assert status["status"] == "Success"
    evicted = (await client.get(f"{PODS}/a")).expect(200)
    assert evicted["metadata"]["deletionGracePeriodSeconds"] == 7
    condition = evicted["status"]["conditions"][-1]
    assert {key: condition[key] for key in ("type", "status", "reason", "message")} == {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
    }


async def test_a_spent_budget_answers_429(client: Client) -> None:
    for name in ("a", "b"):
        await ready_pod(client, name)
    (await client.create(BUDGETS, budget(minAvailable=2))).expect(201)
    await allow(client, allowed=0, healthy=2, desired=2)
    reply = await client.create(f"{PODS}/a/eviction", eviction("a"))
    assert (reply.code, reply.reason) == (429, "TooManyRequests")
    assert reply.message == "Cannot evict pod as it would violate the pod's disruption budget."
    assert reply.body["details"]["causes"] == [
        {
            "reason": "DisruptionBudget",
            "message": "The disruption budget web needs 2 healthy pods and has 2 currently",
        }
    ]
    assert "deletionTimestamp" not in (await client.get(f"{PODS}/a")).body["metadata"]


async def test_an_eviction_spends_the_budget_before_any_loop_looks(client: Client) -> None:
    for name in ("a", "b"):
        await ready_pod(client, name)
    (await client.create(BUDGETS, budget(minAvailable=1))).expect(201)
    await allow(client, allowed=1, healthy=2, desired=1)
    (await client.create(f"{PODS}/a/eviction", eviction("a"), dryRun="All")).expect(201)
    stale = eviction("a", preconditions={"uid": "another"})
    assert (await client.create(f"{PODS}/a/eviction", stale)).code == 409
    assert (await client.get(f"{BUDGETS}/web")).body["status"]["disruptionsAllowed"] == 1
    (await client.create(f"{PODS}/a/eviction", eviction("a"))).expect(201)
    status = (await client.get(f"{BUDGETS}/web")).body["status"]
    assert status["disruptionsAllowed"] == 0
    assert list(status["disruptedPods"]) == ["a"]
    assert [(one["type"], one["status"]) for one in status["conditions"]] == [("DisruptionAllowed", "False")]
    reply = await client.create(f"{PODS}/b/eviction", eviction("b"))
    assert (reply.code, reply.body["details"]["causes"][0]["message"]) == (
        429,
        "The disruption budget web does not allow evicting pods currently",
    )


async def test_a_budget_that_nobody_has_looked_at_lets_nothing_go(client: Client) -> None:
    await ready_pod(client, "a")
    (await client.create(BUDGETS, budget(minAvailable=0))).expect(201)
    reply = await client.create(f"{PODS}/a/eviction", eviction("a"))
    assert (reply.code, reply.headers["Retry-After"]) == (429, "10")
    assert reply.body["details"]["causes"][0]["message"] == (
        "The disruption budget web is still being processed by the server."
    )


async def test_an_eviction_may_name_the_version_it_means(client: Client) -> None:
    await ready_pod(client, "a")
    version = (await client.get(f"{PODS}/a")).body["metadata"]["resourceVersion"]
    meant = eviction("a", preconditions={"resourceVersion": version})
    (await client.create(f"{PODS}/a/eviction", meant)).expect(201)


async def test_pending_pods_need_no_budget(client: Client) -> None:
    (await client.create(PODS, pod("a"))).expect(201)
    (await client.create(BUDGETS, budget(minAvailable=1))).expect(201)
    (await client.create(f"{PODS}/a/eviction", eviction("a"))).expect(201)
    assert (await client.get(f"{PODS}/a")).code == 404


async def test_unhealthy_pods_may_go_where_the_rest_suffices(client: Client) -> None:
    await ready_pod(client, "a")
    await ready_pod(client, "sick", is_ready=False)
    (await client.create(BUDGETS, budget(minAvailable=1))).expect(201)
    await allow(client, allowed=0, healthy=1, desired=1)
    (await client.create(f"{PODS}/sick/eviction", eviction("sick"))).expect(201)
    (await client.patch(f"{BUDGETS}/web", {"spec": {"minAvailable": 2}})).expect(200)
    await allow(client, allowed=0, healthy=1, desired=2)
    await ready_pod(client, "ill", is_ready=False)
    assert (await client.create(f"{PODS}/ill/eviction", eviction("ill"))).code == 429
    always = {"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}}
    (await client.patch(f"{BUDGETS}/web", always)).expect(200)
    (await client.create(f"{PODS}/ill/eviction", eviction("ill"))).expect(201)


async def test_two_budgets_are_one_too_many(client: Client) -> None:
    await ready_pod(client, "a")
    (await client.create(BUDGETS, budget("one", minAvailable=0))).expect(201)
    (await client.create(BUDGETS, budget("two", minAvailable=0))).expect(201)
    reply = await client.create(f"{PODS}/a/eviction", eviction("a"))
    assert (reply.code, "more than one PodDisruptionBudget" in reply.message) == (500, True)


async def test_an_eviction_has_to_fit_its_path(client: Client) -> None:
    await ready_pod(client, "a")
    assert (await client.create(f"{PODS}/a/eviction", eviction("b"))).code == 400
    assert (await client.create(f"{PODS}/b/eviction", eviction("b"))).code == 404
    stale = eviction("a", preconditions={"uid": "another"})
    assert (await client.create(f"{PODS}/a/eviction", stale)).code == 409
    conditions = (await client.get(f"{PODS}/a")).body["status"]["conditions"]
    assert [condition["type"] for condition in conditions] == ["Ready"]
