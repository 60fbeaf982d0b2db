"""The chaos commands: what they take, what they refuse in one line, and what they tell without any cluster."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tui import chaos_lines, cli, experiment_lines, journal_lines
from tui.chaos import catalogue
from tui.chaos.journal import Journal
from tui.chaos.steps import Ref, SetField
from tui.chaos_engine import PlanRequest, RunRequest
from tui.experiment_lines import ExperimentRequest
from tui.journal_lines import UndoRequest
from tui.session.options import Options


class Taken(Exception):
    """What a command would have been run with."""


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command line up to where its source would be opened; gives its options and what else it was asked."""

    def stop(*args: Any) -> Any:
        raise Taken(*args)

    for module, names in ((chaos_lines, ("plan", "run")), (experiment_lines, ("experiment",))):
        for name in names:
            monkeypatch.setattr(module, name, stop)
    monkeypatch.setattr(journal_lines, "undo", stop)

    def run(*args: str) -> tuple[Any, ...]:
        result = CliRunner().invoke(cli.gapwatch, ["chaos", *args])
        assert isinstance(result.exception, Taken), result.output
        return result.exception.args

    return run


def test_what_plan_is_asked(taken: Any) -> None:
    assert taken("plan", "scale", "shop/web") == (Options(), PlanRequest("scale", "shop/web"))
    args = ["replicas=2", "--for", "2m", "--protect", "a", "--protect", "b", "-o", "json", "--context", "c"]
    wanted = PlanRequest("scale", "shop/web", {"replicas": "2"}, 120.0, "json")
    assert taken("plan", "scale", "shop/web", *args) == (Options(context="c", protect=("a", "b")), wanted)


def test_what_run_is_asked(taken: Any) -> None:
    assert taken("run", "drain", "node-b1") == (Options(), RunRequest("drain", "node-b1"))
    limits = ["--max-gap", "0", "--max-lost", "1.5"]
    args = ["image=a=b", "--wait", "--timeout", "9s", "--no-steady", *limits, "--arm", "prod"]
    wanted = RunRequest(
        "bad-image",
        "shop/web",
        {"image": "a=b"},
        wait=True,
        timeout_s=9.0,
        steady=False,
        max_gap=0,
        max_lost=1.5,
        arm="prod",
    )
    assert taken("run", "bad-image", "shop/web", *args)[1] == wanted
    assert wanted.has_limits
    assert not RunRequest("drain", "node-b1").has_limits


def test_what_undo_and_experiment_are_asked(taken: Any) -> None:
    assert taken("undo") == (Options(), UndoRequest())
    assert taken("undo", "a1", "b2", "--force")[1] == UndoRequest(("a1", "b2"), force=True)
    assert taken("undo", "--all", "--forget")[1] == UndoRequest(every=True, forget=True)
    wanted = ExperimentRequest(Path("e.yaml"), "prod", "json")
    args = ["e.yaml", "--arm", "prod", "--protect", "a", "-o", "json", "-n", "shop"]
    assert taken("experiment", *args) == (Options(namespace="shop", protect=("a",)), wanted)


