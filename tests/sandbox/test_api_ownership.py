"""Who wrote what, and what happens when two want the same field: managedFields and server-side apply over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from .api import (
    APPLY,
    CONFIG_MAPS,
    DEPLOYMENTS,
    PODS,
    STRATEGIC,
    Client,
    Obj,
    Reply,
    config_map,
    deployment,
    pod,
)

WEB = f"{DEPLOYMENTS}/web"


async def apply(client: Client, path: str, config: Obj, manager: str, **query: str) -> Reply:
    """Server-side apply."""
    return await client.patch(path, config, APPLY, fieldManager=manager, **query)


def managers(obj: Obj) -> dict[tuple[str, str], Any]:
    """What each manager owns, by its name and operation."""
    entries = obj["metadata"].get("managedFields", [])
    return {(entry["manager"], entry["operation"]): entry["fieldsV1"] for entry in entries}


def wish(name: str = "a", **data: str) -> Obj:
    """A ConfigMap as somebody applies it: only what they care about."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


async def test_a_write_is_recorded_under_its_manager_or_its_user_agent(client: Client) -> None:
    made = (await client.create(CONFIG_MAPS, config_map("a", n="1"))).expect(201)
    (entry,) = made["metadata"]["managedFields"]
    assert entry["time"] == made["metadata"]["creationTimestamp"]
    assert {key: entry[key] for key in entry if key != "time"} == {
        "manager": "tester",
        "operation": "Update",
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {".": {}, "f:n": {}}},
    }
    changed = (
        await client.patch(f"{CONFIG_MAPS}/a", {"data": {"n": "2", "m": "1"}}, fieldManager="other")
    ).expect(200)
    assert managers(changed) == {
        ("tester", "Update"): {"f:data": {".": {}}},
        ("other", "Update"): {"f:data": {"f:n": {}, "f:m": {}}},
    }
    gone = (await client.patch(f"{CONFIG_MAPS}/a", {"data": None}, fieldManager="third")).expect(200)
    assert managers(gone) == {}


async def test_a_pod_of_a_replica_set_is_owned_as_a_real_server_records_it(client: Client) -> None:
    wish = pod()
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "u1", "controller": True}
    wish["metadata"] = {"generateName": "web-", "labels": {"app": "web"}, "ownerReferences": [owner]}
    made = (await client.create(PODS, wish, fieldManager="kube-controller-manager")).expect(201)
    defaulted = ("imagePullPolicy", "resources", "terminationMessagePath", "terminationMessagePolicy")
    container: Obj = {".": {}, **{f"f:{name}": {} for name in ("image", "name", *defaulted)}}
    assert managers(made) == {
        ("kube-controller-manager", "Update"): {
            "f:metadata": {
                "f:generateName": {},
                "f:labels": {".": {}, "f:app": {}},
                "f:ownerReferences": {".": {}, 'k:{"uid":"u1"}': {}},
            },
            "f:spec": {
                "f:containers": {'k:{"name":"web"}': container},
                "f:dnsPolicy": {},
                "f:enableServiceLinks": {},
                "f:restartPolicy": {},
                "f:schedulerName": {},
                "f:securityContext": {},
                "f:terminationGracePeriodSeconds": {},
            },
        }
    }


async def test_status_has_an_owner_of_its_own(client: Client) -> None:
    (await client.create(DEPLOYMENTS, deployment(), fieldManager="me")).expect(201)
    status = {"status": {"replicas": 2, "conditions": [{"type": "Available", "status": "True"}]}}
    obj = (await client.patch(f"{WEB}/status", status, fieldManager="kube-controller-manager")).expect(200)
    entry = next(entry for entry in obj["metadata"]["managedFields"] if entry.get("subresource"))
    assert (entry["manager"], entry["subresource"]) == ("kube-controller-manager", "status")
    assert entry["fieldsV1"] == {
        "f:status": {
            "f:conditions": {".": {}, 'k:{"type":"Available"}': {".": {}, "f:status": {}, "f:type": {}}},
            "f:replicas": {},
        }
    }
    assert "f:status" not in managers(obj)["me", "Update"]


async def test_scale_is_recorded_as_scale(client: Client) -> None:
    (await client.create(DEPLOYMENTS, deployment())).expect(201)
    (await client.patch(f"{WEB}/scale", {"spec": {"replicas": 5}}, fieldManager="kubectl")).expect(200)
    obj = (await client.get(WEB)).expect(200)
    entry = next(entry for entry in obj["metadata"]["managedFields"] if entry["manager"] == "kubectl")
    assert (entry["subresource"], entry["fieldsV1"]) == ("scale", {"f:spec": {"f:replicas": {}}})
    assert "f:replicas" not in managers(obj)["tester", "Update"]["f:spec"]
    assert "time" not in entry


