"""The reflector against scripted streams: resume, relist, back off, and never half a truth."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.scripted import HELD, Reply, ScriptedApi, a_list, error_frame, frame, pod, status
from tests.waiting import until
from tui.cluster.errors import Refused
from tui.cluster.kinds import BUDGETS, EVENTS, PODS
from tui.cluster.liveness import Liveness
from tui.cluster.reflector import Changed, Listed, Reflector
from tui.facts import Pod


class Watched:
    """A running reflector, what it told, and the waits that it would have slept."""

    def __init__(self, reflector: Reflector[Pod], waits: list[float]) -> None:
        self.reflector, self.waits = reflector, waits
        self.lists: list[list[str]] = []
        self.changes: list[tuple[str, str, str]] = []

    async def run(self) -> None:
        async for news in self.reflector.reflect():
            if isinstance(news, Listed):
                self.lists.append([one.metadata.name for one in news.objects])
            elif isinstance(news, Changed):
                self.changes += [
                    (type_, one.metadata.name, one.metadata.resource_version) for type_, one in news.changes
                ]


def bookmark(version: str) -> bytes:
    return (
        b'{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"%s"}}}\n'
        % version.encode()
    )


@asynccontextmanager
async def watching(api: ScriptedApi, **more: Any) -> AsyncIterator[Watched]:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    kind = more.pop("kind", PODS)
    reflector = Reflector(api.connection, kind, rng=random.Random(1), sleep=sleep, **more)
    watched = Watched(reflector, waits)
    task = asyncio.create_task(watched.run())
    try:
        yield watched
    finally:
        task.cancel()
        outcome = (await asyncio.gather(task, return_exceptions=True))[0]
        assert isinstance(outcome, asyncio.CancelledError), outcome


async def test_a_list_then_its_changes() -> None:
    stream = Reply(
        chunks=[frame("ADDED", "11", "b") + frame("MODIFIED", "12", "a"), frame("DELETED", "13", "b")],
        then="hold",
    )
    async with ScriptedApi([a_list(pod("a"))], [stream]) as api, watching(api) as seen:
        await until(lambda: len(seen.changes) == 3)
        assert seen.lists == [["a"]]
        assert seen.changes == [("ADDED", "b", "11"), ("MODIFIED", "a", "12"), ("DELETED", "b", "13")]
        assert seen.reflector.status.state is Liveness.LIVE


async def test_a02_watches_ask_for_bookmarks_and_a_random_timeout() -> None:
    async with ScriptedApi(
        [a_list()], [Reply(chunks=[frame("ADDED", "11")]), Reply(chunks=[frame("ADDED", "12")]), HELD]
    ) as api:
        async with watching(api):
            await until(lambda: len(api.asked_watches) == 3)
        timeouts = [int(one["timeoutSeconds"]) for one in api.asked_watches]
        assert all(300 <= timeout <= 600 for timeout in timeouts)
        assert len(set(timeouts)) > 1
        assert all(one["allowWatchBookmarks"] == "true" for one in api.asked_watches)


async def test_a03_lists_are_paged_and_complete_before_anything_is_told() -> None:
    pages = [a_list(pod("a"), more="next"), a_list(pod("b"), version="10")]
    async with ScriptedApi(pages) as api, watching(api) as seen:
        await until(lambda: bool(api.asked_watches))
        assert seen.lists == [["a", "b"]]
        assert api.asked_lists == [
            {"limit": "500"},
            {"limit": "500", "continue": "next"},
        ]


async def test_nothing_is_told_while_a_list_is_incomplete() -> None:
    pages = [a_list(pod("a"), more="next"), status(500, "InternalError")]
    async with ScriptedApi(pages) as api, watching(api) as seen:
        await until(lambda: len(api.asked_lists) >= 4)
        assert seen.lists == []
        assert seen.reflector.status.state is Liveness.SYNCING


@pytest.mark.parametrize(
    "gone",
    [
        status(410, "Expired"),
        Reply(chunks=[error_frame(410, "Expired")]),
        Reply(chunks=[error_frame(410, "")]),
        Reply(chunks=[error_frame(0, "Gone")]),
    ],
    ids=["status", "frame", "its code alone", "its reason alone"],
)
async def test_a04_gone_relists_once_and_never_watches_at_the_stale_version_again(gone: Reply) -> None:
    lists = [a_list(pod("a"), version="10"), a_list(pod("b"), version="99")]
    async with ScriptedApi(lists, [gone, HELD]) as api, watching(api) as seen:
        await until(lambda: len(api.asked_watches) == 2)
        assert seen.lists == [["a"], ["b"]]
        assert [one["resourceVersion"] for one in api.asked_watches] == ["10", "99"]
        assert "resourceVersion" not in api.asked_lists[1]  # the newest, not the one that is gone
        assert seen.waits == []


async def test_a04_what_is_shown_after_gone_is_stale_until_the_new_list_is_complete() -> None:
    looked = asyncio.Event()
    lists = [a_list(pod("a")), replace(a_list(pod("b"), version="99"), after=looked)]
    gone = Reply(chunks=[frame("ADDED", "11"), error_frame(410, "Expired")])
    async with ScriptedApi(lists, [gone, HELD]) as api, watching(api) as seen:
        await until(lambda: len(api.asked_lists) == 2)
        assert seen.lists == [["a"]]
        assert seen.reflector.status.state is Liveness.STALE
        looked.set()
        await until(lambda: seen.lists == [["a"], ["b"]] and seen.reflector.status.state is Liveness.LIVE)


@pytest.mark.parametrize(
    "gone",
    [status(410, "Expired"), Reply(chunks=[frame("ADDED", "11") + error_frame(410, "Expired")])],
    ids=["at once", "after a frame"],
)
async def test_a04_a_server_that_expires_everything_is_not_hammered(gone: Reply) -> None:
    async with ScriptedApi([a_list()], [gone]) as api, watching(api) as seen:
        await until(lambda: len(api.asked_watches) >= 5)
        assert len(api.asked_watches) <= len(seen.waits) + 2


async def test_a05_an_expired_continue_token_falls_back_to_one_full_list() -> None:
    lists = [a_list(pod("a"), more="old"), status(410, "Expired"), a_list(pod("a"), pod("b"), version="20")]
    async with ScriptedApi(lists) as api, watching(api) as seen:
        await until(lambda: bool(api.asked_watches))
        assert seen.lists == [["a", "b"]]
        assert "limit" not in api.asked_lists[2]


async def test_a05_expired_on_the_first_page_is_an_error() -> None:
    lists = [status(410, "Expired"), a_list(pod("a"))]
    async with ScriptedApi(lists) as api, watching(api) as seen:
        await until(lambda: bool(seen.lists))
        assert len(seen.waits) == 1
        assert "410 Expired" in seen.reflector.status.last_error
        assert [one["limit"] for one in api.asked_lists] == ["500", "500"]


async def test_a06_too_large_a_version_is_asked_again_for_the_newest() -> None:
    lists = [status(504, "Timeout", "Too large resource version: 5, current: 3"), a_list(pod("a"))]
    async with ScriptedApi(lists) as api, watching(api) as seen:
        await until(lambda: bool(seen.lists))
        assert api.asked_lists[1] == {"limit": "500"}


async def test_a06_a_watch_at_too_large_a_version_leads_to_a_list_of_the_newest() -> None:
    lists = [a_list(pod("a"), pod("b"), version="900"), a_list(pod("b"), version="20")]
    behind = status(504, "Timeout", "Too large resource version: 900, current: 20")
    async with ScriptedApi(lists, [behind, HELD]) as api, watching(api) as seen:
        await until(lambda: len(api.asked_watches) == 2)
        assert seen.lists == [["a", "b"], ["b"]]
        assert "resourceVersion" not in api.asked_lists[1]
        assert [one["resourceVersion"] for one in api.asked_watches] == ["900", "20"]


async def test_a07_too_many_requests_backs_off_obeys_retry_after_and_does_not_relist() -> None:
    busy = [status(429, "TooManyRequests", Retry_After="7") for _ in range(3)]
    async with ScriptedApi([a_list()], [*busy, HELD]) as api, watching(api) as seen:
        await until(lambda: len(api.asked_watches) == 4)
        assert len(api.asked_lists) == 1
        assert all(wait >= 7 for wait in seen.waits)


async def test_a07_a_connection_that_takes_long_to_fail_backs_off_too() -> None:
    seconds = itertools.count(0, 10)
    async with (
        ScriptedApi([a_list()], [Reply(then="refuse")]) as api,
        watching(api, clock=lambda: float(next(seconds))) as seen,
    ):
        await until(lambda: len(api.asked_watches) >= 4)
        assert len(seen.waits) >= 3
        assert len(api.asked_lists) == 1


async def test_a08_watches_that_end_at_once_lead_to_a_relist() -> None:
    ends = [Reply(), Reply(), Reply(), HELD]
    async with ScriptedApi([a_list()], ends) as api, watching(api, clock=lambda: 5.0) as seen:
        await until(lambda: len(api.asked_watches) == 4)
        assert len(api.asked_lists) == 2
        assert len(seen.waits) == 3


async def test_a08_nothing_is_live_while_nobody_watches() -> None:
    states: list[Liveness] = []
    async with ScriptedApi([a_list()], [Reply(), Reply(), HELD]) as api:

        async def sleep(_: float) -> None:
            states.append(reflector.status.state)

        reflector = Reflector(api.connection, PODS, clock=lambda: 5.0, sleep=sleep)
        task = asyncio.create_task(Watched(reflector, []).run())
        await until(lambda: len(api.asked_watches) == 3 and reflector.status.state is Liveness.LIVE)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert states == [Liveness.STALE, Liveness.STALE]
    assert "end at once, empty" in reflector.status.last_error


@pytest.mark.parametrize("then", ["end", "cut"])
async def test_a09_half_a_frame_is_never_applied_and_the_watch_resumes(then: str) -> None:
    half = frame("MODIFIED", "12")[:-20]
    first = Reply(chunks=[frame("ADDED", "11"), half], then=then)
    async with ScriptedApi([a_list()], [first, HELD]) as api, watching(api) as seen:
        await until(lambda: len(api.asked_watches) == 2)
        assert seen.changes == [("ADDED", "a", "11")]
        assert api.asked_watches[1]["resourceVersion"] == "11"
        assert len(api.asked_lists) == 1


async def test_a10_one_undecodable_frame_is_counted_logged_and_skipped(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("gapwatch"), "propagate", True)
    broken = b'{"type":"ADDED","object":{"metadata":{"name":5}}}\n{"type":\n'
    stream = Reply(chunks=[broken + frame("ADDED", "12")], then="hold")
    async with ScriptedApi([a_list({"metadata": 7}, pod("a"))], [stream]) as api, watching(api) as seen:
        await until(lambda: bool(seen.changes))
        assert seen.lists == [["a"]]
        assert seen.changes == [("ADDED", "a", "12")]
        assert seen.reflector.status.undecodable == 3
    assert "Pod: 2 objects or frames could not be read so far" in caplog.messages


async def test_what_came_before_an_error_in_the_same_read_counts() -> None:
    both = frame("MODIFIED", "12") + error_frame(410, "Expired")
    lists = [a_list(pod("a")), a_list(pod("b"), version="99")]
    async with ScriptedApi(lists, [Reply(chunks=[both]), HELD]) as api, watching(api) as seen:
        await until(lambda: len(seen.lists) == 2)
        assert seen.changes == [("MODIFIED", "a", "12")]


async def test_a08_an_error_in_the_stream_is_an_error_and_no_noise() -> None:
    broken = Reply(chunks=[error_frame(500, "InternalError")])
    async with ScriptedApi([a_list()], [broken, broken, HELD]) as api, watching(api) as seen:
        await until(lambda: len(api.asked_watches) == 3)
        assert len(seen.waits) == 2
        assert len(api.asked_lists) == 1
        assert seen.reflector.status.undecodable == 0


async def test_a11_a_bookmark_with_nulls_in_it_still_advances_the_version() -> None:
    meta = '{"resourceVersion":"77","creationTimestamp":null}'
    mark = f'{{"type":"BOOKMARK","object":{{"kind":"Pod","metadata":{meta},"spec":{{"containers":null}}}}}}\n'
    async with ScriptedApi([a_list()], [Reply(chunks=[mark.encode()]), HELD]) as api, watching(api) as seen:
        await until(lambda: len(api.asked_watches) == 2)
        assert api.asked_watches[1]["resourceVersion"] == "77"
        assert seen.reflector.status.undecodable == 0


async def test_a_version_that_is_no_number_is_taken_as_it_is() -> None:
    opaque = "9" * 5_000  # Python refuses to read so long a number
    stream = Reply(
        chunks=[frame("ADDED", opaque), frame("MODIFIED", "x7"), frame("MODIFIED", "8")], then="hold"
    )
    async with ScriptedApi([a_list()], [stream]) as api, watching(api) as seen:
        await until(lambda: len(seen.changes) == 3)
        assert [version for _, _, version in seen.changes] == [opaque, "x7", "8"]


async def test_a12_a_kind_that_gets_no_bookmarks_may_be_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.cluster.reflector.SILENCE_S", 0.05)
    monkeypatch.setattr("tui.cluster.reflector.SHORT_WATCH_S", 0.0)
    async with ScriptedApi([a_list()]) as api, watching(api, kind=EVENTS) as seen:
        await until(lambda: len(api.asked_watches) >= 3)
        assert seen.waits == []
        assert len(api.asked_lists) == 1
        assert seen.reflector.status.state is Liveness.LIVE


async def test_a12_silence_is_stale_until_a_frame_comes_and_the_second_one_relists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.cluster.reflector.SILENCE_S", 0.2)
    monkeypatch.setattr("tui.cluster.reflector.SHORT_WATCH_S", 0.0)
    mark, looked = bookmark("77"), asyncio.Event()
    streams = [Reply(chunks=[mark], then="hold"), HELD, Reply(chunks=[mark], then="hold")]
    lists = [a_list(), replace(a_list(), after=looked)]
    async with ScriptedApi(lists, streams) as api, watching(api) as seen:
        status = seen.reflector.status
        await until(lambda: len(api.asked_watches) >= 2)
        assert status.state is Liveness.STALE  # the answer to the new watch alone proves nothing
        monkeypatch.setattr("tui.cluster.reflector.SILENCE_S", 60.0)  # the last one may take its time
        looked.set()
        await until(lambda: len(api.asked_lists) == 2 and status.state is Liveness.LIVE)
        assert len(api.asked_watches) <= 3


async def test_a07_a_stream_that_worked_is_watched_again_at_once_however_often_it_is_cut() -> None:
    cuts = [Reply(chunks=[frame("ADDED", f"{number}")], then="cut") for number in range(11, 30)]
    seconds = itertools.count(0, 60)
    async with (
        ScriptedApi([a_list()], cuts) as api,
        watching(api, clock=lambda: float(next(seconds))) as seen,
    ):
        await until(lambda: len(api.asked_watches) >= 10)
        assert seen.waits == []
        assert len(api.asked_lists) == 1


@pytest.mark.parametrize(
    "reply",
    [Reply("<html>\nlog in\nhere"), Reply(chunks=[b'{"type":"BOOKMARK","object":{"metadata":{}}}\n'])],
    ids=["html", "bookmark"],
)
async def test_a08_watches_that_end_at_once_after_noise_are_failures(reply: Reply) -> None:
    async with ScriptedApi([a_list()], [reply]) as api, watching(api, clock=lambda: 5.0) as seen:
        await until(lambda: len(api.asked_lists) >= 3)
        assert len(seen.waits) >= len(api.asked_watches) - 1


async def test_a01_a_stream_of_one_frame_a_watch_is_not_asked_more_than_once_a_second() -> None:
    short = [Reply(chunks=[frame("ADDED", f"{number}")]) for number in range(11, 16)]
    async with ScriptedApi([a_list()], [*short, HELD]) as api, watching(api, clock=lambda: 5.0) as seen:
        await until(lambda: len(api.asked_watches) == 6)
        assert set(seen.waits) == {1.0}


@pytest.mark.parametrize(
    "noise",
    [
        b'{"type":"ADDED","object":{"metadata":{"name":"\xe8"}}}',
        b'{"type":"ADDED","object":{"x":' + b"[" * 200_000,
        b'{"type":"ADDED","object":{"metadata":{"name":"\\ud800"}}}',
    ],
    ids=["latin-1", "nested", "lone surrogate"],
)
async def test_a10_bytes_that_are_no_json_cost_one_frame_and_one_item(noise: bytes) -> None:
    item = noise.partition(b'"object":')[2][:-1]
    listed = b'{"metadata":{"resourceVersion":"10"},"items":[' + item + b"]}"
    stream = Reply(chunks=[noise + b"\n" + frame("ADDED", "12")], then="hold")
    lists = [Reply(listed), a_list(pod("a"))]
    async with ScriptedApi(lists, [stream]) as api, watching(api) as seen:
        await until(lambda: bool(seen.changes))
        assert seen.changes == [("ADDED", "a", "12")]
        assert seen.reflector.status.undecodable >= 1


async def test_a10_an_object_that_can_not_be_read_is_gone_all_the_same_when_it_is_deleted() -> None:
    object_ = '{"metadata":{"name":"a","namespace":"shop","uid":"uid-a"},"spec":{"nodeName":7}}'
    gone = f'{{"type":"DELETED","object":{object_}}}\n'.encode()
    async with (
        ScriptedApi([a_list(pod("a"))], [Reply(chunks=[gone], then="hold")]) as api,
        watching(api) as seen,
    ):
        await until(lambda: bool(seen.changes))
        assert seen.changes == [("DELETED", "a", "")]


async def test_a_continue_token_that_loops_is_no_complete_list() -> None:
    page = a_list(pod("a"), more="again")
    async with ScriptedApi([page]) as api, watching(api) as seen:
        await until(lambda: len(seen.waits) >= 2)
        assert seen.lists == []
        assert "does not end" in seen.reflector.status.last_error
        assert len(api.asked_lists) <= 2 * (len(seen.waits) + 1)


async def test_a11_a_bookmark_advances_the_version_and_shows_nothing() -> None:
    async with ScriptedApi([a_list()], [Reply(chunks=[bookmark("77")]), HELD]) as api, watching(api) as seen:
        await until(lambda: len(api.asked_watches) == 2)
        assert seen.changes == []
        assert api.asked_watches[1]["resourceVersion"] == "77"


async def test_a19_a_frame_of_a_mebibyte_parses() -> None:
    big = frame("ADDED", "11", "big", nodeName="n" * (1 << 20))
    async with ScriptedApi([a_list()], [Reply(chunks=[big], then="hold")]) as api, watching(api) as seen:
        await until(lambda: bool(seen.changes))
        assert seen.changes == [("ADDED", "big", "11")]


async def test_a09_what_a_server_sends_again_is_not_told_again() -> None:
    old = frame("ADDED", "11", "ghost") + bookmark("10") + frame("DELETED", "12", "ghost")
    chunks = [frame("ADDED", "11", "ghost"), frame("DELETED", "12", "ghost"), old, frame("ADDED", "13")]
    async with ScriptedApi([a_list()], [Reply(chunks=chunks), HELD]) as api, watching(api) as seen:
        await until(lambda: len(api.asked_watches) == 2)
        assert [type_ for type_, *_ in seen.changes] == ["ADDED", "DELETED", "ADDED"]
        assert seen.reflector.status.repeated == 2
        assert api.asked_watches[1]["resourceVersion"] == "13"


LIST_ENDS = (
    b'{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"30",'
    b'"annotations":{"k8s.io/initial-events-end":"true"}}}}\n'
)


async def test_a16_a_list_that_comes_as_a_stream_is_told_once_it_is_complete() -> None:
    gone_meanwhile = frame("ADDED", "9", "b") + frame("DELETED", "31", "b")
    chunks = [frame("ADDED", "7", "a"), LIST_ENDS + gone_meanwhile, frame("MODIFIED", "32", "a")]
    async with (
        ScriptedApi(streamed=[Reply(chunks=chunks)], watches=[HELD]) as api,
        watching(api) as seen,
    ):
        await until(lambda: len(api.asked_watches) == 2)
        first, second = api.asked_watches
        assert (first["sendInitialEvents"], first["resourceVersionMatch"]) == ("true", "NotOlderThan")
        assert "sendInitialEvents" not in second
        assert second["resourceVersion"] == "32"
        assert api.asked_lists == []
        assert seen.lists == [["a"]]
        assert seen.changes == [("MODIFIED", "a", "32")]
        assert seen.reflector.status.streamed_list


async def test_a16_nothing_is_told_of_a_streamed_list_that_was_cut_and_it_begins_anew() -> None:
    cut = Reply(chunks=[frame("ADDED", "7", "ghost")], then="cut")
    whole = Reply(chunks=[frame("ADDED", "8", "a"), LIST_ENDS], then="hold")
    async with ScriptedApi(streamed=[cut, whole]) as api, watching(api) as seen:
        await until(lambda: bool(seen.lists))
        assert seen.lists == [["a"]]
        assert all(one["resourceVersion"] == "" for one in api.asked_watches)


async def test_a16_it_is_not_live_before_the_streamed_list_is_complete() -> None:
    begun = Reply(chunks=[frame("ADDED", "7", "a")], then="hold")
    async with ScriptedApi(streamed=[begun]) as api, watching(api) as seen:
        await until(lambda: seen.reflector.status.frames == 1)
        assert seen.reflector.status.state is Liveness.SYNCING
        assert seen.lists == []


@pytest.mark.parametrize("code", [422, 500])
async def test_a16_a_server_without_streamed_lists_is_listed_at_once_and_never_asked_again(code: int) -> None:
    lists = [a_list(pod("a"), version="10"), a_list(pod("b"), version="99")]
    refusal = status(code, "Invalid", "RequestWatchProgress is disabled")
    async with (
        ScriptedApi(lists, [status(410, "Expired"), HELD], streamed=[refusal]) as api,
        watching(api) as seen,
    ):
        await until(lambda: len(seen.lists) == 2 and len(api.asked_watches) == 3)
        assert seen.waits == []
        assert ["sendInitialEvents" in one for one in api.asked_watches] == [True, False, False]
        assert not seen.reflector.status.streamed_list


async def test_a16_a_stream_that_never_completes_its_list_leads_to_a_list() -> None:
    endless = Reply(chunks=[frame("ADDED", "7", "a")])
    async with ScriptedApi([a_list(pod("a"))], streamed=[endless]) as api, watching(api) as seen:
        await until(lambda: bool(seen.lists))
        assert len(api.asked_watches) <= 4
        assert seen.lists == [["a"]]


async def test_a_refusal_is_shown_and_asked_again_only_after_a_wait() -> None:
    async with ScriptedApi([status(403, "Forbidden", "pods is forbidden")]) as api, watching(api) as seen:
        await until(lambda: len(seen.waits) >= 3)
        assert seen.reflector.status.state is Liveness.DENIED
        assert isinstance(seen.reflector.status.error, Refused)
        assert len(api.asked_lists) <= len(seen.waits) + 1


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (401, "(the token or certificate has expired or is not known there: log in again)"),
        (403, "(ask for the right to use pods, or choose a namespace with -n)"),
    ],
)
@pytest.mark.parametrize("in_stream", [False, True])
async def test_a16_a_refused_streamed_list_says_what_to_try_as_any_list(
    code: int, hint: str, in_stream: bool
) -> None:
    no = Reply(chunks=[error_frame(code, "No")]) if in_stream else status(code, "No")
    async with ScriptedApi(streamed=[no]) as api, watching(api) as seen:
        await until(lambda: seen.reflector.status.error is not None)
        assert str(seen.reflector.status.error).endswith(hint)


async def test_a_lost_server_is_stale_until_it_is_live_again() -> None:
    states: list[Liveness] = []
    async with ScriptedApi(
        [a_list(pod("a"))], [Reply(chunks=[frame("ADDED", "11")], then="cut"), HELD]
    ) as api:

        async def sleep(_: float) -> None:
            states.append(reflector.status.state)

        reflector = Reflector(api.connection, PODS, sleep=sleep)
        watched = Watched(reflector, [])
        task = asyncio.create_task(watched.run())
        await until(lambda: len(api.asked_watches) == 2 and reflector.status.state is Liveness.LIVE)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert states == [Liveness.STALE]


async def test_the_selector_and_the_namespace_are_passed_on() -> None:
    async with ScriptedApi([a_list()]) as api:
        async with watching(api, namespace="shop", selector="app=web"):
            await until(lambda: bool(api.asked_watches))
        assert all(one["labelSelector"] == "app=web" for one in api.requests)


@pytest.mark.parametrize(("code", "reason"), [(404, "NotFound"), (403, "Forbidden")])
async def test_a_kind_that_the_server_does_not_serve_is_asked_for_once_a_back_off(
    code: int, reason: str
) -> None:
    async with ScriptedApi([status(code, reason)]) as api, watching(api, kind=BUDGETS) as seen:
        await until(lambda: len(seen.waits) >= 8)
        assert len(api.asked_lists) <= len(seen.waits) + 1
        assert not api.asked_watches
        assert seen.waits[7] >= 30.0, "and ever less often"
        assert seen.lists == []
        assert seen.reflector.status.state is Liveness.DENIED
        assert not seen.reflector.status.needed
        assert all(one.path.startswith("/apis/policy/v1/poddisruptionbudgets") for one in api.received)
