"""Short names: the same for the tree, the bars and the story, whatever Kubernetes made of a long name."""

from __future__ import annotations

import pytest

from tui.screens.names import Names

LONG = "a" * 63
WEB = Names("web", ("web-87d54d6bc",))


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("web-87d54d6bc-x2k4c", "x2k4c"),
        ("web-5f7c9b6d4-x2k4c", "x2k4c"),  # its ReplicaSet is not shown any more
        ("web-1", "web-1"),  # adopted
        ("other-87d54d6bc-x2k4c", "other-87d54d6bc-x2k4c"),
        ("web-node-a1", "web-node-a1"),
    ],
)
def test_a_pod_is_called_by_what_tells_it_from_its_siblings(name: str, short: str) -> None:
    assert WEB.pod(name) == short


def test_a_generated_name_that_kubernetes_cut_still_has_its_random_end() -> None:
    shown = Names(LONG, (f"{LONG}-87d54d6bc",))
    pod = f"{LONG}-87d54d6bc-"[:58] + "x2k4c"
    assert shown.pod(pod) == "x2k4c"
    assert Names(LONG, ()).pod(pod) == "x2k4c"
    assert shown.in_text(f"created pod {pod}") == "created pod x2k4c"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("created pod web-87d54d6bc-x2k4c", "created pod x2k4c"),
        ("bound web-5f7c9b6d4-x2k4c to web-node-a1", "bound x2k4c to web-node-a1"),
        ("scaled web-5f7c9b6d4 from 2 to 0", "scaled 5f7c9b6d4 from 2 to 0"),
        ("created ReplicaSet web-87d54d6bc for 5 pods", "created ReplicaSet 87d54d6bc for 5 pods"),
        (
            "released pod web-87d54d6bc-x2k4c: its labels match no more",
            "released pod x2k4c: its labels match no more",
        ),
        ("asked for 5 instead of 3", "asked for 5 instead of 3"),
    ],
)
def test_every_name_in_a_text_is_short(text: str, short: str) -> None:
    assert WEB.in_text(text) == short
