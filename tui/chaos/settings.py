"""What can be chosen of a fault, as `name=value`: the same words on the command line, in files and in dialogs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tui.chaos.guard import FaultRefused

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True)
class Setting:
    """One thing that can be chosen. `default` gives its type: bool, int, float (seconds) or str; None is no choice."""

    name: str
    help: str
    default: Any = None
    kind: type = str
    least: float | None = None
    most: float | None = None
    unit: str = ""
    """"%" or "s" where the number has one."""

    def read(self, text: str) -> Any:
        """The value of that text; FaultRefused says what is wrong with it."""
        text = text.strip()
        if self.kind is bool:
            return self._yes_or_no(text)
        if self.kind is str:
            if not text:
                raise FaultRefused(f"{self.name}: it is empty")
            return text
        number = self._seconds(text) if self.unit == "s" else self._number(text)
        if (self.least is not None and number < self.least) or (self.most is not None and number > self.most):
            raise FaultRefused(f"{self.name}={text}: {self._range}")
        return number

    def show(self, value: Any) -> str:
        """The value as it would be given."""
        if value is None:
            return ""
        if self.kind is bool:
            return "true" if value else "false"
        if self.unit == "s":
            return as_given(value)
        return f"{value:g}{self.unit}" if self.kind in (int, float) else str(value)

    def _yes_or_no(self, text: str) -> bool:
        if text.lower() in _YES:
            return True
        if text.lower() in _NO:
            return False
        raise FaultRefused(f"{self.name}={text}: say true or false")

    def _number(self, text: str) -> float | int:
        try:
            number = self.kind(text.removesuffix(self.unit) if self.unit else text)
        except ValueError:
            raise FaultRefused(f"{self.name}={text}: {self._range or 'a number is wanted'}") from None
        if number != number:
            raise FaultRefused(f"{self.name}={text}: {self._range or 'a number is wanted'}")
        assert isinstance(number, (int, float))
        return number

    def _seconds(self, text: str) -> float:
        found = _DURATION.fullmatch(text)
        if not text or found is None or not any(found.groups()):
            raise FaultRefused(f"{self.name}={text}: say 90s, 2m or 1h")
        hours, minutes, seconds = found.groups()
        return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)

    @property
    def _range(self) -> str:
        what = "a whole number" if self.kind is int else "a time" if self.unit == "s" else "a number"
        if self.least is None:
            return ""
        if self.most is not None:
            return f"say {what} from {self._bound(self.least)} to {self.show(self.most)}"
        return f"say {what}, {self.show(self.least)} at least"

    def _bound(self, least: float) -> str:
        return self.show(least) if self.unit == "s" else f"{least:g}"


def as_given(seconds: float) -> str:
    """A time as it would be given: "90s", "10m", "24h"."""
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def in_time(seconds: float) -> str:
    """ "20 s", "10 min", "24 h": in the largest unit that leaves no more than one decimal."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and round(seconds / size, 1) * size == seconds:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:.3g} s"


def read_settings(known: Sequence[Setting], given: Mapping[str, str]) -> dict[str, Any]:
    """Every setting with its value; FaultRefused for a name that there is not, or a value that can't be."""
    by_name = {one.name: one for one in known}
    for name in given:
        if name not in by_name:
            there = ", ".join(by_name) or "none"
            raise FaultRefused(f"there is no setting {name} (there is: {there})")
    return {one.name: one.read(given[one.name]) if one.name in given else one.default for one in known}
