"""The same news where there is no terminal: documents and tables as values, and lines one by one."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from tests.hostile import EVIL, FORBIDDEN, kubeconfig_for
from tests.liveshop import KEYS, UNSCHEDULABLE, LiveShop
from tests.liveshop import open_shop as open_shop
from tests.liveshop import shop as shop
from tests.screens.stills import SOURCE as STILL
from tests.scripted import ScriptedApi, a_list, status
from tests.waiting import PATIENCE_S, until
from tui import documents, plain
from tui.chaos.fault import Aim, Plan, Target
from tui.chaos.guard import FaultRefused, Guard
from tui.cluster.contexts import Context, Nature
from tui.cluster.liveness import Liveness
from tui.heal_document import csv_header
from tui.reconcile.explain import Cause
from tui.reconcile.gap import Gap
from tui.reconcile.heal import Heal, PodMoments, Replacement
from tui.sandbox.loops.client import NODES
from tui.session.engine import Batch
from tui.session.news import FleetRow
from tui.session.source import Options, Source

SOURCE = replace(STILL, context="kind-shop", nature=Nature.LOCAL, age_s=0.1, armed_for_s=None)


def a_row(name: str = "web", *, why: str = "", opened: float | None = None, **counts: int) -> FleetRow:
    """shop/NAME with three pods, all available unless told otherwise."""
    filled = {
        "desired": 3,
        "updated": 3,
        "ready": counts.get("available", 3),
        "available": 3,
        "starting": 0,
        "missing": 0,
        "surplus": 0,
        "outdated": 0,
        "terminating": 0,
    } | counts
    gap = Gap(**filled)  # type: ignore[arg-type]
    cause = Cause.STARTING if why else Cause.NONE
    return FleetRow(f"uid-{name}", "shop", name, "2", gap, False, cause, why, opened, False, None)


OPEN = a_row(available=1, starting=1, missing=1, why="1 starting · 1 not yet created", opened=10.0)
SURPLUS = a_row("api", available=4, surplus=1, why="1 too many")
CALM = a_row("calm")


# ---------------------------------------------------------------- documents


def test_the_document_has_what_the_readme_promises() -> None:
    told = documents.document(SOURCE, [OPEN, SURPLUS, CALM])
    assert told["source"] == {
        "context": "kind-shop",
        "kind": "local cluster",
        "server": "https://127.0.0.1:6443",
        "version": "v1.36.0",
        "namespace": None,
        "selector": None,
        "state": "live",
        "note": None,
    }
    assert told["totals"] == {"deployments": 3, "desired": 9, "ready": 8, "gap": 2, "unsettled": 2}
    first = told["deployments"][0]
    wanted = [
        "namespace",
        "name",
        "uid",
        "desired",
        "updated",
        "ready",
        "available",
        "terminating",
        "gap",
        "why",
    ]
    assert [key for key in first if key in wanted] == wanted
    assert (first["gap"], first["settled"], first["why"]) == (2, False, "1 starting · 1 not yet created")
    assert (told["deployments"][2]["why"], told["deployments"][2]["cause"]) == (None, None)
    assert json.loads(json.dumps(told)) == told


def test_an_empty_fleet_is_a_document_too() -> None:
    told = documents.document(SOURCE, [])
    assert told["deployments"] == []
    assert told["totals"] == {"deployments": 0, "desired": 0, "ready": 0, "gap": 0, "unsettled": 0}


def test_the_table_is_aligned_under_its_titles() -> None:
    assert plain.table([OPEN, SURPLUS, CALM], wide=False) == [
        "NAMESPACE   DEPLOYMENT   DESIRED   READY   AVAILABLE   GAP   WHY",
        "shop        web          3         1       1           −2    1 starting · 1 not yet created",
        "shop        api          3         4       4           +1    1 too many",
        "shop        calm         3         3       3           0",
    ]


def test_the_wide_table_has_three_columns_more() -> None:
    header, first = plain.table([replace(CALM, revision="")], wide=True)
    assert header.split() == [
        *["NAMESPACE", "DEPLOYMENT", "DESIRED", "READY", "AVAILABLE", "GAP", "UPDATED", "TERMINATING"],
        *["REVISION", "WHY"],
    ]
    assert first.split() == ["shop", "calm", "3", "3", "3", "0", "3", "0", "–"]


def test_an_empty_table_says_so() -> None:
    assert plain.table([], wide=True) == ["No Deployments there."]


# ---------------------------------------------------------------- lines


class Told:
    """A teller, and its lines without their clock times."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.teller = plain.Teller(self._write)

    def _write(self, line: str) -> None:
        moment, _, text = line.partition(" ")
        assert re.fullmatch(r"\d\d:\d\d:\d\d", moment)
        self.lines.append(text)

    def tell(self, *rows: FleetRow, removed: tuple[str, ...] = (), now: float = 12.0) -> list[str]:
        before = len(self.lines)
        self.teller.tell(Batch(rows, removed), now)
        return self.lines[before:]


