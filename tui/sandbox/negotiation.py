"""Which form of answer, which form of body: media types as apiserver `endpoints/handlers/negotiation` reads them."""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from tui.sandbox.objects import Object
from tui.sandbox.protobuf import PROTOBUF, decode_protobuf
from tui.sandbox.requests import JSON, Accept
from tui.sandbox.status import bad_request, not_acceptable, unsupported_media_type

YAML = "application/yaml"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
PATCHES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)

_ANY_JSON = frozenset({JSON, "application/*", "*/*", ""})


def parse_accept(header: str) -> Accept:
    """The first form in the client's list that the server has; 406 where it has none of them.

    Protobuf is answered in JSON: every client that asks for it reads the content type of what it gets.
    """
    protobuf = False
    for entry in header.split(","):
        media_type, *options = (part.strip() for part in entry.split(";"))
        settings = dict(option.partition("=")[::2] for option in options)
        form = settings.get("as", "")
        if media_type in _ANY_JSON and (not form or settings.get("v", "v1") == "v1"):
            if form in ("", "Table", "PartialObjectMetadata", "PartialObjectMetadataList"):
                return Accept(table=form == "Table", metadata_only=form.startswith("Partial"))
        elif media_type == YAML:
            return Accept(yaml=True)
        protobuf = protobuf or media_type == PROTOBUF or media_type.startswith("application/com.github.proto")
    if protobuf:
        return Accept(protobuf=True)
    raise not_acceptable()


def media_type_of(content_type: str) -> str:
    """The media type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def decode_object(content_type: str, body: bytes) -> Object:
    """The object in a body of JSON, YAML or protobuf; 400 where it is none, 415 where it is in another format."""
    value = decode_value(content_type, body)
    if not isinstance(value, dict):
        raise bad_request("the body of the request is not an object")
    return value


def decode_value(content_type: str, body: bytes) -> Any:
    """The value in a body of JSON, YAML or protobuf."""
    media_type = media_type_of(content_type)
    if media_type in ("", JSON):
        return parse_json(body)
    if media_type == PROTOBUF:
        return decode_protobuf(body)
    if media_type in (YAML, "application/x-yaml", "text/yaml"):
        return parse_yaml(body)
    raise unsupported_media_type(media_type, (JSON, YAML))


def parse_json(body: bytes) -> Any:
    """The JSON value in a body; 400 with the place of the fault."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from None


def parse_yaml(body: bytes) -> Any:
    """The YAML value in a body, with the types that JSON has; 400 with the place of the fault."""
    try:
        value = yaml.load(body, _PlainLoader)
        return msgspec.json.decode(msgspec.json.encode(value))
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        what = " ".join(str(error).split())
        raise bad_request(f"error converting YAML to JSON: {what}") from None


class _PlainLoader(yaml.SafeLoader):
    """YAML as Kubernetes reads it: dates stay text."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
