"""The back-off of a container that crashed: the kubelet's own word first, and what its rungs say before that."""

from __future__ import annotations

import pytest

from tests.build import LONG_AGO, waiting
from tui.facts import ContainerStatus, parse_time
from tui.facts.pods import ContainerState, TerminatedState
from tui.reconcile.backoff import crash_retry, ordinal

ENDED_AT = "2026-01-01T00:00:30Z"
ENDED = parse_time(ENDED_AT) or 0.0
SAID = "back-off {} restarting failed container=web pod=web-1-a_shop(uid)"


def crashed(
    restarts: int,
    *,
    said: str = "",
    started_at: str = "2026-01-01T00:00:20Z",
    finished_at: str | None = ENDED_AT,
) -> ContainerStatus:
    ended = ContainerState(
        terminated=TerminatedState(
            exit_code=1, reason="Error", started_at=started_at, finished_at=finished_at
        )
    )
    if not said:
        return ContainerStatus(name="web", restart_count=restarts, state=ended)
    state = waiting("CrashLoopBackOff", SAID.format(said))
    return ContainerStatus(name="web", restart_count=restarts, state=state, last_state=ended)


@pytest.mark.parametrize(
    ("restarts", "nth", "wait_s", "rung"),
    [
        (0, 1, 0, "1st: 0 to 0 s"),
        (1, 2, 10, "2nd: 10 to 15 s"),
        (2, 3, 20, "3rd: 20 to 30 s"),
        (3, 4, 40, "4th: 40 to 60 s"),
        (4, 5, 80, "5th: 80 to 110 s"),
        (5, 6, 160, "6th: 160 to 190 s"),
        (6, 7, 300, "7th: 300 to 330 s"),
        (41, 42, 300, "42nd: 300 to 330 s"),
    ],
)
def test_the_first_restart_is_at_once_and_the_waits_double_up_to_five_minutes(
    restarts: int, nth: int, wait_s: float, rung: str
) -> None:
    retry = crash_retry(crashed(restarts))
    assert retry is not None
    assert (retry.nth, retry.wait_s, retry.due, retry.rung) == (nth, wait_s, ENDED + wait_s, rung)


@pytest.mark.parametrize(
    ("said", "nth", "wait_s"),
    [("10s", 2, 10), ("40s", 4, 40), ("1m20s", 5, 80), ("2m40s", 6, 160), ("5m0s", 13, 300), ("16s", 13, 16)],
)
def test_the_kubelets_own_word_comes_before_the_number_of_restarts(
    said: str, nth: int, wait_s: float
) -> None:
    retry = crash_retry(crashed(12, said=said))
    assert retry is not None
    assert (retry.nth, retry.wait_s, retry.due) == (nth, wait_s, ENDED + wait_s)


def test_a_run_of_more_than_ten_minutes_is_forgiven() -> None:
    forgiven = crash_retry(crashed(9, started_at="2025-12-31T23:50:29Z"))
    assert forgiven is not None
    assert (forgiven.nth, forgiven.wait_s) == (1, 0)
    just_not = crash_retry(crashed(9, started_at="2025-12-31T23:50:30Z"))
    assert just_not is not None
    assert just_not.wait_s == 300


def test_what_runs_has_no_next_try_and_what_ended_at_no_known_time_no_due_one() -> None:
    assert crash_retry(ContainerStatus(name="web")) is None
    unknown = crash_retry(crashed(1, started_at=LONG_AGO, finished_at=None))
    assert unknown is not None
    assert (unknown.wait_s, unknown.due) == (10, None)


def test_other_words_are_no_back_off() -> None:
    for words in ("soon", "back-off ٣٠s restarting", "back-off 99999999999999s ", "back-off -5s "):
        state = waiting("CrashLoopBackOff", words)
        ended = crashed(2).state
        retry = crash_retry(ContainerStatus(name="web", restart_count=2, state=state, last_state=ended))
        assert retry is not None
        assert retry.wait_s == 20, words


def test_ordinals() -> None:
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 112, 122)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th", "122nd"]
    )
