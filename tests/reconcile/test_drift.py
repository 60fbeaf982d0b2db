"""Drift, field by field: what counts as one, what does not, and whose field it is."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from tui.reconcile.drift import LAST_APPLIED, Change, FieldDrift, compare, compare_locally
from tui.reconcile.field_paths import words_of
from tui.reconcile.quantity import quantity

Object = dict[str, Any]
POD = "spec.template.spec"
WEB = f"{POD}.containers[web]"


def a_deployment(pod: Object | None = None, web: Object | None = None, **spec: Any) -> Object:
    container = {"name": "web", "image": "web:1", **(web or {})}
    return {
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {"replicas": 3, "template": {"spec": {"containers": [container], **(pod or {})}}, **spec},
    }


def told(found: tuple[FieldDrift, ...]) -> list[tuple[str, Any, Any]]:
    return [(one.path, one.declared, one.desired) for one in found]


CASES: dict[str, tuple[Object, Object, list[tuple[str, Any, Any]]]] = {
    "a number": (a_deployment(), a_deployment(replicas=5), [("spec.replicas", 3, 5)]),
    "an image": (a_deployment(), a_deployment(web={"image": "web:2"}), [(f"{WEB}.image", "web:1", "web:2")]),
    "a container more": (
        a_deployment(),
        a_deployment({"containers": [{"name": "web", "image": "web:1"}, {"name": "side"}]}),
        [(f"{POD}.containers[side]", None, {"name": "side"})],
    ),
    "env by name": (
        a_deployment(web={"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}),
        a_deployment(web={"env": [{"name": "A", "value": "9"}]}),
        [(f"{WEB}.env[A].value", "1", "9"), (f"{WEB}.env[B]", {"name": "B", "value": "2"}, None)],
    ),
    "all env": (
        a_deployment(web={"env": [{"name": "A", "value": "1"}]}),
        a_deployment(),
        [(f"{WEB}.env[A]", {"name": "A", "value": "1"}, None)],
    ),
    "ports by number and protocol": (
        a_deployment(web={"ports": [{"containerPort": 80, "name": "http"}]}),
        a_deployment(
            web={"ports": [{"containerPort": 80, "protocol": "UDP"}, {"containerPort": 80, "name": "x"}]}
        ),
        [
            (f"{WEB}.ports[80/TCP].name", "http", "x"),
            (f"{WEB}.ports[80/UDP]", None, {"containerPort": 80, "protocol": "UDP"}),
        ],
    ),
    "mounts by path": (
        a_deployment(web={"volumeMounts": [{"mountPath": "/a", "name": "a"}]}),
        a_deployment(web={"volumeMounts": [{"mountPath": "/a", "name": "b"}]}),
        [(f"{WEB}.volumeMounts[/a].name", "a", "b")],
    ),
    "aliases by ip": (
        a_deployment({"hostAliases": [{"ip": "1.1.1.1", "hostnames": ["a", "b"]}]}),
        a_deployment({"hostAliases": [{"ip": "1.1.1.1", "hostnames": ["a"]}]}),
        [(f"{POD}.hostAliases[1.1.1.1].hostnames", ["a", "b"], ["a"])],
    ),
    "spread by key and what else": (
        a_deployment(
            {"topologySpreadConstraints": [{"topologyKey": "zone", "whenUnsatisfiable": "X", "maxSkew": 1}]}
        ),
        a_deployment(
            {"topologySpreadConstraints": [{"topologyKey": "zone", "whenUnsatisfiable": "X", "maxSkew": 2}]}
        ),
        [(f"{POD}.topologySpreadConstraints[zone,X].maxSkew", 1, 2)],
    ),
    "an atomic list is one value": (
        a_deployment(web={"args": ["a", "b"]}),
        a_deployment(web={"args": ["b", "a"]}),
        [(f"{WEB}.args", ["a", "b"], ["b", "a"])],
    ),
    "another order": (
        a_deployment({"initContainers": [{"name": "a"}, {"name": "b"}]}),
        a_deployment({"initContainers": [{"name": "b"}, {"name": "a"}]}),
        [(f"{POD}.initContainers", ["a", "b"], ["b", "a"])],
    ),
    "maps by key": (
        a_deployment({"nodeSelector": {"disk": "ssd"}}),
        a_deployment({"nodeSelector": {"disk": "hdd", "example.com/x": "y"}}),
        [
            (f"{POD}.nodeSelector.disk", "ssd", "hdd"),
            (f"{POD}.nodeSelector[example.com/x]", None, "y"),
        ],
    ),
    "an empty map is none": (a_deployment({"nodeSelector": {}}), a_deployment(), []),
    "a quantity by value": (
        a_deployment(web={"resources": {"limits": {"cpu": "1000m", "memory": "1Gi"}}}),
        a_deployment(web={"resources": {"limits": {"cpu": "1", "memory": "1024Mi"}}}),
        [],
    ),
    "another quantity": (
        a_deployment(web={"resources": {"limits": {"cpu": "1000m"}}}),
        a_deployment(web={"resources": {"limits": {"cpu": "1001m"}}}),
        [(f"{WEB}.resources.limits.cpu", "1000m", "1001m")],
    ),
    "a struct is one value where it is not there": (
        a_deployment(web={"livenessProbe": {"tcpSocket": {"port": 1}}}),
        a_deployment(),
        [(f"{WEB}.livenessProbe", {"tcpSocket": {"port": 1}}, None)],
    ),
    "a number is no text": (
        a_deployment(maxSurge=1),
        a_deployment(maxSurge="1"),
        [("spec.maxSurge", 1, "1")],
    ),
    "true is no number": (a_deployment(paused=True), a_deployment(paused=1), [("spec.paused", True, 1)]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_an_apply_would_change_is_drift(case: str) -> None:
    applied, live, expected = CASES[case]
    assert told(compare(live, applied)) == expected
    assert compare(live, deepcopy(live)) == ()


def test_labels_and_annotations_count_and_the_servers_own_notes_do_not() -> None:
    live, applied = a_deployment(), a_deployment()
    live["metadata"] |= {"uid": "1", "resourceVersion": "7", "generation": 2, "creationTimestamp": "x"}
    live["status"] = {"replicas": 1}
    live["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "2", LAST_APPLIED: "{}", "a": "1"}
    live["metadata"]["labels"]["tier"] = "x"
    found = compare(live, applied)
    assert told(found) == [("metadata.labels.tier", None, "x"), ("metadata.annotations.a", None, "1")]
    assert {one.change for one in found} == {Change.ADDED}


# ---------------------------------------------------------------- the local way

LOCAL: dict[str, tuple[Object, Object, list[tuple[str, Any, Any]]]] = {
    "defaults are no drift": (
        a_deployment(web={"ports": [{"containerPort": 80}]}),
        a_deployment(
            {"restartPolicy": "Always", "tolerations": [{"key": "a"}]},
            {"imagePullPolicy": "Always", "ports": [{"containerPort": 80, "protocol": "TCP"}]},
            revisionHistoryLimit=10,
        ),
        [],
    ),
    "others' fields are no drift": (
        a_deployment(),
        a_deployment(
            {"containers": [{"name": "web", "image": "web:1", "env": [{"name": "A"}]}, {"name": "side"}]}
        ),
        [],
    ),
    "what is declared and not there": (
        a_deployment(web={"env": [{"name": "A", "value": "1"}]}),
        a_deployment(),
        [(f"{WEB}.env[A]", {"name": "A", "value": "1"}, None)],
    ),
    "nothing is not kept": (
        a_deployment(
            {"hostNetwork": False, "volumes": []}, {"stdin": False, "command": [], "workingDir": ""}
        ),
        a_deployment(),
        [],
    ),
    "nothing that is defaulted": (
        a_deployment({"dnsPolicy": ""}, {"readinessProbe": {"timeoutSeconds": 0, "periodSeconds": 0}}),
        a_deployment(
            {"dnsPolicy": "ClusterFirst"}, {"readinessProbe": {"timeoutSeconds": 1, "periodSeconds": 5}}
        ),
        [(f"{WEB}.readinessProbe.periodSeconds", 0, 5)],
    ),
    "a 0 that is one": (
        a_deployment({"terminationGracePeriodSeconds": 0}, replicas=0),
        a_deployment({"terminationGracePeriodSeconds": 30}, replicas=1),
        [("spec.replicas", 0, 1), (f"{POD}.terminationGracePeriodSeconds", 0, 30)],
    ),
    "a protocol that is nothing": (
        a_deployment(web={"ports": [{"containerPort": 80, "protocol": ""}]}),
        a_deployment(web={"ports": [{"containerPort": 80, "protocol": "TCP"}]}),
        [],
    ),
    "an empty label is kept": (
        {"metadata": {"labels": {"a": ""}}, "spec": {}},
        {"metadata": {"labels": {}}, "spec": {}},
        [("metadata.labels.a", "", None)],
    ),
    "null declares nothing": (a_deployment(replicas=None), a_deployment(replicas=7), []),
    "a quantity written as a number": (
        a_deployment(web={"resources": {"requests": {"cpu": 1}}}),
        a_deployment(web={"resources": {"requests": {"cpu": "1"}}}),
        [],
    ),
    "defaults within one value": (
        a_deployment({"tolerations": [{"key": "a"}]}),
        a_deployment({"tolerations": [{"key": "a", "operator": "Equal"}]}),
        [],
    ),
    "one value more": (
        a_deployment({"tolerations": [{"key": "a"}]}),
        a_deployment({"tolerations": [{"key": "a"}, {"key": "b"}]}),
        [(f"{POD}.tolerations", [{"key": "a"}], [{"key": "a"}, {"key": "b"}])],
    ),
    "another source of a volume": (
        a_deployment({"volumes": [{"name": "v", "emptyDir": {}}]}),
        a_deployment({"volumes": [{"name": "v", "configMap": {"name": "c"}}]}),
        [(f"{POD}.volumes[v].emptyDir", {}, None)],
    ),
}


@pytest.mark.parametrize("case", LOCAL)
def test_locally_only_what_is_declared_counts(case: str) -> None:
    document, live, expected = LOCAL[case]
    assert told(compare_locally(live, document)) == expected


@pytest.mark.parametrize("name", [[], {}, None, ["A"]])
def test_a_key_that_is_none_makes_the_list_one_value(name: Any) -> None:
    """What the server refuses is compared locally: it has to be told, whatever it is."""
    document, live = a_deployment(web={"env": [{"name": name}]}), a_deployment(web={"env": [{"name": "A"}]})
    assert [one.path for one in compare_locally(live, document)] == ([] if name is None else [f"{WEB}.env"])


def test_what_was_taken_out_of_the_manifest_is_found_by_the_last_apply() -> None:
    before = a_deployment(
        {"dnsPolicy": "ClusterFirst", "hostNetwork": True}, {"env": [{"name": "A"}, {"name": "B"}]}
    )
    live = deepcopy(before)
    live["metadata"]["labels"]["tier"] = "x"
    before["metadata"]["labels"]["tier"] = "x"
    live["metadata"]["annotations"] = {LAST_APPLIED: json.dumps(before)}
    document = a_deployment(web={"env": [{"name": "A"}]})
    assert told(compare_locally(live, document)) == [
        ("metadata.labels.tier", None, "x"),
        (f"{WEB}.env[B]", None, {"name": "B"}),
        (f"{POD}.hostNetwork", None, True),
    ], "and dnsPolicy would be so without being declared"


@pytest.mark.parametrize("noted", ["{", "[]", "null", 7])
def test_a_last_apply_that_can_not_be_read_says_nothing(noted: Any) -> None:
    live = a_deployment()
    live["metadata"]["annotations"] = {LAST_APPLIED: noted}
    assert compare_locally(live, a_deployment()) == ()


# ---------------------------------------------------------------- whose it is


def entry(manager: str, fields: Object, time: str | None = "2026-01-01T00:00:00Z", **more: str) -> Object:
    return {"manager": manager, "operation": "Update", "fieldsV1": {"f:spec": fields}, "time": time, **more}


def pod_fields(container: Object) -> Object:
    return {"f:template": {"f:spec": {"f:containers": {'k:{"name":"web"}': container}}}}


def test_each_field_is_its_managers() -> None:
    live = a_deployment(web={"image": "web:2", "ports": [{"containerPort": 80, "name": "x"}]}, replicas=5)
    port: Object = {"f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:name": {}}}}
    live["metadata"]["managedFields"] = [
        entry("gitops", pod_fields({".": {}, "f:name": {}}), operation="Apply"),
        entry("kubectl", {"f:replicas": {}}, None, subresource="scale"),
        entry("kubectl-set", pod_fields({"f:image": {}}), "2026-01-01T00:00:05Z"),
        entry("porter", pod_fields(port)),
        entry("kube-controller-manager", {"f:replicas": {}}, subresource="status"),
    ]
    applied = a_deployment(web={"ports": [{"containerPort": 80, "name": "http"}]})
    found = {one.path: (one.by, one.operation) for one in compare(live, applied)}
    assert found == {
        "spec.replicas": ("kubectl", "Update scale"),
        f"{WEB}.image": ("kubectl-set", "Update"),
        f"{WEB}.ports[80/TCP].name": ("porter", "Update"),
    }
    at = {one.path: one.at for one in compare(live, applied)}
    assert at["spec.replicas"] is None
    assert at[f"{WEB}.image"] == 1767225605.0


def test_who_owns_it_too_has_only_agreed_later() -> None:
    live = a_deployment(replicas=5)
    live["metadata"]["managedFields"] = [
        entry("late", {"f:replicas": {}}, "2026-01-01T00:00:09Z"),
        entry("early", {"f:replicas": {}}),
    ]
    (found,) = compare(live, a_deployment())
    assert found.by == "early"


@pytest.mark.parametrize("time", ["2026-01-01T00:00:09Z", None])
def test_who_has_applied_what_was_there_already_has_no_time_and_has_only_agreed(time: str | None) -> None:
    live = a_deployment(replicas=5)
    live["metadata"]["managedFields"] = [
        entry("agrees", {"f:replicas": {}}, None, operation="Apply"),
        entry("writer", {"f:replicas": {}}, time, subresource="scale"),
    ]
    (found,) = compare(live, a_deployment())
    assert found.by == "writer"


def test_what_is_owned_whole_is_owned_in_all_its_parts() -> None:
    live, applied = a_deployment(strategy={"type": "A"}), a_deployment(strategy={"type": "B"})
    live["metadata"]["managedFields"] = [entry("whole", {"f:strategy": {}})]
    (found,) = compare(live, applied)
    assert (found.path, found.by) == ("spec.strategy.type", "whole")


def test_what_was_taken_away_is_nobodys() -> None:
    live = a_deployment()
    live["metadata"]["managedFields"] = [entry("someone", {"f:replicas": {}})]
    (found,) = compare(live, a_deployment(minReadySeconds=3))
    assert (found.change, found.by, found.at) == (Change.REMOVED, "", None)


@pytest.mark.parametrize("fields", [None, [], "x", {"f:replicas": "x"}, {'k:{"': {}}])
def test_managed_fields_that_are_none_own_nothing_or_all(fields: Any) -> None:
    live = a_deployment(web={"image": "x"})
    live["metadata"]["managedFields"] = [None, "x", {"manager": "m", "fieldsV1": fields}]
    (found,) = compare(live, a_deployment())
    assert found.by == ""


# ---------------------------------------------------------------- small words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1000m", "1"),
        ("1Gi", "1024Mi"),
        ("1e3", "1k"),
        ("0.5", "500m"),
        (".5", "500m"),
        (2, "2"),
        ("1E", "1000P"),
    ],
)
def test_quantities_are_numbers(one: Any, other: Any) -> None:
    assert quantity(one) == quantity(other) is not None


@pytest.mark.parametrize("text", ["", "m", "1 Gi", "1gi", "one", True, None, [], "1e9999", "--1"])
def test_what_is_no_quantity_has_no_number(text: Any) -> None:
    assert quantity(text) is None


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (".spec.replicas", "spec.replicas"),
        ('.spec.template.spec.containers[name="web"].image', f"{WEB}.image"),
        ('.a.ports[containerPort=80,protocol="TCP"].name', "a.ports[80/TCP].name"),
        ('.a.mounts[mountPath="/a,b"].name', "a.mounts[/a,b].name"),
        (".metadata.labels.app", "metadata.labels.app"),
    ],
)
def test_the_servers_words_for_a_path_become_ours(theirs: str, ours: str) -> None:
    assert words_of(theirs) == ours
