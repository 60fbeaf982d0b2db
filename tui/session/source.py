"""Where the facts come from: chosen as kubectl would choose, and the sandbox where there is nothing to choose."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from tui.clean import one_line
from tui.cluster import access
from tui.cluster.connection import Connection
from tui.cluster.contexts import (
    Context,
    in_cluster,
    kubeconfig_files,
    named_by_environment,
    read_contexts,
)
from tui.cluster.errors import ClusterError, Refused
from tui.cluster.kinds import WATCHED
from tui.log import log_to_file
from tui.session.options import Options as Options
from tui.session.options import is_namespace_name

SANDBOX = "gapwatch-sandbox"
SANDBOX_READY_S = 30.0
SANDBOX_LEAVES_S = 5.0


class SandboxProcess:
    """An embedded cluster of our own, in a process of its own, that ends when we do."""

    def __init__(self, process: asyncio.subprocess.Process, context: Context) -> None:
        self._process = process
        self.context = context

    @classmethod
    async def start(cls) -> SandboxProcess:
        """Starts it and waits until its shop has settled; ClusterError when it does not come up."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tui.sandbox",
            "--until-eof",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(SANDBOX_READY_S):
                line = await process.stdout.readline()
            where = json.loads(line)
            contexts = read_contexts((Path(where["kubeconfig"]),))
        except (TimeoutError, ValueError, KeyError):
            said = await cls._last_words(process)
            raise ClusterError("the sandbox", f"did not come up: {said}") from None
        except BaseException:
            await cls._leave(process)
            raise
        return cls(process, replace(contexts.choose(where.get("context")), sandbox=True))

    async def stop(self) -> None:
        """Closes its standard input, which is its signal to leave, and waits for it."""
        await self._leave(self._process)

    @staticmethod
    async def _leave(process: asyncio.subprocess.Process) -> None:
        """Gently at first: a sandbox that is killed can't remove its kubeconfig."""
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(SANDBOX_LEAVES_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    @staticmethod
    async def _last_words(process: asyncio.subprocess.Process) -> str:
        if process.returncode is None:
            process.kill()
        _, stderr = await process.communicate()
        lines = stderr.decode("utf-8", "replace").strip().splitlines()
        return one_line(lines[-1]) if lines else "it said nothing"


@dataclass
class Source:
    """An open source: its connection, the namespace it is looked at in (None is all), and what to say of it."""

    connection: Connection
    namespace: str | None
    selector: str
    note: str = ""
    sandbox: SandboxProcess | None = None

    async def close(self) -> None:
        """Ends the connection, and the sandbox if it is ours."""
        await self.connection.close()
        if self.sandbox is not None:
            await self.sandbox.stop()


def choose(options: Options) -> Context | None:
    """The context to use, or None for the sandbox: only when it was asked for or no kubeconfig names a context."""
    if options.sandbox:
        return None
    files = kubeconfig_files(options.kubeconfig)
    contexts = read_contexts(files)
    if contexts.by_name or contexts.current or options.kubeconfig or (files and options.context):
        return contexts.choose(options.context)
    if options.context:
        raise ClusterError(f'context "{options.context}"', "there is no kubeconfig", "see --kubeconfig")
    return in_cluster()


def why_the_sandbox(options: Options) -> str:
    """What to say of a sandbox that nobody has asked for, or ""."""
    if options.sandbox:
        return ""
    named, there = named_by_environment(), kubeconfig_files(options.kubeconfig)
    files = ", ".join(map(str, there or named))
    why = "no kubeconfig found"
    if there:
        why = f"{files} names no context"
    elif named:
        why = f"$KUBECONFIG names nothing that exists ({files})"
    return f"{why}: this is a sandbox of our own, only in memory"


async def open_source(options: Options) -> Source:
    """Opens what `options` say; ClusterError for whatever can't be reached, never a silent fall-back."""
    log_to_file()
    context = choose(options)
    if context is not None:
        connection = await Connection.open(context)
        try:
            return await scoped(connection, options)
        except BaseException:
            await connection.close()
            raise
    sandbox = await SandboxProcess.start()
    try:
        connection = await Connection.open(sandbox.context)
    except BaseException:
        await sandbox.stop()
        raise
    namespace = None if options.all_namespaces else options.namespace
    return Source(connection, namespace, options.selector, why_the_sandbox(options), sandbox)


async def scoped(connection: Connection, options: Options) -> Source:
    """-A: all; -n: that one; else the context's own namespace; else all, as far as the rights go."""
    exposed = connection.context.exposed
    note = f"others may read the credentials in {exposed}: chmod 600 it" if exposed else ""
    if options.all_namespaces:
        return Source(connection, None, options.selector, note)
    chosen = options.namespace or connection.context.namespace
    if chosen:
        if not is_namespace_name(chosen):
            raise ClusterError(connection.asked, f'"{chosen}" can\'t be the name of a namespace')
        return Source(connection, chosen, options.selector, note)
    if await _may_list(connection, None) or not await _may_list(connection, "default"):
        return Source(connection, None, options.selector, note)
    narrowed = "no right to list all namespaces: showing default"
    return Source(connection, "default", options.selector, "; ".join(filter(None, (narrowed, note))))


async def is_missing(connection: Connection, namespace: str) -> bool:
    """Whether the API server says that there is no such namespace; False where it does not tell."""
    try:
        await connection.get_path(f"/api/v1/namespaces/{namespace}")
    except ClusterError as error:
        return isinstance(error, Refused) and error.is_not_found
    return False


async def _may_list(connection: Connection, namespace: str | None) -> bool:
    """Whether all kinds without which there is no picture may be listed there."""
    needed = [kind for kind in WATCHED if kind.needed]
    answers = [await access.review(connection, "list", kind.resource, namespace=namespace) for kind in needed]
    return all(answer.allowed for answer in answers)
