"""From the shell prompt to the first paint, and what a question for the version costs."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench.processes import run, synthetic_server
from tests.bench.pseudoterminal import PseudoTerminal
from tests.bench.report import Result

QUICK_S = 0.2
TRIVIAL = """
from textual.app import App
from textual.widgets import Static

class Trivial(App):
    def compose(self):
        yield Static("trivial app")

Trivial().run()
"""


def rows(times: int) -> list[Result]:
    """The best of so many runs each: what is in the way of a start is other programs, never our own."""
    trivial = min(_first_paint_s([sys.executable, "-c", TRIVIAL], rb"trivial app") for _ in range(times))
    with synthetic_server(5, 1) as server, tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "tests.bench.hosted", str(server.kubeconfig), str(report)]
        ours = min(_first_paint_s(command, rb"NAMESPACE") for _ in range(times))
        imported = '"kubernetes_imported": true' in report.read_text()
    results = [
        Result(
            "first paint",
            f"{ours:.2f} s CPU" + (", kubernetes imported" if imported else ", kubernetes not imported"),
            f"trivial Textual app {trivial:.2f} s",
            f"{ours / trivial:.2f}",
            "≤ 1.5",
            ours <= 1.5 * trivial and not imported,
        )
    ]
    for option in ("--version", "--help"):
        cpu_s = min(run([sys.executable, "-m", "tui", option], quiet=True).cpu_s for _ in range(times))
        budget = f"≤ {QUICK_S} s"
        results.append(Result(f"gapwatch {option}", f"{cpu_s:.2f} s CPU", "", "", budget, cpu_s <= QUICK_S))
    return results


def _first_paint_s(command: Sequence[str], words: bytes) -> float:
    """The CPU seconds of a program when these words were first painted."""
    with PseudoTerminal(command) as terminal:
        terminal.wait_for(terminal.watch_for(words), 30)
        return terminal.cpu_s()
