"""For all tests: which cluster the end-to-end scenarios run against, and which tests keep a promise."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.waiting import PATIENCE_S

# A busy machine is no counterexample. The gate asks the same examples each time, so that what it says of two
# commits can be compared; `--hypothesis-profile=search` looks for new ones.
settings.register_profile("gapwatch", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("gapwatch")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--context NAME` runs tests/e2e on that cluster of yours instead of on a sandbox of their own."""
    group = parser.getgroup("gapwatch")
    group.addoption("--context", default=None, help="kubeconfig context for the end-to-end scenarios")
    group.addoption("--kubeconfig", default=None, help="kubeconfig file for the end-to-end scenarios")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test named for its promise (`test_a05_…`) is found by `pytest -k promise` too."""
    for item in items:
        if re.match(r"test_[acd]\d\d_", item.name):
            item.add_marker("promise")


@pytest.fixture(scope="session", autouse=True)
def state_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test writes into the state folder of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


PATIENT = (
    "tui.chaos.keeper.CLOSE_WITHIN_S",
    "tui.session.session.CLOSE_WITHIN_S",
    "tui.session.source.SANDBOX_READY_S",
    "tui.session.source.SANDBOX_LEAVES_S",
)
"""After how many seconds something is given up, for the sake of whoever waits in front of it."""


@pytest.fixture(scope="session", autouse=True)
def nobody_waits_in_front_of_it() -> Iterator[None]:
    """In a test none of these is given up because the machine is busy."""
    with pytest.MonkeyPatch.context() as patch:
        for name in PATIENT:
            patch.setattr(name, PATIENCE_S)
        yield
