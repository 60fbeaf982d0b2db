"""Other people's programs: kind and the container engines, started, listened to and ended."""

from __future__ import annotations

import asyncio
import re
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tui.children import child
from tui.clean import one_line

Say = Callable[[str], None]
"""Takes one plain line of progress."""

_LONGEST_LINE = 2**20
_COMMAND_FAILED = re.compile(r':? command ".*" failed with error: .*$')


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that has ended: its exit code and all it wrote."""

    code: int
    out: str = ""
    err: str = ""

    @property
    def reason(self) -> str:
        """Why it failed, on one cleaned line: its ERROR line, and its last line, which says what lay below.

        kind writes `ERROR: failed to …: command "docker …" failed with error: exit status 1` and ends with
        what that command wrote; the command itself helps nobody.
        """
        lines = [line for line in map(one_line, self.err.splitlines()) if line]
        if not lines:
            return f"exit code {self.code}"
        last = lines[-1].removeprefix("ERROR: ").removeprefix("Command Output: ")
        error = next((line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")), last)
        return last if error == last else f"{_COMMAND_FAILED.sub('', error).rstrip(':')}: {last}"


class Runner(Protocol):
    """Runs `argv` to its end. Raises OSError when it can't be started, TimeoutError after `timeout_s`."""

    async def __call__(
        self, argv: Sequence[str], *, say: Say | None = None, timeout_s: float | None = None
    ) -> Finished:
        """`say` gets each line of its stderr as it comes, cleaned."""


async def run(argv: Sequence[str], *, say: Say | None = None, timeout_s: float | None = None) -> Finished:
    """The real Runner: no shell, no stdin, this process' environment; a cancelled program is ended."""
    streams: dict[str, Any] = {"stdin": DEVNULL, "stdout": PIPE, "stderr": PIPE, "limit": _LONGEST_LINE}
    async with child(*argv, **streams) as process, asyncio.timeout(timeout_s):
        assert process.stdout is not None
        assert process.stderr is not None
        out, err, code = await asyncio.gather(
            process.stdout.read(), _read_lines(process.stderr, say), process.wait()
        )
    return Finished(code, out.decode(errors="replace"), err)


async def _read_lines(stream: asyncio.StreamReader, say: Say | None) -> str:
    lines: list[str] = []
    async for raw in stream:
        lines.append(raw.decode(errors="replace"))
        if say and (line := one_line(lines[-1])):
            say(line)
    return "".join(lines)
