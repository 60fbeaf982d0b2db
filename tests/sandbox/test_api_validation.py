"""What people get wrong, and the words in which upstream tells them."""

from __future__ import annotations

from typing import Any

import pytest

from .api import (
    BUDGETS,
    CONFIG_MAPS,
    DEPLOYMENTS,
    JSON_PATCH,
    NAMESPACES,
    PODS,
    REPLICA_SETS,
    Client,
    Obj,
    config_map,
    deployment,
    pod,
)

WEB = f"{DEPLOYMENTS}/web"
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


def changed(obj: Obj, *path: str | int, value: Any = None) -> Obj:
    """The object with one field set, or without it."""
    target: Any = obj
    for step in path[:-1]:
        target = target[step]
    if value is None:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return obj


CONTAINER = ("spec", "template", "spec", "containers")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (deployment(replicas=-1), "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        (
            deployment(selector={"matchLabels": {"app": "other"}}),
            'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
        ),
        (changed(deployment(), "spec", "selector"), "spec.selector: Required value"),
        (
            deployment(selector={}),
            "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
        ),
        (changed(deployment(), *CONTAINER, value=[]), "spec.template.spec.containers: Required value"),
        (
            changed(deployment(), *CONTAINER, 0, "image"),
            "spec.template.spec.containers[0].image: Required value",
        ),
        (
            changed(deployment(), *CONTAINER, 0, "name"),
            "spec.template.spec.containers[0].name: Required value",
        ),
        (
            changed(deployment(), *CONTAINER, 0, "name", value="Web"),
            f'spec.template.spec.containers[0].name: Invalid value: "Web": {LABEL}',
        ),
        (
            changed(deployment(), "spec", "template", "spec", "restartPolicy", value="Never"),
            'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        ),
        (
            deployment(strategy={"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}),
            "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
        ),
        (
            deployment(strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}),
            'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
        ),
        (
            deployment(strategy={"rollingUpdate": {"maxUnavailable": "110%"}}),
            'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "110%": must not be greater than 100%',
        ),
        (
            deployment(progressDeadlineSeconds=5, minReadySeconds=5),
            "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds",
        ),
        (
            deployment(selector={"matchExpressions": [{"key": "app", "operator": "In"}]}),
            "spec.selector.matchExpressions[0].values: Required value: must be specified when "
            "`operator` is 'In' or 'NotIn'",
        ),
        (deployment("Web"), f'metadata.name: Invalid value: "Web": {SUBDOMAIN}'),
    ],
)
async def test_deployments(client: Client, wish: Obj, words: str) -> None:
    reply = await client.create(DEPLOYMENTS, wish)
    assert (reply.code, reply.reason) == (422, "Invalid")
    name = wish["metadata"]["name"]
    lines = [f"{cause['field']}: {cause['message']}" for cause in reply.body["details"]["causes"]]
    assert words in lines
    assert reply.message.startswith(f'Deployment.apps "{name}" is invalid: ')
    assert words in reply.message
    assert reply.body["details"] | {"causes": 0} == {
        "name": name,
        "group": "apps",
        "kind": "Deployment",
        "causes": 0,
    }


async def test_several_faults_are_told_together(client: Client) -> None:
    reply = await client.create(DEPLOYMENTS, deployment(replicas=-1, minReadySeconds=-2))
    assert reply.message == (
        'Deployment.apps "web" is invalid: [spec.replicas: Invalid value: -1: must be greater than or equal to 0, '
        "spec.minReadySeconds: Invalid value: -2: must be greater than or equal to 0]"
    )
    assert [cause["reason"] for cause in reply.body["details"]["causes"]] == ["FieldValueInvalid"] * 2


