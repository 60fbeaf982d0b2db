"""What we do to clusters, on disk before it is done: so that whatever ends us, the next start knows.

JSON Lines, appended and flushed to the disk, readable by their owner only. Several gapwatches may share one journal:
each line is one write, taken in turns, and the lock of a run tells the others that it is still there to undo its own.
"""

from __future__ import annotations

import fcntl
import getpass
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from tui.chaos.steps import AnyStep
from tui.clean import PlainError

COMPACT_ABOVE_BYTES = 4_000_000
ENDED_KEPT = 500
"""How many faults that are over stay after a compaction, for `chaos journal`."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class JournalError(PlainError):
    """The journal can't be written or read: what was tried, what came back, what to do."""


class Entry(msgspec.Struct, frozen=True, tag_field="line", tag="begun"):
    """One fault, written before its first step is sent. `at` and `deadline` are epoch seconds."""

    id: str
    run: str
    at: float
    who: str
    context: str
    server: str
    fault: str
    target: str
    title: str
    undo: str
    steps: tuple[AnyStep, ...]
    deadline: float | None = None
    ephemeral: bool = False
    """Whether the cluster goes with the run: a sandbox of our own."""

    @property
    def lasting(self) -> bool:
        """Whether something has to be taken back."""
        return any(step.undoable for step in self.steps)


class Injected(msgspec.Struct, frozen=True, tag_field="line", tag="injected"):
    """All steps of that fault have been accepted."""

    id: str
    at: float


class Ended(msgspec.Struct, frozen=True, tag_field="line", tag="ended"):
    """That fault is over: undone, done for good, refused, forgotten, or gone with its sandbox."""

    id: str
    at: float
    how: str
    note: str = ""


class Held(msgspec.Struct, frozen=True, tag_field="line", tag="held"):
    """Its undo was tried and not done: a person has to say what holds, or the cluster can't be reached."""

    id: str
    at: float
    why: str


Line = Entry | Injected | Ended | Held


class Told(msgspec.Struct, frozen=True):
    """One fault with what came of it."""

    entry: Entry
    injected_at: float | None = None
    ended_at: float | None = None
    how: str = ""
    note: str = ""
    held: str = ""
    """Why its last undo was not done, or ""."""

    @property
    def outstanding(self) -> bool:
        """Whether something may be left behind."""
        return self.entry.lasting and self.ended_at is None


