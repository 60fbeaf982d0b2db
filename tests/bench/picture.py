"""From nothing to the first complete picture: Deployments, ReplicaSets and pods, with every row concluded."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time

from tests.bench.processes import Cost, Server, in_fresh_python, peak_mb, run, synthetic_server
from tests.bench.report import Result

LISTS = ("/apis/apps/v1/deployments", "/apis/apps/v1/replicasets", "/api/v1/pods")
KUBECTL = ("get", "deploy,rs,po", "-A")


def rows(deployments: int, replicas: int = 5) -> list[Result]:
    """Ours beside curl and kubectl, all from the same server."""
    with synthetic_server(deployments, replicas) as server:
        _curl(server)  # the first one warms the server
        ours = in_fresh_python(
            "tests.bench.picture", kubeconfig=str(server.kubeconfig), rows_there=deployments
        )
        curl = _curl(server)
        table, whole = _kubectl(server), _kubectl(server, "-o", "json")
    # What is promised beside curl is for a real API server, which needs far longer to send it.
    return compared(
        "first complete picture", ours, (deployments, replicas), curl, table, whole, curl_budget=None
    )


def compared(
    what: str,
    ours: dict[str, float],
    size: tuple[int, int],
    curl: Cost,
    table: Cost,
    whole: Cost,
    *,
    curl_budget: float | None = 1.2,
) -> list[Result]:
    """Our figures, and a line a peer; `size` is Deployments and pods of each."""
    deployments, replicas = size
    wall_s = ours["wall_s"]
    results = [
        Result(
            f"{what} of {deployments:,} + {deployments:,} + {deployments * replicas:,}",
            f"{wall_s:.2f} s, {ours['cpu_s']:.2f} s CPU, {ours['peak_mb']:.0f} MB",
        )
    ]
    for name, peer, budget in (
        ("curl --parallel", curl, curl_budget),
        ("kubectl get deploy,rs,po -A", table, 0.4),
        ("the same with -o json", whole, 0.12),
    ):
        ratio = wall_s / peer.wall_s
        said = f"{name} {peer.wall_s:.2f} s, {peer.peak_mb:.0f} MB"
        within = "" if budget is None else f"≤ {budget}"
        results.append(
            Result("", "", said, f"{ratio:.2f}", within, None if budget is None else ratio <= budget)
        )
    return results


def _curl(server: Server) -> Cost:
    command = ["curl", "--silent", "--parallel"]
    for path in LISTS:
        command += ["--output", os.devnull, server.url + path]
    return run(command, quiet=True)


def _kubectl(server: Server, *more: str) -> Cost:
    with tempfile.TemporaryDirectory() as cache:
        where = ("--kubeconfig", str(server.kubeconfig), "--cache-dir", cache)
        return run(["kubectl", *where, *KUBECTL, *more], quiet=True)


def measure(kubeconfig: str | None, rows_there: int, context: str | None = None) -> dict[str, float]:
    """From opening the source until the first batch with every row is there."""
    from tui.session.engine import Batch, Engine
    from tui.session.source import Options, open_source

    async def look() -> dict[str, float]:
        complete, known = asyncio.Event(), set[str]()

        def take(batch: Batch) -> None:
            known.update(row.uid for row in batch.rows)
            if len(known) >= rows_there:
                complete.set()

        begun, cpu = time.monotonic(), time.process_time()
        source = await open_source(Options(kubeconfig=kubeconfig, context=context, all_namespaces=True))
        try:
            async with Engine(source, on_batch=take).running():
                await complete.wait()
                wall_s, cpu_s = time.monotonic() - begun, time.process_time() - cpu
        finally:
            await source.close()
        return {"wall_s": wall_s, "cpu_s": cpu_s, "peak_mb": peak_mb()}

    return asyncio.run(look())
