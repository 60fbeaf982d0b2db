"""The command line: what it takes, what it refuses in one line, and what it does not import on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from tests.waiting import PATIENCE_S
from tui import cli, cli_parts
from tui.session.source import Options

HEAVY = (
    *("textual", "kr8s", "kubernetes", "aiohttp", "httpx", "yaml"),
    *("tui.app", "tui.plain", "tui.session", "tui.chaos", "tui.chaos_engine", "tui.chaos_lines"),
)


def convert(text: Any) -> float:
    return cli_parts.Duration().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90.0),
        ("90s", 90.0),
        ("2m", 120.0),
        ("1m30s", 90.0),
        ("1m30", 90.0),
        ("0.5s", 0.5),
        ("2.5", 2.5),
        ("0s", 0.0),
        (" 5s ", 5.0),
        (7, 7.0),
    ],
)
def test_durations(text: Any, seconds: float) -> None:
    assert convert(text) == seconds


@pytest.mark.parametrize(
    "text", ["", " ", "soon", "5x", "-5s", "s", "m", "1d", "5s2m", "1.5m", "nan", "inf", "5 s"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no duration: say 90s, 2m or 1h"):
        convert(text)


# ---------------------------------------------------------------- source options


class Taken(Exception):
    """What a command would have been run with."""


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command line up to where its source would be opened; gives its options and what else it was asked."""
    from tui import plain

    def stop(*args: Any) -> Any:
        raise Taken(*args)

    for name in ("once", "watch", "heals", "delete_pod"):
        monkeypatch.setattr(plain, name, stop)

    def run(*args: str) -> tuple[Any, ...]:
        result = CliRunner().invoke(cli.gapwatch, args)
        assert isinstance(result.exception, Taken), result.output
        return result.exception.args

    return run


@pytest.mark.parametrize(
    ("args", "options"),
    [
        (["--once"], Options()),
        (["--once", "--context", "c", "--kubeconfig", "f"], Options(context="c", kubeconfig="f")),
        (["--once", "-n", "shop", "-l", "app=web"], Options(namespace="shop", selector="app=web")),
        (["--once", "-A"], Options(all_namespaces=True)),
        (["--sandbox", "--read-only", "--once"], Options(sandbox=True, read_only=True)),
        ([], Options()),
        (["-n", "shop"], Options(namespace="shop")),
        (["--protect", "db"], Options(protect=("db",))),
    ],
)
def test_source_options(taken: Any, args: list[str], options: Options) -> None:
    assert taken(*args)[0] == options


@pytest.mark.parametrize(
    ("before", "after", "options"),
    [
        ([], [], Options()),
        (["--context", "c"], [], Options(context="c")),
        ([], ["--context", "c"], Options(context="c")),
        (["--context", "other"], ["--context", "c"], Options(context="c")),
        (["--sandbox"], ["-n", "shop"], Options(sandbox=True)),
        (["-A"], ["--read-only"], Options(read_only=True)),
        (["--protect", "a"], ["--protect", "b", "--protect", "c"], Options(protect=("a", "b", "c"))),
        (["--kubeconfig", "f"], ["--context", "c"], Options(kubeconfig="f", context="c")),
    ],
)
def test_source_options_before_and_after_the_subcommand(
    taken: Any, before: list[str], after: list[str], options: Options
) -> None:
    found, request = taken(*before, "chaos", "delete-pod", "shop/web", *after)
    assert found == replace(options, namespace="shop"), "the Deployment's namespace is all that is looked at"
    assert (request.namespace, request.deployment, request.pod) == ("shop", "web", None)


def test_what_delete_pod_is_asked(taken: Any) -> None:
    args = ["--pod", "web-1", "--wait", "--timeout", "1m30s", "--arm", "prod", "-o", "json"]
    _, request = taken("chaos", "delete-pod", "shop/web", *args)
    assert (request.pod, request.wait, request.timeout_s) == ("web-1", True, 90.0)
    assert (request.arm, request.output) == ("prod", "json")


def test_what_heals_is_asked(taken: Any) -> None:
    assert taken("heals") == (Options(), "json", None)
    assert taken("heals", "-n", "shop", "--for", "2m", "-o", "csv") == (
        Options(namespace="shop"),
        "csv",
        120.0,
    )


@pytest.mark.parametrize("output", ["table", "wide", "json"])
def test_the_form_of_one_look(taken: Any, output: str) -> None:
    assert taken("--once", "-o", output)[1] == output
    assert taken("--once")[1] == "table"


