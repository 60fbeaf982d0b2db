"""The keys of the namespaces keep what they stand for."""

from __future__ import annotations

from tui.screens.namespaces import NamespaceKeys


def names(count: int) -> list[str]:
    return [f"ns-{number:02}" for number in range(1, count + 1)]


def test_the_first_nine_by_name_have_a_key_and_keep_it() -> None:
    keys = NamespaceKeys()
    keys.know(names(3))
    assert keys.items() == [(1, "ns-01"), (2, "ns-02"), (3, "ns-03")]
    keys.know(["aaa", *names(3)])
    assert keys.items()[-1] == (4, "aaa"), "who comes later takes a free key, whatever its name"
    assert keys.at(5) is None


def test_what_is_gone_gives_its_key_back() -> None:
    keys = NamespaceKeys()
    keys.know(names(3))
    keys.know(["ns-01", "ns-03", "new"])
    assert keys.items() == [(1, "ns-01"), (2, "new"), (3, "ns-03")]


def test_a_tenth_that_is_chosen_takes_the_key_that_was_not_used_for_longest() -> None:
    keys = NamespaceKeys()
    keys.know(names(12))
    for number in (9, 8, 1, 2, 3, 4, 5, 6):
        keys.choose(f"ns-{number:02}")
    keys.choose("ns-10")
    assert keys.at(7) == "ns-10", "7 was never used"
    keys.choose("ns-11")
    assert keys.at(9) == "ns-11", "9 was used before all others"
    keys.know(names(12))
    assert keys.at(7) == "ns-10"
