"""Options for all tests: which cluster the end-to-end scenarios run against."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--context NAME` runs tests/e2e on that cluster of yours instead of on a sandbox of their own."""
    group = parser.getgroup("gapwatch")
    group.addoption("--context", default=None, help="kubeconfig context for the end-to-end scenarios")
    group.addoption("--kubeconfig", default=None, help="kubeconfig file for the end-to-end scenarios")
