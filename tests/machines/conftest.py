"""The engines of these tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .fake_engine import ENGINES, FakeEngine


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> FakeEngine:
    """Each engine in turn."""
    return FakeEngine(tmp_path, request.param)


@pytest.fixture
def docker(tmp_path: Path) -> FakeEngine:
    """docker alone, for what is the same with all."""
    return FakeEngine(tmp_path, "docker")


@pytest.fixture
def installed(docker: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """docker as a program, first on the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    docker.install()
    return docker
