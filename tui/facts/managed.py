"""Who wrote which field, as the API server keeps account of it: managedFields, distilled while they are decoded."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from msgspec.structs import force_setattr

from tui.facts.meta import Fact, ObjectMeta


class ManagedFields(Fact, frozen=True):
    """metav1.ManagedFieldsEntry: under which name which fields were written last, and when.

    `manager` is what the writer calls itself. `time` has whole seconds, and is None after a write to /scale.
    """

    manager: str = ""
    operation: str = ""
    time: str | None = None
    subresource: str = ""
    paths: dict[str, msgspec.Raw] | tuple[str, ...] | None = msgspec.field(name="fieldsV1", default=())
    """The topmost parts, those of the spec one by one: ("metadata", "spec.replicas", "status"). Always a tuple."""

    def __post_init__(self) -> None:
        """A tree of many KB becomes a few words, which all objects written alike hold together."""
        self.share("manager", "operation", "time", "subresource")
        if not isinstance(self.paths, tuple):
            force_setattr(self, "paths", _distilled(self.paths or {}))

    def owns(self, path: str) -> bool:
        """Whether that path, or anything below it, was written under this name."""
        return any(one == path or one.startswith(f"{path}.") for one in self.paths or ())


class WorkloadMeta(ObjectMeta, frozen=True):
    """The metadata of what people write to. Of pods, which are many, nobody keeps account."""

    managed_fields: tuple[ManagedFields, ...] = ()


_CHILDREN = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _distilled(tree: dict[str, msgspec.Raw]) -> tuple[str, ...]:
    spec = tree.get("f:spec")
    return _paths(tuple(tree), () if spec is None else _children(spec))


def _children(raw: msgspec.Raw) -> tuple[str, ...]:
    try:
        return tuple(_CHILDREN.decode(raw))
    except msgspec.DecodeError:  # no object: it owns nothing that we could name
        return ()


@lru_cache(maxsize=1024)
def _paths(topmost: tuple[str, ...], spec: tuple[str, ...]) -> tuple[str, ...]:
    """Sorted, and made once: what is written by the same tool looks alike."""
    paths = {name.removeprefix("f:") for name in topmost if name not in (".", "f:spec")}
    paths.update(f"spec.{name.removeprefix('f:')}" for name in spec if name != ".")
    return tuple(sorted(paths))
