"""Questions about oneself: may I, what may I, who am I. Answered by the rule that authorizes, and never stored."""

from __future__ import annotations

from tui.sandbox import kinds
from tui.sandbox.auth import Rights, Tokens, User
from tui.sandbox.decoding import check_fields
from tui.sandbox.kinds import INSIDE, READ_VERBS, Kind
from tui.sandbox.objects import Object, mapping
from tui.sandbox.requests import Answer, Call, json_answer, write_of
from tui.sandbox.status import Cause, invalid
from tui.sandbox.tidy import tidy
from tui.sandbox.writing import decode_body

_EVERYTHING = ["*"]


def review(kind: Kind, call: Call, tokens: Tokens) -> Answer:
    """The review that was posted, with its answer in `status`."""
    obj = decode_body(kind, call)
    tidy(obj)
    check_fields(kind, obj, write_of(call))
    if kind is kinds.TOKEN_REVIEWS:
        obj["status"] = _owner(obj, tokens)
    else:
        obj["status"] = _ANSWERS[kind](kind, call.user, obj)
    return json_answer({"kind": kind.kind, "apiVersion": kind.api_version, **obj}, 201)


def _access(kind: Kind, user: User, obj: Object) -> Object:
    resource, path = mapping(obj, "spec", "resourceAttributes"), mapping(obj, "spec", "nonResourceAttributes")
    if bool(resource) == bool(path):
        cause = Cause(
            "FieldValueInvalid",
            "Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified",
            "spec",
        )
        raise invalid(kind, "", [cause])
    if path:
        allowed = user.may_visit(str(path.get("verb", "")))
    else:
        words = (str(resource.get(word, "")) for word in ("verb", "group", "subresource"))
        allowed = user.may(*words)
    return {"allowed": allowed}


def _rules(kind: Kind, user: User, obj: Object) -> Object:
    del kind, obj
    reviews = {
        "verbs": ["create"],
        "apiGroups": ["authorization.k8s.io", "authentication.k8s.io"],
        "resources": [found.plural for found in kinds.KINDS if not found.stored],
    }
    verbs = {Rights.ALL: _EVERYTHING, Rights.READ: sorted(READ_VERBS), Rights.NONE: []}[user.rights]
    resources = _EVERYTHING if user.rights is Rights.ALL else _readable()
    rules = [{"verbs": verbs, "apiGroups": _EVERYTHING, "resources": resources}] if verbs else []
    paths = _EVERYTHING if user.rights is Rights.ALL else ["get"]
    return {
        "resourceRules": rules if user.rights is Rights.ALL else [*rules, reviews],
        "nonResourceRules": [{"verbs": paths, "nonResourceURLs": _EVERYTHING}],
        "incomplete": False,
    }


def _readable() -> list[str]:
    """Every kind and subresource that somebody who only reads may read."""
    stored = [kind for kind in kinds.KINDS if kind.stored]
    below = [f"{kind.plural}/{name}" for kind in stored for name in kind.subresources if name not in INSIDE]
    return sorted([kind.plural for kind in stored] + below)


def _subject(kind: Kind, user: User, obj: Object) -> Object:
    del kind, obj
    return {"userInfo": _info(user)}


def _owner(obj: Object, tokens: Tokens) -> Object:
    """Whose token it is that was sent along; the answer does not repeat the token."""
    user = tokens.find(str(mapping(obj, "spec").pop("token", "")))
    if user is None:
        return {"user": {}, "error": "invalid bearer token"}
    return {"authenticated": True, "user": _info(user)}


def _info(user: User) -> Object:
    return {"username": user.name, "groups": list(user.groups)}


_ANSWERS = {
    kinds.ACCESS_REVIEWS: _access,
    kinds.RULES_REVIEWS: _rules,
    kinds.SUBJECT_REVIEWS: _subject,
}
