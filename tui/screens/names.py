"""Short names for pods and ReplicaSets, the same on the whole screen: what tells them from their siblings."""

from __future__ import annotations

import re

from tui.session.news import DeploymentDetail

_BASE_MOST = 58
"""How much of a generateName Kubernetes keeps before its random end (names.maxGeneratedNameLength)."""
_RANDOM = 5
_HASH = "[bcdfghjklmnpqrstvwxz2456789]"  # rand.SafeEncodeString's alphabet
_WORD = re.compile(r"[^\s:,]+")


class Names:
    """How the pods and ReplicaSets of one Deployment are called on a screen that is all about it."""

    def __init__(self, deployment: str, replicasets: tuple[str, ...]) -> None:
        self._bases = tuple(f"{name}-"[:_BASE_MOST] for name in replicasets)
        self._replicasets = frozenset(replicasets)
        stem = re.escape(f"{deployment}-")
        self._replicaset = re.compile(f"{stem}({_HASH}{{8,10}})")
        # The ReplicaSet of such a pod may be gone.
        self._pod = re.compile(f"{stem}[a-z0-9]+-({_HASH}{{{_RANDOM}}})")
        self._base = f"{deployment}-"[:_BASE_MOST]

    @classmethod
    def of(cls, detail: DeploymentDetail) -> Names:
        """The names in a Deployment's detail."""
        return cls(detail.row.name, tuple(replicaset.name for replicaset in detail.replicasets))

    def pod(self, name: str) -> str:
        """A pod's name without what it shares with its siblings; one that doesn't look like them is left whole."""
        for base in self._bases:
            if name.startswith(base) and len(name) > len(base):
                return name[len(base) :]
        if self._pod.fullmatch(name) or self._is_truncated(name):
            return name[-_RANDOM:]
        return name

    def replicaset(self, name: str) -> str:
        """A ReplicaSet's name without its Deployment's."""
        is_ours = name in self._replicasets or self._replicaset.fullmatch(name)
        return name.rpartition("-")[2] if is_ours else name

    def in_text(self, text: str) -> str:
        """The text with every name in it short."""
        return _WORD.sub(lambda word: self._word(word[0]), text)

    def _word(self, word: str) -> str:
        short = self.replicaset(word)
        return self.pod(word) if short == word else short

    def _is_truncated(self, name: str) -> bool:
        return len(name) == _BASE_MOST + _RANDOM and name.startswith(self._base)