async def scaled_by(client: Client, manager: str, replicas: int) -> set[str]:
    """Writes to /scale; who owns spec.replicas of the Deployment afterwards."""
    await client.patch(f"{WEB}/scale", {"spec": {"replicas": replicas}}, fieldManager=manager)
    obj = (await client.get(WEB)).expect(200)
    assert obj["spec"]["replicas"] == replicas
    return {name for (name, _), owned in managers(obj).items() if "f:replicas" in owned.get("f:spec", {})}


async def test_a_0_written_to_scale_is_owned_by_nobody_and_so_is_what_follows(client: Client) -> None:
    (await client.create(DEPLOYMENTS, deployment(), fieldManager="me")).expect(201)
    assert await scaled_by(client, "one", 3) == {"one"}
    assert await scaled_by(client, "two", 3) == {"one"}
    assert await scaled_by(client, "two", 0) == set()
    assert await scaled_by(client, "two", 4) == set()
    spec = {"spec": {"replicas": 0}}
    (await client.patch(WEB, spec, STRATEGIC, fieldManager="me")).expect(200)
    assert await scaled_by(client, "two", 0) == {"me"}
    assert await scaled_by(client, "two", 1) == {"two"}


async def test_applying_creates_merges_and_takes_back(client: Client) -> None:
    path = f"{CONFIG_MAPS}/a"
    made = await apply(client, path, wish(x="1", y="1"), "one")
    assert managers(made.expect(201)) == {("one", "Apply"): {"f:data": {"f:x": {}, "f:y": {}}}}
    merged = (await apply(client, path, wish(z="1"), "two")).expect(200)
    assert merged["data"] == {"x": "1", "y": "1", "z": "1"}
    again = (await apply(client, path, wish(x="2"), "one")).expect(200)
    assert again["data"] == {"x": "2", "z": "1"}
    assert managers(again) == {
        ("one", "Apply"): {"f:data": {"f:x": {}}},
        ("two", "Apply"): {"f:data": {"f:z": {}}},
    }


async def test_applying_the_same_again_changes_nothing(client: Client) -> None:
    config = deployment()
    made = (await apply(client, WEB, config, "one")).expect(201)
    assert (await apply(client, WEB, config, "one")).expect(200) == made


async def test_who_applies_what_is_there_already_owns_it_too_and_has_no_time(client: Client) -> None:
    path = f"{CONFIG_MAPS}/a"
    (await apply(client, path, wish(x="1", y="1"), "one")).expect(201)
    agreed = (await apply(client, path, wish(x="1"), "two")).expect(200)
    assert managers(agreed)["two", "Apply"] == {"f:data": {"f:x": {}}}
    assert ["time" in entry for entry in agreed["metadata"]["managedFields"]] == [False, True]
    changed = (await apply(client, path, wish(z="1"), "two")).expect(200)
    assert all("time" in entry for entry in changed["metadata"]["managedFields"])


async def test_what_two_managers_say_stays_until_both_are_silent(client: Client) -> None:
    path = f"{CONFIG_MAPS}/a"
    (await apply(client, path, wish(x="1"), "one")).expect(201)
    (await apply(client, path, wish(x="1"), "two")).expect(200)
    assert (await apply(client, path, wish(), "one")).expect(200)["data"] == {"x": "1"}
    assert (await apply(client, path, wish(), "two")).expect(200).get("data", {}) == {}


async def test_a_contested_field_is_a_conflict(client: Client) -> None:
    (await client.create(DEPLOYMENTS, deployment(), fieldManager="kubectl-create")).expect(201)
    reply = await apply(client, WEB, deployment(replicas=3), "me")
    assert (reply.code, reply.reason) == (409, "Conflict")
    assert reply.message == (
        'Apply failed with 1 conflict: conflict with "kubectl-create" using apps/v1: .spec.replicas'
    )
    assert reply.body["details"]["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl-create" using apps/v1',
            "field": ".spec.replicas",
        }
    ]
    (await client.patch(f"{WEB}/scale", {"spec": {"replicas": 4}}, fieldManager="kubectl")).expect(200)
    image = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "nginx:1"}]}}}}
    (await client.patch(WEB, image, STRATEGIC, fieldManager="kubectl-set")).expect(200)
    assert (await apply(client, WEB, deployment(), "me")).message == (
        'Apply failed with 2 conflicts: conflicts with "kubectl" with subresource "scale" using apps/v1:\n'
        '- .spec.replicas\nconflicts with "kubectl-set" using apps/v1:\n'
        '- .spec.template.spec.containers[name="web"].image'
    )
    assert (await client.get(WEB)).body["spec"]["replicas"] == 4


