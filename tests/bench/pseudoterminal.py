"""A program in a real pseudo-terminal: what it paints and when, what it costs, and keys for it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from tests.bench.processes import resident_kb

SIZE = (48, 160)
_KEPT_BYTES = 4096  # a pattern may begin in one read and end in the next


class PseudoTerminal:
    """`with PseudoTerminal(command) as terminal:` runs it until the block ends; ctrl+q is its signal to leave."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._watched: list[tuple[re.Pattern[bytes], list[tuple[float, bytes]]]] = []
        self._lock = threading.Lock()
        self.bytes_painted = 0

    def __enter__(self) -> PseudoTerminal:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        env = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # people run what has been compiled before
        self.process = subprocess.Popen(
            self._command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=env
        )
        os.close(theirs)
        self._stopping = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.press("\x11")
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._stopping.set()
        self._reader.join(2)
        os.close(self._ours)

    @property
    def pid(self) -> int:
        """The program's process."""
        return self.process.pid

    def press(self, keys: str) -> None:
        """Types."""
        os.write(self._ours, keys.encode())

    def watch_for(self, pattern: bytes) -> list[tuple[float, bytes]]:
        """A list that grows by (monotonic seconds, match) from now on, each time the pattern is painted."""
        seen: list[tuple[float, bytes]] = []
        with self._lock:
            self._watched.append((re.compile(pattern), seen))
        return seen

    def wait_for(self, seen: list[tuple[float, bytes]], within_s: float) -> float:
        """When the first match was painted; TimeoutError if none is."""
        ends = time.monotonic() + within_s
        while not seen:
            if time.monotonic() > ends or self.process.poll() is not None:
                raise TimeoutError("it was not painted in time")
            time.sleep(0.002)
        return seen[0][0]

    def cpu_s(self) -> float:
        """The CPU seconds of all its threads so far."""
        return sum(_thread_s(task) for task in Path(f"/proc/{self.pid}/task").iterdir())

    def ui_thread_s(self) -> float:
        """The CPU seconds of its main thread, which paints, so far."""
        return _thread_s(Path(f"/proc/{self.pid}/task/{self.pid}"))

    def resident_mb(self) -> float:
        """What it holds in memory now."""
        return resident_kb(self.pid) / 1024

    def descriptors(self) -> int:
        """How many files and connections it has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def _read(self) -> None:
        before = b""
        while not self._stopping.is_set():
            ready, _, _ = select.select([self._ours], [], [], 0.2)
            if not ready:
                continue
            try:
                chunk = os.read(self._ours, 65536)
            except OSError:
                return
            at = time.monotonic()
            self.bytes_painted += len(chunk)
            text = before + chunk
            with self._lock:
                for pattern, seen in self._watched:
                    matches = (found for found in pattern.finditer(text) if found.end() > len(before))
                    seen += [(at, found[pattern.groups]) for found in matches]
            before = text[-_KEPT_BYTES:]


def _thread_s(task: Path) -> float:
    """Nanoseconds on a CPU, from the scheduler itself: the ticks of `stat` are too coarse."""
    try:
        return int((task / "schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0
