"""Who asks, and may they: bearer tokens, one rule for rights, and the forbidden answer in upstream's words."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import Enum

from tui.sandbox.kinds import INSIDE, READ_VERBS
from tui.sandbox.paths import Target
from tui.sandbox.quoting import go_quote
from tui.sandbox.status import ApiError, bad_request, forbidden_path, unauthorized

ADMIN, VIEWER, ANONYMOUS = "gapwatch-sandbox-admin", "viewer", "system:anonymous"
MASTERS, _AUTHENTICATED = "system:masters", "system:authenticated"
REVIEW_GROUPS = frozenset({"authorization.k8s.io", "authentication.k8s.io"})
_OPEN_PATHS = ("/version", "/healthz", "/livez", "/readyz")


class Rights(Enum):
    """What a user may do beside asking about itself and which kinds there are, which everybody may."""

    ALL = "everything"
    READ = "get, list and watch"
    NONE = "nothing"


@dataclass(frozen=True, slots=True)
class User:
    """Who a request comes from."""

    name: str
    groups: tuple[str, ...] = ()
    rights: Rights = Rights.ALL

    def may(self, verb: str, group: str, subresource: str = "") -> bool:
        """Whether the user may use the verb on resources of that API group, or on a subresource of them."""
        if verb == "create" and group in REVIEW_GROUPS:
            return True
        reads = verb in READ_VERBS and subresource not in INSIDE
        return self.rights is Rights.ALL or (self.rights is Rights.READ and reads)

    def may_visit(self, verb: str) -> bool:
        """Whether the user may use the verb on paths that are no resource."""
        return self.rights is Rights.ALL or verb in ("get", "head")


class Tokens:
    """The tokens of this run, each for one user; all of them are random and none outlives the server."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}

    def issue(self, name: str, groups: tuple[str, ...] = (), rights: Rights = Rights.ALL) -> str:
        """A new token for a user."""
        token = secrets.token_urlsafe(32)
        self._users[token] = User(name, (*groups, _AUTHENTICATED), rights)
        return token

    def find(self, token: str) -> User | None:
        """The user whose token this is."""
        return self._users.get(token)

    def user(self, authorization: str, path: str) -> User:
        """The user that an Authorization header names; 401 where it names none and the path is not open to all."""
        scheme, _, token = authorization.partition(" ")
        user = self.find(token.strip()) if scheme.lower() == "bearer" else None
        if user is not None:
            return user
        if not authorization and path.rstrip("/").startswith(_OPEN_PATHS):
            return User(ANONYMOUS, ("system:unauthenticated",), Rights.NONE)
        raise unauthorized()

    def impersonated(self, user: User, name: str, groups: tuple[str, ...]) -> User:
        """The user that another one acts as (`kubectl --as`): a known one has its own rights, a stranger has none.

        403 where the one who asks may not, which is everybody but the administrator.
        """
        if not name and not groups:
            return user
        if not name:
            raise bad_request("Impersonate-Group needs Impersonate-User beside it")
        if MASTERS not in user.groups:
            raise _forbidden(user, Target("impersonate", "", "v1", "users", name=name))
        known = next((one for one in self._users.values() if one.name == name), None)
        if known is not None and not groups:
            return known
        rights = Rights.ALL if MASTERS in groups else known.rights if known else Rights.NONE
        return User(name, (*groups, _AUTHENTICATED), rights)


def authorize(user: User, target: Target | None, method: str, path: str) -> None:
    """403 where the user may not do what the request asks."""
    if target is None:
        if not user.may_visit(method.lower()):
            raise forbidden_path(f"User {go_quote(user.name)} cannot {method.lower()} path {go_quote(path)}")
        return
    if not user.may(target.verb, target.group, target.subresource):
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
