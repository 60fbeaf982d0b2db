"""Fields that a kind does not have, and values that a field cannot hold: dropped, warned of or refused, never kept."""

from __future__ import annotations

from typing import Any

import pytest

from tui.sandbox import kinds
from tui.sandbox.typed import UndecodableError, check_types

from .api import APPLY, CONFIG_MAPS, DEPLOYMENTS, MERGE, NODES, PODS, STRATEGIC, Client, Obj, deployment, pod

WEB = f"{DEPLOYMENTS}/web"


def misspelt() -> Obj:
    """A pod with two fields that no pod has."""
    obj = pod()
    obj["spec"]["nope"] = 3
    obj["spec"]["containers"][0]["imagee"] = "nginx"
    return obj


WORDS = 'unknown field "spec.containers[0].imagee", unknown field "spec.nope"'


async def test_unknown_fields_are_dropped_with_a_warning(client: Client) -> None:
    made = await client.create(PODS, misspelt())
    spec = made.expect(201)["spec"]
    assert "nope" not in spec
    assert "imagee" not in spec["containers"][0]
    assert made.headers.getall("Warning") == [  # type: ignore[attr-defined]
        r'299 - "unknown field \"spec.containers[0].imagee\""',
        r'299 - "unknown field \"spec.nope\""',
    ]


async def test_unknown_fields_are_dropped_in_silence_if_asked(client: Client) -> None:
    made = await client.create(PODS, misspelt(), fieldValidation="Ignore")
    assert "nope" not in made.expect(201)["spec"]
    assert "Warning" not in made.headers


async def test_unknown_fields_are_refused_if_asked(client: Client) -> None:
    refused = await client.create(PODS, misspelt(), fieldValidation="Strict")
    refused.expect(400)
    assert (
        refused.message == f'Pod in version "v1" cannot be handled as a Pod: strict decoding error: {WORDS}'
    )
    (await client.get(f"{PODS}/web")).expect(404)


async def test_there_is_no_fourth_way(client: Client) -> None:
    refused = await client.create(PODS, pod(), fieldValidation="Perhaps")
    assert refused.message == (
        'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Perhaps": '
        'supported values: "", "Ignore", "Strict", "Warn"'
    )


async def test_updates_are_read_as_creates_are(client: Client) -> None:
    made = (await client.create(DEPLOYMENTS, deployment())).expect(201)
    made["spec"]["nope"] = 1
    assert (await client.replace(WEB, made, fieldValidation="Strict")).code == 400
    written = await client.replace(WEB, made)
    assert "nope" not in written.expect(200)["spec"]
    assert r"\"spec.nope\"" in written.headers["Warning"]


@pytest.mark.parametrize("form", [MERGE, STRATEGIC])
async def test_so_are_patches(client: Client, form: str) -> None:
    (await client.create(DEPLOYMENTS, deployment())).expect(201)
    refused = await client.patch(WEB, {"spec": {"nope": 1}}, form, fieldValidation="Strict")
    assert (refused.code, refused.message) == (
        422,
        ' "" is invalid: patch: Invalid value: "{\\"spec\\": {\\"nope\\": 1}}": '
        'strict decoding error: unknown field "spec.nope"',
    )
    written = await client.patch(WEB, {"spec": {"nope": 1}}, form)
    assert "nope" not in written.expect(200)["spec"]
    assert r"\"spec.nope\"" in written.headers["Warning"]
    refused = await client.patch(WEB, {"spec": {"replicas": "three"}}, form)
    assert refused.code == 422
    assert refused.message.endswith(
        "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    )


async def test_so_is_what_is_applied_and_nobody_owns_what_is_dropped(client: Client) -> None:
    wish = {"apiVersion": "apps/v1", "kind": "Deployment", **deployment()}
    wish["spec"]["nope"] = 1
    for _ in range(2):  # the first creates, the second merges
        refused = await client.patch(WEB, wish, APPLY, fieldManager="me", fieldValidation="Strict")
        assert (
            refused.code,
            refused.message.endswith('strict decoding error: unknown field "spec.nope"'),
        ) == (
            400,
            True,
        )
        applied = await client.patch(WEB, wish, APPLY, fieldManager="me")
        assert applied.code in (200, 201)
        assert "f:nope" not in str(applied.body)
        assert applied.headers["Warning"] == r'299 - "unknown field \"spec.nope\""'


async def test_a_name_that_fits_no_header_is_told_all_the_same(client: Client) -> None:
    made = await client.create(CONFIG_MAPS, {"metadata": {"name": "a"}, 'b\r\n"\\\u202e': 1, "c" * 9000: 1})
    made.expect(201)
    assert len(made.headers.getall("Warning")) == 2  # type: ignore[attr-defined]


DEEP = "Go struct field"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (
            "activeDeadlineSeconds",
            "soon",
            f"string into {DEEP} PodSpec.spec.activeDeadlineSeconds of type int64",
        ),
        (
            "activeDeadlineSeconds",
            1.5,
            f"number 1.5 into {DEEP} PodSpec.spec.activeDeadlineSeconds of type int64",
        ),
        ("priority", 2**31, f"number 2147483648 into {DEEP} PodSpec.spec.priority of type int32"),
        ("hostNetwork", "yes", f"string into {DEEP} PodSpec.spec.hostNetwork of type bool"),
        ("nodeSelector", {"a": 1}, f"number into {DEEP} PodSpec.spec.nodeSelector of type string"),
        ("nodeSelector", ["a"], f"array into {DEEP} PodSpec.spec.nodeSelector of type map[string]string"),
        ("volumes", {}, f"object into {DEEP} PodSpec.spec.volumes of type []v1.Volume"),
        ("volumes", [{"name": True}], f"bool into {DEEP} Volume.spec.volumes.name of type string"),
        ("affinity", "near", f"string into {DEEP} PodSpec.spec.affinity of type v1.Affinity"),
    ],
)
def test_the_words_for_a_wrong_type(path: str, value: Any, words: str) -> None:
    with pytest.raises(UndecodableError) as caught:
        check_types(kinds.PODS, {"spec": {path: value}})
    assert str(caught.value) == f"json: cannot unmarshal {words}"


@pytest.mark.parametrize(
    ("kind", "obj", "words"),
    [
        (kinds.NODES, {"status": {"capacity": {"cpu": "lots"}}}, "quantities must match"),
        (kinds.PODS, {"status": {"startTime": "noon"}}, 'parsing time "noon" as "2006-01-02T15:04:05Z07:00"'),
        (kinds.LEASES, {"spec": {"renewTime": "2026-13-01T00:00:00Z"}}, "parsing time"),
        (kinds.SECRETS, {"data": {"a": "YWJj?"}}, "illegal base64 data at input byte 4"),
    ],
)
def test_the_words_for_a_text_in_another_form(kind: kinds.Kind, obj: Obj, words: str) -> None:
    with pytest.raises(UndecodableError, match=words.replace("?", r"\?")):
        check_types(kind, obj)


async def test_what_a_node_cannot_have_is_refused(client: Client) -> None:
    refused = await client.create(NODES, {"metadata": {"name": "n"}, "status": {"capacity": {"cpu": "x"}}})
    assert (refused.code, refused.reason) == (400, "BadRequest")


def test_every_served_kind_has_its_fields() -> None:
    for kind in kinds.KINDS:
        assert check_types(kind, {"metadata": {"name": "a"}, "nope": 1}) == ["nope"]
