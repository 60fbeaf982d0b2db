"""An experiment as a file: faults in order, with waits and with what is expected of the cluster.

All of it is checked before anything is done; what is wrong is told in one line, with its place in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from tui.chaos import catalogue
from tui.chaos.fault import Fault
from tui.chaos.guard import FaultRefused
from tui.chaos.settings import Setting, read_settings
from tui.chaos.targets import read_target
from tui.clean import PlainError, one_line
from tui.reconcile.evidence import LOOPS

LARGEST_BYTES = 1 << 20
LONGEST_S = 24 * 3600.0
PATIENCE_S = 60.0
"""How long a step waits for a closed gap, unless it says otherwise."""

_FILE = ("name", "keep-going", "steps")
_FAULT = ("fault", "target", "with", "for", "steady", "timeout", "expect")
_WAIT = ("wait", "timeout")
_EXPECT = ("settled-within", "absorbed-within", "lost-below", "depth-at-most", "depth-at-least", "acted")
_ACTORS = {name.replace(" ", ""): name for name in sorted(LOOPS)}


class ExperimentError(PlainError):
    """What is wrong with the file: "FILE:LINE:COLUMN: what"."""


@dataclass(frozen=True)
class Expect:
    """What has to come of a fault; None and () expect nothing. Times are seconds."""

    settled_within_s: float = PATIENCE_S
    """From its undo on, or from the injection where it has none: until the gap is closed."""
    absorbed_within_s: float | None = None
    """Of a fault that lasts: from the injection until the gap is closed although it goes on."""
    lost_below: float | None = None
    """Pod-seconds."""
    depth_at_most: int | None = None
    depth_at_least: int | None = None
    acted: tuple[str, ...] = ()
    """Who has to be seen acting, as the narrative names them."""


@dataclass(frozen=True)
class FaultStep:
    """Inject one fault. With `expect` it is followed until its end; else what comes next begins at once."""

    place: str
    """FILE:LINE:COLUMN"""
    fault: str
    target: str
    settings: Mapping[str, str] = field(default_factory=dict)
    for_s: float | None = None
    steady: bool = True
    """Whether to wait, before it, for the gap of what it hits to be closed."""
    timeout_s: float = PATIENCE_S
    expect: Expect | None = None


@dataclass(frozen=True)
class WaitStep:
    """Wait for so long, or, with None, until all Deployments that were hit so far have settled."""

    place: str
    for_s: float | None
    timeout_s: float = PATIENCE_S


@dataclass(frozen=True)
class Experiment:
    """A file's contents, all of it known to be right as far as that can be known without a cluster."""

    name: str
    steps: tuple[FaultStep | WaitStep, ...]
    keep_going: bool = False


