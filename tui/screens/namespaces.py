"""Which namespace each of the keys 1 to 9 shows: a key keeps its namespace, for fingers remember."""

from __future__ import annotations

from collections.abc import Iterable

KEYS = range(1, 10)


class NamespaceKeys:
    """The first nine namespaces by name; one that is chosen otherwise takes the key that was not used for longest."""

    def __init__(self) -> None:
        self._by_key: dict[int, str] = {}
        self._used: list[int] = []  # keys, the one used last at the end

    def know(self, namespaces: Iterable[str]) -> None:
        """Gives keys that are free to namespaces that have none; those that are gone give theirs back."""
        there = set(namespaces)
        self._by_key = {key: name for key, name in self._by_key.items() if name in there}
        free = [key for key in KEYS if key not in self._by_key]
        self._by_key.update(zip(free, sorted(there.difference(self._by_key.values())), strict=False))

    def choose(self, namespace: str) -> None:
        """Remembers that it was used, and sees to it that it has a key from now on."""
        key = next((key for key, name in self._by_key.items() if name == namespace), None)
        if key is None:
            unused = [key for key in reversed(KEYS) if key not in self._used]
            key = unused[0] if unused else self._used[0]
        self._by_key[key] = namespace
        self._used = [*(one for one in self._used if one != key), key]

    def at(self, key: int) -> str | None:
        """The namespace of a key."""
        return self._by_key.get(key)

    def items(self) -> list[tuple[int, str]]:
        """Keys with their namespaces, in order."""
        return sorted(self._by_key.items())
