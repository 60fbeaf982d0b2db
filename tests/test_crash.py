"""D3 to D6: a crash, a signal, or a terminal that is odd: what is shown, what is left, and no secret anywhere."""

from __future__ import annotations

import re
import signal
import stat
import time
from functools import partial
from pathlib import Path

import pytest

from tests.liveshop import LiveShop
from tests.liveshop import open_shop as open_shop
from tests.liveshop import shop as shop
from tests.terminal import Terminal
from tui.crash import write_crash
from tui.log import state_folder
from tui.sandbox.loops.client import DEPLOYMENTS

CANARY = "canary-4711"
SIGNALS = [signal.SIGHUP, signal.SIGINT]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# ---------------------------------------------------------------- what is told and written down


def crash(token: str) -> BaseException:
    """A real exception, whose message and whose frames know a token."""

    def connect(authorization: str) -> None:
        raise RuntimeError(f"401 for {authorization}")

    try:
        connect(f"Bearer {token}")
    except RuntimeError as error:
        return error
    raise AssertionError


def test_d03_neither_the_message_nor_the_log_knows_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    told = write_crash(crash(CANARY)).message
    log = tmp_path / "state" / "gapwatch" / "crash.log"
    written = log.read_text()
    assert CANARY not in told + written
    assert "Bearer" not in told + written
    assert told.splitlines() == [
        f"gapwatch crashed: RuntimeError at {Path(__file__).name}:{crash(CANARY).__traceback__.tb_next.tb_lineno};"  # type: ignore[union-attr]
        " this is a bug",
        f"where it happened: {log}",
    ]
    assert f"{__file__}:" in written
    assert "in connect" in written


def test_d03_the_log_is_ours_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for _ in range(2):
        write_crash(crash(CANARY))
    assert mode(state_folder()) == 0o700
    assert mode(state_folder() / "crash.log") == 0o600


def test_d03_a_log_that_others_could_read_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "gapwatch").mkdir(mode=0o755)
    (tmp_path / "gapwatch" / "crash.log").touch(0o644)
    write_crash(crash(CANARY))
    assert mode(tmp_path / "gapwatch" / "crash.log") == 0o600


def test_d03_without_a_place_for_a_log_the_crash_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    first, second = write_crash(crash(CANARY)).message.splitlines()
    assert first.startswith("gapwatch crashed: RuntimeError")
    assert second.startswith("no log could be written: ")


def test_a_crash_without_a_traceback_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert write_crash(ValueError(CANARY)).message.startswith(
        "gapwatch crashed: ValueError at ?; this is a bug"
    )


# ---------------------------------------------------------------- in a terminal


BROKEN = """
import sys
from tui import app
from tui.session.source import Options

class Broken(app.GapwatchApp):
    def {method}(self):
        token = "-".join(["canary", "4711"])
        raise RuntimeError("failed with " + token)

app.GapwatchApp = Broken
sys.exit(app.run(Options(kubeconfig=sys.argv[1])))
"""


@pytest.mark.parametrize("method", ["on_mount", "_tell_source"], ids=["on mount", "while it runs"])
def test_d03_a_crash_restores_the_terminal_and_tells_no_secret(
    shop: LiveShop, tmp_path: Path, method: str
) -> None:
    assert CANARY not in BROKEN
    with Terminal(["-c", BROKEN.format(method=method), shop.kubeconfig], folder=tmp_path) as terminal:
        code = terminal.ended()
        assert code == 1
        assert terminal.left_on() == []
        assert terminal.modes_are_back()
        assert CANARY.encode() not in terminal.written
        after = terminal.written.rpartition(b"\x1b[?1049l")[2].decode()
        assert "gapwatch crashed: RuntimeError at <string>:" in after
        log = terminal.state / "gapwatch" / "crash.log"
        assert str(log) in after
        assert "Traceback" not in after
        assert CANARY not in log.read_text()
        assert list(terminal.temporary.iterdir()) == []


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_d04_a_signal_restores_the_terminal_and_is_the_exit_code(
    shop: LiveShop, tmp_path: Path, number: signal.Signals
) -> None:
    with Terminal(["-m", "tui", "--kubeconfig", shop.kubeconfig], folder=tmp_path) as terminal:
        terminal.shows("stock")
        terminal.signal(number)
        assert terminal.ended() == 128 + number
        assert terminal.left_on() == []
        assert terminal.modes_are_back()
        assert list(terminal.temporary.iterdir()) == []
        assert not terminal.state.exists(), "and no crash was written"


def test_d04_a_signal_ends_the_sandbox_too(tmp_path: Path) -> None:
    with Terminal(["-m", "tui", "--sandbox"], folder=tmp_path) as terminal:
        terminal.shows("payments")
        assert len(terminal.children()) == 1
        terminal.signal(signal.SIGTERM)
        assert terminal.ended() == 143
        assert terminal.left_on() == []
        assert terminal.modes_are_back()
        assert terminal.children() == []
        assert list(terminal.temporary.iterdir()) == []


