"""Protobuf bodies: what is listed is read, what is not is refused, and nothing ends the server."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.sandbox.protobuf import decode_protobuf
from tui.sandbox.protobuf_messages import MESSAGES
from tui.sandbox.status import ApiError


def varint(value: int) -> bytes:
    """A number as the wire has it."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def part(number: int, value: int | bytes) -> bytes:
    """One field on the wire."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def written(type_name: str, value: Any) -> int | bytes:
    """A value of a field's type on the wire."""
    match type_name:
        case "int" | "bool":
            return int(value)
        case "string":
            return str(value).encode()
        case "bytes":
            return base64.b64decode(value)
        case "quantity":
            return part(1, value.encode())
        case "intorstring":
            return (
                part(1, 1) + part(3, value.encode())
                if isinstance(value, str)
                else part(1, 0) + part(2, value)
            )
        case _:
            return message(type_name, value)


def message(name: str, obj: dict[str, Any]) -> bytes:
    """An object as a message."""
    out = b""
    for number, field in MESSAGES[name].items():
        if field.name not in obj:
            continue
        value = obj[field.name]
        if field.many == "[]":
            out += b"".join(part(number, written(field.of, entry)) for entry in value)
        elif field.many == "{}":
            entries = [
                part(1, key.encode()) + part(2, written(field.of, entry)) for key, entry in value.items()
            ]
            out += b"".join(part(number, entry) for entry in entries)
        else:
            out += part(number, written(field.of, value))
    return out


def body(kind: str, api_version: str, obj: dict[str, Any]) -> bytes:
    """A request's body."""
    about = {"apiVersion": api_version, "kind": kind}
    raw = base64.b64encode(message(kind, obj)).decode()
    return b"k8s\0" + message("Unknown", {"typeMeta": about, "raw": raw})


DEPLOYMENT = {
    "metadata": {"name": "web", "labels": {"app": "web", "empty": ""}},
    "spec": {
        "replicas": 0,
        "selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "www"]}]},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "nginx",
                        "command": ["a", "b"],
                        "ports": [{"containerPort": 80}],
                        "resources": {"limits": {"cpu": "500m"}},
                    }
                ],
                "terminationGracePeriodSeconds": -1,
            },
        },
        "strategy": {"rollingUpdate": {"maxSurge": "30%", "maxUnavailable": 0}},
        "paused": True,
    },
}
SECRET = {"metadata": {"name": "s"}, "data": {"key": base64.b64encode(b"\0\xff").decode()}, "type": "Opaque"}


@pytest.mark.parametrize(
    ("kind", "api_version", "obj"),
    [
        ("Deployment", "apps/v1", DEPLOYMENT),
        ("Secret", "v1", SECRET),
        (
            "SelfSubjectAccessReview",
            "authorization.k8s.io/v1",
            {"spec": {"resourceAttributes": {"verb": "get"}}},
        ),
        ("SelfSubjectReview", "authentication.k8s.io/v1", {"metadata": {}}),
    ],
)
def test_what_is_written_is_read(kind: str, api_version: str, obj: dict[str, Any]) -> None:
    assert decode_protobuf(body(kind, api_version, obj)) == {"apiVersion": api_version, "kind": kind, **obj}


def test_zeros_that_go_always_writes_are_left_out() -> None:
    service = {"spec": {"ports": [{"name": "", "port": 80, "nodePort": 0, "targetPort": 0}], "clusterIP": ""}}
    read = decode_protobuf(body("Service", "v1", service))
    assert read["spec"] == {"ports": [{"port": 80}]}


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"{}", 400, "no Kubernetes protobuf"),
        (b"k8s\0\xff", 400, "not well-formed"),
        (b"k8s\0" + part(2, b"x" * 3)[:-1], 400, "not well-formed"),
        (b"k8s\0" + part(1, 7), 400, "not well-formed"),
        (b"k8s\0" + part(1, part(2, b"\xff")), 400, "not well-formed"),
        (b"k8s\0" + part(1, part(2, b"Gadget")), 415, "cannot read a Gadget in protobuf"),
        (b"k8s\0" + part(9, 1), 415, "cannot read field 9 of Unknown"),
        (b"k8s\0", 415, "cannot read a nameless kind"),
    ],
)
def test_bodies_that_cannot_be_read(data: bytes, code: int, words: str) -> None:
    with pytest.raises(ApiError, match=words) as caught:
        decode_protobuf(data)
    assert caught.value.code == code


def test_a_field_outside_the_table_is_refused_and_not_lost() -> None:
    with_volume = message("PodSpec", {"nodeName": "n"}) + part(1, b"")
    pod = message("Pod", {"metadata": {"name": "p"}}) + part(2, with_volume)
    raw = base64.b64encode(pod).decode()
    about = {"apiVersion": "v1", "kind": "Pod"}
    with pytest.raises(ApiError, match="cannot read field 1 of PodSpec"):
        decode_protobuf(b"k8s\0" + message("Unknown", {"typeMeta": about, "raw": raw}))


@given(st.binary(max_size=60), st.sampled_from(sorted(MESSAGES)))
def test_no_bytes_whatever_end_in_anything_but_an_answer(data: bytes, kind: str) -> None:
    raw = base64.b64encode(data).decode()
    envelope = message("Unknown", {"typeMeta": {"apiVersion": "v1", "kind": kind}, "raw": raw})
    try:
        answer: object = decode_protobuf(b"k8s\0" + envelope)
    except ApiError as error:
        answer = {"code": error.code}
    assert isinstance(answer, dict)
    assert answer.get("code") in (None, 400, 415)
