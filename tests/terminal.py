"""A program in a terminal of its own, as a person would run it: what it writes, what it leaves behind."""

from __future__ import annotations

import array
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.waiting import PATIENCE_S

SIZE = (24, 80)
ON_AND_OFF = {
    "alternate screen": (b"\x1b[?1049h", b"\x1b[?1049l"),
    "mouse": (b"\x1b[?1000h", b"\x1b[?1000l"),
    "mouse movement": (b"\x1b[?1003h", b"\x1b[?1003l"),
    "paste": (b"\x1b[?2004h", b"\x1b[?2004l"),
    "hidden cursor": (b"\x1b[?25l", b"\x1b[?25h"),
}
"""What a full-screen program switches on, and how it is switched off again."""


class Terminal:
    """A pseudo terminal with one program in it, in a session of its own; killed at the end if it still runs."""

    def __init__(
        self, arguments: Sequence[str], *, folder: Path, errors: Path | None = None, **env: str
    ) -> None:
        self._errors = errors
        """The file that its standard error leads into, instead of the terminal."""
        self._arguments = [sys.executable, *arguments]
        self.temporary, self.state = folder / "tmp", folder / "state"
        self.temporary.mkdir()
        self._env = {
            name: value for name, value in os.environ.items() if name not in ("KUBECONFIG", "NO_COLOR")
        }
        self._env |= {"HOME": str(folder), "TMPDIR": str(self.temporary), "XDG_STATE_HOME": str(self.state)}
        self._env |= {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | env
        self._written = bytearray()
        self._closing = threading.Event()
        self._reading = threading.Event()
        self._reading.set()

    def __enter__(self) -> Self:
        self.master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        self._modes = termios.tcgetattr(self._slave)
        with ExitStack() as stack:
            errors = stack.enter_context(self._errors.open("wb")) if self._errors else self._slave
            self.process = subprocess.Popen(
                self._arguments,
                stdin=self._slave,
                stdout=self._slave,
                stderr=errors,
                env=self._env,
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._close()

    def _close(self) -> None:
        if not self._closing.is_set():
            self._closing.set()
            self._reader.join(PATIENCE_S)
            os.close(self._slave)
            os.close(self.master)

    def _read(self) -> None:
        while not self._closing.is_set():
            if self._reading.wait(0.05) and select.select([self.master], [], [], 0.05)[0]:
                self._written += os.read(self.master, 65536)

    # ---------------------------------------------------------------- what people do and see

    @property
    def written(self) -> bytes:
        """Everything that the program has written so far."""
        return bytes(self._written)

    def until(self, fact: Callable[[], object]) -> None:
        """Waits for a fact; TimeoutError shows what was written until then."""
        deadline = time.monotonic() + PATIENCE_S
        while not fact():
            if time.monotonic() > deadline:
                raise TimeoutError(self.written[-2000:].decode("utf-8", "replace"))
            time.sleep(0.01)

    def shows(self, text: str) -> None:
        """Waits until a text has been written."""
        self.until(lambda: text.encode() in self.written)

    def type(self, keys: bytes) -> None:
        """Types."""
        os.write(self.master, keys)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the program alone."""
        self.process.send_signal(number)

    def stop_reading(self) -> None:
        """From now on nobody takes what the program writes: flow control, or a window that hangs."""
        self._reading.clear()

    def go_on_reading(self) -> None:
        """Takes it again."""
        self._reading.set()

    def unread(self) -> int:
        """The bytes that wait to be read; when they no longer grow, the program can't write."""
        waiting = array.array("i", [0])
        fcntl.ioctl(self.master, termios.FIONREAD, waiting)
        return waiting[0]

    def resize(self, rows: int, columns: int) -> None:
        """The window gets another size."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.signal(signal.SIGWINCH)

    def vanish(self) -> None:
        """The terminal's window is closed: the other end is gone, which the kernel tells by SIGHUP."""
        self._close()
        self.signal(signal.SIGHUP)

    def vanish_unsaid(self) -> None:
        """The same to a program that the terminal does not control: it is told nothing."""
        self._close()

    def ended(self) -> int:
        """Waits for the program's end, and for all that it wrote; its exit code."""
        code = self.process.wait(PATIENCE_S)
        if self._closing.is_set():
            return code
        os.write(self._slave, b"\x00end\x00")
        self.until(lambda: self.written.endswith(b"\x00end\x00"))
        return code

    # ---------------------------------------------------------------- what it leaves behind

    def children(self) -> list[int]:
        """The processes that it has started and that still run, even where it has ended meanwhile."""
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                is_ours = f"TMPDIR={self.temporary}\0".encode() in path.read_bytes()
                is_zombie = ") Z " in (path.parent / "stat").read_text()
            except OSError:
                continue
            if is_ours and not is_zombie and int(path.parent.name) != self.process.pid:
                found.append(int(path.parent.name))
        return found

    def left_on(self) -> list[str]:
        """What was switched on and not off again; everything has to have been on."""
        written = self.written
        for name, (on, _) in ON_AND_OFF.items():
            assert on in written, f"{name} was never on: nothing is shown by it being off"
        return [name for name, (on, off) in ON_AND_OFF.items() if written.rfind(off) < written.rfind(on)]

    def modes_are_back(self) -> bool:
        """Whether the terminal echoes and edits lines as before."""
        return termios.tcgetattr(self._slave) == self._modes