REFUSED = [
    (["plan"], "Missing argument 'FAULT'"),
    (["plan", "scale"], "Missing argument 'TARGET'"),
    (["plan", "scael", "shop/web"], "there is no fault scael (did you mean scale?)"),
    (["plan", "frobnicate", "shop/web"], "there is no fault frobnicate (there is: delete-pod, "),
    (["plan", "scale", "web"], "'web': scale is done to a Deployment: say NAMESPACE/DEPLOYMENT"),
    (["plan", "cordon", "shop/web"], "'shop/web': cordon is done to a node: say its name alone"),
    (["plan", "scale", "shop/web", "replicas"], "'replicas': say SETTING=VALUE"),
    (["plan", "scale", "shop/web", "=3"], "'=3': say SETTING=VALUE"),
    (["plan", "scale", "shop/web", "replica=3"], "there is no setting replica (there is: replicas)"),
    (["plan", "scale", "shop/web", "replicas=3", "replicas=4"], "replicas is given twice"),
    (["plan", "scale", "shop/web", "replicas=-1"], "replicas=-1: say a whole number from 0 to 500"),
    (["plan", "delete-pods", "shop/web", "percent=0"], "percent=0: say a number from 0.01 to 100%"),
    (["plan", "delete-pods", "shop/web", "percent=140"], "percent=140: say a number from 0.01 to 100%"),
    (["plan", "delete-pods", "shop/web", "percent=nan"], "percent=nan: say a number from 0.01 to 100%"),
    (["plan", "delete-pods", "shop/web", "force=perhaps"], "force=perhaps: say true or false"),
    (["plan", "scale", "shop/web", "--for", "soon"], "'soon' is no duration"),
    (["plan", "scale", "shop/web", "--for", "0"], "'0': a fault lasts from 0.1s up to 24h"),
    (["plan", "scale", "shop/web", "--for", "1441m"], "a fault lasts from 0.1s up to 24h"),
    (["run", "delete-pod", "shop/web", "--for", "3s"], "delete-pod does not last: leave out --for"),
    (["run", "scale", "shop/web", "--max-gap", "-1"], "-1 is not in the range x>=0"),
    (["run", "scale", "shop/web", "--max-lost", "nan"], "--max-lost: nan is no limit"),
    (["run", "scale", "shop/web", "-n", "other"], "-n other and shop/web contradict each other"),
    (["run", "scale", "Bad_NS/web", "--sandbox", "--context", "x"], "--sandbox brings its own cluster"),
    (["run", "scale", "x\x1b[31m\ny"], "say NAMESPACE/DEPLOYMENT"),
    (["undo", "a1", "--all"], "ids and --all contradict each other"),
    (["undo", "--force"], "--force needs ids, or --all"),
    (["undo", "--forget"], "--forget needs ids, or --all"),
    (["undo", "--all", "--force", "--forget"], "--force and --forget contradict each other"),
    (["list", "scael"], "there is no fault scael (did you mean scale?)"),
    (["list", "-o", "yaml"], "'yaml' is not one of"),
    (["experiment"], "Missing argument 'FILE'"),
    (["experiment", "nowhere.yaml"], "nowhere.yaml: can't be read: No such file or directory"),
]


