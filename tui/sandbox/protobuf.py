"""Protobuf bodies, as kubectl's own commands (`create deployment`, `auth can-i`) send them, read into objects.

Only what `protobuf_messages` lists is read. A body that says more is refused with 415, never half understood.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from tui.sandbox.objects import Object
from tui.sandbox.protobuf_messages import MESSAGES, Field
from tui.sandbox.status import ApiError, bad_request

PROTOBUF = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\0"
_VARINT, _FIXED_64, _LENGTH, _FIXED_32 = 0, 1, 2, 5
_SIGN_BIT = 1 << 63
_STRING_TYPE = 1


def decode_protobuf(body: bytes) -> Object:
    """The object in a body (runtime.Unknown behind a magic number); 400 where it is none, 415 where it says more."""
    if not body.startswith(_MAGIC):
        raise bad_request("the body of the request is no Kubernetes protobuf: it does not start with k8s\\0")
    envelope = _message("Unknown", body[len(_MAGIC) :])
    about = envelope.get("typeMeta", {})
    kind = about.get("kind", "")
    if kind not in MESSAGES:
        raise _unreadable(f"a {kind or 'nameless kind'}")
    return {**about, **_message(kind, base64.b64decode(envelope.get("raw", "")))}


def _message(name: str, data: bytes) -> Object:
    fields = MESSAGES[name]
    found: Object = {}
    for number, value in _parts(data):
        field = fields.get(number)
        if field is None:
            raise _unreadable(f"field {number} of {name}")
        if field.of == "-":
            continue
        if field.many == "[]":
            found.setdefault(field.name, []).append(_value(field, value))
        elif field.many == "{}":
            key, entry = _entry(field, value)
            found.setdefault(field.name, {})[key] = entry
        else:
            read = _value(field, value)
            if read or field.pointer or (isinstance(value, bytes) and field.of in MESSAGES):
                found[field.name] = read
    return found


def _entry(field: Field, data: int | bytes) -> tuple[str, Any]:
    """One entry of a map: a message of key (1) and value (2)."""
    parts = dict(_parts(_bytes(data)))
    value = parts.get(2, b"")
    return _text(parts.get(1, b"")), _value(field, value)


def _value(field: Field, value: int | bytes) -> Any:
    match field.of:
        case "int":
            return _signed(_number(value))
        case "bool":
            return bool(_number(value))
        case "string":
            return _text(value)
        case "bytes":
            return base64.b64encode(_bytes(value)).decode()
        case "quantity":
            return _message("Quantity", _bytes(value)).get("string", "0")
        case "intorstring":
            either = _message("IntOrString", _bytes(value))
            return either.get("strVal", "") if either.get("type") == _STRING_TYPE else either.get("intVal", 0)
        case name:
            return _message(name, _bytes(value))


def _parts(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message as they stand on the wire: number and value."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == _VARINT:
            value, at = _varint(data, at)
            yield tag >> 3, value
            continue
        if tag & 7 == _LENGTH:
            length, at = _varint(data, at)
        elif tag & 7 in (_FIXED_64, _FIXED_32):
            length = 8 if tag & 7 == _FIXED_64 else 4
        else:
            raise _malformed()
        if at + length > len(data):
            raise _malformed()
        yield tag >> 3, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise _malformed()


def _signed(value: int) -> int:
    return value - (_SIGN_BIT << 1) if value & _SIGN_BIT else value


def _number(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise _malformed()
    return value


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise _malformed()
    return value


def _text(value: int | bytes) -> str:
    try:
        return _bytes(value).decode()
    except UnicodeDecodeError:
        raise _malformed() from None


def _malformed() -> ApiError:
    return bad_request("the body of the request is not well-formed protobuf")


def _unreadable(what: str) -> ApiError:
    return ApiError(
        415,
        "UnsupportedMediaType",
        f"the body of the request was in an unknown format: this sandbox cannot read {what} in protobuf - "
        "accepted media types include: application/json, application/yaml",
    )
