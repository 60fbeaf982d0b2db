"""A10, D7, D8: the log is ours alone, bounded, and holds nothing of theirs."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui import log
from tui.cluster.errors import Refused
from tui.cluster.stream_status import StreamStatus

CANARY = "canary-4711"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where it is written, by a logger as it is at the start."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    logger = logging.getLogger("gapwatch")
    before, propagates = logger.handlers[:], logger.propagate
    logger.handlers[:] = []
    yield tmp_path / "gapwatch" / "gapwatch.log"
    for handler in logger.handlers:
        handler.close()
    logger.handlers[:], logger.propagate = before, propagates


def test_d08_it_tells_what_happened_and_nothing_that_came_from_elsewhere(written: Path) -> None:
    log.log_to_file()
    status = StreamStatus("Pod", needed=True)
    status.leave_out()
    status.failed(Refused(f"context {CANARY}", 403, CANARY, f"Bearer {CANARY}"), 1.0)
    text = written.read_text()
    assert "Pod: 1 objects or frames could not be read so far" in text
    assert "Pod: the stream failed (HTTP 403)" in text
    assert CANARY not in text


def test_while_nothing_goes_wrong_there_is_no_file(written: Path) -> None:
    log.log_to_file()
    assert not written.parent.exists()


def test_d07_it_is_ours_alone_and_bounded(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "LARGEST_BYTES", 2000)
    log.log_to_file()
    for _ in range(200):
        logging.getLogger("gapwatch.streams").warning("the same once more")
    files = sorted(written.parent.iterdir())
    assert [file.name for file in files] == ["gapwatch.log", "gapwatch.log.1"]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert all(file.stat().st_size <= 2000 for file in files)
    assert stat.S_IMODE(written.parent.stat().st_mode) == 0o700


def test_without_a_place_for_it_nothing_is_written_and_nothing_fails(
    tmp_path: Path, written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    log.log_to_file()
    logging.getLogger("gapwatch.streams").warning("unheard")
    assert not written.exists()
    assert capsys.readouterr().err == ""


def test_a10_what_can_not_be_read_for_ever_does_not_fill_the_log(
    written: Path,
) -> None:
    log.log_to_file()
    status = StreamStatus("Pod", needed=True)
    for _ in range(1000):
        status.leave_out()
    assert len(written.read_text().splitlines()) == 10
