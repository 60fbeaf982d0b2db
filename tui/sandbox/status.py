"""The API's errors: every failure is a `Status` object, worded as apimachinery's `api/errors` words it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui.sandbox.quoting import go_quote

if TYPE_CHECKING:
    from tui.sandbox.kinds import Kind


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason inside a Status: `type` is field.ErrorType's word (FieldValueInvalid, ...), `message` its body."""

    type: str
    message: str
    field: str = ""

    def wire(self) -> dict[str, str]:
        """The cause as the API sends it, without an empty field."""
        cause = {"reason": self.type, "message": self.message}
        if self.field:
            cause["field"] = self.field
        return cause

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class ApiError(Exception):
    """A failed request: an HTTP code and the Status that says why."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: dict[str, Any] | None = None,
        *,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.headers = headers or {}
        self.list_metadata: dict[str, str] = {}

    def body(self) -> dict[str, Any]:
        """The Status object, in the order of upstream's fields."""
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.list_metadata,
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:  # an empty one too: kubectl reads it without asking whether it is there
            status["details"] = self.details
        status["code"] = self.code
        return status


def _about(kind: Kind, name: str = "") -> dict[str, Any]:
    details: dict[str, Any] = {}
    if name:
        details["name"] = name
    if kind.group:
        details["group"] = kind.group
    details["kind"] = kind.plural
    return details


def not_found(kind: Kind, name: str) -> ApiError:
    """404: no such object."""
    return ApiError(404, "NotFound", f"{kind.resource} {go_quote(name)} not found", _about(kind, name))


def no_such_path() -> ApiError:
    """404 for a path or a resource that the server does not serve."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(kind: Kind, name: str) -> ApiError:
    """409: the name is taken."""
    return ApiError(
        409, "AlreadyExists", f"{kind.resource} {go_quote(name)} already exists", _about(kind, name)
    )


def conflict(kind: Kind, name: str, why: str) -> ApiError:
    """409: the object is not what the request took it to be."""
    return ApiError(
        409,
        "Conflict",
        f"Operation cannot be fulfilled on {kind.resource} {go_quote(name)}: {why}",
        _about(kind, name),
    )


OBJECT_MODIFIED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


def forbidden(kind: Kind, name: str, why: str, causes: Sequence[Cause] = ()) -> ApiError:
    """403: admission or authorization said no."""
    subject = f"{kind.resource} {go_quote(name)}" if name else kind.resource
    details = _about(kind, name)
    if causes:
        details["causes"] = [cause.wire() for cause in causes]
    return ApiError(403, "Forbidden", f"{subject} is forbidden: {why}", details)


def forbidden_path(why: str) -> ApiError:
    """403 for a path that is no resource."""
    return ApiError(403, "Forbidden", f"forbidden: {why}", {})


def unauthorized() -> ApiError:
    """401: no token, or one that the server does not know."""
    return ApiError(401, "Unauthorized", "Unauthorized", headers={"WWW-Authenticate": "Bearer"})


def invalid(kind: Kind, name: str, causes: Sequence[Cause]) -> ApiError:
    """422: the object breaks rules, each named by its field path."""
    details: dict[str, Any] = {"name": name} if name else {}
    if kind.group:
        details["group"] = kind.group
    details["kind"] = kind.kind
    details["causes"] = [cause.wire() for cause in causes]
    lines = list(dict.fromkeys(str(cause) for cause in causes))
    what = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    return ApiError(422, "Invalid", f"{kind.qualified_kind} {go_quote(name)} is invalid: {what}", details)


class UndecodableBodyError(ApiError):
    """400: the object in a body has values that its kind cannot hold, or, read strictly, fields that it has not."""

    def __init__(self, kind: Kind, what: str) -> None:
        words = f"{kind.kind} in version {go_quote(kind.version)} cannot be handled as a {kind.kind}: {what}"
        super().__init__(400, "BadRequest", words)
        self.what = what


def unusable_patch(patch: str, what: str) -> ApiError:
    """422: what the patch makes of the object is none."""
    cause = Cause("FieldValueInvalid", f"Invalid value: {go_quote(patch)}: {what}", "patch")
    return ApiError(422, "Invalid", f' "" is invalid: {cause}', {"causes": [cause.wire()]})


def invalid_options(word: str, causes: Sequence[Cause]) -> ApiError:
    """422: the options of a request (CreateOptions, DeleteOptions, ...) ask for what there is not."""
    details = {"group": "meta.k8s.io", "kind": word, "causes": [cause.wire() for cause in causes]}
    return ApiError(422, "Invalid", f'{word}.meta.k8s.io "" is invalid: {causes[0]}', details)


def bad_request(message: str) -> ApiError:
    """400: the request cannot be understood."""
    return ApiError(400, "BadRequest", message)


def expired(message: str) -> ApiError:
    """410: the version asked for is no longer kept."""
    return ApiError(410, "Expired", message)


def resource_version_too_large(asked: int, current: int) -> ApiError:
    """504: a version from the future, as storage.NewTooLargeResourceVersionError says it."""
    cause = Cause("ResourceVersionTooLarge", "Too large resource version")
    return ApiError(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {asked}, current: {current}",
        {"causes": [cause.wire()], "retryAfterSeconds": 1},
        headers={"Retry-After": "1"},
    )


def too_many_requests(message: str, retry_after_s: int, causes: Sequence[Cause] = ()) -> ApiError:
    """429: not now."""
    details: dict[str, Any] = {}
    if causes:
        details["causes"] = [cause.wire() for cause in causes]
    headers = {}
    if retry_after_s:
        details["retryAfterSeconds"] = retry_after_s
        headers["Retry-After"] = str(retry_after_s)
    return ApiError(429, "TooManyRequests", message, details, headers=headers)


def method_not_allowed() -> ApiError:
    """405: the path exists, the method does not."""
    return ApiError(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {}
    )


def not_acceptable() -> ApiError:
    """406: the client wants no media type that the server speaks."""
    return ApiError(
        406,
        "NotAcceptable",
        "only the following media types are accepted: application/json, application/yaml",
    )


def unsupported_media_type(got: str, accepted: Sequence[str]) -> ApiError:
    """415: a body in a form that the server does not read."""
    return ApiError(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
        f"{', '.join(accepted)} (this sandbox cannot read {got or 'a body without Content-Type'})",
    )


def too_large_body(limit: int) -> ApiError:
    """413: more than the server reads."""
    return ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {limit}")


def internal_error(message: str) -> ApiError:
    """500: a fault of the server's own."""
    cause = Cause("", message).wire()
    return ApiError(500, "InternalError", f"Internal error occurred: {message}", {"causes": [cause]})