@pytest.mark.parametrize("path", [DEPLOYMENTS, REPLICA_SETS])
async def test_a_selector_stays(client: Client, path: str) -> None:
    wish = {**deployment(), "kind": "Deployment" if path == DEPLOYMENTS else "ReplicaSet"}
    (await client.create(path, wish)).expect(201)
    labels = {"app": "web", "tier": "front"}
    patch = {"spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}}
    reply = await client.patch(f"{path}/web", patch)
    assert reply.code == 422
    assert reply.body["details"]["causes"] == [
        {
            "reason": "FieldValueInvalid",
            "message": 'Invalid value: {"matchLabels":{"app":"web","tier":"front"}}: field is immutable',
            "field": "spec.selector",
        }
    ]


def two_containers(*names: str) -> Obj:
    """A pod with these containers."""
    return pod(containers=[{"name": name, "image": "x"} for name in names])


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (
            changed(pod(), "metadata", "name"),
            "metadata.name: Required value: name or generateName is required",
        ),
        (two_containers("a", "a"), 'spec.containers[1].name: Duplicate value: "a"'),
        (
            pod(restartPolicy="Sometimes"),
            'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
        ),
        (
            pod(
                tolerations=[
                    {"key": "a", "operator": "Exists", "tolerationSeconds": 3, "effect": "NoSchedule"}
                ]
            ),
            "spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when "
            "`tolerationSeconds` is set",
        ),
        (
            pod(containers=[{"name": "a", "image": "x", "ports": [{"containerPort": 70000}]}]),
            "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        (
            pod(containers=[{"name": "a", "image": "x", "readinessProbe": {"periodSeconds": 5}}]),
            "spec.containers[0].readinessProbe: Required value: must specify a handler type",
        ),
        (
            pod(containers=[{"name": "a", "image": "x", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]),
            'spec.containers[0].volumeMounts[0].name: Not found: "v"',
        ),
        (
            pod(containers=[{"name": "a", "image": "x", "imagePullPolicy": "Maybe"}]),
            'spec.containers[0].imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", '
            '"IfNotPresent", "Never"',
        ),
        (pod(labels={"a b": "c"}), None),
    ],
)
async def test_pods(client: Client, wish: Obj, words: str | None) -> None:
    reply = await client.create(PODS, wish)
    assert (reply.code, reply.reason) == (422, "Invalid")
    if words:
        assert words in reply.message


async def test_of_a_pods_spec_little_may_change(client: Client) -> None:
    (await client.create(PODS, pod())).expect(201)
    path = f"{PODS}/web"

    async def patched(*operations: Obj) -> Any:
        return await client.patch(path, list(operations), JSON_PATCH)

    image = {"op": "replace", "path": "/spec/containers/0/image", "value": "nginx:2"}
    assert (await patched(image)).expect(200)["metadata"]["generation"] == 2
    more = {"op": "add", "path": "/spec/tolerations/-", "value": {"key": "x", "operator": "Exists"}}
    (await patched(more)).expect(200)
    reply = await patched({"op": "remove", "path": "/spec/tolerations/0"})
    assert "existing toleration can not be modified except its tolerationSeconds" in reply.message
    reply = await patched({"op": "replace", "path": "/spec/restartPolicy", "value": "Never"})
    assert "spec: Forbidden: pod updates may not change fields other than" in reply.message
    reply = await patched({"op": "add", "path": "/spec/containers/-", "value": {"name": "b", "image": "x"}})
    assert "spec.containers: Forbidden: pod updates may not add or remove containers" in reply.message
    assert (await patched({"op": "add", "path": "/spec/nodeName", "value": "n1"})).code == 422


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        (DEPLOYMENTS, deployment(replicas="three")),  # type: ignore[arg-type]
        (DEPLOYMENTS, changed(deployment(), "spec", "template", value="none")),
        (DEPLOYMENTS, changed(deployment(), *CONTAINER, value={"name": "a"})),
        (PODS, pod(containers=["web"])),
        (PODS, changed(pod(), "metadata", "labels", value={"a": 1})),
        (PODS, {**pod(), "metadata": "web"}),
        (PODS, {**pod(), "spec": 7}),
        (CONFIG_MAPS, {**config_map("a"), "data": {"n": 1}}),
        (NAMESPACES, {"metadata": {"name": "a", "finalizers": "x"}}),
    ],
)
async def test_values_of_a_wrong_type_are_no_server_error(client: Client, path: str, wish: Obj) -> None:
    reply = await client.create(path, wish)
    assert (reply.code, reply.reason) == (400, "BadRequest")
    assert "cannot be handled as a" in reply.message


