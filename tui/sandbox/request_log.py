"""What came in: one record for each request, so that a test can tell what a client did, and what it did not do.

    writes = [one for one in sandbox.server.requests if one.is_mutating]
    [deletion] = [one for one in sandbox.server.requests if one.verb == "delete"]
    assert deletion.delete_options["preconditions"]["uid"] == uid

Nothing is kept unless it was asked for: `Sandbox(requests_kept=1000)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tui.sandbox.auth import REVIEW_GROUPS
from tui.sandbox.kinds import INSIDE, READ_VERBS
from tui.sandbox.objects import Object, items, mapping
from tui.sandbox.paths import Target, parse_target

LONGEST_BODY = 64 * 1024


@dataclass(slots=True)
class RequestRecord:
    """One request as it came in, and the code that it was answered with (0 while it is not answered yet).

    Of a long body the first 64 KiB are kept. Headers are not: they hold the token.
    """

    method: str
    path: str
    query: Mapping[str, str]
    user_agent: str
    user: str = ""
    status: int = 0
    body: bytes = b""

    @property
    def target(self) -> Target | None:
        """The resource that it is about; None for discovery, health and OpenAPI."""
        return parse_target(self.method, self.path, self.query)

    @property
    def verb(self) -> str:
        """The verb as rights name it: get, list, watch, create, update, patch, delete, deletecollection.

        Of a request that is about no resource it is the method in small letters.
        """
        target = self.target
        return target.verb if target is not None else self.method.lower()

    @property
    def json(self) -> Any:
        """The body, decoded; None where there is none, or none that is whole and JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    @property
    def delete_options(self) -> Object:
        """The DeleteOptions that a delete or an eviction carried in its body; empty where it carried none."""
        target = self.target
        if target is not None and target.subresource == "eviction":
            return mapping(self.json, "deleteOptions")
        return mapping(self.json) if self.verb in ("delete", "deletecollection") else {}

    @property
    def is_dry_run(self) -> bool:
        """It asked for a rehearsal, in the query or in its DeleteOptions."""
        return bool(self.query.get("dryRun") or items(self.delete_options, "dryRun"))

    @property
    def is_mutating(self) -> bool:
        """It meant to change something: no read, no question about rights, and no rehearsal.

        Whatever leads into a pod counts, a GET too; and so does what was refused: `status` tells.
        """
        target = self.target
        if target is None or target.group in REVIEW_GROUPS:
            return False
        reads = self.verb in READ_VERBS and target.subresource not in INSIDE
        return not reads and not self.is_dry_run
