"""Watch events from the socket to facts: how many a second of CPU, with what else can watch as peers."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from typing import Any, cast

from tests.bench.processes import Server, in_fresh_python, synthetic_server
from tests.bench.report import Result

BUDGET = 10_000


def rows(events: int) -> list[Result]:
    """Ours for all events, the peers on samples."""
    with synthetic_server(200, 5) as server:
        ours = _rate("ours", server, events)
        peers = {
            "kubernetes Watch().stream": _rate("kubernetes", server, max(100, events // 40)),
            "kr8s async_watch": _rate("kr8s", server, max(50, events // 200)),
        }
    results = [
        Result(
            "receive and decode over the wire",
            f"{ours:,.0f} events a CPU-second",
            budget=f"≥ {BUDGET:,}",
            met=ours >= BUDGET,
        )
    ]
    results += [Result("", "", f"{name} {rate:,.0f}", f"{ours / rate:.0f}") for name, rate in peers.items()]
    return results


def _rate(client: str, server: Server, events: int) -> float:
    answer = in_fresh_python(
        "tests.bench.wire", client=client, url=server.url, kubeconfig=str(server.kubeconfig), events=events
    )
    return float(answer["events"] / answer["cpu_s"])


def measure(client: str, url: str, kubeconfig: str, events: int) -> dict[str, float]:
    """Watches until so many events have come; the list before them is not on the clock."""
    if client == "kubernetes":
        return _kubernetes(url, kubeconfig, events)
    return asyncio.run({"ours": _ours, "kr8s": _kr8s}[client](url, kubeconfig, events))


def _burst(url: str, events: int) -> None:
    with urllib.request.urlopen(
        urllib.request.Request(f"{url}/bench/churn?count={events}", method="POST"), timeout=30
    ):
        pass


async def _ours(url: str, kubeconfig: str, events: int) -> dict[str, float]:
    from tui.cluster.kinds import PODS
    from tui.cluster.reflector import Changed, Reflector
    from tui.session.source import Options, open_source

    source = await open_source(Options(kubeconfig=kubeconfig, all_namespaces=True))
    received, begun = 0, 0.0
    enough = asyncio.Event()

    async def receive() -> None:
        nonlocal received, begun
        async for news in Reflector(source.connection, PODS).reflect():
            if isinstance(news, Changed):
                received += len(news.changes)
            else:
                await asyncio.to_thread(_burst, url, events)
                begun = time.process_time()
            if received >= events:
                enough.set()

    receiving = asyncio.create_task(receive())
    await enough.wait()
    cpu_s = time.process_time() - begun
    receiving.cancel()
    await asyncio.gather(receiving, return_exceptions=True)
    await source.close()
    return {"events": received, "cpu_s": cpu_s}


async def _kr8s(url: str, kubeconfig: str, events: int) -> dict[str, float]:
    import kr8s.asyncio

    api: Any = await kr8s.asyncio.api(kubeconfig=kubeconfig)
    await api.async_api_resources()
    await asyncio.to_thread(_burst, url, events)
    received, begun = 0, time.process_time()
    async for _ in api.async_watch("pods", namespace=kr8s.ALL):
        received += 1
        if received >= events:
            break
    return {"events": received, "cpu_s": time.process_time() - begun}


def _kubernetes(url: str, kubeconfig: str, events: int) -> dict[str, float]:
    from kubernetes import client, config, watch

    load, watching = cast(Any, config.load_kube_config), cast(Any, watch.Watch)
    load(kubeconfig)
    core = client.CoreV1Api()
    _burst(url, events)
    received, begun = 0, time.process_time()
    for _ in watching().stream(core.list_pod_for_all_namespaces, resource_version="1000"):
        received += 1
        if received >= events:
            break
    return {"events": received, "cpu_s": time.process_time() - begun}