def test_the_first_line_says_what_is_watched() -> None:
    told = Told()
    told.teller.begin(SOURCE, 5)
    told.teller.begin(replace(SOURCE, namespace="shop", nature=Nature.SANDBOX, note="all in memory"), 1)
    assert told.lines == [
        "watching kind-shop · local cluster · all namespaces: 5 Deployments",
        "watching kind-shop · SANDBOX · namespace shop: 1 Deployment (all in memory)",
    ]


def test_a_gap_too_short_to_be_seen_open_is_told_all_the_same() -> None:
    told = Told()
    assert told.tell(CALM) == []
    healed = replace(CALM, healed=1, last_heal_s=0.05)
    assert told.tell(healed) == ["shop/calm: gap opened and closed after 0.1 s, 3 of 3 available"]
    assert told.tell(healed) == []


def test_a_gap_opens_changes_and_closes() -> None:
    told = Told()
    assert told.tell(a_row()) == [], "no gap is no news"
    assert told.tell(OPEN) == ["shop/web: gap opened, 1 of 3 available · 1 starting · 1 not yet created"]
    assert told.tell(OPEN) == [], "the same again is no news"
    less = a_row(available=2, starting=1, why="1 starting", opened=10.0)
    assert told.tell(less) == ["shop/web: gap changed, 2 of 3 available · 1 starting"]
    assert told.tell(a_row(), now=14.2) == ["shop/web: gap closed after 4.2 s, 3 of 3 available"]
    assert told.tell(a_row()) == []


def test_a_heal_that_settles_after_its_gap_was_seen_to_close_is_not_told_twice() -> None:
    told = Told()
    told.tell(a_row(), OPEN)
    surplus = a_row(available=4, surplus=1, why="1 too many")  # its pods are back, but one too many
    assert told.tell(surplus) == ["shop/web: gap changed, 1 too many"]
    assert told.tell(a_row()) == ["shop/web: gap closed, 3 of 3 available"]
    settled = replace(a_row(), healed=1, last_heal_s=1.4)
    assert told.tell(settled) == []
    blink = replace(a_row(), healed=2, last_heal_s=0.1)
    assert told.tell(blink) == ["shop/web: gap opened and closed after 0.1 s, 3 of 3 available"]


def test_with_a_selector_nobody_can_say_whether_it_is_gone() -> None:
    told = Told()
    told.teller.begin(replace(SOURCE, selector="app=web"), 1)
    told.tell(CALM)
    assert told.tell(removed=("uid-calm",)) == ["shop/calm: gone, or not selected any more"]


def test_a_surplus_is_told_as_a_gap_without_a_duration() -> None:
    told = Told()
    assert told.tell(SURPLUS) == ["shop/api: gap opened, 1 too many"]
    assert told.tell(a_row("api")) == ["shop/api: gap closed, 3 of 3 available"]


def test_a_deleted_deployment_is_told_if_it_was_known() -> None:
    told = Told()
    told.tell(OPEN)
    assert told.tell(removed=("uid-web", "uid-other")) == ["shop/web: gone"]
    assert told.tell(removed=("uid-web",)) == []
    assert told.tell(OPEN)[0].startswith("shop/web: gap opened"), "its namesake begins anew"


def test_lines_of_one_moment_come_by_name() -> None:
    lines = Told().tell(OPEN, replace(OPEN, uid="uid-b", name="b"), replace(OPEN, uid="uid-a", name="a"))
    assert [line.partition(":")[0] for line in lines] == ["shop/a", "shop/b", "shop/web"]


def test_only_a_turn_of_the_sources_state_is_told() -> None:
    told = Told()
    told.teller.begin(SOURCE, 0)
    stale = replace(SOURCE, state=Liveness.STALE, error="connection refused")
    for source in (SOURCE, stale, stale, SOURCE):
        told.teller.liveness(source)
    assert told.lines[1:] == ["kind-shop is stale: connection refused", "kind-shop is live"]