@pytest.mark.parametrize(("term", "has_screen"), [("dumb", False), ("xterm-256color", True)])
def test_d06_a_dumb_terminal_gets_plain_lines(
    monkeypatch: pytest.MonkeyPatch, term: str, has_screen: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    for stream in ("stdin", "stdout"):
        monkeypatch.setattr(getattr(sys, stream), "isatty", lambda: True)
    assert cli._has_screen() is has_screen


# ---------------------------------------------------------------- what is refused


def test_the_keyboard_is_no_manifest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_has_screen", lambda: True)
    monkeypatch.setattr("tui.app.run", lambda _options: 0)
    monkeypatch.setattr(sys, "argv", ["gapwatch", "--manifests", "-"])
    with pytest.raises(SystemExit) as leaving:
        cli.main()
    assert leaving.value.code == 2
    assert "the dashboard's is the keyboard" in capsys.readouterr().err


USAGE_ERRORS = [
    (["--frobnicate"], "No such option '--frobnicate'."),
    (["frobnicate"], "No such command 'frobnicate'."),
    (["--context"], "requires an argument"),
    (["--once", "-o", "yaml"], "'yaml' is not one of"),
    (["-o", "json"], "-o goes with --once"),
    (["-n", "a", "-A"], "-n and -A contradict each other"),
    (["--sandbox", "--context", "x"], "--sandbox brings its own cluster"),
    (["--sandbox", "--kubeconfig", "x"], "--sandbox brings its own cluster"),
    (["chaos"], "Missing command."),
    (["workshop"], "Missing command."),
    (["chaos", "frobnicate"], "No such command"),
    (["chaos", "delete-pod"], "Missing argument"),
    (["chaos", "delete-pod", "web"], "say NAMESPACE/DEPLOYMENT"),
    (["chaos", "delete-pod", "/web"], "say NAMESPACE/DEPLOYMENT"),
    (["chaos", "delete-pod", "shop/"], "say NAMESPACE/DEPLOYMENT"),
    (["chaos", "delete-pod", "a/b/c"], "say NAMESPACE/DEPLOYMENT"),
    (["chaos", "delete-pod", "shop/web", "--timeout", "soon"], "is no duration"),
    (["chaos", "delete-pod", "shop/web", "-n", "other"], "contradict each other"),
    (["--sandbox", "chaos", "delete-pod", "shop/web", "--context", "x"], "--sandbox brings its own cluster"),
    (["--once", "chaos", "delete-pod", "shop/web"], "mean nothing there"),
    (["sandbox", "--port", "70000"], "not in the range"),
    (["sandbox", "--speed", "0"], "not in the range"),
    (["sandbox", "--delay", "nap=1s"], "--delay: 'nap=1s' names no delay: there are network, pull"),
    (["sandbox", "extra"], "unexpected extra argument"),
    (["sandbox", "--speed", "nan"], "nan is no speed"),
    (["--read-only", "workshop", "down"], "--read-only before 'workshop down' means nothing there"),
    (["--context", "x", "workshop", "up"], "--context before 'workshop up' means nothing there"),
    (["--kubeconfig", "x", "workshop", "doctor"], "--kubeconfig before 'workshop doctor' means nothing"),
    (["-n", "shop", "sandbox"], "--namespace before 'sandbox' means nothing there"),
    (["--once", "-n", "a/b"], "'a/b' can't be the name of a namespace"),
    (["--once", "-n", "Bad_NS"], "'Bad_NS' can't be the name of a namespace"),
    (["chaos", "delete-pod", "Bad_NS/web"], "'Bad_NS' can't be the name of a namespace"),
    (["--context", "x\x1b[31m\ny", "--sandbox"], "--sandbox brings its own cluster"),
    (["\x1b[31mred\x07"], "No such command"),
]


@pytest.mark.parametrize(("args", "said"), USAGE_ERRORS, ids=lambda value: " ".join(value)[:40])
def test_every_usage_error_is_one_line_and_exit_2(
    args: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["gapwatch", *args])
    with pytest.raises(SystemExit) as leaving:
        cli.main()
    out, err = capsys.readouterr()
    assert leaving.value.code == 2
    assert out == ""
    assert err.startswith("gapwatch: ")
    assert err.count("\n") == 1
    assert err.endswith("--help)\n")
    assert said in err
    assert "\x1b" not in err


def test_interrupted_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*args: Any, **more: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.gapwatch, "main", interrupted)
    with pytest.raises(SystemExit) as leaving:
        cli.main()
    assert leaving.value.code == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("args", "kubeconfig"),
    [
        (["workshop", "down"], None),
        (["--kubeconfig", "mine", "workshop", "down"], Path("mine")),
        (["--kubeconfig", "mine", "workshop", "down", "--kubeconfig", "own"], Path("own")),
    ],
)
def test_a_workshop_takes_the_kubeconfig_from_before_its_name(
    args: list[str], kubeconfig: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui.workshop import kind

    given: list[Path | None] = []

    async def down(*, say: Any, kubeconfig: Path | None) -> None:
        given.append(kubeconfig)

    monkeypatch.setattr(kind, "down", down)
    assert CliRunner().invoke(cli.gapwatch, args).exit_code == 0
    assert given == [kubeconfig]


def test_d03_a_bug_is_one_line_without_a_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tui import plain

    def broken(*args: Any) -> Any:
        raise RuntimeError("canary")

    monkeypatch.setattr(plain, "once", broken)
    monkeypatch.setattr(sys, "argv", ["gapwatch", "--once"])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as leaving:
        cli.main()
    out, err = capsys.readouterr()
    assert (leaving.value.code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("gapwatch crashed: RuntimeError at test_cli.py:")
    assert str(tmp_path) in err
    assert "canary" not in err + (tmp_path / "gapwatch" / "crash.log").read_text()


# ---------------------------------------------------------------- how it ends


def command(script: str) -> list[str]:
    """A Python that runs `work()` of the script as a command of ours."""
    return [
        sys.executable,
        "-c",
        f"import asyncio, sys\nfrom tui import cli_parts, plain\n{script}\nsys.exit(cli_parts.run(work()))",
    ]


WAITING = """
async def work():
    print("begun", flush=True)
    try:
        await asyncio.sleep(60)
    finally:
        print("ended", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_d04_a_signal_is_heeded_in_good_order_and_told(number: signal.Signals) -> None:
    with subprocess.Popen(command(WAITING), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert run.stdout.readline() == "begun\n"
        run.send_signal(number)
        assert (run.stdout.read(), run.stderr.read(), run.wait(PATIENCE_S)) == ("ended\n", "", 128 + number)


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    script = "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + WAITING.replace("60", "0.2")
    script = script.replace(
        '        print("ended"', '        signal.raise_signal(signal.SIGHUP); print("ended"'
    )
    done = subprocess.run(
        command(f"{script}    return 0"), capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "begun\nended\n", "")


def test_a_reader_that_has_gone_is_no_gap() -> None:
    script = "async def work():\n    plain.write_line('x')\n    return 1"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        command(script), stdout=write, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_d06_signs_that_an_encoding_lacks_become_others() -> None:
    code = "import sys\nfrom tui import signs\nsigns.take_any_text(sys.stdout)\nprint('a · b – −2 … 日')"
    env = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, timeout=PATIENCE_S
    )
    assert (done.stdout, done.stderr) == ("a | b - -2 ... ?\n", "")


# ---------------------------------------------------------------- what is not imported


@pytest.mark.parametrize(
    "args",
    [
        *(["--version"], ["--help"], ["-h"], ["sandbox", "--help"], ["chaos", "delete-pod", "-h"]),
        *(["chaos", name, "-h"] for name in ("list", "plan", "run", "undo", "journal", "experiment")),
    ],
)
def test_a_shell_prompt_does_not_wait_for_heavy_imports(args: list[str]) -> None:
    code = (
        "import sys, json, tui.cli\n"
        f"sys.argv = ['gapwatch', *{args!r}]\n"
        "try:\n    tui.cli.main()\n"
        "except SystemExit as leaving:\n    code = leaving.code\n"
        f"print(json.dumps([code, [name for name in {HEAVY!r} if name in sys.modules]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    *said, last = done.stdout.splitlines()
    assert json.loads(last) == [0, []]
    assert said[0].startswith("gapwatch ") or said[0].startswith("Usage: gapwatch")
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [[], ["chaos"], ["workshop"]])
def test_commands_are_told_in_full_at_80_columns(arguments: list[str]) -> None:
    told = CliRunner().invoke(cli.gapwatch, [*arguments, "--help"], terminal_width=80)
    commands = told.output.partition("Commands:\n")[2].splitlines()
    assert len(commands) > 2
    assert [line for line in commands if line.endswith("...") or len(line) > 80] == []
