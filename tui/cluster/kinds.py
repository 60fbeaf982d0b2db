"""The kinds that gapwatch watches: where they live in the API, and how their bytes become facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from tui.cluster.errors import Cause
from tui.facts import Deployment, Event, Fact, Node, ObjectMeta, Pod, PodDisruptionBudget, ReplicaSet

F = TypeVar("F", bound=Fact)

UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not what we asked for; the last for brackets nested without end."""


@dataclass(frozen=True)
class Resource:
    """A REST resource: `version` is "v1" or "group/version", `plural` as in the URL."""

    version: str
    plural: str
    namespaced: bool = True

    @property
    def group(self) -> str:
        """The API group; "" is the core group."""
        return self.version.rpartition("/")[0]


class ListMeta(msgspec.Struct, rename="camel"):
    """metav1.ListMeta: where this list stands in the server's history, and how to get the next page."""

    resource_version: Annotated[str, msgspec.Meta(min_length=1)]
    continue_: str = msgspec.field(name="continue", default="")


class Page(msgspec.Struct, Generic[F]):
    """One page of a list. Without these two it is none: other JSON must not pass for an empty one. Go's nil is null."""

    metadata: ListMeta
    items: list[F] | None


class RawPage(msgspec.Struct):
    """The same page with its items left as bytes, for when one of them can't be decoded."""

    metadata: ListMeta
    items: list[msgspec.Raw] | None


class Frame(msgspec.Struct, Generic[F]):
    """metav1.WatchEvent whose object is a fact; for BOOKMARK only its resourceVersion is set."""

    type: str
    object: F


class StatusDetails(msgspec.Struct):
    """metav1.StatusDetails, of which only the causes are read."""

    causes: list[Cause] | None = None


class Status(msgspec.Struct):
    """metav1.Status: the API server's way of saying no."""

    message: str = ""
    reason: str = ""
    code: int = 0
    details: StatusDetails | None = None

    @property
    def causes(self) -> list[Cause]:
        """The single reasons, where it gives any."""
        return (self.details.causes if self.details else None) or []


class Envelope(msgspec.Struct):
    """A watch frame whose object is left as bytes: the way to read what is not a fact."""

    type: str
    object: msgspec.Raw


class VersionMeta(msgspec.Struct, rename="camel"):
    """All that a bookmark says."""

    resource_version: str = ""
    annotations: dict[str, str] | None = None

    @property
    def ends_initial_events(self) -> bool:
        """Whether everything that was there has been sent: a list that came as a stream is complete now."""
        return (self.annotations or {}).get("k8s.io/initial-events-end") == "true"


class Bookmark(msgspec.Struct):
    """The object of a BOOKMARK frame: servers differ in what else they put into it, or set to null."""

    metadata: VersionMeta


class Identified(msgspec.Struct):
    """An object of which only the metadata is read."""

    metadata: ObjectMeta


class Kind(Generic[F]):
    """One watched kind: its resource, its fact type and its two decoders, made once and reused."""

    def __init__(self, name: str, resource: Resource, fact: type[F], *, needed: bool) -> None:
        self.name = name
        self.resource = resource
        self.needed = needed
        """Whether there is no honest picture without it."""
        self._fact = fact
        self.item = msgspec.json.Decoder(fact)
        self._page: Any = msgspec.json.Decoder(Page[fact])  # type: ignore[valid-type]
        self._frame: Any = msgspec.json.Decoder(Frame[fact])  # type: ignore[valid-type]

    def __repr__(self) -> str:
        return f"Kind({self.name})"

    def page(self, body: bytes) -> tuple[ListMeta, list[F], int]:
        """A page's meta, its facts, and how many items could not be decoded and were left out.

        Raises one of UNDECODABLE for what is no page.
        """
        try:
            page: Page[F] = self._page.decode(body)
        except UNDECODABLE:
            return self._page_item_by_item(body)
        return page.metadata, page.items or [], 0

    def _page_item_by_item(self, body: bytes) -> tuple[ListMeta, list[F], int]:
        raw = msgspec.json.decode(body, type=RawPage)
        given, items = raw.items or (), list[F]()
        for item in given:
            try:
                items.append(self.item.decode(item))
            except UNDECODABLE:
                continue
        return raw.metadata, items, len(given) - len(items)

    def frame(self, line: bytes) -> Frame[F]:
        """One watch frame; raises one of UNDECODABLE for what is no frame."""
        decoded: Frame[F] = self._frame.decode(line)
        return decoded

    def last_of(self, body: bytes | msgspec.Raw) -> F:
        """All that has to be known of an object that is gone: who it was. Raises one of UNDECODABLE."""
        metadata = msgspec.json.decode(body, type=Identified).metadata
        return self._fact(metadata=metadata)


DEPLOYMENTS = Kind("Deployment", Resource("apps/v1", "deployments"), Deployment, needed=True)
REPLICASETS = Kind("ReplicaSet", Resource("apps/v1", "replicasets"), ReplicaSet, needed=True)
PODS = Kind("Pod", Resource("v1", "pods"), Pod, needed=True)
NODES = Kind("Node", Resource("v1", "nodes", namespaced=False), Node, needed=False)
EVENTS = Kind("Event", Resource("v1", "events"), Event, needed=False)
BUDGETS = Kind(
    "PodDisruptionBudget",
    Resource("policy/v1", "poddisruptionbudgets"),
    PodDisruptionBudget,
    needed=False,
)

WATCHED: tuple[Kind[Any], ...] = (DEPLOYMENTS, REPLICASETS, PODS, NODES, EVENTS, BUDGETS)


def read_status(body: bytes, code: int) -> Status:
    """The Status in an error's body; a body that is none gives a Status with its first words."""
    try:
        status = msgspec.json.decode(body, type=Status)
    except UNDECODABLE:
        text = body[:200].decode("utf-8", "replace").strip()
        return Status(message=text or "no message", code=code)
    if status.message:
        return status
    return Status(message="no message", reason=status.reason, code=code, details=status.details)
