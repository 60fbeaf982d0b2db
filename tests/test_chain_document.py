"""Why not yet as plain data: the chain in `--once -o json`."""

from __future__ import annotations

import json

from tests.liveshop import UNSCHEDULABLE, LiveShop
from tests.liveshop import open_shop as open_shop
from tests.liveshop import shop as shop
from tui import plain
from tui.documents import chain_document
from tui.session.news import Link
from tui.session.source import Options


def test_each_link_is_an_object_and_due_is_told_in_seconds_from_now() -> None:
    crashed = Link("container app", "crashed, exit 1", "next try (4th: 40 to 60 s)", due=138.25)
    final = Link("Deployment web", "paused", "somebody has to resume it", hopeless=True)
    told = chain_document([Link("pod x", ""), crashed, final], now=100.0)
    assert told == [
        {"subject": "pod x", "text": None, "waits_for": None, "due_in_s": None, "hopeless": False},
        {
            "subject": "container app",
            "text": "crashed, exit 1",
            "waits_for": "next try (4th: 40 to 60 s)",
            "due_in_s": 38.2,
            "hopeless": False,
        },
        {
            "subject": "Deployment web",
            "text": "paused",
            "waits_for": "somebody has to resume it",
            "due_in_s": None,
            "hopeless": True,
        },
    ]
    assert chain_document([crashed], now=500.0)[0]["due_in_s"] == 0


async def test_one_look_tells_the_chain_of_what_has_a_gap_and_none_of_what_has_not(shop: LiveShop) -> None:
    await shop.deploy("greedy", cpu=UNSCHEDULABLE)
    documents: list[str] = []
    assert await plain.once(Options(kubeconfig=shop.kubeconfig), "json", documents.append) == 1
    chains = {one["name"]: one["chain"] for one in json.loads(documents[0])["deployments"]}
    assert chains["greedy"][0]["subject"] == "Deployment greedy"
    assert all(
        set(link) == {"subject", "text", "waits_for", "due_in_s", "hopeless"} for link in chains["greedy"]
    )
    assert [name for name, chain in chains.items() if chain] == ["greedy"]
