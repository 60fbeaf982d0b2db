"""What becomes of a body that its kind cannot hold: `fieldValidation` as `endpoints/handlers` carries it out."""

from __future__ import annotations

from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object
from tui.sandbox.quoting import go_quote
from tui.sandbox.requests import Write
from tui.sandbox.status import UndecodableBodyError
from tui.sandbox.typed import UndecodableError, check_types


def check_fields(kind: Kind, obj: Object, write: Write) -> None:
    """Refuse values of a wrong type, and drop unknown fields in the way that the write asks for.

    400 for the former, and for the latter where the write is strict.
    """
    try:
        unknown = check_types(kind, obj)
    except UndecodableError as error:
        raise UndecodableBodyError(kind, str(error)) from None
    words = [f"unknown field {go_quote(path)}" for path in unknown]
    if words and write.field_validation == "Strict":
        raise UndecodableBodyError(kind, f"strict decoding error: {', '.join(words)}")
    if write.field_validation == "Warn":
        write.warnings.extend(words)