def read_experiment(path: Path) -> Experiment:
    """The experiment of that file; ExperimentError tells the first thing that is wrong with it."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ExperimentError(f"{path}: can't be read: {error.strerror or error}") from None
    if len(raw) > LARGEST_BYTES:
        raise ExperimentError(f"{path}: is larger than an experiment can be (1 MiB)")
    return parse_experiment(raw, str(path))


def parse_experiment(raw: bytes, file: str) -> Experiment:
    """The experiment of that text; `file` is what it is called in errors."""
    return _Reader(one_line(file)).experiment(raw)


class _Reader:
    """Goes through the YAML's nodes, which know their places."""

    def __init__(self, file: str) -> None:
        self._file = file

    def experiment(self, raw: bytes) -> Experiment:
        root = self._root(raw)
        keys = self._keys(root, "an experiment", _FILE)
        if "steps" not in keys:
            raise self._error(root, "steps are missing: say which faults to inject, in order")
        steps = keys["steps"]
        if not isinstance(steps, yaml.SequenceNode) or not steps.value:
            raise self._error(steps, "steps: say a list of at least one step")
        name = self._text(keys["name"], "name") if "name" in keys else Path(self._file).stem
        keep_going = self._flag(keys["keep-going"], "keep-going") if "keep-going" in keys else False
        return Experiment(name, tuple(map(self._step, steps.value)), keep_going)

    def _root(self, raw: bytes) -> yaml.Node:
        try:
            root = yaml.compose(raw.decode("utf-8-sig"), Loader=yaml.SafeLoader)
        except UnicodeDecodeError:
            raise ExperimentError(f"{self._file}: is not text in UTF-8") from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f"{self._file}:{mark.line + 1}:{mark.column + 1}" if mark else self._file
            raise ExperimentError(f"{place}: is no YAML: {one_line(str(error.problem))}") from None
        except (yaml.YAMLError, ValueError) as error:
            raise ExperimentError(f"{self._file}: is no YAML: {one_line(str(error))}") from None
        except RecursionError:
            raise ExperimentError(f"{self._file}: is nested too deeply") from None
        if root is None:
            raise ExperimentError(f"{self._file}:1:1: is empty: say name and steps")
        return root

    # ---------------------------------------------------------------- steps

    def _step(self, node: yaml.Node) -> FaultStep | WaitStep:
        keys = self._keys(node, "a step", (*_FAULT, "wait"))
        if "fault" in keys and "wait" in keys:
            raise self._error(keys["wait"], "a step is a fault or a wait, not both: make two of it")
        if "fault" in keys:
            return self._fault_step(node, keys)
        if "wait" in keys:
            return self._wait_step(node, self._keys(node, "a wait", _WAIT))
        raise self._error(node, "a step needs a fault or a wait")

    def _fault_step(self, node: yaml.Node, keys: dict[str, yaml.Node]) -> FaultStep:
        fault = self._refusal_at(keys["fault"], catalogue.find, self._text(keys["fault"], "fault"))
        if "target" not in keys:
            raise self._error(node, f"target is missing: say which {fault.aim.value}")
        target = self._text(keys["target"], "target")
        self._refusal_at(keys["target"], read_target, fault, target)
        if "for" in keys and fault.lasts_s is None:
            raise self._error(keys["for"], f"{fault.name} does not last: leave out for")
        return FaultStep(
            place=self._place(node),
            fault=fault.name,
            target=target,
            settings=self._settings(keys["with"], fault) if "with" in keys else {},
            for_s=self._seconds(keys["for"], "for") if "for" in keys else None,
            steady=self._flag(keys["steady"], "steady") if "steady" in keys else True,
            timeout_s=self._seconds(keys["timeout"], "timeout") if "timeout" in keys else PATIENCE_S,
            expect=self._expect(keys["expect"], fault) if "expect" in keys else None,
        )

    def _wait_step(self, node: yaml.Node, keys: dict[str, yaml.Node]) -> WaitStep:
        wait = keys["wait"]
        if self._text(wait, "wait") != "settled":
            if "timeout" in keys:
                raise self._error(keys["timeout"], "timeout goes with `wait: settled`")
            return WaitStep(self._place(node), self._seconds(wait, "wait", "say settled, 90s or 2m"))
        timeout_s = self._seconds(keys["timeout"], "timeout") if "timeout" in keys else PATIENCE_S
        return WaitStep(self._place(node), None, timeout_s)

    def _settings(self, node: yaml.Node, fault: Fault) -> dict[str, str]:
        names = tuple(one.name for one in fault.settings)
        keys = self._keys(node, f"with of {fault.name}", names)
        given = {name: self._text(value, name) for name, value in keys.items()}
        for name, text in given.items():
            self._refusal_at(keys[name], read_settings, fault.settings, {name: text})
        return given

    def _expect(self, node: yaml.Node, fault: Fault) -> Expect:
        keys = self._keys(node, "expect", _EXPECT)
        if "absorbed-within" in keys and fault.lasts_s is None:
            raise self._error(
                keys["absorbed-within"], f"{fault.name} does not last: settled-within is what is meant"
            )
        found: dict[str, Any] = {}
        for name, value in keys.items():
            match name:
                case "settled-within" | "absorbed-within":
                    found[f"{name.replace('-', '_')}_s"] = self._seconds(value, name)
                case "lost-below":
                    found["lost_below"] = self._number(value, name, float, least=0.001)
                case "acted":
                    found["acted"] = self._actors(value)
                case _:
                    found[name.replace("-", "_")] = self._number(value, name, int)
        return Expect(**found)

    def _actors(self, node: yaml.Node) -> tuple[str, ...]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return tuple(dict.fromkeys(map(self._actor, nodes)))

    def _actor(self, node: yaml.Node) -> str:
        text = self._text(node, "acted")
        plain = text.lower().replace("-", "").replace("_", "").replace(" ", "")
        found = _ACTORS.get(plain) or _ACTORS.get(plain.removesuffix("controller"))
        if found is None:
            raise self._error(node, f"acted: nobody is called {text} ({self._hint(text, sorted(LOOPS))})")
        return found

    # ---------------------------------------------------------------- values

    def _keys(self, node: yaml.Node, what: str, known: tuple[str, ...]) -> dict[str, yaml.Node]:
        """The values by their keys, each of which is known and there once."""
        if not isinstance(node, yaml.MappingNode):
            raise self._error(node, f"{what} is made of keys and values ({', '.join(known) or 'none'})")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self._text(key, "a key")
            if name not in known:
                raise self._error(key, f"{what} has no key {name} ({self._hint(name, known)})")
            if name in found:
                raise self._error(key, f"{name} is there twice")
            found[name] = value
        return found

    def _text(self, node: yaml.Node, name: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag == "tag:yaml.org,2002:null" or not node.value:
            raise self._error(node, f"{name}: say one value")
        return str(node.value)

    def _flag(self, node: yaml.Node, name: str) -> bool:
        return bool(self._read(node, Setting(name, "", kind=bool)))

    def _seconds(self, node: yaml.Node, name: str, otherwise: str = "") -> float:
        setting = Setting(name, "", kind=float, unit="s", least=0.1, most=LONGEST_S)
        if not otherwise:
            return float(self._read(node, setting))
        try:
            return float(setting.read(self._text(node, name)))
        except FaultRefused:
            raise self._error(node, f"{name}={self._text(node, name)}: {otherwise}") from None

    def _number(self, node: yaml.Node, name: str, kind: type, *, least: float = 0) -> Any:
        return self._read(node, Setting(name, "", kind=kind, least=least, most=1_000_000))

    def _read(self, node: yaml.Node, setting: Setting) -> Any:
        return self._refusal_at(node, setting.read, self._text(node, setting.name))

    # ---------------------------------------------------------------- places

    def _refusal_at(self, node: yaml.Node, ask: Any, *args: Any) -> Any:
        """What `ask` answers; its refusal becomes an error at that place."""
        try:
            return ask(*args)
        except FaultRefused as refusal:
            raise self._error(node, str(refusal)) from None

    @staticmethod
    def _hint(name: str, known: tuple[str, ...] | list[str]) -> str:
        near = get_close_matches(name, known, n=1)
        return f"did you mean {near[0]}?" if near else f"there is: {', '.join(known) or 'none'}"

    def _place(self, node: yaml.Node) -> str:
        return f"{self._file}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"

    def _error(self, node: yaml.Node, said: str) -> ExperimentError:
        return ExperimentError(f"{self._place(node)}: {one_line(said)}")
