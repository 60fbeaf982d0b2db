"""The types of every field of the served kinds, and the check of objects against them.

Upstream decodes a body into Go structs: what fits no type is refused, what has no field is dropped. The table of
names and types here is our share of those structs.
"""

from tui.sandbox.typed.table import check_types
from tui.sandbox.typed.types import UndecodableError

__all__ = ["UndecodableError", "check_types"]
