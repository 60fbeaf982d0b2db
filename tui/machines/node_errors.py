"""Why nothing could be done to the container of a node, in words for people."""

from __future__ import annotations

from tui.clean import PlainError, one_line


class NodeContainerError(PlainError):
    """One line: what was tried, what came back, what to do."""

    def __init__(self, tried: str, said: str, hint: str = "") -> None:
        self.tried, self.said, self.hint = one_line(tried), one_line(said), one_line(hint)
        super().__init__(f"{self.tried}: {self.said}" + (f" ({self.hint})" if self.hint else ""))


class EngineFailed(NodeContainerError):
    """The engine could not be asked, said no, or did not do what it said."""


class NodeAbsent(NodeContainerError):
    """The engine has no container of that name: there is nothing to hurt, and nothing to mend."""


class NotANode(NodeContainerError):
    """There is such a container, but kind did not make it: it is none of our business."""


class NotRunning(NodeContainerError):
    """The container is paused or stopped, and what was tried needs a running one."""


class DiskNotFilled(NodeContainerError):
    """The disk was not filled, and nothing of ours is left on it unless the text says so."""


class NoDiskPressure(DiskNotFilled):
    """However full the disk is, this kubelet never reports DiskPressure."""
