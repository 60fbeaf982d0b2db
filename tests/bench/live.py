"""The dashboard in a terminal, on a large fleet: idle, under load, in a storm; and what it holds in memory."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

from tests.bench.fleet import BEACON
from tests.bench.processes import Server, synthetic_server
from tests.bench.pseudoterminal import PseudoTerminal
from tests.bench.report import Result

BEACONS_A_SECOND = 5.0
"""It is the instrument and not the load: enough for a distribution, too few to matter."""
STORM_BEACONS_A_SECOND = 10.0
WARM_UP_S = 3.0
SETTLES_S = 6.0
CHART_S = 60.0
"""After so long the chart of the last minute is full, and only its clock moves on."""
_COUNT = rb"m *(1\d{5})\x1b"  # alone in its cell: the sum of all that is missing is as large
P50_MS, P99_MS, UI_PERCENT, KEY_MS = 100, 200, 10, 100
WATCHES_OF_A_DAY = 64
"""In eight hours every watch ends about so often."""
GROWS_AT_MOST = 1.05
HELD_MB = {10_000: 120, 50_000: 300}


@dataclass
class Stage:
    """The dashboard on show, the server it watches, and where it reports at its end."""

    terminal: PseudoTerminal
    server: Server
    told: dict[str, Any] = field(default_factory=dict)
    """What it reported when it ended."""


@contextmanager
def on_show(deployments: int, replicas: int) -> Iterator[Stage]:
    """The dashboard with the first complete picture painted."""
    with synthetic_server(deployments, replicas) as server, tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "tests.bench.hosted", str(server.kubeconfig), str(report)]
        terminal = PseudoTerminal(command)
        with terminal:
            terminal.wait_for(terminal.watch_for(rb"app-\d{5}"), 90)
            time.sleep(SETTLES_S)
            stage = Stage(terminal, server)
            yield stage
        stage.told.update(json.loads(report.read_text()))


def _latencies_ms(sent: dict[str, float], painted: list[tuple[float, bytes]]) -> list[float]:
    """From leaving the server until it, or a newer one, was painted; coalesced ones count with what replaced them."""
    newest: list[tuple[float, int]] = []
    for at, word in painted:
        if not newest or int(word) > newest[-1][1]:
            newest.append((at, int(word)))
    found = []
    for count, left in sorted((int(word), at) for word, at in sent.items()):
        found += [(at - left) * 1000 for at, shown in newest if shown >= count][:1]
    return found


@dataclass(frozen=True)
class Minute:
    """What was seen while a load ran."""

    latencies_ms: list[float]
    sent: int
    ui_percent: float
    process_percent: float
    resident_mb: float


def _under_load(stage: Stage, rate: float, seconds: float) -> Minute:
    """Half the time is the load alone, for what it costs; in the other half the beacon tells how late it is."""
    terminal, ask = stage.terminal, stage.server.ask
    painted = terminal.watch_for(_COUNT)
    ask(f"/bench/beacon?rate={BEACONS_A_SECOND}&seconds=1", post=True)
    terminal.wait_for(painted, 20)
    terminal.press("g")  # the beacon's gap is the oldest, and stays: the first line
    ask(f"/bench/churn?rate={rate}&seconds={2 * WARM_UP_S + seconds}", post=True)
    time.sleep(WARM_UP_S)
    begun, ui, whole = time.monotonic(), terminal.ui_thread_s(), terminal.cpu_s()
    time.sleep(seconds / 2)
    passed = time.monotonic() - begun
    ui_percent = (terminal.ui_thread_s() - ui) / passed * 100
    whole_percent = (terminal.cpu_s() - whole) / passed * 100
    begun = time.monotonic()
    ask(f"/bench/beacon?rate={BEACONS_A_SECOND}&seconds={seconds / 2}", post=True)
    time.sleep(seconds / 2 + 1.0)
    sent = {k: at for k, at in ask("/bench/beacons")["sent_at"].items() if at >= begun}
    return Minute(_latencies_ms(sent, painted), len(sent), ui_percent, whole_percent, terminal.resident_mb())


def paint_rows(deployments: int, rate: float, seconds: float) -> list[Result]:
    """Received to painted, and the UI thread's share of a core."""
    with on_show(deployments, 2) as stage:
        minute = _under_load(stage, rate, seconds)
    p50, p99 = _percentiles(minute.latencies_ms)
    return [
        Result(
            f"received → painted, {deployments:,} rows, {rate:.0f} changes/s",
            f"p50 {p50:.0f} ms, p99 {p99:.0f} ms of {len(minute.latencies_ms)}/{minute.sent}",
            budget=f"≤ {P50_MS}, ≤ {P99_MS} ms",
            met=p50 <= P50_MS and p99 <= P99_MS,
        ),
        Result(
            "UI thread in that load",
            f"{minute.ui_percent:.1f} % of a core (process {minute.process_percent:.1f} %)",
            budget=f"≤ {UI_PERCENT} %",
            met=minute.ui_percent <= UI_PERCENT,
        ),
    ]


