"""What all commands have in common: the options that choose a source, durations, and how a command is run."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click

C = TypeVar("C", bound=Callable[..., Any])

_SOURCE_OPTIONS = (
    click.option("--context", metavar="NAME", help="The kubeconfig context to use."),
    click.option("--kubeconfig", metavar="FILE", help="The kubeconfig file to use."),
    click.option("-n", "--namespace", metavar="NS", help="Look at this namespace only."),
    click.option("-A", "--all-namespaces", is_flag=True, help="Look at all namespaces."),
    click.option(
        "-l", "--selector", metavar="SELECTOR", default=None, help="Only Deployments with these labels."
    ),
    click.option("--sandbox", is_flag=True, help="Bring a cluster of our own: no Docker, no kubeconfig."),
    click.option("--read-only", is_flag=True, help="Never change anything: chaos can't be armed."),
    click.option(
        "--protect",
        metavar="NS",
        multiple=True,
        help="A namespace that nothing is done to; may be given for each.",
    ),
)


def source_options(command: C) -> C:
    """The options that choose a source, with kubectl's meanings, before or after a subcommand."""
    for option in reversed(_SOURCE_OPTIONS):
        command = option(command)
    return command


_MANIFEST_OPTIONS = (
    click.option(
        "--manifests",
        metavar="PATH",
        multiple=True,
        help="What was declared: a file, a folder, or - for stdin; may be given several times.",
    ),
    click.option("-R", "--recursive", is_flag=True, help="Read the folders in a folder of --manifests too."),
)


def manifest_options(command: C) -> C:
    """The options that say what was declared, with the meanings of kubectl's -f."""
    for option in reversed(_MANIFEST_OPTIONS):
        command = option(command)
    return command


def source_of(ctx: click.Context, **own: Any) -> Any:
    """The source options of this command laid over those of the commands before it."""
    from tui.session.options import Options, is_namespace_name

    given: dict[str, Any] = {}
    chain: list[dict[str, Any]] = [own]
    parent = ctx.parent
    while parent is not None:
        chain.insert(0, parent.params)
        parent = parent.parent
    for params in chain:
        for name in Options.__dataclass_fields__:
            if params.get(name):
                # What one of them protects the next one does not give free.
                given[name] = given.get(name, ()) + params[name] if name == "protect" else params[name]
    if given.get("sandbox") and (given.get("context") or given.get("kubeconfig")):
        raise click.UsageError("--sandbox brings its own cluster: leave out --context and --kubeconfig")
    if given.get("namespace") and given.get("all_namespaces"):
        raise click.UsageError("-n and -A contradict each other")
    if given.get("namespace") and not is_namespace_name(given["namespace"]):
        raise click.UsageError(f"-n {given['namespace']!r} can't be the name of a namespace")
    for namespace in given.get("protect", ()):
        if not is_namespace_name(namespace):
            raise click.UsageError(f"--protect {namespace!r} can't be the name of a namespace")
    return Options(**given)


class Duration(click.ParamType[float]):
    """`90`, `90s`, `2m`, `1m30s` or `1h`, as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds, or a usage error."""
        if isinstance(value, (int, float)):
            return float(value)
        found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", str(value).strip())
        if not value or found is None or not any(found.groups()):
            self.fail(f"{value!r} is no duration: say 90s, 2m or 1h", param, ctx)
        hours, minutes, seconds = found.groups()
        return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)


def run(work: Coroutine[Any, Any, int]) -> int:
    """Runs one asynchronous command; what it could not do becomes one line and exit code 2."""
    from tui.clean import PlainError
    from tui.leaving import reader_has_gone, run_to_the_end

    try:
        return run_to_the_end(work)
    except PlainError as error:
        return complain(str(error))
    except BrokenPipeError:  # here, because click would make a 1 of it, which says that there are gaps
        return reader_has_gone()


def complain(text: str) -> int:
    """One line about what could not be done; gives the exit code for it."""
    from tui.clean import one_line

    click.echo(f"gapwatch: {one_line(text)}", err=True)
    return 2
