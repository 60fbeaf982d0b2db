"""Options for all tests: which cluster the end-to-end scenarios run against."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--context NAME` runs tests/e2e on that cluster of yours instead of on a sandbox of their own."""
    group = parser.getgroup("gapwatch")
    group.addoption("--context", default=None, help="kubeconfig context for the end-to-end scenarios")
    group.addoption("--kubeconfig", default=None, help="kubeconfig file for the end-to-end scenarios")


@pytest.fixture(scope="session", autouse=True)
def state_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test writes into the state folder of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield
