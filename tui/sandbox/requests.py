"""One request on its way through the server, and the answer that comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tui.sandbox.auth import User
from tui.sandbox.field_errors import Errors
from tui.sandbox.objects import encode
from tui.sandbox.paths import Target
from tui.sandbox.status import internal_error, invalid_options

JSON = "application/json"
_LONGEST_MANAGER = 128


@dataclass(frozen=True, slots=True)
class Accept:
    """The form of answer that the client prefers: the object, a Table of it, or its metadata alone.

    `protobuf`: it reads nothing else, or says so.
    """

    table: bool = False
    metadata_only: bool = False
    yaml: bool = False
    protobuf: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A request, taken apart: who asks for what, in which form, with which body.

    `warnings` collects on the way what the client should hear although its request succeeds.
    """

    method: str
    path: str
    query: Mapping[str, str]
    user: User
    user_agent: str
    accept: Accept
    content_type: str
    body: bytes
    target: Target | None
    warnings: list[str] = field(default_factory=list)

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
    """How a write is to be done: for whom it is recorded, through which subresource, for real or as a rehearsal.

    `field_validation` says what becomes of fields that the kind does not have: Ignore, Warn (into `warnings`), Strict.
    """

    manager: str
    subresource: str = ""
    dry_run: bool = False
    field_validation: str = "Warn"
    warnings: list[str] = field(default_factory=list)


_OPTIONS = {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"}
_FIELD_VALIDATIONS = ("", "Ignore", "Strict", "Warn")


def write_of(call: Call) -> Write:
    """The options of a write from its query; 422 for options that there are not."""
    asked = [call.query["dryRun"]] if call.query.get("dryRun") else []
    validation = call.query.get("fieldValidation", "")
    errors = Errors()
    check_dry_run(asked, errors)
    if validation not in _FIELD_VALIDATIONS:
        errors.not_supported("fieldValidation", validation, _FIELD_VALIDATIONS)
    if errors.causes:
        raise invalid_options(_OPTIONS[call.resource.verb], errors.causes)
    return Write(
        manager=call.manager,
        subresource=call.resource.subresource,
        dry_run=bool(asked),
        field_validation=validation or "Warn",
        warnings=call.warnings,
    )


def check_dry_run(asked: list[str], errors: Errors) -> None:
    """`All` is the only rehearsal there is."""
    if any(value != "All" for value in asked):
        errors.not_supported("dryRun", asked, ("All",))
