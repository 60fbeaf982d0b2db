"""One request on its way through the server, and the answer that comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tui.sandbox.auth import User
from tui.sandbox.objects import encode
from tui.sandbox.paths import Target
from tui.sandbox.status import bad_request, internal_error

JSON = "application/json"
_LONGEST_MANAGER = 128


@dataclass(frozen=True, slots=True)
class Accept:
    """The form of answer that the client prefers: the object, a Table of it, or its metadata alone."""

    table: bool = False
    metadata_only: bool = False
    yaml: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A request, taken apart: who asks for what, in which form, with which body."""

    method: str
    path: str
    query: Mapping[str, str]
    user: User
    user_agent: str
    accept: Accept
    content_type: str
    body: bytes
    target: Target | None

    @property
    def resource(self) -> Target:
        """The target of a request that has passed as one for a resource."""
        if self.target is None:
            raise internal_error(f"{self.path} is no resource")
        return self.target

    @property
    def manager(self) -> str:
        """Who the write is recorded under: `fieldManager`, else the user agent up to its first slash."""
        given = self.query.get("fieldManager", "")
        if given:
            return given
        name = self.user_agent.split("/")[0][:_LONGEST_MANAGER]
        return "".join(char for char in name if char.isprintable()) or "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response."""

    code: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(value: Any, code: int = 200) -> Answer:
    """A JSON value as an answer."""
    return Answer(code, encode(value))


@dataclass(frozen=True, slots=True)
class Write:
    """How a write is to be done: for whom it is recorded, through which subresource, for real or as a rehearsal."""

    manager: str
    subresource: str = ""
    dry_run: bool = False


def write_of(call: Call, dry_run: list[str] | None = None) -> Write:
    """The options of a write from its query (or, for a delete, from its body); 400 for an unknown dryRun."""
    asked = dry_run if dry_run is not None else [call.query["dryRun"]] if call.query.get("dryRun") else []
    if any(value != "All" for value in asked):
        raise bad_request(f'Invalid value: {asked}: supported values: "All"')
    manager = call.manager
    return Write(manager=manager, subresource=call.resource.subresource, dry_run=bool(asked))
