"""What went wrong with a cluster, in words for people."""

from __future__ import annotations

from tui.clean import PlainError, one_line


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
        self, asked: str, code: int, reason: str, message: str, hint: str = "", *, retry_after_s: float = 0.0
    ) -> None:
        self.code, self.reason, self.retry_after_s = code, reason, retry_after_s
        super().__init__(asked, f"{code} {reason}: {message}" if reason else f"{code}: {message}", hint)
