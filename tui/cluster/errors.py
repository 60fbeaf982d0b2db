"""What went wrong with a cluster, in words for people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tui.clean import PlainError, one_line

FIELD_MANAGER_CONFLICT = "FieldManagerConflict"


@dataclass(frozen=True, slots=True)
class Cause:
    """metav1.StatusCause: one of several reasons for a no."""

    reason: str = ""
    message: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field that a server-side apply would take from another manager, as in `.spec.replicas`, `kubectl`."""

    field: str
    manager: str


class ClusterError(PlainError):
    """One line: who was asked, what came back, what to try. Cleaned, and never carrying credentials."""

    def __init__(self, asked: str, said: str, hint: str = "") -> None:
        self.asked, self.said, self.hint = one_line(asked), one_line(said), one_line(hint)
        super().__init__(f"{self.asked}: {self.said}" + (f" ({self.hint})" if self.hint else ""))


class KubeconfigError(ClusterError):
    """The kubeconfig itself is what is wrong: nobody was asked, and asking again would not help."""


class Unreachable(ClusterError):
    """The API server could not be asked, or hung up: that may be otherwise in a moment."""


class Refused(ClusterError):
    """The API server answered, and the answer was no. `code` is the HTTP status, `reason` the Status' word."""

    def __init__(
        self,
        asked: str,
        code: int,
        reason: str,
        message: str,
        hint: str = "",
        *,
        retry_after_s: float = 0.0,
        causes: Sequence[Cause] = (),
    ) -> None:
        self.code, self.reason, self.retry_after_s = code, reason, retry_after_s
        self.causes = tuple(causes)
        super().__init__(asked, f"{code} {reason}: {message}" if reason else f"{code}: {message}", hint)

    @property
    def is_not_found(self) -> bool:
        """Whether the API server itself says that there is no such object: what stands before it has 404s too."""
        return self.code == 404 and self.reason == "NotFound"

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Of an apply that was refused because others manage its fields: which fields, and who."""
        return tuple(
            Conflict(one.field, _manager(one.message))
            for one in self.causes
            if one.reason == FIELD_MANAGER_CONFLICT
        )


def _manager(message: str) -> str:
    """The name in `conflict with "kubectl" with subresource "scale" using apps/v1` (managedfields' conflict.go)."""
    found = re.search(r'"((?:[^"\\]|\\.)*)"', message)
    return one_line(found[1] if found else message)
