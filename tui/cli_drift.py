"""`gapwatch drift` on the command line; what it does is imported when it is needed."""

from __future__ import annotations

from typing import Any

import click

from tui.cli_parts import manifest_options, run, source_of, source_options


@click.command("drift")
@manifest_options
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--local", "locally", is_flag=True, help="Compare here, without the server's dry run.")
@click.option("--apply", "apply_", is_flag=True, help="Apply what has drifted, after telling it.")
@click.option("--force", is_flag=True, help="With --apply: also take fields that others manage.")
@click.option(
    "--arm", metavar="CONTEXT", default="", help="With --apply on a real cluster: its context's name."
)
@source_options
@click.pass_context
def drift(
    ctx: click.Context,
    /,
    output: str,
    locally: bool,
    apply_: bool,
    force: bool,
    arm: str,
    **own: Any,
) -> None:
    """Hold what was declared against what is desired.

    Field by field, as an apply would see it.

    Exit code 0: no drift; 1: drift; 2: it can't be told. With --apply 0: all applied; 1: some were others' fields.
    """
    options = source_of(ctx, **own)
    if not options.manifests:
        raise click.UsageError("what was declared? say --manifests PATH (a file, a folder, or - for stdin)")
    if (force or arm) and not apply_:
        raise click.UsageError(f"{'--force' if force else '--arm'} goes with --apply")
    if apply_ and options.read_only:
        raise click.UsageError("--apply and --read-only contradict each other")
    from tui import drift_lines

    request = drift_lines.DriftRequest(output, locally, apply_, force, arm)
    ctx.exit(run(drift_lines.drift(options, request)))
