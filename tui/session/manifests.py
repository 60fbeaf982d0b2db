"""From what the command line says was declared to what is held against one source."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tui.declared.deployments import Declared, Written, read_deployments
from tui.session.options import Options
from tui.session.source import Source

DEFAULT = "default"


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
