"""The commands of `gapwatch chaos`: the catalogue, plans, faults, what they left behind, and experiments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tui.cli_parts import C, Duration, run, source_of, source_options

LONGEST_S = 24 * 3600.0


class Lasting(Duration):
    """A duration that a fault can last."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds, or a usage error."""
        seconds = super().convert(value, param, ctx)
        if not 0.1 <= seconds <= LONGEST_S:
            self.fail(f"{value!r}: a fault lasts from 0.1s up to 24h", param, ctx)
        return seconds


class Settings(click.ParamType[tuple[str, str]]):
    """`name=value`, as a pair."""

    name = "setting"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """The pair, or a usage error."""
        if isinstance(value, tuple):
            return value
        name, sign, text = str(value).partition("=")
        if not sign or not name:
            self.fail(f"{value!r}: say SETTING=VALUE, such as percent=50%", param, ctx)
        return name, text


_OUTPUT = click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True
)
_ARM = click.option(
    "--arm", metavar="CONTEXT", default="", help="Needed on a real cluster: its context's name."
)


def _fault_and_target(command: C) -> C:
    """The arguments of what is about one fault."""
    for argument in (
        click.option(
            "--for", "for_s", type=Lasting(), help="How long it lasts; otherwise as the catalogue says."
        ),
        click.argument("settings", metavar="[SETTING=VALUE]...", type=Settings(), nargs=-1),
        click.argument("target", metavar="TARGET"),
        click.argument("fault", metavar="FAULT"),
    ):
        command = argument(command)
    return command


def _as_mapping(settings: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The settings by name; a usage error where one is given twice."""
    found = dict(settings)
    if len(found) < len(settings):
        names = [name for name, _ in settings]
        twice = next(name for name in names if names.count(name) > 1)
        raise click.UsageError(f"{twice} is given twice")
    return found


@click.command("list")
@click.argument("fault", metavar="[FAULT]", default="")
@_OUTPUT
@click.pass_context
def list_(ctx: click.Context, /, fault: str, output: str) -> None:
    """Every fault there is, or all about one. Its settings stand with it. Asks no cluster."""
    from tui import chaos_lines

    ctx.exit(run(chaos_lines.listed(fault, output)))


@click.command()
@_fault_and_target
@_OUTPUT
@source_options
@click.pass_context
def plan(
    ctx: click.Context,
    /,
    fault: str,
    target: str,
    settings: tuple[tuple[str, str], ...],
    for_s: float | None,
    output: str,
    **own: Any,
) -> None:
    """Say exactly what a fault would do, and what it needs. Changes nothing, armed or not.

    TARGET is NAMESPACE/DEPLOYMENT, or the name of a node or a zone.
    """
    options = source_of(ctx, **own)
    given = _as_mapping(settings)
    from tui import chaos_lines
    from tui.chaos_engine import PlanRequest

    request = PlanRequest(fault, target, given, for_s, output)
    ctx.exit(run(chaos_lines.plan(options, request)))


@click.command("run")
@_fault_and_target
@click.option(
    "--wait", is_flag=True, help="Wait, after its end, until the gap has closed, and tell the heal."
)
@click.option("--timeout", type=Duration(), default="60s", show_default=True, help="How long to wait.")
@click.option(
    "--steady/--no-steady", default=True, show_default=True, help="Refuse to start on a gap that is open."
)
@click.option("--max-gap", type=click.IntRange(0), metavar="PODS", help="Stop when more pods are wanting.")
@click.option(
    "--max-lost", type=click.FloatRange(0), metavar="POD_SECONDS", help="Stop when more has been lost."
)
@_ARM
@_OUTPUT
@source_options
@click.pass_context
def run_(
    ctx: click.Context,
    /,
    fault: str,
    target: str,
    settings: tuple[tuple[str, str], ...],
    for_s: float | None,
    wait: bool,
    timeout: float,
    steady: bool,
    max_gap: int | None,
    max_lost: float | None,
    arm: str,
    output: str,
    **own: Any,
) -> None:
    """Inject a fault. What lasts is held, and undone when its time is over or a signal comes.

    TARGET is NAMESPACE/DEPLOYMENT, or the name of a node or a zone. Exit 0 done (or settled), 1 not settled in
    time or a limit crossed, 2 not injected.
    """
    options = source_of(ctx, **own)
    given = _as_mapping(settings)
    if max_lost is not None and max_lost != max_lost:
        raise click.UsageError("--max-lost: nan is no limit")
    from tui import chaos_lines
    from tui.chaos_engine import RunRequest

    request = RunRequest(
        fault,
        target,
        given,
        for_s,
        output,
        wait=wait,
        timeout_s=timeout,
        steady=steady,
        max_gap=max_gap,
        max_lost=max_lost,
        arm=arm,
    )
    ctx.exit(run(chaos_lines.run(options, request)))


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Undo everything that is outstanding on this context.")
@click.option("--force", is_flag=True, help="Restore also what others have changed since.")
@click.option("--forget", is_flag=True, help="Undo nothing: leave things as they are now.")
@source_options
@click.pass_context
def undo(
    ctx: click.Context, /, ids: tuple[str, ...], every: bool, force: bool, forget: bool, **own: Any
) -> None:
    """Undo what earlier runs have left behind. Without IDs and --all, say what there is. Exit 1 if anything is left."""
    options = source_of(ctx, **own)
    if ids and every:
        raise click.UsageError("ids and --all contradict each other")
    if force and forget:
        raise click.UsageError("--force and --forget contradict each other")
    if (force or forget) and not (ids or every):
        raise click.UsageError(f"{'--force' if force else '--forget'} needs ids, or --all")
    from tui import journal_lines

    ctx.exit(run(journal_lines.undo(options, journal_lines.UndoRequest(ids, every, force, forget))))


@click.command()
@click.option("--outstanding", is_flag=True, help="Only what may have been left behind.")
@_OUTPUT
@click.pass_context
def journal(ctx: click.Context, /, outstanding: bool, output: str) -> None:
    """Tell every fault that was begun from this account. Also what came of it. Asks no cluster."""
    from tui import journal_lines

    ctx.exit(run(journal_lines.journal(output, outstanding=outstanding)))


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@_ARM
@_OUTPUT
@source_options
@click.pass_context
def experiment(ctx: click.Context, /, file: Path, arm: str, output: str, **own: Any) -> None:
    """Run an experiment: a YAML file of faults in order.

    With waits, and with what is expected of the cluster.

    Exit 0 when all that was expected held, 1 when something did not, 2 when it could not be run.
    """
    options = source_of(ctx, **own)
    from tui import experiment_lines

    request = experiment_lines.ExperimentRequest(file, arm, output)
    ctx.exit(run(experiment_lines.experiment(options, request)))


COMMANDS = (list_, plan, run_, undo, journal, experiment)
