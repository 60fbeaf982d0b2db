"""The engines of these tests, first on the PATH."""

from __future__ import annotations

from pathlib import Path

import pytest

from .fake_engine import ENGINES, FakeEngine


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """Each engine in turn."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return FakeEngine(tmp_path, request.param)


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """docker alone, for what is the same with all."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return FakeEngine(tmp_path, "docker")
