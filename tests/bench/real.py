"""The first complete picture of a real cluster that carries a load, beside what curl and kubectl need for it."""

from __future__ import annotations

import asyncio
import base64
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench import picture
from tests.bench.load import loaded
from tests.bench.processes import Cost, in_fresh_python, run
from tests.bench.report import Result
from tui.cluster.contexts import Context, kubeconfig_files, read_contexts


def rows(kubeconfig: str | None, context: str | None, deployments: int, replicas: int = 5) -> list[Result]:
    """Puts the load on it, measures, and takes the load away."""
    chosen = read_contexts(kubeconfig_files(kubeconfig)).choose(context)

    async def measured() -> list[Result]:
        async with loaded(kubeconfig, context, deployments, replicas):
            return await asyncio.to_thread(_measure, kubeconfig, chosen, deployments, replicas)

    return asyncio.run(measured())


def _measure(kubeconfig: str | None, context: Context, deployments: int, replicas: int) -> list[Result]:
    where = ["--context", context.name, *(["--kubeconfig", kubeconfig] if kubeconfig else [])]
    _curl(context)  # the first one warms the server
    ours = in_fresh_python(
        "tests.bench.picture", kubeconfig=kubeconfig, context=context.name, rows_there=deployments
    )
    curl = _curl(context)
    table, whole = (_kubectl(where, *more) for more in ((), ("-o", "json")))
    return picture.compared(
        f"{context.name}: first complete picture", ours, (deployments, replicas), curl, table, whole
    )


def _kubectl(where: list[str], *more: str) -> Cost:
    with tempfile.TemporaryDirectory() as cache:
        return run(["kubectl", *where, "--cache-dir", cache, *picture.KUBECTL, *more], quiet=True)


def _curl(context: Context) -> Cost:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        command = ["curl", "--silent", "--fail", "--parallel", *_credentials(context, folder)]
        for path in picture.LISTS:
            command += ["--output", os.devnull, context.server + path]
        return run(command, quiet=True)


def _credentials(context: Context, folder: Path) -> list[str]:
    """What curl needs to be let in; secrets stand in files of the folder, never among the arguments."""
    options: list[str] = []
    for flag, section, name in (
        ("--cacert", context.cluster, "certificate-authority"),
        ("--cert", context.user, "client-certificate"),
        ("--key", context.user, "client-key"),
    ):
        found = _file(section, name, folder)
        options += [flag, found] if found else []
    token = context.user.get("token")
    if token:
        header = folder / "header"
        header.touch(mode=0o600)
        header.write_text(f"Authorization: Bearer {token}\n")
        options += ["--header", f"@{header}"]
    return options


def _file(section: Any, name: str, folder: Path) -> str:
    if section.get(name):
        return str(section[name])
    data = section.get(f"{name}-data")
    if not data:
        return ""
    path = folder / name
    path.touch(mode=0o600)
    path.write_bytes(base64.b64decode(data))
    return str(path)
