"""A list of pods from bytes to facts: CPU seconds for all of them, and what a pod holds in memory."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from typing import Any

from tests.bench.fleet import Fleet
from tests.bench.processes import in_fresh_python, resident_kb
from tests.bench.report import Result

PAGE = 500
BUDGET_S, BUDGET_KB = 1.0, 4.0
BUDGET_PODS = 50_000


def rows(pods: int) -> list[Result]:
    """Ours for all pods; the peers on samples, scaled."""
    ours = _of("ours", pods)
    peers = {"json": _of("json", pods // 5), "kubernetes models": _of("kubernetes", min(500, pods))}
    cpu_s, held_kb = ours["cpu_s"], ours["held_kb"]
    results = [
        Result(
            f"decode a list of {pods:,} pods",
            f"{cpu_s:.2f} s CPU, {held_kb:.1f} KB held a pod",
            budget=f"≤ {BUDGET_S * pods / BUDGET_PODS:.2f} s, ≤ {BUDGET_KB:.0f} KB",
            met=cpu_s <= BUDGET_S * pods / BUDGET_PODS and held_kb <= BUDGET_KB,
        )
    ]
    for name, peer in peers.items():
        scaled_s = peer["cpu_s"] / peer["pods"] * pods
        said = f"{name} {scaled_s:.1f} s, {peer['held_kb']:.1f} KB (of {peer['pods']:,})"
        results.append(Result("", "", said, f"{cpu_s / scaled_s:.3f}"))
    return results


def _of(parser: str, pods: int) -> Any:
    return in_fresh_python("tests.bench.decode", parser=parser, pods=pods)


def measure(parser: str, pods: int) -> dict[str, float]:
    """Decodes so many pods, page by page; only the decoding is on the clock."""
    decode = {"ours": _ours, "json": _json, "kubernetes": _kubernetes}[parser]()
    fleet = Fleet(pods // 5, 5)
    decode(fleet.page("pods", 0, PAGE))
    kept, cpu_s, before_kb = [], 0.0, resident_kb()
    for start in range(0, fleet.pods, PAGE):
        body = fleet.page("pods", start, PAGE)
        begun = time.process_time()
        kept.append(decode(body))
        cpu_s += time.process_time() - begun
    body = b""
    gc.collect()
    return {"cpu_s": cpu_s, "held_kb": (resident_kb() - before_kb) / fleet.pods, "pods": fleet.pods}


def _ours() -> Callable[[bytes], Any]:
    from tui.cluster.kinds import PODS

    return lambda body: PODS.page(body)[1]


def _json() -> Callable[[bytes], Any]:
    return json.loads


def _kubernetes() -> Callable[[bytes], Any]:
    from kubernetes import client

    api = client.ApiClient()

    return lambda body: api.deserialize(body.decode(), "V1PodList", "application/json")
