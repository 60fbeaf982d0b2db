"""What servers and schedulers say when they refuse, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

_QUOTA = re.compile(
    r"exceeded quota: (?P<name>[^,]+), requested: (?P<requested>.+?), used: (?P<used>.+?), limited: (?P<limited>.+)",
    re.DOTALL,
)
_NODES = re.compile(
    r"(?P<fit>[0-9]{1,7})/(?P<all>[0-9]{1,7}) nodes are available: (?P<reasons>.*)", re.DOTALL
)
_LONGEST = 2000
"""Characters of a message that are looked at: real ones are shorter, and a hostile one must not cost seconds."""
_AFTERTHOUGHT = re.compile(r"\. (?=preemption:|no new claims)")
_NEXT_REASON = re.compile(r", (?=[0-9]+ )")
_REASON = re.compile(r"(?P<count>[0-9]{1,7}) (?:node\(s\) )?(?P<text>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Excess:
    """One resource of which a quota allows too little, as the API server writes quantities."""

    resource: str
    requested: str
    used: str
    limited: str


@dataclass(frozen=True, slots=True)
class QuotaRefusal:
    """Which quota stands in the way, and with which resources."""

    quota: str
    excesses: tuple[Excess, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The scheduler's: of how many nodes how many fit, and (nodes, why not) for the others, most nodes first."""

    fit: int
    nodes: int
    reasons: tuple[tuple[int, str], ...]


def quota_refusal(message: str) -> QuotaRefusal | None:
    """The API server's message of a quota that is exceeded (apiserver's resourcequota admission), or None."""
    found = _QUOTA.search(message[:_LONGEST])
    if found is None:
        return None
    requested, used, limited = (_amounts(found[part]) for part in ("requested", "used", "limited"))
    excesses = tuple(
        Excess(resource, amount, used.get(resource, ""), limited.get(resource, ""))
        for resource, amount in requested.items()
    )
    return QuotaRefusal(found["name"], excesses)


def _amounts(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split(","))
    return {resource.strip(): amount.strip() for resource, _, amount in pairs}


def verdict(message: str) -> Verdict | None:
    """The scheduler's "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had ..." (its FitError), or None."""
    found = _NODES.match(message[:_LONGEST])
    if found is None:
        return None
    said = _AFTERTHOUGHT.split(found["reasons"], maxsplit=1)[0].removesuffix(".")
    parts = [_REASON.fullmatch(part) for part in _NEXT_REASON.split(said)]
    reasons = [(int(part["count"]), part["text"]) for part in parts if part is not None]
    return Verdict(int(found["fit"]), int(found["all"]), tuple(sorted(reasons, key=lambda one: -one[0])))