class Journal:
    """The journal of one run. Its first entry makes the folder, and a lock that says that this run lives."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self.path = folder / "faults.jsonl"
        self._folder = folder
        self.clock = clock
        """Epoch seconds."""
        self.run = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self.corrupt = 0
        """Lines that could not be read at the last look; they are left where they are."""
        self._life: int | None = None

    def _open(self) -> None:
        """Begins this run; JournalError when the folder can't be used. A long journal is made short."""
        if self._life is not None:
            return
        try:
            # One by one: the mode is for the last of several only.
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._folder / "runs").mkdir(mode=0o700, exist_ok=True)
            self._life = self._begin_to_live()
            self._sweep()
            self._compact()
        except OSError as error:
            self.close()
            raise self._error("opened", error) from None

    def _begin_to_live(self) -> int:
        """The lock of this run, held; made anew where another run has swept it away before it was."""
        path = self._lock_of(self.run)
        while True:
            handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
            except OSError:
                os.close(handle)
                raise
            if _is_at(path, handle):
                return handle
            os.close(handle)

    def _sweep(self) -> None:
        """Removes the locks that nobody holds any more: a run that was killed could not."""
        for path in (self._folder / "runs").glob("*.lock"):
            with suppress(OSError):
                handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                finally:
                    os.close(handle)

    def close(self) -> None:
        """Ends this run: what it left behind is anybody's to undo from now on."""
        if self._life is not None:
            self._lock_of(self.run).unlink(missing_ok=True)
            os.close(self._life)
            self._life = None

    def begin(self, **about: Any) -> Entry:
        """Writes that a fault is about to be injected; only then may it be. JournalError when it can't be written."""
        self._open()
        entry = Entry(id=secrets.token_hex(4), run=self.run, at=self.clock(), who=_who(), **about)
        self._append(entry)
        return entry

    def injected(self, entry: Entry) -> None:
        """Writes that all its steps were accepted."""
        self._append(Injected(entry.id, self.clock()))

    def ended(self, entry: Entry, how: str, note: str = "") -> None:
        """Writes that it is over, and how."""
        self._append(Ended(entry.id, self.clock(), how, note))

    def held(self, entry: Entry, why: str) -> None:
        """Writes that its undo was tried and could not be done."""
        self._append(Held(entry.id, self.clock(), why))

    def told(self) -> list[Told]:
        """Every fault with what came of it, oldest first. Lines that can't be read are counted and left alone."""
        found: dict[str, Told] = {}
        self.corrupt = 0
        for raw in self._raw_lines():
            try:
                line: Line = msgspec.json.decode(raw, type=Line)
            except UNREADABLE:
                self.corrupt += 1
                continue
            _take(found, line)
        return list(found.values())

    def outstanding(self) -> list[Told]:
        """What may have been left behind by runs that have ended, and by this one."""
        return [one for one in self.told() if one.outstanding]

    def lives(self, run: str) -> bool:
        """Whether the run that began a fault is still there to undo it itself."""
        if run == self.run:
            return True
        try:
            handle = os.open(self._lock_of(run), os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            # Shared: two that ask at the same time are not to take each other for the run.
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    # ---------------------------------------------------------------- inside

    def _lock_of(self, run: str) -> Path:
        return self._folder / "runs" / f"{Path(run).name}.lock"

    def _raw_lines(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                yield from (line for line in file if line.strip())
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._error("read", error) from None

    def _append(self, line: Line) -> None:
        """One whole line, on the disk when this returns. A torn last line is closed first: it costs itself only."""
        raw = msgspec.json.encode(line) + b"\n"
        try:
            with self._locked() as handle:
                size = os.fstat(handle).st_size
                if size and os.pread(handle, 1, size - 1) != b"\n":
                    raw = b"\n" + raw
                written = 0
                try:
                    while written < len(raw):
                        written += os.write(handle, raw[written:])
                    os.fsync(handle)
                except OSError:
                    os.ftruncate(handle, size)
                    raise
                if not size:
                    self._flush_folder()
        except OSError as error:
            raise self._error("written", error) from None

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The journal, open for appending, while no other process writes to it."""
        while True:
            handle = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if _is_at(self.path, handle):  # no compaction has put another in its place while we waited
                    yield handle
                    return
            finally:
                os.close(handle)

    def _compact(self) -> None:
        """Keeps what is outstanding, what can't be read, and the newest of what is over."""
        if not self.path.exists() or self.path.stat().st_size <= COMPACT_ABOVE_BYTES:
            return
        with self._locked():
            told = self.told()
            ended = [one.entry.id for one in told if not one.outstanding]
            forgotten = set(ended[: max(0, len(ended) - ENDED_KEPT)])
            fresh = self.path.with_suffix(".new")
            try:
                with open(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
                    for raw in self._raw_lines():
                        if _id_of(raw) not in forgotten:
                            file.write(raw if raw.endswith(b"\n") else raw + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(fresh, self.path)
            finally:
                fresh.unlink(missing_ok=True)
            self._flush_folder()

    def _flush_folder(self) -> None:
        """A new file's name is on the disk only when its folder is."""
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _error(self, tried: str, error: OSError) -> JournalError:
        said = error.strerror or str(error)
        return JournalError(f"the journal {self.path} can't be {tried}: {said} (nothing is done without it)")


def _is_at(path: Path, handle: int) -> bool:
    """Whether the open file is the one that is there under that name."""
    try:
        now = os.stat(path)
    except FileNotFoundError:
        return False
    opened = os.fstat(handle)
    return (now.st_dev, now.st_ino) == (opened.st_dev, opened.st_ino)


def _take(found: dict[str, Told], line: Line) -> None:
    if isinstance(line, Entry):
        found.setdefault(line.id, Told(line))
        return
    known = found.get(line.id)
    if known is None:
        return
    match line:
        case Injected(at=at):
            found[line.id] = msgspec.structs.replace(known, injected_at=at)
        case Ended(at=at, how=how, note=note):
            found[line.id] = msgspec.structs.replace(known, ended_at=at, how=how, note=note, held="")
        case Held(why=why):
            found[line.id] = msgspec.structs.replace(known, held=why)


def _id_of(raw: bytes) -> str:
    try:
        return str(msgspec.json.decode(raw).get("id", ""))
    except (*UNREADABLE, AttributeError):
        return ""


def _who() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):  # no name for this uid, as in many containers
        return f"uid {os.getuid()}@{socket.gethostname()}"
