"""The sandbox as a child: it comes, it goes, and it leaves nothing behind."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest

from tests.waiting import until
from tui.session.source import SandboxProcess


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The child's folder for temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def test_a_sandbox_that_is_stopped_leaves_nothing(temp: Path) -> None:
    sandbox = await SandboxProcess.start()
    assert sandbox.context.server.startswith("https://127.0.0.1:")
    assert sandbox.context.sandbox
    assert list(temp.iterdir()) != []
    await sandbox.stop()
    assert list(temp.iterdir()) == []


async def test_a_sandbox_that_is_given_up_while_it_starts_leaves_nothing(temp: Path) -> None:
    starting = asyncio.ensure_future(SandboxProcess.start())
    await until(lambda: list(temp.iterdir()))
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    assert starting.cancelled()
    assert list(temp.iterdir()) == []
