"""Who asks, and may they: bearer tokens, one rule for rights, and the forbidden answer in upstream's words."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from tui.sandbox.kinds import READ_VERBS
from tui.sandbox.paths import Target
from tui.sandbox.quoting import go_quote
from tui.sandbox.status import ApiError, forbidden_path, unauthorized

ADMIN, VIEWER, ANONYMOUS = "gapwatch-sandbox-admin", "viewer", "system:anonymous"
_REVIEW_GROUPS = frozenset({"authorization.k8s.io", "authentication.k8s.io"})
_OPEN_PATHS = ("/version", "/healthz", "/livez", "/readyz")


@dataclass(frozen=True, slots=True)
class User:
    """Who a request comes from; `read_only` users may get, list and watch, and ask about themselves."""

    name: str
    groups: tuple[str, ...] = ()
    read_only: bool = False

    def may(self, verb: str, group: str) -> bool:
        """Whether the user may use the verb on resources of that API group."""
        return not self.read_only or verb in READ_VERBS or (verb == "create" and group in _REVIEW_GROUPS)


class Tokens:
    """The tokens of this run, each for one user; all of them are random and none outlives the server."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}

    def issue(self, name: str, groups: tuple[str, ...] = (), *, read_only: bool = False) -> str:
        """A new token for a user."""
        token = secrets.token_urlsafe(32)
        self._users[token] = User(name, (*groups, "system:authenticated"), read_only)
        return token

    def user(self, authorization: str, path: str) -> User:
        """The user that an Authorization header names; 401 where it names none and the path is not open to all."""
        scheme, _, token = authorization.partition(" ")
        user = self._users.get(token.strip()) if scheme.lower() == "bearer" else None
        if user is not None:
            return user
        if not authorization and path.rstrip("/").startswith(_OPEN_PATHS):
            return User(ANONYMOUS, ("system:unauthenticated",), read_only=True)
        raise unauthorized()


def authorize(user: User, target: Target | None, method: str, path: str) -> None:
    """403 where the user may not do what the request asks."""
    if target is None:
        if user.read_only and method not in ("GET", "HEAD"):
            raise forbidden_path(f"User {go_quote(user.name)} cannot {method.lower()} path {go_quote(path)}")
        return
    if not user.may(target.verb, target.group):
        raise _forbidden(user, target)


def _forbidden(user: User, target: Target) -> ApiError:
    resource = f"{target.resource}/{target.subresource}" if target.subresource else target.resource
    where = f"in the namespace {go_quote(target.namespace)}" if target.namespace else "at the cluster scope"
    why = (
        f"User {go_quote(user.name)} cannot {target.verb} resource {go_quote(resource)} "
        f"in API group {go_quote(target.group)} {where}"
    )
    qualified = f"{target.resource}.{target.group}" if target.group else target.resource
    subject = f"{qualified} {go_quote(target.name)}" if target.name else qualified
    details = {"name": target.name, "group": target.group, "kind": target.resource}
    return ApiError(
        403,
        "Forbidden",
        f"{subject} is forbidden: {why}",
        {key: value for key, value in details.items() if value},
    )