@pytest.mark.parametrize(
    "patch",
    [
        {"spec": None},
        {"spec": {"template": None}},
        {"spec": {"template": {"spec": {"containers": [None]}}}},
        {"metadata": {"labels": {"a": ["b"]}}},
        {"metadata": {"ownerReferences": [{"name": "x"}]}},
        {"spec": {"strategy": {"rollingUpdate": {"maxSurge": "lots"}}}},
        {"metadata": None},
    ],
)
async def test_patches_that_break_an_object_are_refused_and_change_nothing(
    client: Client, patch: Obj
) -> None:
    made = (await client.create(DEPLOYMENTS, deployment())).expect(201)
    assert (await client.patch(WEB, patch)).code in (400, 422)
    assert (await client.get(WEB)).expect(200) == made


async def test_names_of_namespaces_are_labels(client: Client) -> None:
    reply = await client.create(NAMESPACES, {"metadata": {"name": "a.b"}})
    assert reply.message == f'Namespace "a.b" is invalid: metadata.name: Invalid value: "a.b": {LABEL}'


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (
            {"minAvailable": "abc"},
            'spec.minAvailable: Invalid value: "abc": a valid percent string must be a numeric string followed by an '
            "ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
        (
            {"maxUnavailable": "101%"},
            'spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
        ),
        ({"minAvailable": -1}, "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"),
        (
            {"unhealthyPodEvictionPolicy": "Never"},
            'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": '
            'supported values: "AlwaysAllow", "IfHealthyBudget"',
        ),
        (
            {"selector": {"matchExpressions": [{"key": "app", "operator": "Like", "values": ["w"]}]}},
            'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
        ),
    ],
)
async def test_a_budget_that_cannot_be_kept(client: Client, spec: Obj, words: str) -> None:
    budget = {"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec}}
    refused = await client.create(BUDGETS, budget)
    refused.expect(422)
    assert refused.message == f'PodDisruptionBudget.policy "web" is invalid: {words}'
    (await client.create(PODS, pod())).expect(201)


async def test_a_budget_has_one_figure(client: Client) -> None:
    both = {"metadata": {"name": "b"}, "spec": {"minAvailable": 1, "maxUnavailable": 1, "selector": {}}}
    reply = await client.create(BUDGETS, both)
    assert "minAvailable and maxUnavailable cannot be both set" in reply.message


async def test_what_a_deployment_gets_by_default(client: Client) -> None:
    spec = (await client.create(DEPLOYMENTS, deployment(replicas=None))).expect(201)["spec"]
    assert {key: spec[key] for key in spec if key not in ("selector", "template")} == {
        "replicas": 1,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    }
    assert spec["template"]["spec"] == {
        "containers": [
            {
                "name": "web",
                "image": "nginx:1.27",
                "imagePullPolicy": "IfNotPresent",
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }
        ],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    }


async def test_what_a_pod_gets_by_default(client: Client) -> None:
    probe = {"httpGet": {"port": 80}}
    container = {
        "name": "web",
        "image": "nginx",
        "readinessProbe": probe,
        "resources": {"limits": {"cpu": "1"}},
    }
    made = (await client.create(PODS, pod(containers=[container]))).expect(201)
    spec = made["spec"]
    assert spec["tolerations"] == [
        {
            "key": f"node.kubernetes.io/{taint}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": 300,
        }
        for taint in ("not-ready", "unreachable")
    ]
    assert (spec["serviceAccountName"], spec["enableServiceLinks"], spec["priority"]) == ("default", True, 0)
    assert spec["containers"][0]["resources"] == {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}
    assert spec["containers"][0]["readinessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    assert made["status"] == {"phase": "Pending", "qosClass": "Burstable"}


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1.27", "IfNotPresent"),
        ("host:5000/nginx", "Always"),
        ("host:5000/nginx:1", "IfNotPresent"),
        ("nginx@sha256:0123", "IfNotPresent"),
    ],
)
async def test_an_image_without_a_tag_is_always_pulled(client: Client, image: str, policy: str) -> None:
    made = (await client.create(PODS, pod(containers=[{"name": "a", "image": image}]))).expect(201)
    assert made["spec"]["containers"][0]["imagePullPolicy"] == policy


async def test_a_pods_own_toleration_is_left_alone(client: Client) -> None:
    taint = "node.kubernetes.io/unreachable"
    own = {"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 20}
    made = (await client.create(PODS, pod(tolerations=[own]))).expect(201)
    assert [entry["tolerationSeconds"] for entry in made["spec"]["tolerations"]] == [20, 300]