def test_a_source_that_is_stale_from_the_beginning_is_told_as_one() -> None:
    told = Told()
    stale = replace(SOURCE, state=Liveness.STALE, error="connection refused")
    told.teller.begin(stale, 5)
    told.teller.liveness(stale)
    assert told.lines[1:] == ["kind-shop is stale: connection refused"]


# ---------------------------------------------------------------- one fault


PLAN = Plan(
    fault="delete-pod",
    target=Target(Aim.DEPLOYMENT, "web", "shop", "uid-web"),
    title="delete pod web-1-a of shop/web",
    done="deleted pod web-1-a",
    steps=(),
    victims=(("uid-a", "web-1-a"),),
    hits=(),
    needs=(),
    undo="not undone: replaced",
)
LOST = PodMoments("uid-a", "web-1-a", "uid-rs", deleted=100.0)
HEIR = PodMoments(
    "uid-b", "web-1-b", "uid-rs", created=100.01, scheduled=100.02, started=101.0, ready=102.5, node="worker"
)
HEAL = Heal(
    "uid-web",
    99.9,
    "you deleted pod web-1-a",
    depth=1,
    replacements=(Replacement(LOST, HEIR),),
    closed=102.5,
    settled=102.7,
)


def test_a_settled_fault_tells_its_moments_in_order() -> None:
    told = documents.fault_document(SOURCE, PLAN, HEAL, True, "")
    assert told["heal"]["moments_s"] == {
        "deleted": 0.0,
        "replacement_created": 0.01,
        "scheduled": 0.02,
        "started": 1.0,
        "ready": 2.5,
        "settled": 2.7,
    }
    assert told["heal"]["closed_s"] == 2.5
    assert told["heal"]["replacement"] == {"pod": "web-1-b", "uid": "uid-b", "node": "worker"}
    assert documents.deleted_line(PLAN) == "deleted pod web-1-a (shop/web) · not undone: replaced"
    assert documents.heal_lines(told) == [
        "  deleted              +0.00 s",
        "  replacement created  +0.01 s",
        "  scheduled            +0.02 s",
        "  started              +1.00 s",
        "  ready                +2.50 s",
        "  settled              +2.70 s",
        "  replaced by web-1-b on worker",
    ]


def test_without_waiting_there_is_no_heal_to_tell() -> None:
    told = documents.fault_document(SOURCE, PLAN, None, None, "")
    assert "heal" not in told
    assert documents.heal_lines(told) == []


def test_a_fault_that_does_not_settle_tells_why() -> None:
    stuck = structs.replace(HEAL, replacements=(Replacement(LOST),), closed=None, settled=None)
    told = documents.fault_document(SOURCE, PLAN, stuck, False, "quota exceeded")
    assert (told["settled"], told["why"], told["heal"]["replacement"]) == (False, "quota exceeded", None)
    assert documents.heal_lines(told)[-1] == "not settled in time: quota exceeded"
    assert "  ready                –" in documents.heal_lines(told)
    unseen = documents.fault_document(SOURCE, PLAN, None, False, "")
    assert documents.heal_lines(unseen)[0] == "no heal seen yet"


def test_d01_the_lines_of_a_fault_are_clean() -> None:
    plan = replace(PLAN, victims=(("uid-a", f"web{EVIL}"),))
    heir = structs.replace(HEIR, name=f"heir{EVIL}", node=f"node{EVIL}")
    heal = structs.replace(HEAL, cause=f"cause{EVIL}", replacements=(Replacement(LOST, heir),))
    lines = documents.heal_lines(documents.fault_document(SOURCE, plan, heal, True, ""))
    assert not FORBIDDEN & set(documents.deleted_line(plan))
    assert not FORBIDDEN & set("".join(lines))
    assert "[@click=app.bell]x" in lines[-1]


# ---------------------------------------------------------------- on a running cluster


SOON_S = 0.25


