"""The clock of all moments goes on while the machine sleeps."""

from __future__ import annotations

import inspect
import sys
import time

import pytest

from tui.app import GapwatchApp
from tui.cluster.reflector import Reflector
from tui.session.engine import Engine
from tui.steady import steady


@pytest.mark.skipif(sys.platform != "linux", reason="its name is another one elsewhere")
def test_it_is_the_one_that_counts_the_nights_too() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= steady() <= time.clock_gettime(time.CLOCK_BOOTTIME)


@pytest.mark.parametrize("of", [Engine, GapwatchApp, Reflector])
def test_whoever_compares_moments_reads_the_same_clock(of: type) -> None:
    assert inspect.signature(of).parameters["clock"].default is steady