async def test_force_takes_the_field_and_its_ownership(client: Client) -> None:
    path = f"{CONFIG_MAPS}/a"
    (await apply(client, path, wish(x="1"), "one")).expect(201)
    assert (await apply(client, path, wish(x="2"), "two")).message == (
        'Apply failed with 1 conflict: conflict with "one": .data.x'
    )
    forced = (await apply(client, path, wish(x="2"), "two", force="true")).expect(200)
    assert forced["data"] == {"x": "2"}
    assert managers(forced) == {("two", "Apply"): {"f:data": {"f:x": {}}}}


async def test_elements_of_lists_are_owned_one_by_one(client: Client) -> None:
    def with_env(**variables: str) -> Obj:
        made = deployment()
        env = [{"name": name, "value": value} for name, value in variables.items()]
        made["spec"]["template"]["spec"]["containers"][0]["env"] = env
        return made

    def env(obj: Obj) -> dict[str, str]:
        found = obj["spec"]["template"]["spec"]["containers"][0].get("env", [])
        return {entry["name"]: entry["value"] for entry in found}

    (await apply(client, WEB, with_env(A="1", B="1"), "one")).expect(201)
    patch = {
        "spec": {
            "template": {"spec": {"containers": [{"name": "web", "env": [{"name": "C", "value": "1"}]}]}}
        }
    }
    (await client.patch(WEB, patch, STRATEGIC, fieldManager="hand")).expect(200)
    assert env((await apply(client, WEB, with_env(B="2"), "one")).expect(200)) == {"B": "2", "C": "1"}
    assert env((await apply(client, WEB, deployment(), "one")).expect(200)) == {"C": "1"}


@pytest.mark.parametrize(
    ("there", "applied", "order"),
    [
        ("ab", "ba", "ba"),
        ("abc", "cb", "acb"),
        ("abx", "ba", "bxa"),
        ("xab", "ba", "xba"),
        ("ab", "cab", "cab"),
        ("ab", "acb", "acb"),
        ("ab", "c", "abc"),
    ],
)
async def test_elements_stand_in_the_order_of_what_was_applied_last(
    client: Client, there: str, applied: str, order: str
) -> None:
    """typed/merge.go visitListItems: what others have said stays where it stood."""

    def wishes(names: str) -> Obj:
        config = deployment()
        containers = [{"name": name, "image": "example.com/web:1"} for name in names]
        config["spec"]["template"]["spec"]["containers"] = containers
        return config

    (await apply(client, WEB, wishes(there), "one")).expect(201)
    found = (await apply(client, WEB, wishes(applied), "two")).expect(200)
    assert "".join(of["name"] for of in found["spec"]["template"]["spec"]["containers"]) == order


async def test_applied_objects_are_defaulted_and_nobody_owns_the_defaults(client: Client) -> None:
    made = (await apply(client, WEB, deployment(replicas=None), "me")).expect(201)
    assert made["spec"]["replicas"] == 1
    assert "f:replicas" not in managers(made)["me", "Apply"]["f:spec"]


async def test_applying_to_status(client: Client) -> None:
    (await client.create(DEPLOYMENTS, deployment())).expect(201)
    config = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "status": {"replicas": 1},
    }
    assert (await apply(client, f"{WEB}/status", config, "me")).expect(200)["status"] == {"replicas": 1}
    assert (await apply(client, f"{DEPLOYMENTS}/nobody/status", config, "me")).code in (400, 404)


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"kind": "ConfigMap", "metadata": {"name": "a"}}, 400),
        ({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}, 400),
        (wish("b"), 400),
        ({**wish(), "metadata": {"name": "a", "managedFields": [{"manager": "x"}]}}, 400),
        ([], 400),
    ],
)
async def test_configurations_that_cannot_be_applied(client: Client, config: Any, code: int) -> None:
    assert (await apply(client, f"{CONFIG_MAPS}/a", config, "me")).code == code


async def test_an_applier_has_to_say_its_name(client: Client) -> None:
    reply = await client.patch(f"{CONFIG_MAPS}/a", wish(), APPLY)
    assert (reply.code, reply.message) == (
        422,
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    )