@pytest.mark.parametrize(("args", "said"), REFUSED, ids=[" ".join(args)[:50] for args, _ in REFUSED])
def test_what_is_refused_is_one_line_and_exit_2(
    args: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run_main(monkeypatch, capsys, *args)
    assert (code, out) == (2, "")
    assert err.startswith("gapwatch: ")
    assert err.count("\n") == 1
    assert said in err
    assert "\x1b" not in err


def run_main(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *args: str
) -> tuple[Any, str, str]:
    """The exit code, stdout and stderr of `gapwatch chaos …` in this process."""
    monkeypatch.setattr(sys, "argv", ["gapwatch", "chaos", *args])
    with pytest.raises(SystemExit) as leaving:
        cli.main()
    out, err = capsys.readouterr()
    return leaving.value.code, out, err


# ---------------------------------------------------------------- the catalogue


def test_the_catalogue_lists_every_fault_once_under_its_group(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run_main(monkeypatch, capsys, "list")
    assert (code, err) == (0, "")
    lines = [line.split()[0] for line in out.splitlines() if line.startswith("  ")]
    assert sorted(lines) == sorted(fault.name for fault in catalogue.FAULTS)
    titles = [line for line in out.splitlines() if line and not line.startswith(" ")]
    assert titles == list(dict.fromkeys(titles)), "each group once"
    assert "NODES" in titles


def test_the_catalogue_as_a_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run_main(monkeypatch, capsys, "list", "-o", "json")
    told = {one["fault"]: one for one in json.loads(out)}
    assert (code, list(told)) == (0, [fault.name for fault in catalogue.FAULTS])
    assert told["cordon"]["target"] == "node"
    (replicas,) = told["scale"]["settings"]
    assert (replicas["type"], replicas["default"], replicas["least"], replicas["most"]) == (
        "integer",
        None,
        0,
        500,
    )


@pytest.mark.parametrize("fault", catalogue.FAULTS, ids=lambda fault: fault.name)
def test_all_about_one_fault(
    fault: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run_main(monkeypatch, capsys, "list", fault.name)
    for word in (fault.does, fault.teaches, fault.success, *fault.actors):
        assert word in out
    for setting in fault.settings:
        assert f"  {setting.name}=" in out


# ---------------------------------------------------------------- the journal


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """A journal of our own, with one fault that is outstanding and one that is not."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    book = Journal(tmp_path / "gapwatch", lambda: 1_700_000_000.0)
    begin(book, "scale", "scale shop/web from 3 to 1")
    book.ended(begin(book, "bad-image", "roll out x\x1b[31m"), "undone", "undone")
    book.close()
    return book


def begin(book: Journal, fault: str, title: str) -> Any:
    step = SetField(
        Ref("apps/v1", "deployments", "shop", "web", "uid"), ("spec", "replicas"), (3,), (1,), "scale"
    )
    return book.begin(
        context="prod",
        server="https://example",
        fault=fault,
        target="shop/web",
        title=title,
        undo="back to 3 replicas",
        steps=(step,),
        deadline=1_700_000_060.0,
    )


def test_the_journal_as_lines(
    book: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run_main(monkeypatch, capsys, "journal")
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert "outstanding  prod: scale shop/web from 3 to 1" in first
    assert second.endswith("undone       prod: roll out x")
    _, out, _ = run_main(monkeypatch, capsys, "journal", "--outstanding")
    assert out.splitlines() == [first]


def test_the_journal_as_a_document(
    book: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run_main(monkeypatch, capsys, "journal", "-o", "json")
    told = json.loads(out)
    assert (told["path"], told["unreadable_lines"]) == (str(book.path), 0)
    first, second = told["faults"]
    assert (first["state"], first["outstanding"]) == ("outstanding", True)
    assert (second["state"], second["outstanding"]) == ("undone", False)
    assert first["at"] == "2023-11-14T22:13:20.000Z"
    assert first["deadline"] == "2023-11-14T22:14:20.000Z"
    assert first["steps"] == ["set spec.replicas of deployment shop/web from 3 to 1"]


def test_lines_that_can_not_be_read_are_counted_and_left(
    book: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with book.path.open("a") as file:
        file.write('{"line": "begun", "id"\n\x00garbage\n')
    before = book.path.read_bytes()
    code, out, err = run_main(monkeypatch, capsys, "journal")
    assert (code, len(out.splitlines())) == (0, 2)
    assert err == f"gapwatch: 2 lines of the journal {book.path} could not be read, and stay as they are\n"
    assert book.path.read_bytes() == before


def test_a_run_that_lives_is_running(
    book: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(book, "scale", "scale shop/api from 3 to 1")
    _, out, _ = run_main(monkeypatch, capsys, "journal")
    book.close()
    assert "running      prod: scale shop/api from 3 to 1" in out.splitlines()[-1]


def test_an_empty_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert run_main(monkeypatch, capsys, "journal") == (0, "no fault has been injected yet\n", "")
    assert run_main(monkeypatch, capsys, "journal", "--outstanding") == (0, "nothing is outstanding\n", "")
    assert list(tmp_path.iterdir()) == [], "a look leaves nothing behind"


def test_a_journal_that_can_not_be_read_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "gapwatch" / "faults.jsonl").mkdir(parents=True)
    code, out, err = run_main(monkeypatch, capsys, "journal")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "can't be read: Is a directory" in err
