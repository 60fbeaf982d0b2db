"""From what the command line says was declared to what is held against one source."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from tui.clean import PlainError
from tui.declared.deployments import Declared, Written, read_deployments
from tui.declared.manifest_files import STDIN, files_of
from tui.session.declaration import Declaration
from tui.session.options import Options
from tui.session.source import Source

DEFAULT = "default"
LOOK_EVERY_S = 1.0
"""How often it is asked whether the files are others; what two looks have found alike is written to the end."""

Stamps = dict[Path, tuple[int, int]]
"""Of each file when it was written last, in nanoseconds, and its bytes."""


async def read_written(options: Options) -> Written | None:
    """Everything that stands in the manifests, or None where none were given; ManifestError names file and line."""
    if not options.manifests:
        return None
    paths = [Path(one) for one in options.manifests]
    return await asyncio.to_thread(read_deployments, paths, recursive=options.recursive)


def declared_for(source: Source, written: Written | None) -> Declared | None:
    """A Deployment without a namespace goes where kubectl would put it: -n, else the context's, else default.

    What is not looked at is not declared either: nothing would tell when it changes, and an apply of all would change
    what nobody sees. Raises ManifestError, and PlainError for what is no selector.
    """
    if written is None:
        return None
    namespace = source.namespace or source.connection.context.namespace or DEFAULT
    return written.declared(namespace, only=source.namespace, selector=source.selector)


async def follow(
    options: Options,
    source: Source,
    declaration: Declaration,
    known: Stamps,
    tell: Callable[[str, str], None],
) -> None:
    """Has what was written anew since `known` declared, until cancelled; `tell` is told (severity, words).

    Where it can't be read, what was declared before holds on: half of a declaration would look like drift. What came
    by standard input came once, and with it all that was given beside it.
    """
    if str(STDIN) in options.manifests:
        return
    seen = known
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        before, seen = seen, await stamps(options)
        if seen == known or seen != before:
            continue
        known = seen
        try:
            declared = declared_for(source, await read_written(options))
        except PlainError as error:
            tell("error", f"{error}; what was declared before holds")
            continue
        assert declared is not None
        declaration.replace(declared)
        count = len(declared.deployments)
        words = f"manifests read anew: {count} Deployment{'' if count == 1 else 's'} declared"
        tell("information", "; ".join((words, *declared.remarks)))


async def stamps(options: Options) -> Stamps:
    """Those of all manifests, to be taken before they are read."""

    def look() -> Stamps:
        found: Stamps = {}
        for one in options.manifests:
            try:
                for file in files_of(Path(one), recursive=options.recursive):
                    state = file.stat()
                    found[file] = state.st_mtime_ns, state.st_size
            except OSError:
                continue  # it is gone, or just now not there: reading it says so
        return found

    return await asyncio.to_thread(look)