def _percentiles(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        only = values[0] if values else float("inf")
        return only, only
    cuts = quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[98]


def storm_rows(deployments: int, rate: float, seconds: float) -> list[Result]:
    """No frame lost, the lag at its end, and whether keys are still answered."""
    with on_show(deployments, 2) as stage:
        terminal = stage.terminal
        painted = terminal.watch_for(_COUNT)
        stage.server.ask(f"/bench/beacon?rate={STORM_BEACONS_A_SECOND}&seconds={seconds + 3}", post=True)
        terminal.wait_for(painted, 20)
        stage.server.ask(f"/bench/churn?rate={rate}&seconds={seconds}", post=True)
        ends = time.monotonic() + seconds
        keys_ms, dialogs_ms = [], []
        while time.monotonic() < ends - 2.5:
            keys_ms.append(_key_ms(terminal))
            dialogs_ms.append(_dialog_ms(terminal))
        time.sleep(max(0.0, ends + 2.5 - time.monotonic()))
        told = stage.server.ask("/bench/beacons")
        after = {k: at for k, at in told["sent_at"].items() if at >= ends - 1}
        lag_ms = max(_latencies_ms(after, painted), default=float("inf"))
    streams = stage.told["streams"]
    lost = told["frames"]["pods"] - streams["Pod"]["frames"]
    relists = streams["Pod"]["relists"] + streams["Pod"]["reconnects"]
    p50, slowest = _percentiles(keys_ms)[0], max(keys_ms, default=float("inf"))
    dialog_p50, dialog_slowest = _percentiles(dialogs_ms)[0], max(dialogs_ms, default=float("inf"))
    return [
        Result(
            f"storm: {rate:,.0f} events/s for {seconds:.0f} s: frames lost",
            f"{lost} of {told['frames']['pods']:,}, {relists} reconnects or relists",
            budget="0",
            met=lost <= 0 and not relists,
        ),
        Result("  lag when it ends", f"{lag_ms / 1000:.2f} s", budget="< 1 s", met=lag_ms < 1000),
        Result(
            "  a key answered during it",
            f"p50 {p50:.0f} ms, slowest {slowest:.0f} ms of {len(keys_ms)}",
            budget=f"≤ {KEY_MS} ms",
            met=p50 <= KEY_MS,
        ),
        Result(
            "  a dialog opened during it",
            f"p50 {dialog_p50:.0f} ms, slowest {dialog_slowest:.0f} ms of {len(dialogs_ms)}",
        ),
    ]


def _key_ms(terminal: PseudoTerminal) -> float:
    """From pressing `/` until the filter box is painted, which nothing else does; then it is closed again."""
    shown = terminal.watch_for(rb"namespace, name or why")
    begun = time.monotonic()
    terminal.press("/")
    took_ms = (terminal.wait_for(shown, 20) - begun) * 1000
    terminal.press("\x1b")
    time.sleep(0.5)
    return took_ms


def _dialog_ms(terminal: PseudoTerminal) -> float:
    """From pressing `?` until the help is painted, which nothing else does; then it is closed again."""
    shown = terminal.watch_for(rb"esc closes")
    begun = time.monotonic()
    terminal.press("?")
    took_ms = (terminal.wait_for(shown, 20) - begun) * 1000
    back = terminal.watch_for(BEACON.encode())
    terminal.press("\x1b")
    terminal.wait_for(back, 20)
    time.sleep(0.5)
    return took_ms


def idle_rows(deployments: int, seconds: float) -> list[Result]:
    """What it costs when nothing happens."""
    with on_show(deployments, 2) as stage:
        time.sleep(CHART_S - SETTLES_S)
        begun, cpu_s = time.monotonic(), stage.terminal.cpu_s()
        time.sleep(seconds)
        percent = (stage.terminal.cpu_s() - cpu_s) / (time.monotonic() - begun) * 100
    return [
        Result(
            f"idle, {deployments:,} Deployments",
            f"{percent:.2f} % of a core",
            budget="≤ 1 %",
            met=percent <= 1,
        )
    ]


def memory_rows(pods: int) -> list[Result]:
    """What it holds with so many pods, ten to a Deployment."""
    with on_show(max(1, pods // 10), 10) as stage:
        held_mb = stage.terminal.resident_mb()
    most_mb = next((most for size, most in HELD_MB.items() if pods <= size), HELD_MB[50_000])
    return [
        Result(
            f"memory at {pods:,} pods", f"{held_mb:.0f} MB", budget=f"≤ {most_mb} MB", met=held_mb <= most_mb
        )
    ]


def soak_rows(deployments: int, replacements: int, seconds: float) -> list[Result]:
    """A working day in fast motion: pods go and come, watches end and begin; what is held must not grow with it."""
    held: list[tuple[float, int]] = []
    with on_show(deployments, 5) as stage:
        terminal = stage.terminal
        rate = replacements / seconds
        stage.server.ask(f"/bench/replace?rate={rate}&seconds={seconds}", post=True)
        begun = time.monotonic()
        for number in range(WATCHES_OF_A_DAY):
            time.sleep(max(0.0, begun + seconds * (number + 1) / WATCHES_OF_A_DAY - time.monotonic()))
            stage.server.ask("/bench/cut", post=True)
            terminal.press("j" if number % 8 < 4 else "k")
            held.append((terminal.resident_mb(), terminal.descriptors()))
        time.sleep(SETTLES_S)
    quarter = WATCHES_OF_A_DAY // 4
    early, late = (max(mb for mb, _ in part) for part in (held[quarter : 2 * quarter], held[-quarter:]))
    few, many = (max(open_ for _, open_ in part) for part in (held[quarter : 2 * quarter], held[-quarter:]))
    pods = stage.told["streams"]["Pod"]
    return [
        Result(
            f"soak: {replacements:,} pods replaced, {pods['reconnects']} watches, in {seconds:.0f} s: memory",
            f"{early:.0f} → {late:.0f} MB",
            ratio=f"{late / early:.3f}",
            budget=f"≤ {GROWS_AT_MOST}",
            met=late / early <= GROWS_AT_MOST,
        ),
        Result("  descriptors", f"{few} → {many}", budget="no more", met=many <= few),
    ]