def test_d04_a_terminal_that_goes_away_leaves_nothing(tmp_path: Path) -> None:
    with Terminal(["-m", "tui", "--sandbox"], folder=tmp_path) as terminal:
        terminal.shows("payments")
        terminal.vanish()
        assert terminal.ended() == 129
        assert terminal.children() == []
        assert list(terminal.temporary.iterdir()) == []


def test_d04_a_terminal_that_goes_away_without_a_word_leaves_nothing(shop: LiveShop, tmp_path: Path) -> None:
    with Terminal(["-m", "tui", "--kubeconfig", shop.kubeconfig], folder=tmp_path) as terminal:
        terminal.shows("stock")
        terminal.vanish_unsaid()
        assert terminal.ended() == 129
        assert list(terminal.temporary.iterdir()) == []


def test_d04_a_signal_while_the_sandbox_is_opening_leaves_nothing(tmp_path: Path) -> None:
    with Terminal(["-m", "tui", "--sandbox"], folder=tmp_path) as terminal:
        terminal.until(lambda: any(terminal.temporary.glob("gapwatch-sandbox-*")))
        terminal.signal(signal.SIGTERM)
        assert terminal.ended() == 143
        assert terminal.left_on() == []
        assert terminal.children() == []
        assert list(terminal.temporary.iterdir()) == []


def test_d05_invalid_utf8_and_a_huge_paste_do_not_end_it(shop: LiveShop, tmp_path: Path) -> None:
    with Terminal(["-m", "tui", "--kubeconfig", shop.kubeconfig], folder=tmp_path) as terminal:
        terminal.shows("stock")
        terminal.type(b"\xff\xfe\xc3(\x80")
        terminal.type(b"\x1b[200~" + b"d" * 100_000 + b"\x1b[201~")
        terminal.type(b"?")
        terminal.shows("Legend")
        terminal.type(b"\x11")
        assert terminal.ended() == 0, "leaving by ctrl+q is no error"
        assert terminal.left_on() == []
        assert terminal.modes_are_back()


def test_d06_without_colour_everything_is_grey(shop: LiveShop, tmp_path: Path) -> None:
    command = ["-m", "tui", "--kubeconfig", shop.kubeconfig]
    with Terminal(command, folder=tmp_path, NO_COLOR="1", COLORTERM="truecolor") as terminal:
        terminal.shows("stock")
        terminal.type(b"\x11")
        assert terminal.ended() == 0
        colours = set(re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", terminal.written))
    assert len(colours) > 2
    assert all(red == green == blue for red, green, blue in colours)


def test_d06_the_screen_is_in_the_terminal_wherever_errors_go(shop: LiveShop, tmp_path: Path) -> None:
    errors = tmp_path / "errors"
    command = ["-m", "tui", "--kubeconfig", shop.kubeconfig]
    with Terminal(command, folder=tmp_path, errors=errors) as terminal:
        terminal.shows("stock")
        terminal.type(b"\x11")
        assert terminal.ended() == 0
        assert terminal.left_on() == []
        assert terminal.modes_are_back()
    assert errors.read_bytes() == b""


def test_d05_a_terminal_that_does_not_read_delays_no_watch(shop: LiveShop, tmp_path: Path) -> None:
    told = tmp_path / "told"
    with Terminal(["-m", "tests.told", shop.kubeconfig, str(told)], folder=tmp_path) as terminal:
        terminal.shows("stock")
        terminal.stop_reading()
        jam(terminal)
        for replicas in (4, 2, 5):
            shop.wait_for(shop._stranger.patch(DEPLOYMENTS, "shop", "web", {"spec": {"replicas": replicas}}))
            line = f"shop/web {replicas} {replicas}"
            terminal.until(partial(lambda line: line in told.read_text(), line))
        terminal.go_on_reading()
        terminal.shows("5")
        terminal.type(b"\x11")
        assert terminal.ended() == 0
        assert terminal.modes_are_back()


def jam(terminal: Terminal) -> None:
    """Has the program write until nothing more goes into the terminal, which is not empty then."""
    before, same = 0, 0
    while not before or same < 20:
        terminal.type(b"?\x1b")  # help, and back: the whole screen, twice
        time.sleep(0.02)
        waiting = terminal.unread()
        before, same = waiting, same + 1 if waiting == before else 0


def test_d05_two_hundred_resizes_in_a_second_do_not_end_it(shop: LiveShop, tmp_path: Path) -> None:
    with Terminal(["-m", "tui", "--kubeconfig", shop.kubeconfig], folder=tmp_path) as terminal:
        terminal.shows("stock")
        for number in range(200):
            terminal.resize(10 + number % 40, 40 + number % 120)
            time.sleep(0.005)
        terminal.resize(24, 80)
        terminal.type(b"?")
        terminal.shows("Legend")
        terminal.type(b"\x11")
        assert terminal.ended() == 0
        assert terminal.modes_are_back()
