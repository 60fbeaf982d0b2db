"""Lists: selection, paging with a consistent snapshot, and the meaning of resourceVersion.

Follows apiserver `storage/continue.go`, `storage/selection_predicate.go` and metainternalversion's validation.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from tui.sandbox.fields import field_matcher
from tui.sandbox.history import Version
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object
from tui.sandbox.paths import Target
from tui.sandbox.quoting import go_quote
from tui.sandbox.selectors import LabelSelector, parse_fields, parse_labels
from tui.sandbox.status import ApiError, bad_request, expired, resource_version_too_large
from tui.sandbox.store import Store

_TOKEN_VERSION = "meta.k8s.io/v1"
_INCONSISTENT = -1
_TOKEN_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
    "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
    "modified, or deleted between the time the first chunk was returned and now may show up in the list."
)
_VERSION_EXPIRED = "The resourceVersion for the provided list is too old."


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of a kind a request means."""

    namespace: str
    labels: LabelSelector
    fields: Callable[[Object], bool] | None

    def matches(self, version: Version) -> bool:
        """Whether the object in this version is meant."""
        if self.namespace and version.key[0] != self.namespace:
            return False
        if self.labels.requirements and not self.labels.matches(version.obj["metadata"].get("labels") or {}):
            return False
        return self.fields is None or self.fields(version.obj)

    @property
    def narrow(self) -> bool:
        """Whether a selector leaves objects out."""
        return bool(self.labels.requirements) or self.fields is not None


def selection_of(kind: Kind, target: Target, query: Mapping[str, str]) -> Selection:
    """The selection of a list, a watch or a deletecollection; 400 where a selector is malformed."""
    terms = parse_fields(query.get("fieldSelector", ""))
    return Selection(
        namespace=target.namespace if kind.namespaced else "",
        labels=parse_labels(query.get("labelSelector", "")),
        fields=field_matcher(kind, terms) if terms else None,
    )


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a list: the version of the whole list, and the token and count of what did not fit."""

    versions: list[Version]
    resource_version: int
    next_token: str = ""
    remaining: int | None = None


class _Token(msgspec.Struct):
    v: str
    rv: int
    start: str


def list_page(store: Store, kind: Kind, selection: Selection, query: Mapping[str, str]) -> Page:
    """The page that a list asks for; 410 where its version is no longer kept, 504 where it is not there yet."""
    limit = _whole_number(query, "limit")
    start = ""
    if query.get("continue"):
        snapshot, start, versions = _continued(store, kind, selection, query)
    else:
        snapshot, versions = _started(store, kind, selection, query, limit)
    selected = [version for version in versions if selection.matches(version) and _place(version) >= start]
    if not limit or len(selected) <= limit:
        return Page(selected, snapshot)
    remaining = None if selection.narrow else len(selected) - limit
    token = _encode_token(snapshot, _place(selected[limit - 1]) + "\0")
    return Page(selected[:limit], snapshot, token, remaining)


def _place(version: Version) -> str:
    """Where the object stands in the order of lists."""
    return "\0".join(version.key)


def _started(
    store: Store, kind: Kind, selection: Selection, query: Mapping[str, str], limit: int
) -> tuple[int, list[Version]]:
    asked, match = resource_version_of(query), query.get("resourceVersionMatch", "")
    _check_match(asked, match)
    if asked is not None and asked > store.resource_version:
        raise resource_version_too_large(asked, store.resource_version)
    exact = match == "Exact" or (not match and limit and asked)
    if not exact or asked is None:
        return store.resource_version, store.all(kind, selection.namespace)
    try:
        return asked, store.all_at(kind, selection.namespace, asked)
    except ApiError:
        raise expired(_VERSION_EXPIRED) from None


def _check_match(asked: int | None, match: str) -> None:
    if match and match not in ("Exact", "NotOlderThan"):
        raise invalid_option(
            "resourceVersionMatch",
            f"Unsupported value: {go_quote(match)}: supported values: {go_quote('Exact')}, "
            f"{go_quote('NotOlderThan')}, {go_quote('')}",
        )
    if match and asked is None:
        raise invalid_option(
            "resourceVersionMatch",
            "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
        )
    if match == "Exact" and asked == 0:
        raise invalid_option(
            "resourceVersionMatch",
            f"Forbidden: resourceVersionMatch {go_quote('exact')} is forbidden for resourceVersion {go_quote('0')}",
        )


def _continued(
    store: Store, kind: Kind, selection: Selection, query: Mapping[str, str]
) -> tuple[int, str, list[Version]]:
    token = _decode_token(query["continue"])
    if query.get("resourceVersion") not in (None, "", "0"):
        raise bad_request("specifying resource version is not allowed when using continue")
    if token.rv == _INCONSISTENT:
        return store.resource_version, token.start, store.all(kind, selection.namespace)
    try:
        return token.rv, token.start, store.all_at(kind, selection.namespace, token.rv)
    except ApiError:
        error = expired(_TOKEN_EXPIRED)
        error.list_metadata = {"continue": _encode_token(_INCONSISTENT, token.start)}
        raise error from None


def _encode_token(resource_version: int, start: str) -> str:
    token = msgspec.json.encode(_Token(_TOKEN_VERSION, resource_version, start))
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def _decode_token(text: str) -> _Token:
    try:
        padded = text + "=" * (-len(text) % 4)
        token = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=_Token)
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise bad_request(f"continue key is not valid: {error}") from None
    if token.v != _TOKEN_VERSION:
        raise bad_request(
            f"continue key is not valid: server does not recognize this encoded version {go_quote(token.v)}"
        )
    return token


def resource_version_of(query: Mapping[str, str]) -> int | None:
    """The resourceVersion of a query, None where it gives none; 400 where it is no number."""
    text = query.get("resourceVersion", "")
    if not text:
        return None
    if not text.isdigit():
        raise bad_request(
            f"resourceVersion: Invalid value: {go_quote(text)}: strconv.ParseUint: invalid syntax"
        )
    return int(text)


def _whole_number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "") or "0"
    try:
        return max(0, int(text))
    except ValueError:
        raise bad_request(f"{name}: Invalid value: {go_quote(text)}: must be a whole number") from None


def invalid_option(field: str, what: str) -> ApiError:
    """422 for list options that contradict each other (ListOptions.meta.k8s.io)."""
    return ApiError(
        422,
        "Invalid",
        f'ListOptions.meta.k8s.io "" is invalid: {field}: {what}',
        {"group": "meta.k8s.io", "kind": "ListOptions", "causes": [{"message": what, "field": field}]},
    )
