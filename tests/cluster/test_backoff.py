"""A1: exponential with jitter, capped, forgetful after quiet."""

from __future__ import annotations

import random

from tui.cluster.backoff import Backoff


def test_a01_back_off_doubles_to_its_cap_with_jitter_and_resets_after_quiet() -> None:
    now = [0.0]
    backoff = Backoff(random.Random(5), lambda: now[0])
    base = 0.8
    for _ in range(12):
        wait = backoff.next_s()
        assert base <= wait < 2 * base
        now[0] += wait
        base = min(base * 2, 30.0)
    assert base == 30.0
    now[0] += 121.0
    assert 0.8 <= backoff.next_s() < 1.6
