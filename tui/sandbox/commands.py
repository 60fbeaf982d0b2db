"""What a command does that somebody runs in a simulated container: the few that make sense there.

`kill 1`, also by signal and through `sh -c`, `true` and `echo`; every other one is not found, with code 127.
Process 1 is shielded as by the kernel: from inside its own namespace no SIGKILL gets through to it, and no other
signal that it does not handle. So `kill 1` ends a program that heeds SIGTERM, and `kill -9 1` none at all.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tui.sandbox.quoting import go_quote

NOT_FOUND: Final = 127
_TERM: Final = ("TERM", "15")
_SIGNALS: Final = (*_TERM, "KILL", "9", "HUP", "1", "INT", "2", "QUIT", "3")


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it wrote; `terminates`: process 1 has got a SIGTERM."""

    code: int = 0
    stdout: str = ""
    stderr: str = ""
    terminates: bool = False


def outcome_of(command: Sequence[str]) -> Outcome:
    """What becomes of a command, given as words."""
    name = command[0].rpartition("/")[2] if command else ""
    match [name, *command[1:]]:
        case ["sh", "-c", line, *_]:
            return _of_line(line)
        case ["true"]:
            return Outcome()
        case ["echo", *words]:
            return Outcome(stdout=f"{' '.join(words)}\n")
        case ["kill", *words]:
            return _of_kill(words)
    return Outcome(
        NOT_FOUND, stderr=f"exec: {go_quote(''.join(command[:1]))}: executable file not found in $PATH\n"
    )


def _of_line(line: str) -> Outcome:
    try:
        words = shlex.split(line)
    except ValueError:
        return Outcome(2, stderr="sh: syntax error: unterminated quoted string\n")
    if not words:
        return Outcome()
    found = outcome_of(words)
    return found if found.code != NOT_FOUND else Outcome(NOT_FOUND, stderr=f"sh: {words[0]}: not found\n")


def _of_kill(words: list[str]) -> Outcome:
    match words:
        case ["-s", signal, process]:
            pass
        case [flag, process] if flag.startswith("-"):
            signal = flag[1:]
        case [process]:
            signal = "TERM"
        case _:
            return Outcome(1, stderr="kill: you need to specify whom to kill\n")
    signal = signal.upper().removeprefix("SIG")
    if signal not in _SIGNALS:
        return Outcome(1, stderr=f"kill: bad signal name '{signal}'\n")
    if process != "1":
        return Outcome(1, stderr=f"kill: can't kill pid {process}: No such process\n")
    return Outcome(terminates=signal in _TERM)


def heeds_sigterm(command: Sequence[str]) -> bool:
    """Whether a program started so handles SIGTERM: what an image starts does, a bare shell or sleep does not."""
    return not command or command[0].rpartition("/")[2] not in ("sh", "ash", "bash", "sleep")
