"""The command line: parse, choose a source, hand over. Heavy imports wait until a command needs them."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import click

from tui import cli_chaos, cli_drift
from tui.cli_parts import Duration, complain, manifest_options, run, source_of, source_options
from tui.signs import take_any_text


def _refuse_before(ctx: click.Context, *but: str) -> None:
    """A usage error for options of `gapwatch` that this command would have to leave out, in silence."""
    root = ctx.find_root()
    for option in root.command.params:
        if option.name not in but and root.params.get(option.name or ""):
            command = ctx.command_path.removeprefix(f"{root.command_path} ")
            raise click.UsageError(f"{option.opts[-1]} before {command!r} means nothing there", ctx)


class Speed(click.FloatRange):
    """A number in its range; `nan` compares as if it were in every one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, or a usage error."""
        number = float(super().convert(value, param, ctx))
        if number != number:
            self.fail(f"{value} is no speed", param, ctx)
        return number


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("gapwatch"), message="gapwatch %(version)s")
@source_options
@manifest_options
@click.option("--once", is_flag=True, help="One complete look, then exit: 0 no gap, 1 gaps, 2 can't be told.")
@click.option(
    "-o", "--output", type=click.Choice(["table", "wide", "json"]), default=None, help="The form of --once."
)
@click.pass_context
def gapwatch(ctx: click.Context, /, once: bool, output: str | None, **own: Any) -> None:
    """See Kubernetes reconcile: desired beside actual, the gap, and a button that opens one.

    Without a subcommand: the dashboard, or plain lines where stdout is no terminal or TERM is dumb.
    """
    if ctx.invoked_subcommand is not None:
        if once or output:
            raise click.UsageError(f"--once and -o before {ctx.invoked_subcommand!r} mean nothing there")
        return
    if output and not once:
        raise click.UsageError("-o goes with --once")
    options = source_of(ctx, **own)
    if once and options.manifests:
        raise click.UsageError("--once looks at the gap; to look at drift: gapwatch drift --manifests PATH")
    if once:
        from tui import plain

        ctx.exit(run(plain.once(options, output or "table")))
    if not _has_screen():
        from tui import plain

        ctx.exit(run(plain.watch(options)))
    if "-" in options.manifests:
        raise click.UsageError(
            "--manifests - reads standard input, and the dashboard's is the keyboard: say a file"
        )
    from tui import app

    ctx.exit(app.run(options))


def _has_screen() -> bool:
    """Whether there is a terminal, and one that knows how to move a cursor."""
    return sys.stdout.isatty() and sys.stdin.isatty() and os.environ.get("TERM") != "dumb"


@gapwatch.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Listen on this port; 0 takes a free one."
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="For the kubelets' delays and all names."
)
@click.option(
    "--speed",
    type=Speed(0.1, 1000),
    default=1.0,
    show_default=True,
    help="How fast time passes there.",
)
@click.option("--no-shop", is_flag=True, help="Start without the workshop's Deployments.")
@click.option(
    "--delay",
    "delays",
    metavar="NAME=LEAST..MOST",
    multiple=True,
    help="How long a step of the kubelets takes: network, pull, start, probe, stop or cleanup, "
    "as in pull=1s..3s; may be given for each.",
)
@click.pass_context
def sandbox(
    ctx: click.Context, /, port: int, seed: int, speed: float, no_shop: bool, delays: tuple[str, ...]
) -> None:
    """Run the embedded cluster alone. It is for kubectl, and for gapwatch in another terminal."""
    _refuse_before(ctx)
    from tui.leaving import reader_has_gone
    from tui.sandbox.loops.behaviour import parse_delays

    try:
        kubelet_delays = parse_delays(delays)
    except ValueError as error:
        raise click.UsageError(f"--delay: {error}") from None
    from tui.sandbox.cluster import Sandbox, could_not_listen, run_forever

    def announce(cluster: Sandbox) -> None:
        click.echo(f"export KUBECONFIG={cluster.kubeconfig}")
        click.echo(
            f"# the sandbox listens at {cluster.url}; it is only in memory and gone when it stops (ctrl+c)",
            err=True,
        )

    try:
        number = run_forever(
            port=port, seed=seed, speed=speed, shop=not no_shop, announce=announce, delays=kubelet_delays
        )
        ctx.exit(128 + number if number else 0)
    except BrokenPipeError:
        ctx.exit(reader_has_gone())
    except OSError as error:
        raise click.ClickException(could_not_listen(port, error)) from None


@gapwatch.group(no_args_is_help=False)  # a whole page is no line that says what is missing
def chaos() -> None:
    """Inject a fault, and watch the controllers close the gap."""


for command in cli_chaos.COMMANDS:
    chaos.add_command(command)

gapwatch.add_command(cli_drift.drift)


@chaos.command("delete-pod")
@click.argument("deployment", metavar="NAMESPACE/DEPLOYMENT")
@click.option("--pod", metavar="NAME", help="This pod; otherwise a random one.")
@click.option("--wait", is_flag=True, help="Wait until the gap has closed, and tell the heal.")
@click.option("--timeout", type=Duration(), default="60s", show_default=True, help="How long to wait.")
@click.option("--arm", metavar="CONTEXT", default="", help="Needed on a real cluster: its context's name.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@source_options
@click.pass_context
def delete_pod(
    ctx: click.Context,
    /,
    deployment: str,
    pod: str | None,
    wait: bool,
    timeout: float,
    arm: str,
    output: str,
    **own: Any,
) -> None:
    """Delete one pod of a Deployment. There is no undo: its ReplicaSet replaces it."""
    from tui.session.options import is_namespace_name

    namespace, slash, name = deployment.partition("/")
    if not slash or not namespace or not name or "/" in name:
        raise click.UsageError(f"{deployment!r}: say NAMESPACE/DEPLOYMENT, such as shop/web")
    if not is_namespace_name(namespace):
        raise click.UsageError(f"{namespace!r} can't be the name of a namespace")
    options = source_of(ctx, **own)
    if options.namespace and options.namespace != namespace:
        raise click.UsageError(f"-n {options.namespace} and {deployment} contradict each other")
    from dataclasses import replace

    from tui import plain

    request = plain.DeletePodRequest(namespace, name, pod, wait, timeout, arm, output)
    narrowed = replace(options, namespace=namespace, all_namespaces=False)
    ctx.exit(run(plain.delete_pod(narrowed, request)))


@gapwatch.command()
@click.option("--for", "for_s", type=Duration(), help="Stop after so long; otherwise go on until ctrl+c.")
@click.option("-o", "--output", type=click.Choice(["json", "csv"]), default="json", show_default=True)
@source_options
@click.pass_context
def heals(ctx: click.Context, /, for_s: float | None, output: str, **own: Any) -> None:
    """Watch, and print each heal once it has settled. One line of JSON or CSV with all its numbers."""
    options = source_of(ctx, **own)
    from tui import plain

    ctx.exit(run(plain.heals(options, output, for_s)))


@gapwatch.group(no_args_is_help=False)  # a whole page is no line that says what is missing
def workshop() -> None:
    """A kind cluster for a room, with a small shop on it. It has three zones, and is quick to notice a lost node."""


_KUBECONFIG = click.option(
    "--kubeconfig",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where kind writes the context; default as kubectl's.",
)


def _kubeconfig_of(ctx: click.Context, own: Path | None) -> Path | None:
    """This command's --kubeconfig, else that of `gapwatch`; its other options mean nothing to a workshop."""
    _refuse_before(ctx, "kubeconfig")
    inherited = ctx.find_root().params.get("kubeconfig")
    return own or (Path(inherited) if inherited else None)


