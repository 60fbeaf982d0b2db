"""May I? Asked of the API server before a button is enabled. An error is not a yes."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from tui.cluster.connection import Connection
from tui.cluster.errors import ClusterError
from tui.cluster.kinds import UNDECODABLE, Resource

_REVIEWS = Resource("authorization.k8s.io/v1", "selfsubjectaccessreviews", namespaced=False)


class _ReviewStatus(msgspec.Struct):
    allowed: bool
    reason: str = ""


class _Review(msgspec.Struct):
    status: _ReviewStatus


@dataclass(frozen=True)
class Permission:
    """The API server's answer to one question; `why` says who said no, or what went wrong."""

    allowed: bool
    why: str = ""
    certain: bool = True
    """False when the API server could not be asked: a no for now, to be asked again."""


async def review(
    connection: Connection, verb: str, resource: Resource, *, namespace: str | None, subresource: str = ""
) -> Permission:
    """A SelfSubjectAccessReview; `namespace` None asks for all namespaces. Never raises."""
    attributes = {"verb": verb, "group": resource.group, "resource": resource.plural}
    if namespace:
        attributes["namespace"] = namespace
    if subresource:
        attributes["subresource"] = subresource
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    try:
        answer = await connection.call("POST", _REVIEWS, body=body)
        status = msgspec.json.decode(answer.body, type=_Review).status
    except ClusterError as error:
        return Permission(False, f"the access review failed: {error.said}", certain=False)
    except UNDECODABLE:
        return Permission(False, "the access review was not understood", certain=False)
    if status.allowed:
        return Permission(True)
    asked = f"{resource.plural}/{subresource}" if subresource else resource.plural
    what = f"{verb} {asked}" + (f" in {namespace}" if namespace else "")
    reason = status.reason
    return Permission(False, f"you may not {what}" + (f": {reason}" if reason else ""))