@pytest.fixture
def settles_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gap that has closed counts as closed for good after a quarter of a second instead of five."""
    monkeypatch.setattr("tui.session.gap_clock.SETTLES_AFTER_S", SOON_S)


def at(shop: LiveShop, **more: Any) -> Options:
    return Options(**{"kubeconfig": shop.kubeconfig, **more})


async def test_once_is_one_complete_look(shop: LiveShop, capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    assert await plain.once(at(shop), "table", lines.append) == 0
    assert ["/".join(line.split()[:2]) for line in lines[1:]] == KEYS
    await shop.deploy("greedy", cpu=UNSCHEDULABLE)
    documents: list[str] = []
    assert await plain.once(at(shop), "json", documents.append) == 1
    found = {one["name"]: one for one in json.loads(documents[0])["deployments"]}
    assert found["greedy"]["gap"] == 1
    assert shop.writes == []
    assert capsys.readouterr() == ("", "")


async def test_a_look_that_could_not_read_all_of_it_says_so_and_is_no_all_clear(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd: dict[str, object] = {"metadata": {"name": 7}}
    lists = {"GET deployments": [a_list(odd)], "GET nodes": [a_list(odd)]}
    async with ScriptedApi(routes=lists) as api:
        lines: list[str] = []
        assert await plain.once(Options(kubeconfig=kubeconfig_for(api, tmp_path)), "table", lines.append) == 2
    assert "gapwatch: left out, for it could not be read: 1 × Deployment\n" in capsys.readouterr().err


async def test_watching_says_first_what_it_watches_and_then_what_is_open(shop: LiveShop) -> None:
    await shop.deploy("greedy", cpu=UNSCHEDULABLE)
    lines: list[str] = []
    watching = asyncio.ensure_future(plain.watch(at(shop), lines.append))
    await until(lambda: any("greedy" in line for line in lines))
    await shop.deploy("passing")
    await until(lambda: any("passing: gap" in line and "closed" in line for line in lines))
    await shop.delete("passing")
    await until(lambda: any("passing: gone" in line for line in lines))
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert "watching gapwatch-sandbox" in lines[0]
    assert "4 Deployments" in lines[0]
    assert "shop/greedy: gap opened" in lines[1]
    assert shop.writes == []


def test_c01_whoever_has_not_named_the_cluster_is_told_by_which_option() -> None:
    guard = Guard(Context("prod", {"server": "https://api.example.com:6443"}, {}))
    with pytest.raises(FaultRefused, match=r'type the context\'s name, "prod", exactly \(with --arm\)$'):
        plain.take_the_catch_off(guard, 0.0, "")
    with pytest.raises(FaultRefused, match=r"exactly$"):
        plain.take_the_catch_off(guard, 0.0, "prdo")
    assert not guard.armed
    plain.take_the_catch_off(guard, 0.0, "prod")
    assert guard.armed


@pytest.mark.parametrize("output", ["text", "json"])
async def test_delete_pod_waits_for_its_heal(shop: LiveShop, output: str) -> None:
    lines: list[str] = []
    request = plain.DeletePodRequest("shop", "web", None, True, PATIENCE_S, "", output)
    assert await plain.delete_pod(at(shop), request, lines.append) == 0
    (sent,) = shop.writes
    victim = sent.path.rpartition("/")[2]
    if output == "json":
        told = json.loads(lines[0])
        assert (told["settled"], told["target"]["pod"]) == (True, victim)
        heal = told["heal"]
        assert (heal["kind"], heal["depth"], heal["guessed"]) == ("fault", 1, False)
        assert [phase["name"] for phase in heal["phases"]][0::5] == ["noticed", "available"]
        assert 0 < heal["lost_pod_s"] <= heal["total_s"] == heal["phases"][-1]["to_s"]
        assert heal["settled_s"] is None, "nobody waits until it has stayed closed for 5 s"
    else:
        assert any("pod-seconds lost" in line for line in lines)
        assert lines[0] == f"deleted pod {victim} (shop/web) · not undone: replaced"
        assert any(line.startswith("  settled") for line in lines)


async def remarked(capsys: pytest.CaptureFixture[str], word: str) -> None:
    """Returns when a remark with that word has been written."""
    said = ""

    def is_said() -> bool:
        nonlocal said
        said += capsys.readouterr().err
        return word in said

    await until(is_said)


@pytest.mark.parametrize("output", ["json", "csv"])
async def test_each_heal_is_told_once_when_it_has_settled(
    shop: LiveShop, output: str, settles_soon: None, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []
    watching = asyncio.ensure_future(plain.heals(at(shop), output, None, lines.append))
    await remarked(capsys, "watching")
    await shop.deploy("passing")
    header = int(output == "csv")
    await until(lambda: len(lines) > header)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    told = lines[header]
    if output == "csv":
        assert lines[0] == csv_header()
        assert told.startswith("shop,passing,")
        return
    heal = json.loads(told)
    assert (heal["deployment"], heal["kind"]) == ("passing", "creation")
    assert heal["settled_s"] == pytest.approx(heal["total_s"] + SOON_S, abs=0.002)
    assert shop.writes == []


async def test_watching_heals_says_where_there_is_no_such_namespace(
    shop: LiveShop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await plain.heals(at(shop, namespace="nope"), "json", 0.0) == 0
    assert capsys.readouterr().err.endswith(": there is no namespace nope\n")


async def test_watching_heals_says_when_it_can_see_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said, lost = "", asyncio.Event()

    def is_said(words: str) -> bool:
        nonlocal said
        said += capsys.readouterr().err
        return words in said

    async with ScriptedApi(watches=[replace(status(500, "InternalError"), after=lost)]) as api:

        async def opened(_options: Options) -> Source:
            return Source(api.connection, None, "")

        monkeypatch.setattr(plain, "open_source", opened)
        watching = asyncio.create_task(plain.heals(Options(), "json", None))
        await until(lambda: is_said("watching context"))
        assert "stale" not in said
        lost.set()
        await until(lambda: is_said("gapwatch: scripted is stale: "))
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_watching_heals_ends_with_its_time(shop: LiveShop) -> None:
    lines: list[str] = []
    assert await plain.heals(at(shop), "json", 0.1, lines.append) == 0
    assert lines == []


async def test_watch_and_export_tell_the_same_numbers(
    shop: LiveShop, settles_soon: None, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []
    records: list[str] = []
    tasks = [
        asyncio.ensure_future(plain.watch(at(shop), lines.append)),
        asyncio.ensure_future(plain.heals(at(shop), "json", None, records.append)),
    ]
    await remarked(capsys, "watching")
    await until(lambda: lines)
    await shop.deploy("passing")
    await until(lambda: records and any("settled," in line for line in lines))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    (line,) = [line for line in lines if "settled," in line]
    assert "shop/passing: settled, creation · total " in line
    told = json.loads(records[0])
    assert f"depth {told['depth']} · " in line


async def test_a_look_into_a_namespace_that_does_not_exist_says_so(
    shop: LiveShop, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []
    assert await plain.once(at(shop, namespace="nope"), "table", lines.append) == 0
    assert lines == ["No Deployments there."]
    assert capsys.readouterr().err.endswith(": there is no namespace nope\n")


@pytest.mark.parametrize("output", ["text", "json"])
async def test_that_a_pod_was_deleted_is_told_before_anything_else_can_happen(
    shop: LiveShop, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []
    request = plain.DeletePodRequest("shop", "web", None, True, 60.0, "", output)
    waiting = asyncio.ensure_future(plain.delete_pod(at(shop), request, lines.append))
    await until(lambda: shop.writes)
    said = ""
    while "deleted pod" not in said:
        await asyncio.sleep(0.01)
        said += capsys.readouterr().err if output == "json" else "".join(lines)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert shop.writes[0].path.rpartition("/")[2] in said


async def test_a_deployment_that_vanishes_meanwhile_does_not_settle(shop: LiveShop) -> None:
    await shop.deploy("passing")
    await shop.settled()
    for node in await shop.every(NODES):
        await shop.cordon(node["metadata"]["name"])  # nothing heals faster than it vanishes
    lines: list[str] = []
    request = plain.DeletePodRequest("shop", "passing", None, True, PATIENCE_S, "", "json")
    waiting = asyncio.ensure_future(plain.delete_pod(at(shop), request, lines.append))
    await until(lambda: shop.writes)
    await shop.delete("passing")
    assert await waiting == 1
    told = json.loads(lines[0])
    assert (told["settled"], told["why"]) == (False, "shop/passing itself is gone")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"arm": "prod-eu"}, 'not armed: type the context\'s name, "gapwatch-sandbox", exactly'),
        ({"pod": "nope"}, "shop/web has no pod nope (there is: web-"),
    ],
)
async def test_a_refusal_says_who_was_asked_and_sends_nothing(
    shop: LiveShop, asked: dict[str, str], said: str
) -> None:
    request = plain.DeletePodRequest("shop", "web", **({"pod": None, "arm": ""} | asked), **REST)  # type: ignore[arg-type]
    with pytest.raises(FaultRefused) as caught:
        await plain.delete_pod(at(shop), request, print)
    assert str(caught.value).startswith('context "gapwatch-sandbox" at https://127.0.0.1:')
    assert said in str(caught.value)
    assert shop.writes == []


REST = {"wait": False, "timeout_s": 1.0, "output": "text"}