@workshop.command()
@_KUBECONFIG
@click.pass_context
def up(ctx: click.Context, /, kubeconfig: Path | None) -> None:
    """Create the cluster, wait for all its nodes, apply the shop. Can be run again at any time."""
    kubeconfig = _kubeconfig_of(ctx, kubeconfig)
    from tui.workshop import kind, target

    ctx.exit(run(_done(kind.up(target.connecting(kubeconfig), say=click.echo, kubeconfig=kubeconfig))))


@workshop.command()
@_KUBECONFIG
@click.pass_context
def down(ctx: click.Context, /, kubeconfig: Path | None) -> None:
    """Delete the cluster named gapwatch, and no other."""
    kubeconfig = _kubeconfig_of(ctx, kubeconfig)
    from tui.workshop import kind

    ctx.exit(run(_done(kind.down(say=click.echo, kubeconfig=kubeconfig))))


@workshop.command()
@click.pass_context
def doctor(ctx: click.Context, /) -> None:
    """Say what this machine lacks for a workshop, each with its fix. Exit 1 when something is missing."""
    _refuse_before(ctx)
    from tui.workshop import doctor as medical

    async def examine() -> int:
        findings = await medical.checks()
        for line in medical.render(findings):
            click.echo(line)
        return medical.exit_code(findings)

    ctx.exit(run(examine()))


async def _done(work: Awaitable[object]) -> int:
    """Success, once the work is done."""
    await work
    return 0


def main() -> NoReturn:
    """The entry point: exit codes as promised, errors as one line, no traceback."""
    for stream in (sys.stdout, sys.stderr):
        take_any_text(stream)
    try:
        code = gapwatch.main(standalone_mode=False)
    except click.exceptions.Exit as leaving:
        code = leaving.exit_code
    except click.UsageError as error:
        name = error.ctx.command_path if error.ctx else "gapwatch"
        code = complain(f"{error.format_message()} (see {name} --help)")
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except click.ClickException as error:
        code = complain(error.format_message())
    except OSError as error:
        code = complain(error.strerror or str(error))
    except Exception as error:
        code = _crashed(error)
    sys.exit(code if isinstance(code, int) else 0)


def _crashed(error: Exception) -> int:
    """One line about a bug of ours, without a value of it: those may hold tokens."""
    from tui.crash import write_crash

    click.echo("; ".join(write_crash(error).message.splitlines()), err=True)
    return 2
